/* What the echo server answers, in both eras. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "echo/clock_text.h"
#include "echo/echo.h"
#include "harness/check.h"
#include "wire/json/json.h"

#define NEW "2026-07-28"
#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NEW "\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define CALL(id, method, params) \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\",\"params\":{" params "}}"
#define NOTE(method) "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\"}"
#define INIT(version) CALL("1", "initialize", "\"protocolVersion\":\"" version "\"," \
	"\"capabilities\":{},\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}")
#define WHOLE(id, result) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{" result "}}"
#define INFO "{\"name\":\"mcpass-echo\",\"version\":\"" MCPASS_VERSION "\"}"
#define TEXT(text, error) "\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}],\"isError\":" error
#define DRESS "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":" INFO "},\"resultType\":\"complete\""
#define CACHE ",\"ttlMs\":300000,\"cacheScope\":\"public\""
#define ECHO(arguments) "\"name\":\"echo\",\"arguments\":{" arguments "}"
#define PROMPT(description, text) "\"description\":\"" description "\",\"messages\":[{\"role\":" \
	"\"user\",\"content\":{\"type\":\"text\",\"text\":\"" text "\"}}]"

static const struct mp_caller alice = { .subject = "alice-id", .username = "alice",
	.client_id = "cli", .scope = "mcp:read mcp:tools", .issuer = "https://as.example" };

struct row {
	const char *label;
	const char *version, *method, *name;    /* headers; NULL: not sent */
	const char *body;
	int status;
	const char *has;                /* a part of the answer; NULL: no body at all */
};

static void check_rows(const struct row *rows, size_t count, const struct mp_caller *caller)
{
	struct mp_echo_config config = { 0 };

	for (size_t i = 0; i < count; i++) {
		const char *label = rows[i].label;
		struct mcpass_header headers[3];
		size_t n = 0;
		struct mp_http_request request = { .method = "POST", .path = "/mcp",
			.headers = headers, .body = rows[i].body, .body_len = strlen(rows[i].body),
			.now = 1785240000 };
		struct mp_http_response response = { 0 };

		if (rows[i].version != NULL)
			headers[n++] = (struct mcpass_header){ "mcp-protocol-version", rows[i].version };
		if (rows[i].method != NULL)
			headers[n++] = (struct mcpass_header){ "mcp-method", rows[i].method };
		if (rows[i].name != NULL)
			headers[n++] = (struct mcpass_header){ "mcp-name", rows[i].name };
		request.header_count = n;
		CHECK_EQ(label, mp_echo_answer(&config, &request, caller, &response, NULL), MCPASS_OK);
		CHECK_EQ(label, response.status, rows[i].status);
		if (rows[i].has != NULL)
			CHECK_HAS(label, mp_buf_text(&response.body), rows[i].has);
		else
			CHECK_EQ(label, response.body.len, 0);
		CHECK_STR(label, mp_header_get(response.headers.items, response.headers.count,
		    "Content-Type"), rows[i].has != NULL ? "application/json" : NULL);
		mp_http_response_free(&response);
	}
}

