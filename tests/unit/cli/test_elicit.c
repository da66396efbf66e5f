/* Questions of a server, and their answers. */
#include <stdlib.h>
#include <string.h>
#include "cli/connect/elicit.h"
#include "cli/connect/elicit_field.h"
#include "cli/connect/progress.h"
#include "cli/connect/rounds.h"
#include "harness/check.h"

static json_t *parse(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	CHECK(text, json != NULL);
	return json;
}

/* Compares as text and releases both. */
static void check_json(const char *label, json_t *got, const char *want)
{
	char *text = got != NULL ? mp_json_dump(got) : NULL;

	CHECK_STR(label, text, want);
	mp_free_wiped(text);
	json_decref(got);
}

#define PLAIN_ENUM "{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}"
#define NAMED_ENUM "{\"type\":\"string\",\"enum\":[\"a\",\"b\"],\"enumNames\":[\"First\",\"Second\"]}"
#define TITLED_ENUM "{\"type\":\"string\",\"oneOf\":[{\"const\":\"a\",\"title\":\"First\"},{\"const\":\"b\",\"title\":\"Second\"}]}"
#define PLAIN_LIST "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]},\"minItems\":1,\"maxItems\":1}"
#define TITLED_LIST "{\"type\":\"array\",\"items\":{\"anyOf\":[{\"const\":\"a\",\"title\":\"First\"},{\"const\":\"b\",\"title\":\"Second\"}]}}"

static const struct {
	const char *label, *schema, *typed, *want;      /* want NULL: refused */
} read_rows[] = {
	{ "text", "{\"type\":\"string\"}", " a b", "\" a b\"" },
	{ "short text", "{\"type\":\"string\",\"minLength\":3}", "ab", NULL },
	{ "long text, in characters", "{\"type\":\"string\",\"maxLength\":2}", "\xc3\xa9\xc3\xa9", "\"\xc3\xa9\xc3\xa9\"" },
	{ "long text", "{\"type\":\"string\",\"maxLength\":2}", "abc", NULL },
	{ "an integer", "{\"type\":\"integer\"}", "-3", "-3" },
	{ "no integer", "{\"type\":\"integer\"}", "3.5", NULL },
	{ "no number", "{\"type\":\"number\"}", "\"3\"", NULL },
	{ "words", "{\"type\":\"number\"}", "three", NULL },
	{ "too small", "{\"type\":\"integer\",\"minimum\":1}", "0", NULL },
	{ "too large", "{\"type\":\"number\",\"maximum\":1}", "1.5", NULL },
	{ "yes", "{\"type\":\"boolean\"}", "Y", "true" },
	{ "no", "{\"type\":\"boolean\"}", "false", "false" },
	{ "perhaps", "{\"type\":\"boolean\"}", "perhaps", NULL },
	{ "a choice", PLAIN_ENUM, "b", "\"b\"" },
	{ "no choice", PLAIN_ENUM, "c", NULL },
	{ "by number", PLAIN_ENUM, "2", "\"b\"" },
	{ "number 0", PLAIN_ENUM, "0", NULL },
	{ "a number too large", PLAIN_ENUM, "3", NULL },
	{ "by an older title", NAMED_ENUM, "second", "\"b\"" },
	{ "by title", TITLED_ENUM, "FIRST", "\"a\"" },
	{ "by value", TITLED_ENUM, "b", "\"b\"" },
	{ "neither", TITLED_ENUM, "third", NULL },
	{ "one of a list", PLAIN_LIST, "a", "[\"a\"]" },
	{ "too many of a list", PLAIN_LIST, "a,b", NULL },
	{ "too few of a list", PLAIN_LIST, " , ", NULL },
	{ "some of a titled list", TITLED_LIST, "2, first", "[\"b\",\"a\"]" },
	{ "not in the list", TITLED_LIST, "a,x", NULL },
};

