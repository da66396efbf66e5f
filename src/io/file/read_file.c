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

/* Its second reader would find it empty, and take that for what was given. */
static enum mcpass_rc take_stdin(struct mcpass_error *err)
{
	static bool was_read;
	enum mcpass_rc rc;

	if (!was_read) {
		was_read = true;
		return MCPASS_OK;
	}
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "standard input can be read once, and is given twice");
	mp_hint(err, "Put one of the two into a file.");
	return rc;
}

enum mcpass_rc mp_read_file(const char *path, size_t max, char **ret_text,
    size_t *ret_len, struct mcpass_error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct mp_buf buf;
	enum mcpass_rc rc = is_stdin ? take_stdin(err) : MCPASS_OK;
	size_t len;

	if (rc)
		return rc;
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
