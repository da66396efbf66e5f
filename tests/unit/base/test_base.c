/* Floor 0: errors, text, buffers, secrets. */
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/printable.h"
#include "base/secret.h"
#include "harness/check.h"

static const struct {
	const char *label, *text, *want;
} line_rows[] = {
	{ "plain text stays", "a b", "a b" },
	{ "an escape sequence is disarmed", "\x1b[31m", "?[31m" },
	{ "line ends", "a\r\nb\tc", "a??b?c" },
	{ "DEL", "a\x7f", "a?" },
	{ "two bytes", "\xc3\xa9", "\xc3\xa9" },
	{ "four bytes", "\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91" },
	{ "cut sequence", "\xf0\x9f\x94", "???" },
	{ "overlong slash", "\xc0\xaf", "??" },
	{ "surrogate", "\xed\xa0\x80", "???" },
	{ "C1 control", "\xc2\x9b", "??" },
	{ "right-to-left override", "\xe2\x80\xae", "???" },
	{ "beyond Unicode", "\xf4\x90\x80\x80", "????" },
	{ "soft hyphen", "a\xc2\xad", "a??" },
	{ "grapheme joiner", "\xcd\x8f", "??" },
	{ "Arabic letter mark", "\xd8\x9c", "??" },
	{ "Hangul filler", "\xe3\x85\xa4", "???" },
	{ "half-width Hangul filler", "\xef\xbe\xa0", "???" },
	{ "Mongolian selector", "\xe1\xa0\x8e", "???" },
	{ "zero-width space", "\xe2\x80\x8b", "???" },
	{ "word joiner", "\xe2\x81\xa0", "???" },
	{ "isolate", "\xe2\x81\xa6", "???" },
	{ "end of an isolate", "\xe2\x81\xa9", "???" },
	{ "line separator", "\xe2\x80\xa8", "???" },
	{ "byte order mark", "\xef\xbb\xbf", "???" },
	{ "annotation", "\xef\xbf\xb9", "???" },
	{ "a tag", "\xf3\xa0\x81\x81", "????" },
	{ "a variation selector of the second kind", "\xf3\xa0\x84\x80", "????" },
	{ "a variation selector", "a\xef\xb8\x8f", "a???" },
	{ "that of a symbol", "\xe2\x9a\xa0\xef\xb8\x8f!", "\xe2\x9a\xa0\xef\xb8\x8f!" },
	{ "one too many", "\xe2\x9a\xa0\xef\xb8\x8f\xef\xb8\x8f", "\xe2\x9a\xa0\xef\xb8\x8f???" },
	{ "replacement character", "\xef\xbf\xbd", "\xef\xbf\xbd" },
	{ "empty", "", "" },
};

static void test_one_line(void)
{
	for (size_t i = 0; i < COUNT(line_rows); i++) {
		char text[32];

		strcpy(text, line_rows[i].text);
		mp_one_line(text);
		CHECK_STR(line_rows[i].label, text, line_rows[i].want);
	}
}

static const struct {
	const char *label, *text;
	bool want;
} blank_rows[] = {
	{ "nothing", "", true },
	{ "spaces", "   ", true },
	{ "a no-break space", "\xc2\xa0", true },
	{ "an ideographic space", "\xe3\x80\x80", true },
	{ "a Braille blank", "\xe2\xa0\x80", true },
	{ "a Hangul filler", "\xe3\x85\xa4", true },
	{ "a word joiner between spaces", " \xe2\x81\xa0 ", true },
	{ "an Arabic letter mark", "\xd8\x9c", true },
	{ "tags", "\xf3\xa0\x81\x81\xf3\xa0\x81\x82", true },
	{ "controls", "\t\n\x7f", true },
	{ "bytes that are no text", "\xff\xfe", true },
	{ "a letter", "a", false },
	{ "a letter behind all that", " \xe2\x81\xa0\xe3\x85\xa4" "a", false },
	{ "a letter of another script", "\xd7\x90", false },
};

static void test_blank(void)
{
	for (size_t i = 0; i < COUNT(blank_rows); i++)
		CHECK_EQ(blank_rows[i].label, mp_is_blank(blank_rows[i].text), blank_rows[i].want);
}

