#include "ui/read_line.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "ui/signals.h"

/* What is waited for.  Others may watch these descriptors, too: the loop has copies. */
struct wait {
	struct mp_loop *loop;           /* NULL: nothing else goes on */
	struct mp_watch in, stop;
};

/* That the turn ends is enough. */
static void on_ready(void *ctx, unsigned events)
{
	(void)ctx;
	(void)events;
}

static bool watch(struct wait *wait, struct mp_watch *entry, int fd)
{
	*entry = (struct mp_watch){ .fd = fd >= 0 ? dup(fd) : -1, .ready = on_ready };
	return fd < 0 || (entry->fd >= 0
	    && mp_loop_watch(wait->loop, entry, MP_LOOP_READ, NULL) == MCPASS_OK);
}

static void unwatch(const struct wait *wait, struct mp_watch *entry)
{
	(void)mp_loop_watch(wait->loop, entry, 0, NULL);
	if (entry->fd >= 0)
		(void)close(entry->fd);
}

static void end_wait(struct wait *wait)
{
	if (wait->loop == NULL)
		return;
	unwatch(wait, &wait->in);
	unwatch(wait, &wait->stop);
}

/* Where there is no room to watch them, nothing else goes on meanwhile. */
static void begin_wait(struct wait *wait, struct mp_loop *loop)
{
	*wait = (struct wait){ .loop = loop };
	if (loop == NULL)
		return;
	wait->stop.fd = -1;
	if (!watch(wait, &wait->in, STDIN_FILENO) || !watch(wait, &wait->stop, mp_signals_fd())) {
		end_wait(wait);
		wait->loop = NULL;
	}
}

static unsigned wait_on(struct wait *wait)
{
	unsigned ready = mp_loop_wait_readable(STDIN_FILENO, mp_signals_fd(), wait->loop != NULL ? 0 : -1);

	if (ready == 0 && wait->loop != NULL)
		mp_loop_turn(wait->loop, -1);
	return ready;
}

/* One byte, for the next reader gets what follows the line; *ret_n 0: the end. */
static enum mcpass_rc read_byte(struct wait *wait, char *byte, ssize_t *ret_n,
    struct mcpass_error *err)
{
	unsigned ready = 0;

	while (ready == 0)              /* a signal is no failure */
		ready = wait_on(wait);
	if ((ready & MP_LOOP_SECOND) != 0)
		return mp_fail(err, MCPASS_E_DENIED, NULL, "interrupted");
	*ret_n = read(STDIN_FILENO, byte, 1);
	if (*ret_n < 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "standard input: %s", strerror(errno));
	return MCPASS_OK;
}

enum mcpass_rc mp_read_line(struct mp_loop *loop, char **ret_line, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct wait wait;
	enum mcpass_rc rc;
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER_LINE);
	ssize_t n = 0;
	char byte = '\0';

	begin_wait(&wait, loop);
	do {
		rc = read_byte(&wait, &byte, &n, err);
		if (!rc && n > 0 && byte != '\n' && byte != '\r')
			mp_buf_addc(&buf, byte);
		if (!rc)
			rc = mp_buf_check(&buf, "the line", &why);
	} while (!rc && n > 0 && byte != '\n');
	end_wait(&wait);
	if (why.rc != MCPASS_OK)        /* too long: the server did not write it */
		rc = mp_fail(err, rc == MCPASS_E_LIMIT ? MCPASS_E_USAGE : rc, NULL, "%s", why.detail);
	if (!rc && n == 0 && buf.len == 0)
		*ret_line = NULL;
	else if (!rc)
		rc = mp_buf_take(&buf, "the line", ret_line, err);
	mp_buf_free(&buf);
	return rc;
}
