#include "io/store/notes.h"
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
#include "wire/jose/crypto.h"

#define HEX_LEN (2 * (size_t)MP_SHA256_LEN)

struct place {
	int dir_fd;                     /* -1: there is no folder */
	char name[HEX_LEN + sizeof(".note")], fresh[HEX_LEN + sizeof(".note.new")];
};

/* Of the store's name, the note's, and its text: two stores share a folder, not their notes. */
static enum mcpass_rc digest(const char *store, const char *name, const char *text,
    char ret_hex[HEX_LEN + 1], struct mcpass_error *err)
{
	uint8_t hash[MP_SHA256_LEN];
	struct mp_buf all;
	enum mcpass_rc rc;

	mp_buf_init(&all, MP_MAX_RECORD + (size_t)4 * MP_MAX_URI);
	mp_buf_addf(&all, "%s\n%s\n", store, name);
	mp_buf_adds(&all, text);
	rc = mp_buf_check(&all, "a note", err);
	if (!rc)
		rc = mp_sha256(all.data, all.len, hash, err);
	for (size_t i = 0; i < sizeof(hash) && !rc; i++)
		(void)snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
	mp_buf_free(&all);
	return rc;
}

/* Close dir_fd, where it is not -1. */
static enum mcpass_rc find(const char *store, const char *name, bool create,
    struct place *ret_place, const char **ret_base, struct mcpass_error *err)
{
	char hex[HEX_LEN + 1];
	enum mcpass_rc rc;

	rc = mp_private_dir_open(store, create, &ret_place->dir_fd, ret_base, err);
	if (rc || ret_place->dir_fd < 0)
		return rc;
	rc = digest(*ret_base, name, "", hex, err);
	if (rc) {
		close(ret_place->dir_fd);
		ret_place->dir_fd = -1;
		return rc;
	}
	(void)snprintf(ret_place->name, sizeof(ret_place->name), "%s.note", hex);
	(void)snprintf(ret_place->fresh, sizeof(ret_place->fresh), "%s.note.new", hex);
	return MCPASS_OK;
}

static bool write_all(int fd, const struct mp_buf *content)
{
	size_t done = 0;

	while (done < content->len) {
		ssize_t len = write(fd, content->data + done, content->len - done);

		if (len < 0 && errno != EINTR)
			return false;
		done += len > 0 ? (size_t)len : 0;
	}
	return true;
}

/* Two that write the same note at once leave one that is whole, or one that its digest gives
 * away. */
static enum mcpass_rc replace(const struct place *place, const struct mp_buf *content,
    const char *store, struct mcpass_error *err)
{
	int fd = openat(place->dir_fd, place->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
	    | O_NONBLOCK | O_CLOEXEC, 0600);
	bool done = fd >= 0 && write_all(fd, content)
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
	char hex[HEX_LEN + 1];
	struct mp_buf content;
	const char *base;
	enum mcpass_rc rc = find(store, name, true, &place, &base, err);

	mp_buf_init(&content, MP_MAX_RECORD + HEX_LEN + 1);
	if (!rc)
		rc = digest(base, name, text, hex, err);
	if (!rc) {
		mp_buf_addf(&content, "%s\n", hex);
		mp_buf_adds(&content, text);
		rc = mp_buf_check(&content, "a note", err);
	}
	if (!rc)
		rc = replace(&place, &content, store, err);
	mp_buf_free(&content);
	if (place.dir_fd >= 0)
		close(place.dir_fd);
	return rc;
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

enum mcpass_rc mp_notes_read(const char *store, const char *name, char **ret_text,
    struct mcpass_error *err)
{
	struct place place = { .dir_fd = -1 };
	char hex[HEX_LEN + 1], *text = NULL;
	struct mp_buf content;
	const char *base;
	enum mcpass_rc rc = find(store, name, false, &place, &base, err);

	mp_buf_init(&content, MP_MAX_RECORD + HEX_LEN + 1);
	if (!rc && place.dir_fd >= 0)
		rc = read_file(&place, &content, err);
	if (!rc && !content.failed && content.len > HEX_LEN && content.data[HEX_LEN] == '\n')
		rc = mp_set(&text, content.data + HEX_LEN + 1, err);
	if (!rc && text != NULL)
		rc = digest(base, name, text, hex, err);
	if (rc || (text != NULL && memcmp(hex, content.data, HEX_LEN) != 0)) {
		mp_free_wiped(text);
		text = NULL;
	}
	if (!rc)
		*ret_text = text;
	mp_buf_free(&content);
	if (place.dir_fd >= 0)
		close(place.dir_fd);
	return rc;
}
