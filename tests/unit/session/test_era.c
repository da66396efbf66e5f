/* Which form of the protocol the server wants: fallback rows. */
#include "script.h"

#define LIST { { "tools/list", NULL } }
#define OK_LIST { "\"method\":\"tools/list\"", 200, JSON, RESULT("\"tools\":[]"), 0, NULL }
#define MODERN "POST " URL "\nMCP-Protocol-Version: 2026-07-28\nMcp-Method: tools/list\n" \
	"\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"\n" \
	"Accept: application/json, text/event-stream"
#define HELLO(status, headers, body) \
	{ "\"method\":\"initialize\"\n\"protocolVersion\":\"2025-11-25\"\n" \
	"\"clientInfo\":{\"name\":\"tester\",\"version\":\"1\"}", status, headers, body, 0, \
	"MCP-Protocol-Version" }
#define WELCOME(version) RESULT("\"protocolVersion\":\"" version "\",\"capabilities\":{}," \
	"\"serverInfo\":{\"name\":\"s\",\"version\":\"2\"}")
#define NO_STREAM { "GET " URL "\nAccept: text/event-stream", 405, NULL, NULL, 0, "MCP-Protocol-Version" }
#define ANNOUNCE { "notifications/initialized", 202, NULL, NULL, 0, "\"id\"" }
#define LEGACY_LIST { "\"method\":\"tools/list\"", 200, JSON, RESULT("\"tools\":[]"), 0, "Mcp-Method" }
#define HANDSHAKE HELLO(200, JSON, WELCOME("2025-11-25")), ANNOUNCE, LEGACY_LIST
#define GOOD "result 1 {\"tools\":[]}\n"
#define SUPPORTED(list) ERROR(-32022, ",\"data\":{\"supported\":[" list "],\"requested\":\"x\"}")

