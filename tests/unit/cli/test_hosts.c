/* Settings that people keep: one entry goes in and comes out, and the rest stays. */
#include <stdlib.h>
#include <string.h>
#include "cli/hosts/json_edit.h"
#include "cli/hosts/toml_edit.h"
#include "harness/check.h"

#define ENTRY "{\n  \"a\": [\n    1\n  ]\n}"

static const struct {
	const char *label, *before, *after;
} json_rows[] = {
	{ "no file", "", "{\n  \"m\": {\n    \"n\": {\n      \"a\": [\n        1\n      ]\n    }\n  }\n}\n" },
	{ "an empty object", "{}", "{\n  \"m\": {\n    \"n\": {\n      \"a\": [\n        1\n      ]\n    }\n  }\n}" },
	{ "other members, tabs", "{\n\t\"x\": 1\n}\n",
	    "{\n\t\"x\": 1,\n\t\"m\": {\n\t\t\"n\": {\n\t\t\t\"a\": [\n\t\t\t\t1\n\t\t\t]\n\t\t}\n\t}\n}\n" },
	{ "beside another", "{\n    \"m\": {\n        \"o\": {}\n    }\n}\n",
	    "{\n    \"m\": {\n        \"o\": {},\n        \"n\": {\n            \"a\": [\n                1\n            ]\n        }\n    }\n}\n" },
	{ "comments and a comma behind the last", "// c\n{\n  \"m\": { // d\n    \"o\": {}, // e\n  }, /* f */\n}\n",
	    "// c\n{\n  \"m\": { // d\n    \"o\": {}, // e\n    \"n\": {\n      \"a\": [\n        1\n      ]\n    },\n  }, /* f */\n}\n" },
	{ "an empty container", "{\n  \"m\": {}\n}\n",
	    "{\n  \"m\": {\n    \"n\": {\n      \"a\": [\n        1\n      ]\n    }\n  }\n}\n" },
	{ "line ends of Windows", "{\r\n  \"m\": {\r\n    \"o\": 1\r\n  }\r\n}\r\n",
	    "{\r\n  \"m\": {\r\n    \"o\": 1,\r\n    \"n\": {\r\n      \"a\": [\r\n        1\r\n      ]\r\n    }\r\n  }\r\n}\r\n" },
	{ "strings with braces and quotes", "{\n  \"x\": \"}\\\"{ // m\",\n  \"m\": {\n    \"o\": \"/*\"\n  }\n}\n",
	    "{\n  \"x\": \"}\\\"{ // m\",\n  \"m\": {\n    \"o\": \"/*\",\n    \"n\": {\n      \"a\": [\n        1\n      ]\n    }\n  }\n}\n" },
};

static char *put(const char *before, const char *name)
{
	struct mp_buf buf;
	char *text = NULL;

	mp_buf_init(&buf, 65536);
	if (mp_json_edit_put((struct mp_span){ before, strlen(before) }, "m", name, ENTRY, &buf, NULL) == MCPASS_OK)
		(void)mp_buf_take(&buf, "it", &text, NULL);
	mp_buf_free(&buf);
	return text;
}

static char *take_out(const char *before, const char *name, bool *ret_found)
{
	struct mp_buf buf;
	char *text = NULL;

	mp_buf_init(&buf, 65536);
	if (mp_json_edit_remove((struct mp_span){ before, strlen(before) }, "m", name, &buf, ret_found, NULL)
	    == MCPASS_OK)
		(void)mp_buf_take(&buf, "it", &text, NULL);
	mp_buf_free(&buf);
	return text;
}

static void test_json(void)
{
	for (size_t i = 0; i < COUNT(json_rows); i++) {
		const char *label = json_rows[i].label;
		char *after = put(json_rows[i].before, "n"), *again = after != NULL ? put(after, "n") : NULL, *back;
		bool found = false, has_container = strstr(json_rows[i].before, "\"m\": {") != NULL;

		CHECK_STR(label, after, json_rows[i].after);
		CHECK_STR("twice is once", again, json_rows[i].after);
		back = after != NULL ? take_out(after, "n", &found) : NULL;
		CHECK(label, found);
		if (has_container)
			CHECK_STR("out again, nothing is left of it", back, json_rows[i].before);
		free(after);
		free(again);
		free(back);
	}
}

