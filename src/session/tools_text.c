/* What is known of the tools' headers, as text that outlives the session:
 * {"TOOL": {"headers": {"Mcp-Param-Region": ["address", "region"]}},
 *  "ANOTHER": {"fault": "the rule that it breaks"}} */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

#define PREFIX "Mcp-Param-"

static json_t *path_json(const struct mp_strings *path)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < path->count; i++)
		if (json_array_append_new(list, json_string(path->items[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *tool_json(const struct mp_tool *tool)
{
	json_t *headers;
	bool ok;

	if (tool->fault != NULL)
		return json_pack("{s:s}", "fault", tool->fault);
	headers = json_object();
	ok = headers != NULL;
	for (size_t i = 0; ok && i < tool->count; i++)
		ok = json_object_set_new(headers, tool->mirrors[i].header,
		    path_json(&tool->mirrors[i].path)) == 0;
	if (!ok) {
		json_decref(headers);
		return NULL;
	}
	return json_pack("{s:o}", "headers", headers);
}

enum mcpass_rc mcpass_session_tools(struct mcpass_session *s, const char **ret_text,
    struct mcpass_error *err)
{
	json_t *all = json_object();
	char *text = NULL;
	bool ok = all != NULL;

	mp_clear(err);
	for (size_t i = 0; ok && i < s->tools.count; i++)
		ok = json_object_set_new(all, s->tools.items[i].name,
		    tool_json(&s->tools.items[i])) == 0;
	if (ok)
		text = mp_json_dump(all);
	json_decref(all);
	if (text == NULL)
		return mp_nomem(err);
	free(s->tools_text);
	s->tools_text = text;
	*ret_text = text;
	return MCPASS_OK;
}

static enum mcpass_rc not_ours(struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_USAGE, NULL, "not what a session knew of its tools");
}

static enum mcpass_rc read_mirror(const char *header, const json_t *path,
    struct mp_mirror *mirror, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (strncmp(header, PREFIX, strlen(PREFIX)) != 0 || header[strlen(PREFIX)] == '\0'
	    || header[mp_http_token_len(header)] != '\0' || json_array_size(path) == 0)
		return not_ours(err);
	rc = mp_set(&mirror->header, header, err);
	for (size_t i = 0; !rc && i < json_array_size(path); i++) {
		const char *name = json_string_value(json_array_get(path, i));

		rc = name == NULL ? not_ours(err)
		    : mp_strings_add(&mirror->path, (struct mp_span){ name, strlen(name) }, err);
	}
	return rc;
}

static enum mcpass_rc read_headers(json_t *headers, struct mp_tool *tool,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	const char *header;
	json_t *path;

	if (json_object_size(headers) == 0 || json_object_size(headers) > MP_MAX_ITEMS)
		return not_ours(err);
	tool->mirrors = calloc(json_object_size(headers), sizeof(*tool->mirrors));
	if (tool->mirrors == NULL)
		return mp_nomem(err);
	json_object_foreach (headers, header, path)
		if (!rc)
			rc = read_mirror(header, path, &tool->mirrors[tool->count++], err);
	return rc;
}

static enum mcpass_rc read_tool(struct mp_tools *tools, const char *name, const json_t *json,
    struct mcpass_error *err)
{
	const char *fault = json_string_value(json_object_get(json, "fault"));
	struct mp_tool tool = { 0 };
	enum mcpass_rc rc;

	rc = mp_set(&tool.name, name, err);
	if (!rc && fault != NULL)
		rc = mp_set(&tool.fault, fault, err);
	else if (!rc)
		rc = read_headers(json_object_get(json, "headers"), &tool, err);
	if (!rc)
		return mp_tools_remember(tools, &tool, err);
	mp_tools_schema_free(&tool);
	return rc;
}

enum mcpass_rc mcpass_session_learn(struct mcpass_session *s, const char *text,
    struct mcpass_error *err)
{
	struct mp_tools tools = { 0 };
	json_t *json = NULL, *tool;
	enum mcpass_rc rc;
	const char *name;

	rc = mp_session_enter(s, err);
	if (!rc)
		rc = mp_given_object(text, "what is known of the tools", &json, err);
	if (rc)
		return rc;
	json_object_foreach (json, name, tool)
		if (!rc)
			rc = read_tool(&tools, name, tool, err);
	json_decref(json);
	if (rc) {
		mp_tools_free(&tools);
		return rc;
	}
	mp_tools_free(&s->tools);
	s->tools = tools;
	return MCPASS_OK;
}
