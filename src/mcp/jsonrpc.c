#include "mcp/jsonrpc.h"
#include <limits.h>
#include <string.h>

/* spec: MCP 2026-07-28 basic, "Requests": a string or an integer, never null */
static bool is_id(const json_t *json)
{
	return json_is_string(json) || json_is_integer(json);
}

static enum mcpass_rc refuse(struct mcpass_error *err, const char *spec, const char *problem)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, spec, "not a JSON-RPC message: %s", problem);
}

static enum mcpass_rc read_call(const json_t *json, struct mp_rpc *rpc,
    struct mcpass_error *err)
{
	const json_t *method = json_object_get(json, "method");

	rpc->params = mp_json_get(json, "params");
	rpc->kind = rpc->id != NULL ? MP_RPC_REQUEST : MP_RPC_NOTIFICATION;
	if (!json_is_string(method) || json_string_length(method) == 0)
		return refuse(err, "JSON-RPC 2.0 4", "method is not a name");
	/* One server would answer it, another run it: two meanings. */
	if (mp_json_get(json, "result") != NULL || mp_json_get(json, "error") != NULL)
		return refuse(err, "JSON-RPC 2.0 4", "a request and a response at once");
	if (rpc->id != NULL && !is_id(rpc->id))
		return refuse(err, "MCP basic, Requests", "id is neither a string nor an integer");
	if (rpc->params != NULL && !json_is_object(rpc->params))
		return refuse(err, "MCP basic, Requests", "params is not an object");
	rpc->method = json_string_value(method);
	return MCPASS_OK;
}

static enum mcpass_rc read_result(struct mp_rpc *rpc, struct mcpass_error *err)
{
	rpc->kind = MP_RPC_RESULT;
	if (rpc->error != NULL)
		return refuse(err, "JSON-RPC 2.0 5", "a result and an error at once");
	if (!is_id(rpc->id))
		return refuse(err, "MCP basic, Result Responses", "a result without an id");
	if (!json_is_object(rpc->result))
		return refuse(err, "MCP basic, Result Responses", "result is not an object");
	return MCPASS_OK;
}

static enum mcpass_rc read_error(struct mp_rpc *rpc, struct mcpass_error *err)
{
	const json_t *code = json_object_get(rpc->error, "code");
	const json_t *message = json_object_get(rpc->error, "message");

	rpc->kind = MP_RPC_ERROR;
	if (rpc->error == NULL)
		return refuse(err, "JSON-RPC 2.0 4, 5", "no method, no result, no error");
	if (json_is_null(rpc->id))      /* JSON-RPC 2.0 5: the id could not be read */
		rpc->id = NULL;
	if (rpc->id != NULL && !is_id(rpc->id))
		return refuse(err, "MCP basic, Error Responses", "id is neither a string nor an integer");
	if (!json_is_object(rpc->error) || !json_is_integer(code)
	    || json_integer_value(code) < INT_MIN || json_integer_value(code) > INT_MAX)
		return refuse(err, "JSON-RPC 2.0 5.1", "error has no integer code");
	rpc->code = (int)json_integer_value(code);
	rpc->message = json_is_string(message) ? json_string_value(message) : "";
	return MCPASS_OK;
}

enum mcpass_rc mp_rpc_read(json_t *json, struct mp_rpc *ret_rpc, struct mcpass_error *err)
{
	struct mp_rpc rpc = { 0 };
	enum mcpass_rc rc;

	if (!json_is_object(json))
		return refuse(err, "JSON-RPC 2.0 4", "not an object");
	if (!mp_eq(mp_json_text(json, "jsonrpc"), "2.0"))
		return refuse(err, "JSON-RPC 2.0 4", "jsonrpc is not \"2.0\"");
	rpc.id = json_object_get(json, "id");
	rpc.result = mp_json_get(json, "result");       /* null beside the other one: in Go's way */
	rpc.error = mp_json_get(json, "error");
	if (mp_json_get(json, "method") != NULL) {
		rpc.result = rpc.error = NULL;
		rc = read_call(json, &rpc, err);
	} else if (rpc.result != NULL) {
		rc = read_result(&rpc, err);
	} else {
		rc = read_error(&rpc, err);
	}
	if (!rc)
		*ret_rpc = rpc;
	return rc;
}

void mp_rpc_write_result(struct mp_writer *w, const json_t *id, struct mp_span result)
{
	mp_writer_object(w, NULL);
	mp_writer_text(w, "jsonrpc", "2.0");
	mp_writer_json(w, "id", id);
	mp_writer_raw(w, "result", result);
	mp_writer_end(w, '}');
}

/* spec: MCP basic, "Error Responses": id is left out, not null, when unknown */
void mp_rpc_write_error(struct mp_writer *w, const json_t *id, int code, const char *message,
    const char *data)
{
	mp_writer_object(w, NULL);
	mp_writer_text(w, "jsonrpc", "2.0");
	mp_writer_json(w, "id", id);
	mp_writer_object(w, "error");
	mp_writer_int(w, "code", code);
	mp_writer_text(w, "message", message);
	if (data != NULL)
		mp_writer_raw(w, "data", (struct mp_span){ data, strlen(data) });
	mp_writer_end(w, '}');
	mp_writer_end(w, '}');
}
