/* The credential store: what it keeps, who may read it, who may work on it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/limits.h"
#include "harness/check.h"
#include "io/store/store.h"
#include "harness/peer.h"

static char folder[256], path[512];
static char holder[MP_STORE_HOLDER_ROOM];

static const char *in_folder(const char *name)
{
	static char text[2][1024];
	static int turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[turn]), "%s/%s", folder, name);
	return text[turn];
}

static void fresh(void)
{
	remove_folder(folder);
	if (mkdir(folder, 0700) != 0)
		die(folder);
	snprintf(path, sizeof(path), "%s/mcpass/credentials.db", folder);
}

static struct mp_store *open_store(const char *at)
{
	struct mp_store *store = NULL;
	struct mcpass_error err = { 0 };

	CHECK_EQ("open", mp_store_open(at, &store, &err), MCPASS_OK);
	CHECK_STR("open", err.detail, "");
	return store;
}

static void expect(struct mp_store *store, const char *label, const char *key, const char *want)
{
	char *record = NULL;

	CHECK_EQ(label, mp_store_load(store, key, &record, NULL), MCPASS_OK);
	CHECK_STR(label, record, want);
	mp_free_wiped(record);
}

static int mode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0 ? (int)(st.st_mode & 0777) : -1;
}

/* Every kind of store keeps these rows; each is empty before.  A database of PostgreSQL's is
 * named by tests/postgres/run.py. */
static const struct {
	const char *label, *variable, *at;
} kinds[] = {
	{ "SQLite, in memory", NULL, ":memory:" },
	{ "SQLite, a file", NULL, path },
	{ "PostgreSQL", "MCPASS_TEST_POSTGRES", NULL },
};

static const char *place_of(size_t kind)
{
	return kinds[kind].variable != NULL ? getenv(kinds[kind].variable) : kinds[kind].at;
}

static void test_records(const char *at)
{
	struct mp_store *store = open_store(at);
	struct mp_strings keys = { 0 };
	char *text = NULL;

	expect(store, "nothing yet", "a", NULL);
	CHECK_EQ("no keys", mp_store_list(store, &keys, NULL), MCPASS_OK);
	CHECK_EQ("no keys", keys.count, 0);
	CHECK_EQ("delete nothing", mp_store_save(store, "a", NULL, NULL), MCPASS_OK);
	CHECK_EQ("save", mp_store_save(store, "b", "two", NULL), MCPASS_OK);
	CHECK_EQ("save", mp_store_save(store, "a 'x'; --", "{\"\xc3\xa4\":1}", NULL), MCPASS_OK);
	expect(store, "as it was", "a 'x'; --", "{\"\xc3\xa4\":1}");
	CHECK_EQ("replace", mp_store_save(store, "b", "", NULL), MCPASS_OK);
	expect(store, "empty is not absent", "b", "");
	expect(store, "case counts", "B", NULL);
	CHECK_EQ("keys", mp_store_list(store, &keys, NULL), MCPASS_OK);
	CHECK_EQ("keys", keys.count, 2);
	CHECK_STR("in order", keys.items[0], "a 'x'; --");
	CHECK_STR("in order", keys.items[1], "b");
	mp_strings_free(&keys);

	CHECK_EQ("a note", mp_store_note(store, "b", "2025-11-25", NULL), MCPASS_OK);
	CHECK_EQ("a newer one", mp_store_note(store, "b", "2026-07-28", NULL), MCPASS_OK);
	CHECK_EQ("noted", mp_store_noted(store, "b", &text, NULL), MCPASS_OK);
	CHECK_STR("noted", text, "2026-07-28");
	mp_free_wiped(text);
	CHECK_EQ("another", mp_store_noted(store, "a", &text, NULL), MCPASS_OK);
	CHECK("is not", text == NULL);
	expect(store, "a note is no record", "b", "");
	CHECK_EQ("forgotten", mp_store_note(store, "b", NULL, NULL), MCPASS_OK);
	CHECK_EQ("gone", mp_store_noted(store, "b", &text, NULL), MCPASS_OK);
	CHECK("gone", text == NULL);
	CHECK_EQ("one that is not there", mp_store_note(store, "b", NULL, NULL), MCPASS_OK);

	CHECK_EQ("delete", mp_store_save(store, "b", NULL, NULL), MCPASS_OK);
	expect(store, "gone", "b", NULL);
	CHECK_EQ("delete", mp_store_save(store, "a 'x'; --", NULL, NULL), MCPASS_OK);
	mp_store_close(store);
}

