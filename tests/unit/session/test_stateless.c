/* The stateless form: headers and _meta, tools that want headers, input_required. */
#include "script.h"

#define KNOWN .known = "2026-07-28"
#define SETTLED .settled = "2026-07-28"
#define TOOL(name, properties) "{\"name\":\"" name "\",\"inputSchema\":{\"type\":\"object\",\"properties\":{" properties "}}}"
#define TOOLS(list) RESULT("\"tools\":[" list "]")
#define ANNOTATED(property, type, header) "\"" property "\":{\"type\":\"" type "\",\"x-mcp-header\":\"" header "\"}"
#define DONE RESULT("\"content\":[]")
#define GOOD "{\"content\":[]}\n"
#define LEFT_OUT(name, why) "warning 0 The tool \"" name "\" is left out: " why " (MCP streamable HTTP, Schema Extension).\n"
#define MISMATCH ERROR(-32020, "")

/* The arguments that the official conformance suite sends. */
#define PLAIN TOOL("t", ANNOTATED("region", "string", "Region") "," ANNOTATED("priority", "integer", "Priority") "," \
	ANNOTATED("verbose", "boolean", "Verbose") "," ANNOTATED("debug", "boolean", "Debug") "," \
	ANNOTATED("empty", "string", "EmptyVal") "," ANNOTATED("method", "string", "Method") "," \
	"\"float\":{\"type\":\"number\"}," ANNOTATED("tab", "string", "Tab") "," \
	ANNOTATED("text", "string", "NonAscii") ",\"query\":{\"type\":\"string\"}")

