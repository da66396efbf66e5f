/* What comes back on an exchange: a head, bytes, an end. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "mcp/reason.h"
#include "session/session.h"
#include "wire/http/http.h"
#include "wire/json/peek.h"
#include "wire/uri.h"

/* An answer of that many bytes is a long one. */
#define LONG_ANSWER ((size_t)64 * 1024)

static bool is_success(int status)
{
	return status >= 200 && status < 300;
}

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Only of the answers that ask for a token is everything kept.  A header that is none is
 * left out: a challenge is not looked for there. */
static enum mcpass_rc keep_headers(struct mp_exchange *e, const struct mcpass_header *headers,
    size_t count, struct mcpass_error *err)
{
	for (size_t i = 0; i < count; i++) {
		enum mcpass_rc rc = mp_headers_add(&e->answer, headers[i].name, headers[i].value, NULL);

		if (rc == MCPASS_E_NOMEM)
			return mp_nomem(err);
		if (rc == MCPASS_E_LIMIT)
			return mp_fail(err, rc, NULL, "the answer has more than %d headers",
			    MP_MAX_ITEMS);
	}
	return MCPASS_OK;
}

static enum mcpass_rc not_mcp(struct mp_exchange *e, const char *type,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Sending Messages 6",
	    "this is not an MCP endpoint: HTTP %d with %s%s where an MCP message was due",
	    e->status, type != NULL ? "content of type " : "no content type", type != NULL ? type : "");
	mp_hint(err, "Check the URL: the endpoint of an MCP server often ends in /mcp.");
	return rc;
}

static enum mcpass_rc no_answer(const struct mp_exchange *e, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Sending Messages 6",
	    "HTTP %d, which answers a notification, to the request %s", e->status,
	    e->call != NULL ? e->call->method : "that was given up");
}

/* spec: MCP streamable HTTP, "Sending Messages" 6: JSON or an event stream, both */
static enum mcpass_rc classify(struct mp_exchange *e, const char *type,
    struct mcpass_error *err)
{
	if (!is_success(e->status))
		return MCPASS_OK;
	if (mp_media_type_begins(type, "application/json"))
		e->kept = MP_BODY_JSON;
	if (mp_media_type_begins(type, "text/event-stream"))
		e->kept = MP_BODY_SSE;
	if (e->kept != MP_BODY_IGNORED || e->resuming)
		return MCPASS_OK;
	if (e->status == 202 || e->status == 204)
		return no_answer(e, err);
	return not_mcp(e, type, err);
}

/* What it says is for people; nothing of it is needed. */
static enum mcpass_rc begin_refusal(struct mp_exchange *e, const struct mcpass_header *headers,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	e->kept = MP_BODY_REFUSAL;
	if (e->status == 401 || e->status == 403)
		rc = keep_headers(e, headers, count, err);
	return rc ? rc : mp_set(&e->type, mp_header_get(headers, count, "Content-Type"), err);
}

/* How long the answer says that it is: 0 where it does not say, or not the truth. */
static size_t promised_length(const struct mcpass_header *headers, size_t count)
{
	const char *text = mp_header_get(headers, count, "Content-Length");
	unsigned long long len = text != NULL ? strtoull(text, NULL, 10) : 0;

	return len <= MP_MAX_MESSAGE ? (size_t)len : 0;
}

/* A long answer that comes gets all of its room at once; many that wait for their turn get none. */
static void make_room(struct mp_exchange *e)
{
	if (e->kept == MP_BODY_JSON && e->text.len >= LONG_ANSWER && e->text.len < e->promised)
		mp_buf_reserve(&e->text, e->promised - e->text.len);
}

static enum mcpass_rc begin_success(struct mcpass_session *s, struct mp_exchange *e,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	const char *type = mp_header_get(headers, count, "Content-Type");
	enum mcpass_rc rc;

	if (type != NULL && type[strspn(type, " \t")] == '\0')
		type = NULL;
	if ((e->kind == MP_EXCHANGE_LISTEN || e->kind == MP_EXCHANGE_CHANNEL) && e->status == 200
	    && mp_media_type_is(type, "text/event-stream"))
		e->kept = MP_BODY_SSE;
	if (e->kind != MP_EXCHANGE_CALL || e->by_channel)
		return MCPASS_OK;
	rc = classify(e, type, err);
	e->promised = promised_length(headers, count);
	if (!rc && e->call != NULL && e->call->kind == MP_CALL_INITIALIZE)
		rc = mp_legacy_session_id(s, headers, count, err);
	return rc;
}

