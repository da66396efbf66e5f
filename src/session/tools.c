/* Arguments that are mirrored into headers: learnt from tools/list, sent with tools/call.
 * spec: MCP 2026-07-28 streamable HTTP, "Custom Headers from Tool Parameters" */
#include <stdio.h>
#include <stdlib.h>
#include "base/limits.h"
#include "session/session.h"
#include "wire/bytes.h"

static struct mp_tool *find_tool(const struct mp_tools *tools, const char *name)
{
	for (size_t i = 0; i < tools->count; i++)
		if (mp_eq(tools->items[i].name, name))
			return &tools->items[i];
	return NULL;
}

enum mcpass_rc mp_tools_remember(struct mp_tools *tools, struct mp_tool *tool,
    struct mcpass_error *err)
{
	struct mp_tool *known = find_tool(tools, tool->name), *grown;
	bool dull = tool->count == 0 && tool->fault == NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (known != NULL) {
		mp_tools_schema_free(known);
		*known = *tool;
		return MCPASS_OK;
	}
	if (!dull && tools->count >= MP_MAX_TOOLS)
		rc = mp_fail(err, MCPASS_E_LIMIT, NULL, "more than %d tools want headers", MP_MAX_TOOLS);
	if (rc || dull) {
		mp_tools_schema_free(tool);
		return rc;
	}
	grown = realloc(tools->items, (tools->count + 1) * sizeof(*grown));
	if (grown == NULL) {
		mp_tools_schema_free(tool);
		return mp_nomem(err);
	}
	tools->items = grown;
	grown[tools->count++] = *tool;
	return MCPASS_OK;
}

static enum mcpass_rc take_tool(struct mcpass_session *s, const json_t *json, bool quiet,
    bool *ret_invalid, struct mcpass_error *err)
{
	struct mp_tool tool = { 0 };
	const char *why = NULL;
	enum mcpass_rc rc = mp_tools_schema_read(json, &tool, &why, err);

	if (rc)
		return rc;
	*ret_invalid = why != NULL;
	if (why != NULL && !quiet)
		rc = mp_actions_warn(s, err, "The tool \"%s\" is left out: %s (%s, Schema Extension).",
		    tool.name != NULL ? tool.name : "", why, MP_SPEC_HTTP);
	if (!rc && why != NULL)
		rc = mp_set(&tool.fault, why, err);
	if (rc || tool.name == NULL) {
		mp_tools_schema_free(&tool);
		return rc;
	}
	return mp_tools_remember(&s->tools, &tool, err);
}

/* spec: "Schema Extension": clients MUST leave such a tool out */
enum mcpass_rc mp_tools_check(const struct mcpass_session *s, const char *name,
    struct mcpass_error *err)
{
	const struct mp_tool *tool = name != NULL ? find_tool(&s->tools, name) : NULL;
	enum mcpass_rc rc;

	if (tool == NULL || tool->fault == NULL)
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Schema Extension",
	    "the tool %s must not be called: %s", name, tool->fault);
	mp_hint(err, "Tell the server's operator.");
	return rc;
}

/* spec: "Schema Extension": clients MUST leave such a tool out.  The others stay as they came. */
static enum mcpass_rc rewrite(struct mp_span result, const bool *left_out, size_t count,
    char **ret_text, struct mcpass_error *err)
{
	struct mp_span list = mp_raw_member(result, "tools"), item;
	const char *at = list.data, *end = list.data + list.len;
	struct mp_buf items, all;
	enum mcpass_rc rc;
	size_t i = 0;
	struct mp_member member = { "tools", { NULL, 0 } };

	mp_buf_init(&items, result.len);
	mp_buf_init(&all, 2 * result.len);
	mp_buf_addc(&items, '[');
	for (; mp_raw_item(&at, end, &item); i++) {
		if (i >= count || left_out[i])
			continue;
		if (items.len > 1)
			mp_buf_addc(&items, ',');
		mp_buf_add(&items, item.data, item.len);
	}
	mp_buf_addc(&items, ']');
	member.json = (struct mp_span){ mp_buf_text(&items), items.len };
	mp_raw_put(&all, result, &member, 1);
	rc = mp_buf_check(&items, "the list of tools", err);
	if (!rc && i != count)          /* the list that was read is another one */
		rc = mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Schema Extension",
		    "the list of tools has member names with escapes, and tools that break the rules");
	if (!rc)
		rc = mp_buf_take(&all, "the list of tools", ret_text, err);
	mp_buf_free(&items);
	mp_buf_free(&all);
	return rc;
}

