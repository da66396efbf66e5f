/* Servers of 2024-11-05: asked for last, one stream for all answers, an address to post to. */
#include "base/limits.h"
#include "script.h"

#define LIST { "tools/list", NULL }
#define CALL { "tools/call", "{\"name\":\"t\"}" }
#define MODERN { "POST " URL "\nMCP-Protocol-Version: 2026-07-28", 404, NULL, NULL, 0, NULL }
#define REFUSED { "POST " URL "\n\"method\":\"initialize\"", 405, NULL, NULL, 0, NULL }
#define STREAM(body) { "GET " URL "\nAccept: text/event-stream", 200, SSE, body, OPEN, "MCP-Protocol-Version" }
#define ENDPOINT "event: endpoint\ndata: /messages?s=1\n\n"
#define POSTED(what) { "POST http://h.example/messages?s=1\n" what, 202, "Content-Type: text/plain", "Accepted", 0, "MCP-Protocol-Version" }
#define GREETED POSTED("\"method\":\"initialize\"\n\"protocolVersion\":\"2025-11-25\"")
#define ANNOUNCED POSTED("notifications/initialized")
#define WELCOME RESULT("\"protocolVersion\":\"2024-11-05\",\"capabilities\":{}")
#define DETECT MODERN, REFUSED, STREAM(ENDPOINT), GREETED

/* An event on the stream that is open, in the place of an answer to the last request. */
static enum mcpass_rc hear(struct bench *b, const char *event)
{
	enum mcpass_rc rc = feed_body(b, b->open, event);

	return rc ? rc : pump(b);
}

static const struct script good = { .label = "a server of 2024-11-05", .capabilities = "{\"roots\":{}}", .requests = { LIST, CALL },
	.steps = { DETECT, ANNOUNCED, POSTED("\"method\":\"tools/list\"\n\"id\":4"), POSTED("\"method\":\"tools/call\"\n\"id\":5"),
	    POSTED("\"id\":\"q\",\"result\":{}"), POSTED("notifications/cancelled\n\"requestId\":5") } };

static void test_good(void)
{
	static struct bench b;

	for (size_t chunk = 0; chunk < 3; chunk++) {
		CHECK_EQ("begun", begin(&b, &good, NULL), MCPASS_OK);
		b.chunk = chunk;
		CHECK_EQ("greeted", pump(&b), MCPASS_OK);
		CHECK_EQ("welcome", hear(&b, "event: message\n" EVENT(WELCOME)), MCPASS_OK);
		CHECK_STR("of that revision", mcpass_session_revision(b.session), "2024-11-05");
		CHECK_STR("the server is where it was", mcpass_session_url(b.session), URL);
		CHECK_EQ("pinged", hear(&b, EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"ping\"}")), MCPASS_OK);
		CHECK_EQ("answered", hear(&b, EVENT("{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"tools\":[]}}")), MCPASS_OK);
		CHECK_EQ("another endpoint is too late", hear(&b, "event: endpoint\ndata: /x\n\n"), MCPASS_OK);
		CHECK_EQ("given up", mcpass_session_cancel(b.session, 2, NULL), MCPASS_OK);
		CHECK_EQ("said", pump(&b), MCPASS_OK);
		CHECK_STR("its answer", b.log, "result 1 {\"tools\":[]}\n");
		CHECK("all was asked for", good.steps[b.step].want == NULL);
		mcpass_session_free(b.session);
	}
}

/* What only reads is asked for again, on another stream; a tool may have acted. */
static void test_lost(void)
{
	static const struct script script = { .label = "lost", .requests = { LIST, CALL }, .goes_on = true,
		.steps = { DETECT, ANNOUNCED, POSTED("tools/list"), POSTED("tools/call"), STREAM("event: endpoint\ndata: http://h.example/messages?s=1\n\n"),
		    POSTED("\"method\":\"initialize\"\n\"protocolVersion\":\"2024-11-05\""),
		    ANNOUNCED, POSTED("\"method\":\"tools/list\"\n\"id\":7") } };
	static struct bench b;
	unsigned first;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("greeted", pump(&b), MCPASS_OK);
	CHECK_EQ("welcome", hear(&b, EVENT(WELCOME)), MCPASS_OK);
	first = b.open;
	CHECK_EQ("it ends", mcpass_session_end(b.session, first, MCPASS_SESSION_BROKEN, NULL), MCPASS_OK);
	CHECK_EQ("again", pump(&b), MCPASS_OK);
	CHECK_STR("the tool", b.log, "failed 2 the stream on which the server answers ended\n");
	CHECK("on another one", b.open != first);
	CHECK_EQ("welcome", hear(&b, EVENT(WELCOME)), MCPASS_OK);
	CHECK_EQ("answered", hear(&b, EVENT("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}")), MCPASS_OK);
	CHECK_STR("the list", b.log, "failed 2 the stream on which the server answers ended\nresult 1 {}\n");
	CHECK_EQ("two handshakes", mcpass_session_begun(b.session), 2);
	CHECK("all was asked for", script.steps[b.step].want == NULL);
	mcpass_session_free(b.session);
}

