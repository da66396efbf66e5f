/* Results, lists and advice as text.  All of it was written by a server. */
#include <string.h>
#include "base/limits.h"
#include "cli/show/advice.h"
#include "ui/mcp_result.h"
#include "harness/check.h"

static const struct mp_term pipe_term = { .width = 80 };
static const struct mp_term tty = { .is_terminal = true, .width = 60 };

static void show(struct mp_buf *buf, const struct mp_term *term, const char *text)
{
	struct mp_parts parts = { 0 };

	if (mp_parts_read(text, &parts, NULL) == MCPASS_OK)
		mp_mcp_result_show(buf, term, &parts);
	else
		buf->failed = MCPASS_E_NOMEM;
	mp_parts_free(&parts);
}

static json_t *read_json(const char *text)
{
	json_t *json = NULL;

	CHECK_EQ(text, mp_json_parse(text, strlen(text), 100000, "the row", &json, NULL), MCPASS_OK);
	return json;
}

static const struct {
	const char *label;
	const char *json, *want;
} rows[] = {
	{ "a text", "{\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}", "hi\n" },
	{ "a text with its own line end",
	    "{\"content\":[{\"type\":\"text\",\"text\":\"a\\nb\\n\"}]}", "a\nb\n" },
	{ "two texts", "{\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
	    "{\"type\":\"text\",\"text\":\"b\"}]}", "a\nb\n" },
	{ "an image", "{\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\","
	    "\"data\":\"AAAAAA==\"}]}", "[image: image/png, 4 bytes]\n" },
	{ "sound", "{\"content\":[{\"type\":\"audio\",\"mimeType\":\"audio/wav\","
	    "\"data\":\"AAAA\"}]}", "[audio: audio/wav, 3 bytes]\n" },
	{ "a resource's text", "{\"content\":[{\"type\":\"resource\",\"resource\":"
	    "{\"uri\":\"x:1\",\"text\":\"inside\"}}]}", "inside\n" },
	{ "a resource's bytes", "{\"content\":[{\"type\":\"resource\",\"resource\":"
	    "{\"uri\":\"x:1\",\"mimeType\":\"a/b\",\"blob\":\"AA==\"}}]}",
	    "[resource: x:1, a/b, 1 byte]\n" },
	{ "a link", "{\"content\":[{\"type\":\"resource_link\",\"uri\":\"x:1\","
	    "\"name\":\"n\"}]}", "[resource_link: x:1]\n" },
	{ "a type of tomorrow", "{\"content\":[{\"type\":\"hologram\"}]}",
	    "[hologram:]\n" },
	{ "no type", "{\"content\":[{},3]}", "[unknown:]\n[unknown:]\n" },
	{ "structured alone", "{\"structuredContent\":{\"a\":1}}",
	    "{\n  \"a\": 1\n}\n" },
	{ "structured beside a text", "{\"content\":[{\"type\":\"text\","
	    "\"text\":\"{}\"}],\"structuredContent\":{\"a\":1}}", "{}\n" },
	{ "structured null is none", "{\"content\":null,\"structuredContent\":null}", "" },
	{ "nothing", "{}", "" },
	{ "no object", "[]", "" },
	{ "a prompt", "{\"messages\":[{\"role\":\"user\",\"content\":"
	    "{\"type\":\"text\",\"text\":\"Hi\"}},{\"role\":\"assistant\",\"content\":"
	    "{\"type\":\"text\",\"text\":\"Yes?\"}}]}", "user: Hi\nassistant: Yes?\n" },
	{ "a prompt with an image", "{\"messages\":[{\"content\":"
	    "{\"type\":\"image\",\"data\":\"\"}}]}", "?: [image: 0 bytes]\n" },
	{ "a resource", "{\"contents\":[{\"uri\":\"x:1\",\"text\":\"t\"},"
	    "{\"uri\":\"x:2\",\"blob\":\"AAAA\"}]}", "t\n[resource: x:2, 3 bytes]\n" },
};

static void test_results(void)
{
	struct mp_buf buf;

	mp_buf_init(&buf, 4096);
	for (size_t i = 0; i < COUNT(rows); i++) {
		mp_buf_clear(&buf);
		show(&buf, &pipe_term, rows[i].json);
		CHECK_STR(rows[i].label, mp_buf_text(&buf), rows[i].want);
	}
	mp_buf_free(&buf);
}