static bool asks_for_token(const struct mp_exchange *e)
{
	return e->status == 401 || (e->status == 403 && e->kind != MP_EXCHANGE_LISTEN);
}

/* What became of a notification: its head says it. */
static enum mcpass_rc tell_note(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	bool announce = e->kind == MP_EXCHANGE_ANNOUNCE, current = e->generation == s->generation;
	enum mcpass_rc rc = MCPASS_OK;

	if (e->told)
		return MCPASS_OK;
	e->told = true;
	if (!is_success(e->status))
		rc = mp_actions_warn(s, err, "The server did not take a %s: %s %d",
		    announce ? "notifications/initialized" : "notification or answer",
		    e->status == 0 ? "no answer," : "HTTP", e->status);
	if (!rc && announce && current)
		rc = mp_legacy_announced(s, err);
	return rc;
}

/* spec: MCP streamable HTTP, "Sending Messages" 4: 202, and nothing follows; some servers
 * open a stream all the same. */
static enum mcpass_rc note_head(struct mcpass_session *s, struct mp_exchange *e,
    const char *type, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (asks_for_token(e) || is_redirect(e->status))
		return MCPASS_OK;
	rc = tell_note(s, e, err);
	if (!rc && mp_media_type_is(type, "text/event-stream"))
		rc = mp_exchange_drop(s, e, err);
	return rc;
}

enum mcpass_rc mp_response_head(struct mcpass_session *s, struct mp_exchange *e, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	const char *type = mp_header_get(headers, count, "Content-Type");
	enum mcpass_rc rc = MCPASS_OK;

	if (e->state != MP_EXCHANGE_SENT)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "exchange %u has its head already", e->entry.number);
	e->state = MP_EXCHANGE_ANSWERED;
	e->status = status;
	mp_trace_answered(s, e, type);
	e->busy_ms = status == 429 || status == 503 ? 1000 * mp_http_retry_after(headers, count, 0) : 0;
	if (is_redirect(status))
		rc = mp_set(&e->location, mp_header_get(headers, count, "Location"), err);
	else if (is_success(status))
		rc = begin_success(s, e, headers, count, err);
	else
		rc = begin_refusal(e, headers, count, err);
	if (!rc && (e->kind == MP_EXCHANGE_NOTE || e->kind == MP_EXCHANGE_ANNOUNCE))
		rc = note_head(s, e, type, err);
	if (!rc && e->kind == MP_EXCHANGE_LISTEN && status != 401 && !is_redirect(status))
		mp_stream_head(s, e);
	return rc;
}

enum mcpass_rc mp_response_data(struct mcpass_session *s, struct mp_exchange *e,
    const char *bytes, size_t len, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (e->state != MP_EXCHANGE_ANSWERED)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "exchange %u has no head", e->entry.number);
	if (mp_exchange_is_done(e))
		return MCPASS_OK;
	e->fed_at = s->now;
	if (e->kept == MP_BODY_SSE)
		rc = mp_events_take(s, e, (struct mp_span){ bytes, len }, err);
	if (e->kept == MP_BODY_REFUSAL && len > MP_MAX_DOCUMENT - e->text.len)
		len = MP_MAX_DOCUMENT - e->text.len;    /* no reason is longer */
	if (e->kept == MP_BODY_JSON || e->kept == MP_BODY_REFUSAL) {
		make_room(e);
		mp_buf_add(&e->text, bytes, len);
		rc = mp_buf_check(&e->text, "the server's answer", err);
	}
	mp_exchange_count(s, e);
	return rc;
}

static struct mp_span body_of(const struct mp_exchange *e)
{
	return (struct mp_span){ mp_buf_text(&e->text), e->text.len };
}

