/* The revisions with a handshake: sessions, the GET stream, what servers ask. */
#include "script.h"

#define OLD .revision = "2025-11-25"
#define SETTLED .settled = "2025-11-25"
#define LIST { { "tools/list", NULL } }
#define CALL { { "tools/call", "{\"name\":\"t\"}" } }
#define ID JSON "\nMcp-Session-Id: s-12345678"
#define CARRIES "Mcp-Session-Id: s-12345678\nMCP-Protocol-Version: 2025-11-25"
#define WELCOME RESULT("\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"serverInfo\":{\"name\":\"s\",\"version\":\"2\"}")
#define HELLO { "POST " URL "\n\"method\":\"initialize\"", 200, ID, WELCOME, 0, "Mcp-Session-Id" }
#define ANNOUNCE { "POST\n\"method\":\"notifications/initialized\"\n" CARRIES, 202, NULL, NULL, 0, "\"id\"" }
#define OK_LIST { "POST\n\"method\":\"tools/list\"\n" CARRIES, 200, JSON, RESULT("\"tools\":[]"), 0, "Mcp-Method" }
#define OK_CALL { "POST\n\"method\":\"tools/call\"\n" CARRIES, 200, JSON, RESULT("\"content\":[]"), 0, NULL }
#define GOOD "result 1 {\"tools\":[]}\n"
#define CALLED "result 1 {\"content\":[]}\n"
#define ASKS .capabilities = "{\"elicitation\":{}}"
#define STREAM "GET " URL "\nAccept: text/event-stream\n" CARRIES
#define GONE(method) { "POST\n" method "\n" CARRIES, 404, NULL, NULL, 0, NULL }
#define AGAIN_ID JSON "\nMcp-Session-Id: t-87654321"

