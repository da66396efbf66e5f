#include "io/store/notes.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/limits.h"
#include "base/secret.h"
#include "io/file/private_dir.h"
#include "io/file/write_all.h"

#define HEX_LEN ((size_t)16)
#define MAX_NOTE (MP_MAX_RECORD + (size_t)4 * MP_MAX_URI)

/* A file is a checksum and what it is of: the store's name, the note's, and its text.  Two stores
 * share a folder, not their notes; two notes whose files would have one name put each other out.
 * A digest would cost a program that needs no other one the setting up of OpenSSL's providers. */
struct place {
	int dir_fd;                     /* -1: there is no folder */
	char name[HEX_LEN + sizeof(".note")], fresh[HEX_LEN + sizeof(".note.new")];
	struct mp_buf head;             /* both names */
};

static void leave(struct place *place)
{
	if (place->dir_fd >= 0)
		close(place->dir_fd);
	mp_buf_free(&place->head);
}

/* What it returns is left by leave(). */
static enum mcpass_rc find(const char *store, const char *name, bool create,
    struct place *ret_place, struct mcpass_error *err)
{
	const char *base;
	enum mcpass_rc rc = mp_private_dir_open(store, create, &ret_place->dir_fd, &base, err);
	unsigned long long hash;

	mp_buf_init(&ret_place->head, MAX_NOTE);
	if (rc || ret_place->dir_fd < 0)
		return rc;
	mp_buf_addf(&ret_place->head, "%s\n%s\n", base, name);
	hash = mp_hash(ret_place->head.data, ret_place->head.len);
	(void)snprintf(ret_place->name, sizeof(ret_place->name), "%016llx.note", hash);
	(void)snprintf(ret_place->fresh, sizeof(ret_place->fresh), "%016llx.note.new", hash);
	return mp_buf_check(&ret_place->head, "the name of a note", err);
}

/* ret_sum: 16 hex digits and the end of a line. */
static void sum(const char *names_and_text, size_t len, char ret_sum[HEX_LEN + 2])
{
	(void)snprintf(ret_sum, HEX_LEN + 2, "%016llx\n",
	    (unsigned long long)mp_hash(names_and_text, len));
}

static bool is_note(const char *name)
{
	return strlen(name) == HEX_LEN + strlen(".note") && strcmp(name + HEX_LEN, ".note") == 0;
}

static bool is_older(const struct stat *one, const struct stat *other)
{
	return one->st_mtim.tv_sec != other->st_mtim.tv_sec ? one->st_mtim.tv_sec < other->st_mtim.tv_sec
	    : one->st_mtim.tv_nsec < other->st_mtim.tv_nsec;
}

/* How many there are, and which is the oldest. */
static size_t count(DIR *dir, char ret_oldest[sizeof(((struct place *)NULL)->name)])
{
	struct stat oldest = { 0 }, info;
	const struct dirent *entry;
	size_t notes = 0;

	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (!is_note(entry->d_name)
		    || fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (notes++ == 0 || is_older(&info, &oldest)) {
			oldest = info;
			memcpy(ret_oldest, entry->d_name, strlen(entry->d_name) + 1);
		}
	}
	return notes;
}

/* Before one more is written.  What cannot be read or removed stays: notes are advice. */
static void make_room(const struct place *place)
{
	char oldest[sizeof(place->name)];
	int fd = faccessat(place->dir_fd, place->name, F_OK, 0) != 0
	    ? openat(place->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL && fd >= 0)
		close(fd);
	while (dir != NULL && count(dir, oldest) >= MP_MAX_NOTES
	    && unlinkat(place->dir_fd, oldest, 0) == 0)
		;
	if (dir != NULL)
		closedir(dir);
}

/* Two that write the same note at once leave one that is whole, or one that its checksum gives
 * away. */
