/* The headers that mirror a request's body, from both sides. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "mcp/headers.h"
#include "mcp/revision.h"

static json_t *parse(const char *text)
{
	json_t *json = NULL;

	CHECK_EQ(text, mp_json_parse(text, strlen(text), MP_MAX_MESSAGE, "it", &json, NULL), MCPASS_OK);
	return json;
}

static const struct {
	const char *label, *text, *value;
} encode_rows[] = {
	{ "plain", "us-west1", "us-west1" },
	{ "space inside", "us west 1", "us west 1" },
	{ "empty", "", "" },
	{ "not ASCII", "Hello, \xe4\xb8\x96\xe7\x95\x8c", "=?base64?SGVsbG8sIOS4lueVjA==?=" },
	{ "padded", " padded ", "=?base64?IHBhZGRlZCA=?=" },
	{ "leading space", " us-west1", "=?base64?IHVzLXdlc3Qx?=" },
	{ "trailing space", "us-west1 ", "=?base64?dXMtd2VzdDEg?=" },
	{ "a line end", "line1\nline2", "=?base64?bGluZTEKbGluZTI=?=" },
	{ "CR LF", "line1\r\nline2", "=?base64?bGluZTENCmxpbmUy?=" },
	{ "a tab", "\tindented", "=?base64?CWluZGVudGVk?=" },
	{ "DEL", "a\x7f", "=?base64?YX8=?=" },
	{ "looks encoded", "=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=" },
	{ "the marks overlap", "=?base64?=", "=?base64?PT9iYXNlNjQ/PQ==?=" },
	{ "only the front mark", "=?base64?x", "=?base64?x" },
	{ "the marks in capitals", "=?BASE64?eA==?=", "=?BASE64?eA==?=" },
};

static void test_encode(void)
{
	for (size_t i = 0; i < COUNT(encode_rows); i++) {
		char *value = NULL, *text = NULL;

		CHECK_EQ(encode_rows[i].label, mp_header_value_encode(encode_rows[i].text, &value, NULL), MCPASS_OK);
		CHECK_STR(encode_rows[i].label, value, encode_rows[i].value);
		CHECK_EQ(encode_rows[i].label, mp_header_value_decode(value, &text, NULL), MCPASS_OK);
		CHECK_STR(encode_rows[i].label, text, encode_rows[i].text);
		free(value);
		free(text);
	}
}

static const struct {
	const char *label, *value;
	enum mcpass_rc want;
	const char *text;
} decode_rows[] = {
	{ "encoded without need", "=?base64?YQ==?=", MCPASS_OK, "a" },
	{ "encoded nothing", "=?base64?" "?=", MCPASS_OK, "" },
	{ "the marks overlap: no sentinel", "=?base64?=", MCPASS_OK, "=?base64?=" },
	{ "a tab inside", "a\tb", MCPASS_OK, "a\tb" },
	{ "bad alphabet", "=?base64?a_b-?=", MCPASS_E_PROTOCOL, NULL },
	{ "no padding", "=?base64?YQ?=", MCPASS_E_PROTOCOL, NULL },
	{ "a NUL inside", "=?base64?YQBi?=", MCPASS_E_PROTOCOL, NULL },
	{ "not UTF-8", "=?base64?/w==?=", MCPASS_E_PROTOCOL, NULL },
	{ "raw UTF-8", "\xc3\xa9", MCPASS_E_PROTOCOL, NULL },
	{ "a raw control", "a\x01", MCPASS_E_PROTOCOL, NULL },
};

static void test_decode(void)
{
	for (size_t i = 0; i < COUNT(decode_rows); i++) {
		char *text = NULL;

		CHECK_EQ(decode_rows[i].label, mp_header_value_decode(decode_rows[i].value, &text, NULL),
		    decode_rows[i].want);
		CHECK_STR(decode_rows[i].label, text, decode_rows[i].text);
		free(text);
	}
}

static const struct {
	const char *method, *params, *name;     /* name NULL: no Mcp-Name */
} mirror_rows[] = {
	{ "tools/call", "{\"name\":\"echo\",\"uri\":\"x\"}", "echo" },
	{ "prompts/get", "{\"name\":\"caf\\u00e9\"}", "=?base64?Y2Fmw6k=?=" },
	{ "resources/read", "{\"uri\":\"file:///a%20b\",\"name\":\"x\"}", "file:///a%20b" },
	{ "tools/list", "{\"name\":\"echo\"}", NULL },
	{ "tools/call", "{\"name\":7}", NULL },
};

