#include "echo/fixtures.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "echo/fixtures_data.h"
#include "echo/result.h"
#include "mcp/headers.h"
#include "wire/json/json.h"

#define HOLE "{id}"

static enum mcpass_rc parse(const char *text, json_t **ret_json, struct mcpass_error *err)
{
	return mp_json_parse_by(MP_JSON_REQUEST, text, strlen(text), MP_MAX_DOCUMENT, "a fixture",
	    ret_json, err);
}

enum mcpass_rc mp_fixtures_list(const char *kind, json_t *list, struct mcpass_error *err)
{
	size_t count;
	const struct mp_fixture *fixtures = mp_fixtures(&count);
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < count; i++) {
		json_t *item = NULL;

		if (strcmp(fixtures[i].kind, kind) != 0)
			continue;
		rc = parse(fixtures[i].described, &item, err);
		if (!rc && json_array_append_new(list, item) != 0)
			rc = mp_nomem(err);
	}
	return rc;
}

/* What stands in the place of {id}; data NULL: name is not of that form. */
static struct mp_span match_hole(const char *pattern, const char *name)
{
	const char *hole = strstr(pattern, HOLE);
	size_t before = hole != NULL ? (size_t)(hole - pattern) : 0, len = strlen(name), after;

	if (hole == NULL || strncmp(name, pattern, before) != 0)
		return (struct mp_span){ 0 };
	after = strlen(hole + strlen(HOLE));
	if (len <= before + after || strcmp(name + len - after, hole + strlen(HOLE)) != 0)
		return (struct mp_span){ 0 };
	return (struct mp_span){ name + before, len - before - after };
}

static const struct mp_fixture *find(const struct mp_call *call, struct mp_span *ret_id)
{
	const char *name = mp_headers_name(call->rpc.method, call->rpc.params);
	size_t count;
	const struct mp_fixture *fixtures = mp_fixtures(&count);

	for (size_t i = 0; name != NULL && i < count; i++) {
		if (strcmp(fixtures[i].method, call->rpc.method) != 0)
			continue;
		*ret_id = match_hole(fixtures[i].name, name);
		if (strcmp(fixtures[i].name, name) == 0 || ret_id->data != NULL)
			return &fixtures[i];
	}
	return NULL;
}

/* The argument of that name, or NULL. */
static const char *argument(const json_t *given, struct mp_span wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)given, name, value)
		if (mp_span_is(wanted, name))
			return json_string_value(value);
	return NULL;
}

/* Appends the text with each {argument} that was given replaced. */
static void fill_text(const char *text, const json_t *given, struct mp_buf *filled)
{
	while (*text != '\0') {
		size_t len = strcspn(text + 1, "{}");
		const char *value = NULL;

		if (*text == '{' && text[1 + len] == '}')
			value = argument(given, (struct mp_span){ text + 1, len });
		if (value == NULL) {
			mp_buf_addc(filled, *text++);
			continue;
		}
		mp_buf_adds(filled, value);
		text += len + 2;
	}
}

static enum mcpass_rc fill(json_t *json, const json_t *given, struct mcpass_error *err);

static enum mcpass_rc fill_string(json_t *json, const json_t *given, struct mcpass_error *err)
{
	struct mp_buf filled;
	enum mcpass_rc rc;

	mp_buf_init(&filled, MP_MAX_MESSAGE);
	fill_text(json_string_value(json), given, &filled);
	rc = mp_buf_check(&filled, "the answer", err);
	if (!rc && json_string_set(json, mp_buf_text(&filled)) != 0)
		rc = mp_nomem(err);
	mp_buf_free(&filled);
	return rc;
}

/* Replaces in every text of a fixture's answer, which is as deep as we wrote it. */
static enum mcpass_rc fill(json_t *json, const json_t *given, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	const char *name;
	json_t *value;
	size_t i;

	if (json_is_string(json))
		return fill_string(json, given, err);
	json_array_foreach(json, i, value)
		if (!rc)
			rc = fill(value, given, err);
	json_object_foreach(json, name, value)
		if (!rc)
			rc = fill(value, given, err);
	return rc;
}

/* spec: MCP 2026-07-28 basic, "Missing Required Client Capability" */
static enum mcpass_rc check_capability(struct mp_call *call, const char *name,
    struct mcpass_error *err)
{
	const json_t *meta = mp_json_get(call->rpc.params, "_meta");
	json_t *required, *data;

	if (name == NULL || call->era != MP_ERA_STATELESS
	    || json_is_object(mp_json_get(mp_json_get(meta, MP_META_CAPABILITIES), name)))
		return MCPASS_OK;
	required = json_object();
	data = json_object();
	if (json_object_set_new(required, name, json_object()) != 0
	    || json_object_set(data, "requiredCapabilities", required) != 0) {
		json_decref(required);
		json_decref(data);
		return mp_nomem(err);
	}
	json_decref(required);
	call->data = data;
	return mp_call_refuse(call, 400, MP_RPC_MISSING_CAPABILITY, err,
	    "The client has to declare %s", name);
}

/* spec: MCP 2026-07-28 streamable HTTP, "Server Behavior for Custom Headers": what the
 * header says is what the body says */
static enum mcpass_rc check_mirror(struct mp_call *call, const char *argument,
    struct mcpass_error *err)
{
	static const char header[] = "Mcp-Param-Region";
	const struct mp_http_request *http = call->http;
	size_t count = mp_header_count(http->headers, http->header_count, header);
	const char *sent = mp_header_get(http->headers, http->header_count, header);
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	const char *value;
	char *text = NULL;

	if (argument == NULL || call->era != MP_ERA_STATELESS)
		return MCPASS_OK;
	value = json_string_value(mp_json_get(mp_json_get(call->rpc.params, "arguments"),
	    argument));
	if (count == 1)
		rc = mp_header_value_decode(sent, &text, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc || count > 1 || !mp_eq(text, value))
		rc = mp_call_refuse(call, 400, MP_RPC_HEADER_MISMATCH, err,
		    "the header %s is not what the argument %s says", header, argument);
	free(text);
	return rc;
}

/* The arguments, or for a template what its URI holds: a new object, or NULL. */
static json_t *given_to(const struct mp_call *call, struct mp_span id)
{
	json_t *arguments = mp_json_get(call->rpc.params, "arguments"), *json;

	if (id.data == NULL)
		return json_is_object(arguments) ? json_incref(arguments) : json_object();
	json = json_object();
	if (json_object_set_new(json, "id", json_stringn(id.data, id.len)) == 0)
		return json;
	json_decref(json);
	return NULL;
}

enum mcpass_rc mp_fixtures_answer(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	struct mp_span id = { 0 };
	const struct mp_fixture *fixture = find(call, &id);
	json_t *given, *result = NULL;
	enum mcpass_rc rc;

	if (fixture == NULL)
		return MCPASS_OK;
	rc = check_capability(call, fixture->capability, err);
	if (!rc)
		rc = check_mirror(call, fixture->mirrored, err);
	if (rc)
		return rc;
	given = given_to(call, id);
	if (given == NULL)
		return mp_nomem(err);
	rc = parse(fixture->answer, &result, err);
	if (!rc)
		rc = fill(result, given, err);
	json_decref(given);
	if (rc)
		json_decref(result);
	else
		*ret_result = result;
	return rc;
}
