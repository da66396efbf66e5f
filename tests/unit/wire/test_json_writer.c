/* JSON that is written: commas, escapes, and what sticks. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/json/json.h"
#include "wire/json/writer.h"

static void write_all(struct mp_buf *buf, const json_t *json)
{
	struct mp_writer w = { .buf = buf };

	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "a", "x");
	mp_writer_text(&w, "absent", NULL);
	mp_writer_object(&w, "empty");
	mp_writer_end(&w, '}');
	mp_writer_array(&w, "list");
	mp_writer_int(&w, NULL, -9007199254740993);
	mp_writer_bool(&w, NULL, true);
	mp_writer_array(&w, NULL);
	mp_writer_end(&w, ']');
	mp_writer_object(&w, NULL);
	mp_writer_raw(&w, "raw", (struct mp_span){ "1.0e2", 5 });
	mp_writer_raw(&w, "absent", (struct mp_span){ NULL, 0 });
	mp_writer_end(&w, '}');
	mp_writer_end(&w, ']');
	mp_writer_json(&w, "json", json);
	mp_writer_json(&w, "absent", NULL);
	mp_writer_bool(&w, "last", false);
	mp_writer_end(&w, '}');
}

#define ALL "{\"a\":\"x\",\"empty\":{},\"list\":[-9007199254740993,true,[],{\"raw\":1.0e2}],\"json\":\"\\u0001\",\"last\":false}"

static const struct {
	const char *label, *text, *want;
} rows[] = {
	{ "nothing", "", "\"\"" },
	{ "plain", "caf\xc3\xa9 / \x7f", "\"caf\xc3\xa9 / \x7f\"" },
	{ "escapes", "\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
	{ "controls", "\x01" "a\x1f", "\"\\u0001a\\u001F\"" },
	{ "one that is not UTF-8", "a\xff\"\xe2\x82", "\"a\xef\xbf\xbd\\\"\xef\xbf\xbd\xef\xbf\xbd\"" },
};

static void test_texts(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_buf buf;
		struct mp_writer w = { .buf = &buf };
		json_t *json = json_string(rows[i].text);
		char *other = json != NULL ? mp_json_dump(json) : NULL;

		mp_buf_init(&buf, 1000);
		mp_writer_text(&w, NULL, rows[i].text);
		CHECK_STR(rows[i].label, mp_buf_text(&buf), rows[i].want);
		if (other != NULL)
			CHECK_STR("as the parser's own writer has it", other, rows[i].want);
		free(other);
		json_decref(json);
		mp_buf_free(&buf);
	}
}

static void test_memory(void)
{
	json_t *json = json_string("\x01");

	OOM_EACH {
		struct mp_buf buf;

		mp_buf_init(&buf, MP_MAX_DOCUMENT);
		write_all(&buf, json);
		CHECK_OOM("it sticks", mp_buf_check(&buf, "it", NULL), MCPASS_OK);
		if (!mp_test_alloc_failed())
			CHECK_STR("all", mp_buf_text(&buf), ALL);
		mp_buf_free(&buf);
	}
	json_decref(json);
}

int main(void)
{
	test_texts();
	test_memory();
	return check_done();
}
