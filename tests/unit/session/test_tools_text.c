/* What a session knows of its tools' headers outlives it. */
#include "script.h"

#define TOOLS RPC("\"result\":{\"tools\":[" \
	"{\"name\":\"deep\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"object\"," \
	"\"properties\":{\"b\":{\"type\":\"string\",\"x-mcp-header\":\"B\"}}}}}}," \
	"{\"name\":\"bad\",\"inputSchema\":{\"properties\":{\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}}}}," \
	"{\"name\":\"dull\",\"inputSchema\":{}}]}")
#define LESSON "{\"deep\":{\"headers\":{\"Mcp-Param-B\":[\"a\",\"b\"]}}," \
	"\"bad\":{\"fault\":\"an x-mcp-header is on something other than a string, an integer or a boolean\"}}"

static const struct script listing = {
	.label = "listing", .known = "2026-07-28", .requests = { { "tools/list", NULL } },
	.steps = { { "tools/list", 200, JSON, TOOLS, 0, NULL } },
};
static const struct script calling = {
	.label = "calling", .known = "2026-07-28",
	.steps = { { "Mcp-Name: deep\nMcp-Param-B: x", 200, JSON, RESULT("\"content\":[]"), 0, NULL } },
};
static struct bench bench;

static void test_there_and_back(void)
{
	const char *text = NULL;
	unsigned call;

	CHECK_EQ("listing", begin(&bench, &listing, NULL), MCPASS_OK);
	CHECK_EQ("nothing is known", mcpass_session_tools(bench.session, &text, NULL), MCPASS_OK);
	CHECK_STR("nothing is known", text, "{}");
	CHECK_EQ("listing", pump(&bench), MCPASS_OK);
	CHECK_EQ("known", mcpass_session_tools(bench.session, &text, NULL), MCPASS_OK);
	CHECK_STR("known", text, LESSON);
	CHECK_EQ("bad", mcpass_session_request(bench.session, "tools/call", "{\"name\":\"bad\"}", &call,
	    &bench.err), MCPASS_E_PROTOCOL);
	mcpass_session_free(bench.session);

	CHECK_EQ("calling", begin(&bench, &calling, NULL), MCPASS_OK);
	CHECK_EQ("learn", mcpass_session_learn(bench.session, LESSON, NULL), MCPASS_OK);
	CHECK_EQ("bad", mcpass_session_request(bench.session, "tools/call", "{\"name\":\"bad\"}", &call,
	    &bench.err), MCPASS_E_PROTOCOL);
	CHECK_HAS("why", bench.err.detail, "the tool bad must not be called: an x-mcp-header is on");
	CHECK_EQ("the session goes on", mcpass_session_request(bench.session, "tools/call",
	    "{\"name\":\"deep\",\"arguments\":{\"a\":{\"b\":\"x\"}}}", &call, &bench.err), MCPASS_OK);
	CHECK_EQ("with the header", pump(&bench), MCPASS_OK);
	CHECK_EQ("in one request", bench.step, 1);
	mcpass_session_free(bench.session);
}

/* The rule is of 2026-07-28; before that an annotation means nothing. */
static void test_legacy(void)
{
	static const struct script script = { .label = "legacy", .known = "2025-11-25" };
	unsigned call;

	CHECK_EQ("begin", begin(&bench, &script, NULL), MCPASS_OK);
	CHECK_EQ("learn", mcpass_session_learn(bench.session, LESSON, NULL), MCPASS_OK);
	CHECK_EQ("may be called", mcpass_session_request(bench.session, "tools/call",
	    "{\"name\":\"bad\"}", &call, NULL), MCPASS_OK);
	mcpass_session_free(bench.session);
}

static const char *const refused[] = {
	"", "[]", "{\"t\":1}", "{\"t\":{}}", "{\"t\":{\"headers\":{}}}", "{\"t\":{\"headers\":{\"Cookie\":[\"a\"]}}}",
	"{\"t\":{\"headers\":{\"Mcp-Param-\":[\"a\"]}}}", "{\"t\":{\"headers\":{\"Mcp-Param-a b\":[\"a\"]}}}",
	"{\"t\":{\"headers\":{\"Mcp-Param-A\":[]}}}", "{\"t\":{\"headers\":{\"Mcp-Param-A\":[1]}}}",
};

static void test_refused(void)
{
	static const struct script script = { .label = "refused", .known = "2026-07-28" };
	const char *text = NULL;

	CHECK_EQ("begin", begin(&bench, &script, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(refused); i++)
		CHECK_EQ(refused[i], mcpass_session_learn(bench.session, refused[i], NULL), MCPASS_E_USAGE);
	CHECK_EQ("nothing was learnt", mcpass_session_tools(bench.session, &text, NULL), MCPASS_OK);
	CHECK_STR("nothing was learnt", text, "{}");
	mcpass_session_free(bench.session);
}

static void test_no_memory(void)
{
	static const struct script script = { .label = "no memory", .known = "2026-07-28" };
	const char *text = NULL;

	OOM_EACH_LATER {
		enum mcpass_rc rc;

		CHECK_EQ("begin", begin(&bench, &script, NULL), MCPASS_OK);
		oom_from_here();
		rc = mcpass_session_learn(bench.session, LESSON, NULL);
		if (!rc)
			rc = mcpass_session_tools(bench.session, &text, NULL);
		CHECK_OOM("out of memory", rc, MCPASS_OK);
		mcpass_session_free(bench.session);
	}
}

int main(void)
{
	test_there_and_back();
	test_legacy();
	test_refused();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
