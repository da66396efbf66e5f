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

static const struct script good = { .label = "a server of 2024-11-05", .is_held = true, .capabilities = "{\"roots\":{}}", .requests = { LIST, CALL },
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
	static const struct script script = { .label = "lost", .is_held = true, .requests = { LIST, CALL }, .goes_on = true,
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

#define SILENT_STREAM "the server took initialize, and its stream brought no answer in time"
#define LATE(what) "failed " what ", and its stream brought no answer in time\n"
#define NOTE(method) EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"" method "\"}")

/* It takes each request, and then says nothing: what the HTTP layer bounds elsewhere. */
static const struct {
	struct script script;
	const char *event;      /* that comes while it waits, or NULL */
	int64_t until;          /* the answer is late from then on, not before; 0: never */
} late_rows[] = {
	{ { .label = "a list", .requests = { LIST }, .steps = { DETECT, ANNOUNCED, POSTED("tools/list"), POSTED("notifications/cancelled\n\"requestId\":4") },
	    .log = LATE("1 the server took tools/list") }, NULL, 60000 },
	{ { .label = "a list, with a limit", .answer_ms = 3000, .requests = { LIST }, .steps = { DETECT, ANNOUNCED, POSTED("tools/list"), POSTED("notifications/cancelled") },
	    .log = LATE("1 the server took tools/list") }, NULL, 3000 },
	{ { .label = "a call, with a limit", .answer_ms = 3000, .requests = { CALL }, .steps = { DETECT, ANNOUNCED, POSTED("tools/call"), POSTED("notifications/cancelled") },
	    .log = LATE("1 the server took tools/call") }, NULL, 3000 },
	{ { .label = "a call, without", .requests = { CALL }, .steps = { DETECT, ANNOUNCED, POSTED("tools/call") }, .log = "" }, NULL, 0 },
	{ { .label = "a comment is no answer", .answer_ms = 3000, .requests = { CALL }, .steps = { DETECT, ANNOUNCED, POSTED("tools/call"), POSTED("notifications/cancelled") },
	    .log = LATE("1 the server took tools/call") }, ": x\n\n", 3000 },
	{ { .label = "nor is news of something else", .answer_ms = 3000, .requests = { CALL }, .steps = { DETECT, ANNOUNCED, POSTED("tools/call"), POSTED("notifications/cancelled") },
	    .log = "message 0 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}\n" LATE("1 the server took tools/call") },
	    NOTE("notifications/tools/list_changed"), 3000 },
	{ { .label = "progress is", .answer_ms = 3000, .requests = { CALL }, .steps = { DETECT, ANNOUNCED, POSTED("tools/call") },
	    .log = "message 0 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n" }, NOTE("notifications/progress"), 0 },
	{ { .label = "a list does not take work", .answer_ms = 3000, .requests = { LIST }, .steps = { DETECT, ANNOUNCED, POSTED("tools/list"), POSTED("notifications/cancelled") },
	    .log = "message 0 {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n" LATE("1 the server took tools/list") },
	    NOTE("notifications/progress"), 3000 },
	{ { .label = "what began to come may come", .answer_ms = 3000, .requests = { LIST }, .steps = { DETECT, ANNOUNCED, POSTED("tools/list"), POSTED("notifications/cancelled") },
	    .log = LATE("1 the server took tools/list") }, "data: {", 5000 },
};

/* Time passes to just before that moment, and then to it. */
static void pass(struct bench *b, const char *label, int64_t from, int64_t until)
{
	b->now = from + (until > 0 ? until - 1 : 86400000);
	CHECK_EQ(label, pump(b), MCPASS_OK);
	CHECK(label, strstr(b->log, "failed") == NULL);
	b->now = until > 0 ? from + until : b->now;
	CHECK_EQ(label, pump(b), MCPASS_OK);
}

static void test_late(void)
{
	static struct bench b;

	for (size_t i = 0; i < COUNT(late_rows); i++) {
		struct script script = late_rows[i].script;
		int64_t from;

		script.goes_on = script.is_held = true;
		CHECK_EQ(script.label, begin(&b, &script, NULL), MCPASS_OK);
		CHECK_EQ(script.label, pump(&b), MCPASS_OK);
		CHECK_EQ(script.label, hear(&b, EVENT(WELCOME)), MCPASS_OK);
		from = b.now;
		b.now += 2000;
		CHECK_EQ(script.label, pump(&b), MCPASS_OK);
		if (late_rows[i].event != NULL)
			CHECK_EQ(script.label, hear(&b, late_rows[i].event), MCPASS_OK);
		pass(&b, script.label, from, late_rows[i].until);
		CHECK_STR(script.label, b.log, script.log);
		CHECK(script.label, script.steps[b.step].want == NULL);
		mcpass_session_free(b.session);
	}
}

/* Its stream is another connection: a question may come before the 202 of the request it is about. */
static void test_question_before_accepted(void)
{
	static const struct script script = { .label = "a question", .answer_ms = 3000, .requests = { CALL }, .goes_on = true, .is_held = true,
		.steps = { DETECT, ANNOUNCED, { "tools/call", 0, NULL, NULL, SILENT, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("greeted", pump(&b), MCPASS_OK);
	CHECK_EQ("welcome", hear(&b, EVENT(WELCOME)), MCPASS_OK);
	CHECK_EQ("asked", hear(&b, EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"elicitation/create\"}")), MCPASS_OK);
	CHECK_EQ("accepted", mcpass_session_head(b.session, 6, 202, NULL, 0, NULL), MCPASS_OK);
	CHECK_EQ("all of it", mcpass_session_end(b.session, 6, 0, NULL), MCPASS_OK);
	b.now += 86400000;
	CHECK_EQ("a person types", pump(&b), MCPASS_OK);
	CHECK("it waits for them", strstr(b.log, "failed") == NULL);
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
	{ .label = "no answer to initialize", .requests = { LIST }, .steps = { MODERN, REFUSED, STREAM(ENDPOINT), GREETED },
	    .log = "wait 0 60000\nclose 3 \n", .want = MCPASS_E_IO, .says = SILENT_STREAM },
	{ .label = "nor in the time that is given", .answer_ms = 3000, .requests = { LIST }, .steps = { MODERN, REFUSED, STREAM(ENDPOINT), GREETED },
	    .log = "wait 0 3000\nclose 3 \n", .want = MCPASS_E_IO, .says = SILENT_STREAM, .hints = "Try again later." },
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

static enum mcpass_rc be_late(struct bench *b)
{
	struct script script = late_rows[0].script;
	enum mcpass_rc rc;

	script.goes_on = script.is_held = true;
	rc = begin(b, &script, NULL);
	if (!rc)
		rc = pump(b);
	if (!rc)
		rc = hear(b, EVENT(WELCOME));
	b->now += 60000;
	if (!rc)
		rc = pump(b);
	mcpass_session_free(b->session);
	return rc;
}

static void test_memory(void)
{
	static struct bench b;

	OOM_EACH
		CHECK_OOM("every allocation of an answer that is late", be_late(&b), MCPASS_OK);

	OOM_EACH
		CHECK_OOM("every allocation", converse(&b), MCPASS_OK);
}

int main(void)
{
	test_good();
	test_lost();
	test_late();
	test_question_before_accepted();
	for (size_t i = 0; i < COUNT(rows); i++)
		run_script(&rows[i], i % 3);
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
