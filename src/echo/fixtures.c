#include "echo/fixtures.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "echo/fixtures_data.h"
#include "mcp/headers.h"
#include "wire/json/raw.h"

#define HOLE "{id}"
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Without the white space that the table has. */
static void add_compact(struct mp_writer *w, struct mp_span json)
{
	char *text = NULL;

	if (mp_raw_compact(json, &text, NULL) != MCPASS_OK)
		w->buf->failed = MCPASS_E_NOMEM;
	else
		mp_writer_raw(w, NULL, (struct mp_span){ text, strlen(text) });
	free(text);
}

void mp_fixtures_list(const char *kind, struct mp_writer *list)
{
	size_t count;
	const struct mp_fixture *fixtures = mp_fixtures(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(fixtures[i].kind, kind) == 0)
			add_compact(list, (struct mp_span){ fixtures[i].described,
			    strlen(fixtures[i].described) });
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

static const struct mp_fixture *find(const struct mp_echo_call *call, struct mp_span *ret_id)
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

/* A name that may stand in a text, and not a bracket of the JSON around it. */
static bool is_name(struct mp_span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (strchr(NAME_CHARACTERS, name.data[i]) == NULL)
			return false;
	return name.len > 0;
}

/* Appends the JSON with each {argument} that was given replaced. */
static void fill(const char *json, const json_t *given, struct mp_buf *filled)
{
	while (*json != '\0') {
		struct mp_span name = { json + 1, strcspn(json + 1, "{}") };
		const char *value = NULL;

		if (*json == '{' && json[1 + name.len] == '}' && is_name(name))
			value = argument(given, name);
		if (value == NULL) {
			mp_buf_addc(filled, *json++);
			continue;
		}
		mp_writer_escaped(filled, value);
		json += name.len + 2;
	}
}

/* spec: MCP 2026-07-28 basic, "Missing Required Client Capability" */
static enum mcpass_rc check_capability(struct mp_echo_call *call, const char *name,
    struct mcpass_error *err)
{
	const json_t *meta = mp_json_get(call->rpc.params, "_meta");
	struct mp_buf data = MP_BUF(MP_MAX_DOCUMENT);
	struct mp_writer w = { .buf = &data };
	enum mcpass_rc rc;

	if (name == NULL || call->era != MP_ERA_STATELESS
	    || json_is_object(mp_json_get(mp_json_get(meta, MP_META_CAPABILITIES), name)))
		return MCPASS_OK;
	mp_writer_object(&w, NULL);
	mp_writer_object(&w, "requiredCapabilities");
	mp_writer_object(&w, name);
	for (int depth = 0; depth < 3; depth++)
		mp_writer_end(&w, '}');
	rc = mp_buf_take(&data, "the answer", &call->data, err);
	if (rc)
		return rc;
	return mp_call_refuse(call, 400, MP_RPC_MISSING_CAPABILITY, err,
	    "The client has to declare %s", name);
}

/* spec: MCP 2026-07-28 streamable HTTP, "Server Behavior for Custom Headers": what the
 * header says is what the body says */
static enum mcpass_rc check_mirror(struct mp_echo_call *call, const char *argument,
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
static json_t *given_to(const struct mp_echo_call *call, struct mp_span id)
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

/* The members of the fixture's answer. */
static enum mcpass_rc write_answer(const char *answer, const json_t *given,
    struct mp_writer *result, struct mcpass_error *err)
{
	struct mp_buf filled = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc;

	fill(answer, given, &filled);
	rc = mp_buf_check(&filled, "the answer", err);
	if (!rc)
		add_compact(result, (struct mp_span){ filled.data + 1, filled.len - 2 });
	mp_buf_free(&filled);
	return rc;
}

enum mcpass_rc mp_fixtures_answer(struct mp_echo_call *call, struct mp_writer *result,
    bool *ret_answered, struct mcpass_error *err)
{
	struct mp_span id = { 0 };
	const struct mp_fixture *fixture = find(call, &id);
	json_t *given;
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
	rc = write_answer(fixture->answer, given, result, err);
	json_decref(given);
	*ret_answered = !rc;
	return rc;
}