static const struct script rows[] = {
	{ .label = "a modern server", .requests = LIST,
	    .steps = { { MODERN, 200, JSON, RESULT("\"resultType\":\"complete\",\"tools\":[]"), 0, "Mcp-Session-Id" } },
	    .log = "result 1 {\"resultType\":\"complete\",\"tools\":[]}\n", .settled = "2026-07-28" },
	{ .label = "no resultType is complete", .requests = LIST, .steps = { OK_LIST }, .log = GOOD,
	    .settled = "2026-07-28" },
	{ .label = "400, an old SDK's error", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, ERROR(-32000, ""), 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "400, error without id", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"Missing session ID\"}}", 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "400, empty", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "400, text", .requests = LIST,
	    .steps = { { MODERN, 400, "Content-Type: text/plain", "Bad Request", 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "400, JSON that is no message", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, "{\"error\":\"bad\"}", 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "404, empty", .requests = LIST,
	    .steps = { { MODERN, 404, NULL, NULL, 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "405", .requests = LIST,
	    .steps = { { MODERN, 405, NULL, NULL, 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "422, as one SDK has it", .requests = LIST,
	    .steps = { { MODERN, 422, "Content-Type: text/plain", "expect initialize request", 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "200, not initialized", .requests = LIST,
	    .steps = { { MODERN, 200, JSON, RPC("\"error\":{\"code\":-32602,\"message\":\"Received request before initialization was complete\"}"), 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "200, code 0", .requests = LIST,
	    .steps = { { MODERN, 200, JSON, ERROR(0, ""), 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "200 as a stream, invalid request", .requests = LIST,
	    .steps = { { MODERN, 200, SSE, EVENT(ERROR(-32600, "")), 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "200, not initialized, a tool", .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, RPC("\"error\":{\"code\":0,\"message\":\"invalid during session initialization\"}"), 0, NULL },
	        HELLO(200, JSON, WELCOME("2025-11-25")), ANNOUNCE, { "tools/call", 200, JSON, RESULT("\"tools\":[]"), 0, NULL } },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "200, a tool that may have acted is not called again", .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, ERROR(-32000, ""), 0, NULL } },
	    .log = "error 1 {\"code\":-32000,\"message\":\"no\"}\n" },
	{ .label = "200, whatever it could not initialize", .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 200, JSON, RPC("\"error\":{\"code\":-32603,\"message\":\"database not initialized\"}"), 0, NULL } },
	    .log = "error 1 {\"code\":-32603,\"message\":\"database not initialized\"}\n" },
	{ .label = "200, a failure of an old server", .requests = LIST,
	    .steps = { { MODERN, 200, JSON, ERROR(-32603, ""), 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "200, bad parameters to an old server", .requests = LIST,
	    .steps = { { MODERN, 200, JSON, ERROR(-32602, ""), 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "500 of an old server", .requests = LIST,
	    .steps = { { MODERN, 500, "Content-Type: text/html", "<html>", 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "500 with an error of an old server", .requests = LIST,
	    .steps = { { MODERN, 500, JSON, ERROR(-32603, ""), 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "500 to a tool: it may have acted", .requests = { { "tools/call", "{\"name\":\"t\"}" } },
	    .steps = { { "tools/call", 500, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = "look before you ask again" },
	{ .label = "500 of a server that is known to be new", .known = "2026-07-28", .requests = LIST,
	    .steps = { { MODERN, 500, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "a failure, and no handshake either", .requests = LIST,
	    .steps = { { MODERN, 200, JSON, ERROR(-32603, ""), 0, NULL }, HELLO(500, NULL, NULL) },
	    .log = "error 1 {\"code\":-32603,\"message\":\"no\"}\n", .settled = NULL },
	{ .label = "200, suspicious, but there is no handshake", .requests = LIST,
	    .steps = { { MODERN, 200, JSON, ERROR(-32601, ""), 0, NULL }, HELLO(404, JSON, ERROR(-32601, "")) },
	    .log = "error 1 {\"code\":-32601,\"message\":\"no\"}\n", .settled = "2026-07-28" },
	{ .label = "404 with method not found is modern", .requests = { { "x/y", NULL }, { "tools/list", NULL } },
	    .steps = { { "Mcp-Method: x/y", 404, JSON, ERROR(-32601, ""), 0, NULL }, OK_LIST },
	    .log = "error 1 {\"code\":-32601,\"message\":\"no\"}\nresult 2 {\"tools\":[]}\n", .settled = "2026-07-28" },
	{ .label = "a missing capability is modern", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, ERROR(-32021, ",\"data\":{}"), 0, NULL } },
	    .log = "error 1 {\"code\":-32021,\"message\":\"no\",\"data\":{}}\n", .settled = "2026-07-28" },
	{ .label = "the version is refused, and listed: once more", .requests = LIST,
	    .steps = { { MODERN "\n\"id\":1", 400, JSON, SUPPORTED("\"2026-07-28\""), 0, NULL },
	        { MODERN "\n\"id\":2", 200, JSON, RESULT("\"tools\":[]"), 0, NULL } },
	    .log = GOOD, .settled = "2026-07-28" },
	{ .label = "and not for ever", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, SUPPORTED("\"2026-07-28\""), 0, NULL },
	        { MODERN, 400, JSON, SUPPORTED("\"2026-07-28\""), 0, NULL } },
	    .log = "", .want = MCPASS_E_PROTOCOL, .settled = "2026-07-28" },
	{ .label = "the version is refused for an older one", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, SUPPORTED("\"2025-03-26\",\"2025-06-18\""), 0, NULL },
	        { "\"method\":\"initialize\"\n\"protocolVersion\":\"2025-06-18\"", 200, JSON, WELCOME("2025-06-18"), 0, NULL },
	        { "notifications/initialized\nMCP-Protocol-Version: 2025-06-18", 202, NULL, NULL, 0, NULL }, LEGACY_LIST },
	    .log = GOOD, .settled = "2025-06-18" },
	{ .label = "nothing in common", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, SUPPORTED("\"2030-01-01\""), 0, NULL } },
	    .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "refused without a list", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, ERROR(-32022, ""), 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "401 says nothing about the era", .requests = LIST,
	    .steps = { { MODERN, 401, "WWW-Authenticate: Bearer x=1", NULL, 0, NULL }, OK_LIST },
	    .log = "authorize 1 401 Bearer x=1\n" GOOD, .settled = "2026-07-28" },
	{ .label = "neither does 403", .requests = LIST,
	    .steps = { { MODERN, 403, "WWW-Authenticate: Bearer x=1", "{}", 0, NULL }, OK_LIST },
	    .log = "authorize 1 403 Bearer x=1\n" GOOD, .settled = "2026-07-28" },
	{ .label = "nor 503", .requests = LIST, .steps = { { MODERN, 503, NULL, NULL, 0, NULL } },
	    .log = "", .want = MCPASS_E_IO },
	{ .label = "nor 429", .requests = LIST, .steps = { { MODERN, 429, NULL, NULL, 0, NULL } },
	    .log = "", .want = MCPASS_E_IO },
	{ .label = "an older revision is accepted", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HELLO(200, JSON, WELCOME("2025-03-26")),
	        { "notifications/initialized", 202, NULL, NULL, 0, "MCP-Protocol-Version" }, LEGACY_LIST },
	    .log = GOOD, .settled = "2025-03-26" },
	{ .label = "even the one before streamable HTTP", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HELLO(200, JSON, WELCOME("2024-11-05")), ANNOUNCE, LEGACY_LIST },
	    .log = GOOD, .settled = "2024-11-05" },
	{ .label = "an unknown one is not", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HELLO(200, JSON, WELCOME("2020-01-01")) },
	    .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "nor is a stateless one", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HELLO(200, JSON, WELCOME("2026-07-28")) },
	    .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "neither form", .requests = LIST,
	    .steps = { { MODERN, 404, NULL, NULL, 0, NULL }, HELLO(404, NULL, NULL), NO_STREAM },
	    .log = "", .want = MCPASS_E_PROTOCOL, .says = "(HTTP 404) nor initialize (HTTP 404), and has no stream of 2024-11-05 (HTTP 405)" },
	{ .label = "neither form, and an error that says why", .requests = LIST,
	    .steps = { { MODERN, 404, NULL, NULL, 0, NULL }, HELLO(404, JSON, ERROR(-32601, "")) },
	    .log = "", .want = MCPASS_E_PROTOCOL, .says = "(HTTP 404) nor initialize (HTTP 404): no" },
	{ .label = "the handshake fails with 500", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HELLO(500, JSON, ERROR(-32603, "")) },
	    .log = "", .want = MCPASS_E_IO },
	{ .label = "a handshake with another revision", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HELLO(400, JSON, ERROR(-32602, ",\"data\":{\"supported\":[\"2025-06-18\"]}")),
	        { "\"method\":\"initialize\"\n\"protocolVersion\":\"2025-06-18\"", 200, JSON, WELCOME("2025-06-18"), 0, NULL }, ANNOUNCE, LEGACY_LIST },
	    .log = GOOD, .settled = "2025-06-18" },
	{ .label = "known to be modern: all at once", .known = "2026-07-28",
	    .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
	    .steps = { OK_LIST, { "Mcp-Method: prompts/list", 200, JSON, RESULT("\"prompts\":[]"), 0, NULL } },
	    .log = GOOD "result 2 {\"prompts\":[]}\n", .settled = "2026-07-28" },
	{ .label = "known to be modern, and wrong", .known = "2026-07-28", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HANDSHAKE }, .log = GOOD, .settled = "2025-11-25" },
	{ .label = "known to be old", .known = "2025-06-18", .requests = LIST, .steps = { HANDSHAKE }, .log = GOOD,
	    .settled = "2025-11-25" },
	{ .label = "known to be old, and wrong", .known = "2025-11-25", .requests = LIST,
	    .steps = { HELLO(404, JSON, ERROR(-32601, "")), { MODERN, 200, JSON, RESULT("\"tools\":[]"), 0, NULL } },
	    .log = GOOD, .settled = "2026-07-28" },
	{ .label = "known to be old, and nothing at all", .known = "2025-11-25", .requests = LIST,
	    .steps = { HELLO(400, NULL, NULL), { MODERN, 400, NULL, NULL, 0, NULL }, NO_STREAM },
	    .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "known to be as old as can be", .known = "2024-11-05", .requests = LIST, .steps = { HANDSHAKE }, .log = GOOD,
	    .settled = "2025-11-25" },
	{ .label = "a known revision that we do not know", .known = "2023-01-01", .requests = LIST,
	    .steps = { OK_LIST }, .log = GOOD, .settled = "2026-07-28" },
	{ .label = "fixed: never falls back", .revision = "2026-07-28", .requests = LIST,
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "fixed: an error is an error", .revision = "2026-07-28", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, ERROR(-32000, ""), 0, NULL } },
	    .log = "error 1 {\"code\":-32000,\"message\":\"no\"}\n" },
	{ .label = "fixed: the server wants another", .revision = "2026-07-28", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, SUPPORTED("\"2025-11-25\""), 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL,
	    .says = "we were told to speak 2026-07-28" },
	{ .label = "what is settled is not doubted", .requests = { { "tools/list", NULL }, { "x/y", NULL } },
	    .steps = { OK_LIST, { "x/y", 200, JSON, ERROR(-32601, ""), 0, NULL } },
	    .log = GOOD "error 2 {\"code\":-32601,\"message\":\"no\"}\n", .settled = "2026-07-28" },
	{ .label = "nor by a 400", .requests = { { "tools/list", NULL }, { "x/y", NULL } },
	    .steps = { OK_LIST, { "x/y", 400, JSON, ERROR(-32000, ""), 0, NULL } },
	    .log = GOOD "error 2 {\"code\":-32000,\"message\":\"no\"}\n", .settled = "2026-07-28" },
	{ .label = "fixed: old", .revision = "2025-06-18", .requests = LIST,
	    .steps = { { "\"method\":\"initialize\"\n\"protocolVersion\":\"2025-06-18\"", 200, JSON, WELCOME("2025-06-18"), 0, NULL }, ANNOUNCE, LEGACY_LIST },
	    .log = GOOD, .settled = "2025-06-18" },
	{ .label = "fixed: old, another is answered", .revision = "2025-06-18", .requests = LIST,
	    .steps = { { "\"method\":\"initialize\"", 200, JSON, WELCOME("2025-03-26"), 0, NULL } },
	    .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "fixed: old, refused", .revision = "2025-11-25", .requests = LIST,
	    .steps = { HELLO(400, NULL, NULL) }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "the queue waits for the first", .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
	    .steps = { { MODERN, 400, NULL, NULL, 0, NULL }, HELLO(200, JSON, WELCOME("2025-11-25")), ANNOUNCE, LEGACY_LIST,
	        { "\"method\":\"prompts/list\"", 200, JSON, RESULT("\"prompts\":[]"), 0, NULL } },
	    .log = GOOD "result 2 {\"prompts\":[]}\n", .settled = "2025-11-25" },
	{ .label = "server/discover, old: from the handshake", .requests = { { "server/discover", NULL } },
	    .steps = { { "Mcp-Method: server/discover", 400, NULL, NULL, 0, NULL }, HELLO(200, JSON, WELCOME("2025-11-25")), ANNOUNCE },
	    .log = "result 1 {\"resultType\":\"complete\",\"supportedVersions\":[\"2025-11-25\"],\"capabilities\":{},"
	        "\"ttlMs\":0,\"cacheScope\":\"private\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\",\"version\":\"2\"}}}\n",
	    .settled = "2025-11-25" },
	{ .label = "an error of another request is none", .requests = LIST,
	    .steps = { { MODERN, 400, JSON, "{\"jsonrpc\":\"2.0\",\"id\":77,\"error\":{\"code\":-32021,\"message\":\"x\"}}", 0, NULL }, HANDSHAKE },
	    .log = GOOD, .settled = "2025-11-25" },
	{ .label = "the handshake is answered with an error", .revision = "2025-11-25", .requests = LIST,
	    .steps = { HELLO(200, JSON, ERROR(-32603, "")) }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "nothing asked, nothing sent", .log = "", .steps = { { 0 } } },
};

/* Two are out when the first one finds out that the known era was wrong. */
static void test_both_wrong(void)
{
	static const struct script script = {
		.label = "both wrong", .known = "2026-07-28", .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
		.steps = { { MODERN, 0, NULL, NULL, SILENT, NULL }, { "Mcp-Method: prompts/list", 0, NULL, NULL, SILENT, NULL },
		    HELLO(200, JSON, WELCOME("2025-11-25")), ANNOUNCE, LEGACY_LIST,
		    { "\"method\":\"prompts/list\"", 200, JSON, RESULT("\"prompts\":[]"), 0, "Mcp-Method" } },
	};
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("both are out", pump(&b), MCPASS_OK);
	for (unsigned e = 1; e <= 2; e++) {
		CHECK_EQ("400", mcpass_session_head(b.session, e, 400, NULL, 0, &b.err), MCPASS_OK);
		CHECK_EQ("400", mcpass_session_end(b.session, e, 0, &b.err), MCPASS_OK);
	}
	CHECK_EQ("again", pump(&b), MCPASS_OK);
	CHECK_STR("both", b.log, GOOD "result 2 {\"prompts\":[]}\n");
	CHECK("all was asked for", script.steps[b.step].want == NULL);
	mcpass_session_free(b.session);
}

int main(void)
{
	test_both_wrong();
	for (size_t i = 0; i < COUNT(rows); i++)
		run_script(&rows[i], 0);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