/* Most lists have no annotation, and then there is nothing to build of them. */
static bool is_dull(const struct mcpass_session *s, struct mp_span result)
{
	return s->tools.count == 0
	    && mp_bytes_find(result.data, result.len, "x-mcp-header") == NULL
	    && mp_bytes_find(result.data, result.len, "\\u") == NULL;
}

static enum mcpass_rc take_list(struct mcpass_session *s, const json_t *tools,
    struct mp_span result, bool quiet, char **ret_text, struct mcpass_error *err)
{
	bool *left_out = calloc(json_array_size(tools) + 1, sizeof(*left_out)), any = false;
	enum mcpass_rc rc = left_out == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; !rc && left_out != NULL && i < json_array_size(tools); i++) {
		rc = take_tool(s, json_array_get(tools, i), quiet, &left_out[i], err);
		any |= left_out[i];
	}
	if (!rc && any)
		rc = rewrite(result, left_out, json_array_size(tools), ret_text, err);
	free(left_out);
	return rc;
}

enum mcpass_rc mp_tools_take(struct mcpass_session *s, struct mp_span result, bool quiet,
    char **ret_text, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	if (is_dull(s, result))
		return MCPASS_OK;
	rc = mp_json_parse_by(MP_JSON_MESSAGE, result.data, result.len, MP_MAX_MESSAGE,
	    "the list of tools", &json, err);
	if (!rc)
		rc = take_list(s, json_object_get(json, "tools"), result, quiet, ret_text, err);
	json_decref(json);
	return mp_doing(err, rc, "reading the headers that tools want");
}

/* The value at the exact path, or NULL; spec: "Header extraction is defined as" */
static const json_t *find_argument(const json_t *arguments, const struct mp_strings *path)
{
	for (size_t i = 0; i < path->count; i++)
		arguments = json_object_get(arguments, path->items[i]);
	return arguments;
}

/* spec: "Type conversion".  NULL: nothing to mirror (null, absent, of another type). */
static const char *value_text(const json_t *value, char *room, size_t size)
{
	double real = json_real_value(value);

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (json_is_integer(value))
		(void)snprintf(room, size, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value) && real > -9007199254740992.0 && real < 9007199254740992.0
	    && real == (double)(long long)real)     /* 42.0 is an integer to JSON Schema */
		(void)snprintf(room, size, "%lld", (long long)real);
	else
		return NULL;
	return room;
}

static enum mcpass_rc mirror(const struct mp_mirror *rule, const json_t *arguments,
    struct mp_headers *headers, struct mcpass_error *err)
{
	char room[32], *value = NULL;
	const char *text = value_text(find_argument(arguments, &rule->path), room, sizeof(room));
	enum mcpass_rc rc;

	if (text == NULL)
		return MCPASS_OK;
	rc = mp_header_value_encode(text, &value, err);
	if (!rc)
		rc = mp_headers_add(headers, rule->header, value, err);
	free(value);
	return rc;
}

enum mcpass_rc mp_tools_mirror(const struct mcpass_session *s, const struct mp_call *call,
    struct mp_headers *headers, struct mcpass_error *err)
{
	const struct mp_tool *tool = call->target != NULL ? find_tool(&s->tools, call->target) : NULL;
	struct mp_span text = call->message.params;
	const json_t *arguments;
	json_t *params = NULL;
	enum mcpass_rc rc;

	if (tool == NULL || tool->fault != NULL || tool->count == 0)
		return MCPASS_OK;
	rc = mp_json_parse_by(MP_JSON_MESSAGE, text.data, text.len, MP_MAX_MESSAGE,
	    "the arguments", &params, err);
	arguments = json_object_get(params, "arguments");
	for (size_t i = 0; !rc && i < tool->count; i++)
		rc = mirror(&tool->mirrors[i], arguments, headers, err);
	json_decref(params);
	return rc;
}

void mp_tools_free(struct mp_tools *tools)
{
	for (size_t i = 0; i < tools->count; i++)
		mp_tools_schema_free(&tools->items[i]);
	free(tools->items);
	*tools = (struct mp_tools){ 0 };
}
