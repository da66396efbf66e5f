/* HTTP around the messages: redirects, statuses, content types. */
#include "script.h"

#define NEW .known = "2026-07-28"
#define SETTLED .settled = "2026-07-28"
#define LIST { { "tools/list", NULL } }
#define OK_LIST { "tools/list", 200, JSON, RESULT("\"tools\":[]"), 0, NULL }
#define GOOD "result 1 {\"tools\":[]}\n"
#define TO(status, url) { "POST " URL, status, "Location: " url, NULL, 0, NULL }

static const struct script rows[] = {
	{ .label = "307 to a slash", NEW, SETTLED, .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
	    .steps = { TO(307, "/mcp/"),
	        { "POST " URL "/\n\"method\":\"tools/list\"\nMcp-Method: tools/list", 200, JSON, RESULT("\"tools\":[]"), 0, NULL },
	        { "POST " URL "/\n\"method\":\"prompts/list\"", 200, JSON, RESULT(""), 0, NULL } }, .log = GOOD "result 2 {}\n" },
	{ .label = "308, the whole URL", NEW, SETTLED, .requests = LIST,
	    .steps = { TO(308, "http://h.example:80/v2"), { "POST http://h.example:80/v2", 200, JSON, RESULT("\"tools\":[]"), 0, NULL } }, .log = GOOD },
	{ .label = "another host", NEW, .requests = LIST, .steps = { TO(307, "http://evil.example/mcp") }, .log = "", .says = "another origin", .want = MCPASS_E_POLICY },
	{ .label = "another host, shortly", NEW, .requests = LIST, .steps = { TO(307, "//evil.example/mcp") }, .log = "", .want = MCPASS_E_POLICY },
	{ .label = "another port", NEW, .requests = LIST, .steps = { TO(307, "http://h.example:8080/mcp") }, .log = "", .says = "another origin", .want = MCPASS_E_POLICY },
	{ .label = "another scheme", NEW, .requests = LIST, .steps = { TO(308, "https://h.example/mcp") }, .log = "", .says = "another origin", .want = MCPASS_E_POLICY },
	{ .label = "user info", NEW, .requests = LIST, .steps = { TO(307, "http://h.example@evil.example/") }, .log = "", .want = MCPASS_E_POLICY },
	{ .label = "no URL at all", NEW, .requests = LIST, .steps = { TO(307, "javascript:x") }, .log = "", .says = "not an address", .want = MCPASS_E_POLICY },
	{ .label = "a fragment", NEW, .requests = LIST, .steps = { TO(307, "/mcp#x") }, .log = "", .says = "not an address", .want = MCPASS_E_POLICY },
	{ .label = "nowhere", NEW, .requests = LIST, .steps = { { "POST", 307, NULL, NULL, 0, NULL } }, .log = "", .says = "not an address", .want = MCPASS_E_POLICY },
	{ .label = "twice", NEW, .requests = LIST, .steps = { TO(307, "/a"), { "POST http://h.example/a", 307, "Location: /b", NULL, 0, NULL } }, .log = "", .says = "second redirect", .want = MCPASS_E_POLICY },
	{ .label = "302 would become a GET", NEW, .requests = LIST, .steps = { TO(302, "/login") }, .log = "", .says = "turn into another", .want = MCPASS_E_POLICY },
	{ .label = "301", NEW, .requests = LIST, .steps = { TO(301, "/mcp/") }, .log = "", .want = MCPASS_E_POLICY },
	{ .label = "303", NEW, .requests = LIST, .steps = { TO(303, "/mcp/") }, .log = "", .want = MCPASS_E_POLICY },
	{ .label = "a web page", NEW, .requests = LIST, .steps = { { "POST", 200, "Content-Type: text/html", "<!doctype html>", 0, NULL } }, .log = "close 1 \n", .says = "text/html", .want = MCPASS_E_PROTOCOL },
	{ .label = "no type", NEW, .requests = LIST, .steps = { { "POST", 200, NULL, "{}", 0, NULL } }, .log = "close 1 \n", .want = MCPASS_E_PROTOCOL },
	{ .label = "202 to a request", NEW, .requests = LIST, .steps = { { "POST", 202, NULL, NULL, 0, NULL } }, .log = "close 1 \n", .says = "answers a notification", .want = MCPASS_E_PROTOCOL },
	{ .label = "202 to a request, as JSON", NEW, .requests = LIST, .steps = { { "POST", 202, JSON, NULL, 0, NULL } }, .log = "", .says = "answers a notification", .want = MCPASS_E_PROTOCOL },
	{ .label = "a type of nothing", NEW, .requests = LIST, .steps = { { "POST", 200, "Content-Type: ", NULL, 0, NULL } }, .log = "close 1 \n", .says = "no content type", .want = MCPASS_E_PROTOCOL },
	{ .label = "a type twice", NEW, .requests = LIST, .steps = { { "POST", 200, JSON ", application/json", RESULT("\"tools\":[]"), 0, NULL } }, .log = "result 1 {\"tools\":[]}\n", .settled = "2026-07-28" },
	{ .label = "too much", NEW, .requests = LIST, .steps = { { "POST", 413, NULL, NULL, 0, NULL } }, .log = "", .says = "HTTP 413", .hints = "send less", .want = MCPASS_E_PROTOCOL },
	{ .label = "a proxy's login first", NEW, .requests = LIST, .steps = { { "POST", 407, NULL, NULL, 0, NULL } }, .log = "", .says = "HTTP 407", .hints = "proxy", .want = MCPASS_E_PROTOCOL },
	{ .label = "204 to a request", NEW, .requests = LIST, .steps = { { "POST", 204, NULL, NULL, 0, NULL } }, .log = "close 1 \n", .says = "answers a notification", .want = MCPASS_E_PROTOCOL },
	{ .label = "JSON, as a browser would have it", NEW, SETTLED, .requests = LIST,
	    .steps = { { "POST", 200, "content-type: Application/JSON; charset=utf-8", RESULT("\"tools\":[]"), 0, NULL } }, .log = GOOD },
	{ .label = "not JSON at all", NEW, .requests = LIST, .steps = { { "POST", 200, JSON, "<html>", 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "nothing, as JSON", NEW, .requests = LIST, .steps = { { "POST", 200, JSON, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "a member twice, as the SDKs read it", NEW, .requests = LIST, .steps = { { "POST", 200, JSON, RESULT("\"a\":1,\"a\":2"), 0, NULL } }, .log = "result 1 {\"a\":1,\"a\":2}\n", .settled = "2026-07-28" },
	{ .label = "404 later", NEW, SETTLED, .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
	    .steps = { OK_LIST, { "prompts/list", 404, "Content-Type: text/html", "<html>", 0, NULL } }, .log = GOOD, .says = "HTTP 404", .want = MCPASS_E_PROTOCOL },
	{ .label = "502 with a page", NEW, SETTLED, .requests = { { "tools/list", NULL }, { "prompts/list", NULL } },
	    .steps = { OK_LIST, { "prompts/list", 502, "Content-Type: text/html", "<html>", 0, NULL } }, .log = GOOD, .says = "HTTP 502", .want = MCPASS_E_IO },
	{ .label = "an odd status", NEW, .requests = LIST, .steps = { { "POST", 304, NULL, NULL, 0, NULL } }, .log = "", .want = MCPASS_E_PROTOCOL },
	{ .label = "a token, twice", NEW, SETTLED, .requests = LIST,
	    .steps = { { "POST", 401, "WWW-Authenticate: Bearer a", NULL, 0, NULL }, { "POST", 403, "WWW-Authenticate: Bearer b", NULL, 0, NULL }, OK_LIST },
	    .log = "authorize 1 401 Bearer a\nauthorize 1 403 Bearer b\n" GOOD },
	{ .label = "a token, broken off", NEW, SETTLED, .requests = LIST,
	    .steps = { { "POST", 401, "WWW-Authenticate: Bearer a", "x", BROKEN, NULL }, OK_LIST }, .log = "authorize 1 401 Bearer a\n" GOOD },
};

static void test_url(void)
{
	static const struct script script = { .label = "url", NEW, .requests = LIST,
		.steps = { TO(307, "/mcp/"), OK_LIST } };
	static struct bench b;

	CHECK_EQ("begun", begin(&b, &script, NULL), MCPASS_OK);
	CHECK_STR("as given", mcpass_session_url(b.session), URL);
	CHECK_EQ("moved", pump(&b), MCPASS_OK);
	CHECK_STR("remembered", mcpass_session_url(b.session), URL "/");
	mcpass_session_free(b.session);
}

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		run_script(&rows[i], 0);
	test_url();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
