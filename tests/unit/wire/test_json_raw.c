/* JSON as it was written. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "wire/json/raw.h"

static const struct {
	const char *label, *text, *want;        /* of the member "result"; NULL: none */
} rows[] = {
	{ "alone", "{\"result\":{}}", "{}" },
	{ "last", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":[1,2]}}", "{\"a\":[1,2]}" },
	{ "first", " { \"result\" : { \"a\" : 1 } , \"id\" : 1 } ", "{\"a\":1}" },
	{ "line ends go", "{\"result\":{\r\n\t\"a\": 1,\n\"b\" :\n2}}", "{\"a\":1,\"b\":2}" },
	{ "white space in text stays", "{\"result\":{\"a b\":\" c  d \"}}", "{\"a b\":\" c  d \"}" },
	{ "numbers stay as they are", "{\"result\":{\"a\":0.1,\"b\":1e-7,\"c\":12345678901234567890123,\"d\":1.0}}",
	    "{\"a\":0.1,\"b\":1e-7,\"c\":12345678901234567890123,\"d\":1.0}" },
	{ "escapes stay as they are", "{\"result\":{\"\\u0061\":\"\\\"}, \\\\\"}}", "{\"\\u0061\":\"\\\"}, \\\\\"}" },
	{ "brackets in text", "{\"a\":\"}\",\"result\":{\"b\":\"]{\"},\"c\":1}", "{\"b\":\"]{\"}" },
	{ "deeper down does not count", "{\"a\":{\"result\":1},\"b\":[{\"result\":2}],\"result\":{}}", "{}" },
	{ "as text does not count", "{\"a\":\"result\",\"result\":{}}", "{}" },
	{ "a longer name", "{\"results\":1,\"resul\":2,\"result\":{}}", "{}" },
	{ "absent", "{\"a\":1}", NULL },
	{ "written with escapes", "{\"resul\\u0074\":{}}", NULL },
	{ "an empty object", "{}", NULL },
};

static const struct {
	const char *label, *text, *want;
} indent_rows[] = {
	{ "an object", "{\"a\":1,\"b\":[1,2]}",
	    "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    2\n  ]\n}" },
	{ "nothing inside", " { \"a\" : { } , \"b\" : [ ] } ",
	    "{\n  \"a\": {},\n  \"b\": []\n}" },
	{ "empty", "{}", "{}" },
	{ "an empty list", "[\n]", "[]" },
	{ "a number as it is", " 0.1 ", "0.1" },
	{ "numbers", "[0.1,1e-7,12345678901234567890123,1.0,-0]",
	    "[\n  0.1,\n  1e-7,\n  12345678901234567890123,\n  1.0,\n  -0\n]" },
	{ "text", "\"{a: [1, 2], \\\" }\"", "\"{a: [1, 2], \\\" }\"" },
	{ "escapes", "{\"\\u0061\":\"\\\\\"}", "{\n  \"\\u0061\": \"\\\\\"\n}" },
	{ "words", "[true,false,null]", "[\n  true,\n  false,\n  null\n]" },
};

static void test_indent(void)
{
	for (size_t i = 0; i < COUNT(indent_rows); i++) {
		struct mp_buf buf;

		mp_buf_init(&buf, 1000);
		mp_raw_indent(&buf, (struct mp_span){ indent_rows[i].text,
		    strlen(indent_rows[i].text) });
		CHECK_STR(indent_rows[i].label, mp_buf_text(&buf), indent_rows[i].want);
		mp_buf_free(&buf);
	}
}

static const struct {
	const char *label, *text, *want;        /* the items, each with a '|' behind it */
} item_rows[] = {
	{ "none", "[]", "" },
	{ "none, with space", "[ \n ]", "" },
	{ "one", "[1]", "1|" },
	{ "some", "[{\"a\":[1,2]},\"],\",0.10]", "{\"a\":[1,2]}|\"],\"|0.10|" },
	{ "no array", "{}", "" },
};

static void test_items(void)
{
	for (size_t i = 0; i < COUNT(item_rows); i++) {
		const char *at = item_rows[i].text, *end = at + strlen(at);
		struct mp_span item;
		struct mp_buf buf;

		mp_buf_init(&buf, 1000);
		while (mp_raw_item(&at, end, &item))
			mp_buf_addf(&buf, "%.*s|", (int)item.len, item.data);
		CHECK_STR(item_rows[i].label, mp_buf_text(&buf), item_rows[i].want);
		mp_buf_free(&buf);
	}
}

static const struct {
	const char *label, *text, *want;
} visible_rows[] = {
	{ "what can be shown stays", "{\n  \"\xc3\xa9\": 1.10\n}", "{\n  \"\xc3\xa9\": 1.10\n}" },
	{ "DEL", "\"a\x7f\"", "\"a\\u007f\"" },
	{ "a control of C1", "[\"\xc2\x9b" "31m\"]", "[\"\\u009b31m\"]" },
	{ "an override", "\"\xe2\x80\xaegpj\"", "\"\\u202egpj\"" },
	{ "an isolate in a name", "{\"\xe2\x81\xa6\":1}", "{\"\\u2066\":1}" },
	{ "an Arabic letter mark", "\"\xd8\x9c\"", "\"\\u061c\"" },
	{ "a tag is two units", "\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\"" },
	{ "an escape stays", "\"\\u001b[2J\"", "\"\\u001b[2J\"" },
	{ "nothing", "", "" },
};

static void test_visible(void)
{
	for (size_t i = 0; i < COUNT(visible_rows); i++) {
		struct mp_buf buf;

		mp_buf_init(&buf, 1000);
		mp_raw_visible(&buf, visible_rows[i].text);
		CHECK_STR(visible_rows[i].label, mp_buf_text(&buf), visible_rows[i].want);
		mp_buf_free(&buf);
	}
}

int main(void)
{
	test_indent();
	test_items();
	test_visible();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_span text = { rows[i].text, strlen(rows[i].text) };
		struct mp_span raw = mp_raw_member(text, "result");
		char *compact = NULL;

		CHECK(rows[i].label, (raw.data == NULL) == (rows[i].want == NULL));
		if (raw.data != NULL)
			CHECK_EQ(rows[i].label, mp_raw_compact(raw, &compact, NULL), MCPASS_OK);
		CHECK_STR(rows[i].label, compact, rows[i].want);
		free(compact);
	}
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
