/* One bad answer is one bad answer: what else is under way is answered all the same. */
#include "script.h"

#define NEW .known = "2026-07-28"
#define OLD .revision = "2025-11-25", .settled = "2025-11-25"
#define TWO { { "tools/call", "{\"name\":\"a\"}" }, { "tools/call", "{\"name\":\"b\"}" } }
#define LIST { { "tools/list", NULL } }
#define WELCOME RESULT("\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}")
#define ID JSON "\nMcp-Session-Id: s-12345678"
#define HELLO { "initialize", 200, JSON, WELCOME, 0, NULL }
#define ANNOUNCE { "notifications/initialized", 202, NULL, NULL, 0, NULL }
#define DONE RESULT("\"content\":[]")
#define GOOD "{\"content\":[]}\n"
#define OK_LIST { "tools/list", 200, JSON, DONE, 0, NULL }

/* How the first of two answers goes wrong. */
static const struct {
	const char *label;
	int status;
	const char *type, *body;
	int broken;
	enum mcpass_rc want;
	const char *says, *hints;
} bad_rows[] = {
	{ "503", 503, "text/html", "busy", 0, MCPASS_E_IO, "HTTP 503", "look before" },
	{ "no answer", 0, NULL, NULL, MCPASS_SESSION_BROKEN, MCPASS_E_IO, "no answer to tools/call", "look before" },
	{ "not in time", 0, NULL, NULL, MCPASS_SESSION_LATE, MCPASS_E_IO, "no answer to tools/call", "look before" },
	{ "no connection", 0, NULL, NULL, MCPASS_SESSION_UNSENT, MCPASS_E_IO, "no answer to tools/call", "" },
	{ "one bad event", 200, "text/event-stream", "data: {not json}\n\n", 0, MCPASS_E_PROTOCOL, "left out was", "look before" },
	{ "a stream that breaks off", 200, "text/event-stream", ": x\n\n", MCPASS_SESSION_BROKEN, MCPASS_E_IO, "connection ended", "look before" },
	{ "a page", 200, "text/html", "<p>", 0, MCPASS_E_PROTOCOL, "not an MCP endpoint", "Check the URL" },
	{ "no JSON", 200, "application/json", "{\"jsonrpc\"", 0, MCPASS_E_PROTOCOL, "not JSON", "look before" },
	{ "nothing", 200, "application/json", "", 0, MCPASS_E_PROTOCOL, "not JSON", "look before" },
	{ "202", 202, NULL, "", 0, MCPASS_E_PROTOCOL, "answers a notification", "look before" },
	{ "an unknown resultType", 200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"later\"}}", 0,
	    MCPASS_E_PROTOCOL, "unknown resultType \"later\"", "look before" },
	{ "another's answer", 200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}", 0, MCPASS_E_PROTOCOL, "answer's id", "look before" },
	{ "a redirect elsewhere", 307, NULL, "", 0, MCPASS_E_POLICY, "nowhere", "" },
	{ "two members id", 200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"result\":{}}", 0, MCPASS_E_PROTOCOL, "given twice", "look before" },
};

/* Sends what there is, and logs the rest. */
static void drain(struct bench *b, unsigned *exchanges, size_t *count)
{
	struct mcpass_session_action a;

	for (;;) {
		CHECK_EQ("next", mcpass_session_next(b->session, b->now, &a, NULL), MCPASS_OK);
		if (a.type == MCPASS_SESSION_IDLE)
			return;
		if (a.type == MCPASS_SESSION_SEND)
			exchanges[(*count)++] = a.exchange;
		else
			CHECK_EQ("told", tell(b, &a), a.type == MCPASS_SESSION_FAILED ? a.error->rc : MCPASS_OK);
	}
}

static void answer(struct bench *b, unsigned exchange, int status, const char *type,
    const char *body, int broken)
{
	const struct mcpass_header header = { "Content-Type", type };
	struct mcpass_session *s = b->session;

	if (status != 0)
		CHECK_EQ("head", mcpass_session_head(s, exchange, status, &header, type != NULL ? 1 : 0, NULL), MCPASS_OK);
	if (body != NULL)
		CHECK_EQ("data", mcpass_session_data(s, exchange, body, strlen(body), NULL), MCPASS_OK);
	CHECK_EQ("end", mcpass_session_end(s, exchange, broken, NULL), MCPASS_OK);
}

