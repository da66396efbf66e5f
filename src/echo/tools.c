/* The tools.  spec: MCP 2026-07-28 tools */
#include <string.h>
#include "base/limits.h"
#include "echo/arguments.h"
#include "echo/call.h"
#include "echo/clock_text.h"
#include "echo/result.h"

struct tool {
	const char *name, *title, *description;
	struct mp_arguments arguments;
	/* Writes the answer's text. */
	enum mcpass_rc (*run)(const struct mp_call *call, const struct tool *tool,
	    const json_t *given, struct mp_buf *text, struct mcpass_error *err);
};

static enum mcpass_rc run_echo(const struct mp_call *call, const struct tool *tool,
    const json_t *given, struct mp_buf *text, struct mcpass_error *err)
{
	int count = mp_arguments_integer(&tool->arguments, given, "repeat_count");

	(void)call;
	for (int i = 0; i < count; i++) {
		if (i > 0)
			mp_buf_addc(text, '\n');
		mp_buf_adds(text, mp_arguments_text(given, "message"));
	}
	return mp_buf_check(text, "the answer", err);
}

static enum mcpass_rc run_get_time(const struct mp_call *call, const struct tool *tool,
    const json_t *given, struct mp_buf *text, struct mcpass_error *err)
{
	(void)tool;
	(void)given;
	mp_clock_text(call->http->now, text);
	return mp_buf_check(text, "the answer", err);
}

static enum mcpass_rc run_whoami(const struct mp_call *call, const struct tool *tool,
    const json_t *given, struct mp_buf *text, struct mcpass_error *err)
{
	const struct mp_caller *caller = call->caller;

	(void)tool;
	(void)given;
	if (caller == NULL) {
		mp_buf_adds(text, "nobody: authorization is off");
	} else {
		const struct { const char *what, *value; } lines[] = {
			{ "username", caller->username }, { "subject", caller->subject },
			{ "client", caller->client_id }, { "scopes", caller->scope },
			{ "issuer", caller->issuer },
		};

		for (size_t i = 0; i < MP_COUNT(lines); i++)
			mp_buf_addf(text, "%s%s: %s", i > 0 ? "\n" : "", lines[i].what,
			    lines[i].value != NULL ? lines[i].value : "(unknown)");
	}
	return mp_buf_check(text, "the answer", err);
}

static const struct mp_argument echo_arguments[] = {
	{ .name = "message", .description = "What to answer with", .required = true },
	{ .name = "repeat_count", .description = "How many times", .is_integer = true,
	    .least = 1, .most = 10, .preset = 1 },
};
static const struct tool tools[] = {
	{ "echo", "Echo", "Answers with the message it is given.",
	    { echo_arguments, MP_COUNT(echo_arguments) }, run_echo },
	{ "get_time", "Time", "Tells the server's time (RFC 3339, UTC).", { NULL, 0 },
	    run_get_time },
	{ "whoami", "Who am I", "Tells who is calling, as the access token says it.", { NULL, 0 },
	    run_whoami },
};

static json_t *describe(const struct tool *tool)
{
	json_t *json = json_object(), *hints = json_object();
	bool ok = mp_result_put(hints, "readOnlyHint", json_true())
	    && mp_result_put(json, "name", json_string(tool->name))
	    && mp_result_put(json, "title", json_string(tool->title))
	    && mp_result_put(json, "description", json_string(tool->description))
	    && mp_result_put(json, "inputSchema", mp_arguments_schema(&tool->arguments))
	    && json_object_set(json, "annotations", hints) == 0;

	json_decref(hints);
	if (ok)
		return json;
	json_decref(json);
	return NULL;
}

enum mcpass_rc mp_tools_list(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	json_t *items[MP_COUNT(tools)];

	for (size_t i = 0; i < MP_COUNT(tools); i++)
		items[i] = describe(&tools[i]);
	return mp_result_list(call, "tools", items, MP_COUNT(tools), ret_result, err);
}

/* One text as a tool's result. */
static enum mcpass_rc text_result(const char *text, bool is_error, json_t **ret_result,
    struct mcpass_error *err)
{
	json_t *result = json_object(), *content = json_array();

	if (json_array_append_new(content, mp_result_text(text)) == 0
	    && json_object_set(result, "content", content) == 0
	    && mp_result_put(result, "isError", json_boolean(is_error))) {
		json_decref(content);
		*ret_result = result;
		return MCPASS_OK;
	}
	json_decref(content);
	json_decref(result);
	return mp_nomem(err);
}

/* spec: MCP 2025-11-25 changelog, minor 5 (SEP-1303): from then on arguments that do not
 * fit are the tool's own error, which a model gets to see; before, a protocol error.
 * Revisions are dates, so their text sorts. */
static enum mcpass_rc refuse_arguments(struct mp_call *call, const struct mcpass_error *why,
    json_t **ret_result, struct mcpass_error *err)
{
	if (strcmp(call->revision, MP_REV_2025_11_25) >= 0)
		return text_result(why->detail, true, ret_result, err);
	return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "%s", why->detail);
}

static enum mcpass_rc run_tool(struct mp_call *call, const struct tool *tool,
    json_t **ret_result, struct mcpass_error *err)
{
	const json_t *given = json_object_get(call->rpc.params, "arguments");
	struct mcpass_error why = { 0 };
	struct mp_buf text;
	enum mcpass_rc rc;

	rc = mp_arguments_check(&tool->arguments, given, &why);
	if (rc)
		return refuse_arguments(call, &why, ret_result, err);
	mp_buf_init(&text, MP_MAX_MESSAGE);
	rc = tool->run(call, tool, given, &text, err);
	if (!rc)
		rc = text_result(mp_buf_text(&text), false, ret_result, err);
	mp_buf_free(&text);
	return rc;
}

enum mcpass_rc mp_tools_call(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	const char *name = json_string_value(json_object_get(call->rpc.params, "name"));
	const json_t *given = json_object_get(call->rpc.params, "arguments");

	/* spec: MCP 2026-07-28 tools, "Error Handling": a malformed request, an unknown tool */
	if (name == NULL || (given != NULL && !json_is_object(given)))
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err,
		    "tools/call takes a name and an object of arguments");
	for (size_t i = 0; i < MP_COUNT(tools); i++)
		if (strcmp(tools[i].name, name) == 0)
			return run_tool(call, &tools[i], ret_result, err);
	return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "Unknown tool: %s", name);
}
