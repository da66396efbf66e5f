/* Answers that break off. */
#include "script.h"

#define OLD .revision = "2025-11-25", .settled = "2025-11-25"
#define NEW .known = "2026-07-28"
#define CALL { { "tools/call", "{\"name\":\"t\"}" } }
#define LIST { { "tools/list", NULL } }
#define ID JSON "\nMcp-Session-Id: s-12345678"
#define WELCOME RESULT("\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}")
#define BEGIN { "initialize", 200, ID, WELCOME, 0, NULL }, { "notifications/initialized", 202, NULL, NULL, 0, NULL }
#define DONE RESULT("\"content\":[]")
#define GOOD "result 1 {\"content\":[]}\n"
#define RESUME(id) "GET " URL "\nAccept: text/event-stream\nMcp-Session-Id: s-12345678\nLast-Event-ID: " id
#define NOTHING { RESUME("e1"), 200, SSE, NULL, 0, NULL }
#define W "wait 0 1000\n"
#define LEFT_OUT "warning 0 Left out what the server sent: "
#define LOOK "look before you ask again"
#define PRIMED "id: e1\ndata:\n\n"

static const struct script rows[] = {
	{ .label = "no empty line behind the last event", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "data: " DONE "\n", 0, NULL } }, .log = GOOD },
	{ .label = "nor a line end", NEW, .requests = CALL,
	    .steps = { { "tools/call", 200, SSE, "event: message\r\ndata: " DONE, 0, NULL } }, .log = GOOD, .settled = "2026-07-28" },
	{ .label = "nor the second half of one", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "data: " DONE "\r", 0, NULL } }, .log = GOOD },
	{ .label = "the same, and the connection broke", NEW, .requests = CALL,
	    .steps = { { "tools/call", 200, SSE, "data: " DONE "\n", BROKEN, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = LOOK },
	{ .label = "half a message at the end is no event", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED "data: {\"jsonrpc\":\"2.0\",\n", 0, NULL }, { RESUME("e1"), 200, SSE, EVENT(DONE), 0, NULL } },
	    .log = W GOOD },
	{ .label = "an end mark that looks like a batch", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "data: [DONE]\n\n" EVENT(DONE), 0, NULL } },
	    .log = LEFT_OUT "an event of the stream is not JSON: no value at byte 1.\n" GOOD },
	{ .label = "an id that cannot be sent back", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "id: a\x01\n" EVENT(DONE), 0, NULL } }, .log = GOOD },
	{ .label = "sse-retry of the official suite", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "id: event-1\nretry: 500\ndata: \n\n", 0, NULL },
	        { RESUME("event-1"), 200, SSE, "id: event-2\n" EVENT(DONE), 0, NULL } }, .log = "wait 0 500\n" GOOD },
	{ .label = "no time named: a second", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED, BROKEN, NULL }, { RESUME("e1"), 200, SSE, EVENT(DONE), 0, NULL } }, .log = W GOOD },
	{ .label = "polling goes on while events come", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "retry: 0\n" PRIMED, 0, NULL }, { RESUME("e1"), 200, SSE, "id: e2\ndata:\n\n", 0, NULL },
	        { RESUME("e2"), 200, SSE, "id: e3\ndata:\n\n", 0, NULL }, { RESUME("e3"), 200, SSE, "id: e4\ndata:\n\n", 0, NULL },
	        { RESUME("e4"), 200, SSE, "id: e5\ndata:\n\n", 0, NULL }, { RESUME("e5"), 200, SSE, "id: e6\ndata:\n\n", 0, NULL },
	        { RESUME("e6"), 200, SSE, EVENT(DONE), 0, NULL } }, .log = GOOD },
	{ .label = "and ends when none do", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED, 0, NULL }, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING },
	    .log = W W W W W, .want = MCPASS_E_IO },
	{ .label = "connections that fail count too", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED, 0, NULL }, { RESUME("e1"), 0, NULL, NULL, SILENT | BROKEN, NULL },
	        { RESUME("e1"), 200, SSE, EVENT(DONE), 0, NULL } }, .log = W W GOOD },
	{ .label = "a token on the way", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED, 0, NULL }, { RESUME("e1"), 401, NULL, NULL, 0, NULL },
	        { RESUME("e1"), 200, SSE, EVENT(DONE), 0, NULL } }, .log = W "authorize 1 401 \n" GOOD },
	{ .label = "the server does not resume", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED, 0, NULL }, { RESUME("e1"), 405, NULL, NULL, 0, NULL } }, .log = W, .want = MCPASS_E_IO },
	{ .label = "the session is gone", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED, 0, NULL }, { RESUME("e1"), 404, NULL, NULL, 0, NULL } }, .log = W, .want = MCPASS_E_IO },
	{ .label = "gone, but reading is safe", OLD, .requests = LIST,
	    .steps = { BEGIN, { "tools/list", 200, SSE, PRIMED, 0, NULL }, { RESUME("e1"), 404, NULL, NULL, 0, NULL }, BEGIN,
	        { "POST\ntools/list", 200, JSON, DONE, 0, "Last-Event-ID" } }, .log = W W GOOD },
	{ .label = "no event id, a tool", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, ": x\n\n", 0, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "no event id, a list", OLD, .requests = LIST,
	    .steps = { BEGIN, { "tools/list\n\"id\":2", 200, SSE, NULL, BROKEN, NULL }, { "POST\ntools/list\n\"id\":3", 200, JSON, DONE, 0, NULL } }, .log = W GOOD },
	{ .label = "an id that no header carries", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "id: a\001b\ndata:\n\n", 0, NULL } }, .log = "", .says = "the connection ended", .want = MCPASS_E_IO },
	{ .label = "an hour's pause", OLD, .requests = CALL,
	    .steps = { BEGIN, { "tools/call", 200, SSE, "retry: 3600000\n" PRIMED, 0, NULL } }, .log = "", .want = MCPASS_E_LIMIT },
	{ .label = "the answer comes on the resumed stream of another", OLD, .requests = { { "tools/call", "{\"name\":\"t\"}" }, { "tools/list", NULL } },
	    .steps = { BEGIN, { "tools/call", 200, SSE, PRIMED, 0, NULL },
	        { "tools/list", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}") EVENT(RESULT("")), 0, NULL } },
	    .log = GOOD "result 2 {}\n" },
	{ .label = "stateless: no resumption, a tool", NEW, .requests = CALL,
	    .steps = { { "tools/call", 200, SSE, PRIMED, BROKEN, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "stateless: a list again, with a new id", NEW, .settled = "2026-07-28", .requests = LIST,
	    .steps = { { "\"id\":1", 200, SSE, PRIMED, BROKEN, NULL }, { "POST\n\"id\":2", 200, JSON, "{\"json", BROKEN, "Last-Event-ID" },
	        { "POST\n\"id\":3", 200, JSON, DONE, 0, NULL } }, .log = W W GOOD },
	{ .label = "stateless: not for ever", NEW, .requests = LIST,
	    .steps = { { "\"id\":1", 200, SSE, NULL, BROKEN, NULL }, { "\"id\":2", 200, SSE, NULL, 0, NULL }, { "\"id\":3", 200, SSE, NULL, 0, NULL } },
	    .log = W W, .want = MCPASS_E_IO },
	{ .label = "stateless: a body cut short, a tool", NEW, .requests = CALL,
	    .steps = { { "tools/call", 200, JSON, DONE, BROKEN, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "stateless: listening again as long as something comes", NEW, .settled = "2026-07-28", .requests = { { "subscriptions/listen", "{\"notifications\":{}}" } },
	    .steps = { { "\"id\":1", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}"), 0, NULL }, { "\"id\":2", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}"), 0, NULL },
	        { "\"id\":3", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}"), 0, NULL }, { "\"id\":4", 200, SSE, EVENT(DONE), 0, NULL } },
	    .log = "message 1 {\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}\n" W "message 1 {\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}\n" W
	        "message 1 {\"jsonrpc\":\"2.0\",\"method\":\"a/b\"}\n" W GOOD },
	{ .label = "a list, no answer at all: once more", NEW, .settled = "2026-07-28", .requests = LIST,
	    .steps = { { "tools/list\n\"id\":1", 0, NULL, NULL, SILENT | BROKEN, NULL }, { "tools/list\n\"id\":2", 200, JSON, DONE, 0, NULL } }, .log = GOOD },
	{ .label = "a list, no answer at all, twice", NEW, .requests = LIST,
	    .steps = { { "tools/list", 0, NULL, NULL, SILENT | BROKEN, NULL }, { "tools/list", 0, NULL, NULL, SILENT | BROKEN, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "a tool, no answer at all", NEW, .requests = CALL, .steps = { { "tools/call", 0, NULL, NULL, SILENT | BROKEN, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = LOOK },
	{ .label = "initialize, no answer at all", .revision = "2025-11-25", .requests = LIST, .steps = { { "initialize", 0, NULL, NULL, SILENT | BROKEN, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "initialize breaks off", .revision = "2025-11-25", .requests = LIST, .steps = { { "initialize", 200, SSE, ": x\n\n", BROKEN, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "a tool, 502", NEW, .requests = CALL, .steps = { { "tools/call", 502, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = LOOK },
	{ .label = "a tool, 504 with a reason", NEW, .requests = CALL, .steps = { { "tools/call", 504, "Content-Type: application/problem+json", "{\"title\":\"no\",\"detail\":\"upstream is slow\"}", 0, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = LOOK, .says = "HTTP 504: upstream is slow" },
	{ .label = "a tool, 429: it was not carried out", NEW, .requests = CALL, .steps = { { "tools/call", 429, "Content-Type: text/plain", "slow down\n", 0, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = "Try again later", .says = "HTTP 429: slow down" },
	{ .label = "a list, 503", NEW, .requests = LIST, .steps = { { "tools/list", 503, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = "Try again later" },
	{ .label = "a tool, 429 and when to come again: it goes again", NEW, .settled = "2026-07-28", .requests = CALL,
	    .steps = { { "tools/call", 429, "Retry-After: 2", NULL, 0, NULL }, { "tools/call", 200, JSON, DONE, 0, NULL } }, .log = "wait 0 2000\n" GOOD },
	{ .label = "once", NEW, .requests = CALL,
	    .steps = { { "tools/call", 429, "Retry-After: 2", NULL, 0, NULL }, { "tools/call", 429, "Retry-After: 2", NULL, 0, NULL } },
	    .log = "wait 0 2000\n", .want = MCPASS_E_IO, .hints = "Try again later" },
	{ .label = "not after long", NEW, .requests = CALL,
	    .steps = { { "tools/call", 429, "Retry-After: 11", NULL, 0, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = "Try again later" },
	{ .label = "a list, 503 and when to come again", NEW, .settled = "2026-07-28", .requests = LIST,
	    .steps = { { "tools/list", 503, "Retry-After: 1", NULL, 0, NULL }, { "tools/list", 200, JSON, DONE, 0, NULL } }, .log = W GOOD },
	{ .label = "a tool, 503 and when to come again: it may have run", NEW, .requests = CALL,
	    .steps = { { "tools/call", 503, "Retry-After: 1", NULL, 0, NULL } }, .log = "", .want = MCPASS_E_IO, .hints = LOOK },
	{ .label = "initialize, 503 and when to come again", .revision = "2025-11-25", .requests = CALL,
	    .steps = { { "initialize", 503, "Retry-After: 1", NULL, 0, NULL } }, .log = "", .want = MCPASS_E_IO },
	{ .label = "initialize, 429 and when to come again", OLD, .requests = CALL,
	    .steps = { { "initialize", 429, "Retry-After: 1", NULL, 0, NULL }, BEGIN, { "tools/call", 200, JSON, DONE, 0, NULL } }, .log = W GOOD },
	{ .label = "a tool, its answer is no JSON", NEW, .requests = CALL, .steps = { { "tools/call", 200, JSON, "{\"jsonrpc\":", 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL, .hints = LOOK },
	{ .label = "an end mark behind the answer", NEW, .settled = "2026-07-28", .requests = CALL, .steps = { { "tools/call", 200, SSE, EVENT(DONE) "data: [DONE]\n\n", 0, NULL } }, .log = GOOD },
	{ .label = "a heartbeat before it", NEW, .settled = "2026-07-28", .requests = CALL, .steps = { { "tools/call", 200, SSE, "data: ping\n\n" EVENT(DONE), 0, NULL } },
	    .log = LEFT_OUT "an event of the stream is not JSON: no value at byte 0.\n" GOOD },
	{ .label = "half an answer, and the whole one", NEW, .settled = "2026-07-28", .requests = CALL, .steps = { { "tools/call", 200, SSE, "data: {\"jsonrpc\":\"2.0\"\n\n" EVENT(DONE), 0, NULL } },
	    .log = LEFT_OUT "an event of the stream is not JSON: no ',' or '}' at byte 16.\n" GOOD },
	{ .label = "two answers: the first counts", NEW, .settled = "2026-07-28", .requests = CALL, .steps = { { "tools/call", 200, SSE, EVENT(DONE) EVENT(RESULT("\"content\":[1]")), 0, NULL } }, .log = GOOD },
	{ .label = "an event that is no JSON", NEW, .requests = LIST, .steps = { { "tools/list", 200, SSE, "data: hello\n\n", 0, NULL } },
	    .log = LEFT_OUT "an event of the stream is not JSON: no value at byte 0.\n", .says = "no value", .want = MCPASS_E_PROTOCOL },
	{ .label = "an event that is no message", NEW, .requests = LIST, .steps = { { "tools/list", 200, SSE, EVENT("{}"), 0, NULL } },
	    .log = LEFT_OUT "not a JSON-RPC message: jsonrpc is not \"2.0\".\n", .says = "jsonrpc", .want = MCPASS_E_PROTOCOL },
	{ .label = "what follows the answer is ignored", NEW, .settled = "2026-07-28", .requests = LIST,
	    .steps = { { "tools/list", 200, SSE, EVENT(DONE) ": bye\n\n", BROKEN, NULL } }, .log = GOOD },
};

/* The session goes while answers of it are waited for: what only reads is asked again in
 * the new one, and a tool is not. */
static void test_session_gone(const char *method, const char *params, enum mcpass_rc want)
{
	const struct script script = {
		.label = method, OLD, .requests = { { method, params }, { "prompts/list", NULL } },
		.steps = { BEGIN, { method, 200, SSE, "retry: 9000\n" PRIMED, 0, NULL }, { "prompts/list", 404, NULL, NULL, 0, NULL },
		    { "initialize", 200, ID, WELCOME, 0, NULL }, { "notifications/initialized", 202, NULL, NULL, 0, NULL },
		    { "prompts/list", 200, JSON, RESULT(""), 0, NULL }, { method, 200, JSON, RESULT(""), 0, "Last-Event-ID" } }
	};
	static struct bench b;

	CHECK_EQ(method, begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ(method, pump(&b), want);
	CHECK_STR(method, b.log, want ? "" : "result 2 {}\nwait 0 9000\nresult 1 {}\n");
	mcpass_session_free(b.session);
}

/* A silent stream that lived for a while was no failed attempt. */
static void test_long_silence(void)
{
	static const struct script script = {
		.label = "long silence", OLD, .capabilities = "{\"roots\":{}}", .requests = LIST,
		.steps = { BEGIN, { "GET", 200, SSE, NULL, OPEN, NULL }, { "tools/list", 200, JSON, DONE, 0, NULL },
		    { "GET", 200, SSE, NULL, OPEN, NULL }, { "GET", 200, SSE, NULL, OPEN, NULL }, { "GET", 200, SSE, NULL, OPEN, NULL },
		    { "GET", 200, SSE, NULL, OPEN, NULL }, { "GET", 200, SSE, NULL, OPEN, NULL }, { "GET", 200, SSE, NULL, OPEN, NULL } }
	};
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("open", pump(&b), MCPASS_OK);
	for (int i = 0; i < 6; i++) {
		b.now += 60000;
		CHECK_EQ("a proxy ends it", mcpass_session_end(b.session, b.open, 1, &b.err), MCPASS_OK);
		CHECK_EQ("again", pump(&b), MCPASS_OK);
	}
	CHECK_EQ("as often as it ended", b.step, 10);
	mcpass_session_free(b.session);
}

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t chunk = 0; chunk < 20; chunk++)
			run_script(&rows[i], chunk);
	test_long_silence();
	test_session_gone("tools/list", NULL, MCPASS_OK);
	test_session_gone("tools/call", "{\"name\":\"t\"}", MCPASS_E_IO);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
