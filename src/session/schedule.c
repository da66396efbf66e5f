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
	if (e->kind == MP_EXCHANGE_CHANNEL)
		return s->channel != MP_CHANNEL_OPENING;
	return s->era == MP_ERA_STATELESS && s->settled;
}

static bool may_send(const struct mcpass_session *s, const struct mp_exchange *e)
{
	if (s->era == MP_ERA_STATELESS)
		return e->kind == MP_EXCHANGE_CALL;
	if (e->kind == MP_EXCHANGE_ANNOUNCE || e->kind == MP_EXCHANGE_LISTEN
	    || e->kind == MP_EXCHANGE_LEAVE || e->kind == MP_EXCHANGE_CHANNEL)
		return true;
	return s->phase == MP_PHASE_READY
	    || (e->call != NULL && e->call->kind == MP_CALL_INITIALIZE);
}

/* While the era is unknown one request goes ahead and finds out for all of them. */
static bool may_start(const struct mcpass_session *s, const struct mp_call *call)
{
	if (call->kind == MP_CALL_INITIALIZE)
		return true;
	if (s->era == MP_ERA_SESSION)
		return s->phase == MP_PHASE_READY;
	return s->settled || s->hinted || s->sent_count == 0;
}

static bool any_waits(const struct mcpass_session *s)
{
	const struct mp_exchange *e = s->outbox;

	while (e != NULL && e->call == NULL)
		e = e->queue_next;
	return s->waiting != NULL || e != NULL;
}

/* Goes on with the streams that the program had enough of. */
static enum mcpass_rc read_on(struct mcpass_session *s, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_exchange *e = s->exchanges, *next; s->unread_count > 0 && !rc && e != NULL
	    && !mp_actions_enough(s); e = next) {
		struct mcpass_error why = { 0 };

		next = e->next;
		if (e->unread.len > 0)
			rc = mp_failure_contain(s, e, mp_response_resume(s, e, &why), &why, err);
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

/* It was to be resumed in a session that is gone. */
static enum mcpass_rc lose(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_stream_lost(s, e, &why);

	return mp_failure_contain(s, e, rc, &why, err);
}

static enum mcpass_rc expire_channel(struct mcpass_session *s, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_fail(&why, MCPASS_E_IO,
	    "MCP 2024-11-05 transports, HTTP with SSE", "the server named no endpoint");

	return mp_failure_contain(s, s->listener, rc, &why, err);
}

/* After the transport's own limits: those of a head that says only that the request came. */
static enum mcpass_rc expire_calls(struct mcpass_session *s, struct mcpass_error *err)
{
	struct mp_call *late;
	enum mcpass_rc rc = MCPASS_OK;

	do {                            /* one may take others with it */
		for (late = s->calls; late != NULL && mp_channel_patience(s, late) > s->now;
		    late = late->next)
			;
		if (late != NULL)
			rc = mp_failure_late(s, late, err);
	} while (!rc && late != NULL);
	return rc;
}

static enum mcpass_rc tidy_outbox(struct mcpass_session *s, int64_t now,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_exchange *e = s->outbox, *next; !rc && e != NULL; e = next) {
		next = e->queue_next;
		if (is_pointless(s, e))
			rc = mp_exchange_drop(s, e, err);
		else if (e->resuming && e->call != NULL && e->generation != s->generation)
			rc = lose(s, e, err);
		else if (e->delay >= 0)
			rc = arm(s, e, now, err);
	}
	return rc;
}

/* Some servers send the head of the GET stream only with its first event. */
static bool waits_for_listener(const struct mcpass_session *s)
{
	return s->phase == MP_PHASE_LISTEN && s->listener != NULL
	    && s->listener->state == MP_EXCHANGE_SENT;
}

static bool waits_for_endpoint(const struct mcpass_session *s)
{
	return s->channel == MP_CHANNEL_OPENING && s->listener != NULL
	    && (s->listener->state == MP_EXCHANGE_SENT || s->listener->state == MP_EXCHANGE_ANSWERED);
}