static void test_two(void)
{
	static const struct script script = { .label = "two", NEW, .requests = TWO };
	static struct bench b;

	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const char *label = bad_rows[i].label;
		unsigned exchanges[8];
		size_t count = 0;

		CHECK_EQ(label, begin(&b, &script, NULL), MCPASS_OK);
		drain(&b, exchanges, &count);
		CHECK_EQ(label, count, 2);
		answer(&b, exchanges[0], bad_rows[i].status, bad_rows[i].type, bad_rows[i].body, bad_rows[i].broken);
		drain(&b, exchanges, &count);
		CHECK_EQ(label, b.err.rc, bad_rows[i].want);
		CHECK_HAS(label, b.err.detail, bad_rows[i].says);
		CHECK_HAS(label, b.err.hint, bad_rows[i].hints);
		CHECK(label, bad_rows[i].hints[0] != '\0' || strstr(b.err.hint, "look before") == NULL);
		answer(&b, exchanges[1], 200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}", 0);
		drain(&b, exchanges, &count);
		CHECK_HAS(label, b.log, "result 2 " GOOD);
		CHECK_EQ(label, mcpass_session_request(b.session, "tools/list", NULL, &(unsigned){ 0 }, NULL), MCPASS_OK);
		drain(&b, exchanges, &count);
		CHECK_EQ(label, count, 3);
		mcpass_session_free(b.session);
		CHECK_EQ(label, mp_test_live_blocks(), 0);
	}
}

static const struct script rows[] = {
	{ .label = "the handshake fails: whatever waits for it", .revision = "2025-11-25", .goes_on = true,
	    .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
	    .steps = { { "initialize", 503, NULL, NULL, 0, NULL } },
	    .log = "failed 1 the server answered initialize with HTTP 503\nfailed 2 the server answered initialize with HTTP 503\n" },
	{ .label = "the first fails, and the second finds out", .settled = "2026-07-28", .goes_on = true,
	    .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
	    .steps = { { "tools/list", 503, NULL, NULL, 0, NULL }, { "prompts/list", 200, JSON, DONE, 0, NULL } },
	    .log = "failed 1 the server answered tools/list with HTTP 503\nresult 2 " GOOD },
	{ .label = "initialized is refused once", OLD, .requests = LIST,
	    .steps = { HELLO, { "notifications/initialized", 401, "WWW-Authenticate: Bearer x=1", NULL, 0, NULL }, ANNOUNCE, OK_LIST },
	    .log = "authorize 0 401 Bearer x=1\nresult 1 " GOOD },
	{ .label = "initialized is forbidden once", OLD, .requests = LIST,
	    .steps = { HELLO, { "notifications/initialized", 403, "WWW-Authenticate: Bearer x=1", NULL, 0, NULL }, ANNOUNCE, OK_LIST },
	    .log = "authorize 0 403 Bearer x=1\nresult 1 " GOOD },
	{ .label = "only the call is refused", OLD, .requests = LIST,
	    .steps = { HELLO, ANNOUNCE, { "tools/list", 401, "WWW-Authenticate: Bearer x=1", NULL, 0, NULL }, OK_LIST },
	    .log = "authorize 1 401 Bearer x=1\nresult 1 " GOOD },
	{ .label = "initialized is answered with a stream that stays", OLD, .requests = LIST,
	    .steps = { HELLO, { "notifications/initialized", 200, SSE, ": x\n\n", OPEN, NULL }, OK_LIST },
	    .log = "close 2 \nresult 1 " GOOD },
	{ .label = "or with a body that never comes", OLD, .requests = LIST,
	    .steps = { HELLO, { "notifications/initialized", 202, JSON, NULL, OPEN, NULL }, OK_LIST }, .log = "result 1 " GOOD },
	{ .label = "or with one that does", OLD, .requests = LIST,
	    .steps = { HELLO, { "notifications/initialized", 202, JSON, "{\"ok\":true}", 0, NULL }, OK_LIST }, .log = "result 1 " GOOD },
	{ .label = "or with 204", OLD, .requests = LIST,
	    .steps = { HELLO, { "notifications/initialized", 204, NULL, NULL, 0, NULL }, OK_LIST }, .log = "result 1 " GOOD },
	{ .label = "a reason for the refusal", NEW, .settled = "2026-07-28", .requests = LIST,
	    .steps = { { "tools/list", 403, JSON, "{\"error\":{\"code\":-32001,\"message\":\"\",\"data\":{\"detail\":\"ask Ada\"}}}", 0, NULL }, OK_LIST },
	    .log = "authorize 1 403 application/json\nresult 1 " GOOD },
};