/* What a hostile server could write to a terminal. */
static void test_harmless(void)
{
	static const char hostile[] = "{\"content\":[{\"type\":\"text\",\"text\":\"\\u001b[2J\\u009bx\\n\"},"
	    "{\"type\":\"\\u001b[2J\",\"mimeType\":\"\\u0007\",\"data\":\"\"}],"
	    "\"tools\":[{\"name\":\"\\u001b[2J\",\"description\":\"\\u0007\",\"inputSchema\":"
	    "{\"properties\":{\"\\u001b\":{\"type\":\"\\u001b\",\"description\":\"\\u001b\"}}}}]}";
	json_t *json = read_json(hostile);
	struct mp_parts parts;
	struct mp_buf buf;

	mp_buf_init(&buf, 4096);
	show(&buf, &tty, hostile);
	mp_listing_render(&buf, &tty, json, "tools");
	CHECK("no escape on a terminal", strchr(mp_buf_text(&buf), '\033') == NULL);
	CHECK("no C1 control either", strstr(mp_buf_text(&buf), "\xc2\x9b") == NULL);
	CHECK("no bell", strchr(mp_buf_text(&buf), '\a') == NULL);
	mp_buf_clear(&buf);
	show(&buf, &pipe_term, hostile);
	CHECK_HAS("a pipe gets the bytes", mp_buf_text(&buf), "\033[2J\xc2\x9bx\n[?[2J: ?, 0 bytes]\n");
	mp_buf_free(&buf);
	json_decref(json);
	CHECK_EQ("read", mp_parts_read("{\"isError\": true }", &parts, NULL), MCPASS_OK);
	CHECK("an error of the tool", parts.is_error);
	CHECK_EQ("read", mp_parts_read("{\"isError\":\"true\"}", &parts, NULL), MCPASS_OK);
	CHECK("a string that says so is one, too", parts.is_error && parts.is_odd_error);
}

#define TOOLS "{\"tools\":[{\"name\":\"echo\",\"description\":\"Say it again.\\nAnd more.\"," \
	"\"inputSchema\":{\"type\":\"object\",\"required\":[\"message\"],\"properties\":{" \
	"\"message\":{\"type\":\"string\",\"description\":\"What to say\"}," \
	"\"repeat_count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10}," \
	"\"mode\":{\"enum\":[\"loud\",\"soft\"]},\"any\":{}," \
	"\"either\":{\"type\":[\"string\",\"null\"]}}}},{\"name\":\"get_time\"},{},7]}"

static void test_list(void)
{
	json_t *tools = read_json(TOOLS);
	json_t *prompts = read_json("{\"prompts\":[{\"name\":\"greeting\",\"description\":\"Greet\","
	    "\"arguments\":[{\"name\":\"name\",\"description\":\"Whom\",\"required\":true},"
	    "{\"name\":\"style\"},{}]}]}");
	json_t *resources = read_json("{\"resources\":[{\"uri\":\"echo://about\",\"name\":\"About\","
	    "\"mimeType\":\"text/plain\",\"description\":\"What this is\"}]}");
	struct mp_buf buf;

	mp_buf_init(&buf, 4096);
	mp_listing_render(&buf, &pipe_term, tools, "tools");
	CHECK_STR("tools", mp_buf_text(&buf), "echo  Say it again.\n"
	    "    message*      string        What to say\n"
	    "    repeat_count  integer 1-10\n"
	    "    mode          loud|soft\n"
	    "    any           any\n"
	    "    either        string|null\n"
	    "get_time\n");
	mp_buf_clear(&buf);
	mp_listing_render_item(&buf, &pipe_term, mp_listing_find(tools, "tools", "echo"), "tools");
	CHECK_HAS("one in full", mp_buf_text(&buf), "echo\nSay it again.\nAnd more.\n    message*");
	mp_buf_clear(&buf);
	mp_listing_render(&buf, &pipe_term, prompts, "prompts");
	CHECK_STR("prompts", mp_buf_text(&buf), "greeting  Greet\n"
	    "    name*  Whom\n"
	    "    style\n");
	mp_buf_clear(&buf);
	mp_listing_render(&buf, &pipe_term, resources, "resources");
	CHECK_STR("resources", mp_buf_text(&buf), "echo://about  text/plain  What this is\n");
	CHECK("found", mp_listing_find(resources, "resources", "echo://about") != NULL);
	CHECK("not there", mp_listing_find(tools, "tools", "ehco") == NULL);
	CHECK_STR("the nearest", mp_listing_nearest(tools, "tools", "ehco"), "echo");
	mp_buf_free(&buf);
	json_decref(tools);
	json_decref(prompts);
	json_decref(resources);
}

