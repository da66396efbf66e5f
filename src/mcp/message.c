#include "mcp/message.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "wire/json/peek.h"
#include "wire/json/raw.h"

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

/* The text that a JSON string stands for; anything else stands for none, NULL. */
static enum mcpass_rc read_text(struct mp_span json, char **ret_text, struct mcpass_error *err)
{
	struct mp_buf buf;

	if (json.len < 2 || json.data[0] != '"')
		return MCPASS_OK;
	mp_buf_init(&buf, 3 * json.len);
	(void)mp_raw_text(&buf, json);
	return mp_buf_take(&buf, "a text of the message", ret_text, err);
}

static enum mcpass_rc read_id(struct mp_message *m, struct mp_span id, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	m->id = m->key = id;
	if (id.len < 2 || id.data[0] != '"')
		return MCPASS_OK;
	m->key = (struct mp_span){ id.data + 1, id.len - 2 };
	if (memchr(id.data, '\\', id.len) == NULL)
		return MCPASS_OK;
	rc = read_text(id, &m->key_room, err);
	if (!rc)
		m->key = (struct mp_span){ m->key_room, strlen(m->key_room) };
	return rc;
}

static enum mcpass_rc read_call(struct mp_message *m, const struct mp_span *parts,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	m->kind = m->id.data != NULL ? MP_RPC_REQUEST : MP_RPC_NOTIFICATION;
	if (parts[RESULT].data != NULL || parts[ERROR].data != NULL)
		return refuse(err, "JSON-RPC 2.0 4", "a request and a response at once");
	if (m->id.data != NULL && !is_id(m->id))
		return refuse(err, "MCP basic, Requests", "id is neither a string nor an integer");
	if (m->params.data != NULL && !is_object(m->params))
		return refuse(err, "MCP basic, Requests", "params is not an object");
	rc = read_text(parts[METHOD], &m->method, err);
	if (!rc && (m->method == NULL || m->method[0] == '\0'))
		rc = refuse(err, "JSON-RPC 2.0 4", "method is not a name");
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
static int code_of(struct mp_span code, bool *ret_is_integer)
{
	char digits[32] = "", *end = NULL;
	bool quoted = code.len > 2 && code.data[0] == '"';
	long long number;

	if (quoted)
		code = (struct mp_span){ code.data + 1, code.len - 2 };
	*ret_is_integer = false;
	if (code.len == 0 || code.len >= sizeof(digits) || strchr("-0123456789", code.data[0]) == NULL)
		return 0;
	memcpy(digits, code.data, code.len);
	number = strtoll(digits, &end, 10);
	if (*end != '\0' || number < INT_MIN || number > INT_MAX)
		return 0;
	*ret_is_integer = !quoted;
	return (int)number;
}

/* The error object that its writer meant; what it wrote is its data. */
static enum mcpass_rc mend_error(struct mp_message *m, struct mp_span written,
    struct mcpass_error *err)
{
	struct mp_buf buf;
	struct mp_writer w = { .buf = &buf };
	enum mcpass_rc rc;

	mp_buf_init(&buf, 4 * written.len + 256);
	mp_writer_object(&w, NULL);
	mp_writer_int(&w, "code", m->code);
	mp_writer_text(&w, "message", m->said != NULL ? m->said : "");
	mp_writer_raw(&w, "data", written);
	mp_writer_end(&w, '}');
	rc = mp_buf_take(&buf, "the error", &m->mended, err);
	if (!rc)
		m->error = (struct mp_span){ m->mended, strlen(m->mended) };
	return rc;
}

static enum mcpass_rc read_error(struct mp_message *m, const struct mp_span *parts,
    struct mcpass_error *err)
{
	enum { CODE, MESSAGE, MEMBERS };
	static const char *const members[MEMBERS] = { [CODE] = "code", [MESSAGE] = "message" };
	struct mp_span values[MEMBERS] = { { NULL, 0 } };
	bool has_code = false;
	enum mcpass_rc rc;

	m->kind = MP_RPC_ERROR;
	m->error = parts[ERROR];
	if (m->error.data == NULL)
		return refuse(err, "JSON-RPC 2.0 4, 5", "no method, no result, no error");
	if (m->id.data != NULL && !is_id(m->id))
		return refuse(err, "MCP basic, Error Responses", "id is neither a string nor an integer");
	if (is_object(m->error))
		mp_raw_values(m->error, members, MEMBERS, values);
	rc = read_text(is_object(m->error) ? values[MESSAGE] : m->error, &m->said, err);
	if (rc)
		return rc;
	m->code = code_of(values[CODE], &has_code);
	if (has_code && (values[MESSAGE].data == NULL || m->said != NULL))
		return MCPASS_OK;
	return mend_error(m, parts[ERROR], err);
}

enum mcpass_rc mp_message_read(struct mp_span text, const char *what,
    struct mp_message *ret_message, struct mcpass_error *err)
{
	struct mp_message m = { .text = text };
	struct mp_span parts[PARTS];
	enum mcpass_rc rc = mp_json_peek(text, what, names, PARTS, parts, err);

	if (!rc && !mp_span_is(parts[JSONRPC], "\"2.0\""))
		rc = refuse(err, "JSON-RPC 2.0 4", "jsonrpc is not \"2.0\"");
	if (rc)
		return rc;
	m.params = parts[PARAMS];
	rc = read_id(&m, parts[ID], err);
	if (rc)
		return rc;
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
	free(message->mended);
	free(message->said);
	free(message->key_room);
	*message = (struct mp_message){ 0 };
}

/* Some languages write every number with a fraction. */
static struct mp_span without_fraction(struct mp_span key)
{
	if (key.len > 2 && memcmp(key.data + key.len - 2, ".0", 2) == 0)
		key.len -= 2;
	return key;
}

bool mp_message_same_key(struct mp_span a, struct mp_span b)
{
	a = without_fraction(a);
	b = without_fraction(b);
	return a.data != NULL && a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

unsigned mp_message_hash(struct mp_span key)
{
	key = without_fraction(key);
	return (unsigned)mp_hash(key.data, key.len);
}
