/* Messages of another program pass as they are, in both directions. */
#include "script.h"
#include "mcp/headers.h"

#define CLIENT "{\"name\":\"host\", \"title\":\"A host\",\"version\":\"3\"}"
#define CAN "{\"roots\":{ \"listChanged\":true },\"x\":1.0}"
#define HELLO_OF(version, can) "{\"jsonrpc\":\"2.0\", \"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"" version "\"," \
	"\"capabilities\":" can ", \"clientInfo\":" CLIENT "}}"
#define HELLO HELLO_OF("2025-11-25", "{}")
#define KNOWN .known = "2026-07-28"
#define OLD .known = "2025-11-25"
#define WELCOME "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{ \"tools\":{} },\"serverInfo\":{\"name\":\"s\",\"version\":\"2\"},\"x\":1.0e2}"
#define ID JSON "\nMcp-Session-Id: s-12345678"
#define GREETED(hello) { "POST\n" hello, 200, ID, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":" WELCOME "}", 0, "Mcp-Session-Id" }
#define ANNOUNCE { "notifications/initialized\nMcp-Session-Id: s-12345678", 202, NULL, NULL, 0, NULL }
#define BEGIN GREETED(HELLO), ANNOUNCE

/* With all that JSON allows. */
#define CALL "{ \"params\" : {\"name\":\"t\",\"arguments\":{\"a\":1.0e2, \"b\":12345678901234567890}}, \"method\":\"tools/call\",\"jsonrpc\":\"2.0\", \"id\":\"a\\u0062\"}"
#define ANSWER "{\"id\":\"a\\u0062\" , \"result\":{\"v\":1.0e2,\"n\":12345678901234567890,\"resultType\":\"complete\"},\"jsonrpc\":\"2.0\"}"
#define META "\"_meta\":{\"" MP_META_VERSION "\":\"2026-07-28\", \"" MP_META_CAPABILITIES "\":{\"y\":2},\"" MP_META_CLIENT "\":{\"name\":\"other\",\"version\":\"0\"},\"progressToken\":7}"
#define NEW_CALL "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{ \"name\":\"t\"," META "}}"
#define ADDED ",\"_meta\":{\"" MP_META_VERSION "\":\"2026-07-28\",\"" MP_META_CAPABILITIES "\":" CAN ",\"" MP_META_CLIENT "\":" CLIENT "}"
#define LIST "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/list\"}"
#define PING "{\"jsonrpc\":\"2.0\",\"id\":\"p\", \"method\":\"ping\"}"

