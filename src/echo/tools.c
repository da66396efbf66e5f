/* The tools.  spec: MCP 2026-07-28 tools */
#include <string.h>
#include "base/limits.h"
#include "echo/arguments.h"
#include "echo/call.h"
#include "echo/clock_text.h"
#include "echo/result.h"

struct tool {
	const char *name, *title, *description;
	bool calls_on;                          /* offered only where that is configured */
	struct mp_arguments arguments;
	/* Writes the answer's text. */
	enum mcpass_rc (*run)(const struct mp_call *call, const struct tool *tool,
	    const json_t *given, struct mp_buf *text, struct mcpass_error *err);
	/* The answer is the tool's error. */
	bool (*failed)(const struct mp_call *call);
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
		mp_buf_adds(text, "no user: authorization is off");
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

static enum mcpass_rc run_call_on(const struct mp_call *call, const struct tool *tool,
    const json_t *given, struct mp_buf *text, struct mcpass_error *err)
{
	const struct mp_caller *caller = call->caller;

	(void)tool;
	(void)given;
	if (caller == NULL || caller->called_on == NULL)        /* see run_tool() */
		mp_buf_adds(text, "the call has no user to call on as");
	else
		mp_buf_adds(text, caller->called_on->text);
	return mp_buf_check(text, "the answer", err);
}

static bool call_on_failed(const struct mp_call *call)
{
	return call->caller == NULL || call->caller->called_on == NULL
	    || call->caller->called_on->failed;
}

static const struct mp_argument echo_arguments[] = {
	{ .name = "message", .description = "What to answer with", .required = true },
	{ .name = "repeat_count", .description = "How many times", .is_integer = true,
	    .least = 1, .most = 10, .preset = 1 },
};
static const struct tool tools[] = {
	{ .name = "echo", .title = "Echo", .description = "Answers with the message it is given.",
	    .arguments = { echo_arguments, MP_COUNT(echo_arguments) }, .run = run_echo },
	{ .name = "get_time", .title = "Time",
	    .description = "Tells the server's time (RFC 3339, UTC).", .run = run_get_time },
	{ .name = "whoami", .title = "Who am I",
	    .description = "Tells who is calling, as the access token says it.",
	    .run = run_whoami },
	{ .name = "call_on", .title = "Call on",
	    .description = "Calls another server as the caller, and tells which user that server sees.",
	    .calls_on = true, .run = run_call_on, .failed = call_on_failed },
};

static bool is_offered(const struct mp_call *call, const struct tool *tool)
{
	return call->config->calls_on || !tool->calls_on;
}

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
	size_t count = 0;

	for (size_t i = 0; i < MP_COUNT(tools); i++)
		if (is_offered(call, &tools[i]))
			items[count++] = describe(&tools[i]);
	return mp_result_list(call, "tools", items, count, ret_result, err);
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
	const json_t *given = mp_json_get(call->rpc.params, "arguments");
	struct mcpass_error why = { 0 };
	struct mp_buf text;
	enum mcpass_rc rc;

	rc = mp_arguments_check(&tool->arguments, given, &why);
	if (rc)
		return refuse_arguments(call, &why, ret_result, err);
	/* The answer waits until the other server was called; what is made up now is dropped. */
	if (tool->calls_on && call->caller != NULL && call->caller->called_on == NULL)
		call->waits = true;
	mp_buf_init(&text, MP_MAX_MESSAGE);
	rc = tool->run(call, tool, given, &text, err);
	if (!rc)
		rc = text_result(mp_buf_text(&text), tool->failed != NULL && tool->failed(call),
		    ret_result, err);
	mp_buf_free(&text);
	return rc;
}

enum mcpass_rc mp_tools_call(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	const char *name = json_string_value(mp_json_get(call->rpc.params, "name"));
	const json_t *given = mp_json_get(call->rpc.params, "arguments");

	/* spec: MCP 2026-07-28 tools, "Error Handling": a malformed request, an unknown tool */
	if (name == NULL || (given != NULL && !json_is_object(given)))
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err,
		    "tools/call takes a name and an object of arguments");
	for (size_t i = 0; i < MP_COUNT(tools); i++)
		if (strcmp(tools[i].name, name) == 0 && is_offered(call, &tools[i]))
			return run_tool(call, &tools[i], ret_result, err);
	return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "Unknown tool: %s", name);
}

const char *mp_echo_tool(size_t i)
{
	return i < MP_COUNT(tools) ? tools[i].name : NULL;
}
