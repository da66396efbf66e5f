/* Bytes become lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bridge/lines.h"
#include "harness/check.h"

#define MAX 600
#define FILL100 "0123456789012345678901234567890123456789012345678901234567890123456789" \
	"012345678901234567890123456789"
#define FILL700 FILL100 FILL100 FILL100 FILL100 FILL100 FILL100 FILL100

static const struct {
	const char *label, *input, *lines;      /* '|' between them; "!ID" is one that is too long */
} rows[] = {
	{ "one", "{}\n", "{}" },
	{ "two in one write", "{}\n[]\n", "{}|[]" },
	{ "CRLF", "{}\r\n[]\r\n", "{}|[]" },
	{ "blank lines", "\n\r\n  \n{}\n\n", "{}" },
	{ "the last has no end", "{}\n[1]", "{}|[1]" },
	{ "white space around it", " \t{} \n", "{}" },
	{ "too long, the id behind jsonrpc",
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" FILL700 "\"}\n{}\n", "!7|{}" },
	{ "too long, a text as id", "{\"id\":\"a\\\"b\",\"method\":\"" FILL700 "\"}\n", "!\"a\\\"b\"" },
	{ "too long, the id at the end",
	    "{\"method\":\"" FILL700 "\",\"jsonrpc\":\"2.0\",\"id\":-12}\r\n{}\n", "!-12|{}" },
	{ "too long, an id among the arguments",
	    "{\"method\":\"" FILL700 "\",\"params\":{\"a\":1,\"id\":3}}\n", "!" },
	{ "too long, no id", "[" FILL700 "]\n", "!" },
	{ "as long as it may be", FILL100 FILL100 FILL100 FILL100 FILL100 FILL100 "\n",
	    FILL100 FILL100 FILL100 FILL100 FILL100 FILL100 },
};

static void add(char *text, size_t room, enum mp_line_kind kind, struct mp_span line,
    const struct mp_lines *lines)
{
	size_t len = strlen(text);
	struct mp_span id = mp_lines_find_id(lines);

	if (len > 0)
		text[len++] = '|';
	if (kind == MP_LINE_TOO_LONG)
		(void)snprintf(text + len, room - len, "!%.*s", (int)id.len, id.data != NULL ? id.data : "");
	else
		(void)snprintf(text + len, room - len, "%.*s", (int)line.len, line.data);
}

static enum mcpass_rc read_all(const char *input, size_t step, char *text, size_t room)
{
	struct mp_lines lines;
	struct mp_span line = { NULL, 0 };
	enum mp_line_kind kind = MP_LINE_NONE;
	enum mcpass_rc rc = MCPASS_OK;

	text[0] = '\0';
	mp_lines_init(&lines, MAX);
	for (size_t at = 0; !rc && at < strlen(input); at += step) {
		size_t left = strlen(input) - at;
		struct mp_span part = { input + at, left < step ? left : step };

		do {
			rc = mp_lines_next(&lines, &part, &kind, &line, NULL);
			if (!rc && kind != MP_LINE_NONE)
				add(text, room, kind, line, &lines);
		} while (!rc && kind != MP_LINE_NONE);
	}
	if (!rc)
		rc = mp_lines_last(&lines, &kind, &line, NULL);
	if (!rc && kind != MP_LINE_NONE)
		add(text, room, kind, line, &lines);
	mp_lines_free(&lines);
	return rc;
}

static void test_rows(void)
{
	static const size_t steps[] = { 1, 2, 7, 255, 511, 512, 513, 100000 };
	char text[4096];

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t s = 0; s < COUNT(steps); s++) {
			CHECK_EQ(rows[i].label, read_all(rows[i].input, steps[s], text, sizeof(text)), MCPASS_OK);
			CHECK_STR(rows[i].label, text, rows[i].lines);
		}
}

/* A rest gives the room back, and takes nothing from a line that has begun. */
static void test_rest(void)
{
	struct mp_lines lines;
	struct mp_span input = { "[", 1 }, rest = { "1]\n", 3 }, line = { NULL, 0 };
	enum mp_line_kind kind;

	mp_lines_init(&lines, MAX);
	CHECK_EQ("begun", mp_lines_next(&lines, &input, &kind, &line, NULL), MCPASS_OK);
	mp_lines_rest(&lines);
	CHECK_EQ("ended", mp_lines_next(&lines, &rest, &kind, &line, NULL), MCPASS_OK);
	CHECK("whole", kind == MP_LINE_WHOLE && mp_span_is(line, "[1]"));
	mp_lines_rest(&lines);
	CHECK_EQ("nothing is kept", mp_test_live_blocks(), 0);
	input = (struct mp_span){ "{}\n", 3 };
	CHECK_EQ("the next one", mp_lines_next(&lines, &input, &kind, &line, NULL), MCPASS_OK);
	CHECK("is there", kind == MP_LINE_WHOLE && mp_span_is(line, "{}"));
	mp_lines_free(&lines);
}

static void test_memory(void)
{
	char text[4096];

	OOM_EACH {
		enum mcpass_rc rc = MCPASS_OK;

		for (size_t i = 0; !rc && i < COUNT(rows); i++)
			rc = read_all(rows[i].input, 3, text, sizeof(text));
		CHECK_OOM("no memory", rc, MCPASS_OK);
	}
}

int main(void)
{
	test_rows();
	test_rest();
	test_memory();
	return check_done();
}