static const struct row session_rows[] = {
	{ "initialize, 2025-11-25", NULL, NULL, NULL, INIT("2025-11-25"), 200,
	    WHOLE("1", "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{},"
	    "\"prompts\":{},\"resources\":{}},\"serverInfo\":" INFO ",\"instructions\":"
	    "\"Tools that answer with what they are given, the time, and who is calling.\"") },
	{ "initialize, 2025-06-18", NULL, NULL, NULL, INIT("2025-06-18"), 200,
	    "\"protocolVersion\":\"2025-06-18\"" },
	{ "initialize, 2025-03-26", NULL, NULL, NULL, INIT("2025-03-26"), 200,
	    "\"protocolVersion\":\"2025-03-26\"" },
	{ "initialize, unknown", NULL, NULL, NULL, INIT("2024-11-05"), 200,
	    "\"protocolVersion\":\"2025-11-25\"" },
	{ "initialize, of the other era", NULL, NULL, NULL, INIT(NEW), 200,
	    "\"protocolVersion\":\"2025-11-25\"" },
	{ "initialize with a left-over header", NEW, NULL, NULL, INIT("2025-06-18"), 200,
	    "\"protocolVersion\":\"2025-06-18\"" },
	{ "initialize without a version", NULL, NULL, NULL, CALL("1", "initialize", ""), 200,
	    "\"error\":{\"code\":-32602" },
	{ "initialized", "2025-11-25", NULL, NULL, NOTE("notifications/initialized"), 202, NULL },
	{ "any notification", NULL, NULL, NULL, NOTE("notifications/x"), 202, NULL },
	{ "a response", NULL, NULL, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 202, NULL },
	{ "an error response", NULL, NULL, NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"m\"}}", 202, NULL },
	{ "ping", "2025-11-25", NULL, NULL, CALL("\"a\"", "ping", ""), 200, WHOLE("\"a\"", "") },
	{ "an unknown version", "2024-11-05", NULL, NULL, CALL("1", "ping", ""), 400,
	    "\"error\":{\"code\":-32022,\"message\":\"Unsupported protocol version: 2024-11-05\","
	    "\"data\":{\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"],"
	    "\"requested\":\"2024-11-05\"}}" },
	{ "an empty version", "", NULL, NULL, CALL("1", "ping", ""), 400, "-32022" },
	{ "a version that is no text", "\xff\xff-11-25", NULL, NULL, CALL("1", "ping", ""), 400,
	    "\"requested\":\"\?\?-11-25\"" },
	{ "also of a notification", "1900-01-01", NULL, NULL, NOTE("notifications/initialized"), 400,
	    "-32022" },
	{ "an unknown method", "2025-11-25", NULL, NULL, CALL("1", "logging/setLevel", ""), 200,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Method not found:"
	    " logging/setLevel\"}}" },
	{ "lists have no hints", "2025-11-25", NULL, NULL, CALL("1", "resources/list", ""), 200,
	    WHOLE("1", "\"resources\":[{\"uri\":\"echo://about\",\"name\":\"about\",\"title\":"
	    "\"About this server\",\"mimeType\":\"text/plain\"}]") },
	{ "a tool", "2025-06-18", NULL, NULL, CALL("1", "tools/call", ECHO("\"message\":\"hi\"")),
	    200, WHOLE("1", TEXT("hi", "false")) },
	{ "three times", NULL, NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"hi\",\"repeat_count\":3")), 200, TEXT("hi\\nhi\\nhi", "false") },
	{ "3.0 is an integer", NULL, NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"hi\",\"repeat_count\":3.0")), 200, TEXT("hi\\nhi\\nhi", "false") },
	{ "ten times", NULL, NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"\",\"repeat_count\":10")), 200,
	    TEXT("\\n\\n\\n\\n\\n\\n\\n\\n\\n", "false") },
	{ "bad arguments: protocol error at first", NULL, NULL, NULL, CALL("1", "tools/call",
	    ECHO("")), 200, "\"error\":{\"code\":-32602,\"message\":\"message is missing\"}" },
	{ "and in 2025-06-18", "2025-06-18", NULL, NULL, CALL("1", "tools/call", ECHO("")), 200,
	    "\"error\":{\"code\":-32602" },
	{ "the tool's error from 2025-11-25 on", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("")), 200, WHOLE("1", TEXT("message is missing", "true")) },
	{ "eleven times", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"m\",\"repeat_count\":11")), 200,
	    TEXT("repeat_count must be an integer from 1 to 10", "true") },
	{ "not at all", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"m\",\"repeat_count\":0")), 200, "\"isError\":true" },
	{ "one and a half times", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"m\",\"repeat_count\":1.5")), 200, "\"isError\":true" },
	{ "a text for a number", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"m\",\"repeat_count\":\"3\"")), 200, "\"isError\":true" },
	{ "a huge number", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"m\",\"repeat_count\":1e300")), 200, "\"isError\":true" },
	{ "a number for a text", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":1")), 200, TEXT("message must be a string", "true") },
	{ "one argument too many", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"m\",\"x\":1")), 200, TEXT("there is no argument x", "true") },
	{ "arguments that are a list", "2025-11-25", NULL, NULL, CALL("1", "tools/call",
	    "\"name\":\"echo\",\"arguments\":[]"), 200, "\"error\":{\"code\":-32602" },
	{ "no name", "2025-11-25", NULL, NULL, CALL("1", "tools/call", ""), 200,
	    "\"error\":{\"code\":-32602" },
	{ "an unknown tool", "2025-11-25", NULL, NULL, CALL("1", "tools/call", "\"name\":\"rm\""),
	    200, "\"error\":{\"code\":-32602,\"message\":\"Unknown tool: rm\"}" },
	{ "the time", NULL, NULL, NULL, CALL("1", "tools/call", "\"name\":\"get_time\""), 200,
	    TEXT("2026-07-28T12:00:00Z", "false") },
	{ "nobody", NULL, NULL, NULL, CALL("1", "tools/call", "\"name\":\"whoami\""), 200,
	    TEXT("no user: authorization is off", "false") },
	{ "a prompt", NULL, NULL, NULL, CALL("1", "prompts/get",
	    "\"name\":\"greeting\",\"arguments\":{\"name\":\"Eve\"}"), 200, WHOLE("1",
	    PROMPT("Greets a person by name.", "Please greet Eve warmly, in one sentence.")) },
	{ "without its argument", NULL, NULL, NULL, CALL("1", "prompts/get",
	    "\"name\":\"greeting\""), 200, "Please greet me warmly" },
	{ "help", NULL, NULL, NULL, CALL("1", "prompts/get", "\"name\":\"help\""), 200,
	    "\"role\":\"user\"" },
	{ "a prompt's argument is missing", "2025-11-25", NULL, NULL, CALL("1", "prompts/get",
	    "\"name\":\"echo_prompt\""), 200,
	    "\"error\":{\"code\":-32602,\"message\":\"message is missing\"}" },
	{ "a prompt with it", NULL, NULL, NULL, CALL("1", "prompts/get",
	    "\"name\":\"echo_prompt\",\"arguments\":{\"message\":\"hi\"}"), 200, "answers: hi\"" },
	{ "an unknown prompt", NULL, NULL, NULL, CALL("1", "prompts/get", "\"name\":\"x\""), 200,
	    "\"error\":{\"code\":-32602,\"message\":\"Unknown prompt: x\"}" },
	{ "no prompt", NULL, NULL, NULL, CALL("1", "prompts/get", ""), 200, "-32602" },
	{ "the resource", NULL, NULL, NULL, CALL("1", "resources/read",
	    "\"uri\":\"echo://about\""), 200, "\"contents\":[{\"uri\":\"echo://about\",\"mimeType\":"
	    "\"text/plain\",\"text\":\"This is the echo server" },
	{ "no such resource, before 2026", "2025-11-25", NULL, NULL, CALL("1", "resources/read",
	    "\"uri\":\"echo://x\""), 200, "\"error\":{\"code\":-32002,\"message\":\"Resource not"
	    " found\",\"data\":{\"uri\":\"echo://x\"}}" },
	{ "no uri", NULL, NULL, NULL, CALL("1", "resources/read", ""), 200, "-32602" },
	{ "no templates", NULL, NULL, NULL, CALL("1", "resources/templates/list", ""), 200,
	    WHOLE("1", "\"resourceTemplates\":[]") },
	{ "a cursor of nobody's", NULL, NULL, NULL, CALL("1", "tools/list", "\"cursor\":\"x\""), 200,
	    "\"error\":{\"code\":-32602" },
	{ "server/discover is of the other era", "2025-11-25", NULL, NULL,
	    CALL("1", "server/discover", ""), 400, "\"id\":1,\"error\":{\"code\":-32602" },
};

