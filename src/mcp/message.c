#include "mcp/message.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json/check.h"

enum { JSONRPC, ID, METHOD, PARAMS, RESULT, ERROR, PARTS };
static const char *const names[PARTS] = {
	[JSONRPC] = "jsonrpc", [ID] = "id", [METHOD] = "method", [PARAMS] = "params",
	[RESULT] = "result", [ERROR] = "error",
};

static enum mcpass_rc refuse(struct mcpass_error *err, const char *spec, const char *problem)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, spec, "not a JSON-RPC message: %s", problem);
}

static bool is_object(struct mp_span value)
{
	return value.len > 0 && value.data[0] == '{';
}

/* spec: MCP 2026-07-28 basic, "Requests": a string or an integer, never null */
static bool is_id(struct mp_span id)
{
	return id.len > 0 && strchr("\"-0123456789", id.data[0]) != NULL;
}

static enum mcpass_rc read_json(struct mp_span text, json_t **ret_json, struct mcpass_error *err)
{
	return mp_json_parse_by(MP_JSON_MESSAGE, text.data, text.len, MP_MAX_MESSAGE, "the message",
	    ret_json, err);
}

static enum mcpass_rc read_call(struct mp_message *m, const struct mp_span *parts,
    struct mcpass_error *err)
{
	json_t *method = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	m->kind = m->id.data != NULL ? MP_RPC_REQUEST : MP_RPC_NOTIFICATION;
	if (parts[RESULT].data != NULL || parts[ERROR].data != NULL)
		return refuse(err, "JSON-RPC 2.0 4", "a request and a response at once");
	if (m->id.data != NULL && !is_id(m->id))
		return refuse(err, "MCP basic, Requests", "id is neither a string nor an integer");
	if (m->params.data != NULL && !is_object(m->params))
		return refuse(err, "MCP basic, Requests", "params is not an object");
	rc = read_json(parts[METHOD], &method, err);
	if (!rc && (!json_is_string(method) || json_string_length(method) == 0))
		rc = refuse(err, "JSON-RPC 2.0 4", "method is not a name");
	if (!rc)
		rc = mp_set(&m->method, json_string_value(method), err);
	json_decref(method);
	return rc;
}

static enum mcpass_rc read_result(struct mp_message *m, const struct mp_span *parts,
    struct mcpass_error *err)
{
	m->kind = MP_RPC_RESULT;
	if (parts[ERROR].data != NULL)
		return refuse(err, "JSON-RPC 2.0 5", "a result and an error at once");
	if (m->id.data == NULL || !is_id(m->id))
		return refuse(err, "MCP basic, Result Responses", "a result without an id");
	if (!is_object(parts[RESULT]))
		return refuse(err, "MCP basic, Result Responses", "result is not an object");
	m->result = parts[RESULT];
	return MCPASS_OK;
}

/* A code that is written as a string counts, too, when it is a number; 0: there is none. */
static int code_of(const json_t *error)
{
	const json_t *code = mp_json_get(error, "code");
	const char *text = json_string_value(code);
	long long number = json_integer_value(code);
	char *end = NULL;

	if (text != NULL) {
		errno = 0;
		number = strtoll(text, &end, 10);
		if (errno != 0 || *end != '\0')
			number = 0;
	}
	return number >= INT_MIN && number <= INT_MAX ? (int)number : 0;
}

static bool is_error(const json_t *json)
{
	const json_t *code = json_object_get(json, "code"), *message = json_object_get(json, "message");

	return json_is_integer(code) && json_integer_value(code) >= INT_MIN
	    && json_integer_value(code) <= INT_MAX && (message == NULL || json_is_string(message));
}

/* The error object that its writer meant; what it wrote is its data. */
static enum mcpass_rc mend_error(json_t *written, json_t **ret_error, struct mcpass_error *err)
{
	const char *said = json_is_string(written) ? json_string_value(written)
	    : json_string_value(mp_json_get(written, "message"));
	json_t *error = json_pack("{s:i, s:s, s:O}", "code", code_of(written), "message",
	    said != NULL ? said : "", "data", written);

	if (error == NULL)
		return mp_nomem(err);
	*ret_error = error;
	return MCPASS_OK;
}

static enum mcpass_rc read_error(struct mp_message *m, const struct mp_span *parts,
    struct mcpass_error *err)
{
	json_t *written = NULL;
	enum mcpass_rc rc;

	m->kind = MP_RPC_ERROR;
	if (parts[ERROR].data == NULL)
		return refuse(err, "JSON-RPC 2.0 4, 5", "no method, no result, no error");
	if (m->id.data != NULL && !is_id(m->id))
		return refuse(err, "MCP basic, Error Responses", "id is neither a string nor an integer");
	rc = read_json(parts[ERROR], &written, err);
	if (rc)
		return rc;
	m->odd_error = !is_error(written);
	if (m->odd_error)
		rc = mend_error(written, &m->error, err);
	else
		m->error = json_incref(written);
	json_decref(written);
	m->code = code_of(m->error);
	m->said = json_string_value(json_object_get(m->error, "message"));
	if (m->said == NULL)
		m->said = "";
	return rc;
}

enum mcpass_rc mp_message_read(struct mp_span text, const char *what,
    struct mp_message *ret_message, struct mcpass_error *err)
{
	struct mp_message m = { .text = text, .said = "" };
	struct mp_span parts[PARTS];
	enum mcpass_rc rc;

	rc = mp_json_check(text, what, names, PARTS, parts, err);
	if (!rc && !mp_span_is(parts[JSONRPC], "\"2.0\""))
		rc = refuse(err, "JSON-RPC 2.0 4", "jsonrpc is not \"2.0\"");
	if (rc)
		return rc;
	m.id = parts[ID];
	m.params = parts[PARAMS];
	if (parts[METHOD].data != NULL)
		rc = read_call(&m, parts, err);
	else if (parts[RESULT].data != NULL)
		rc = read_result(&m, parts, err);
	else
		rc = read_error(&m, parts, err);
	if (rc)
		mp_message_free(&m);
	else
		*ret_message = m;
	return rc;
}

void mp_message_free(struct mp_message *message)
{
	free(message->method);
	json_decref(message->error);
	*message = (struct mp_message){ .said = "" };
}

bool mp_message_has_id(const struct mp_message *message, json_int_t id)
{
	struct mp_span text = message->id;
	char digits[32];

	if (text.len > 2 && text.data[0] == '"')
		text = (struct mp_span){ text.data + 1, text.len - 2 };
	(void)snprintf(digits, sizeof(digits), "%lld", (long long)id);
	if (text.len > strlen(digits) + 2 || text.len < strlen(digits))
		return false;
	/* Some languages write every number with a fraction. */
	return memcmp(text.data, digits, strlen(digits)) == 0
	    && (text.len == strlen(digits) || (text.len == strlen(digits) + 2
	        && memcmp(text.data + strlen(digits), ".0", 2) == 0));
}