static enum mcpass_rc replace(const struct place *place, const struct mp_buf *content,
    const char *store, struct mcpass_error *err)
{
	int fd = openat(place->dir_fd, place->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
	    | O_NONBLOCK | O_CLOEXEC, 0600);
	bool done = fd >= 0 && mp_write_all(fd, mp_buf_text(content), content->len)
	    && renameat(place->dir_fd, place->fresh, place->dir_fd, place->name) == 0;
	enum mcpass_rc rc = done ? MCPASS_OK
	    : mp_fail(err, MCPASS_E_STORE, NULL, "a note beside %s: %s", store, strerror(errno));

	if (fd >= 0)
		close(fd);
	if (rc && fd >= 0)
		(void)unlinkat(place->dir_fd, place->fresh, 0);
	return rc;
}

enum mcpass_rc mp_notes_write(const char *store, const char *name, const char *text,
    struct mcpass_error *err)
{
	struct place place = { .dir_fd = -1 };
	struct mp_buf content, all;
	char first[HEX_LEN + 2];
	enum mcpass_rc rc = find(store, name, true, &place, err);

	mp_buf_init(&all, MAX_NOTE);
	mp_buf_init(&content, MAX_NOTE + sizeof(first));
	mp_buf_adds(&all, mp_buf_text(&place.head));
	mp_buf_adds(&all, text);
	if (!rc)
		rc = mp_buf_check(&all, "a note", err);
	if (!rc) {
		sum(all.data, all.len, first);
		mp_buf_adds(&content, first);
		mp_buf_add(&content, all.data, all.len);
		rc = mp_buf_check(&content, "a note", err);
	}
	if (!rc)
		make_room(&place);
	if (!rc)
		rc = replace(&place, &content, store, err);
	mp_buf_free(&all);
	mp_buf_free(&content);
	leave(&place);
	return rc;
}

void mp_notes_remove(const char *store, const char *name)
{
	struct place place = { .dir_fd = -1 };

	if (find(store, name, false, &place, NULL) == MCPASS_OK && place.dir_fd >= 0)
		(void)unlinkat(place.dir_fd, place.name, 0);
	leave(&place);
}

/* What is no file of our user's alone is no note. */
static enum mcpass_rc read_file(const struct place *place, struct mp_buf *content,
    struct mcpass_error *err)
{
	int fd = openat(place->dir_fd, place->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char part[4096];
	struct stat info;
	ssize_t len = 1;

	if (fd < 0)
		return MCPASS_OK;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid()
	    || (info.st_mode & 022) != 0)
		len = 0;
	while (len > 0 && (len = read(fd, part, sizeof(part))) > 0)
		mp_buf_add(content, part, (size_t)len);
	close(fd);
	return content->failed == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

/* The text of the file content, or NULL: it is torn, or another note's. */
static const char *text_of(const struct place *place, const struct mp_buf *content)
{
	const char *head = content->data + HEX_LEN + 1;
	size_t before = HEX_LEN + 1 + place->head.len;
	char first[HEX_LEN + 2];

	if (content->failed || content->len < before)
		return NULL;
	sum(head, content->len - HEX_LEN - 1, first);
	return memcmp(content->data, first, HEX_LEN + 1) == 0
	    && memcmp(head, place->head.data, place->head.len) == 0 ? content->data + before : NULL;
}

enum mcpass_rc mp_notes_read(const char *store, const char *name, char **ret_text,
    struct mcpass_error *err)
{
	struct place place = { .dir_fd = -1 };
	struct mp_buf content = MP_BUF(MAX_NOTE + HEX_LEN + 1);
	char *text = NULL;
	enum mcpass_rc rc = find(store, name, false, &place, err);

	if (!rc && place.dir_fd >= 0)
		rc = read_file(&place, &content, err);
	if (!rc && place.dir_fd >= 0)
		rc = mp_set(&text, text_of(&place, &content), err);
	if (!rc)
		*ret_text = text;
	mp_buf_free(&content);
	leave(&place);
	return rc;
}