static const struct row broken_rows[] = {
	{ "no body", NULL, NULL, NULL, "", 400, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700" },
	{ "no JSON", NULL, NULL, NULL, "{", 400, "-32700" },
	{ "a member twice", NULL, NULL, NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\"}", 400,
	    "-32700" },
	{ "a text", NULL, NULL, NULL, "\"ping\"", 400, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600" },
	{ "no jsonrpc", NULL, NULL, NULL, "{\"id\":7,\"method\":\"ping\"}", 400,
	    "\"id\":7,\"error\":{\"code\":-32600" },
	{ "id null", NULL, NULL, NULL, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", 400,
	    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600" },
	{ "a request and a response at once", NULL, NULL, NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"result\":{}}", 400, "-32600" },
	{ "params are a list", NULL, NULL, NULL,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}", 400, "-32600" },
};

static const struct row batch_rows[] = {
	{ "a batch", NULL, NULL, NULL, "[" CALL("1", "ping", "") "," NOTE("notifications/x") ","
	    CALL("2", "nothing", "") "]", 200, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}},"
	    "{\"jsonrpc\":\"2.0\",\"id\":2,\"error\":{\"code\":-32601,\"message\":"
	    "\"Method not found: nothing\"}}]" },
	{ "by name", "2025-03-26", NULL, NULL, "[" CALL("1", "ping", "") "]", 200, "[{" },
	{ "notifications only", NULL, NULL, NULL, "[" NOTE("notifications/x") "]", 202, NULL },
	{ "something that is no message", NULL, NULL, NULL, "[1," CALL("2", "ping", "") "]", 200,
	    "[{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600" },
	{ "an empty batch", NULL, NULL, NULL, "[]", 400, "An empty batch" },
	{ "gone in 2025-06-18", "2025-06-18", NULL, NULL, "[" CALL("1", "ping", "") "]", 400,
	    "Only revision 2025-03-26" },
	{ "gone in 2025-11-25", "2025-11-25", NULL, NULL, "[" CALL("1", "ping", "") "]", 400,
	    "Only revision 2025-03-26" },
	{ "and since", NEW, NULL, NULL, "[" CALL("1", "ping", "") "]", 400,
	    "Only revision 2025-03-26" },
	{ "initialize in a batch", NULL, NULL, NULL, "[" INIT("2025-03-26") "]", 200,
	    "initialize must stand alone" },
	{ "a stateless request in a batch", NULL, "tools/list", NULL,
	    "[" CALL("1", "tools/list", META) "]", 200, "A batch cannot hold" },
};

static const struct row stateless_rows[] = {
	{ "discover", NEW, "server/discover", NULL, CALL("\"d\"", "server/discover", META), 200,
	    WHOLE("\"d\"", "\"supportedVersions\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\","
	    "\"2025-03-26\"],\"capabilities\":{\"tools\":{},\"prompts\":{},\"resources\":{}},"
	    "\"instructions\":\"Tools that answer with what they are given, the time, and who is"
	    " calling.\"," DRESS CACHE) },
	{ "tools", NEW, "tools/list", NULL, CALL("1", "tools/list", META), 200, WHOLE("1",
	    "\"tools\":[{\"name\":\"echo\",\"title\":\"Echo\",\"description\":\"Answers with the"
	    " message it is given.\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"message\":"
	    "{\"type\":\"string\",\"description\":\"What to answer with\"},\"repeat_count\":{\"type\":"
	    "\"integer\",\"description\":\"How many times\",\"minimum\":1,\"maximum\":10,\"default\":"
	    "1}},\"required\":[\"message\"],\"additionalProperties\":false},\"annotations\":"
	    "{\"readOnlyHint\":true}},{\"name\":\"get_time\",\"title\":\"Time\",\"description\":\"Tells"
	    " the server's time (RFC 3339, UTC).\",\"inputSchema\":{\"type\":\"object\","
	    "\"properties\":{},\"required\":[],\"additionalProperties\":false},\"annotations\":"
	    "{\"readOnlyHint\":true}},{\"name\":\"whoami\",\"title\":\"Who am I\",\"description\":"
	    "\"Tells who is calling, as the access token says it.\",\"inputSchema\":{\"type\":"
	    "\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":false},"
	    "\"annotations\":{\"readOnlyHint\":true}}]," DRESS CACHE) },
	{ "a tool", NEW, "tools/call", "echo", CALL("1", "tools/call",
	    ECHO("\"message\":\"hi\"") "," META), 200, WHOLE("1", TEXT("hi", "false") "," DRESS) },
	{ "bad arguments", NEW, "tools/call", "echo", CALL("1", "tools/call", ECHO("") "," META), 200,
	    TEXT("message is missing", "true") "," DRESS },
	{ "an unknown tool", NEW, "tools/call", "rm", CALL("1", "tools/call",
	    "\"name\":\"rm\"," META), 200, "-32602" },
	{ "prompts", NEW, "prompts/list", NULL, CALL("1", "prompts/list", META), 200, WHOLE("1",
	    "\"prompts\":[{\"name\":\"greeting\",\"title\":\"Greeting\",\"description\":\"Greets"
	    " a person by name.\",\"arguments\":[{\"name\":\"name\",\"description\":\"Who is greeted\","
	    "\"required\":false}]},{\"name\":\"help\",\"title\":\"Help\",\"description\":\"Explains"
	    " this server.\",\"arguments\":[]},{\"name\":\"echo_prompt\",\"title\":\"Echo prompt\","
	    "\"description\":\"Tries the tool echo.\",\"arguments\":[{\"name\":\"message\","
	    "\"description\":\"What the tool is given\",\"required\":true}]}]," DRESS CACHE) },
	{ "a prompt", NEW, "prompts/get", "greeting", CALL("1", "prompts/get",
	    "\"name\":\"greeting\"," META), 200, "}}]," DRESS "}" },
	{ "resources", NEW, "resources/list", NULL, CALL("1", "resources/list", META), 200,
	    "\"mimeType\":\"text/plain\"}]," DRESS CACHE },
	{ "the resource", NEW, "resources/read", "echo://about", CALL("1", "resources/read",
	    "\"uri\":\"echo://about\"," META), 200, DRESS CACHE },
	{ "no such resource", NEW, "resources/read", "echo://x", CALL("1", "resources/read",
	    "\"uri\":\"echo://x\"," META), 200,
	    "\"error\":{\"code\":-32602,\"message\":\"Resource not found\",\"data\":{\"uri\":\"echo://x\"}}" },
	{ "an unknown method is a 404", NEW, "no/such", NULL, CALL("1", "no/such", META), 404,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Method not found:"
	    " no/such\"}}" },
	{ "ping is gone", NEW, "ping", NULL, CALL("1", "ping", META), 404, "-32601" },
	{ "initialize is gone", NEW, "initialize", NULL, CALL("1", "initialize", META), 404,
	    "-32601" },
	{ "the method's header is missing", NEW, NULL, NULL, CALL("1", "tools/list", META), 400,
	    "-32020" },
	{ "the method's header says another", NEW, "ping", NULL, CALL("1", "tools/list", META), 400,
	    "-32020" },
	{ "the name's header is missing", NEW, "tools/call", NULL, CALL("1", "tools/call",
	    ECHO("\"message\":\"hi\"") "," META), 400, "-32020" },
	{ "the name's header says another", NEW, "tools/call", "whoami", CALL("1", "tools/call",
	    ECHO("\"message\":\"hi\"") "," META), 400, "-32020" },
	{ "the version's header is missing", NULL, "tools/list", NULL, CALL("1", "tools/list", META),
	    400, "-32020" },
	{ "the version's header says another", "2025-11-25", "tools/list", NULL,
	    CALL("1", "tools/list", META), 400, "-32020" },
	{ "_meta is missing", NEW, "tools/list", NULL, CALL("1", "tools/list", ""), 400, "-32602" },
	{ "the capabilities are missing", NEW, "tools/list", NULL, CALL("1", "tools/list",
	    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NEW "\"}"), 400, "-32602" },
	{ "a version to come", "2099-01-01", "tools/list", NULL, CALL("1", "tools/list",
	    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2099-01-01\","
	    "\"io.modelcontextprotocol/clientCapabilities\":{}}"), 400,
	    "\"id\":1,\"error\":{\"code\":-32022,\"message\":\"Unsupported protocol version: 2099-01-01\","
	    "\"data\":{\"supported\":[\"2026-07-28\"" },
	{ "an old version in the new form", "2025-11-25", "tools/list", NULL, CALL("1", "tools/list",
	    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2025-11-25\","
	    "\"io.modelcontextprotocol/clientCapabilities\":{}}"), 400, "\"requested\":\"2025-11-25\"" },
	{ "a notification", NEW, NULL, NULL, NOTE("notifications/cancelled"), 202, NULL },
	{ "a response", NEW, NULL, NULL, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 400,
	    "-32600" },
	{ "discover without anything", NULL, NULL, NULL, CALL("1", "server/discover", ""), 400,
	    "-32020" },
};

