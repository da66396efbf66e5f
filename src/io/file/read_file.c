#include "io/file/read_file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/secret.h"

static enum mcpass_rc read_all(int fd, const char *path, struct mp_buf *buf,
    struct mcpass_error *err)
{
	char chunk[8192];
	ssize_t n;

	do {
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			mp_buf_add(buf, chunk, (size_t)n);
	} while ((n > 0 && !buf->failed) || (n < 0 && errno == EINTR));
	mp_wipe(chunk, sizeof(chunk));          /* it may have been a client's secret */
	if (n < 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(errno));
	return mp_buf_check(buf, path, err);
}

enum mcpass_rc mp_read_file(const char *path, size_t max, char **ret_text,
    size_t *ret_len, struct mcpass_error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct mp_buf buf;
	enum mcpass_rc rc;
	size_t len;

	if (fd < 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(errno));
	mp_buf_init(&buf, max);
	rc = read_all(fd, is_stdin ? "standard input" : path, &buf, err);
	if (!is_stdin)
		(void)close(fd);
	if (rc == MCPASS_E_LIMIT) {     /* of a person's file, not of a server's document */
		mp_clear(err);
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s is larger than %zu bytes", path, max);
	}
	len = buf.len;
	if (!rc && ret_len == NULL && len > 0 && memchr(buf.data, '\0', len) != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s: has a NUL inside, so it is no text", path);
	if (!rc)
		rc = mp_buf_take(&buf, path, ret_text, err);
	if (!rc && ret_len != NULL)
		*ret_len = len;
	mp_buf_free(&buf);
	return rc;
}