static void test_error(void)
{
	struct mcpass_error err = { 0 };

	mp_hint(&err, "nothing failed yet");
	CHECK_STR("a hint needs a failure", err.hint, "");
	CHECK_EQ("no failure, no doing", mp_doing(&err, MCPASS_OK, "resting"), MCPASS_OK);
	CHECK("no failure, no doing", err.doing == NULL);
	CHECK_EQ("first report", mp_fail(&err, MCPASS_E_POLICY, "RFC 1", "a\n%d", 1), MCPASS_E_POLICY);
	CHECK_EQ("the first wins", mp_fail(&err, MCPASS_E_IO, "RFC 2", "b"), MCPASS_E_POLICY);
	CHECK_STR("one line", err.detail, "a?1");
	CHECK_STR("its clause", err.spec, "RFC 1");
	mp_doing(&err, err.rc, "inner");
	mp_doing(&err, err.rc, "outer");
	CHECK_STR("the innermost doing wins", err.doing, "inner");
	mp_hint(&err, "first");
	mp_hint(&err, "second");
	CHECK_STR("the first hint wins", err.hint, "first");
	mp_oauth_code(&err, "invalid_grant");
	mp_oauth_code(&err, "other");
	CHECK_STR("the first code wins", err.oauth, "invalid_grant");
	mp_clear(&err);
	CHECK_EQ("cleared", err.rc, MCPASS_OK);
	CHECK_EQ("no error struct at all", mp_fail(NULL, MCPASS_E_IO, NULL, "x"), MCPASS_E_IO);
	CHECK_STR("a name", mcpass_rc_name(MCPASS_E_EXPIRED), "MCPASS_E_EXPIRED");
	CHECK_STR("the library's version", mcpass_version(), MCPASS_VERSION);
}

static void test_buf(void)
{
	struct mcpass_error err = { 0 };
	struct mp_buf buf;
	char *text = NULL;

	mp_buf_init(&buf, 5);
	CHECK_STR("nothing added", mp_buf_text(&buf), "");
	mp_buf_addf(&buf, "%d", 12345);
	CHECK_STR("as much as fits", mp_buf_text(&buf), "12345");
	CHECK_EQ("full is fine", mp_buf_check(&buf, "it", &err), MCPASS_OK);
	mp_buf_addc(&buf, '6');
	CHECK_EQ("one too many", mp_buf_check(&buf, "it", &err), MCPASS_E_LIMIT);
	CHECK_STR("and says how many", err.detail, "it is larger than 5 bytes");
	mp_clear(&err);
	CHECK_EQ("a failure is not taken", mp_buf_take(&buf, "it", &text, &err), MCPASS_E_LIMIT);
	CHECK("untouched", text == NULL);
	CHECK_EQ("an empty one can be", mp_buf_take(&buf, "it", &text, NULL), MCPASS_OK);
	CHECK_STR("and is a string", text, "");
	free(text);

	mp_buf_init(&buf, 1000);
	for (int i = 0; i < 1000; i++)
		mp_buf_addc(&buf, 'x');
	CHECK_EQ("grown", strlen(mp_buf_text(&buf)), 1000);
	mp_buf_free(&buf);

	OOM_EACH {
		mp_buf_adds(&buf, "x");
		CHECK_OOM("no memory sticks", mp_buf_check(&buf, "it", NULL), MCPASS_OK);
		mp_buf_free(&buf);
		mp_buf_init(&buf, 1000);
	}
}

static void test_strings(void)
{
	struct mcpass_error err = { 0 };
	struct mp_strings list = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (int i = 0; i < MP_MAX_ITEMS; i++)
		rc |= mp_strings_add(&list, (struct mp_span){ "abc", 3 }, &err);
	CHECK_EQ("all the items", rc, MCPASS_OK);
	CHECK("found", mp_strings_has(&list, "abc"));
	CHECK("only whole", !mp_strings_has(&list, "ab"));
	CHECK_EQ("one too many", mp_strings_add(&list, (struct mp_span){ "d", 1 }, &err), MCPASS_E_LIMIT);
	mp_strings_free(&list);
	OOM_EACH {
		CHECK_OOM("no memory", mp_strings_add(&list, (struct mp_span){ "d", 1 }, NULL), MCPASS_OK);
		mp_strings_free(&list);
	}
	CHECK_EQ("the list and its item", oom_count(), 2);
	CHECK("case folds", mp_eq_nocase("BeaReR", "bearer"));
	CHECK("only letters fold", !mp_eq_nocase("[", "{"));
	CHECK("a prefix is not equal", !mp_eq_nocase("bear", "bearer"));
	CHECK("NULL is not empty", !mp_eq(NULL, ""));
}

static void test_secret(void)
{
	struct mp_secret a = { 0 }, b = { 0 };

	CHECK("absent equals nothing", !mp_secret_equal(&a, &b));
	CHECK_EQ("set", mp_secret_set(&a, "s3cret", NULL), MCPASS_OK);
	CHECK_EQ("set", mp_secret_set(&b, "s3creT", NULL), MCPASS_OK);
	CHECK("last byte differs", !mp_secret_equal(&a, &b));
	CHECK_EQ("replaced", mp_secret_set_span(&b, (struct mp_span){ "s3cret+", 6 }, NULL), MCPASS_OK);
	CHECK("equal", mp_secret_equal(&a, &b));
	mp_secret_free(&b);
	CHECK("gone", !mp_secret_present(&b));
	CHECK_EQ("set to nothing", mp_secret_set(&a, NULL, NULL), MCPASS_OK);
	CHECK("absent", mp_secret_reveal(&a) == NULL);
}

int main(void)
{
	test_one_line();
	test_blank();
	test_error();
	test_buf();
	test_strings();
	test_secret();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