static const struct row caller_rows[] = {
	{ "who calls", NULL, NULL, NULL, CALL("1", "tools/call", "\"name\":\"whoami\""), 200,
	    TEXT("username: alice\\nsubject: alice-id\\nclient: cli\\nscopes: mcp:read mcp:tools"
	    "\\nissuer: https://as.example", "false") },
	{ "stays with the caller", NEW, "tools/list", NULL, CALL("1", "tools/list", META), 200,
	    "\"cacheScope\":\"private\"" },
};
static const struct mp_caller somebody = { .subject = "sub" };
static const struct row somebody_rows[] = {
	{ "no more is known", NULL, NULL, NULL, CALL("1", "tools/call", "\"name\":\"whoami\""), 200,
	    "username: (unknown)\\nsubject: sub\\nclient: (unknown)" },
};

static int fixed_random(void *ctx, uint8_t *out, size_t len)
{
	memset(out, *(int *)ctx, len);
	return *(int *)ctx == 255 ? -1 : 0;
}

static enum mcpass_rc answer(int random, const char *version, const char *body,
    struct mp_http_response *response)
{
	struct mp_echo_config config = { .random = fixed_random, .random_ctx = &random };
	struct mcpass_header headers[] = { { "MCP-Protocol-Version", version },
		{ "Mcp-Method", "tools/list" } };
	struct mp_http_request request = { .method = "POST", .path = "/mcp", .headers = headers,
		.header_count = version != NULL ? 2 : 0, .body = body, .body_len = strlen(body) };

