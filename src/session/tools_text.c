/* What is known of the tools' headers, as text that outlives the session:
 * {"TOOL": {"headers": {"Mcp-Param-Region": ["address", "region"]}},
 *  "ANOTHER": {"fault": "the rule that it breaks"}} */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"
#include "wire/json/writer.h"

#define PREFIX "Mcp-Param-"

static void add_tool(struct mp_writer *w, const struct mp_tool *tool)
{
	mp_writer_object(w, tool->name);
	mp_writer_text(w, "fault", tool->fault);
	if (tool->fault == NULL)
		mp_writer_object(w, "headers");
	for (size_t i = 0; tool->fault == NULL && i < tool->count; i++) {
		const struct mp_mirror *mirror = &tool->mirrors[i];

		mp_writer_array(w, mirror->header);
		for (size_t k = 0; k < mirror->path.count; k++)
			mp_writer_text(w, NULL, mirror->path.items[k]);
		mp_writer_end(w, ']');
	}
	if (tool->fault == NULL)
		mp_writer_end(w, '}');
	mp_writer_end(w, '}');
}

enum mcpass_rc mcpass_session_tools(struct mcpass_session *s, const char **ret_text,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &buf };
	char *text = NULL;
	enum mcpass_rc rc;

	mp_clear(err);
	mp_writer_object(&w, NULL);
	for (size_t i = 0; i < s->tools.count; i++)
		add_tool(&w, &s->tools.items[i]);
	mp_writer_end(&w, '}');
	rc = mp_buf_take(&buf, "what is known of the tools", &text, err);
	if (rc)
		return rc;
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
		    : mp_strings_add_text(&mirror->path, name, err);
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
	const char *fault = mp_json_text(json, "fault");
	struct mp_tool tool = { 0 };
	enum mcpass_rc rc = mp_set(&tool.name, name, err);

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
	const char *name;
	enum mcpass_rc rc = mp_session_enter(s, err);

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