static void test_read(void)
{
	for (size_t i = 0; i < COUNT(read_rows); i++) {
		json_t *schema = parse(read_rows[i].schema), *value = NULL;
		struct mcpass_error err = { 0 };
		char *text = NULL;

		CHECK_EQ(read_rows[i].label, mp_elicit_field_read(schema, read_rows[i].typed, &value, &err),
		    read_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_USAGE);
		if (value != NULL)
			text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		CHECK_STR(read_rows[i].label, text, read_rows[i].want);
		if (read_rows[i].want == NULL)
			CHECK_HAS(read_rows[i].label, err.detail, "wanted: ");
		free(text);
		json_decref(value);
		json_decref(schema);
	}
}

static const struct {
	const char *schema, *want;
} describe_rows[] = {
	{ "{\"type\":\"string\"}", "string" },
	{ "{\"type\":\"string\",\"format\":\"email\",\"maxLength\":9}", "email, at most 9 characters" },
	{ "{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}", "integer, 1 to 10" },
	{ "{\"type\":\"number\",\"minimum\":0.5}", "number, at least 0.5" },
	{ "{\"type\":\"boolean\"}", "yes or no" },
	{ TITLED_ENUM, "one of these" },
	{ PLAIN_LIST, "some of these, with commas, 1 to 1" },
	{ "{\"type\":\"\\u001b[2J\"}", "?[2J" },
};

static void test_describe(void)
{
	for (size_t i = 0; i < COUNT(describe_rows); i++) {
		json_t *schema = parse(describe_rows[i].schema);
		struct mp_buf buf;

		mp_buf_init(&buf, 1000);
		mp_elicit_field_describe(&buf, schema);
		CHECK_STR(describe_rows[i].schema, mp_buf_text(&buf), describe_rows[i].want);
		mp_buf_free(&buf);
		json_decref(schema);
	}
}

#define FORM(properties, required) "{\"properties\":{" properties "},\"required\":[" required "]}"

static const struct {
	const char *label, *schema, *given, *want;      /* want NULL: refused */
} fill_rows[] = {
	{ "defaults", FORM("\"a\":{\"type\":\"string\",\"default\":\"x\"},\"b\":{\"type\":\"array\",\"default\":[]}", "\"a\""),
	    NULL, "{\"a\":\"x\",\"b\":[]}" },
	{ "false and 0 are values", FORM("\"a\":{\"type\":\"boolean\",\"default\":false},\"b\":{\"default\":0}", ""),
	    NULL, "{\"a\":false,\"b\":0}" },
	{ "no default, not needed", FORM("\"a\":{\"type\":\"string\"}", ""), NULL, "{}" },
	{ "no default, needed", FORM("\"a\":{\"type\":\"string\"}", "\"a\""), NULL, NULL },
	{ "given before the default", FORM("\"a\":{\"type\":\"string\",\"default\":\"x\"}", ""), "{\"a\":\"y\"}", "{\"a\":\"y\"}" },
	{ "given of another type", FORM("\"a\":{\"type\":\"string\"}", ""), "{\"a\":1}", NULL },
	{ "given and unknown", FORM("\"a\":{\"type\":\"string\"}", ""), "{\"b\":1}", NULL },
	{ "given, no choice", FORM("\"a\":" TITLED_ENUM, ""), "{\"a\":\"First\"}", NULL },
	{ "no fields at all", "{}", NULL, "{}" },
};

static void test_fill(void)
{
	for (size_t i = 0; i < COUNT(fill_rows); i++) {
		json_t *schema = parse(fill_rows[i].schema), *content = NULL;
		json_t *given = fill_rows[i].given != NULL ? parse(fill_rows[i].given) : NULL;

		CHECK_EQ(fill_rows[i].label, mp_elicit_fill(schema, given, &content, NULL),
		    fill_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_USAGE);
		check_json(fill_rows[i].label, content, fill_rows[i].want);
		json_decref(given);
		json_decref(schema);
	}
}

static const struct {
	const char *label, *text;
	bool is_person;
	enum mp_elicit_by by;
	const char *capabilities;
} init_rows[] = {
	{ "nobody", NULL, false, MP_ELICIT_NOBODY, NULL },
	{ "a person", NULL, true, MP_ELICIT_PERSON, "{\"elicitation\":{\"form\":{},\"url\":{}}}" },
	{ "told, with a person", "decline", true, MP_ELICIT_DECLINE, "{\"elicitation\":{\"form\":{}}}" },
	{ "lines", "-", false, MP_ELICIT_LINES, "{\"elicitation\":{\"form\":{},\"url\":{}}}" },
	{ "content", "{\"a\":1}", false, MP_ELICIT_CONTENT, "{\"elicitation\":{\"form\":{}}}" },
};

