/* Answers that break off, and the GET stream on which a server of the handshake era asks. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

/* What a stream said about how to go on with it. */
static enum mcpass_rc remember(struct mp_exchange *e, struct mcpass_error *err)
{
	if (e->sse.retry_ms >= 0)
		e->retry_ms = e->sse.retry_ms;
	if (e->sse.last_id.len > 0)
		return mp_set(&e->last_id, mp_buf_text(&e->sse.last_id), err);
	return MCPASS_OK;
}

static int64_t pause(const struct mp_exchange *e)
{
	return e->retry_ms >= 0 ? e->retry_ms : MP_RECONNECT_MS;
}

/* The stream was whole, and something in it was no message. */
static bool gave_nonsense(const struct mp_exchange *e)
{
	return e->odd != NULL && !e->broken;
}

static enum mcpass_rc lost_for_good(const struct mp_exchange *e, struct mcpass_error *err)
{
	if (gave_nonsense(e))
		return mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Sending Messages 6",
		    "the stream holds no answer to %s; left out was: %s", e->call->method, e->odd);
	return mp_fail(err, MCPASS_E_IO, NULL, "the connection ended before the answer to %s came",
	    e->call->method);
}

/* spec: MCP 2025-11-25 transports, "Resumability and Redelivery" 2 */
static bool can_resume(const struct mcpass_session *s, const struct mp_exchange *e)
{
	return e->era == MP_ERA_SESSION && e->last_id != NULL && e->generation == s->generation;
}

/* A kept connection may end just when a request is sent on it.  What only reads is sent once
 * more, on another one; anything else may have been carried out. */
enum mcpass_rc mp_stream_unanswered(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	if (e->broken != MCPASS_SESSION_BROKEN || !mp_call_may_repeat(e->call)
	    || e->call->reissued > 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the server gave no answer to %s",
		    e->call->method);
	e->call->reissued++;
	mp_trace_decision(s, "The connection ended without an answer: asking once more", NULL);
	mp_exchange_restart(s, e, -1);
	return MCPASS_OK;
}

enum mcpass_rc mp_stream_lost(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	bool listens = strcmp(e->call->method, "subscriptions/listen") == 0;
	/* A server that does not know the event any more has refused the GET. */
	bool refused = e->resuming && e->status != 0 && e->kept != MP_BODY_SSE;
	enum mcpass_rc rc;

	rc = remember(e, err);
	if (rc)
		return rc;
	e->attempts++;
	if (!refused && can_resume(s, e)) {
		e->resuming = true;
		mp_exchange_restart(s, e, pause(e));
		return MCPASS_OK;
	}
	/* spec: MCP 2026-07-28 changelog, major 9: a new request with a new id.  A tool may
	 * have acted, so only the caller knows whether to call it again; nor is one that was
	 * waited for long enough. */
	if (!mp_call_may_repeat(e->call) || gave_nonsense(e) || e->broken == MCPASS_SESSION_LATE
	    || (!listens && e->call->reissued >= MP_MAX_REISSUES))
		return lost_for_good(e, err);
	e->call->reissued++;
	e->resuming = false;
	free(e->last_id);
	e->last_id = NULL;
	mp_exchange_restart(s, e, pause(e));
	return MCPASS_OK;
}

enum mcpass_rc mp_stream_arm(struct mcpass_session *s, struct mp_exchange *e, int64_t now,
    struct mcpass_error *err)
{
	/* A silent stream that a proxy ends every few minutes is no failure. */
	if (now - e->sent_at >= MP_STREAM_SETTLED_MS && e->attempts > 1)
		e->attempts = 1;
	if (e->attempts <= MP_MAX_RECONNECTS && e->delay <= MP_MAX_RETRY_MS) {
		e->due = now + e->delay;
		e->delay = -1;
		return MCPASS_OK;
	}
	if (e->call == NULL)
		return mp_exchange_drop(s, e, err);
	/* spec: MCP 2025-11-25 transports, "Sending Messages" 6: its wish counts, or nothing */
	if (e->delay > MP_MAX_RETRY_MS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the server wants us to wait for %lld seconds",
		    (long long)(e->delay / 1000));
	return lost_for_good(e, err);
}

void mp_stream_head(struct mcpass_session *s, struct mp_exchange *e)
{
	if (s->phase == MP_PHASE_LISTEN && e->generation == s->generation)
		s->phase = MP_PHASE_READY;
}

/* The stream is the server's to give or not (405): that it is missing is no failure. */
enum mcpass_rc mp_stream_end(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_stream_head(s, e);
	if (e->generation != s->generation || (e->status != 0 && e->kept != MP_BODY_SSE))
		return MCPASS_OK;
	rc = remember(e, err);
	if (rc)
		return rc;
	e->attempts++;
	mp_exchange_restart(s, e, pause(e));
	return MCPASS_OK;
}