/* 401 and 403 are no evidence of anything but a missing token. */
static enum mcpass_rc ask_authorization(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_action *action;
	char *reason = NULL;
	enum mcpass_rc rc = mp_actions_add(s, MCPASS_SESSION_AUTHORIZE, &action, err);

	if (!rc)
		rc = mp_set(&action->url, e->url, err);
	if (!rc)
		rc = mp_reason_read(e->type, body_of(e), &reason, err);
	if (rc)
		return rc;
	mp_actions_body(s, action, reason);
	action->public.exchange = e->entry.number;
	action->public.call = e->call != NULL ? e->call->entry.number : 0;
	action->public.status = e->status;
	action->headers = e->answer;
	e->answer = (struct mp_headers){ 0 };
	e->state = MP_EXCHANGE_AUTHORIZE;
	return MCPASS_OK;
}

static enum mcpass_rc refuse_redirect(const struct mp_exchange *e, const char *target,
    const char *why, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_POLICY, "RFC 9110 15.4", "HTTP %d to %s: %s",
	    e->status, target != NULL ? target : "nowhere", why);

	mp_hint(err, "If that address is the right one, give it instead of %.200s.", e->url);
	return rc;
}

/* A token, a session id and arguments go where they were meant to go and nowhere else. */
static enum mcpass_rc follow(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_uri from, to;
	char *target = NULL;
	enum mcpass_rc rc;

	if (e->status != 307 && e->status != 308)   /* these keep the method and the body */
		return refuse_redirect(e, e->location, "the request would turn into another one", err);
	if (e->redirects > 0)
		return refuse_redirect(e, e->location, "a second redirect", err);
	rc = mp_uri_parse(e->url, &from, err);
	if (rc)
		return rc;
	rc = mp_uri_resolve(&from, e->location != NULL ? e->location : "", &target, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (!rc)
		rc = mp_uri_parse(target, &to, NULL);
	if (rc || e->location == NULL || to.fragment.data != NULL)
		rc = refuse_redirect(e, e->location, "not an address to send a request to", err);
	else if (!mp_uri_same_origin(&from, &to))
		rc = refuse_redirect(e, target, "another origin", err);
	else
		rc = mp_set(&s->url, target, err);
	free(target);
	if (rc)
		return rc;
	e->redirects++;
	mp_exchange_restart(s, e, -1);
	return MCPASS_OK;
}

/* A JSON-RPC error, or a reason of another form. */
static enum mcpass_rc end_refused(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_message message = { 0 };
	struct mp_buf room = { 0 };
	struct mp_span text;
	char *reason = NULL;
	bool is_answer = false;
	enum mcpass_rc rc, read = MCPASS_E_PROTOCOL;

	rc = mp_json_utf8(body_of(e), &room, &text, err);
	if (!rc && mp_media_type_is(e->type, "application/json"))
		read = mp_message_read(text, "the refusal", &message, NULL);
	if (!rc && read == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	if (!rc && (read || message.kind != MP_RPC_ERROR))
		rc = mp_reason_read(e->type, text, &reason, err);
	if (!rc)
		rc = mp_era_refused(s, e, message.kind == MP_RPC_ERROR ? &message : NULL, reason,
		    &is_answer, err);
	if (!rc && is_answer)
		rc = mp_message_answer(s, e, e->call, &message, err);
	mp_message_free(&message);
	mp_buf_free(&room);
	free(reason);
	return rc;
}

static enum mcpass_rc end_json(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (e->text.len == 0 && (e->status == 202 || e->status == 204))
		return no_answer(e, err);
	rc = mp_message_take(s, e, body_of(e), "the server's answer", err);
	/* spec: MCP basic, "Result Responses"; nothing else can follow in this body */
	if (!rc && e->call != NULL && e->state == MP_EXCHANGE_OVER)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Sending Messages 6",
		    "the body holds no answer to %s%s%s", e->call->method,
		    e->odd != NULL ? "; left out was: " : "", e->odd != NULL ? e->odd : "");
	return rc;
}

/* spec: RFC 6585 4: a request that is one of too many was not carried out; RFC 9110 10.2.3, 15.6.4 */
static bool goes_again(const struct mp_exchange *e)
{
	return !e->was_busy && !e->resuming && e->busy_ms > 0 && e->busy_ms <= MP_MAX_BUSY_MS
	    && (e->status == 429 || mp_call_may_repeat(e->call));
}

static enum mcpass_rc end_call(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	if (e->call == NULL)
		return MCPASS_OK;
	if (e->by_channel && is_success(e->status)) {   /* the call waits on */
		e->call->exchange = NULL;
		e->call = NULL;
		return MCPASS_OK;
	}
	/* spec: MCP 2025-11-25 transports, "Session Management" 4 */
	if (e->status == 404 && e->sent_session_id)
		return mp_legacy_expired(s, e, err);
	if (e->status == 0 && !e->resuming)
		return mp_stream_unanswered(s, e, err);
	if (goes_again(e)) {
		e->was_busy = true;
		mp_exchange_restart(s, e, e->busy_ms);
		return MCPASS_OK;
	}
	if (!is_success(e->status) && !e->resuming)
		return end_refused(s, e, err);
	if (e->kept == MP_BODY_JSON && !e->broken && is_success(e->status))
		return end_json(s, e, err);
	return mp_stream_lost(s, e, err);
}

static enum mcpass_rc end(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	if (mp_exchange_is_done(e) || e->kind == MP_EXCHANGE_LEAVE)
		return MCPASS_OK;
	if (asks_for_token(e))
		return ask_authorization(s, e, err);
	if (is_redirect(e->status))
		return follow(s, e, err);
	if (e->kind == MP_EXCHANGE_CHANNEL && s->channel == MP_CHANNEL_OPENING && !s->settled
	    && e->kept != MP_BODY_SSE)
		return mp_era_neither(s, e->status, err);
	if (e->kind == MP_EXCHANGE_CHANNEL)
		return mp_channel_end(s, e, err);
	if (e->kind == MP_EXCHANGE_LISTEN)
		return mp_stream_end(s, e, err);
	if (e->kind == MP_EXCHANGE_CALL)
		return end_call(s, e, err);
	return tell_note(s, e, err);
}

static enum mcpass_rc finish(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_events_end(s, e, err);

	if (!rc)
		rc = end(s, e, err);
	/* Unless it is to be sent again it has done its duty. */
	if (!rc && e->state == MP_EXCHANGE_OVER)
		rc = mp_exchange_drop(s, e, err);
	return rc;
}

enum mcpass_rc mp_response_end(struct mcpass_session *s, struct mp_exchange *e, int broken,
    struct mcpass_error *err)
{
	if (e->state != MP_EXCHANGE_ANSWERED && !(e->state == MP_EXCHANGE_SENT && broken != 0))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "exchange %u has no head", e->entry.number);
	e->state = MP_EXCHANGE_OVER;
	e->broken = broken;
	return e->unread.len > 0 && !mp_exchange_is_done(e) ? MCPASS_OK : finish(s, e, err);
}

enum mcpass_rc mp_response_resume(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_events_resume(s, e, err);

	if (rc || e->unread.len > 0)
		return rc;
	return e->state == MP_EXCHANGE_OVER ? finish(s, e, err) : MCPASS_OK;
}

/* While unfinished answers take too much room, the largest that still moves comes first. */
static bool is_first(const struct mcpass_session *s, const struct mp_exchange *e)
{
	const struct mp_exchange *first = NULL;

	for (const struct mp_exchange *other = s->exchanges; other != NULL; other = other->next)
		if (other->state == MP_EXCHANGE_ANSWERED && s->now - other->fed_at < MP_STALLED_MS
		    && (first == NULL || other->held > first->held))
			first = other;
	return first == NULL || first == e;
}

int mcpass_session_full(const struct mcpass_session *s, unsigned exchange)
{
	const struct mp_exchange *e = mp_exchange_by_number(s, exchange);

	if (e == NULL || s->failed)
		return 0;
	return mp_actions_enough(s) || e->unread.len > 0
	    || (s->held_bytes > MP_ENOUGH_HELD && !is_first(s, e));
}
