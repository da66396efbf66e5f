/* Whole messages: of another program, which pass as they are, and answers to a server. */
#include <stdlib.h>
#include <string.h>
#include "session/session.h"
#include "wire/json/peek.h"

static enum mcpass_rc post_response(struct mcpass_session *s, const char *text,
    const struct mp_message *message, struct mcpass_error *err)
{
	if ((message->kind != MP_RPC_RESULT && message->kind != MP_RPC_ERROR)
	    || message->id.data == NULL)
		return mp_fail(err, MCPASS_E_USAGE, "JSON-RPC 2.0 5", "not a JSON-RPC response with an id");
	return mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, text, err);
}

/* spec: MCP 2026-07-28 streamable HTTP, "Sending Messages" 4 */
static enum mcpass_rc check_asks(const struct mcpass_session *s, struct mcpass_error *err)
{
	if (s->era == MP_ERA_SESSION)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, MP_SPEC_HTTP ", Sending Messages 4",
	    "this server asks nothing that could be answered");
}

enum mcpass_rc mcpass_session_answer(struct mcpass_session *s, const char *given,
    struct mcpass_error *err)
{
	struct mp_message message = { 0 };
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (!rc)
		rc = check_asks(s, err);
	if (!rc)
		rc = mp_given_message(given, "the answer", &message, err);
	if (!rc)
		rc = post_response(s, given, &message, err);
	mp_message_free(&message);
	return rc;
}

/* Takes over *text and what message holds where they become a call's. */
static enum mcpass_rc send_request(struct mcpass_session *s, char **text,
    struct mp_message *message, unsigned *ret_call, struct mcpass_error *err)
{
	struct mp_call *call = NULL;
	char *taken = *text;
	enum mcpass_rc rc;

	if (strcmp(message->method, "initialize") == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "initialize is sent by the session itself");
	if (mp_call_by_key(s, message->key) != NULL)
		return mp_fail(err, MCPASS_E_USAGE, "MCP basic, Requests",
		    "a request with the id %.*s is under way", (int)message->id.len, message->id.data);
	*text = NULL;
	rc = mp_call_new(s, MP_CALL_PROGRAM, taken, message, &call, err);
	if (rc)
		return rc;
	call->whole = true;
	mp_call_take_key(s, call, call->message.key);
	*ret_call = call->entry.number;
	return MCPASS_OK;
}

static bool has_id(const struct mp_call *call, struct mp_span id)
{
	struct mp_span own = call->message.id;

	return call->whole && own.len == id.len && memcmp(own.data, id.data, id.len) == 0;
}

/* spec: MCP cancellation: of a request that is not under way any more nothing is said */
static enum mcpass_rc send_cancelled(struct mcpass_session *s, const char *text,
    const struct mp_message *message, struct mcpass_error *err)
{
	struct mp_span id = { NULL, 0 };
	struct mp_call *call = s->calls;

	if (message->params.data != NULL)
		id = mp_raw_value(message->params, "requestId");
	while (call != NULL && (id.data == NULL || !has_id(call, id)))
		call = call->next;
	return call != NULL ? mp_request_give_up(s, call, text, err) : MCPASS_OK;
}

static enum mcpass_rc send_any(struct mcpass_session *s, char **text,
    struct mp_message *message, unsigned *ret_call, struct mcpass_error *err)
{
	*ret_call = 0;
	if (message->kind == MP_RPC_REQUEST)
		return send_request(s, text, message, ret_call, err);
	if (message->kind == MP_RPC_NOTIFICATION
	    && strcmp(message->method, "notifications/cancelled") == 0)
		return send_cancelled(s, *text, message, err);
	/* The session said that itself. */
	if (message->kind == MP_RPC_NOTIFICATION
	    && strcmp(message->method, "notifications/initialized") == 0)
		return MCPASS_OK;
	if (message->kind == MP_RPC_NOTIFICATION)
		return mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, *text, err);
	return post_response(s, *text, message, err);
}

enum mcpass_rc mcpass_session_send(struct mcpass_session *s, const char *given, size_t len,
    unsigned *ret_call, struct mcpass_error *err)
{
	struct mp_span span = { given, len };
	struct mp_message message = { 0 };
	struct mp_buf room = { 0 };
	char *text = NULL;
	unsigned call = 0;
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (!rc && s->hello == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the session was given no initialize to relay");
	if (!rc && memchr(given, '\0', len) != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 8259 7", "the message holds a NUL");
	if (!rc)
		rc = mp_json_utf8(span, &room, &span, err);
	if (!rc)
		rc = mp_raw_line(span, &text, err);
	if (!rc)
		rc = mp_given_message(text, "the message", &message, err);
	if (!rc && (message.kind == MP_RPC_RESULT || message.kind == MP_RPC_ERROR))
		rc = check_asks(s, err);
	if (!rc)
		rc = send_any(s, &text, &message, &call, err);
	if (!rc)
		*ret_call = call;
	mp_message_free(&message);
	mp_buf_free(&room);
	free(text);
	return rc;
}