static const struct {
	const char *label, *given, *want;
} advice_rows[] = {
	{ "all is well", "{\"message\":\"x\",\"repeat_count\":3}", "" },
	{ "missing", "{}", "  message is missing:\n    message*  string  What to say\n" },
	{ "text for a number", "{\"message\":\"x\",\"repeat_count\":\"3\"}",
	    "  repeat_count does not fit:\n    repeat_count  integer 1-10\n"
	    "    '=' gives text; write repeat_count:=3\n" },
	{ "text for another number", "{\"message\":\"x\",\"repeat_count\":\"11\"}",
	    "  repeat_count does not fit:\n    repeat_count  integer 1-10\n" },
	{ "text that is no number", "{\"message\":\"x\",\"repeat_count\":\"three\"}",
	    "  repeat_count does not fit:\n    repeat_count  integer 1-10\n" },
	{ "the wrong type", "{\"message\":\"x\",\"repeat_count\":[3]}",
	    "  repeat_count does not fit:\n    repeat_count  integer 1-10\n" },
	{ "out of its range", "{\"message\":\"x\",\"repeat_count\":11}",
	    "  repeat_count does not fit:\n    repeat_count  integer 1-10\n" },
	{ "unknown, near", "{\"message\":\"x\",\"repeat_coutn\":1}",
	    "  the tool knows no argument repeat_coutn; did you mean repeat_count?\n" },
	{ "unknown, far", "{\"message\":\"x\",\"zzzzzzz\":1}",
	    "  the tool knows no argument zzzzzzz\n" },
};

static void test_advice(void)
{
	json_t *tools = read_json(TOOLS);
	const json_t *echo = mp_listing_find(tools, "tools", "echo");
	struct mp_buf buf;

	mp_buf_init(&buf, 4096);
	for (size_t i = 0; i < COUNT(advice_rows); i++) {
		json_t *given = read_json(advice_rows[i].given);

		mp_buf_clear(&buf);
		mp_advice_arguments(&buf, &pipe_term, echo, given);
		CHECK_STR(advice_rows[i].label, mp_buf_text(&buf), advice_rows[i].want);
		json_decref(given);
	}
	mp_buf_clear(&buf);
	mp_advice_name(&buf, &pipe_term, tools, "get_tim");
	CHECK_STR("a tool", mp_buf_text(&buf), "  there is no tool get_tim; did you mean get_time?\n");
	mp_buf_clear(&buf);
	mp_advice_name(&buf, &pipe_term, tools, "launch");
	CHECK_STR("no tool is near", mp_buf_text(&buf),
	    "  there is no tool launch; 'mcpass tools SERVER' lists them\n");
	mp_buf_free(&buf);
	json_decref(tools);
}

static const struct {
	const char *label, *schema, *value;
	bool want;
} fit_rows[] = {
	{ "anything", "{}", "[3]", true },
	{ "a string", "{\"type\":\"string\"}", "[\"3\"]", true },
	{ "no string", "{\"type\":\"string\"}", "[3]", false },
	{ "an integer", "{\"type\":\"integer\"}", "[3]", true },
	{ "an integer with a point", "{\"type\":\"integer\"}", "[3.0]", true },
	{ "no integer", "{\"type\":\"integer\"}", "[3.5]", false },
	{ "a number", "{\"type\":\"number\"}", "[3]", true },
	{ "a boolean", "{\"type\":\"boolean\"}", "[false]", true },
	{ "no boolean", "{\"type\":\"boolean\"}", "[\"true\"]", false },
	{ "one of two types", "{\"type\":[\"string\",\"null\"]}", "[null]", true },
	{ "neither", "{\"type\":[\"string\",\"null\"]}", "[1]", false },
	{ "among", "{\"enum\":[\"a\",1]}", "[1]", true },
	{ "not among", "{\"enum\":[\"a\",1]}", "[\"b\"]", false },
	{ "at least", "{\"minimum\":1}", "[0]", false },
	{ "at most", "{\"maximum\":1}", "[1.5]", false },
	{ "a schema we do not read", "{\"type\":3,\"minimum\":\"x\"}", "[0]", true },
};