static size_t count_notes(const char *in)
{
	const struct dirent *entry;
	size_t notes = 0;
	DIR *dir = opendir(in);

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		notes += strstr(entry->d_name, ".note") != NULL;
	if (dir != NULL)
		closedir(dir);
	return notes;
}

/* Of the ones that are there, in the order of their making, the first go. */
static void test_notes_are_bounded(void)
{
	char own[512], name[600], *text = NULL;
	struct mp_store *store;
	int fd = -1;

	snprintf(own, sizeof(own), "%s/notes", folder);
	snprintf(name, sizeof(name), "%s/store.db", own);
	if (mkdir(own, 0700) != 0)
		die(own);
	store = open_store(name);
	CHECK_EQ("kept", mp_store_note(store, "kept", "text", NULL), MCPASS_OK);
	for (int i = 0; i < MP_MAX_NOTES + 2; i++) {
		const struct timespec times[2] = { { .tv_sec = 1000 + i }, { .tv_sec = 1000 + i } };

		snprintf(name, sizeof(name), "%s/%016x.note", own, i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (fd < 0 || futimens(fd, times) != 0)
			die(name);
		close(fd);
	}
	CHECK_EQ("one that is there", mp_store_note(store, "kept", "other", NULL), MCPASS_OK);
	CHECK_EQ("takes no room", count_notes(own), MP_MAX_NOTES + 3);
	CHECK_EQ("one more", mp_store_note(store, "new", "text", NULL), MCPASS_OK);
	CHECK_EQ("as many as there may be", count_notes(own), MP_MAX_NOTES);
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "%s/%016x.note", own, i);
		CHECK_EQ("the oldest are gone", access(name, F_OK) != 0, i < 4);
	}
	CHECK_EQ("the newest is there", mp_store_noted(store, "new", &text, NULL), MCPASS_OK);
	CHECK_STR("the newest is there", text, "text");
	mp_free_wiped(text);
	text = NULL;
	CHECK_EQ("so is this one", mp_store_noted(store, "kept", &text, NULL), MCPASS_OK);
	CHECK_STR("so is this one", text, "other");
	mp_free_wiped(text);
	mp_store_close(store);
}

static void test_caps(void)
{
	struct mp_store *store = open_store(":memory:");
	char *large = malloc(MP_MAX_RECORD + 2);

	memset(large, 'x', MP_MAX_RECORD + 1);
	large[MP_MAX_RECORD + 1] = '\0';
	CHECK_EQ("one byte too many", mp_store_save(store, "k", large, NULL), MCPASS_E_LIMIT);
	large[MP_MAX_RECORD] = '\0';
	CHECK_EQ("as many as may be", mp_store_save(store, "k", large, NULL), MCPASS_OK);
	expect(store, "as many as may be", "k", large);
	free(large);
	mp_store_close(store);
}

/* Nothing is made before there is something to keep, and then it is private at once,
 * whatever the umask. */