static const struct script rows[] = {
	{ .label = "a session", OLD, SETTLED, .requests = LIST, .steps = { HELLO, ANNOUNCE, OK_LIST }, .log = GOOD },
	{ .label = "without a session id", OLD, SETTLED, .requests = LIST,
	    .steps = { { "initialize", 200, JSON, WELCOME, 0, NULL }, { "notifications/initialized", 202, NULL, NULL, 0, "Mcp-Session-Id" },
	        { "tools/list", 200, JSON, RESULT("\"tools\":[]"), 0, "Mcp-Session-Id" } }, .log = GOOD },
	{ .label = "the handshake as a stream", OLD, SETTLED, .requests = LIST,
	    .steps = { { "initialize", 200, SSE "\nMcp-Session-Id: s-12345678", "id: 1\ndata:\n\n" EVENT(WELCOME), 0, NULL }, ANNOUNCE, OK_LIST }, .log = GOOD },
	{ .label = "initialized is answered 200", OLD, SETTLED, .requests = LIST,
	    .steps = { HELLO, { "initialized", 200, JSON, "{}", 0, NULL }, OK_LIST }, .log = GOOD },
	{ .label = "initialized is refused: a warning", OLD, SETTLED, .requests = LIST,
	    .steps = { HELLO, { "initialized", 400, NULL, NULL, 0, NULL }, OK_LIST },
	    .log = "warning 0 The server did not take a notifications/initialized: HTTP 400\n" GOOD },
	{ .label = "two session ids", OLD, .requests = LIST,
	    .steps = { { "initialize", 200, ID "\nMcp-Session-Id: other", WELCOME, 0, NULL } }, .log = "close 1 \n", .want = MCPASS_E_PROTOCOL, .says = "Mcp-Session-Id" },
	{ .label = "a session id with a space", OLD, .requests = LIST,
	    .steps = { { "initialize", 200, JSON "\nMcp-Session-Id: a b", WELCOME, 0, NULL } }, .log = "close 1 \n", .want = MCPASS_E_PROTOCOL, .says = "Mcp-Session-Id" },
	{ .label = "a session id that is not ASCII", OLD, .requests = LIST,
	    .steps = { { "initialize", 200, JSON "\nMcp-Session-Id: \xc3\xa9", WELCOME, 0, NULL } }, .log = "close 1 \n", .want = MCPASS_E_PROTOCOL, .says = "Mcp-Session-Id" },
	{ .label = "a token during the handshake", OLD, SETTLED, .requests = LIST,
	    .steps = { { "initialize", 401, "WWW-Authenticate: Bearer", NULL, 0, NULL }, HELLO, ANNOUNCE, OK_LIST },
	    .log = "authorize 0 401 Bearer\n" GOOD },
	{ .label = "a token for a request", OLD, SETTLED, .requests = LIST,
	    .steps = { HELLO, ANNOUNCE, { "tools/list\n\"id\":2", 403, "WWW-Authenticate: Bearer x", NULL, 0, NULL }, OK_LIST },
	    .log = "authorize 1 403 Bearer x\n" GOOD },
	{ .label = "404: a new session, the request again", OLD, SETTLED, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, GONE("tools/call"), { "initialize", 200, AGAIN_ID, WELCOME, 0, "Mcp-Session-Id" },
	        { "initialized\nMcp-Session-Id: t-87654321", 202, NULL, NULL, 0, NULL },
	        { "tools/call\nMcp-Session-Id: t-87654321", 200, JSON, RESULT("\"content\":[]"), 0, NULL } }, .log = CALLED },
	{ .label = "404 twice: no", OLD, SETTLED, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, GONE("tools/call"), HELLO, ANNOUNCE, GONE("tools/call") }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "404, and no new session either", OLD, SETTLED, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, GONE("tools/call"), { "initialize", 400, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "404 without a session is just that", OLD, SETTLED, .requests = LIST,
	    .steps = { { "initialize", 200, JSON, WELCOME, 0, NULL }, { "initialized", 202, NULL, NULL, 0, NULL },
	        { "tools/list", 404, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "400 with an error is the request's", OLD, SETTLED, .requests = LIST,
	    .steps = { HELLO, ANNOUNCE, { "tools/list", 400, JSON, ERROR(-32602, ""), 0, NULL } },
	    .log = "error 1 {\"code\":-32602,\"message\":\"no\"}\n" },
	{ .label = "an error", OLD, SETTLED, .requests = LIST,
	    .steps = { HELLO, ANNOUNCE, { "tools/list", 200, JSON, ERROR(-32601, ""), 0, NULL } },
	    .log = "error 1 {\"code\":-32601,\"message\":\"no\"}\n" },
	{ .label = "what a stateless request says of itself is left out", OLD, SETTLED,
	    .requests = { { "tools/list", "{\"_meta\":{\"k\":1,\"io.modelcontextprotocol/clientCapabilities\":{}}}" } },
	    .steps = { HELLO, ANNOUNCE, { "\"params\":{\"_meta\":{\"k\":1}}", 200, JSON, RESULT("\"tools\":[]"), 0, NULL } }, .log = GOOD },
	{ .label = "x-mcp-header means nothing yet", OLD, SETTLED, .requests = LIST,
	    .steps = { HELLO, ANNOUNCE, { "tools/list", 200, JSON, RESULT("\"tools\":[{\"name\":\"a\",\"inputSchema\":{\"x-mcp-header\":1}}]"), 0, NULL } },
	    .log = "result 1 {\"tools\":[{\"name\":\"a\",\"inputSchema\":{\"x-mcp-header\":1}}]}\n" },
	{ .label = "the stream first, then requests", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 200, SSE, NULL, OPEN, "Content-Type" }, OK_CALL }, .log = CALLED },
	{ .label = "the stream is not offered", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 405, NULL, NULL, 0, NULL }, OK_CALL }, .log = CALLED },
	{ .label = "the stream is not found", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 404, "Content-Type: text/html", "<html>", 0, NULL }, OK_CALL }, .log = CALLED },
	{ .label = "the stream is forbidden", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 403, NULL, NULL, 0, NULL }, OK_CALL }, .log = CALLED },
	{ .label = "the stream is no stream", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 200, JSON, "{}", 0, NULL }, OK_CALL }, .log = CALLED },
	{ .label = "the stream wants a token", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 401, NULL, NULL, 0, NULL }, { STREAM, 405, NULL, NULL, 0, NULL }, OK_CALL },
	    .log = "authorize 0 401 \n" CALLED },
	{ .label = "the stream's head is late", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 0, NULL, NULL, SILENT, NULL }, OK_CALL }, .log = "wait 0 2000\n" CALLED },
	{ .label = "the stream cannot be had", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 0, NULL, NULL, SILENT | BROKEN, NULL }, OK_CALL, { STREAM, 405, NULL, NULL, 0, NULL } },
	    .log = CALLED "wait 0 1000\n" },
	{ .label = "the stream is asked for again", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 200, SSE, "id: e1\nretry: 10\ndata:\n\n", 0, "Last-Event-ID" }, OK_CALL,
	        { STREAM "\nLast-Event-ID: e1", 405, NULL, NULL, 0, NULL } }, .log = CALLED "wait 0 10\n" },
	{ .label = "and given up when it brings nothing", OLD, SETTLED, ASKS,  .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 200, SSE, NULL, 0, NULL }, OK_CALL, { STREAM, 200, SSE, NULL, 0, NULL },
	        { STREAM, 200, SSE, NULL, 0, NULL }, { STREAM, 200, SSE, NULL, 0, NULL }, { STREAM, 200, SSE, NULL, 0, NULL }, { STREAM, 200, SSE, NULL, 0, NULL } },
	    .log = CALLED "wait 0 1000\nwait 0 1000\nwait 0 1000\nwait 0 1000\nwait 0 1000\n" },
	{ .label = "a ping on the stream is answered", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}"), OPEN, NULL },
	        { "POST\n" CARRIES "\n{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}", 202, NULL, NULL, 0, NULL }, OK_CALL }, .log = CALLED },
	{ .label = "the server asks during a call", OLD, SETTLED, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { "tools/call", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"elicitation/create\",\"params\":{}}") EVENT(RESULT("\"content\":[]")), 0, NULL } },
	    .log = "message 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"elicitation/create\",\"params\":{}}\n" CALLED },
	{ .label = "a batch", OLD, SETTLED, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { "tools/call", 200, JSON, "[{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}," RESULT("\"content\":[]") "]", 0, NULL } },
	    .log = "message 1 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\n" CALLED },
	{ .label = "a 404 closes the old stream", OLD, SETTLED, ASKS, .requests = CALL,
	    .steps = { HELLO, ANNOUNCE, { STREAM, 200, SSE, NULL, OPEN, NULL }, GONE("tools/call"), { "initialize", 200, AGAIN_ID, WELCOME, 0, NULL },
	        { "initialized\nMcp-Session-Id: t-87654321", 202, NULL, NULL, 0, NULL }, { "GET " URL "\nMcp-Session-Id: t-87654321", 405, NULL, NULL, 0, NULL },
	        { "tools/call\nMcp-Session-Id: t-87654321", 200, JSON, RESULT("\"content\":[]"), 0, NULL } }, .log = "close 3 \n" CALLED },
};

