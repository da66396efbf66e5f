/* tools, prompts, resources: what a server has; with a name, one of them. */
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/args.h"
#include "cli/connect/connection.h"
#include "cli/show/save.h"

struct list_options {
	struct mp_common common;
	struct mp_connection_options conn;
	struct mp_elicit_options elicit;        /* these two not of tools, which are only listed */
	struct mp_output_options output;
};

/* Whom it is asked of, and where the long strings of the answer are. */
struct place {
	const struct mp_asker *asker;
	const struct mp_spool *spool;
};

/* How one prompt or resource is asked for and shown. */
struct reading {
	const char *method;
	enum mp_bytes bytes;
};

static enum mcpass_rc print_list(const json_t *list, const char *text, const char *kind,
    const struct mp_common *common, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_buf buf = MP_BUF(MP_MAX_RENDERED);

	if (common->json)
		return mp_out_json_text(text, err);
	if (json_array_size(json_object_get(list, kind)) == 0)
		mp_say(common->quiet, "The server has no %s.", kind);
	mp_listing_render(&buf, &term, list, kind);
	return mp_out_end(&buf, err);
}

static enum mcpass_rc print_tool_text(const json_t *list, const char *text, const char *name,
    struct mcpass_error *err)
{
	struct mp_span raw = mp_listing_find_text(list, text, "tools", name);
	char *copy = mp_dup_span(raw);
	enum mcpass_rc rc = copy == NULL ? mp_nomem(err) : mp_out_json_text(copy, err);

	mp_free_wiped(copy);
	return rc;
}

/* One tool of the list, in full. */
static enum mcpass_rc print_tool(const json_t *list, const char *text, const char *name,
    const struct mp_common *common, struct mcpass_error *err)
{
	const json_t *tool = mp_listing_find(list, "tools", name);
	const char *near = mp_listing_nearest(list, "tools", name);
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_buf buf = MP_BUF(MP_MAX_RENDERED);
	enum mcpass_rc rc;

	if (tool == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the server has no tool %s", name);
		if (near != NULL)
			mp_hint(err, "did you mean %s?", near);
		return rc;
	}
	if (common->json)
		return print_tool_text(list, text, name, err);
	mp_listing_render_item(&buf, &term, tool, "tools");
	return mp_out_end(&buf, err);
}

/* Asks for one prompt or resource and prints what came. */
static enum mcpass_rc print_one(const struct place *place, const struct reading *reading,
    const char *params, const struct list_options *options, struct mcpass_error *err)
{
	bool is_json = options->common.json;
	struct mp_parts parts = { 0 };
	char *text = NULL;
	enum mcpass_rc rc = mp_listing_ask(place->asker, reading->method, params, NULL, &text, err);

	if (!rc)
		rc = mp_save_read(place->spool, &text, is_json, &parts, err);
	if (!rc && is_json)
		rc = mp_save_json(&options->output, place->spool, text, err);
	else if (!rc)
		rc = mp_save_result(&options->output, &parts, reading->bytes, options->common.quiet, err);
	mp_parts_free(&parts);
	mp_free_wiped(text);
	return rc;
}

static enum mcpass_rc get_prompt(const struct place *place, char **operands, size_t count,
    const struct list_options *options, struct mcpass_error *err)
{
	static const struct reading prompt = { "prompts/get", MP_BYTES_NEVER };
	char *text = NULL, *params = NULL;
	json_t *arguments = NULL;
	enum mcpass_rc rc = mp_args_parse(operands + 1, count - 1, &arguments, &text, err);

	if (!rc)
		rc = mp_args_params("name", operands[0], text, &params, err);
	if (!rc)
		rc = print_one(place, &prompt, params, options, err);
	mp_free_wiped(params);
	mp_free_wiped(text);
	json_decref(arguments);
	return rc;
}

static enum mcpass_rc read_resource(const struct place *place, const char *uri,
    const struct list_options *options, struct mcpass_error *err)
{
	static const struct reading resource = { "resources/read", MP_BYTES_ALWAYS };
	char *params = NULL;
	enum mcpass_rc rc = mp_args_params("uri", uri, NULL, &params, err);

	if (!rc)
		rc = print_one(place, &resource, params, options, err);
	mp_free_wiped(params);
	return rc;
}

static enum mcpass_rc list(const struct mp_connection *conn, const char *kind, const char *name,
    const struct mp_common *common, struct mcpass_error *err)
{
	struct mcpass_error cut = { 0 };
	json_t *all = NULL;
	char *text = NULL;
	enum mcpass_rc rc = mp_listing_all(&conn->asker, kind, &all, &text, &cut, err);

	if (!rc && cut.rc != MCPASS_OK)
		mp_say(common->quiet, "This is not the whole list: %s.", cut.detail);
	if (!rc)
		rc = name != NULL ? print_tool(all, text, name, common, err)
		    : print_list(all, text, kind, common, err);
	mp_free_wiped(text);
	json_decref(all);
	return rc;
}