static const struct script rows[] = {
	{ .label = "arguments in headers", KNOWN, SETTLED,
	    .requests = { { "tools/list", NULL }, { "tools/call", "{\"name\":\"t\",\"arguments\":{\"region\":\"us west 1\","
	        "\"priority\":42,\"verbose\":false,\"debug\":true,\"empty\":\"\",\"method\":\"m\",\"float\":3.5,"
	        "\"tab\":\"\\tx\",\"text\":\"Hello, \\u4e16\\u754c\",\"query\":\"q\"}}" } },
	    .steps = { { "tools/list", 200, JSON, TOOLS(PLAIN), 0, NULL },
	        { "Mcp-Method: tools/call\nMcp-Name: t\nMcp-Param-Region: us west 1\nMcp-Param-Priority: 42\n"
	          "Mcp-Param-Verbose: false\nMcp-Param-Debug: true\nMcp-Param-EmptyVal: \nMcp-Param-Method: m\n"
	          "Mcp-Param-Tab: =?base64?CXg=?=\nMcp-Param-NonAscii: =?base64?SGVsbG8sIOS4lueVjA==?=", 200, JSON, DONE, 0, "Mcp-Param-float" } },
	    .log = "result 1 {\"tools\":[" PLAIN "]}\nresult 2 " GOOD },
	{ .label = "null and absent", KNOWN, SETTLED,
	    .requests = { { "tools/list", NULL }, { "tools/call", "{\"name\":\"t\",\"arguments\":{\"verbose\":null}}" } },
	    .steps = { { "tools/list", 200, JSON, TOOLS(PLAIN), 0, NULL }, { "Mcp-Name: t", 200, JSON, DONE, 0, "Mcp-Param-" } },
	    .log = "result 1 {\"tools\":[" PLAIN "]}\nresult 2 " GOOD },
	{ .label = "of another type", KNOWN, SETTLED,
	    .requests = { { "tools/list", NULL }, { "tools/call", "{\"name\":\"t\",\"arguments\":{\"region\":{},\"priority\":42.0,\"verbose\":1.5}}" } },
	    .steps = { { "tools/list", 200, JSON, TOOLS(PLAIN), 0, NULL }, { "Mcp-Param-Priority: 42\n", 200, JSON, DONE, 0, "Mcp-Param-Region" } },
	    .log = "result 1 {\"tools\":[" PLAIN "]}\nresult 2 " GOOD },
	{ .label = "a nested argument", KNOWN, SETTLED,
	    .requests = { { "tools/list", NULL }, { "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":{\"b\":\"x\"},\"b\":\"y\"}}" } },
	    .steps = { { "tools/list", 200, JSON, TOOLS(TOOL("t", "\"a\":{\"type\":\"object\",\"properties\":{" ANNOTATED("b", "string", "B") "}}")), 0, NULL },
	        { "Mcp-Param-B: x", 200, JSON, DONE, 0, "B: y" } },
	    .log = "result 1 {\"tools\":[" TOOL("t", "\"a\":{\"type\":\"object\",\"properties\":{" ANNOTATED("b", "string", "B") "}}") "]}\nresult 2 " GOOD },
	{ .label = "a list anew replaces what was known", KNOWN, SETTLED,
	    .requests = { { "tools/list", NULL }, { "tools/list", NULL }, { "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":\"x\"}}" } },
	    .steps = { { "tools/list", 200, JSON, TOOLS(TOOL("t", ANNOTATED("a", "string", "A"))), 0, NULL },
	        { "tools/list", 200, JSON, TOOLS(TOOL("t", "\"a\":{}")), 0, NULL }, { "Mcp-Name: t", 200, JSON, DONE, 0, "Mcp-Param" } },
	    .log = "result 1 {\"tools\":[" TOOL("t", ANNOTATED("a", "string", "A")) "]}\nresult 2 {\"tools\":[" TOOL("t", "\"a\":{}") "]}\nresult 3 " GOOD },
	{ .label = "a tool without x-mcp-header problems is left alone", KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
	    .steps = { { "tools/list", 200, JSON, TOOLS(TOOL("a", "\"x-mcp-header\":{\"type\":\"number\",\"default\":{\"x-mcp-header\":\"\"},\"enum\":[{\"x-mcp-header\":1}]}")), 0, NULL } },
	    .log = "result 1 {\"tools\":[" TOOL("a", "\"x-mcp-header\":{\"type\":\"number\",\"default\":{\"x-mcp-header\":\"\"},\"enum\":[{\"x-mcp-header\":1}]}") "]}\n" },
	{ .label = "nor one with a definition of that name", KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
	    .steps = { { "tools/list", 200, JSON, TOOLS("{\"name\":\"a\",\"inputSchema\":{\"$defs\":{\"x-mcp-header\":{},\"default\":{}}}}"), 0, NULL } },
	    .log = "result 1 {\"tools\":[{\"name\":\"a\",\"inputSchema\":{\"$defs\":{\"x-mcp-header\":{},\"default\":{}}}}]}\n" },
	{ .label = "arguments go as they are written", KNOWN, SETTLED,
	    .requests = { { "tools/call", "{ \"name\": \"t\",\n\"arguments\":{\"b\":0.1, \"a\":123456789012345678901234567890,"
	        "\"c\":1.0},\"_meta\":{\"x/y\":1},\"z\":\"a b\"}" } },
	    .steps = { { "\"params\":{ \"name\": \"t\",\n\"arguments\":{\"b\":0.1, \"a\":123456789012345678901234567890,"
	        "\"c\":1.0},\"_meta\":{\"x/y\":1,\"io.model\n\"version\":\"1\"}},\"z\":\"a b\"}}", 200, JSON, DONE, 0, NULL } },
	    .log = "result 1 " GOOD },
	{ .label = "a name with escapes may be _meta", KNOWN, SETTLED,
	    .requests = { { "tools/call", "{\"name\":\"t\",\"\\u005fmeta\":{\"x/y\":1}}" } },
	    .steps = { { "\"params\":{\"name\":\"t\",\"\\u005fmeta\":{\"x/y\":1,\"io.model", 200, JSON, DONE, 0, "\"_meta\"" } },
	    .log = "result 1 " GOOD },
	{ .label = "no name with escapes is lost", KNOWN, SETTLED,
	    .requests = { { "tools/call", "{\"n\\u0061me\":\"t\"}" } },
	    .steps = { { "Mcp-Name: t\n\"params\":{\"n\\u0061me\":\"t\",\"_meta\":{\"io.model", 200, JSON, DONE, 0, NULL } },
	    .log = "result 1 " GOOD },
	{ .label = "numbers pass as they are written", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, RESULT("\"a\": 0.1, \"b\": 123456789012345678901234567890"), 0, NULL } },
	    .log = "result 1 {\"a\": 0.1, \"b\": 123456789012345678901234567890}\n" },
	{ .label = "but on one line", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, RESULT("\"a\":\r\n\t{ \"b\":\n[ ] }\n"), 0, NULL } },
	    .log = "result 1 {\"a\":\t{ \"b\":[ ] }}\n" },
	{ .label = "a schema passes untouched", KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
	    .steps = { { "tools/list", 200, JSON, TOOLS("{\"name\":\"s\",\"inputSchema\":{\"$schema\":\"u\",\"$defs\":{\"b\":{},\"a\":{}},\"$ref\":\"http://h.example/canary\",\"z\":9007199254740993}}"), 0, NULL } },
	    .log = "result 1 {\"tools\":[{\"name\":\"s\",\"inputSchema\":{\"$schema\":\"u\",\"$defs\":{\"b\":{},\"a\":{}},\"$ref\":\"http://h.example/canary\",\"z\":9007199254740993}}]}\n" },
	{ .label = "HeaderMismatch: list, then call again", KNOWN, SETTLED,
	    .requests = { { "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":\"x\"}}" } },
	    .steps = { { "Mcp-Name: t\n\"id\":1", 400, JSON, MISMATCH, 0, "Mcp-Param" },
	        { "Mcp-Method: tools/list", 200, JSON, RESULT("\"tools\":[],\"nextCursor\":\"p2\""), 0, "cursor" },
	        { "Mcp-Method: tools/list\n\"cursor\":\"p2\"", 200, JSON, TOOLS(TOOL("t", ANNOTATED("a", "string", "A"))), 0, NULL },
	        { "Mcp-Name: t\nMcp-Param-A: x\n\"id\":4", 200, JSON, DONE, 0, NULL } },
	    .log = "result 1 " GOOD },
	{ .label = "HeaderMismatch again is an error", KNOWN, SETTLED,
	    .requests = { { "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":\"x\"}}" } },
	    .steps = { { "Mcp-Name: t", 400, JSON, MISMATCH, 0, NULL },
	        { "Mcp-Method: tools/list", 200, JSON, TOOLS(TOOL("t", ANNOTATED("a", "string", "A"))), 0, NULL },
	        { "Mcp-Name: t\nMcp-Param-A: x", 400, JSON, MISMATCH, 0, NULL } },
	    .log = "error 1 {\"code\":-32020,\"message\":\"no\"}\n" },
	{ .label = "HeaderMismatch, the tool is gone", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "Mcp-Name: t", 400, JSON, MISMATCH, 0, NULL }, { "Mcp-Method: tools/list", 200, JSON, TOOLS(""), 0, NULL } },
	    .log = "error 1 {\"code\":-32020,\"message\":\"no\"}\n" },
	{ .label = "HeaderMismatch, no list", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "Mcp-Name: t", 400, JSON, MISMATCH, 0, NULL }, { "Mcp-Method: tools/list", 404, JSON, ERROR(-32601, ""), 0, NULL } },
	    .log = "error 1 {\"code\":-32020,\"message\":\"no\"}\n" },
	{ .label = "HeaderMismatch of another method", KNOWN, SETTLED, .requests = { { "prompts/get", "{\"name\":\"t\"}" } },
	    .steps = { { "Mcp-Name: t", 400, JSON, MISMATCH, 0, NULL } }, .log = "error 1 {\"code\":-32020,\"message\":\"no\"}\n" },
	{ .label = "input_required goes to the program", KNOWN, SETTLED,
	    .requests = { { "tools/call", "{\"name\":\"t\"}" }, { "tools/call", "{\"name\":\"t\",\"inputResponses\":{\"k\":{\"action\":\"accept\"}},\"requestState\":\"s+/=\"}" } },
	    .steps = { { "Mcp-Name: t\n\"id\":1", 200, JSON, RESULT("\"resultType\":\"input_required\",\"inputRequests\":{},\"requestState\":\"s+/=\""), 0, "requestState" },
	        { "\"requestState\":\"s+/=\"\n\"inputResponses\":{\"k\":{\"action\":\"accept\"}}\n\"id\":2", 200, JSON, DONE, 0, NULL } },
	    .log = "result 1 {\"resultType\":\"input_required\",\"inputRequests\":{},\"requestState\":\"s+/=\"}\nresult 2 " GOOD },
	{ .label = "input_required where none may be", KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
	    .steps = { { "tools/list", 200, JSON, RESULT("\"resultType\":\"input_required\""), 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "an unknown resultType", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, RESULT("\"resultType\":\"task\""), 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "a resultType that is no text", KNOWN, SETTLED, .capabilities = "{\"extensions\":{\"x/y\":{}}}",
	    .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, RESULT("\"resultType\":1"), 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "one of a declared extension", KNOWN, SETTLED, .capabilities = "{\"extensions\":{\"x/y\":{}}}",
	    .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "\"extensions\":{\"x/y\":{}}", 200, JSON, RESULT("\"resultType\":\"task\""), 0, NULL } },
	    .log = "result 1 {\"resultType\":\"task\"}\n" },
	{ .label = "the program's _meta, and not ours", KNOWN, SETTLED,
	    .requests = { { "tools/list", "{\"_meta\":{\"progressToken\":7,\"io.modelcontextprotocol/protocolVersion\":\"1900-01-01\"}}" } },
	    .steps = { { "\"progressToken\":7\n\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"", 200, JSON, TOOLS(""), 0, "1900" } },
	    .log = "result 1 {\"tools\":[]}\n" },
	{ .label = "the name needs encoding", KNOWN, SETTLED, .requests = { { "resources/read", "{\"uri\":\"file:///\\u00e9\"}" } },
	    .steps = { { "Mcp-Name: =?base64?ZmlsZTovLy/DqQ==?=", 200, JSON, RESULT("\"contents\":[]"), 0, NULL } },
	    .log = "result 1 {\"contents\":[]}\n" },
	{ .label = "notifications, then the answer", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, SSE, ": hello\n\nid: 1\ndata:\n\n" EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}") "event: ping\ndata: 2026\n\n" EVENT(DONE), 0, NULL } },
	    .log = "message 1 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}\nresult 1 " GOOD },
	{ .label = "a request of the server is left unanswered", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}") EVENT(DONE), 0, NULL } },
	    .log = "warning 0 The server sent the request ping on the stream of an answer, which 2026-07-28 forbids; it is not answered.\nresult 1 " GOOD },
	{ .label = "two lists of tools, one with escapes: no tool slips through", KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
	    .steps = { { "tools/list", 200, JSON, RESULT("\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}],\"to\\u006fls\":[{\"name\":\"d\",\"inputSchema\":{\"properties\":{\"a\":{\"x-mcp-header\":\"A\"}}}}]"), 0, NULL } },
	    .log = "warning 0 The tool \"d\" is left out: an x-mcp-header is on something other than a string, an integer or a boolean (MCP streamable HTTP, Schema Extension).\n", .want = MCPASS_E_PROTOCOL, .says = "escapes" },
	{ .label = "two lists of tools: the last counts", KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
	    .steps = { { "tools/list", 200, JSON, RESULT("\"tools\":[1,2,3],\"tools\":[{\"name\":\"c\"},{\"name\":\"d\",\"inputSchema\":{\"properties\":{\"a\":{\"x-mcp-header\":\"A\"}}}}]"), 0, NULL } },
	    .log = "warning 0 The tool \"d\" is left out: an x-mcp-header is on something other than a string, an integer or a boolean (MCP streamable HTTP, Schema Extension).\nresult 1 {\"tools\":[{\"name\":\"c\"}]}\n" },
	{ .label = "a stray answer on a stream is ignored", KNOWN, SETTLED, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}") EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}") EVENT(DONE), 0, NULL } },
	    .log = "warning 0 The server answered a request that is not under way.\nwarning 0 The server answered a request that is not under way.\nresult 1 " GOOD },
	{ .label = "a stray answer as the body is not", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}", 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL, .says = "the answer's id" },
	{ .label = "an error without id is ours", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"x\"}}", 0, NULL } },
	    .log = "error 1 {\"code\":-32603,\"message\":\"x\"}\n" },
	{ .label = "a batch, which the revision does not have", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, "[" DONE "]", 0, NULL } }, .log = "result 1 " GOOD, SETTLED },
	{ .label = "an empty one", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, "[]", 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL, .says = "no answer to tools/call" },
	{ .label = "a batch with something else in it", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, "[{}," DONE "]", 0, NULL } },
	    .log = "warning 0 Left out what the server sent: not a JSON-RPC message: jsonrpc is not \"2.0\".\nresult 1 " GOOD, SETTLED },
	{ .label = "one with nothing else", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, "[5]", 0, NULL } },
	    .log = "warning 0 Left out what the server sent: not a JSON-RPC message: jsonrpc is not \"2.0\".\n",
	    .want = MCPASS_E_PROTOCOL, .says = "left out was: not a JSON-RPC message" },
	{ .label = "a notification as the body is no answer", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}", 0, NULL } },
	    .log = "message 1 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n", .want = MCPASS_E_PROTOCOL, .says = "no answer to tools/call" },
	{ .label = "an error status with an error is the request's", KNOWN, SETTLED, .requests = { { "tools/list", NULL }, { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/list", 200, JSON, TOOLS(""), 0, NULL }, { "tools/call", 500, JSON, ERROR(-32603, ""), 0, NULL } },
	    .log = "result 1 {\"tools\":[]}\nerror 2 {\"code\":-32603,\"message\":\"no\"}\n" },
};

/* Tools that have to go, as the official suite lists them and some more. */
static const struct {
	const char *label, *properties, *why;
} bad_rows[] = {
	{ "empty", ANNOTATED("a", "string", ""), "an x-mcp-header is empty or no text" },
	{ "no text", "\"a\":{\"type\":\"string\",\"x-mcp-header\":1}", "an x-mcp-header is empty or no text" },
	{ "object", ANNOTATED("a", "object", "A"), "an x-mcp-header is on something other than a string, an integer or a boolean" },
	{ "array", ANNOTATED("a", "array", "A"), "an x-mcp-header is on something other than a string, an integer or a boolean" },
	{ "null", ANNOTATED("a", "null", "A"), "an x-mcp-header is on something other than a string, an integer or a boolean" },
	{ "number", ANNOTATED("a", "number", "A"), "an x-mcp-header is on something other than a string, an integer or a boolean" },
	{ "no type", "\"a\":{\"x-mcp-header\":\"A\"}", "an x-mcp-header is on something other than a string, an integer or a boolean" },
	{ "duplicate", ANNOTATED("a", "string", "A") "," ANNOTATED("b", "string", "A"), "two x-mcp-header are the same but for case" },
	{ "duplicate but for case", ANNOTATED("a", "string", "Ab") "," ANNOTATED("b", "string", "aB"), "two x-mcp-header are the same but for case" },
	{ "space", ANNOTATED("a", "string", "My Region"), "an x-mcp-header is no header name" },
	{ "colon", ANNOTATED("a", "string", "A:b"), "an x-mcp-header is no header name" },
	{ "not ASCII", ANNOTATED("a", "string", "R\xc3\xa9gion"), "an x-mcp-header is no header name" },
	{ "tab", ANNOTATED("a", "string", "A\\tb"), "an x-mcp-header is no header name" },
	{ "line end", ANNOTATED("a", "string", "A\\r\\nX: y"), "an x-mcp-header is no header name" },
	{ "in items", "\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}", "an x-mcp-header stands where no argument can be found by its path" },
	{ "under items", "\"a\":{\"type\":\"array\",\"items\":{\"properties\":{" ANNOTATED("b", "string", "B") "}}}", "an x-mcp-header stands where no argument can be found by its path" },
	{ "in oneOf", "\"a\":{\"oneOf\":[{\"type\":\"string\",\"x-mcp-header\":\"A\"}]}", "an x-mcp-header stands where no argument can be found by its path" },
	{ "in $defs", "\"a\":{\"$defs\":{\"d\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}", "an x-mcp-header stands where no argument can be found by its path" },
	{ "in if", "\"a\":{\"if\":{\"properties\":{" ANNOTATED("b", "string", "B") "}}}", "an x-mcp-header stands where no argument can be found by its path" },
};

static void test_bad_tools(void)
{
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		char body[2048], log[2048];
		struct script script = {
			.label = bad_rows[i].label, KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
			.steps = { { "tools/list", 200, JSON, body, 0, NULL } }, .log = log
		};

		snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":{\"tools\":["
		    "{\"name\":\"bad\",\"inputSchema\":{\"properties\":{%s}}},{\"name\":\"good\"}]}}", bad_rows[i].properties);
		snprintf(log, sizeof(log), "warning 0 The tool \"bad\" is left out: %s (MCP streamable HTTP, "
		    "Schema Extension).\nresult 1 {\"tools\":[{\"name\":\"good\"}]}\n", bad_rows[i].why);
		run_script(&script, 0);
	}
}

