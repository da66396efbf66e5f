/* Answers of the stateless form; spec: MCP 2026-07-28. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "mcp/methods.h"
#include "session/session.h"
#include "wire/json/writer.h"

/* spec: MCP basic, "ResultType": only what the core or a declared extension defines */
static enum mcpass_rc check_result_type(const struct mcpass_session *s,
    const struct mp_call *call, struct mp_span type, struct mcpass_error *err)
{
	/* Absent: an older server's. */
	if (type.data == NULL || mp_span_is(type, "null") || mp_span_is(type, "\"complete\""))
		return MCPASS_OK;
	if (mp_span_is(type, "\"input_required\"")) {
		if (mp_methods_has(call->method, MP_METHOD_MAY_ASK))
			return MCPASS_OK;
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP mrtr, Supported Requests",
		    "%s was answered with input_required", call->method);
	}
	if (type.data[0] == '"' && s->has_extensions)
		return MCPASS_OK;               /* the program knows what it declared */
	return mp_fail(err, MCPASS_E_PROTOCOL, "MCP basic, ResultType",
	    "%s was answered with the unknown resultType %.*s", call->method,
	    type.len > 80 ? 80 : (int)type.len, type.data);
}

static enum mcpass_rc take_result(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc;

	mp_era_settle(s);
	rc = check_result_type(s, call, mp_raw_value(message->result, "resultType"), err);
	if (!rc && strcmp(call->method, "tools/list") == 0)
		rc = mp_tools_take(s, message->result, false, &text, err);
	if (!rc)
		rc = text != NULL
		    ? mp_call_deliver(s, call, (struct mp_span){ text, strlen(text) }, false, err)
		    : mp_call_forward(s, e, call, message, err);
	free(text);
	return rc;
}

/* The next page, or the first, of the list that tells which headers a tool wants. */
static enum mcpass_rc ask_for_tools(struct mcpass_session *s, unsigned serves,
    unsigned pages, struct mp_span cursor, struct mcpass_error *err)
{
	struct mp_buf params = MP_BUF(MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &params };
	struct mp_call *relist = NULL;
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_raw(&w, "cursor", cursor);
	mp_writer_end(&w, '}');
	rc = mp_buf_check(&params, "the parameters", err);
	if (!rc)
		rc = mp_call_ask(s, MP_CALL_RELIST, "tools/list",
		    (struct mp_span){ mp_buf_text(&params), params.len }, &relist, err);
	mp_buf_free(&params);
	if (rc)
		return rc;
	relist->serves = serves;
	relist->pages = pages + 1;
	return MCPASS_OK;
}

/* spec: streamable HTTP, "Client Behavior": the tool's schema may have changed */
static enum mcpass_rc relist(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err)
{
	mp_trace_decision(s, "The tool wants arguments in headers: reading its schema",
	    MP_SPEC_HTTP ", Client Behavior");
	if (mp_set_span(&call->error, message->error, err))
		return MCPASS_E_NOMEM;
	call->relisted = true;
	mp_call_hold(s, call);
	return ask_for_tools(s, call->entry.number, 0, (struct mp_span){ NULL, 0 }, err);
}

static bool lists_tool(const json_t *result, const char *name)
{
	const json_t *tools = json_object_get(result, "tools");

	for (size_t i = 0; i < json_array_size(tools); i++)
		if (mp_eq(mp_json_text(json_array_get(tools, i), "name"), name))
			return true;
	return false;
}

/* The page of a list that told nothing, or is none, is the last. */
static enum mcpass_rc read_page(struct mcpass_session *s, const struct mp_message *message,
    json_t **ret_page, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc;

	if (message->kind != MP_RPC_RESULT)
		return MCPASS_OK;
	rc = mp_json_parse_by(MP_JSON_MESSAGE, message->result.data, message->result.len,
	    MP_MAX_MESSAGE, "the list of tools", ret_page, err);
	if (!rc)
		rc = mp_tools_take(s, message->result, true, &text, err);
	free(text);
	return rc;
}

/* Goes on with the call that the list was for. */
static enum mcpass_rc go_on(struct mcpass_session *s, struct mp_call *held, unsigned pages,
    const struct mp_message *message, const json_t *page, struct mcpass_error *err)
{
	struct mp_span cursor = { NULL, 0 };

	if (held->target != NULL && lists_tool(page, held->target)) {
		mp_call_requeue(s, held);
		return MCPASS_OK;
	}
	if (json_is_string(json_object_get(page, "nextCursor")) && pages < MP_MAX_PAGES)
		cursor = mp_raw_value(message->result, "nextCursor");
	if (cursor.data != NULL)
		return ask_for_tools(s, held->entry.number, pages, cursor, err);
	return mp_call_deliver_kept(s, held, err);
}

enum mcpass_rc mp_stateless_relisted(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err)
{
	struct mp_call *held = mp_call_by_number(s, call->serves);
	unsigned pages = call->pages;
	json_t *page = NULL;
	enum mcpass_rc rc = read_page(s, message, &page, err);

	if (!rc) {
		mp_call_remove(s, call);
		if (held != NULL)               /* NULL: given up meanwhile */
			rc = go_on(s, held, pages, message, page, err);
	}
	json_decref(page);
	return rc;
}

static enum mcpass_rc take_error(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	bool suspect = false;

	if (message->code == MP_RPC_UNSUPPORTED_VERSION)
		return mp_era_choose(s, call, message, err);
	if (mp_era_is_modern(e->status, message->code))
		mp_era_settle(s);
	if (message->code == MP_RPC_HEADER_MISMATCH && !call->relisted
	    && strcmp(call->method, "tools/call") == 0)
		return relist(s, call, message, err);
	if (e->status < 300)
		rc = mp_era_suspect(s, call, message, &suspect, err);
	if (rc || suspect)
		return rc;
	return mp_call_forward(s, e, call, message, err);
}

enum mcpass_rc mp_stateless_answer(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	if (message->kind == MP_RPC_ERROR)
		return take_error(s, e, call, message, err);
	return take_result(s, e, call, message, err);
}