static void test_files(void)
{
	mode_t before = umask(0);
	struct mp_store *store, *second;

	fresh();
	store = open_store(path);
	expect(store, "nothing", "k", NULL);
	CHECK_EQ("nothing", mp_store_save(store, "k", NULL, NULL), MCPASS_OK);
	CHECK_EQ("a look makes nothing", mode_of(in_folder("mcpass")), -1);
	second = open_store(path);
	CHECK_EQ("save", mp_store_save(store, "k", "record", NULL), MCPASS_OK);
	expect(second, "one that was opened before it was there", "k", "record");
	CHECK_EQ("the folder", mode_of(in_folder("mcpass")), 0700);
	CHECK_EQ("the file", mode_of(path), 0600);
	CHECK_EQ("its journal", mode_of(in_folder("mcpass/credentials.db-wal")), 0600);
	CHECK_EQ("its index", mode_of(in_folder("mcpass/credentials.db-shm")), 0600);
	CHECK_EQ("lock", mp_store_lock(store, "k", holder, NULL), MCPASS_OK);
	mp_store_close(store);
	expect(second, "seen by another", "k", "record");
	mp_store_close(second);
	store = open_store(path);
	expect(store, "and later", "k", "record");
	mp_store_close(store);
	umask(before);
}

/* The names of the files in the folder end so, and their modes are these. */
static void test_lock_file(void)
{
	struct mp_store *store;
	const struct dirent *entry;
	int locks = 0;
	DIR *dir;

	fresh();
	store = open_store(path);
	CHECK_EQ("lock", mp_store_lock(store, "https://a/b", holder, NULL), MCPASS_OK);
	dir = opendir(in_folder("mcpass"));
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char name[512];

		if (strstr(entry->d_name, ".lock") == NULL)
			continue;
		locks++;
		CHECK_EQ("64 digits", strspn(entry->d_name, "0123456789abcdef"), 64);
		snprintf(name, sizeof(name), "mcpass/%s", entry->d_name);
		CHECK_EQ("private", mode_of(in_folder(name)), 0600);
	}
	CHECK_EQ("one", locks, 1);
	if (dir != NULL)
		closedir(dir);
	mp_store_close(store);
}

