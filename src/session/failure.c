/* What becomes of a request whose exchange went wrong.  The others go on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

/* The server had the request, and did not refuse it. */
static bool may_have_acted(const struct mp_call *call, const struct mp_exchange *e)
{
	return !mp_call_is_safe(call) && e->ever_sent && e->broken != MCPASS_SESSION_UNSENT
	    && (e->status < 300 || e->status >= 500);
}

/* It comes first where something else could be done, too: a hint has room for both. */
static void say_look_first(struct mcpass_error *why)
{
	char rest[sizeof(why->hint)];

	if (strstr(why->hint, MP_LOOK_FIRST) != NULL)
		return;
	memcpy(rest, why->hint, sizeof(rest));
	(void)snprintf(why->hint, sizeof(why->hint), "%s%s%.*s", MP_LOOK_FIRST, rest[0] != '\0' ? " " : "",
	    (int)(sizeof(rest) - sizeof(MP_LOOK_FIRST) - 1), rest);
}

static enum mcpass_rc fail_on(struct mcpass_session *s, struct mp_call *call,
    unsigned exchange, const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc = mp_actions_add(s, MCPASS_SESSION_FAILED, &action, err);

	if (rc)
		return rc;
	action->public.call = call->entry.number;
	action->public.exchange = exchange;
	action->error = malloc(sizeof(*action->error));
	if (action->error == NULL)
		return mp_nomem(err);
	*action->error = *why;
	mp_call_remove(s, call);
	return MCPASS_OK;
}

static enum mcpass_rc fail_call(struct mcpass_session *s, struct mp_call *call,
    const struct mp_exchange *e, const struct mcpass_error *why, struct mcpass_error *err)
{
	return fail_on(s, call, e->entry.number, why, err);
}

/* What an earlier answer said comes before the refusal of the handshake that it called for;
 * a connection that broke says nothing of what the server wants. */
static enum mcpass_rc fail_waiting(struct mcpass_session *s, struct mp_call *call,
    const struct mp_exchange *e, const struct mcpass_error *why, struct mcpass_error *err)
{
	if (call->error != NULL && !e->broken)
		return mp_call_deliver_kept(s, call, err);
	return fail_call(s, call, e, why, err);
}

static bool is_under_way(const struct mp_call *call)
{
	const struct mp_exchange *e = call->exchange;

	return call->kind != MP_CALL_PROGRAM || (e != NULL && e->state != MP_EXCHANGE_TO_SEND);
}

/* Whatever waits for the handshake fails with it; hello NULL: it did not even begin. */
static enum mcpass_rc fail_handshake(struct mcpass_session *s, struct mp_call *hello,
    const struct mp_exchange *e, const struct mcpass_error *why, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (hello != NULL)
		mp_call_remove(s, hello);
	s->phase = MP_PHASE_HELLO;
	for (struct mp_call *call = s->calls, *next; !rc && call != NULL; call = next) {
		next = call->next;
		if (!is_under_way(call))
			rc = fail_waiting(s, call, e, why, err);
	}
	return rc;
}

/* The list was for a call that waits for it: that has an answer already. */
static enum mcpass_rc fail_relist(struct mcpass_session *s, struct mp_call *relist,
    struct mcpass_error *err)
{
	struct mp_call *held = mp_call_by_number(s, relist->serves);

	mp_call_remove(s, relist);
	return held != NULL ? mp_call_deliver_kept(s, held, err) : MCPASS_OK;
}

/* What was to be answered on it is asked again with the next one, or fails. */
static enum mcpass_rc lose_call(struct mcpass_session *s, struct mp_call *call,
    const struct mp_exchange *e, const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mcpass_error own = *why;

	if (mp_call_may_repeat(call) && call->reissued < MP_MAX_REISSUES) {
		call->reissued++;
		mp_call_requeue(s, call);
		return MCPASS_OK;
	}
	if (!mp_call_is_safe(call))
		say_look_first(&own);
	return fail_call(s, call, e, &own, err);
}

