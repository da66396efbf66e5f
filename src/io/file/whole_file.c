#include "io/file/whole_file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/secret.h"

#define ROOM ((size_t)64 * 1024)
/* Left behind by others, which were killed. */
#define MOST_NAMES 100

struct mp_whole_file {
	char *path;                     /* where it goes, without a symbolic link; as given, too */
	char *shown;
	char *temporary;                /* where it is; NULL: written in place, or ended */
	int fd;
	uint64_t size;
	char last;
	size_t len;                     /* of room */
	char room[ROOM];
};

static enum mcpass_rc cannot(const struct mp_whole_file *file, int error, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", file->shown, strerror(error));
}

static enum mcpass_rc name_temporary(struct mp_whole_file *file, int number,
    struct mcpass_error *err)
{
	struct mp_buf name;
	enum mcpass_rc rc;

	free(file->temporary);
	file->temporary = NULL;
	mp_buf_init(&name, strlen(file->path) + 64);
	mp_buf_addf(&name, "%s.%ld-%d.part", file->path, (long)getpid(), number);
	rc = mp_buf_take(&name, "a name", &file->temporary, err);
	return rc;
}

/* *ret_error: why there is none. */
static enum mcpass_rc open_temporary(struct mp_whole_file *file, mode_t mode, int *ret_error,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	*ret_error = EEXIST;
	for (int i = 0; !rc && file->fd < 0 && *ret_error == EEXIST && i < MOST_NAMES; i++) {
		rc = name_temporary(file, i, err);
		if (rc)
			break;
		file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		*ret_error = file->fd < 0 ? errno : 0;
	}
	if (file->fd < 0) {
		free(file->temporary);
		file->temporary = NULL;
	}
	return rc;
}

static void drop_temporary(struct mp_whole_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
	if (file->temporary != NULL)
		(void)unlink(file->temporary);
	free(file->temporary);
	file->temporary = NULL;
}

/* Whom it belongs to and who may read it; not to run as them, which a write would end. */
static bool keep_rights(const struct mp_whole_file *file, const struct stat *st)
{
	return fchown(file->fd, st->st_uid, st->st_gid) == 0 && fchmod(file->fd, st->st_mode & 0777) == 0;
}

static enum mcpass_rc open_in_place(struct mp_whole_file *file, struct mcpass_error *err)
{
	file->fd = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return file->fd < 0 ? cannot(file, errno, err) : MCPASS_OK;
}

static enum mcpass_rc find_place(struct mp_whole_file *file, const char *path,
    struct mcpass_error *err)
{
	char place[PATH_MAX];
	enum mcpass_rc rc = mp_set(&file->shown, path, err);

	return rc ? rc : mp_set(&file->path, realpath(path, place) != NULL ? place : path, err);
}

static enum mcpass_rc open_file(struct mp_whole_file *file, struct mcpass_error *err)
{
	struct stat st;
	bool exists = lstat(file->path, &st) == 0;
	int error = 0;
	enum mcpass_rc rc;

	if (exists && !S_ISREG(st.st_mode))     /* a link that is left leads to nothing */
		return open_in_place(file, err);
	/* At no time may others read what they may not read there. */
	rc = open_temporary(file, exists ? 0600 : 0666, &error, err);
	if (rc)
		return rc;
	if (exists && (file->fd < 0 || !keep_rights(file, &st))) {
		drop_temporary(file);
		return open_in_place(file, err);
	}
	return file->fd < 0 ? cannot(file, error, err) : MCPASS_OK;
}

enum mcpass_rc mp_whole_file_new(const char *path, struct mp_whole_file **ret_file,
    struct mcpass_error *err)
{
	struct mp_whole_file *file = calloc(1, sizeof(*file));
	enum mcpass_rc rc;

	if (file == NULL)
		return mp_nomem(err);
	file->fd = -1;
	rc = find_place(file, path, err);
	if (!rc)
		rc = open_file(file, err);
	if (rc)
		mp_whole_file_free(file);
	else
		*ret_file = file;
	return rc;
}

static enum mcpass_rc write_all(struct mp_whole_file *file, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	while (len > 0) {
		ssize_t n = write(file->fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot(file, errno, err);
		bytes += n;
		len -= (size_t)n;
	}
	return MCPASS_OK;
}

static enum mcpass_rc flush(struct mp_whole_file *file, struct mcpass_error *err)
{
	size_t len = file->len;

	file->len = 0;
	return write_all(file, file->room, len, err);
}

enum mcpass_rc mp_whole_file_add(struct mp_whole_file *file, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (len == 0)
		return MCPASS_OK;
	file->size += len;
	file->last = bytes[len - 1];
	if (len > ROOM - file->len)
		rc = flush(file, err);
	if (!rc && len > ROOM)
		return write_all(file, bytes, len, err);
	if (!rc) {
		memcpy(file->room + file->len, bytes, len);
		file->len += len;
	}
	return rc;
}

uint64_t mp_whole_file_size(const struct mp_whole_file *file)
{
	return file->size;
}

char mp_whole_file_last(const struct mp_whole_file *file)
{
	return file->last;
}

enum mcpass_rc mp_whole_file_end(struct mp_whole_file *file, struct mcpass_error *err)
{
	enum mcpass_rc rc = flush(file, err);
	int fd = file->fd;

	file->fd = -1;
	if (close(fd) != 0 && !rc)
		rc = cannot(file, errno, err);
	if (!rc && file->temporary != NULL && rename(file->temporary, file->path) != 0)
		rc = cannot(file, errno, err);
	if (!rc) {
		free(file->temporary);
		file->temporary = NULL;
	}
	return rc;
}

void mp_whole_file_free(struct mp_whole_file *file)
{
	if (file == NULL)
		return;
	drop_temporary(file);
	mp_wipe(file->room, sizeof(file->room));
	free(file->shown);
	free(file->path);
	free(file);
}