static void test_init(void)
{
	struct mp_elicit elicit;

	for (size_t i = 0; i < COUNT(init_rows); i++) {
		CHECK_EQ(init_rows[i].label, mp_elicit_init(&elicit, init_rows[i].text,
		    init_rows[i].is_person, NULL), MCPASS_OK);
		CHECK_EQ(init_rows[i].label, elicit.by, init_rows[i].by);
		CHECK_STR(init_rows[i].label, mp_elicit_capabilities(&elicit), init_rows[i].capabilities);
		mp_elicit_free(&elicit);
	}
	CHECK_EQ("no word", mp_elicit_init(&elicit, "yes", false, NULL), MCPASS_E_USAGE);
	CHECK_EQ("bad JSON", mp_elicit_init(&elicit, "{\"a\":", false, NULL), MCPASS_E_USAGE);
}

/* --- rounds: a server that is a table of answers --- */

static struct {
	const char *answers[4];
	char sent[4][512];
	size_t asked;
} server;

static enum mcpass_rc ask(void *ctx, const char *method, const char *params, char **ret_json,
    bool *ret_is_error, struct mcpass_error *err)
{
	(void)ctx;
	(void)method;
	snprintf(server.sent[server.asked], sizeof(server.sent[0]), "%s", params);
	*ret_is_error = false;
	return mp_set(ret_json, server.answers[server.asked++], err);
}

#define ASKED(rest) "{\"resultType\":\"input_required\"" rest "}"
#define ONE ",\"inputRequests\":{\"k\":{\"method\":\"elicitation/create\",\"params\":{\"requestedSchema\":" \
	FORM("\"a\":{\"default\":1}", "") "}}}"
#define ACCEPTED "\"inputResponses\":{\"k\":{\"action\":\"accept\",\"content\":{\"a\":1}}}"

static const struct {
	const char *label, *method, *params, *answers[3], *sent[3];
	enum mcpass_rc want;
} talk_rows[] = {
	{ "no question", "tools/call", "{\"name\":\"t\"}", { "{}" }, { "{\"name\":\"t\"}" }, MCPASS_OK },
	{ "no parameters", "tools/list", NULL, { "{}" }, { "{}" }, MCPASS_OK },
	{ "a question", "tools/call", "{\"n\":0.1 }", { ASKED(ONE), "{}" },
	    { "{\"n\":0.1 }", "{\"n\":0.1," ACCEPTED "}" }, MCPASS_OK },
	{ "with a state", "prompts/get", "{}", { ASKED(ONE ",\"requestState\":\"a\\/\\u00e9\\\"\""), "{}" },
	    { "{}", "{" ACCEPTED ",\"requestState\":\"a/\xc3\xa9\\\"\"}" }, MCPASS_OK },
	{ "only a state", "resources/read", "{\"uri\":\"u\"}", { ASKED(",\"requestState\":\"s\""), "{}" },
	    { "{\"uri\":\"u\"}", "{\"uri\":\"u\",\"requestState\":\"s\"}" }, MCPASS_OK },
	{ "the state is the last one's", "tools/call", "{\"n\":1}",
	    { ASKED(",\"requestState\":\"s1\""), ASKED(ONE), "{}" },
	    { "{\"n\":1}", "{\"n\":1,\"requestState\":\"s1\"}", "{\"n\":1," ACCEPTED "}" }, MCPASS_OK },
	{ "answered by hand", "tools/call", "{\"requestState\":\"s\"}", { ASKED(ONE) },
	    { "{\"requestState\":\"s\"}" }, MCPASS_OK },
	{ "the words in a text", "tools/call", "{}", { "{\"content\":\"input_required\"}" }, { "{}" }, MCPASS_OK },
	{ "asks for nothing", "tools/call", "{}", { ASKED("") }, { "{}" }, MCPASS_E_PROTOCOL },
	{ "a state that is no text", "tools/call", "{}", { ASKED(",\"requestState\":1") }, { "{}" }, MCPASS_E_PROTOCOL },
	{ "requests that are a list", "tools/call", "{}", { ASKED(",\"inputRequests\":[]") }, { "{}" }, MCPASS_E_PROTOCOL },
	{ "roots", "tools/call", "{}", { ASKED(",\"inputRequests\":{\"k\":{\"method\":\"roots/list\"}}") }, { "{}" },
	    MCPASS_E_PROTOCOL },
};

