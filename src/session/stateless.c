/* Answers of the stateless form; spec: MCP 2026-07-28. */
#include <string.h>
#include "base/limits.h"
#include "session/state.h"

/* spec: MCP basic, "ResultType": only what the core or a declared extension defines */
static enum mcpass_rc check_result_type(const struct mcpass_session *s,
    const struct mp_call *call, const json_t *result, struct mcpass_error *err)
{
	static const char *const may_ask[] = { "tools/call", "prompts/get", "resources/read" };
	const json_t *type = json_object_get(result, "resultType");
	const char *text = json_string_value(type);

	if (type == NULL || mp_eq(text, "complete"))    /* absent: an older server's */
		return MCPASS_OK;
	if (mp_eq(text, "input_required")) {
		for (size_t i = 0; i < MP_COUNT(may_ask); i++)
			if (strcmp(call->method, may_ask[i]) == 0)
				return MCPASS_OK;
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP mrtr, Supported Requests",
		    "%s was answered with input_required", call->method);
	}
	if (text != NULL && json_object_size(json_object_get(s->capabilities, "extensions")) > 0)
		return MCPASS_OK;               /* the program knows what it declared */
	return mp_fail(err, MCPASS_E_PROTOCOL, "MCP basic, ResultType",
	    "%s was answered with the unknown resultType %s", call->method, text != NULL ? text : "");
}

static enum mcpass_rc take_result(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err)
{
	json_t *result = message->rpc.result;
	size_t listed = json_array_size(json_object_get(result, "tools"));
	enum mcpass_rc rc;

	mp_era_settle(s);
	rc = check_result_type(s, call, result, err);
	if (!rc && strcmp(call->method, "tools/list") == 0)
		rc = mp_tools_take(s, result, false, err);
	if (rc)
		return rc;
	if (json_array_size(json_object_get(result, "tools")) != listed)
		return mp_call_deliver(s, call, result, false, err);    /* some were taken out */
	return mp_call_forward(s, call, message, err);
}

/* The next page, or the first, of the list that tells which headers a tool wants. */
static enum mcpass_rc ask_for_tools(struct mcpass_session *s, unsigned serves,
    unsigned pages, const json_t *cursor, struct mcpass_error *err)
{
	json_t *params = cursor != NULL ? json_pack("{s:O}", "cursor", cursor) : NULL;
	struct mp_call *relist = NULL;
	enum mcpass_rc rc;

	if (cursor != NULL && params == NULL)
		return mp_nomem(err);
	rc = mp_call_new(s, MP_CALL_RELIST, "tools/list", params, &relist, err);
	json_decref(params);
	if (rc)
		return rc;
	relist->serves = serves;
	relist->pages = pages + 1;
	return MCPASS_OK;
}

/* spec: streamable HTTP, "Client Behavior": the tool's schema may have changed */
static enum mcpass_rc relist(struct mcpass_session *s, struct mp_call *call,
    const struct mp_rpc *rpc, struct mcpass_error *err)
{
	mp_trace_decision(s, "The tool wants arguments in headers: reading its schema",
	    MP_SPEC_HTTP ", Client Behavior");
	call->relisted = true;
	json_decref(call->error);
	call->error = json_incref(rpc->error);
	mp_call_requeue(s, call);
	call->state = MP_CALL_HELD;
	return ask_for_tools(s, call->number, 0, NULL, err);
}

static bool lists_tool(const json_t *result, const json_t *name)
{
	const json_t *tools = json_object_get(result, "tools");

	for (size_t i = 0; i < json_array_size(tools); i++)
		if (json_equal(json_object_get(json_array_get(tools, i), "name"), name))
			return true;
	return false;
}

enum mcpass_rc mp_stateless_relisted(struct mcpass_session *s, struct mp_call *call,
    const struct mp_rpc *rpc, struct mcpass_error *err)
{
	struct mp_call *held = mp_call_by_number(s, call->serves);
	const json_t *name = held != NULL ? json_object_get(held->params, "name") : NULL;
	const json_t *cursor = json_object_get(rpc->result, "nextCursor");
	unsigned serves = call->serves, pages = call->pages;
	enum mcpass_rc rc = MCPASS_OK;
	bool listed = lists_tool(rpc->result, name);

	if (rpc->kind == MP_RPC_RESULT)
		rc = mp_tools_take(s, rpc->result, true, err);
	mp_call_remove(s, call);
	if (rc || held == NULL)                 /* given up meanwhile */
		return rc;
	if (listed) {
		mp_call_requeue(s, held);
		return MCPASS_OK;
	}
	if (json_is_string(cursor) && pages < MP_MAX_PAGES)
		return ask_for_tools(s, serves, pages, cursor, err);
	return mp_call_deliver(s, held, held->error, true, err);
}

static enum mcpass_rc take_error(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	const struct mp_rpc *rpc = &message->rpc;
	enum mcpass_rc rc = MCPASS_OK;
	bool suspect = false;

	if (rpc->code == MP_RPC_UNSUPPORTED_VERSION)
		return mp_era_choose(s, call, rpc, err);
	if (mp_era_is_modern(e->status, rpc->code))
		mp_era_settle(s);
	if (rpc->code == MP_RPC_HEADER_MISMATCH && !call->relisted
	    && strcmp(call->method, "tools/call") == 0)
		return relist(s, call, rpc, err);
	if (e->status < 300)
		rc = mp_era_suspect(s, call, rpc, &suspect, err);
	if (rc || suspect)
		return rc;
	return mp_call_forward(s, call, message, err);
}

enum mcpass_rc mp_stateless_answer(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	if (message->rpc.kind == MP_RPC_ERROR)
		return take_error(s, e, call, message, err);
	return take_result(s, call, message, err);
}