	return mp_echo_answer(&config, &request, NULL, response, NULL);
}

static void test_session_id(void)
{
	struct mp_http_response response = { 0 };

	CHECK_EQ("initialize", answer(0, NULL, INIT("2025-11-25"), &response), MCPASS_OK);
	CHECK_STR("gives an id", mp_header_get(response.headers.items, response.headers.count,
	    "Mcp-Session-Id"), "AAAAAAAAAAAAAAAAAAAAAA");
	mp_http_response_free(&response);
	CHECK_EQ("a request", answer(0, NULL, CALL("1", "ping", ""), &response), MCPASS_OK);
	CHECK("gives none", mp_header_get(response.headers.items, response.headers.count,
	    "Mcp-Session-Id") == NULL);
	mp_http_response_free(&response);
	CHECK("no entropy, no answer", answer(255, NULL, INIT("2025-11-25"), &response) != MCPASS_OK);
	CHECK_EQ("no entropy, no answer", response.status, 0);
}

static void test_limits(void)
{
	struct mp_http_response response = { 0 };
	struct mp_buf body;

	mp_buf_init(&body, MP_MAX_MESSAGE);
	mp_buf_addc(&body, '[');
	for (int i = 0; i <= MP_MAX_ITEMS; i++)
		mp_buf_addf(&body, "%s" NOTE("n"), i > 0 ? "," : "");
	mp_buf_addc(&body, ']');
	CHECK_EQ("a long batch", answer(0, NULL, mp_buf_text(&body), &response), MCPASS_OK);
	CHECK_EQ("a long batch", response.status, 400);
	mp_http_response_free(&response);
	mp_buf_clear(&body);
	mp_buf_addc(&body, '"');
	while (body.len <= MP_MAX_ECHO_BODY)
		mp_buf_adds(&body, "xxxxxxxxxxxxxxxx");
	mp_buf_addc(&body, '"');
	CHECK_EQ("a long body", answer(0, NULL, mp_buf_text(&body), &response), MCPASS_OK);
	CHECK_EQ("a long body", response.status, 413);
	mp_http_response_free(&response);
	mp_buf_free(&body);
}