static enum mcpass_rc fail_channel(struct mcpass_session *s, const struct mp_exchange *e,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	bool was_ready = s->phase == MP_PHASE_READY;
	struct mp_call *hello = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	mp_channel_lost(s);
	for (struct mp_call *call = s->calls, *next; !rc && call != NULL; call = next) {
		next = call->next;
		if (call->kind == MP_CALL_INITIALIZE)
			hello = call;
		else if (call->state == MP_CALL_SENT && call->exchange == NULL)
			rc = lose_call(s, call, e, why, err);
	}
	return rc || was_ready ? rc : fail_handshake(s, hello, e, why, err);
}

static enum mcpass_rc fail(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *why, struct mcpass_error *err)
{
	struct mp_call *call = e->call;
	enum mcpass_rc rc;

	/* spec: RFC 9110 9.2.2 */
	if (call != NULL && may_have_acted(call, e))
		say_look_first(why);
	if (e->kind == MP_EXCHANGE_LISTEN)
		mp_stream_head(s, e);
	rc = mp_exchange_drop(s, e, err);
	if (!rc && e->kind == MP_EXCHANGE_ANNOUNCE && e->generation == s->generation)
		rc = mp_legacy_announced(s, err);
	if (rc || e->kind == MP_EXCHANGE_LEAVE)
		return rc;
	if (e->kind == MP_EXCHANGE_CHANNEL)
		return fail_channel(s, e, why, err);
	if (call == NULL)
		return mp_actions_warn(s, err, "%s", why->detail);
	if (call->kind == MP_CALL_INITIALIZE)
		return fail_handshake(s, call, e, why, err);
	if (call->kind == MP_CALL_RELIST)
		return fail_relist(s, call, err);
	return fail_call(s, call, e, why, err);
}

enum mcpass_rc mp_failure_refuse(struct mcpass_session *s, struct mp_exchange *e,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mcpass_error copy = *why;
	enum mcpass_rc rc = fail(s, e, &copy, err);

	if (!rc && s->calls == NULL && !s->settled)
		rc = mp_era_restart(s, err);
	return rc;
}

enum mcpass_rc mp_failure_contain(struct mcpass_session *s, struct mp_exchange *e,
    enum mcpass_rc rc, struct mcpass_error *why, struct mcpass_error *err)
{
	if (rc == MCPASS_OK)
		return MCPASS_OK;
	if (rc == MCPASS_E_NOMEM || rc == MCPASS_E_USAGE) {
		if (err != NULL && err->rc == MCPASS_OK)
			*err = *why;
		return rc;
	}
	return mp_failure_refuse(s, e, why, err);
}

static enum mcpass_rc end_late(struct mcpass_session *s, struct mp_call *call,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	/* spec: MCP 2025-11-25 lifecycle, "Timeouts" */
	enum mcpass_rc rc = mp_notify_cancelled(s, call, err);

	if (!rc && call->exchange != NULL)
		rc = mp_exchange_drop(s, call->exchange, err);
	if (rc)
		return rc;
	return call->kind == MP_CALL_RELIST ? fail_relist(s, call, err)
	    : fail_on(s, call, call->sent_on, why, err);
}

enum mcpass_rc mp_failure_late(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	(void)mp_fail(&why, MCPASS_E_IO, NULL, "the server took %s, and its stream brought no answer in"
	    " time", call->method);
	mp_hint(&why, "%sLook into the server's log, and that of a proxy before it.",
	    mp_call_is_safe(call) ? "Try again later. " : MP_LOOK_FIRST " ");
	if (call->kind != MP_CALL_INITIALIZE)
		return end_late(s, call, &why, err);
	s->listener->broken = MCPASS_SESSION_LATE;      /* nothing can follow on it */
	return mp_failure_refuse(s, s->listener, &why, err);
}
