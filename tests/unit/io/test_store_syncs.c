/* What a power failure leaves of the store: the disk has of each file what it had at its last
 * sync, and of a folder the names that were there at its last one. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/text.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "io/store/notes.h"
#include "io/store/store.h"

#define TOKENS "{\"tokens\":{\"access_token\":\"%s\"}}"
#define MOST_NAMES 64

static char folder[256], live[512], path[600], disk[300], after[300];
static struct { char name[NAME_MAX + 1]; unsigned long file; } names[MOST_NAMES];
static size_t name_count;
static int syncs;

/* --- the disk --- */

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char part[8192];
	ssize_t len;

	while (in >= 0 && (len = read(in, part, sizeof(part))) > 0)
		if (write(out, part, (size_t)len) != len)
			die(to);
	if (in >= 0)
		close(in);
	close(out);
}

static void sync_folder(void)
{
	DIR *dir = opendir(live);
	struct dirent *entry;

	name_count = 0;
	while ((entry = readdir(dir)) != NULL && name_count < MOST_NAMES) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(names[name_count].name, sizeof(names[0].name), "%s", entry->d_name);
		names[name_count++].file = (unsigned long)entry->d_ino;
	}
	closedir(dir);
}

static void sync_one(int fd)
{
	char link[64], target[PATH_MAX], place[400];
	struct stat info;
	ssize_t len;

	syncs++;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0 || fstat(fd, &info) != 0)
		return;
	target[len] = '\0';
	if (strcmp(target, live) == 0) {
		sync_folder();
	} else if (strncmp(target, live, strlen(live)) == 0) {
		snprintf(place, sizeof(place), "%s/%lu", disk, (unsigned long)info.st_ino);
		copy(target, place);
	}
}

/* SQLite's calls come here. */
#pragma GCC visibility push(default)
int fdatasync(int fd)
{
	sync_one(fd);
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	sync_one(fd);
	return (int)syscall(SYS_fsync, fd);
}
#pragma GCC visibility pop

static void begin(void)
{
	remove_folder(folder);
	if (mkdir(folder, 0700) != 0 || mkdir(disk, 0700) != 0)
		die(folder);
	name_count = 0;
	syncs = 0;
}

/* --- the store --- */

static struct mp_store *open_at(const char *at)
{
	struct mp_store *store = NULL;
	struct mcpass_error err = { 0 };

	CHECK_EQ("open", mp_store_open(at, &store, &err), MCPASS_OK);
	CHECK_STR("open", err.detail, "");
	return store;
}

static void save(struct mp_store *store, const char *token)
{
	char record[128];

	snprintf(record, sizeof(record), TOKENS, token);
	CHECK_EQ(token, mp_store_save(store, "a", record, NULL), MCPASS_OK);
}

/* The token that is there after the power went away just now. */
static void expect_kept(const char *label, const char *token)
{
	char from[400], to[700], want[128], *record = NULL;
	struct mp_store *store;

	remove_folder(after);
	if (mkdir(after, 0700) != 0)
		die(after);
	for (size_t i = 0; i < name_count; i++) {
		snprintf(from, sizeof(from), "%s/%lu", disk, names[i].file);
		snprintf(to, sizeof(to), "%s/%.255s", after, names[i].name);
		copy(from, to);
	}
	snprintf(to, sizeof(to), "%s/credentials.db", after);
	snprintf(want, sizeof(want), TOKENS, token);
	store = open_at(to);
	CHECK_EQ(label, mp_store_load(store, "a", &record, NULL), MCPASS_OK);
	CHECK_STR(label, record, want);
	free(record);
	mp_store_close(store);
}

static void note(struct mp_store *store, const char *name, const char *text)
{
	char *noted = NULL;

	CHECK_EQ(name, mp_store_note(store, name, text, NULL), MCPASS_OK);
	CHECK_EQ(name, mp_store_noted(store, name, &noted, NULL), MCPASS_OK);
	CHECK_STR(name, noted, text);
	free(noted);
}

static void lock(struct mp_store *store)
{
	char holder[MP_STORE_HOLDER_ROOM];

	CHECK_EQ("lock", mp_store_lock(store, "a", holder, NULL), MCPASS_OK);
}

/* A first login: three syncs, and none while its person waits for the page. */
static void test_first(void)
{
	struct mp_store *store;
	int counted;

	begin();
	store = open_at(path);
	lock(store);
	CHECK_EQ("a client", mp_store_save(store, "a", "{\"client\":{}}", NULL), MCPASS_OK);
	CHECK_EQ("before the page", syncs, 0);
	save(store, "first");
	CHECK_EQ("the journal, the folder, the file", syncs, 3);
	counted = syncs;
	expect_kept("a first login", "first");
	syncs = counted;
	note(store, "revision", "2026-07-28");
	note(store, "tools", "{}");
	mp_store_unlock(store);
	mp_store_close(store);
	CHECK_EQ("a first login", syncs, 3);
	expect_kept("after its end", "first");
}

