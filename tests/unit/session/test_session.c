/* The public calls: what they refuse, giving up, notes, memory. */
#include "base/limits.h"
#include "script.h"
#include "session/session.h"

#define NEW .known = "2026-07-28"
#define OLD .revision = "2025-11-25"
#define ID JSON "\nMcp-Session-Id: s-12345678"
#define WELCOME RESULT("\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}")
#define BEGIN { "initialize", 200, ID, WELCOME, 0, NULL }, { "notifications/initialized", 202, NULL, NULL, 0, NULL }
#define CALL { "tools/call", "{\"name\":\"t\",\"arguments\":{\"a\":\"x\"},\"_meta\":{\"k\":1}}" }
#define DONE RESULT("\"content\":[]")

static const struct {
	const char *label, *url, *revision, *capabilities;
	enum mcpass_rc want;
} new_rows[] = {
	{ "the least", URL, NULL, NULL, MCPASS_OK },
	{ "all", "https://h.example/mcp?k=v", "2025-03-26", "{\"roots\":{}}", MCPASS_OK },
	{ "no URL", NULL, NULL, NULL, MCPASS_E_USAGE },
	{ "not http", "file:///etc/passwd", NULL, NULL, MCPASS_E_USAGE },
	{ "a fragment", URL "#x", NULL, NULL, MCPASS_E_USAGE },
	{ "an unknown revision", URL, "2024-11-05", NULL, MCPASS_E_USAGE },
	{ "capabilities are a list", URL, NULL, "[]", MCPASS_E_USAGE },
	{ "capabilities are no JSON", URL, NULL, "{", MCPASS_E_USAGE },
};

static void test_new(void)
{
	struct mcpass_session_config other = { .size = sizeof(other) - 1, .server_url = URL };
	struct mcpass_session *s = NULL;

	for (size_t i = 0; i < COUNT(new_rows); i++) {
		struct mcpass_session_config cfg = { .size = sizeof(cfg), .server_url = new_rows[i].url,
			.revision = new_rows[i].revision, .capabilities = new_rows[i].capabilities };
		struct mcpass_error err = { .rc = MCPASS_E_IO };

		CHECK_EQ(new_rows[i].label, mcpass_session_new(&cfg, &s, &err), new_rows[i].want);
		CHECK(new_rows[i].label, (s != NULL) == (new_rows[i].want == MCPASS_OK));
		CHECK_EQ(new_rows[i].label, err.rc, new_rows[i].want);
		mcpass_session_free(s);
		s = NULL;
	}
	CHECK_EQ("another version", mcpass_session_new(&other, &s, NULL), MCPASS_E_USAGE);
	CHECK_EQ("no configuration", mcpass_session_new(NULL, &s, NULL), MCPASS_E_USAGE);
	mcpass_session_free(NULL);
}

static const struct {
	const char *label, *method, *params;
	enum mcpass_rc want;
} request_rows[] = {
	{ "no parameters", "tools/list", NULL, MCPASS_OK },
	{ "empty parameters", "tools/list", "", MCPASS_OK },
	{ "parameters", "tools/list", " {\"a\":1} ", MCPASS_OK },
	{ "initialize is ours", "initialize", "{}", MCPASS_E_USAGE },
	{ "a notification", "notifications/cancelled", "{}", MCPASS_E_USAGE },
	{ "no method", NULL, NULL, MCPASS_E_USAGE },
	{ "an empty method", "", NULL, MCPASS_E_USAGE },
	{ "a header of its own", "a\r\nX: y", NULL, MCPASS_E_USAGE },
	{ "a space", "tools list", NULL, MCPASS_E_USAGE },
	{ "not ASCII", "caf\xc3\xa9", NULL, MCPASS_E_USAGE },
	{ "a list", "tools/list", "[]", MCPASS_E_USAGE },
	{ "no JSON", "tools/list", "{a:1}", MCPASS_E_USAGE },
	{ "a member twice", "tools/list", "{\"a\":1,\"a\":2}", MCPASS_E_USAGE },
	{ "_meta is no object", "tools/list", "{\"_meta\":1}", MCPASS_E_USAGE },
};