static enum mcpass_rc run_talk(size_t i)
{
	struct mp_rounds talk = { .inner = { ask, NULL }, .elicit = { .by = MP_ELICIT_ACCEPT },
		.server = "s" };
	bool is_error = false;
	char *json = NULL;
	enum mcpass_rc rc;

	memset(&server, 0, sizeof(server));
	memcpy(server.answers, talk_rows[i].answers, sizeof(talk_rows[i].answers));
	rc = mp_rounds_ask(&talk, talk_rows[i].method, talk_rows[i].params, &json, &is_error, NULL);
	CHECK(talk_rows[i].label, (rc == MCPASS_OK) == (json != NULL));
	mp_free_wiped(json);
	return rc;
}

static void test_talk(void)
{
	for (size_t i = 0; i < COUNT(talk_rows); i++) {
		CHECK_EQ(talk_rows[i].label, run_talk(i), talk_rows[i].want);
		for (size_t n = 0; n < COUNT(talk_rows[i].sent); n++)
			CHECK_STR(talk_rows[i].label, n < server.asked ? server.sent[n] : NULL,
			    talk_rows[i].sent[n]);
	}
}

static void test_no_memory(void)
{
	for (size_t i = 0; i < COUNT(talk_rows); i++)
		OOM_EACH
			CHECK_OOM(talk_rows[i].label, run_talk(i), talk_rows[i].want);
}

static const struct {
	const char *params, *want;
} progress_rows[] = {
	{ "{\"progress\":1,\"total\":3,\"message\":\"a\\nb\"}", " 33%  a" },
	{ "{\"progress\":3,\"total\":3}", "100%" },
	{ "{\"progress\":7}", "7" },
	{ "{\"progress\":7,\"total\":3}", "7" },
	{ "{\"progress\":0.5,\"total\":0}", "0.5" },
	{ "{\"message\":\"\\u001b[2J\"}", "  ?[2J" },
	{ "{}", "" },
	{ "{\"progress\":1,\"total\":2,\"message\":\"12345678901234567890123456789012345678901234567890\"}",
	    " 50%  1234567890123456789012345678901..." },
};

static void test_progress(void)
{
	static const struct mp_term term = { .width = 40 };
	json_t *params;
	struct mp_buf buf;

	for (size_t i = 0; i < COUNT(progress_rows); i++) {
		mp_buf_init(&buf, 1000);
		params = parse(progress_rows[i].params);
		mp_progress_render(&buf, &term, params);
		CHECK_STR(progress_rows[i].params, mp_buf_text(&buf), progress_rows[i].want);
		json_decref(params);
		mp_buf_free(&buf);
	}
	mp_buf_init(&buf, 1000);
	params = parse("{\"level\":\"info\",\"data\":{\"a\":\"\\u001b\"}}");
	mp_progress_render_log(&buf, &term, params);
	CHECK_STR("a log message", mp_buf_text(&buf), "| server, info: {\"a\":\"\\u001B\"}\n");
	json_decref(params);
	mp_buf_free(&buf);
}