/* The elicitation scenario of the official suite: it is asked on the GET stream while the
 * call waits, and the program's answer is what lets it go on. */
static void test_elicitation(void)
{
	static const struct script script = {
		.label = "elicitation", OLD, ASKS, .requests = CALL,
		.steps = { HELLO, ANNOUNCE, { STREAM, 200, SSE, NULL, OPEN, NULL }, { "tools/call", 0, NULL, NULL, SILENT, NULL },
		    { "POST\n" CARRIES "\n{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"result\":{\"action\":\"accept\"}}", 202, NULL, NULL, 0, NULL } },
	};
	static const char asked[] = EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"elicitation/create\"}");
	static struct bench b;
	struct mcpass_header type = { "Content-Type", "application/json" };

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("until the call waits", pump(&b), MCPASS_OK);
	CHECK_EQ("asked", mcpass_session_data(b.session, b.open, asked, strlen(asked), &b.err), MCPASS_OK);
	CHECK_EQ("told", pump(&b), MCPASS_OK);
	CHECK_EQ("no JSON", mcpass_session_answer(b.session, "{", &b.err), MCPASS_E_USAGE);
	CHECK_EQ("a request", mcpass_session_answer(b.session,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\"}", &b.err), MCPASS_E_USAGE);
	CHECK_EQ("an error without id", mcpass_session_answer(b.session,
	    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"\"}}", &b.err), MCPASS_E_USAGE);
	CHECK_EQ("answered", mcpass_session_answer(b.session,
	    "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"result\":{\"action\":\"accept\"}}", &b.err), MCPASS_OK);
	CHECK_EQ("sent", pump(&b), MCPASS_OK);
	CHECK_EQ("head", mcpass_session_head(b.session, 4, 200, &type, 1, &b.err), MCPASS_OK);
	CHECK_EQ("data", mcpass_session_data(b.session, 4, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}", 36, &b.err), MCPASS_OK);
	CHECK_EQ("end", mcpass_session_end(b.session, 4, 0, &b.err), MCPASS_OK);
	CHECK_EQ("done", pump(&b), MCPASS_OK);
	CHECK_STR("in order", b.log, "message 0 {\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"elicitation/create\"}\nresult 1 {}\n");
	mcpass_session_free(b.session);
}

/* Two requests are out when the session goes: one new session for both, also where there is one
 * already when the second 404 comes. */
static void test_both_expire(bool late)
{
	static const struct script script = {
		.label = "both expire", OLD, .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
		.steps = { HELLO, ANNOUNCE, { "tools/list", 0, NULL, NULL, SILENT, NULL }, { "prompts/list", 0, NULL, NULL, SILENT, NULL },
		    { "initialize", 200, AGAIN_ID, WELCOME, 0, NULL }, { "initialized", 202, NULL, NULL, 0, NULL },
		    { "tools/list\nMcp-Session-Id: t-87654321", 200, JSON, RESULT(""), 0, NULL }, { "prompts/list\nMcp-Session-Id: t-87654321", 200, JSON, RESULT(""), 0, NULL } },
	};
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("both are out", pump(&b), MCPASS_OK);
	for (unsigned e = 3; e <= 4; e++) {
		CHECK_EQ("404", mcpass_session_head(b.session, e, 404, NULL, 0, &b.err), MCPASS_OK);
		CHECK_EQ("404", mcpass_session_end(b.session, e, 0, &b.err), MCPASS_OK);
		if (late || e == 4)
			CHECK_EQ("again", pump(&b), MCPASS_OK);
	}
	CHECK_STR("both", b.log, "result 1 {}\nresult 2 {}\n");
	CHECK("all was asked for", script.steps[b.step].want == NULL);
	mcpass_session_free(b.session);
}

int main(void)
{
	test_both_expire(true);
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t chunk = 0; chunk < 3; chunk++)
			run_script(&rows[i], chunk);
	test_elicitation();
	test_both_expire(false);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