static void test_requests(void)
{
	static const struct script script = { .label = "requests" };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(request_rows); i++) {
		unsigned call = 77;

		CHECK_EQ(request_rows[i].label, mcpass_session_request(b.session, request_rows[i].method,
		    request_rows[i].params, &call, &b.err), request_rows[i].want);
		CHECK(request_rows[i].label, (call == 77) == (request_rows[i].want != MCPASS_OK));
	}
	for (size_t i = 3; i < MP_MAX_CALLS; i++) {
		unsigned call;

		CHECK_EQ("as many", mcpass_session_request(b.session, "ping", NULL, &call, &b.err), MCPASS_OK);
	}
	CHECK_EQ("one too many", mcpass_session_request(b.session, "ping", NULL, &(unsigned){ 0 }, &b.err), MCPASS_E_LIMIT);
	mcpass_session_free(b.session);
}

/* Input that answers nothing. */
static void test_misuse(void)
{
	static const struct script script = { .label = "misuse", NEW, .requests = { CALL },
		.steps = { { "tools/call", 0, NULL, NULL, SILENT, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("no exchange yet", mcpass_session_end(b.session, 1, 0, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("none", mcpass_session_retry(b.session, 0, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("sent", pump(&b), MCPASS_OK);
	CHECK_EQ("not asked for a token", mcpass_session_retry(b.session, 1, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("an answer to nobody", mcpass_session_answer(b.session,
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", &b.err), MCPASS_E_USAGE);
	CHECK_EQ("no such request", mcpass_session_cancel(b.session, 2, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("not failed by that", mcpass_session_cancel(b.session, 1, &b.err), MCPASS_OK);
	CHECK_EQ("twice is fine", mcpass_session_cancel(b.session, 1, &b.err), MCPASS_OK);
	CHECK_EQ("late head", mcpass_session_head(b.session, 1, 200, NULL, 0, &b.err), MCPASS_OK);
	CHECK_EQ("late data", mcpass_session_data(b.session, 1, "x", 1, &b.err), MCPASS_OK);
	CHECK_EQ("late end", mcpass_session_end(b.session, 1, 1, &b.err), MCPASS_OK);
	CHECK_EQ("closed", pump(&b), MCPASS_OK);
	CHECK_STR("and nothing else", b.log, "close 1 \n");
	mcpass_session_free(b.session);

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("sent", pump(&b), MCPASS_OK);
	CHECK_EQ("data without head", mcpass_session_data(b.session, 1, "x", 1, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("the session has failed", mcpass_session_next(b.session, 0, NULL, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("for all calls", mcpass_session_request(b.session, "ping", NULL, NULL, &b.err), MCPASS_E_USAGE);
	mcpass_session_free(b.session);
}

/* Before that revision a closed connection does not cancel. */
static void test_cancel_old(void)
{
	static const struct script script = { .label = "cancel", OLD, .requests = { CALL },
		.steps = { BEGIN, { "tools/call", 0, NULL, NULL, SILENT, NULL },
		    { "\"method\":\"notifications/cancelled\"\n\"requestId\":2\nMcp-Session-Id: s-12345678", 202, NULL, NULL, 0, "\"id\":" } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("sent", pump(&b), MCPASS_OK);
	CHECK_EQ("given up", mcpass_session_cancel(b.session, 1, &b.err), MCPASS_OK);
	CHECK_EQ("said so", pump(&b), MCPASS_OK);
	CHECK_STR("closed", b.log, "close 3 \n");
	CHECK("all was asked for", script.steps[b.step].want == NULL);
	mcpass_session_free(b.session);
}

/* Given up while queued, while a token is fetched, and when the answer lies ready. */
static void test_cancel_times(void)
{
	static const struct script script = { .label = "times", NEW, .requests = { CALL },
		.steps = { { "tools/call", 200, JSON, DONE, 0, NULL } } };
	static const struct script token = { .label = "token", NEW, .requests = { CALL },
		.steps = { { "tools/call", 401, NULL, NULL, 0, NULL } } };
	struct mcpass_session_action a;
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("while queued", mcpass_session_cancel(b.session, 1, &b.err), MCPASS_OK);
	CHECK_EQ("nothing is sent", pump(&b), MCPASS_OK);
	CHECK_EQ("nothing is sent", b.step, 0);
	mcpass_session_free(b.session);

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("to send", mcpass_session_next(b.session, 0, &a, &b.err), MCPASS_OK);
	CHECK_EQ("answered", serve(&b, &a), MCPASS_OK);
	CHECK_EQ("too late, yet in time", mcpass_session_cancel(b.session, 1, &b.err), MCPASS_OK);
	CHECK_EQ("no result", pump(&b), MCPASS_OK);
	CHECK_STR("no result", b.log, "");
	mcpass_session_free(b.session);

	CHECK_EQ("begun", begin(&b, &token, NULL), MCPASS_OK);
	CHECK_EQ("to send", mcpass_session_next(b.session, 0, &a, &b.err), MCPASS_OK);
	CHECK_EQ("401", serve(&b, &a), MCPASS_OK);
	CHECK_EQ("authorize", mcpass_session_next(b.session, 0, &a, &b.err), MCPASS_OK);
	CHECK_EQ("authorize", a.type, MCPASS_SESSION_AUTHORIZE);
	CHECK_EQ("while a token is fetched", mcpass_session_cancel(b.session, 1, &b.err), MCPASS_OK);
	CHECK_EQ("retried all the same", mcpass_session_retry(b.session, a.exchange, &b.err), MCPASS_OK);
	CHECK_EQ("nothing is sent", pump(&b), MCPASS_OK);
	CHECK_STR("nothing to close", b.log, "");
	mcpass_session_free(b.session);
}

/* The probe is given up: another request finds the era out. */
static void test_cancel_probe(void)
{
	static const struct script script = { .label = "probe", .requests = { CALL, { "tools/list", NULL } },
		.steps = { { "tools/call", 0, NULL, NULL, SILENT, NULL }, { "tools/list", 200, JSON, RESULT(""), 0, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("one of two", pump(&b), MCPASS_OK);
	CHECK_EQ("waits", b.step, 1);
	CHECK_EQ("given up", mcpass_session_cancel(b.session, 1, &b.err), MCPASS_OK);
	CHECK_EQ("the other", pump(&b), MCPASS_OK);
	CHECK_STR("the other", b.log, "close 1 \nresult 2 {}\n");
	mcpass_session_free(b.session);
}

static void test_notify(void)
{
	static const struct script old = { .label = "notify", OLD, .requests = { { "tools/list", NULL } },
		.steps = { BEGIN, { "notifications/roots/list_changed\n{\"a\":1}", 202, NULL, NULL, 0, "\"id\":" },
		    { "tools/list", 200, JSON, RESULT(""), 0, NULL } } };
	static const struct script stateless = { .label = "notify", NEW, .requests = { { "tools/list", NULL } },
		.steps = { { "tools/list", 200, JSON, RESULT(""), 0, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &old, NULL), MCPASS_OK);
	CHECK_EQ("queued", mcpass_session_notify(b.session, "notifications/roots/list_changed", "{\"a\":1}", &b.err), MCPASS_OK);
	CHECK_EQ("a request", mcpass_session_notify(b.session, "tools/list", NULL, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("ours", mcpass_session_notify(b.session, "notifications/initialized", NULL, &b.err), MCPASS_E_USAGE);
	CHECK_EQ("no JSON", mcpass_session_notify(b.session, "notifications/x", "{", &b.err), MCPASS_E_USAGE);
	CHECK_EQ("after the handshake", pump(&b), MCPASS_OK);
	CHECK("all was asked for", old.steps[b.step].want == NULL);
	mcpass_session_free(b.session);

	CHECK_EQ("begun", begin(&b, &stateless, NULL), MCPASS_OK);
	CHECK_EQ("queued", mcpass_session_notify(b.session, "notifications/x", NULL, &b.err), MCPASS_OK);
	CHECK_EQ("left out", pump(&b), MCPASS_OK);
	CHECK_STR("left out", b.log, "result 1 {}\n");
	mcpass_session_free(b.session);
}

static void note(void *ctx, const struct mcpass_note *note)
{
	struct bench *b = ctx;
	size_t len = strlen(b->log);

	len += (size_t)snprintf(b->log + len, sizeof(b->log) - len, "%s [%s]", note->what, note->spec ? note->spec : "");
	for (size_t i = 0; i < note->fact_count; i++)
		len += (size_t)snprintf(b->log + len, sizeof(b->log) - len, " %s=%s", note->facts[i].name, note->facts[i].value);
	snprintf(b->log + len, sizeof(b->log) - len, "\n");
}

static void test_trace(void)
{
	static const struct script script = { .label = "trace", .requests = { { "tools/list", NULL } },
		.steps = { { "tools/list", 400, NULL, NULL, 0, NULL }, BEGIN, { "tools/list", 200, SSE, "id: e\nretry: 0\ndata:\n\n", 0, NULL },
		    { "GET", 200, SSE, EVENT(RESULT("")), 0, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, note), MCPASS_OK);
	CHECK_EQ("done", pump(&b), MCPASS_OK);
	CHECK_STR("told", b.log,
	    "Sent the request [MCP streamable HTTP, Request Metadata] HTTP=POST http://h.example/mcp method=tools/list MCP-Protocol-Version=2026-07-28\n"
	    "The server answered [] status=400 method=tools/list\n"
	    "The answer is not one of 2026-07-28: trying the handshake of the revisions before it [MCP streamable HTTP, Backward Compatibility]\n"
	    "Asked the server for a handshake [MCP 2025-11-25 lifecycle, Initialization] HTTP=POST http://h.example/mcp method=initialize\n"
	    "The server answered [] status=200 Content-Type=application/json method=initialize\n"
	    "The server wants a handshake and a session [MCP versioning]\n"
	    "Told the server that the handshake is complete [MCP 2025-11-25 transports, Sending Messages to the Server] HTTP=POST http://h.example/mcp MCP-Protocol-Version=2025-11-25 Mcp-Session-Id=s-12...\n"
	    "The server answered [] status=202\n"
	    "Sent a request within the session [MCP 2025-11-25 transports, Sending Messages to the Server] HTTP=POST http://h.example/mcp method=tools/list MCP-Protocol-Version=2025-11-25 Mcp-Session-Id=s-12...\n"
	    "The server answered [] status=200 Content-Type=text/event-stream method=tools/list\n"
	    "Asked for the rest of an answer that broke off [MCP 2025-11-25 transports, Resumability and Redelivery] HTTP=GET http://h.example/mcp method=tools/list MCP-Protocol-Version=2025-11-25 Mcp-Session-Id=s-12... Last-Event-ID=e\n"
	    "The server answered [] status=200 Content-Type=text/event-stream method=tools/list\n"
	    "result 1 {}\n");
	mcpass_session_free(b.session);
}

static void test_trace_stream(void)
{
	static const struct script script = { .label = "trace", OLD, .capabilities = "{\"roots\":{}}", .requests = { { "tools/list", NULL } },
		.steps = { BEGIN, { "GET", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"), OPEN, NULL },
		    { "\"result\":{}", 202, NULL, NULL, 0, NULL }, { "tools/list", 200, JSON, RESULT(""), 0, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, note), MCPASS_OK);
	CHECK_EQ("done", pump(&b), MCPASS_OK);
	CHECK_HAS("the stream", b.log, "Opened the stream on which the server may ask "
	    "[MCP 2025-11-25 transports, Listening for Messages from the Server] HTTP=GET http://h.example/mcp");
	CHECK_HAS("the pong", b.log, "Sent the server a notification or an answer [");
	mcpass_session_free(b.session);
}

static void test_trace_secrets(void)
{
	const struct mcpass_session_config cfg = { .size = sizeof(cfg), .server_url = URL "?key=secret",
		.known_revision = "2026-07-28", .trace = note };
	struct mcpass_session_config with = cfg;
	struct mcpass_session_action a;
	static struct bench b;

	memset(&b, 0, sizeof(b));
	with.trace_ctx = &b;
	CHECK_EQ("begun", mcpass_session_new(&with, &b.session, &b.err), MCPASS_OK);
	CHECK_EQ("asked", mcpass_session_request(b.session, "tools/call", "{\"name\":\"t\",\"arguments\":{\"p\":\"secret\"}}",
	    &(unsigned){ 0 }, &b.err), MCPASS_OK);
	CHECK_EQ("sent", mcpass_session_next(b.session, 0, &a, &b.err), MCPASS_OK);
	CHECK_STR("sent there", a.url, URL "?key=secret");
	CHECK("told without", strstr(b.log, "secret") == NULL && strstr(b.log, URL "?...") != NULL);
	mcpass_session_free(b.session);
}

/* Whole conversations, once per allocation that fails. */
static const struct script memory_rows[] = {
	{ .label = "from the new form to the old", .capabilities = "{\"roots\":{}}", .requests = { CALL },
	    .steps = { { "tools/call", 401, "WWW-Authenticate: Bearer", NULL, 0, NULL }, { "tools/call", 400, JSON, ERROR(-32000, ""), 0, NULL }, BEGIN,
	        { "GET", 200, SSE, "id: g\n" EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}") EVENT("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"roots/list\"}"), OPEN, NULL },
	        { "\"result\":{}", 500, NULL, NULL, 0, NULL },
	        { "tools/call", 404, NULL, NULL, 0, NULL }, { "initialize", 307, "Location: /mcp/", NULL, 0, NULL }, BEGIN, { "GET", 405, NULL, NULL, 0, NULL },
	        { "tools/call", 200, SSE, "id: e\ndata:\n\n" EVENT("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}"), BROKEN, NULL } } },
	{ .label = "tools with headers", .requests = { { "tools/list", NULL }, CALL },
	    .steps = { { "tools/list", 400, JSON, ERROR(-32022, ",\"data\":{\"supported\":[\"2026-07-28\"]}"), 0, NULL },
	        { "tools/list", 200, JSON, RESULT("\"tools\":[{\"name\":\"t\",\"inputSchema\":{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}},"
	            "{\"name\":\"u\",\"inputSchema\":{\"properties\":{\"a\":{\"x-mcp-header\":\"A\"}}}}]"), 0, NULL },
	        { "tools/call", 400, JSON, ERROR(-32020, ""), 0, NULL }, { "tools/list", 200, JSON, RESULT("\"tools\":[],\"nextCursor\":\"c\""), 0, NULL },
	        { "tools/list", 200, JSON, RESULT("\"tools\":[{\"name\":\"t\",\"inputSchema\":{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}}]"), 0, NULL },
	        { "tools/call", 200, SSE, EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}") EVENT(DONE), 0, NULL } } },
	{ .label = "suspicion, and discover", .requests = { { "server/discover", NULL } },
	    .steps = { { "server/discover", 200, JSON, ERROR(0, ""), 0, NULL }, { "initialize", 400, JSON, ERROR(-32602, ",\"data\":{\"supported\":[\"2025-06-18\"]}"), 0, NULL },
	        { "initialize", 200, JSON, RESULT("\"protocolVersion\":\"2025-06-18\""), 0, NULL }, { "initialized", 202, NULL, NULL, 0, NULL } } },
	{ .label = "suspicion, in vain", .requests = { { "tools/list", NULL } },
	    .steps = { { "tools/list", 200, JSON, ERROR(0, ""), 0, NULL }, { "initialize", 400, JSON, ERROR(-32601, ""), 0, NULL } } },
	{ .label = "nothing in common", .requests = { { "tools/list", NULL } }, .want = MCPASS_E_PROTOCOL,
	    .steps = { { "tools/list", 400, JSON, ERROR(-32022, ",\"data\":{\"supported\":[\"x\"]}"), 0, NULL } } },
};

static enum mcpass_rc converse(struct bench *b, const struct script *script, size_t chunk)
{
	enum mcpass_rc rc;

	rc = begin(b, script, NULL);
	b->chunk = chunk;
	/* The end of the script is the end: what would still be sent is not asked for. */
	while (!rc && (b->step == 0 || script->steps[b->step].want != NULL)) {
		struct mcpass_session_action a = { .type = MCPASS_SESSION_IDLE };

		rc = mcpass_session_next(b->session, b->now, &a, &b->err);
		if (!rc)
			rc = a.type == MCPASS_SESSION_SEND ? serve(b, &a) : tell(b, &a);
		if (!rc && a.type == MCPASS_SESSION_IDLE)
			break;
	}
	if (!rc && script->want)        /* which comes of the last answer */
		rc = pump(b);
	if (!rc)
		rc = mcpass_session_cancel(b->session, 1, &b->err);
	mcpass_session_free(b->session);
	return rc;
}

static void test_memory(void)
{
	static struct bench b;

	for (size_t i = 0; i < COUNT(memory_rows); i++) {
		OOM_EACH
			CHECK_OOM(memory_rows[i].label, converse(&b, &memory_rows[i], 1 + i * 4),
			    memory_rows[i].want);
		CHECK(memory_rows[i].label, oom_count() > 29);
		CHECK(memory_rows[i].label, memory_rows[i].steps[b.step].want == NULL);
	}
}

static void test_batch(void)
{
	static const struct script script = { .label = "batch", OLD, .requests = { CALL },
		.steps = { BEGIN, { "tools/call", 200, SSE, NULL, OPEN, NULL } } };
	static const char message[] = "{\"jsonrpc\":\"2.0\",\"method\":\"a\"},";
	static char event[MP_MAX_ITEMS * sizeof(message) + 64];
	static struct bench b;

	for (int more = 0; more < 2; more++) {
		strcpy(event, "data: [");
		for (int i = 0; i < MP_MAX_ITEMS + more; i++)
			strcat(event, message);
		strcpy(event + strlen(event) - 1, "]\n\n");
		CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
		CHECK_EQ("open", pump(&b), MCPASS_OK);
		CHECK_EQ("fed", mcpass_session_data(b.session, b.open, event, strlen(event), &b.err), MCPASS_OK);
		CHECK_EQ("a batch has an end", pump(&b), more ? MCPASS_E_LIMIT : MCPASS_OK);
		mcpass_session_free(b.session);
	}
}

/* A program that does not read, or not fast enough, slows the server: nothing is lost. */
static void test_flood(void)
{
	static const struct script script = { .label = "flood", NEW, .requests = { CALL },
		.steps = { { "tools/call", 200, SSE, NULL, OPEN, NULL } } };
	static const char event[] = EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}");
	enum { EVENTS = 70000 };
	size_t len = strlen(event), room = EVENTS * len;
	char *burst = malloc(room);
	static struct bench b;

	for (size_t i = 0; i < EVENTS; i++)
		memcpy(burst + i * len, event, len);
	for (size_t chunk = room; chunk >= len; chunk = chunk == room ? len : 0) {
		struct mcpass_session_action a;
		size_t seen = 0, most = 0;

		CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
		CHECK_EQ("open", pump(&b), MCPASS_OK);
		CHECK_EQ("not full", mcpass_session_full(b.session, b.open), 0);
		for (size_t at = 0; at < room; at += chunk)
			CHECK_EQ("a flood is no failure", mcpass_session_data(b.session, b.open, burst + at, chunk, &b.err), MCPASS_OK);
		CHECK_EQ("full", mcpass_session_full(b.session, b.open), 1);
		most = mp_test_live_blocks();
		CHECK("memory is bounded", most < 4 * MP_ENOUGH_ACTIONS);
		CHECK_EQ("ended", mcpass_session_end(b.session, b.open, 0, &b.err), MCPASS_OK);
		while (mcpass_session_next(b.session, 0, &a, NULL) == MCPASS_OK && a.type == MCPASS_SESSION_MESSAGE)
			seen++;
		CHECK_EQ("each is told", seen, EVENTS);
		CHECK_EQ("then the end", a.type, MCPASS_SESSION_FAILED);
		CHECK_EQ("and not full", mcpass_session_full(b.session, b.open), 0);
		mcpass_session_free(b.session);
	}
	free(burst);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
}

/* What never asks is bounded all the same, and only its own request ends. */
static void test_flood_unasked(void)
{
	static const struct script script = { .label = "unasked", NEW, .requests = { CALL },
		.steps = { { "tools/call", 200, SSE, NULL, OPEN, NULL } } };
	static const char event[] = EVENT("{\"jsonrpc\":\"2.0\",\"method\":\"a\"}");
	enum { CHUNK = 1024 * 1024 };
	char *chunk = malloc(CHUNK);
	struct mcpass_session_action a;
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("open", pump(&b), MCPASS_OK);
	for (size_t i = 0; i < MP_ENOUGH_ACTIONS; i++)
		CHECK_EQ("fed", mcpass_session_data(b.session, b.open, event, strlen(event), NULL), MCPASS_OK);
	memset(chunk, ':', CHUNK);
	for (size_t i = 0; i <= MP_MAX_MESSAGE / CHUNK; i++)
		CHECK_EQ("the session goes on", mcpass_session_data(b.session, b.open, chunk, CHUNK, NULL), MCPASS_OK);
	do
		CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
	while (a.type == MCPASS_SESSION_MESSAGE);
	CHECK_EQ("closed", a.type, MCPASS_SESSION_CLOSE);
	CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
	CHECK_EQ("one request", a.type, MCPASS_SESSION_FAILED);
	CHECK_EQ("has an end", a.error->rc, MCPASS_E_LIMIT);
	mcpass_session_free(b.session);
	free(chunk);
}

/* Large answers come one after the other; one that stands still does not hold the others. */
static void test_large_answers(void)
{
	static const struct script script = { .label = "large", NEW, .requests = { CALL, CALL, CALL } };
	const struct mcpass_header type = { "Content-Type", "application/json" };
	enum { HALF = MP_ENOUGH_HELD / 2 };
	char *part = calloc(1, HALF);
	struct mcpass_session_action a;
	static struct bench b;

	memset(part, ' ', HALF);
	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	for (unsigned i = 1; i <= 3; i++) {
		CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
		CHECK_EQ("sent", a.type, MCPASS_SESSION_SEND);
		CHECK_EQ("head", mcpass_session_head(b.session, i, 200, &type, 1, NULL), MCPASS_OK);
		CHECK_EQ("room for all", mcpass_session_full(b.session, i), 0);
		CHECK_EQ("half", mcpass_session_data(b.session, i, part, i == 2 ? HALF : HALF / 2 + 1, NULL), MCPASS_OK);
	}
	for (unsigned i = 1; i <= 3; i++)
		CHECK_EQ("the largest goes on", mcpass_session_full(b.session, i), i != 2);
	CHECK_EQ("next", mcpass_session_next(b.session, 5, &a, NULL), MCPASS_OK);
	CHECK_EQ("a look later", a.type, MCPASS_SESSION_WAIT);
	CHECK_EQ("in a second", a.until, 5 + MP_STALLED_MS);
	CHECK_EQ("next", mcpass_session_next(b.session, MP_STALLED_MS, &a, NULL), MCPASS_OK);
	CHECK_EQ("more", mcpass_session_data(b.session, 3, part, 1, NULL), MCPASS_OK);
	for (unsigned i = 1; i <= 3; i++)
		CHECK_EQ("the one that moves", mcpass_session_full(b.session, i), i != 3);
	CHECK_EQ("gone", mcpass_session_end(b.session, 2, MCPASS_SESSION_BROKEN, NULL), MCPASS_OK);
	for (unsigned i = 1; i <= 3; i++)
		CHECK_EQ("room again", mcpass_session_full(b.session, i), 0);
	mcpass_session_free(b.session);
	free(part);
}

/* An answer that says how long it is gets all of its room when it comes, not when it is announced:
 * of many that wait for their turn each would take what one needs. */
static void test_room(void)
{
	static const struct script script = { .label = "room", NEW, .requests = { CALL } };
	enum { WHOLE = 1000000, PART = 16384 };
	const struct mcpass_header head[] = { { "Content-Type", "application/json" },
		{ "Content-Length", "1000000" } };
	const struct mp_exchange *e;
	char *part = calloc(1, PART);
	struct mcpass_session_action a;
	static struct bench b;

	memset(part, ' ', PART);
	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
	CHECK_EQ("head", mcpass_session_head(b.session, 1, 200, head, 2, NULL), MCPASS_OK);
	CHECK_EQ("a part", mcpass_session_data(b.session, 1, part, PART, NULL), MCPASS_OK);
	e = mp_exchange_by_number(b.session, 1);
	CHECK("little for a part", e->text.room <= 2 * PART);
	for (int i = 0; i < 5; i++)
		CHECK_EQ("more", mcpass_session_data(b.session, 1, part, PART, NULL), MCPASS_OK);
	CHECK("and then all at once", e->text.room >= WHOLE && e->text.room < WHOLE + PART);
	mcpass_session_free(b.session);
	free(part);
}

/* A thousand under way: each is found, in whatever order they are answered. */
static void test_many(void)
{
	static const struct script script = { .label = "many", NEW };
	const struct mcpass_header type = { "Content-Type", "application/json" };
	enum { MANY = MP_MAX_CALLS };
	struct mcpass_session_action a;
	static struct bench b;
	char body[128];

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_EQ("asked", mcpass_session_request(b.session, "ping", NULL, &(unsigned){ 0 }, NULL), MCPASS_OK);
	for (unsigned i = 1; i <= MANY; i++) {
		CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
		CHECK("in order", a.type == MCPASS_SESSION_SEND && a.exchange == i);
	}
	for (unsigned k = 0; k < MANY; k++) {
		unsigned i = (k * 515u) % MANY + 1;

		snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":%u,\"result\":{\"n\":%u}}", i, i);
		CHECK_EQ("head", mcpass_session_head(b.session, i, 200, &type, 1, NULL), MCPASS_OK);
		CHECK_EQ("data", mcpass_session_data(b.session, i, body, strlen(body), NULL), MCPASS_OK);
		CHECK_EQ("end", mcpass_session_end(b.session, i, 0, NULL), MCPASS_OK);
		CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
		snprintf(body, sizeof(body), "{\"n\":%u}", i);
		CHECK_EQ("its own", a.call, i);
		CHECK_STR("answer", a.body, body);
	}
	CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
	CHECK_EQ("all", a.type, MCPASS_SESSION_IDLE);
	mcpass_session_free(b.session);
}

int main(void)
{
	test_new();
	test_requests();
	test_misuse();
	test_cancel_old();
	test_cancel_times();
	test_cancel_probe();
	test_notify();
	test_trace();
	test_trace_stream();
	test_trace_secrets();
	test_memory();
	test_batch();
	test_flood();
	test_flood_unasked();
	test_large_answers();
	test_room();
	test_many();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