/* What is done to a good store, and what is said then. */
static void do_nothing(void)
{
}
static void open_to_group(void)
{
	chmod(path, 0640);
}
static void open_to_others(void)
{
	chmod(path, 0604);
}
static void writable_to_others(void)
{
	chmod(path, 0602);
}
static void shared_folder(void)
{
	chmod(in_folder("mcpass"), 0770);
}
static void readable_folder(void)
{
	chmod(in_folder("mcpass"), 0755);
}
static void sticky_folder(void)
{
	chmod(in_folder("mcpass"), 01777);
}
static void link_to_it(void)
{
	if (rename(path, in_folder("mcpass/real.db")) != 0
	    || symlink(in_folder("mcpass/real.db"), path) != 0)
		die(path);
}
static void dead_link(void)
{
	unlink(path);
	if (symlink(in_folder("mcpass/none.db"), path) != 0)
		die(path);
}
static void folder_in_its_place(void)
{
	unlink(path);
	mkdir(path, 0700);
}
static void another_user(void)
{
	if (chown(path, 12345, (gid_t)-1) != 0)
		die("chown");
}
static void folder_of_another_user(void)
{
	if (chown(in_folder("mcpass"), 12345, (gid_t)-1) != 0)
		die("chown");
}
static void not_a_database(void)
{
	write_file(path, "This is not a database, but it is long enough to be looked at.", 0600);
}
static void set_version(int version)
{
	char sql[64];
	sqlite3 *db;

	snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", version);
	if (sqlite3_open(path, &db) != SQLITE_OK
	    || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(path);
	sqlite3_close(db);
}
static void newer_version(void)
{
	set_version(3);
}
static void empty_file(void)
{
	write_file(path, "", 0600);
}

static const struct {
	const char *label;
	void (*spoil)(void);
	bool as_root;                   /* only root can arrange it */
	enum mcpass_rc want;
	const char *says, *hint;
} spoil_rows[] = {
	{ "a good one", do_nothing, false, MCPASS_OK, "", "" },
	{ "its group may read it", open_to_group, false, MCPASS_E_POLICY, "other users may",
	    "chmod 600 " },
	{ "others may read it", open_to_others, false, MCPASS_E_POLICY, "other users may", "chmod 600 " },
	{ "others may write it", writable_to_others, false, MCPASS_E_POLICY, "other users may",
	    "chmod 600 " },
	{ "its folder may be seen", readable_folder, false, MCPASS_OK, "", "" },
	{ "its group may put files there", shared_folder, false, MCPASS_E_POLICY, "write to the folder",
	    "mkdir -m 700" },
	{ "a folder like /tmp", sticky_folder, false, MCPASS_E_POLICY, "write to the folder",
	    "mkdir -m 700" },
	{ "a symbolic link", link_to_it, false, MCPASS_E_POLICY, "symbolic link", "" },
	{ "a link to nothing", dead_link, false, MCPASS_E_POLICY, "symbolic link", "" },
	{ "a folder", folder_in_its_place, false, MCPASS_E_POLICY, "not a file", "" },
	{ "another user's", another_user, true, MCPASS_E_POLICY, "another user", "" },
	{ "another user's folder", folder_of_another_user, true, MCPASS_E_POLICY, "another user", "" },
	{ "not a database", not_a_database, false, MCPASS_E_STORE, "not a database", "Move the file" },
	{ "a newer version's", newer_version, false, MCPASS_E_STORE, "format 3", "newer mcpass" },
	{ "a crash before it was set up", empty_file, false, MCPASS_OK, "", "" },
};

static void test_spoiled(void)
{
	for (size_t i = 0; i < COUNT(spoil_rows); i++) {
		struct mp_store *store;
		struct mcpass_error err = { 0 };

		if (spoil_rows[i].as_root && geteuid() != 0)
			continue;
		fresh();
		store = open_store(path);
		CHECK_EQ("save", mp_store_save(store, "k", "record", NULL), MCPASS_OK);
		mp_store_close(store);
		spoil_rows[i].spoil();
		store = NULL;
		CHECK_EQ(spoil_rows[i].label, mp_store_open(path, &store, &err), spoil_rows[i].want);
		CHECK_HAS(spoil_rows[i].label, err.detail, spoil_rows[i].says);
		CHECK_HAS(spoil_rows[i].label, err.hint, spoil_rows[i].hint);
		CHECK(spoil_rows[i].label, (store == NULL) == (spoil_rows[i].want != MCPASS_OK));
		if (store != NULL)
			CHECK_EQ("and it works", mp_store_save(store, "k", "again", &err), MCPASS_OK);
		mp_store_close(store);
	}
	fresh();
	struct mp_store *store = open_store(path);

	mkdir(in_folder("mcpass"), 0777);
	chmod(in_folder("mcpass"), 0777);
	CHECK_EQ("spoiled since it was opened", mp_store_save(store, "k", "r", NULL), MCPASS_E_POLICY);
	mp_store_close(store);
}

/* --- where it is --- */

static const struct {
	const char *label, *store, *data, *home, *want;         /* '+': our folder */
} place_rows[] = {
	{ "$MCPASS_STORE", "+/own/s.db", "+/data", "+/home", "own/s.db" },
	{ "$XDG_DATA_HOME", NULL, "+/data", "+/home", "data/mcpass/credentials.db" },
	{ "a relative one counts as none", NULL, "data", "+/home",
	    "home/.local/share/mcpass/credentials.db" },
	{ "an empty one too", "", "", "+/home", "home/.local/share/mcpass/credentials.db" },
	{ "nowhere", NULL, NULL, NULL, NULL },
};

static void put(const char *name, const char *value)
{
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, value[0] == '+' ? in_folder(value + 2) : value, 1);
}