/* Whatever is under way when the session ends, it ends without an answer. */
static void test_leave(void)
{
	static const struct script script = { .label = "leave", .revision = "2025-11-25", .requests = LIST,
		.steps = { { "initialize", 200, ID, WELCOME, 0, NULL }, ANNOUNCE, OK_LIST,
		    { "DELETE " URL "\nMcp-Session-Id: s-12345678\nMCP-Protocol-Version: 2025-11-25", 405, NULL, NULL, 0, "Content-Type" } } };
	static const struct script stateless = { .label = "no leave", NEW, .requests = LIST, .steps = { OK_LIST } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_EQ("asked", pump(&b), MCPASS_OK);
	CHECK_EQ("left", mcpass_session_leave(b.session, NULL), MCPASS_OK);
	CHECK_EQ("said", pump(&b), MCPASS_OK);
	CHECK_EQ("once", b.step, 4);
	CHECK_STR("nothing is told", b.log, "result 1 " GOOD);
	mcpass_session_free(b.session);
	CHECK_EQ("begun", begin(&b, &stateless, NULL), MCPASS_OK);
	CHECK_EQ("asked", pump(&b), MCPASS_OK);
	CHECK_EQ("there is no session to leave", mcpass_session_leave(b.session, NULL), MCPASS_OK);
	CHECK_EQ("so nothing is said", pump(&b), MCPASS_OK);
	CHECK_EQ("nothing", b.step, 1);
	mcpass_session_free(b.session);
}

/* What the refusal said goes with it. */
static void test_reason(void)
{
	static const struct script script = { .label = "reason", NEW, .requests = LIST };
	struct mcpass_session_action a;
	unsigned exchanges[8];
	static struct bench b;
	size_t count = 0;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	drain(&b, exchanges, &count);
	answer(&b, exchanges[0], 403, "application/json", "{\"errors\":[{\"detail\":\"ask\\nAda\"}]}", 0);
	CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
	CHECK_EQ("authorize", a.type, MCPASS_SESSION_AUTHORIZE);
	CHECK_STR("on one line", a.body, "ask Ada");
	mcpass_session_free(b.session);
}

/* Only work may take long. */
static void test_may_last(void)
{
	static const struct { const char *method, *params; int may_last; } methods[] = {
		{ "tools/list", NULL, 0 }, { "server/discover", NULL, 0 }, { "ping", NULL, 0 },
		{ "tools/call", "{\"name\":\"t\"}", 1 }, { "resources/read", "{\"uri\":\"u\"}", 1 },
		{ "prompts/get", "{\"name\":\"p\"}", 1 }, { "subscriptions/listen", NULL, 1 }, { "x/y", NULL, 1 },
	};
	static const struct script script = { .label = "lasts", NEW };
	struct mcpass_session_action a;
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(methods); i++) {
		CHECK_EQ(methods[i].method, mcpass_session_request(b.session, methods[i].method,
		    methods[i].params, &(unsigned){ 0 }, NULL), MCPASS_OK);
		CHECK_EQ(methods[i].method, mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
		CHECK_EQ(methods[i].method, a.type, MCPASS_SESSION_SEND);
		CHECK_EQ(methods[i].method, a.may_last, methods[i].may_last);
	}
	mcpass_session_free(b.session);
}

static void test_take_body(void)
{
	static const struct script script = { .label = "take", NEW, .requests = LIST };
	struct mcpass_session_action a;
	unsigned exchanges[8];
	static struct bench b;
	size_t count = 0;
	char *body;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK("nothing yet", mcpass_session_take_body(b.session) == NULL);
	drain(&b, exchanges, &count);
	answer(&b, exchanges[0], 200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":[ 1.0e2 ]}}", 0);
	CHECK_EQ("next", mcpass_session_next(b.session, 0, &a, NULL), MCPASS_OK);
	body = mcpass_session_take_body(b.session);
	CHECK_STR("the result", body, "{\"a\":[ 1.0e2 ]}");
	CHECK("once", mcpass_session_take_body(b.session) == NULL);
	mcpass_session_free(b.session);
	free(body);
}

int main(void)
{
	test_two();
	for (size_t i = 0; i < COUNT(rows); i++)
		run_script(&rows[i], i % 3);
	test_leave();
	test_reason();
	test_may_last();
	test_take_body();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