static const struct { int64_t now; const char *text; } time_rows[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ 951782399, "2000-02-28T23:59:59Z" },
	{ 951782400, "2000-02-29T00:00:00Z" },
	{ 1709251199, "2024-02-29T23:59:59Z" },
	{ 4107542399, "2100-02-28T23:59:59Z" },
	{ 4107542400, "2100-03-01T00:00:00Z" },
	{ 1798761599, "2026-12-31T23:59:59Z" },
	{ INT64_MAX, "9999-12-31T23:59:59Z" },
	{ INT64_MIN, "1970-01-01T00:00:00Z" },
};

static void test_time(void)
{
	for (size_t i = 0; i < COUNT(time_rows); i++) {
		struct mp_buf text;

		mp_buf_init(&text, 64);
		mp_clock_text(time_rows[i].now, &text);
		CHECK_STR(time_rows[i].text, mp_buf_text(&text), time_rows[i].text);
		mp_buf_free(&text);
	}
}

static const struct { const char *label, *version, *body; int status; } memory_rows[] = {
	{ "initialize", NULL, INIT("2025-11-25"), 200 },
	{ "a list", NEW, CALL("1", "tools/list", META), 200 },
	{ "prompts", NULL, CALL("1", "prompts/list", ""), 200 },
	{ "a prompt", NULL, CALL("1", "prompts/get", "\"name\":\"help\""), 200 },
	{ "resources", NULL, CALL("1", "resources/list", ""), 200 },
	{ "a resource", NULL, CALL("1", "resources/read", "\"uri\":\"echo://about\""), 200 },
	{ "none", NULL, CALL("1", "resources/read", "\"uri\":\"x\""), 200 },
	{ "a tool", NULL, CALL("1", "tools/call", ECHO("\"message\":\"hi\",\"repeat_count\":9")), 200 },
	{ "a batch", NULL, "[" CALL("1", "ping", "") ",{}]", 200 },
	{ "a version", "1900-01-01", CALL("1", "ping", ""), 400 },
	{ "a mismatch", NEW, CALL("1", "ping", META), 400 },
	{ "no JSON", NULL, "{", 400 },
};

static void test_memory(void)
{
	for (size_t i = 0; i < COUNT(memory_rows); i++)
		OOM_EACH {
			const char *label = memory_rows[i].label;
			struct mp_http_response response = { 0 };
			enum mcpass_rc rc;

			rc = answer(0, memory_rows[i].version, memory_rows[i].body, &response);
			CHECK_OOM(label, rc, MCPASS_OK);
			CHECK_EQ(label, response.status, rc ? 0 : memory_rows[i].status);
			CHECK(label, !rc || response.headers.count == 0);
			mp_http_response_free(&response);
		}
}

int main(void)
{
	check_rows(session_rows, COUNT(session_rows), NULL);
	check_rows(broken_rows, COUNT(broken_rows), NULL);
	check_rows(batch_rows, COUNT(batch_rows), NULL);
	check_rows(stateless_rows, COUNT(stateless_rows), NULL);
	check_rows(caller_rows, COUNT(caller_rows), &alice);
	check_rows(somebody_rows, COUNT(somebody_rows), &somebody);
	test_session_id();
	test_limits();
	test_time();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