static const struct script root = {
	.label = "on the root", KNOWN, SETTLED, .requests = { { "tools/list", NULL } },
	.steps = { { "tools/list", 200, JSON, TOOLS("{\"name\":\"r\",\"inputSchema\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}"), 0, NULL } },
	.log = LEFT_OUT("r", "an x-mcp-header stands where no argument can be found by its path") "result 1 {\"tools\":[]}\n"
};

/* The answer to one request on the stream of another is not taken for it. */
static void test_crossed(void)
{
	static const struct script script = {
		.label = "crossed", KNOWN, .requests = { { "tools/call", "{\"name\":\"t\"}" }, { "prompts/list", NULL } },
		.steps = { { "tools/call", 200, SSE, NULL, OPEN, NULL }, { "prompts/list", 0, NULL, NULL, SILENT, NULL } }
	};
	static const char crossed[] = EVENT("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}");
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("both are out", pump(&b), MCPASS_OK);
	CHECK_EQ("crossed", mcpass_session_data(b.session, b.open, crossed, strlen(crossed), &b.err), MCPASS_OK);
	CHECK_EQ("told", pump(&b), MCPASS_OK);
	CHECK_STR("not taken", b.log, "warning 0 The server answered a request that is not under way.\n");
	mcpass_session_free(b.session);
}

int main(void)
{
	test_crossed();
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t chunk = 0; chunk < 3; chunk++)
			run_script(&rows[i], chunk);
	test_bad_tools();
	run_script(&root, 0);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
