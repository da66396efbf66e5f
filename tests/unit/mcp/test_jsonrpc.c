/* JSON-RPC messages as MCP restricts them. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "mcp/jsonrpc.h"

static json_t *parse(const char *label, const char *text)
{
	json_t *json = NULL;

	CHECK_EQ(label, mp_json_parse_by(MP_JSON_REQUEST, text, strlen(text), MP_MAX_MESSAGE,
	    "it", &json, NULL), MCPASS_OK);
	return json;
}

static const struct {
	const char *label, *text;
	enum mp_rpc_kind want;          /* INVALID: MCPASS_E_PROTOCOL */
} read_rows[] = {
	{ "request", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", MP_RPC_REQUEST },
	{ "request, text id", "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\",\"params\":{}}", MP_RPC_REQUEST },
	{ "notification", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", MP_RPC_NOTIFICATION },
	{ "result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", MP_RPC_RESULT },
	{ "result beside a null error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":null}", MP_RPC_RESULT },
	{ "error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,\"message\":\"no\"}}", MP_RPC_ERROR },
	{ "error without id", "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":\"no\"}}", MP_RPC_ERROR },
	{ "error with null id", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"no\"}}", MP_RPC_ERROR },
	{ "error without message", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":0}}", MP_RPC_ERROR },
	{ "error beside a null result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null,\"error\":{\"code\":1,\"message\":\"no\"}}", MP_RPC_ERROR },
	{ "a result beside a null method", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null,\"result\":{}}", MP_RPC_RESULT },
	{ "a request beside a null result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"result\":null}", MP_RPC_REQUEST },
	{ "null id", "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", MP_RPC_INVALID },
	{ "id with a fraction", "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", MP_RPC_INVALID },
	{ "id is a list", "{\"jsonrpc\":\"2.0\",\"id\":[],\"method\":\"ping\"}", MP_RPC_INVALID },
	{ "version 1.0", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", MP_RPC_INVALID },
	{ "version is a number", "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", MP_RPC_INVALID },
	{ "no version", "{\"id\":1,\"method\":\"ping\"}", MP_RPC_INVALID },
	{ "method is no text", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", MP_RPC_INVALID },
	{ "method is empty", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", MP_RPC_INVALID },
	{ "params is a list", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":[]}", MP_RPC_INVALID },
	{ "params is null", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":null}", MP_RPC_REQUEST },
	{ "request and result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"result\":{}}", MP_RPC_INVALID },
	{ "request and error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"error\":{\"code\":1}}", MP_RPC_INVALID },
	{ "result and error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":1}}", MP_RPC_INVALID },
	{ "result without id", "{\"jsonrpc\":\"2.0\",\"result\":{}}", MP_RPC_INVALID },
	{ "result with null id", "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}", MP_RPC_INVALID },
	{ "result is text", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"x\"}", MP_RPC_INVALID },
	{ "result is null", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", MP_RPC_INVALID },
	{ "error is text", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"x\"}", MP_RPC_INVALID },
	{ "code is text", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":\"1\"}}", MP_RPC_INVALID },
	{ "code beyond int", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":4294967296}}", MP_RPC_INVALID },
	{ "error id is an object", "{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{\"code\":1}}", MP_RPC_INVALID },
	{ "nothing of all", "{\"jsonrpc\":\"2.0\",\"id\":1}", MP_RPC_INVALID },
	{ "a batch is no message", "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", MP_RPC_INVALID },
	{ "a number", "1", MP_RPC_INVALID },
};

static void test_read(void)
{
	for (size_t i = 0; i < COUNT(read_rows); i++) {
		struct mp_rpc rpc = { 0 };
		struct mcpass_error err = { 0 };
		json_t *json = parse(read_rows[i].label, read_rows[i].text);
		enum mcpass_rc want = read_rows[i].want == MP_RPC_INVALID ? MCPASS_E_PROTOCOL : MCPASS_OK;

		CHECK_EQ(read_rows[i].label, mp_rpc_read(json, &rpc, &err), want);
		CHECK_EQ(read_rows[i].label, rpc.kind, read_rows[i].want);
		CHECK(read_rows[i].label, want == MCPASS_OK || (err.spec != NULL && rpc.id == NULL));
		json_decref(json);
	}
}

static void test_fields(void)
{
	struct mp_rpc rpc = { 0 };
	json_t *json = parse("fields", "{\"jsonrpc\":\"2.0\",\"id\":null,"
	    "\"error\":{\"code\":-32022,\"message\":\"no\",\"data\":{}}}");

	CHECK_EQ("an error", mp_rpc_read(json, &rpc, NULL), MCPASS_OK);
	CHECK_EQ("its code", rpc.code, MP_RPC_UNSUPPORTED_VERSION);
	CHECK_STR("its message", rpc.message, "no");
	CHECK("null is no id", rpc.id == NULL);
	CHECK("the object", json_object_get(rpc.error, "data") != NULL);
	json_decref(json);
	json = parse("fields", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"params\":{\"a\":1}}");
	CHECK_EQ("a request", mp_rpc_read(json, &rpc, NULL), MCPASS_OK);
	CHECK_EQ("its id", json_integer_value(rpc.id), 7);
	CHECK_STR("its method", rpc.method, "m");
	CHECK_EQ("its params", json_integer_value(json_object_get(rpc.params, "a")), 1);
	CHECK("no result", rpc.result == NULL && rpc.error == NULL);
	json_decref(json);
}

/* One of each kind; the text it must become. */
static const struct {
	const char *label, *want;
	enum mp_rpc_kind kind;
	const char *id, *body;          /* JSON, or NULL */
} write_rows[] = {
	{ "result", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":1}}", MP_RPC_RESULT, "1", "{\"a\":1}" },
	{ "text id", "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}", MP_RPC_RESULT, "\"x\"", "{}" },
	{ "error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"m\",\"data\":[]}}", MP_RPC_ERROR, "1", "[]" },
	{ "error without id", "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":\"m\"}}", MP_RPC_ERROR, NULL, NULL },
};

static void write_row(struct mp_writer *w, size_t i, const json_t *id)
{
	const char *body = write_rows[i].body;

	if (write_rows[i].kind == MP_RPC_RESULT)
		mp_rpc_write_result(w, id, (struct mp_span){ body, strlen(body) });
	else
		mp_rpc_write_error(w, id, MP_RPC_METHOD_NOT_FOUND, "m", body);
}

static void test_write(void)
{
	for (size_t i = 0; i < COUNT(write_rows); i++) {
		json_t *id = write_rows[i].id ? parse("id", write_rows[i].id) : NULL;
		const char *label = write_rows[i].label;

		OOM_EACH {
			struct mp_buf buf;
			struct mp_writer w = { .buf = &buf };

			mp_buf_init(&buf, 1000);
			write_row(&w, i, id);
			CHECK_OOM(label, mp_buf_check(&buf, "it", NULL), MCPASS_OK);
			if (!mp_test_alloc_failed())
				CHECK_STR(label, mp_buf_text(&buf), write_rows[i].want);
			mp_buf_free(&buf);
		}
		json_decref(id);
	}
}

int main(void)
{
	test_read();
	test_fields();
	test_write();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