/* A list goes where standard output goes. */
static enum mcpass_rc check_output(const struct list_options *options, bool is_list,
    const char *kind, struct mcpass_error *err)
{
	if (is_list && options->output.file != NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "--output is for one of the %s: name it", kind);
	return mp_save_check(&options->output, err);
}

static enum mcpass_rc with_server(const char *kind, const struct list_options *options,
    char **operands, size_t count, struct mcpass_error *err)
{
	bool is_list = count == 1 || strcmp(kind, "tools") == 0;
	struct mp_connection_wish wish = { .elicit = is_list ? NULL : &options->elicit };
	struct mp_connection conn = { 0 };
	struct place place = { .asker = &conn.asker };
	enum mcpass_rc rc;

	for (size_t i = 1; i < count; i++)
		wish.stdin_is_taken |= strstr(operands[i], "=@-") != NULL;
	rc = check_output(options, is_list, kind, err);
	if (!rc)
		rc = mp_save_begin(&options->output, &wish.spool, err);
	place.spool = wish.spool;
	if (!rc)
		rc = mp_connection_open(&options->conn, &options->common, operands[0], &wish,
		    &conn, err);
	if (!rc && count > 1 && strcmp(kind, "prompts") == 0)
		rc = get_prompt(&place, operands + 1, count - 1, options, err);
	else if (!rc && count > 1 && strcmp(kind, "resources") == 0)
		rc = read_resource(&place, operands[1], options, err);
	else if (!rc)
		rc = list(&conn, kind, count > 1 ? operands[1] : NULL, &options->common, err);
	mp_connection_close(&conn);
	mp_spool_free(wish.spool);
	return rc;
}

static enum mcpass_rc run_tools(const void *options, char **operands, size_t count,
    struct mcpass_error *err)
{
	return with_server("tools", options, operands, count, err);
}

static enum mcpass_rc run_prompts(const void *options, char **operands, size_t count,
    struct mcpass_error *err)
{
	return with_server("prompts", options, operands, count, err);
}

static enum mcpass_rc run_resources(const void *options, char **operands, size_t count,
    struct mcpass_error *err)
{
	return with_server("resources", options, operands, count, err);
}

static const struct mp_option_place places[] = {
	MP_CONNECTION_PLACES(struct list_options),
	{ NULL, 0 },
};

static const struct mp_option_place asked_places[] = {
	{ &mp_output_table, offsetof(struct list_options, output) },
	{ &mp_elicit_table, offsetof(struct list_options, elicit) },
	MP_CONNECTION_PLACES(struct list_options),
	{ NULL, 0 },
};

const struct mp_command mp_command_tools = {
	.name = "tools",
	.summary = "List the tools of a server",
	.operands = "SERVER [TOOL]",
	.about = "Lists the tools of an MCP server: name, one line about it, and its arguments; a *"
	    " marks those that are required. With TOOL, shows that one in full.\n"
	    "SERVER is a URL, or a name in a file of servers. When the server wants a login, you"
	    " are asked to sign in; that is kept for the next time.\n",
	.examples = "  mcpass tools https://mcp.example.com/mcp\n"
	    "  mcpass tools https://mcp.example.com/mcp --json | jq '.tools[].name'\n",
	.least = 1,
	.most = 2,
	.places = places,
	.options_size = sizeof(struct list_options),
	.run = run_tools,
};

const struct mp_command mp_command_prompts = {
	.name = "prompts",
	.summary = "List the prompts of a server, or fill one in",
	.operands = "SERVER [PROMPT [KEY=VALUE ...]]",
	.about = "Lists the prompts of an MCP server and their arguments. With PROMPT, fills it in"
	    " and prints its messages. Arguments are given as to 'mcpass call'.\n",
	.examples = "  mcpass prompts https://mcp.example.com/mcp\n"
	    "  mcpass prompts https://mcp.example.com/mcp greeting name=Ada\n",
	.least = 1,
	.most = (size_t)-1,
	.places = asked_places,
	.options_size = sizeof(struct list_options),
	.run = run_prompts,
};

const struct mp_command mp_command_resources = {
	.name = "resources",
	.summary = "List the resources of a server, or read one",
	.operands = "SERVER [URI]",
	.about = "Lists the resources of an MCP server. With URI, prints that one: its text or its"
	    " bytes as they are. A terminal is shown a line for what is not text; -o writes it to a"
	    " file.\n",
	.examples = "  mcpass resources https://mcp.example.com/mcp\n"
	    "  mcpass resources work image://logo -o logo.png\n"
	    "  mcpass resources https://mcp.example.com/mcp echo://about\n",
	.least = 1,
	.most = 2,
	.places = asked_places,
	.options_size = sizeof(struct list_options),
	.run = run_resources,
};