/* When something will have to be done though nothing came back; false: never. */
static bool next_time(const struct mcpass_session *s, int64_t *ret_until)
{
	int64_t until = INT64_MAX;

	for (const struct mp_exchange *e = s->outbox; e != NULL; e = e->queue_next)
		if (may_send(s, e) && e->due < until)
			until = e->due;
	if (waits_for_listener(s) && s->listener->sent_at + MP_LISTEN_WAIT_MS < until)
		until = s->listener->sent_at + MP_LISTEN_WAIT_MS;
	if (waits_for_endpoint(s) && s->listener->sent_at + MP_ENDPOINT_WAIT_MS < until)
		until = s->listener->sent_at + MP_ENDPOINT_WAIT_MS;
	for (const struct mp_call *call = s->channel == MP_CHANNEL_OPEN ? s->calls : NULL; call != NULL;
	    call = call->next)
		if (mp_channel_patience(s, call) < until)
			until = mp_channel_patience(s, call);
	if (s->held_bytes > MP_ENOUGH_HELD && s->now + MP_STALLED_MS < until)
		until = s->now + MP_STALLED_MS; /* another one may go on then */
	*ret_until = until;
	return until < INT64_MAX;
}

static struct mp_exchange *next_to_send(const struct mcpass_session *s, int64_t now)
{
	struct mp_exchange *e = s->outbox;

	while (e != NULL && (!may_send(s, e) || e->due > now))
		e = e->queue_next;
	return e;
}

/* Turns calls that wait for their turn into exchanges, until one can be sent. */
static enum mcpass_rc start_call(struct mcpass_session *s, int64_t now,
    struct mp_exchange **ret_exchange, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	*ret_exchange = next_to_send(s, now);
	while (!rc && *ret_exchange == NULL && s->waiting != NULL && may_start(s, s->waiting)) {
		if (s->era == MP_ERA_SESSION && mp_eq(s->waiting->method, "server/discover"))
			return mp_legacy_discover(s, s->waiting, err);
		rc = mp_exchange_new(s, MP_EXCHANGE_CALL, s->waiting, NULL, err);
		*ret_exchange = next_to_send(s, now);
	}
	return rc;
}

/* What time and the answers so far call for. */
static enum mcpass_rc prepare(struct mcpass_session *s, struct mcpass_error *err)
{
	enum mcpass_rc rc = read_on(s, err);

	if (!rc)
		rc = tidy_outbox(s, s->now, err);
	if (waits_for_listener(s) && s->now - s->listener->sent_at >= MP_LISTEN_WAIT_MS)
		mp_stream_head(s, s->listener);
	if (!rc && waits_for_endpoint(s) && s->now - s->listener->sent_at >= MP_ENDPOINT_WAIT_MS)
		rc = expire_channel(s, err);
	if (!rc && s->channel == MP_CHANNEL_OPEN)
		rc = expire_calls(s, err);
	if (rc || s->era != MP_ERA_SESSION || s->phase != MP_PHASE_HELLO || !any_waits(s)
	    || s->channel == MP_CHANNEL_OPENING)
		return rc;
	return s->channel == MP_CHANNEL_TO_OPEN ? mp_channel_open(s, err) : mp_legacy_hello(s, err);
}

/* What comes of it is told before anything else is sent. */
static enum mcpass_rc send_next(struct mcpass_session *s,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	struct mp_exchange *e = NULL;
	enum mcpass_rc rc = start_call(s, s->now, &e, err);
	struct mcpass_error why = { 0 };

	if (rc || e == NULL)
		return rc;
	/* *ret_action stays IDLE when the request cannot be written: then it has failed. */
	rc = mp_compose_request(s, e, ret_action, &why);
	e->sent_at = s->now;
	if (e->call != NULL) {
		e->call->sent_at = s->now;
		e->call->sent_on = e->entry.number;
		e->call->has_begun = false;
	}
	return mp_failure_contain(s, e, rc, &why, err);
}

enum mcpass_rc mp_schedule_next(struct mcpass_session *s, int64_t now,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	struct mcpass_session_action action = { .type = MCPASS_SESSION_IDLE };
	enum mcpass_rc rc;

	s->now = now;
	do {
		if (mp_actions_next(s, ret_action))
			return MCPASS_OK;
		rc = prepare(s, err);
		if (!rc && s->actions == NULL)
			rc = send_next(s, &action, err);
	} while (!rc && s->actions != NULL);
	if (rc)
		return rc;
	if (action.type == MCPASS_SESSION_IDLE && next_time(s, &action.until))
		action.type = MCPASS_SESSION_WAIT;
	*ret_action = action;
	return MCPASS_OK;
}