/* What a server gives in place of a used refresh token is kept before it is used. */
static void test_renewed(void)
{
	struct mp_store *store;
	int counted;

	begin();
	store = open_at(path);
	save(store, "first");
	mp_store_close(store);
	syncs = 0;
	store = open_at(path);
	lock(store);
	save(store, "second");
	counted = syncs;
	expect_kept("a renewed one", "second");
	save(store, "third");
	expect_kept("once more", "third");
	syncs = counted;
	mp_store_close(store);
	CHECK("few", syncs <= 5);
	expect_kept("after its end", "third");
}

/* A reader of the old state keeps the journal from being moved. */
static void test_beside_a_reader(void)
{
	struct mp_store *store;
	sqlite3 *reader = NULL;

	begin();
	store = open_at(path);
	CHECK_EQ("a client", mp_store_save(store, "a", "{\"client\":{}}", NULL), MCPASS_OK);
	CHECK_EQ("reader", sqlite3_open(path, &reader), SQLITE_OK);
	CHECK_EQ("reader", sqlite3_exec(reader, "BEGIN; SELECT * FROM credentials", NULL, NULL, NULL),
	    SQLITE_OK);
	save(store, "first");
	expect_kept("beside a reader", "first");
	sqlite3_close(reader);
	mp_store_close(store);
	expect_kept("after its end", "first");
}

/* The file is another process's, which has not finished its login, or was killed. */
static void test_of_another(void)
{
	struct mp_store *first, *second;

	begin();
	first = open_at(path);
	CHECK_EQ("a client", mp_store_save(first, "b", "{\"client\":{}}", NULL), MCPASS_OK);
	second = open_at(path);
	save(second, "first");
	expect_kept("in a file of another's", "first");
	mp_store_close(second);
	expect_kept("after its end", "first");
	mp_store_close(first);
}

/* --- notes --- */

static void spoil(const char *text)
{
	DIR *dir = opendir(live);
	struct dirent *entry;
	char place[800];
	FILE *file;

	while ((entry = readdir(dir)) != NULL) {
		if (strstr(entry->d_name, ".note") == NULL)
			continue;
		snprintf(place, sizeof(place), "%s/%.255s", live, entry->d_name);
		file = fopen(place, "w");
		if (file == NULL || fputs(text, file) < 0)
			die(place);
		fclose(file);
	}
	closedir(dir);
}

static void test_notes(void)
{
	static const char *const rows[] = { "", "x", "2026-07-28",
		"0000000000000000\ncredentials.db\nn\n2026-07-28" };
	static const char of_another[] = "credentials.db\nm\n2026-07-28";
	char other[600], whole[600], *text = NULL;

	begin();
	CHECK_EQ("no folder", mp_notes_read(path, "n", &text, NULL), MCPASS_OK);
	CHECK("no folder", text == NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_EQ("write", mp_notes_write(path, "n", "2026-07-28", NULL), MCPASS_OK);
		CHECK_EQ("read", mp_notes_read(path, "n", &text, NULL), MCPASS_OK);
		CHECK_STR("read", text, "2026-07-28");
		free(text);
		spoil(rows[i]);
		CHECK_EQ(rows[i], mp_notes_read(path, "n", &text, NULL), MCPASS_OK);
		CHECK_STR("what is torn is none", text, NULL);
	}
	snprintf(whole, sizeof(whole), "%016llx\n%s",
	    (unsigned long long)mp_hash(of_another, strlen(of_another)), of_another);
	spoil(whole);
	CHECK_EQ("another note", mp_notes_read(path, "n", &text, NULL), MCPASS_OK);
	CHECK_STR("another note", text, NULL);
	CHECK_EQ("write", mp_notes_write(path, "n", "", NULL), MCPASS_OK);
	snprintf(other, sizeof(other), "%s/other.db", live);
	CHECK_EQ("another store", mp_notes_read(other, "n", &text, NULL), MCPASS_OK);
	CHECK_STR("another store", text, NULL);
	CHECK_EQ("empty", mp_notes_read(path, "n", &text, NULL), MCPASS_OK);
	CHECK_STR("empty is not absent", text, "");
	free(text);
	CHECK_EQ("no sync", syncs, 0);
}

static void test_memory(void)
{
	OOM_EACH {
		CHECK_OOM("write", mp_notes_write(path, "n", "text", NULL), MCPASS_OK);
	}
	OOM_EACH {
		char *text = NULL;

		CHECK_OOM("read", mp_notes_read(path, "n", &text, NULL), MCPASS_OK);
		free(text);
	}
}

int main(void)
{
	make_folder(folder, sizeof(folder));
	snprintf(live, sizeof(live), "%s/mcpass", folder);
	snprintf(path, sizeof(path), "%s/credentials.db", live);
	snprintf(disk, sizeof(disk), "%s/disk", folder);
	snprintf(after, sizeof(after), "%s/after", folder);
	test_first();
	test_renewed();
	test_beside_a_reader();
	test_of_another();
	test_notes();
	test_memory();
	remove_folder(folder);
	return check_done();
}