#define FAR "https://mcp.example/mcp"
#define HERE "http://127.0.0.1:8080/mcp"
#define INSIDE "https://10.1.2.3/mcp"
static const struct {
	const char *label, *server, *url, *host, *shown;        /* host NULL: refused */
	bool is_international;
} page_rows[] = {
	{ "a page", FAR, "https://pay.example/x?y=1", "pay.example", "https://pay.example/x?y=1", false },
	{ "a port", FAR, "https://pay.example:8443/", "pay.example:8443", "https://pay.example:8443/", false },
	{ "made plain", FAR, "https://pay.example/$(id)", "pay.example", "https://pay.example/%24%28id%29",
	    false },
	{ "Punycode", FAR, "https://xn--pypal-4ve.com/", "xn--pypal-4ve.com", "https://xn--pypal-4ve.com/",
	    true },
	{ "Punycode further down", FAR, "https://a.xn--pypal-4ve.com/", "a.xn--pypal-4ve.com",
	    "https://a.xn--pypal-4ve.com/", true },
	{ "Cyrillic letters", FAR, "https://p\xd0\xb0ypal.com/", NULL, NULL, false },
	{ "http", FAR, "http://pay.example/", NULL, NULL, false },
	{ "a name before the host", FAR, "https://bank.example@evil.example/", NULL, NULL, false },
	{ "a password", FAR, "https://a:b@evil.example/", NULL, NULL, false },
	{ "an escaped one", FAR, "https://bank.example%40evil.example/", NULL, NULL, false },
	{ "a script", FAR, "javascript:alert(1)", NULL, NULL, false },
	{ "a file", FAR, "file:///etc/passwd", NULL, NULL, false },
	{ "data", FAR, "data:text/html,x", NULL, NULL, false },
	{ "another program", FAR, "ms-msdt:/id", NULL, NULL, false },
	{ "a relative one", FAR, "/pay", NULL, NULL, false },
	{ "no host", FAR, "https:///pay", NULL, NULL, false },
	{ "a sequence", FAR, "https://pay.example/\033[2J", NULL, NULL, false },
	{ "a line end", FAR, "https://pay.example/\nmcpass: x", NULL, NULL, false },
	{ "none", FAR, NULL, NULL, NULL, false },
	{ "a cloud's metadata", FAR, "https://169.254.169.254/", NULL, NULL, false },
	{ "that by http", FAR, "http://169.254.169.254/latest/", NULL, NULL, false },
	{ "that as a number", FAR, "https://2852039166/", NULL, NULL, false },
	{ "that from here", HERE, "https://169.254.169.254/", NULL, NULL, false },
	{ "a router", FAR, "https://192.168.0.1/", NULL, NULL, false },
	{ "this machine", FAR, "https://127.0.0.1:8080/", NULL, NULL, false },
	{ "by name", FAR, "http://localhost:8080/", NULL, NULL, false },
	{ "in IPv6", FAR, "http://[::1]:8080/", NULL, NULL, false },
	{ "mapped", FAR, "https://[::ffff:10.0.0.1]/", NULL, NULL, false },
	{ "nowhere", HERE, "https://0.0.0.0/", NULL, NULL, false },
	{ "from here to here", HERE, "http://localhost:8080/", "localhost:8080", "http://localhost:8080/",
	    false },
	{ "from here to a far host, by http", HERE, "http://pay.example/", NULL, NULL, false },
	{ "from inside to here", INSIDE, "http://127.0.0.1/", NULL, NULL, false },
	{ "from inside to inside", INSIDE, "https://10.9.9.9/", "10.9.9.9", "https://10.9.9.9/", false },
	{ "but by http", INSIDE, "http://10.9.9.9/", NULL, NULL, false },
};

static void test_page(void)
{
	for (size_t i = 0; i < COUNT(page_rows); i++) {
		struct mp_elicit_page page = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(page_rows[i].label, mp_elicit_page(page_rows[i].server, page_rows[i].url, &page,
		    &err), page_rows[i].host != NULL ? MCPASS_OK : MCPASS_E_POLICY);
		CHECK_STR(page_rows[i].label, page.host, page_rows[i].host);
		CHECK_STR(page_rows[i].label, page.url, page_rows[i].shown);
		CHECK_EQ(page_rows[i].label, page.is_international, page_rows[i].is_international);
		CHECK(page_rows[i].label, (err.detail[0] != '\0') == (page_rows[i].host == NULL));
		mp_elicit_page_free(&page);
	}
}

int main(void)
{
	test_page();
	test_read();
	test_describe();
	test_fill();
	test_init();
	test_talk();
	test_no_memory();
	test_progress();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