static void test_places(void)
{
	for (size_t i = 0; i < COUNT(place_rows); i++) {
		struct mp_store *store = NULL;
		struct mcpass_error err = { 0 };

		fresh();
		put("MCPASS_STORE", place_rows[i].store);
		put("XDG_DATA_HOME", place_rows[i].data);
		put("HOME", place_rows[i].home);
		CHECK_EQ(place_rows[i].label, mp_store_open(NULL, &store, &err),
		    place_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_STORE);
		if (store == NULL) {
			CHECK_HAS(place_rows[i].label, err.hint, "MCPASS_STORE");
			continue;
		}
		CHECK_EQ("save", mp_store_save(store, "k", "record", NULL), MCPASS_OK);
		mp_store_close(store);
		CHECK_EQ(place_rows[i].label, mode_of(in_folder(place_rows[i].want)), 0600);
	}
}

/* --- nothing of a token is left behind --- */

static bool file_has(const char *name, const char *part)
{
	size_t len, part_len = strlen(part);
	bool found = false;
	char *data;

	if (mode_of(name) < 0)
		return false;
	data = check_read(name, &len);
	for (size_t i = 0; i + part_len <= len && !found; i++)
		found = memcmp(data + i, part, part_len) == 0;
	free(data);
	return found;
}

static void test_forgotten(void)
{
	char journal[600];
	struct mp_store *store;

	fresh();
	snprintf(journal, sizeof(journal), "%s-wal", path);
	store = open_store(path);
	CHECK_EQ("save", mp_store_save(store, "k", "token-of-yesterday", NULL), MCPASS_OK);
	CHECK("it is there", file_has(path, "token-of-yesterday")
	    || file_has(journal, "token-of-yesterday"));
	CHECK_EQ("delete", mp_store_save(store, "k", NULL, NULL), MCPASS_OK);
	CHECK("not in the file", !file_has(path, "token-of-yesterday"));
	CHECK("nor in the journal", !file_has(journal, "token-of-yesterday"));
	CHECK_EQ("save", mp_store_save(store, "k", "token-of-today", NULL), MCPASS_OK);
	CHECK_EQ("replace", mp_store_save(store, "k", "shorter", NULL), MCPASS_OK);
	mp_store_close(store);
	CHECK("a replaced one is overwritten", !file_has(path, "token-of-today"));
	CHECK("the new one is there", file_has(path, "shorter"));
}

/* --- the lock --- */

/* Runs until go is closed, saying so first; in a program of its own when asked. */
static _Noreturn void stay(int ready, int go, bool exec_it)
{
	char byte;

	if (exec_it && dup2(go, 0) == 0 && dup2(ready, 1) == 1)
		execl("/bin/sh", "sh", "-c", "echo; read line", (char *)NULL);
	if (!exec_it && write(ready, "x", 1) == 1)
		(void)!read(go, &byte, 1);
	_exit(0);
}

/* A process of its own that locks key, says so, and waits to be killed or let go.
 * starts: it starts a program that outlives it, and that is what waits. */
static pid_t lock_elsewhere(const char *key, bool starts, int *ret_go)
{
	struct mp_store *store;
	int ready[2], go[2];
	char byte;
	pid_t pid;

	if (pipe(ready) != 0 || pipe(go) != 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (mp_store_open(path, &store, NULL) != MCPASS_OK
		    || mp_store_lock(store, key, holder, NULL) != MCPASS_OK)
			_exit(1);
		if (starts && fork() == 0)
			stay(ready[1], go[0], true);
		if (starts)
			for (;;)
				pause();
		stay(ready[1], go[0], false);
	}
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &byte, 1) != 1)
		die("the other process has no lock");
	close(ready[0]);
	*ret_go = go[1];
	return pid;
}

