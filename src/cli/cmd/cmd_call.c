#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/printable.h"
#include "cli/show/advice.h"
#include "cli/args.h"
#include "cli/connect/connection.h"
#include "ui/report.h"
#include "ui/mcp_result.h"
#include "cli/show/save.h"

struct call_options {
	struct mp_common common;
	struct mp_connection_options conn;
	struct mp_elicit_options elicit;
	struct mp_output_options output;
};

/* A tool's own error is its answer too, but not what a pipe or a file is waiting for. */
static enum mcpass_rc tell_failure(const struct mp_parts *parts, const char *name,
    struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	enum mcpass_rc rc = MCPASS_E_USAGE;
	struct mp_buf buf = MP_BUF(MP_MAX_RENDERED);

	mp_mcp_result_show(&buf, &term, parts);
	if (!buf.failed && mp_is_blank(mp_buf_text(&buf)))
		rc = mp_fail(err, MCPASS_E_USAGE, "MCP tools, Error Handling",
		    "the tool %s says that it failed, and gives no reason", name);
	else
		mp_say_text(&buf);
	mp_buf_free(&buf);
	return rc;
}

static enum mcpass_rc print_parts(const struct mp_parts *parts, const char *name,
    const struct call_options *options, struct mcpass_error *err)
{
	if (parts->is_error)
		return tell_failure(parts, name, err);
	return mp_save_result(&options->output, parts, MP_BYTES_ALONE, options->common.quiet, err);
}

static enum mcpass_rc print_json(const char *answer, const struct mp_parts *parts,
    const struct call_options *options, struct mcpass_error *err)
{
	enum mcpass_rc rc = parts->is_error ? mp_out_json_text(answer, err)
	    : mp_save_json(&options->output, parts->spool, answer, err);

	return !rc && parts->is_error ? MCPASS_E_USAGE : rc;
}

static enum mcpass_rc print(char **answer, const char *name, const struct mp_spool *spool,
    struct mp_explain *explain, const struct call_options *options, struct mcpass_error *err)
{
	const struct mcpass_note odd = { .what = "isError is no boolean: read as true",
		.spec = "MCP tools, Error Handling" };
	struct mp_parts parts = { 0 };
	enum mcpass_rc rc = mp_save_read(spool, answer, options->common.json, &parts, err);

	if (!rc && parts.is_odd_error && options->common.explain)
		mp_explain_note(explain, &odd);
	if (!rc)
		rc = options->common.json ? print_json(*answer, &parts, options, err)
		    : print_parts(&parts, name, options, err);
	mp_parts_free(&parts);
	return rc;
}

/* After a failure it is worth a request to say what would have been right. */
static void advise(const struct mp_asker *asker, const char *name, const json_t *given,
    const struct mp_common *common, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	json_t *list = NULL;
	const json_t *tool;
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);

	if (common->quiet || common->json || mp_listing_all(asker, "tools", &list, NULL, NULL, NULL) != MCPASS_OK)
		return;
	tool = mp_listing_find(list, "tools", name);
	if (tool != NULL)
		mp_advice_arguments(&buf, &term, tool, given);
	else
		mp_advice_name(&buf, &term, list, name);
	if (err->rc != MCPASS_OK)       /* what went wrong comes first */
		mp_report(err, false);
	mp_clear(err);
	mp_say_text(&buf);
	mp_buf_free(&buf);
	json_decref(list);
}

static enum mcpass_rc call(struct mp_connection *conn, const struct mp_spool *spool,
    const char *name, const json_t *arguments, const char *text, const struct call_options *options,
    struct mcpass_error *err)
{
	char *params = NULL, *answer = NULL;
	enum mcpass_rc rc = mp_args_params("name", name, text, &params, err);

	if (rc)
		return rc;
	rc = mp_listing_ask(&conn->asker, "tools/call", params, NULL, &answer, err);
	if (!rc)
		rc = print(&answer, name, spool, &conn->explain, options, err);
	/* Wrong arguments are a JSON-RPC error, since 2025-11-25 also an error of the tool. */
	if (rc == MCPASS_E_USAGE && !conn->talk.asked_back)
		advise(&conn->asker, name, arguments, &options->common, err);
	mp_free_wiped(params);
	mp_free_wiped(answer);
	return rc;
}

static enum mcpass_rc run(const void *values, char **operands, size_t count,
    struct mcpass_error *err)
{
	const struct call_options *options = values;
	struct mp_connection_wish wish = { .elicit = &options->elicit };
	struct mp_connection conn = { 0 };
	json_t *arguments = NULL;
	char *text = NULL;
	enum mcpass_rc rc = mp_args_parse(operands + 2, count - 2, &arguments, &text, err);

	for (size_t i = 2; i < count; i++)
		wish.stdin_is_taken |= strstr(operands[i], "=@-") != NULL;
	if (!rc)
		rc = mp_save_check(&options->output, err);
	if (!rc)
		rc = mp_save_begin(&options->output, &wish.spool, err);
	if (!rc)
		rc = mp_connection_open(&options->conn, &options->common, operands[0], &wish,
		    &conn, err);
	if (!rc)
		rc = call(&conn, wish.spool, operands[1], arguments, text, options, err);
	mp_connection_close(&conn);
	mp_spool_free(wish.spool);
	json_decref(arguments);
	mp_free_wiped(text);
	return rc;
}

static const struct mp_option_place places[] = {
	{ &mp_output_table, offsetof(struct call_options, output) },
	{ &mp_elicit_table, offsetof(struct call_options, elicit) },
	MP_CONNECTION_PLACES(struct call_options),
	{ NULL, 0 },
};

const struct mp_command mp_command_call = {
	.name = "call",
	.summary = "Call a tool",
	.operands = "SERVER TOOL [KEY=VALUE ...]",
	.about = "Calls a tool of an MCP server and prints its answer: text as it is, a line for"
	    " each image or resource, whose bytes -o writes to a file. When the tool itself fails,"
	    " its words go to standard error and the exit code is 1.\n"
	    "\n"
	    "Arguments:\n"
	    "  key=text       a string\n"
	    "  key:=json      any JSON: count:=3  flag:=true  list:='[\"a\", \"b\"]'\n"
	    "  key=@file      a string from a file (@- is standard input)\n"
	    "  key:=@file     JSON from a file\n"
	    "  '{\"key\": 1}'   members of an object\n",
	.examples = "  mcpass call https://mcp.example.com/mcp echo message=hi\n"
	    "  mcpass call https://mcp.example.com/mcp search query=@question.txt limit:=5\n"
	    "  mcpass call work screenshot -o screen.png\n"
	    "  mcpass call work report --json | jq .structuredContent\n",
	.least = 2,
	.most = (size_t)-1,
	.places = places,
	.options_size = sizeof(struct call_options),
	.run = run,
};
