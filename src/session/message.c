/* JSON-RPC messages that came on an exchange. */
#include <string.h>
#include "base/limits.h"
#include "session/state.h"

#define READING "reading a message of the MCP server"

/* Whose answer this is.  In the handshake era it may come on another stream than the one
 * it was expected on (after a resumption); a stateless one belongs to its exchange. */
static struct mp_call *find_call(struct mcpass_session *s, struct mp_exchange *e,
    const struct mp_rpc *rpc)
{
	struct mp_call *call;

	if (rpc->id == NULL)            /* the server could not read ours */
		return e->call;
	call = mp_call_by_id(s, rpc->id);
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
	return mp_queue_warning(s, err, "The server answered a request that nobody waits for.");
}

enum mcpass_rc mp_message_answer(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	switch (call->kind) {
	case MP_CALL_INITIALIZE:
		return mp_legacy_welcome(s, e, call, &message->rpc, err);
	case MP_CALL_RELIST:
		return mp_stateless_relisted(s, call, &message->rpc, err);
	case MP_CALL_PROGRAM:
		break;
	}
	if (e->era == MP_ERA_STATELESS)
		return mp_stateless_answer(s, e, call, message, err);
	return mp_call_forward(s, call, message, err);
}

/* A notification, or a request, is the program's to judge. */
static enum mcpass_rc pass_on(struct mcpass_session *s, const struct mp_exchange *e,
    const json_t *json, struct mp_span text, struct mcpass_error *err)
{
	struct mp_action *action;
	enum mcpass_rc rc;

	rc = mp_queue_add(s, MCPASS_SESSION_MESSAGE, &action, err);
	if (rc)
		return rc;
	action->public.call = e->call != NULL ? e->call->number : 0;
	if (text.data != NULL)
		return mp_raw_compact(text, &action->body, err);
	action->body = mp_json_dump(json);
	return action->body != NULL ? MCPASS_OK : mp_nomem(err);
}

static enum mcpass_rc take_request(struct mcpass_session *s, struct mp_exchange *e,
    const json_t *json, const struct mp_message *message, struct mcpass_error *err)
{
	/* spec: MCP 2026-07-28 streamable HTTP, "Receiving Messages": there is no way to
	 * answer it, and its sender knows that no client may. */
	if (e->era == MP_ERA_STATELESS)
		return mp_queue_warning(s, err, "The server sent the request %s on the stream of an "
		    "answer, which 2026-07-28 forbids; it is not answered.", message->rpc.method);
	if (strcmp(message->rpc.method, "ping") == 0)
		return mp_legacy_ping(s, &message->rpc, err);
	return pass_on(s, e, json, message->text, err);
}

static enum mcpass_rc take_one(struct mcpass_session *s, struct mp_exchange *e, json_t *json,
    struct mp_span text, struct mcpass_error *err)
{
	struct mp_message message = { .text = text };
	struct mp_call *call;
	enum mcpass_rc rc;

	rc = mp_rpc_read(json, &message.rpc, err);
	if (rc)
		return rc;
	if (message.rpc.kind == MP_RPC_REQUEST)
		return take_request(s, e, json, &message, err);
	if (message.rpc.kind == MP_RPC_NOTIFICATION)
		return pass_on(s, e, json, text, err);
	call = find_call(s, e, &message.rpc);
	if (call == NULL)
		return take_stray(s, e, err);
	return mp_message_answer(s, e, call, &message, err);
}

enum mcpass_rc mp_message_take(struct mcpass_session *s, struct mp_exchange *e, json_t *json,
    struct mp_span text, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	/* spec: MCP 2025-03-26 basic, "Batching"; no other revision has it */
	if (!json_is_array(json) || e->era == MP_ERA_STATELESS)
		return mp_doing(err, take_one(s, e, json, text, err), READING);
	if (json_array_size(json) > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "a batch of more than %d messages",
		    MP_MAX_ITEMS);
	for (size_t i = 0; !rc && i < json_array_size(json); i++)
		rc = take_one(s, e, json_array_get(json, i), (struct mp_span){ NULL, 0 }, err);
	return mp_doing(err, rc, READING);
}
