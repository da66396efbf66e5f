#include "io/file/secret_file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "io/file/write_all.h"

enum mcpass_rc mp_secret_file_check(const char *path, struct mcpass_error *err)
{
	struct stat info;
	enum mcpass_rc rc;

	if (strcmp(path, "-") == 0)
		return MCPASS_OK;
	if (stat(path, &info) != 0)     /* its reader says why that cannot be done */
		return MCPASS_OK;
	if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) == 0)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, NULL, "%s holds a secret, and others may read it (%03o)",
	    path, (unsigned)(info.st_mode & 0777));
	mp_hint(err, "chmod 600 %s, and replace the secret if others may have seen it", path);
	return rc;
}

enum mcpass_rc mp_secret_file_line(const char *path, struct mp_secret *ret_secret,
    struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = mp_secret_file_check(path, err);

	if (!rc)
		rc = mp_read_file(path, MP_MAX_TOKEN, &text, NULL, err);
	if (!rc && strcspn(text, "\r\n") == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s: its first line is empty", path);
	if (!rc)
		rc = mp_secret_set_span(ret_secret,
		    (struct mp_span){ text, strcspn(text, "\r\n") }, err);
	mp_free_wiped(text);
	return rc;
}

enum mcpass_rc mp_secret_file_text(const char *path, size_t max, char **ret_text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_secret_file_check(path, err);

	return rc ? rc : mp_read_file(path, max, ret_text, NULL, err);
}

enum mcpass_rc mp_secret_file_bytes(const char *path, size_t max, struct mp_secret *ret_secret,
    struct mcpass_error *err)
{
	char *bytes = NULL;
	size_t len = 0, end;
	enum mcpass_rc rc = mp_secret_file_check(path, err);

	if (!rc)
		rc = mp_read_file(path, max, &bytes, &len, err);
	if (rc)
		return rc;
	end = len > 0 && bytes[len - 1] == '\n' ? len - 1 : len;
	rc = mp_secret_set_span(ret_secret, (struct mp_span){ bytes, end }, err);
	mp_wipe(bytes, len);
	free(bytes);
	return rc;
}

enum mcpass_rc mp_secret_file_create(const char *path, const char *text,
    struct mcpass_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	enum mcpass_rc rc = MCPASS_OK;
	bool written;

	if (fd < 0)
		return mp_fail(err, errno == EEXIST ? MCPASS_E_USAGE : MCPASS_E_IO, NULL, "%s: %s",
		    path, strerror(errno));
	written = mp_write_all(fd, text, strlen(text)) && mp_write_all(fd, "\n", 1) && fsync(fd) == 0;
	if (close(fd) != 0 || !written) {
		rc = mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(errno));
		(void)unlink(path);
	}
	return rc;
}

/* The entry of the folder, too: what is sealed with a key of the file is kept the next moment. */
enum mcpass_rc mp_secret_file_rename(const char *from, const char *to, struct mcpass_error *err)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(to, '/');
	int fd;

	if (rename(from, to) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", to, strerror(errno));
	(void)snprintf(folder, sizeof(folder), "%.*s", slash != NULL ? (int)(slash - to) + 1 : 1,
	    slash != NULL ? to : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	return MCPASS_OK;
}
