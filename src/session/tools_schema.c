/* The x-mcp-header annotations of one tool.
 * spec: MCP 2026-07-28 streamable HTTP, "Schema Extension" */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

#define KEYWORD "x-mcp-header"

struct walk {
	struct mp_tool tool;
	const char *path[MP_MAX_MESSAGE_DEPTH];    /* the properties that lead here */
	size_t depth;
	const char *why;        /* the rule that was broken; NULL: none so far */
	struct mcpass_error *err;
};

static enum mcpass_rc walk_schema(struct walk *walk, json_t *schema, bool reachable);

static bool is_header_type(const json_t *schema)
{
	const char *type = mp_json_text(schema, "type");

	return mp_eq(type, "string") || mp_eq(type, "integer") || mp_eq(type, "boolean");
}

static bool is_taken(const struct mp_tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->count; i++)
		if (mp_eq_nocase(tool->mirrors[i].header + strlen("Mcp-Param-"), name))
			return true;
	return false;
}

static const char *find_fault(const struct walk *walk, const json_t *schema,
    const json_t *value, bool reachable)
{
	const char *name = json_string_value(value);

	if (name == NULL || name[0] == '\0')
		return "an " KEYWORD " is empty or no text";
	if (name[mp_http_token_len(name)] != '\0')
		return "an " KEYWORD " is no header name";
	if (!reachable || walk->depth == 0)
		return "an " KEYWORD " stands where no argument can be found by its path";
	if (!is_header_type(schema))
		return "an " KEYWORD " is on something other than a string, an integer or a boolean";
	if (is_taken(&walk->tool, name))
		return "two " KEYWORD " are the same but for case";
	return NULL;
}

static enum mcpass_rc add_mirror(struct walk *walk, const char *name)
{
	struct mp_tool *tool = &walk->tool;
	struct mp_mirror *grown, *mirror;
	struct mp_buf header = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc = MCPASS_OK;

	if (tool->count >= MP_MAX_ITEMS)
		return mp_fail(walk->err, MCPASS_E_LIMIT, NULL, "a tool with more than %d " KEYWORD,
		    MP_MAX_ITEMS);
	grown = realloc(tool->mirrors, (tool->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return mp_nomem(walk->err);
	tool->mirrors = grown;
	mirror = &grown[tool->count++];
	*mirror = (struct mp_mirror){ 0 };
	mp_buf_addf(&header, "Mcp-Param-%s", name);
	rc = mp_buf_take(&header, "a header name", &mirror->header, walk->err);
	for (size_t i = 0; !rc && i < walk->depth; i++)
		rc = mp_strings_add(&mirror->path,
		    (struct mp_span){ walk->path[i], strlen(walk->path[i]) }, walk->err);
	return rc;
}

static enum mcpass_rc take_annotation(struct walk *walk, const json_t *schema,
    const json_t *value, bool reachable)
{
	walk->why = find_fault(walk, schema, value, reachable);
	return walk->why != NULL ? MCPASS_OK : add_mirror(walk, json_string_value(value));
}

/* A keyword whose value is a map from names to schemas: the names are no keywords. */
static enum mcpass_rc walk_names(struct walk *walk, json_t *map, bool reachable)
{
	enum mcpass_rc rc = MCPASS_OK;
	const char *name;
	json_t *schema;

	json_object_foreach(map, name, schema) {
		if (rc || walk->why != NULL)
			break;
		walk->path[walk->depth++] = name;
		rc = walk_schema(walk, schema, reachable);
		walk->depth--;
	}
	return rc;
}

static enum mcpass_rc walk_list(struct walk *walk, json_t *list)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && walk->why == NULL && i < json_array_size(list); i++)
		rc = walk_schema(walk, json_array_get(list, i), false);
	return rc;
}

/* Keywords whose value is data and may look like anything. */
static bool is_data(const char *keyword)
{
	static const char *const data[] = { "default", "const", "enum", "example", "examples" };

	for (size_t i = 0; i < MP_COUNT(data); i++)
		if (strcmp(keyword, data[i]) == 0)
			return true;
	return false;
}

static bool is_map(const char *keyword)
{
	static const char *const maps[] = { "$defs", "definitions", "patternProperties",
		"dependentSchemas", "dependencies" };

	for (size_t i = 0; i < MP_COUNT(maps); i++)
		if (strcmp(keyword, maps[i]) == 0)
			return true;
	return false;
}

static enum mcpass_rc walk_keyword(struct walk *walk, json_t *schema, const char *keyword,
    json_t *value, bool reachable)
{
	if (strcmp(keyword, KEYWORD) == 0)
		return take_annotation(walk, schema, value, reachable);
	if (strcmp(keyword, "properties") == 0)
		return walk_names(walk, value, reachable);
	if (is_map(keyword))
		return walk_names(walk, value, false);
	return is_data(keyword) ? MCPASS_OK : walk_schema(walk, value, false);
}

/* The depth of the recursion is the parser's: MP_MAX_MESSAGE_DEPTH. */
static enum mcpass_rc walk_schema(struct walk *walk, json_t *schema, bool reachable)
{
	enum mcpass_rc rc = MCPASS_OK;
	const char *keyword;
	json_t *value;

	if (json_is_array(schema))
		return walk_list(walk, schema);
	json_object_foreach(schema, keyword, value) {
		if (rc || walk->why != NULL)
			break;
		rc = walk_keyword(walk, schema, keyword, value, reachable);
	}
	return rc;
}

enum mcpass_rc mp_tools_schema_read(const json_t *tool, struct mp_tool *ret_tool,
    const char **ret_why, struct mcpass_error *err)
{
	struct walk walk = { .err = err };
	enum mcpass_rc rc = mp_set(&walk.tool.name, mp_json_text(tool, "name"), err);

	if (!rc)
		rc = walk_schema(&walk, json_object_get(tool, "inputSchema"), true);
	if (rc) {
		mp_tools_schema_free(&walk.tool);
		return rc;
	}
	*ret_tool = walk.tool;
	*ret_why = walk.why;
	return MCPASS_OK;
}

void mp_tools_schema_free(struct mp_tool *tool)
{
	for (size_t i = 0; i < tool->count; i++) {
		mp_strings_free(&tool->mirrors[i].path);
		free(tool->mirrors[i].header);
	}
	free(tool->mirrors);
	free(tool->name);
	free(tool->fault);
	*tool = (struct mp_tool){ 0 };
}