static void test_lock(void)
{
	struct mp_store *store;
	struct mcpass_error err = { 0 };
	int go, status;
	pid_t pid;

	fresh();
	store = open_store(path);
	pid = lock_elsewhere("k", false, &go);
	CHECK_EQ("held elsewhere", mp_store_lock(store, "k", holder, &err), MCPASS_E_EXPIRED);
	CHECK_HAS("and to the caller, too", holder, "process ");
	CHECK_HAS("says who", err.detail, "process ");
	CHECK_HAS("and what for", err.detail, "holds the lock: it renews the login, or waits for its person");
	CHECK_EQ("another key is free", mp_store_lock(store, "K", holder, NULL), MCPASS_OK);
	mp_store_unlock(store);
	close(go);
	waitpid(pid, &status, 0);
	CHECK_EQ("free when it is let go", mp_store_lock(store, "k", holder, NULL), MCPASS_OK);
	CHECK_EQ("a good end", status, 0);

	mp_store_unlock(store);
	mp_store_unlock(store);
	pid = lock_elsewhere("k", false, &go);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CHECK_EQ("gone with its process", mp_store_lock(store, "k", holder, NULL), MCPASS_OK);
	CHECK_EQ("mine again", mp_store_lock(store, "k", holder, NULL), MCPASS_OK);
	close(go);
	mp_store_close(store);

	store = open_store(path);
	CHECK_EQ("gone with the store", mp_store_lock(store, "k", holder, NULL), MCPASS_OK);
	mp_store_unlock(store);
	pid = lock_elsewhere("k", true, &go);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	CHECK_EQ("a program that was started does not hold it on",
	    mp_store_lock(store, "k", holder, NULL), MCPASS_OK);
	close(go);
	mp_store_unlock(store);
	mp_store_close(store);

	store = open_store(":memory:");
	CHECK_EQ("nobody to keep out", mp_store_lock(store, "k", holder, NULL), MCPASS_OK);
	mp_store_close(store);
}

/* Several processes make the store at once, and each finds its record afterwards. */
static void test_first_together(void)
{
	enum { PROCESSES = 6 };
	struct mp_strings keys = { 0 };
	struct mp_store *store;
	pid_t pids[PROCESSES];
	int go[2], status;
	char byte;

	fresh();
	if (pipe(go) != 0)
		die("pipe");
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			char key[16];

			close(go[1]);
			(void)!read(go[0], &byte, 1);           /* all at once */
			snprintf(key, sizeof(key), "key %d", i);
			_exit(mp_store_open(path, &store, NULL) != MCPASS_OK
			    || mp_store_save(store, key, "record", NULL) != MCPASS_OK);
		}
	}
	close(go[1]);
	for (int i = 0; i < PROCESSES; i++) {
		waitpid(pids[i], &status, 0);
		CHECK_EQ("saved", status, 0);
	}
	close(go[0]);
	store = open_store(path);
	CHECK_EQ("keys", mp_store_list(store, &keys, NULL), MCPASS_OK);
	CHECK_EQ("all of them", keys.count, PROCESSES);
	mp_strings_free(&keys);
	mp_store_close(store);
}

static enum mcpass_rc use_store(struct mcpass_error *err)
{
	struct mp_store *store = NULL;
	struct mp_strings keys = { 0 };
	char *record = NULL;
	enum mcpass_rc rc;

	rc = mp_store_open(path, &store, err);
	if (!rc)
		rc = mp_store_lock(store, "k", holder, err);
	if (!rc)
		rc = mp_store_save(store, "k", "record", err);
	if (!rc)
		rc = mp_store_load(store, "k", &record, err);
	if (!rc)
		rc = mp_store_list(store, &keys, err);
	mp_free_wiped(record);
	mp_strings_free(&keys);
	mp_store_close(store);
	return rc;
}

static void test_no_memory(void)
{
	OOM_EACH_LATER {
		struct mcpass_error err = { 0 };

		fresh();
		oom_from_here();
		CHECK_OOM("out of memory", use_store(&err), MCPASS_OK);
	}
}

int main(void)
{
	make_folder(folder, sizeof(folder));
	fresh();
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (place_of(i) != NULL)
			test_records(place_of(i));
	test_notes_are_bounded();
	test_caps();
	test_files();
	test_lock_file();
	test_spoiled();
	test_places();
	test_forgotten();
	test_lock();
	test_first_together();
	test_no_memory();
	remove_folder(folder);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
