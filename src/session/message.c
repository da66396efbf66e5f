/* JSON-RPC messages that came on an exchange. */
#include <string.h>
#include "base/limits.h"
#include "session/session.h"
#include "wire/json/peek.h"

#define READING "reading a message of the MCP server"

/* Whose answer this is.  In the handshake era it may come on another stream than the one
 * it was expected on (after a resumption); a stateless one belongs to its exchange. */
static struct mp_call *find_call(struct mcpass_session *s, struct mp_exchange *e,
    const struct mp_message *message)
{
	struct mp_call *call;

	if (message->id.data == NULL)   /* the server could not read ours */
		return e->call;
	if (e->call != NULL && mp_message_same_key(message->key, e->call->sent_key))
		return e->call;
	call = mp_call_by_key(s, message->key);
	if (call == NULL || call->state != MP_CALL_SENT)
		return NULL;
	if (call != e->call && (e->era == MP_ERA_STATELESS || e->kept == MP_BODY_JSON))
		return NULL;
	return call;
}

/* spec: MCP basic, "Result Responses": the id of the request.  On a stream another one
 * may be the late answer to a request that was given up (cancellation, "The client
 * SHOULD ignore"), and ours may follow; a JSON body has no room for another. */
static enum mcpass_rc take_stray(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	if (e->kept == MP_BODY_JSON)
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP basic, Responses",
		    "the answer's id is not the request's");
	return mp_actions_warn(s, err, "The server answered a request that is not under way.");
}

enum mcpass_rc mp_message_answer(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	switch (call->kind) {
	case MP_CALL_INITIALIZE:
		return mp_legacy_welcome(s, e, call, message, err);
	case MP_CALL_RELIST:
		return mp_stateless_relisted(s, call, message, err);
	case MP_CALL_PROGRAM:
		break;
	}
	if (e->era == MP_ERA_STATELESS)
		return mp_stateless_answer(s, e, call, message, err);
	return mp_call_forward(s, e, call, message, err);
}

/* A notification, or a request, is the program's to judge. */
static enum mcpass_rc pass_on(struct mcpass_session *s, const struct mp_exchange *e,
    const struct mp_message *message, struct mcpass_error *err)
{
	struct mp_action *action;
	char *text = NULL;
	enum mcpass_rc rc = mp_actions_add(s, MCPASS_SESSION_MESSAGE, &action, err);

	if (!rc)
		rc = mp_raw_line(message->text, &text, err);
	if (rc)
		return rc;
	action->public.call = e->call != NULL ? e->call->entry.number : 0;
	mp_actions_body(s, action, text);
	return MCPASS_OK;
}

static enum mcpass_rc take_request(struct mcpass_session *s, struct mp_exchange *e,
    const struct mp_message *message, struct mcpass_error *err)
{
	/* spec: MCP 2026-07-28 streamable HTTP, "Receiving Messages": there is no way to
	 * answer it, and its sender knows that no client may. */
	if (e->era == MP_ERA_STATELESS)
		return mp_actions_warn(s, err, "The server sent the request %s on the stream of an "
		    "answer, which 2026-07-28 forbids; it is not answered.", message->method);
	if (s->hello == NULL && strcmp(message->method, "ping") == 0)
		return mp_legacy_ping(s, message, err);
	return pass_on(s, e, message, err);
}

static enum mcpass_rc take(struct mcpass_session *s, struct mp_exchange *e,
    const struct mp_message *message, struct mcpass_error *err)
{
	struct mp_call *call;

	if (e->kind == MP_EXCHANGE_CHANNEL)
		mp_channel_heard(s, message);
	if (message->kind == MP_RPC_REQUEST)
		return take_request(s, e, message, err);
	if (message->kind == MP_RPC_NOTIFICATION)
		return pass_on(s, e, message, err);
	call = find_call(s, e, message);
	if (call == NULL)
		return take_stray(s, e, err);
	return mp_message_answer(s, e, call, message, err);
}

/* What is no message is left out where others may follow: some servers send a heartbeat or
 * an end mark of their own. */
static enum mcpass_rc leave_out(struct mcpass_session *s, struct mp_exchange *e, bool alone,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (why->rc == MCPASS_E_NOMEM || (alone && e->kept != MP_BODY_SSE)) {
		if (err != NULL && err->rc == MCPASS_OK)
			*err = *why;
		return why->rc;
	}
	rc = mp_set(&e->odd, why->detail, err);
	return rc ? rc : mp_actions_warn(s, err, "Left out what the server sent: %s.", why->detail);
}

/* alone: it is no item of a batch. */
static enum mcpass_rc take_one(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_span text, const char *what, bool alone, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_message message = { 0 };
	enum mcpass_rc rc = mp_message_read(text, what, &message, &why);

	if (rc)
		return leave_out(s, e, alone, &why, err);
	rc = take(s, e, &message, err);
	mp_message_free(&message);
	return rc;
}

/* spec: MCP 2025-03-26 basic, "Batching"; no other revision has it, and what answers with one
 * all the same is understood */
static enum mcpass_rc take_batch(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_span text, const char *what, struct mcpass_error *err)
{
	const char *at = text.data, *end = text.data + text.len;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_span item;

	if (mp_json_peek(text, what, NULL, 0, NULL, &why) != MCPASS_OK)
		return leave_out(s, e, true, &why, err);
	for (size_t count = 0; !rc && mp_raw_item(&at, end, &item); count++) {
		if (count == MP_MAX_ITEMS)
			return mp_fail(err, MCPASS_E_LIMIT, NULL, "a batch of more than %d messages",
			    MP_MAX_ITEMS);
		rc = take_one(s, e, item, what, false, err);
	}
	return rc;
}

enum mcpass_rc mp_message_take(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_span text, const char *what, struct mcpass_error *err)
{
	struct mp_buf room = { 0 };
	enum mcpass_rc rc = mp_json_utf8(text, &room, &text, err);

	while (!rc && text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL)
		text = (struct mp_span){ text.data + 1, text.len - 1 };
	if (!rc && text.len > 0 && text.data[0] == '[')
		rc = take_batch(s, e, text, what, err);
	else if (!rc)
		rc = take_one(s, e, text, what, true, err);
	mp_buf_free(&room);
	return mp_doing(err, rc, READING);
}