static void test_fits(void)
{
	for (size_t i = 0; i < COUNT(fit_rows); i++) {
		json_t *schema = read_json(fit_rows[i].schema), *value = read_json(fit_rows[i].value);

		CHECK_EQ(fit_rows[i].label, mp_advice_fits(schema, json_array_get(value, 0)),
		    fit_rows[i].want);
		json_decref(schema);
		json_decref(value);
	}
}

/* --- lists in pages --- */
struct pages {
	const char *const *answers;
	size_t count, asked;
	bool is_error;
	char last[128];                 /* the parameters of the last request */
	struct mcpass_error cut;
};

static enum mcpass_rc answer(void *ctx, const char *method, const char *params,
    char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	struct pages *pages = ctx;
	const char *text = pages->answers[pages->asked < pages->count ? pages->asked : pages->count - 1];

	CHECK_STR("the method", method, "tools/list");
	strcpy(pages->last, params != NULL ? params : "-");
	pages->asked++;
	*ret_is_error = pages->is_error;
	return mp_set(ret_json, text, err);
}

static enum mcpass_rc list(struct pages *pages, json_t **ret_list, struct mcpass_error *err)
{
	const struct mp_asker asker = { answer, pages };

	memset(err, 0, sizeof(*err));
	return mp_listing_all(&asker, "tools", ret_list, NULL, &pages->cut, err);
}

static void test_pages(void)
{
	static const char *const two[] = {
		"{\"tools\":[{\"name\":\"a\"}],\"nextCursor\":\"p2\"}", "{\"tools\":[{\"name\":\"b\"}]}",
	};
	static const char *const same[] = { "{\"tools\":[{\"name\":\"a\"}],\"nextCursor\":\"p\"}" };
	static const char *const round[] = { "{\"tools\":[1],\"nextCursor\":\"p\"}",
		"{\"tools\":[2],\"nextCursor\":\"q\"}", "{\"tools\":[3],\"nextCursor\":\"p\"}",
		"{\"tools\":[4]}" };
	static const char *const none[] = { "{\"prompts\":[]}" };
	static const char *const error[] = { "{\"code\":-32601,\"message\":\"no tools\"}" };
	struct pages pages = { .answers = two, .count = 2 };
	struct mcpass_error err;
	json_t *all = NULL;

	CHECK_EQ("two pages", list(&pages, &all, &err), MCPASS_OK);
	CHECK_EQ("both are there", json_array_size(json_object_get(all, "tools")), 2);
	CHECK_STR("the cursor is sent", pages.last, "{\"cursor\":\"p2\"}");
	CHECK_EQ("it is whole", pages.cut.rc, MCPASS_OK);
	json_decref(all);
	all = NULL;
	pages = (struct pages){ .answers = same, .count = 1 };
	CHECK_EQ("the same cursor again", list(&pages, &all, &err), MCPASS_OK);
	CHECK_EQ("is asked for once", pages.asked, 2);
	CHECK_EQ("what there is", json_array_size(json_object_get(all, "tools")), 2);
	CHECK_HAS("and why it is not more", pages.cut.detail, "same cursor again");
	json_decref(all);
	all = NULL;
	pages = (struct pages){ .answers = round, .count = 4 };
	CHECK_EQ("cursors in a circle", list(&pages, &all, &err), MCPASS_OK);
	CHECK_EQ("each page is asked for once", pages.asked, 3);
	CHECK_EQ("and is there", json_array_size(json_object_get(all, "tools")), 3);
	CHECK_HAS("and why it is not more", pages.cut.detail, "same cursor again");
	json_decref(all);
	all = NULL;
	pages = (struct pages){ .answers = none, .count = 1 };
	CHECK_EQ("no list", list(&pages, &all, &err), MCPASS_E_PROTOCOL);
	pages = (struct pages){ .answers = error, .count = 1, .is_error = true };
	CHECK_EQ("an error", list(&pages, &all, &err), MCPASS_E_USAGE);
	CHECK("untouched", all == NULL);
}

