#include "link/blocking.h"
#include <stdlib.h>
#include "link/link_parts.h"

/* What a blocking call waits for. */
struct waiting {
	struct mp_link *link;
	struct mp_watch interrupt;
	bool ended, interrupted;
	struct mcpass_error why;        /* rc MCPASS_OK: it is there */
	char *json;
	bool is_error;
};

static void on_interrupt(void *ctx, unsigned events)
{
	struct waiting *wait = ctx;

	(void)events;
	wait->interrupted = true;
	(void)mp_loop_watch(wait->link->loop, &wait->interrupt, 0, NULL);
}

static void on_answer(void *ctx, struct mp_link_answer *answer)
{
	struct waiting *wait = ctx;

	wait->ended = true;
	wait->json = answer->json;
	wait->is_error = answer->is_error;
	if (answer->why != NULL)
		wait->why = *answer->why;
}

static void on_authorized(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	struct waiting *wait = ctx;

	wait->ended = true;
	if (rc)
		wait->why = *why;
}

static void on_gone(void *ctx)
{
	*(bool *)ctx = true;
}

/* Ctrl-C: what is under way is given up, and the server told. */
static void give_up(struct mp_link *link, const struct waiting *wait, unsigned call)
{
	struct mcpass_error why = { 0 };
	bool gone = false;

	(void)mp_fail(&why, MCPASS_E_DENIED, NULL, "interrupted");
	if (call != 0)
		mp_link_cancel(link, call);
	mp_link_unwant(link, wait);
	if (link->flow.is_running)
		mp_link_fail_flow(link, &why);
	mp_link_part(link, on_gone, &gone);
	while (!gone)
		mp_loop_turn(link->loop, -1);
}

static enum mcpass_rc wait_for(struct waiting *wait, struct mp_link *link, unsigned call,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	wait->link = link;
	wait->interrupt = (struct mp_watch){ .fd = link->options.interrupt_fd,
		.ready = on_interrupt, .ctx = wait };
	if (wait->interrupt.fd >= 0)
		rc = mp_loop_watch(link->loop, &wait->interrupt, MP_LOOP_READ, err);
	while (!rc && !wait->ended && !wait->interrupted)
		mp_loop_turn(link->loop, -1);
	(void)mp_loop_watch(link->loop, &wait->interrupt, 0, NULL);
	if (!wait->ended) {
		give_up(link, wait, call);
		return rc ? rc : mp_fail(err, MCPASS_E_DENIED, NULL, "interrupted");
	}
	if (wait->why.rc != MCPASS_OK && err != NULL)
		*err = wait->why;
	return wait->why.rc;
}

enum mcpass_rc mp_blocking_request(struct mp_link *link, const char *method,
    const char *params, char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	struct waiting wait = { 0 };
	const struct mp_link_request request = { method, params, on_answer, &wait };
	unsigned call = 0;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_link_submit(link, &request, &call, err);
	if (!rc)
		rc = wait_for(&wait, link, call, err);
	if (rc) {
		free(wait.json);
		return rc;
	}
	*ret_json = wait.json;
	*ret_is_error = wait.is_error;
	return MCPASS_OK;
}

static enum mcpass_rc get_token(struct mp_link *link, bool is_login,
    const struct mcpass_token **ret_token, struct mcpass_error *err)
{
	struct waiting wait = { 0 };
	enum mcpass_rc rc;

	mp_clear(err);
	mp_link_want_token(link, is_login, on_authorized, &wait);
	rc = wait_for(&wait, link, 0, err);
	if (!rc)
		*ret_token = link->token;
	return rc;
}

enum mcpass_rc mp_blocking_token(struct mp_link *link, const struct mcpass_token **ret_token,
    struct mcpass_error *err)
{
	return get_token(link, false, ret_token, err);
}

enum mcpass_rc mp_blocking_login(struct mp_link *link, const struct mcpass_token **ret_token,
    struct mcpass_error *err)
{
	return get_token(link, true, ret_token, err);
}

enum mcpass_rc mp_blocking_logout(struct mp_link *link, struct mcpass_error *err)
{
	struct waiting wait = { 0 };

	mp_clear(err);
	mp_link_authorize(link, MCPASS_EV_LOGOUT, on_authorized, &wait);
	return wait_for(&wait, link, 0, err);
}

void mp_blocking_close(struct mp_link *link)
{
	bool gone = false;

	if (link == NULL)
		return;
	mp_link_leave(link, on_gone, &gone);
	while (!gone)
		mp_loop_turn(link->loop, -1);
	mp_link_free(link);
}
