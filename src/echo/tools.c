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
	enum mcpass_rc (*run)(const struct mp_echo_call *call, const struct tool *tool,
	    const json_t *given, struct mp_buf *text, struct mcpass_error *err);
	/* The answer is the tool's error. */
	bool (*failed)(const struct mp_echo_call *call);
};

static enum mcpass_rc run_echo(const struct mp_echo_call *call, const struct tool *tool,
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

static enum mcpass_rc run_get_time(const struct mp_echo_call *call, const struct tool *tool,
    const json_t *given, struct mp_buf *text, struct mcpass_error *err)
{
	(void)tool;
	(void)given;
	mp_clock_text(call->http->now, text);
	return mp_buf_check(text, "the answer", err);
}

static enum mcpass_rc run_whoami(const struct mp_echo_call *call, const struct tool *tool,
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

static enum mcpass_rc run_call_on(const struct mp_echo_call *call, const struct tool *tool,
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

static bool call_on_failed(const struct mp_echo_call *call)
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

static bool is_offered(const struct mp_echo_call *call, const struct tool *tool)
{
	return call->config->calls_on || !tool->calls_on;
}

static void describe(const struct tool *tool, struct mp_writer *w)
{
	mp_writer_object(w, NULL);
	mp_writer_text(w, "name", tool->name);
	mp_writer_text(w, "title", tool->title);
	mp_writer_text(w, "description", tool->description);
	mp_arguments_schema(&tool->arguments, w, "inputSchema");
	mp_writer_object(w, "annotations");
	mp_writer_bool(w, "readOnlyHint", true);
	mp_writer_end(w, '}');
	mp_writer_end(w, '}');
}

enum mcpass_rc mp_tools_list(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_result_begin_list(call, result, "tools", err);

	if (rc)
		return rc;
	for (size_t i = 0; i < MP_COUNT(tools); i++)
		if (is_offered(call, &tools[i]))
			describe(&tools[i], result);
	mp_result_end_list(call, result, "tools");
	return MCPASS_OK;
}

/* One text as a tool's result. */
static void write_text(struct mp_writer *result, const char *text, bool is_error)
{
	mp_writer_array(result, "content");
	mp_result_text(result, NULL, text);
	mp_writer_end(result, ']');
	mp_writer_bool(result, "isError", is_error);
}

/* spec: MCP 2025-11-25 changelog, minor 5 (SEP-1303): from then on arguments that do not
 * fit are the tool's own error, which a model gets to see; before, a protocol error.
 * Revisions are dates, so their text sorts. */
static enum mcpass_rc refuse_arguments(struct mp_echo_call *call, const struct mcpass_error *why,
    struct mp_writer *result, struct mcpass_error *err)
{
	if (strcmp(call->revision, MP_REV_2025_11_25) < 0)
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "%s", why->detail);
	write_text(result, why->detail, true);
	return MCPASS_OK;
}

static enum mcpass_rc run_tool(struct mp_echo_call *call, const struct tool *tool,
    struct mp_writer *result, struct mcpass_error *err)
{
	const json_t *given = mp_json_get(call->rpc.params, "arguments");
	struct mcpass_error why = { 0 };
	struct mp_buf text = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc = mp_arguments_check(&tool->arguments, given, &why);

	if (rc)
		return refuse_arguments(call, &why, result, err);
	/* The answer waits until the other server was called; what is made up now is dropped. */
	if (tool->calls_on && call->caller != NULL && call->caller->called_on == NULL)
		call->waits = true;
	rc = tool->run(call, tool, given, &text, err);
	if (!rc)
		write_text(result, mp_buf_text(&text), tool->failed != NULL && tool->failed(call));
	mp_buf_free(&text);
	return rc;
}

enum mcpass_rc mp_tools_call(struct mp_echo_call *call, struct mp_writer *result,
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
			return run_tool(call, &tools[i], result, err);
	return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "Unknown tool: %s", name);
}

const char *mp_echo_tool(size_t i)
{
	return i < MP_COUNT(tools) ? tools[i].name : NULL;
}