/* A server that always has one more page. */
static enum mcpass_rc endless(void *ctx, const char *method, const char *params,
    char **ret_json, bool *ret_is_error, struct mcpass_error *err)
{
	unsigned *asked = ctx;
	struct mp_buf text;

	(void)method;
	(void)params;
	*ret_is_error = false;
	mp_buf_init(&text, 200);
	mp_buf_addf(&text, "{\"tools\":[],\"nextCursor\":\"%u\"}", ++*asked);
	return mp_buf_take(&text, "a page", ret_json, err);
}

static void test_endless(void)
{
	unsigned asked = 0;
	const struct mp_asker asker = { endless, &asked };
	struct mcpass_error err = { 0 }, cut = { 0 };
	json_t *all = NULL;

	CHECK_EQ("no end", mp_listing_all(&asker, "tools", &all, NULL, &cut, &err), MCPASS_OK);
	CHECK_EQ("at the cap", asked, MP_MAX_LIST_PAGES);
	CHECK_HAS("and it is said", cut.detail, "more than 1000 pages");
	json_decref(all);
}

/* A page of many items and one more page: what is over the cap is left out, in both forms. */
static void test_too_many(void)
{
	struct mcpass_error err = { 0 }, cut = { 0 };
	struct pages pages = { .count = 1 };
	const struct mp_asker asker = { answer, &pages };
	const char *answers[1];
	json_t *all = NULL, *read = NULL;
	char *text = NULL;
	struct mp_buf buf;

	mp_buf_init(&buf, 1000000);
	mp_buf_adds(&buf, "{\"tools\":[0");
	for (int i = 1; i < MP_MAX_LISTED + 5; i++)
		mp_buf_addf(&buf, ",%d", i);
	mp_buf_adds(&buf, "],\"nextCursor\":\"more\"}");
	answers[0] = mp_buf_text(&buf);
	pages.answers = answers;
	CHECK_EQ("too many", mp_listing_all(&asker, "tools", &all, &text, &cut, &err), MCPASS_OK);
	CHECK_EQ("the next page is not asked for", pages.asked, 1);
	CHECK_EQ("as many as there is room for", json_array_size(json_object_get(all, "tools")),
	    MP_MAX_LISTED);
	CHECK_HAS("and it is said", cut.detail, "more than 10000 tools");
	CHECK_EQ("the text is JSON", mp_json_parse_by(MP_JSON_MESSAGE, text, strlen(text),
	    MP_MAX_MESSAGE, "the text", &read, &err), MCPASS_OK);
	CHECK("and the same", json_equal(read, all));
	json_decref(all);
	json_decref(read);
	mp_free_wiped(text);
	mp_buf_free(&buf);
}

static void test_pages_oom(void)
{
	static const char *const two[] = {
		"{\"tools\":[{\"name\":\"a\"}],\"nextCursor\":\"p2\"}", "{\"tools\":[{\"name\":\"b\"}]}",
	};

	OOM_EACH {
		struct pages pages = { .answers = two, .count = 2 };
		struct mcpass_error err;
		json_t *all = NULL;
		enum mcpass_rc rc;

		rc = list(&pages, &all, &err);
		CHECK_OOM("no memory, or all", rc, MCPASS_OK);
		json_decref(all);
	}
}

/* A text that could not be made says so in its buffer, and nothing else happens. */
static void test_render_oom(void)
{
	json_t *tools = read_json(TOOLS), *given = read_json("{\"mode\":1,\"x\":2,\"repeat_count\":\"3\"}");
	const json_t *echo = mp_listing_find(tools, "tools", "echo");

	OOM_EACH {
		struct mp_buf buf;

		mp_buf_init(&buf, 100000);
		for (size_t i = 0; i < COUNT(rows); i++)
			show(&buf, i % 2 != 0 ? &tty : &pipe_term, rows[i].json);
		mp_listing_render(&buf, &tty, tools, "tools");
		mp_advice_arguments(&buf, &tty, echo, given);
		mp_advice_name(&buf, &tty, tools, "ecko");
		CHECK_OOM("a failure sticks", buf.failed, MCPASS_OK);
		mp_buf_free(&buf);
	}
	json_decref(tools);
	json_decref(given);
}

int main(void)
{
	test_results();
	test_harmless();
	test_list();
	test_advice();
	test_fits();
	test_pages();
	test_endless();
	test_too_many();
	test_pages_oom();
	test_render_oom();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
