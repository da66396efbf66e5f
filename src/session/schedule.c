/* What is to be done next: tell the program, send, wait, or nothing. */
#include "base/limits.h"
#include "session/session.h"

/* A note waits for the session it belongs to; a stateless server wants none.
 * spec: MCP 2026-07-28 streamable HTTP, "Sending Messages", note */
static bool is_pointless(const struct mcpass_session *s, const struct mp_exchange *e)
{
	if (e->state != MP_EXCHANGE_TO_SEND)
		return false;
	if (e->kind == MP_EXCHANGE_CALL)        /* answered on another stream, or given up */
		return e->call == NULL;
	if (e->kind == MP_EXCHANGE_LEAVE)
		return s->session_id == NULL;
	return s->era == MP_ERA_STATELESS && s->settled;
}

static bool may_send(const struct mcpass_session *s, const struct mp_exchange *e)
{
	if (e->dropped || e->state != MP_EXCHANGE_TO_SEND)
		return false;
	if (s->era == MP_ERA_STATELESS)
		return e->kind == MP_EXCHANGE_CALL;
	if (e->kind == MP_EXCHANGE_ANNOUNCE || e->kind == MP_EXCHANGE_LISTEN
	    || e->kind == MP_EXCHANGE_LEAVE)
		return true;
	return s->phase == MP_PHASE_READY
	    || (e->call != NULL && e->call->kind == MP_CALL_INITIALIZE);
}

/* While the era is unknown one request goes ahead and finds out for all of them. */
static bool may_start(const struct mcpass_session *s, const struct mp_call *call)
{
	if (call->state != MP_CALL_WAITING)
		return false;
	if (call->kind == MP_CALL_INITIALIZE)
		return true;
	if (s->era == MP_ERA_SESSION)
		return s->phase == MP_PHASE_READY;
	return s->settled || s->hinted || !mp_call_any_sent(s);
}

static bool any_waits(struct mcpass_session *s)
{
	for (const struct mp_call *call = s->calls; call != NULL; call = call->next) {
		const struct mp_exchange *e = mp_exchange_of(s, call);

		if (call->state == MP_CALL_WAITING || (e != NULL && e->state == MP_EXCHANGE_TO_SEND))
			return true;
	}
	return false;
}

static enum mcpass_rc start_calls(struct mcpass_session *s, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (s->era == MP_ERA_SESSION && s->phase == MP_PHASE_HELLO && any_waits(s))
		rc = mp_legacy_hello(s, err);
	for (struct mp_call *call = s->calls, *next; !rc && call != NULL; call = next) {
		next = call->next;
		if (!may_start(s, call))
			continue;
		if (s->era == MP_ERA_SESSION && mp_eq(call->method, "server/discover"))
			rc = mp_legacy_discover(s, call, err);
		else
			rc = mp_exchange_new(s, MP_EXCHANGE_CALL, call, NULL, err);
	}
	return rc;
}

static enum mcpass_rc arm(struct mcpass_session *s, struct mp_exchange *e, int64_t now,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_stream_arm(s, e, now, &why);

	return mp_failure_contain(s, e, rc, &why, err);
}

static enum mcpass_rc tidy_exchanges(struct mcpass_session *s, int64_t now,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_exchange *e = s->exchanges; !rc && e != NULL; e = e->next) {
		if (e->dropped)
			continue;
		if (is_pointless(s, e))
			rc = mp_exchange_drop(s, e, err);
		else if (e->delay >= 0)
			rc = arm(s, e, now, err);
		/* Some servers send the head of the GET stream only with its first event. */
		else if (e->kind == MP_EXCHANGE_LISTEN && e->state == MP_EXCHANGE_SENT
		    && now - e->sent_at >= MP_LISTEN_WAIT_MS)
			mp_stream_head(s, e);
	}
	return rc;
}

/* When something will have to be done though nothing came back; false: never. */
static bool next_time(const struct mcpass_session *s, int64_t *ret_until)
{
	bool any = false;

	for (const struct mp_exchange *e = s->exchanges; e != NULL; e = e->next) {
		int64_t until;

		if (may_send(s, e))
			until = e->due;
		else if (e->kind == MP_EXCHANGE_LISTEN && e->state == MP_EXCHANGE_SENT
		    && s->phase == MP_PHASE_LISTEN)
			until = e->sent_at + MP_LISTEN_WAIT_MS;
		else
			continue;
		if (!any || until < *ret_until)
			*ret_until = until;
		any = true;
	}
	return any;
}

/* *ret_action stays IDLE when the request cannot be written: then it has failed. */
static enum mcpass_rc send_one(struct mcpass_session *s, struct mp_exchange *e, int64_t now,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_compose(s, e, ret_action, &why);

	e->sent_at = now;
	return mp_failure_contain(s, e, rc, &why, err);
}

static enum mcpass_rc send_or_wait(struct mcpass_session *s, int64_t now,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	struct mcpass_session_action action = { .type = MCPASS_SESSION_IDLE };

	for (struct mp_exchange *e = s->exchanges; e != NULL; e = e->next) {
		enum mcpass_rc rc;

		if (!may_send(s, e) || e->due > now)
			continue;
		rc = send_one(s, e, now, &action, err);
		if (rc)
			return rc;
		if (action.type == MCPASS_SESSION_IDLE && mp_queue_next(s, ret_action))
			return MCPASS_OK;
		if (action.type == MCPASS_SESSION_IDLE)
			continue;
		*ret_action = action;
		return MCPASS_OK;
	}
	if (next_time(s, &action.until))
		action.type = MCPASS_SESSION_WAIT;
	*ret_action = action;
	return MCPASS_OK;
}

enum mcpass_rc mp_schedule(struct mcpass_session *s, int64_t now,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (mp_queue_next(s, ret_action))
		return MCPASS_OK;
	rc = tidy_exchanges(s, now, err);
	if (!rc)
		rc = start_calls(s, err);
	if (rc || mp_queue_next(s, ret_action))
		return rc;
	return send_or_wait(s, now, ret_action, err);
}