static void test_mirror(void)
{
	for (size_t i = 0; i < COUNT(mirror_rows); i++) {
		const char *label = mirror_rows[i].method;
		json_t *params = parse(mirror_rows[i].params);
		struct mp_headers headers = { 0 };

		CHECK_EQ(label, mp_headers_mirror(MP_REV_2026_07_28, label, mp_headers_name(label, params), &headers, NULL), MCPASS_OK);
		CHECK_STR(label, mp_header_get(headers.items, headers.count, "MCP-Protocol-Version"), "2026-07-28");
		CHECK_STR(label, mp_header_get(headers.items, headers.count, "Mcp-Method"), label);
		CHECK_STR(label, mp_header_get(headers.items, headers.count, "Mcp-Name"), mirror_rows[i].name);
		mp_headers_free(&headers);
		json_decref(params);
	}
}

#define VERSION { "MCP-Protocol-Version", "2026-07-28" }
#define META "\"_meta\":{\"" MP_META_VERSION "\":\"2026-07-28\",\"" MP_META_CAPABILITIES "\":{}}"
#define REQUEST(method, rest) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" META rest "}}"

static const struct {
	const char *label, *body;
	struct mcpass_header headers[5];
	int want;                       /* 0: accepted */
} check_rows[] = {
	{ "a list", REQUEST("tools/list", ""), { VERSION, { "mcp-method", "tools/list" } }, 0 },
	{ "a call", REQUEST("tools/call", ",\"name\":\"echo\""),
	    { VERSION, { "Mcp-Method", "tools/call" }, { "Mcp-Name", "echo" } }, 0 },
	{ "an encoded name", REQUEST("tools/call", ",\"name\":\"caf\\u00e9\""),
	    { VERSION, { "Mcp-Method", "tools/call" }, { "Mcp-Name", "=?base64?Y2Fmw6k=?=" } }, 0 },
	{ "no version header", REQUEST("tools/list", ""), { { "Mcp-Method", "tools/list" } }, MP_RPC_HEADER_MISMATCH },
	{ "two version headers", REQUEST("tools/list", ""),
	    { VERSION, VERSION, { "Mcp-Method", "tools/list" } }, MP_RPC_HEADER_MISMATCH },
	{ "another version in the header", REQUEST("tools/list", ""),
	    { { "MCP-Protocol-Version", "2025-11-25" }, { "Mcp-Method", "tools/list" } }, MP_RPC_HEADER_MISMATCH },
	{ "no _meta", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
	    { VERSION, { "Mcp-Method", "tools/list" } }, MP_RPC_INVALID_PARAMS },
	{ "no capabilities", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\""
	    MP_META_VERSION "\":\"2026-07-28\"}}}", { VERSION, { "Mcp-Method", "tools/list" } }, MP_RPC_INVALID_PARAMS },
	{ "capabilities are a list", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\""
	    MP_META_VERSION "\":\"2026-07-28\",\"" MP_META_CAPABILITIES "\":[]}}}",
	    { VERSION, { "Mcp-Method", "tools/list" } }, MP_RPC_INVALID_PARAMS },
	{ "an unknown version", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\""
	    MP_META_VERSION "\":\"1900-01-01\",\"" MP_META_CAPABILITIES "\":{}}}}",
	    { { "MCP-Protocol-Version", "1900-01-01" }, { "Mcp-Method", "tools/list" } }, MP_RPC_UNSUPPORTED_VERSION },
	{ "a version with sessions", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\""
	    MP_META_VERSION "\":\"2025-11-25\",\"" MP_META_CAPABILITIES "\":{}}}}",
	    { { "MCP-Protocol-Version", "2025-11-25" }, { "Mcp-Method", "tools/list" } }, MP_RPC_UNSUPPORTED_VERSION },
	{ "no method header", REQUEST("tools/list", ""), { VERSION }, MP_RPC_HEADER_MISMATCH },
	{ "another method", REQUEST("tools/list", ""), { VERSION, { "Mcp-Method", "tools/call" } }, MP_RPC_HEADER_MISMATCH },
	{ "case of the method", REQUEST("tools/list", ""), { VERSION, { "Mcp-Method", "Tools/List" } }, MP_RPC_HEADER_MISMATCH },
	{ "two methods", REQUEST("tools/list", ""),
	    { VERSION, { "Mcp-Method", "tools/list" }, { "Mcp-Method", "tools/list" } }, MP_RPC_HEADER_MISMATCH },
	{ "no name header", REQUEST("tools/call", ",\"name\":\"echo\""),
	    { VERSION, { "Mcp-Method", "tools/call" } }, MP_RPC_HEADER_MISMATCH },
	{ "another name", REQUEST("tools/call", ",\"name\":\"echo\""),
	    { VERSION, { "Mcp-Method", "tools/call" }, { "Mcp-Name", "get_time" } }, MP_RPC_HEADER_MISMATCH },
	{ "two names", REQUEST("tools/call", ",\"name\":\"echo\""),
	    { VERSION, { "Mcp-Method", "tools/call" }, { "Mcp-Name", "echo" }, { "mcp-name", "get_time" } }, MP_RPC_HEADER_MISMATCH },
	{ "a name where none belongs", REQUEST("tools/list", ""),
	    { VERSION, { "Mcp-Method", "tools/list" }, { "Mcp-Name", "echo" } }, MP_RPC_HEADER_MISMATCH },
	{ "a name that does not decode", REQUEST("tools/call", ",\"name\":\"echo\""),
	    { VERSION, { "Mcp-Method", "tools/call" }, { "Mcp-Name", "=?base64?*?=" } }, MP_RPC_HEADER_MISMATCH },
	{ "a notification needs the version only", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", { VERSION }, 0 },
	{ "a notification without it", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", { { "A", "b" } }, MP_RPC_HEADER_MISMATCH },
	{ "a notification, another method", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}",
	    { VERSION, { "Mcp-Method", "notifications/y" } }, MP_RPC_HEADER_MISMATCH },
};

static void test_check(void)
{
	for (size_t i = 0; i < COUNT(check_rows); i++) {
		struct mp_rpc rpc = { 0 };
		json_t *json = parse(check_rows[i].body);
		size_t count = 0;
		int code = 0;

		while (check_rows[i].headers[count].name != NULL)
			count++;
		CHECK_EQ(check_rows[i].label, mp_rpc_read(json, &rpc, NULL), MCPASS_OK);
		CHECK_EQ(check_rows[i].label, mp_headers_check(check_rows[i].headers, count, &rpc, &code, NULL),
		    check_rows[i].want == 0 ? MCPASS_OK : MCPASS_E_PROTOCOL);
		CHECK_EQ(check_rows[i].label, code, check_rows[i].want);
		json_decref(json);
	}
}

static enum mcpass_rc there_and_back(const json_t *params)
{
	struct mp_headers headers = { 0 };
	char *value = NULL, *text = NULL;
	enum mcpass_rc rc;

	rc = mp_headers_mirror(MP_REV_2026_07_28, "tools/call", mp_headers_name("tools/call", params), &headers, NULL);
	if (!rc)
		rc = mp_header_value_encode("\xc3\xa9", &value, NULL);
	if (!rc)
		rc = mp_header_value_decode(value, &text, NULL);
	mp_headers_free(&headers);
	free(value);
	free(text);
	return rc;
}

static void test_memory(void)
{
	json_t *params = parse("{\"name\":\"caf\\u00e9\"}");

	OOM_EACH
		CHECK_OOM("every allocation", there_and_back(params), MCPASS_OK);
	json_decref(params);
}

int main(void)
{
	test_encode();
	test_decode();
	test_mirror();
	test_check();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