static const struct script rows[] = {
	{ .label = "an endpoint elsewhere", .requests = { LIST }, .steps = { MODERN, REFUSED, STREAM("event: endpoint\ndata: http://other.example/m\n\n") },
	    .log = "close 3 \n", .want = MCPASS_E_POLICY, .says = "another origin" },
	{ .label = "an endpoint that is none", .requests = { LIST }, .steps = { MODERN, REFUSED, STREAM("event: endpoint\ndata: /m#x\n\n") },
	    .log = "close 3 \n", .want = MCPASS_E_PROTOCOL, .says = "endpoint" },
	{ .label = "no endpoint", .requests = { LIST }, .steps = { MODERN, REFUSED, STREAM(EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}")) },
	    .log = "message 0 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}\nwait 0 10000\nclose 3 \n", .want = MCPASS_E_IO, .says = "no endpoint" },
	{ .label = "a stream that ends at once", .requests = { LIST },
	    .steps = { MODERN, REFUSED, { "GET", 200, SSE, ": x\n\n", 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL, .says = "named no endpoint" },
	{ .label = "a page", .requests = { LIST },
	    .steps = { MODERN, REFUSED, { "GET", 200, "Content-Type: text/html", "<p>", 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL, .says = "has no stream of 2024-11-05 (HTTP 200)" },
	{ .label = "it wants a token", .requests = { LIST },
	    .steps = { MODERN, REFUSED, { "GET", 401, "WWW-Authenticate: Bearer x", NULL, 0, NULL }, { "GET", 404, NULL, NULL, 0, NULL } },
	    .log = "authorize 0 401 Bearer x\n", .want = MCPASS_E_PROTOCOL, .says = "(HTTP 404)" },
	{ .label = "not where a reason was given", .requests = { LIST },
	    .steps = { MODERN, { "initialize", 400, JSON, ERROR(-32000, ""), 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "nor after another status", .requests = { LIST },
	    .steps = { MODERN, { "initialize", 410, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL, .says = "nor initialize (HTTP 410)" },
	{ .label = "nor where a revision is insisted on", .revision = "2025-11-25", .requests = { LIST },
	    .steps = { REFUSED }, .log = "", .want = MCPASS_E_PROTOCOL, .says = "does not speak" },
	{ .label = "the handshake is refused there, too", .requests = { LIST },
	    .steps = { MODERN, REFUSED, STREAM(ENDPOINT), { "POST http://h.example/messages?s=1", 404, NULL, NULL, 0, NULL } },
	    .log = "", .want = MCPASS_E_PROTOCOL, .says = "nor initialize (HTTP 404)" },
};

static enum mcpass_rc converse(struct bench *b)
{
	enum mcpass_rc rc;

	rc = begin(b, &good, NULL);
	if (!rc)
		rc = pump(b);
	if (!rc)
		rc = hear(b, EVENT(WELCOME));
	if (!rc)
		rc = hear(b, EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"ping\"}"));
	if (!rc)
		rc = hear(b, EVENT("{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"tools\":[]}}"));
	if (!rc)
		rc = mcpass_session_cancel(b->session, 2, NULL);
	if (!rc)
		rc = pump(b);
	mcpass_session_free(b->session);
	return rc;
}

static void test_memory(void)
{
	static struct bench b;

	OOM_EACH
		CHECK_OOM("every allocation", converse(&b), MCPASS_OK);
}

int main(void)
{
	test_good();
	test_lost();
	for (size_t i = 0; i < COUNT(rows); i++)
		run_script(&rows[i], i % 3);
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
