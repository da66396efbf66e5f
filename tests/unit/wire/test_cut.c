/* Which bytes of JSON text are the inside of a long string, however they come. */
#include <string.h>
#include "harness/check.h"
#include "base/buf.h"
#include "wire/json/cut.h"

#define FRONT 4

static const struct {
	const char *label, *text, *want;        /* want: '.' outside, 'f' front, 'r' rest */
} rows[] = {
	{ "no string", "[1,true]", "........" },
	{ "a short one", "\"abc\"", ".fff." },
	{ "two, and an empty one", "\"a\",\"\",\"b\"", ".f......f." },
	{ "as long as the front", "\"abcd\"", ".ffff." },
	{ "a long one", "\"abcdefg\":1", ".ffffrrr..." },
	{ "a quote that is escaped", "\"a\\\"b\\\"cd\"", ".ffffrrrr." },
	{ "no escape is divided", "\"abc\\ndef\"", ".fffffrrr." },
	{ "nor a long one", "\"abc\\u00e9def\"", ".fffffffffrrr." },
	{ "nor a character", "\"abc\xf0\x9f\x98\x80z\"", ".fffffffr." },
	{ "a backslash at the end", "\"abcde\\\\\",\"x\"", ".ffffrrr...f." },
	{ "u is no escape by itself", "\"uuuuu\"", ".ffffr." },
	{ "a line end ends what is no string", "\"abc\n\"de\"", ".fff..ff." },
	{ "a long one, too", "\"abcdef\r\"g\"", ".ffffrr..f." },
	{ "an escape, too", "\"\\u0\n\"g\"", ".fff..f." },
	{ "the lines of a stream", ": it's \"\ndata: {\"abcdefg\":\"h\"}\n\n",
	    ".................ffffrrr...f...." },
};

static char letter_of(enum mp_cut_kind kind)
{
	return kind == MP_CUT_OUTSIDE ? '.' : kind == MP_CUT_FRONT ? 'f' : 'r';
}

/* size bytes at a time */
static void cut(const char *text, size_t size, char *got)
{
	struct mp_cut state = { .front = FRONT };
	size_t len = strlen(text), at = 0;

	while (at < len) {
		struct mp_span part = { text + at, len - at < size ? len - at : size };

		while (part.len > 0) {
			enum mp_cut_kind kind;
			size_t n = mp_cut_step(&state, part, &kind);

			CHECK("it goes on", n > 0 && n <= part.len);
			memset(got + at, letter_of(kind), n);
			at += n;
			part = (struct mp_span){ part.data + n, part.len - n };
		}
	}
	got[len] = '\0';
}

static const struct {
	const char *label, *text;
	size_t whole;
} whole_rows[] = {
	{ "nothing", "", 0 }, { "plain", "abc", 3 }, { "an escape", "a\\n", 3 }, { "half of one", "a\\", 1 },
	{ "a long one", "a\\u00e9", 7 }, { "most of one", "a\\u00e", 1 }, { "two of it", "a\\u", 1 },
	{ "a pair", "\\ud83d\\ude00", 12 }, { "half a pair", "x\\ud83d", 1 },
	{ "half a pair, and some", "x\\uD83D\\ude0", 1 }, { "the other half alone", "\\ude00", 6 },
	{ "half a pair alone", "\\ud83dabcde\\", 11 }, { "before another escape", "\\ud83d\\n", 8 },
	{ "before half of one", "\\ud83dx\\", 7 }, { "before what may be the other half", "\\ud83d\\ud", 0 },
	{ "before one that is not", "\\ud83d\\u0041", 12 }, { "before another first half", "\\ud83d\\ud83d", 6 },
	{ "before a pair", "\\ud83d\\ud83d\\ude00", 18 },
	{ "a character", "a\xc3\xa9", 3 }, { "half of one", "a\xc3", 1 }, { "three of four", "a\xf0\x9f\x98", 1 },
	{ "what is none", "a\x80\x80\x80\x80", 5 }, { "behind an escape", "\\n\xc3", 2 },
};

int main(void)
{
	char got[64];

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t size = 1; size <= strlen(rows[i].text); size++) {
			cut(rows[i].text, size, got);
			CHECK_STR(rows[i].label, got, rows[i].want);
		}
	for (size_t i = 0; i < COUNT(whole_rows); i++)
		CHECK_EQ(whole_rows[i].label, mp_cut_whole(whole_rows[i].text, strlen(whole_rows[i].text)),
		    whole_rows[i].whole);
	return check_done();
}
