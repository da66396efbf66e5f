/* The part of a login by a code that this machine does: it shows the code, and waits. */
#include <poll.h>
#include <errno.h>
#include "io/clock.h"
#include "io/drive_parts.h"

#define TICK_MS 1000            /* a person sees the seconds go by */

enum mcpass_rc mp_drive_check_login(const struct mp_drive *drive, struct mcpass_error *err)
{
	const struct mp_drive_options *options = &drive->options;
	enum mcpass_rc rc;

	if (!options->no_login)
		return MCPASS_OK;
	if (options->no_login_why == NULL) {
		rc = mp_fail(err, MCPASS_E_DENIED, NULL, "a login is needed, and was not allowed");
		mp_hint(err, "mcpass login %s", options->client.server_url);
		return rc;
	}
	rc = mp_fail(err, MCPASS_E_DENIED, NULL, "a login is needed, and %s", options->no_login_why);
	mp_hint(err, "sign in at a terminal with: mcpass login %s, or add --device to write a code to"
	    " standard error, for whoever reads it", options->client.server_url);
	return rc;
}

enum mcpass_rc mp_drive_show_code(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_error *err)
{
	const struct mp_drive_options *options = &drive->options;
	enum mcpass_rc rc = mp_drive_check_login(drive, err);

	if (rc)
		return rc;
	if (options->ui.show_code == NULL)
		return mp_fail(err, MCPASS_E_DENIED, NULL, "there is nobody to show a code to");
	drive->code_deadline = options->code_timeout_ms > 0
	    ? mp_deadline_ms(options->code_timeout_ms) : -1;
	options->ui.show_code(options->ui.ctx, action);
	return MCPASS_OK;
}

/* What is told to be left: of the code's life, or of our own patience. */
static int64_t seconds_left(const struct mp_drive *drive, int64_t expires_at)
{
	int64_t left = expires_at - mp_now_s();
	int own = mp_left_ms(drive->code_deadline);

	if (own >= 0 && own / 1000 < left)
		left = own / 1000;
	return left > 0 ? left : 0;
}

static void tell(struct mp_drive *drive, int64_t expires_at)
{
	if (drive->options.ui.code_left == NULL || expires_at == 0)
		return;
	drive->options.ui.code_left(drive->options.ui.ctx, seconds_left(drive, expires_at));
	drive->told_waiting = true;
}

void mp_drive_stop_waiting(struct mp_drive *drive)
{
	if (drive->told_waiting)
		drive->options.ui.code_left(drive->options.ui.ctx, -1);
	drive->told_waiting = false;
}

/* Until Ctrl-C, or the next time something is to be said. */
static enum mcpass_rc wait_once(const struct mp_drive *drive, int64_t deadline,
    struct mcpass_error *err)
{
	struct pollfd stop = { .fd = drive->options.interrupt_fd, .events = POLLIN };
	int left = mp_left_ms(deadline);

	if (drive->options.ui.code_left != NULL && left > TICK_MS)
		left = TICK_MS;
	if (poll(&stop, 1, left) < 0 && errno != EINTR)
		return mp_fail(err, MCPASS_E_IO, NULL, "poll failed");
	if (mp_left_ms(drive->code_deadline) == 0)
		return mp_fail(err, MCPASS_E_EXPIRED, NULL, "nobody signed in in time");
	return mp_drive_check_interrupt(drive, err);
}

enum mcpass_rc mp_drive_pause(struct mp_drive *drive, const struct mcpass_action *action,
    struct mcpass_error *err)
{
	int64_t deadline = mp_now_ms() + action->seconds * 1000;
	enum mcpass_rc rc = MCPASS_OK;

	if (action->expires_at == 0)            /* no person is waited for */
		drive->code_deadline = -1;
	/* The patience may end before the pause does. */
	if (drive->code_deadline >= 0 && drive->code_deadline < deadline)
		deadline = drive->code_deadline;
	while (!rc && mp_left_ms(deadline) > 0) {
		tell(drive, action->expires_at);
		rc = wait_once(drive, deadline, err);
	}
	return mp_doing(err, rc, action->expires_at == 0 ? "waiting as the server asked"
	    : "waiting for the login on the other device");
}
