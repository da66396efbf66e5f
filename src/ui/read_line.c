#include "ui/read_line.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/loop.h"
#include "ui/signals.h"

/* One byte, for the next reader gets what follows the line; *ret_n 0: the end. */
static enum mcpass_rc read_byte(char *byte, ssize_t *ret_n, struct mcpass_error *err)
{
	unsigned ready = 0;

	while (ready == 0)              /* a signal is no failure */
		ready = mp_loop_wait_readable(STDIN_FILENO, mp_stop_fd(), -1);
	if ((ready & MP_LOOP_SECOND) != 0)
		return mp_fail(err, MCPASS_E_DENIED, NULL, "interrupted");
	*ret_n = read(STDIN_FILENO, byte, 1);
	if (*ret_n < 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "standard input: %s", strerror(errno));
	return MCPASS_OK;
}

enum mcpass_rc mp_read_line(char **ret_line, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;
	struct mp_buf buf;
	ssize_t n = 0;
	char byte = '\0';

	mp_buf_init(&buf, MP_MAX_ANSWER_LINE);
	do {
		rc = read_byte(&byte, &n, err);
		if (!rc && n > 0 && byte != '\n' && byte != '\r')
			mp_buf_addc(&buf, byte);
		if (!rc)
			rc = mp_buf_check(&buf, "the line", &why);
	} while (!rc && n > 0 && byte != '\n');
	if (why.rc != MCPASS_OK)        /* too long: the server did not write it */
		rc = mp_fail(err, rc == MCPASS_E_LIMIT ? MCPASS_E_USAGE : rc, NULL, "%s", why.detail);
	if (!rc && n == 0 && buf.len == 0)
		*ret_line = NULL;
	else if (!rc)
		rc = mp_buf_take(&buf, "the line", ret_line, err);
	mp_buf_free(&buf);
	return rc;
}