static const struct script rows[] = {
	{ .label = "a new host, a new server: every byte", .hello = HELLO, KNOWN, .settled = "2026-07-28", .requests = { { NEW_CALL } },
	    .steps = { { "Mcp-Name: t\nMcp-Method: tools/call\nMCP-Protocol-Version: 2026-07-28\n" NEW_CALL, 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{ \"a\":1.0 }}", 0, NULL } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{ \"a\":1.0 }}\n" },
	{ .label = "an old host, a new server: what is missing is added", .hello = HELLO_OF("2025-11-25", CAN), KNOWN, .settled = "2026-07-28", .requests = { { CALL } },
	    .steps = { { "{ \"params\" : {\"name\":\"t\",\"arguments\":{\"a\":1.0e2, \"b\":12345678901234567890}" ADDED "}, \"method\":\"tools/call\",\"jsonrpc\":\"2.0\", \"id\":\"a\\u0062\"}", 200, SSE, EVENT(ANSWER), 0, NULL } },
	    .log = "result 1 " ANSWER "\n" },
	{ .label = "where there are no parameters", .hello = HELLO_OF("2025-11-25", CAN), KNOWN, .settled = "2026-07-28", .requests = { { LIST } },
	    .steps = { { "\"method\":\"tools/list\",\"params\":{\"_meta\":{\"" MP_META_VERSION "\":\"2026-07-28\"\n\"version\":\"3\"}}}}", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[]}}", 0, NULL } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[]}}\n" },
	{ .label = "where they are null, or empty", .hello = HELLO, KNOWN, .settled = "2026-07-28",
	    .requests = { { "{\"jsonrpc\":\"2.0\",\"params\":null,\"id\":1,\"method\":\"x/y\"}" }, { "{\"jsonrpc\":\"2.0\",\"params\":{ },\"id\":2,\"method\":\"x/y\"}" },
	        { "{\"jsonrpc\":\"2.0\",\"params\":{\"_meta\":null},\"id\":3,\"method\":\"x/y\"}" } },
	    .steps = { { "{\"jsonrpc\":\"2.0\",\"params\":{\"_meta\":{\"io.m\n\"version\":\"3\"}}},\"id\":1,\"method\":\"x/y\"}", 404, JSON, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no\"}}", 0, "null" },
	        { "{\"jsonrpc\":\"2.0\",\"params\":{ \"_meta\":{\"io.m\n\"version\":\"3\"}}},\"id\":2", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}", 0, NULL },
	        { "{\"jsonrpc\":\"2.0\",\"params\":{\"_meta\":{\"io.m\n\"version\":\"3\"}}},\"id\":3", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}", 0, "null" } },
	    .log = "error 1 {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no\"}}\nresult 2 {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\nresult 3 {\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n" },
	{ .label = "a revision that the server does not speak", .hello = HELLO, KNOWN, .settled = "2026-07-28",
	    .requests = { { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x/y\",\"params\":{\"_meta\":{\"" MP_META_VERSION "\":\"2027-01-01\",\"" MP_META_CAPABILITIES "\":{\"y\":2}}}}" } },
	    .steps = { { "MCP-Protocol-Version: 2026-07-28\n\"" MP_META_VERSION "\":\"2026-07-28\",\"" MP_META_CAPABILITIES "\":{\"y\":2},\"" MP_META_CLIENT "\":" CLIENT "}", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 0, "2027" } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n" },
	{ .label = "an old host, an old server: every byte", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { CALL } },
	    .steps = { BEGIN, { "Mcp-Session-Id: s-12345678\n" CALL, 200, JSON, ANSWER "\n", 0, "Mcp-Method" } },
	    .log = "result 1 " ANSWER "\n" },
	{ .label = "the server's own form of an id is not the host's", .hello = HELLO, OLD, .settled = "2025-11-25",
	    .requests = { { "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"x/y\"}" }, { "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0063\",\"method\":\"x/y\"}" } },
	    .steps = { BEGIN, { "\"id\":1.0,", 200, JSON, "{\"result\":{},\"id\": 1 ,\"jsonrpc\":\"2.0\"}", 0, NULL }, { "\"id\":\"a\\u0063\"", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":\"ac\",\"result\":{}}", 0, NULL } },
	    .log = "result 1 {\"result\":{},\"id\": 1.0 ,\"jsonrpc\":\"2.0\"}\nresult 2 {\"jsonrpc\":\"2.0\",\"id\":\"a\\u0063\",\"result\":{}}\n" },
	{ .label = "an error without an id is given the host's", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { CALL } },
	    .steps = { BEGIN, { "tools/call", 400, JSON, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"?\"}}", 0, NULL } },
	    .log = "error 1 {\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\",\"error\":{\"code\":-32700,\"message\":\"?\"}}\n" },
	{ .label = "an error that is none is made one", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { CALL } },
	    .steps = { BEGIN, { "tools/call", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":\"ab\",\"error\":\"no\"}", 0, NULL } },
	    .log = "error 1 {\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\",\"error\":{\"code\":0,\"message\":\"no\",\"data\":\"no\"}}\n" },
	{ .label = "what the server says and asks, ping too", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { CALL } },
	    .steps = { BEGIN, { "tools/call", 200, SSE, EVENT("{ \"method\":\"notifications/x\",\"jsonrpc\":\"2.0\",\"params\":{\"n\":1.0} }") EVENT(PING) EVENT(ANSWER), 0, NULL } },
	    .log = "message 1 { \"method\":\"notifications/x\",\"jsonrpc\":\"2.0\",\"params\":{\"n\":1.0} }\nmessage 1 " PING "\nresult 1 " ANSWER "\n" },
	{ .label = "a session that ends: all of it again, as it was", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { CALL } },
	    .steps = { BEGIN, { CALL, 404, NULL, NULL, 0, NULL }, BEGIN, { CALL, 200, JSON, ANSWER, 0, NULL } }, .log = "result 1 " ANSWER "\n" },
	{ .label = "the host's revision is proposed", .hello = HELLO_OF("2025-03-26", "{}"), .known = "2025-11-25", .settled = "2025-11-25", .requests = { { LIST } },
	    .steps = { GREETED(HELLO_OF("2025-03-26", "{}")), ANNOUNCE, { "tools/list", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}", 0, NULL } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n" },
	{ .label = "an initialize without parameters says what is required", .hello = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\"}", OLD, .settled = "2025-11-25", .requests = { { LIST } },
	    .steps = { GREETED("\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"mcpass\",\"version\":"), ANNOUNCE,
	        { LIST, 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}", 0, NULL } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n" },
	{ .label = "another one that the server names", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { LIST } },
	    .steps = { { HELLO, 400, JSON, "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32602,\"message\":\"\",\"data\":{\"supported\":[ \"2025-06-18\" ]}}}", 0, NULL },
	        GREETED(HELLO_OF("2025-06-18", "{}")), ANNOUNCE, { "tools/list", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}", 0, NULL } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n" },
	{ .label = "a newer one than ours", .hello = HELLO_OF("2099-01-01", "{}"), OLD, .settled = "2025-11-25", .requests = { { LIST } },
	    .steps = { BEGIN, { "tools/list", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}", 0, NULL } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n" },
	{ .label = "found out: the same bytes in both forms", .hello = HELLO, .settled = "2025-11-25", .requests = { { CALL } },
	    .steps = { { "MCP-Protocol-Version: 2026-07-28\n\"id\":\"a\\u0062\"", 400, NULL, NULL, 0, NULL }, BEGIN, { CALL, 200, JSON, ANSWER, 0, NULL } },
	    .log = "result 1 " ANSWER "\n" },
	{ .label = "sent again after a break: another id, and the answer has the first", .hello = HELLO, KNOWN, .settled = "2026-07-28", .requests = { { LIST } },
	    .steps = { { "\"id\":5,", 200, SSE, ": x\n\n", BROKEN, NULL }, { "\"id\":\"mcpass-1\",", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":\"mcpass-1\",\"result\":{\"tools\":[]}}", 0, "\"id\":5" } },
	    .log = "wait 0 1000\nresult 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[]}}\n" },
	{ .label = "a stream that is resumed: the same id", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { CALL } },
	    .steps = { BEGIN, { CALL, 200, SSE, "id: e7\nretry: 5\ndata:\n\n", BROKEN, NULL }, { "GET\nLast-Event-ID: e7", 200, SSE, EVENT(ANSWER), 0, "POST" } },
	    .log = "wait 0 5\nresult 1 " ANSWER "\n" },
	{ .label = "a tool that wants headers: listed by us", .hello = HELLO, KNOWN, .settled = "2026-07-28", .requests = { { NEW_CALL } },
	    .steps = { { NEW_CALL, 400, JSON, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32020,\"message\":\"no\"}}", 0, NULL },
	        { "\"id\":\"mcpass-1\",\"method\":\"tools/list\"", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":\"mcpass-1\",\"result\":{\"tools\":[]}}", 0, NULL } },
	    .log = "error 1 {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32020,\"message\":\"no\"}}\n" },
	{ .label = "a tool that is left out", .hello = HELLO, KNOWN, .settled = "2026-07-28", .requests = { { LIST } },
	    .steps = { { "tools/list", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[{\"name\":\"r\",\"inputSchema\":{\"x-mcp-header\":\"A\"}}],\"n\":1.0}}", 0, NULL } },
	    .log = "warning 0 The tool \"r\" is left out: an x-mcp-header stands where no argument can be found by its path (MCP streamable HTTP, Schema Extension).\n"
	        "result 1 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"n\":1.0,\"tools\":[]}}\n" },
	{ .label = "a method that fits no header ends nothing but itself", .hello = HELLO, KNOWN, .settled = "2026-07-28", .goes_on = true,
	    .requests = { { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\nb\"}" }, { LIST } },
	    .steps = { { "\"id\":5", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}", 0, NULL } },
	    .log = "failed 1 a method of this name cannot stand in the header Mcp-Method\nresult 2 {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n" },
	{ .label = "in the old form it passes", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\nb\"}" } },
	    .steps = { BEGIN, { "\"method\":\"a\\nb\"", 200, JSON, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 0, NULL } },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n" },
	{ .label = "what the server is, in the new form", .hello = HELLO, OLD, .settled = "2025-11-25", .requests = { { "{\"jsonrpc\":\"2.0\",\"id\":\"d\",\"method\":\"server/discover\"}" } },
	    .steps = { BEGIN },
	    .log = "result 1 {\"jsonrpc\":\"2.0\",\"id\":\"d\",\"result\":{\"resultType\":\"complete\",\"supportedVersions\":[\"2025-11-25\"],\"capabilities\":{ \"tools\":{} },\"ttlMs\":0,"
	        "\"cacheScope\":\"private\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\",\"version\":\"2\"}}}}\n" },
};

static void send(struct bench *b, const char *text, bool is_request)
{
	unsigned call = 77;

	CHECK_EQ(text, mcpass_session_send(b->session, text, strlen(text), &call, &b->err), MCPASS_OK);
	CHECK_EQ(text, call != 0, is_request);
}

/* The server asks on its own stream, and hears the answer, byte for byte. */
static void test_asked(void)
{
#define ASKED "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\",\"method\":\"elicitation/create\",\"params\":{\"x\":1.0e2, \"n\":12345678901234567890}}"
#define SAID "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\", \"result\":{\"v\":1.0e2,\"n\":12345678901234567890}}"
#define CHANGED "{\"jsonrpc\":\"2.0\", \"method\":\"notifications/roots/list_changed\"}"
	static const struct script script = { .label = "asked", .hello = HELLO_OF("2025-11-25", CAN), OLD, .requests = { { CALL } },
		.steps = { GREETED(HELLO_OF("2025-11-25", CAN)), ANNOUNCE, { "GET", 200, SSE, EVENT(ASKED), OPEN, NULL }, { CALL, 0, NULL, NULL, SILENT, NULL },
		    { "POST\n" SAID "\nMcp-Session-Id: s-12345678", 202, NULL, NULL, 0, NULL }, { "POST\n" CHANGED, 202, NULL, NULL, 0, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK("not greeted yet", mcpass_session_welcome(b.session) == NULL);
	CHECK_EQ("asked", pump(&b), MCPASS_OK);
	CHECK_STR("told", b.log, "message 0 " ASKED "\n");
	CHECK_STR("as it was greeted", mcpass_session_welcome(b.session), WELCOME);
	CHECK_EQ("once", mcpass_session_begun(b.session), 1);
	send(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", false);
	send(&b, SAID, false);
	send(&b, CHANGED, false);
	CHECK_EQ("passed on", pump(&b), MCPASS_OK);
	CHECK("and nothing else", script.steps[b.step].want == NULL);
	mcpass_session_free(b.session);
}

/* In the words of the host where there is a way to say them. */
static void test_cancelled(void)
{
#define CANCELLED "{\"jsonrpc\":\"2.0\", \"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"a\\u0062\", \"reason\":\"bored\"}}"
	static const struct script old = { .label = "old", .hello = HELLO, OLD, .requests = { { CALL } },
		.steps = { BEGIN, { CALL, 0, NULL, NULL, SILENT, NULL }, { "POST\n" CANCELLED, 202, NULL, NULL, 0, NULL } } };
	static const struct script new = { .label = "new", .hello = HELLO, KNOWN, .requests = { { CALL } },
		.steps = { { "tools/call", 200, SSE, NULL, OPEN, NULL } } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &old, NULL), MCPASS_OK);
	CHECK_EQ("sent", pump(&b), MCPASS_OK);
	for (int i = 0; i < 2; i++) {   /* the second one is too late */
		send(&b, CANCELLED, false);
		CHECK_EQ("said so", pump(&b), MCPASS_OK);
		CHECK("once", old.steps[b.step].want == NULL);
	}
	CHECK_STR("no answer", b.log, "close 3 \n");
	send(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}", false);
	mcpass_session_free(b.session);
	CHECK_EQ("begun", begin(&b, &new, NULL), MCPASS_OK);
	CHECK_EQ("sent", pump(&b), MCPASS_OK);
	send(&b, CANCELLED, false);
	send(&b, CHANGED, false);
	CHECK_EQ("closed", pump(&b), MCPASS_OK);
	CHECK_STR("no answer", b.log, "close 1 \n");
	mcpass_session_free(b.session);
}

static const struct {
	const char *label, *text;
	size_t len;                     /* 0: all of it */
	const char *says;
} bad_rows[] = {
	{ "no JSON", "{", 0, "not JSON" },
	{ "a batch", "[" LIST "]", 0, "not a JSON-RPC message" },
	{ "initialize", HELLO, 0, "initialize" },
	{ "two ids", "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"x\"}", 0, "given twice" },
	{ "an id that is none", "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"x\"}", 0, "id is neither" },
	{ "an id that is under way", "{\"jsonrpc\":\"2.0\",\"id\":\"ab\",\"method\":\"x\"}", 0, "is under way" },
	{ "_meta is no object", "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"x\",\"params\":{\"_meta\":1}}", 0, "_meta" },
	{ "a NUL", "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"x\"}\0{}", 40, "NUL" },
	{ "an answer", SAID, 0, "asks nothing" },
};

static void test_bad(void)
{
	static const struct script script = { .label = "bad", .hello = HELLO, KNOWN, .requests = { { CALL } } };
	static const struct script own = { .label = "own", KNOWN };
	static struct bench b;
	unsigned call = 77;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		size_t len = bad_rows[i].len > 0 ? bad_rows[i].len : strlen(bad_rows[i].text);

		CHECK_EQ(bad_rows[i].label, mcpass_session_send(b.session, bad_rows[i].text, len, &call, &b.err), MCPASS_E_USAGE);
		CHECK_HAS(bad_rows[i].label, b.err.detail, bad_rows[i].says);
	}
	CHECK_EQ("untouched", call, 77);
	mcpass_session_free(b.session);
	CHECK_EQ("begun", begin(&b, &own, NULL), MCPASS_OK);
	CHECK_EQ("no program to relay", mcpass_session_send(b.session, LIST, strlen(LIST), &call, &b.err), MCPASS_E_USAGE);
	mcpass_session_free(b.session);
}

static void test_bad_hello(void)
{
	static const char *const bad[] = { "", "{}", LIST, "{\"jsonrpc\":\"2.0\",\"method\":\"initialize\",\"params\":{}}",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"capabilities\":[]}}" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct mcpass_session_config cfg = { .size = sizeof(cfg), .server_url = URL, .initialize = bad[i] };
		struct mcpass_session *session;

		CHECK_EQ(bad[i], mcpass_session_new(&cfg, &session, NULL), MCPASS_E_USAGE);
	}
}

/* A message has an end. */
static void test_largest(void)
{
	static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[]}}";

	for (size_t most = sizeof(body) - 2; most < sizeof(body); most++) {
		struct mcpass_session_config cfg = { .size = sizeof(cfg), .server_url = URL, .known_revision = "2026-07-28",
			.initialize = HELLO, .max_message = most };
		const struct mcpass_header type = { "Content-Type", "application/json" };
		struct mcpass_session_action a;
		struct mcpass_session *s;

		CHECK_EQ("new", mcpass_session_new(&cfg, &s, NULL), MCPASS_OK);
		CHECK_EQ("asked", mcpass_session_send(s, LIST, strlen(LIST), &(unsigned){ 0 }, NULL), MCPASS_OK);
		CHECK_EQ("sent", mcpass_session_next(s, 0, &a, NULL), MCPASS_OK);
		CHECK_EQ("head", mcpass_session_head(s, 1, 200, &type, 1, NULL), MCPASS_OK);
		CHECK_EQ("data", mcpass_session_data(s, 1, body, strlen(body), NULL), MCPASS_OK);
		CHECK_EQ("end", mcpass_session_end(s, 1, 0, NULL), MCPASS_OK);
		CHECK_EQ("next", mcpass_session_next(s, 0, &a, NULL), MCPASS_OK);
		CHECK_EQ("within it, or not", a.type, most < strlen(body) ? MCPASS_SESSION_CLOSE : MCPASS_SESSION_RESULT);
		mcpass_session_free(s);
	}
}

static void test_memory(void)
{
	static struct bench b;

	for (size_t i = 0; i < COUNT(rows); i++)
		OOM_EACH {
			enum mcpass_rc rc = begin(&b, &rows[i], NULL);

			if (!rc)
				rc = pump(&b);
			CHECK_OOM(rows[i].label, rc, MCPASS_OK);
			mcpass_session_free(b.session);
		}
}

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t chunk = 0; chunk < 3; chunk++)
			run_script(&rows[i], chunk);
	test_asked();
	test_cancelled();
	test_bad();
	test_bad_hello();
	test_largest();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