static const struct {
	const char *label, *before, *after;
} removals[] = {
	{ "the first", "{\n  \"m\": {\n    \"n\": 1,\n    \"o\": 2\n  }\n}", "{\n  \"m\": {\n    \"o\": 2\n  }\n}" },
	{ "in the middle", "{\n  \"m\": {\n    \"a\": 1,\n    \"n\": {},\n    \"o\": 2 // x\n  }\n}",
	    "{\n  \"m\": {\n    \"a\": 1,\n    \"o\": 2 // x\n  }\n}" },
	{ "on one line", "{\"m\": {\"a\": 1, \"n\": 2, \"o\": 3}}", "{\"m\": {\"a\": 1, \"o\": 3}}" },
	{ "the last on one line", "{\"m\": {\"a\": 1, \"n\": 2}}", "{\"m\": {\"a\": 1}}" },
	{ "it is not there", "{\"m\": {\"a\": 1}}", "{\"m\": {\"a\": 1}}" },
	{ "no container", "{\"x\": 1}", "{\"x\": 1}" },
};

static void test_removals(void)
{
	for (size_t i = 0; i < COUNT(removals); i++) {
		bool found;
		char *after = take_out(removals[i].before, "n", &found);

		CHECK_STR(removals[i].label, after, removals[i].after);
		free(after);
	}
}

static const char *const odd[] = { "[", "{", "{\"m\"", "{\"m\":", "{\"m\": {", "{\"m\": {\"n\"", "{\"m\": []}", "{\"m\": 1}",
	"{} {}", "{\"a\" 1}", "{\"a\": 1 \"b\": 2}", "{\"m\": {\"n\": \"", "{\"m\": {\"n\": [}}", "{,}", "nothing" };

static void test_odd(void)
{
	for (size_t i = 0; i < COUNT(odd); i++) {
		char *after = put(odd[i], "n");

		CHECK(odd[i], after == NULL);
		free(after);
	}
}

static const struct {
	const char *label, *before, *after;
} toml_rows[] = {
	{ "no file", "", "[s.n]\nx = 1\n" },
	{ "behind what is there", "a = 1\n", "a = 1\n\n[s.n]\nx = 1\n" },
	{ "no line end at the end", "a = 1", "a = 1\n\n[s.n]\nx = 1\n" },
	{ "in place of one, and of its own tables", "[s.n]\nx = 2\n\n[s.n.env]\nA = \"b\"\n\n# about t\n[t]\ny = 1\n",
	    "\n# about t\n[t]\ny = 1\n\n[s.n]\nx = 1\n" },
	{ "another of nearly that name", "[s.no]\nx = 2\n", "[s.no]\nx = 2\n\n[s.n]\nx = 1\n" },
	{ "with quotes", "[s.\"n\"]\nx = 2\n", "[s.n]\nx = 1\n" },
};

static void test_toml(void)
{
	for (size_t i = 0; i < COUNT(toml_rows); i++) {
		const char *before = toml_rows[i].before;
		struct mp_buf buf, back;
		bool found;

		mp_buf_init(&buf, 65536);
		mp_buf_init(&back, 65536);
		mp_toml_edit_put((struct mp_span){ before, strlen(before) }, "s", "n", "x = 1\n", &buf);
		CHECK_STR(toml_rows[i].label, mp_buf_text(&buf), toml_rows[i].after);
		mp_toml_edit_remove((struct mp_span){ mp_buf_text(&buf), buf.len }, "s", "n", &back, &found);
		CHECK(toml_rows[i].label, found && strstr(mp_buf_text(&back), "[s.n]") == NULL);
		mp_buf_free(&buf);
		mp_buf_free(&back);
	}
}

static void test_memory(void)
{
	for (size_t i = 0; i < COUNT(json_rows); i++)
		OOM_EACH
			free(put(json_rows[i].before, "n"));
}

int main(void)
{
	test_json();
	test_removals();
	test_odd();
	test_toml();
	test_memory();
	return check_done();
}
