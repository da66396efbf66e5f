/* Forms: written, read, looked up. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/form.h"

static const struct {
	const char *label, *text, *want;
} encode_rows[] = {
	{ "RFC 6749 B", " %&+\xc2\xa3\xe2\x82\xac", "+%25%26%2B%C2%A3%E2%82%AC" },
	{ "what stands for itself", "azAZ09*-._", "azAZ09*-._" },
	{ "a tilde does not", "~", "%7E" },
	{ "what divides", "=&;?#/:@", "%3D%26%3B%3F%23%2F%3A%40" },
	{ "line end", "\r\n", "%0D%0A" },
	{ "quotes", "'\"`", "%27%22%60" },
	{ "empty", "", "" },
};

static void test_encode(void)
{
	for (size_t i = 0; i < COUNT(encode_rows); i++) {
		struct mp_buf buf;

		mp_buf_init(&buf, 100);
		mp_form_encode(&buf, encode_rows[i].text);
		CHECK_STR(encode_rows[i].label, mp_buf_text(&buf), encode_rows[i].want);
		mp_buf_free(&buf);
	}
}

static void test_add(void)
{
	struct mp_buf buf;

	mp_buf_init(&buf, 100);
	mp_form_add(&buf, "absent", NULL);
	CHECK_STR("absent", mp_buf_text(&buf), "");
	mp_form_add(&buf, "a b", "c=d");
	CHECK_STR("the first", mp_buf_text(&buf), "a+b=c%3Dd");
	mp_form_add(&buf, "absent", NULL);
	mp_form_add(&buf, "e", "");
	CHECK_STR("the second, empty", mp_buf_text(&buf), "a+b=c%3Dd&e=");
	mp_buf_clear(&buf);
	mp_buf_adds(&buf, "https://h/?");
	mp_form_add(&buf, "a", "1");
	mp_form_add(&buf, "b", "?");
	mp_form_add(&buf, "c", "3");
	CHECK_STR("behind a question mark", mp_buf_text(&buf), "https://h/?a=1&b=%3F&c=3");
	mp_buf_clear(&buf);
	mp_buf_adds(&buf, "https://h/?x=y");
	mp_form_add(&buf, "a", "1");
	CHECK_STR("behind a query", mp_buf_text(&buf), "https://h/?x=y&a=1");
	mp_buf_free(&buf);
	mp_buf_init(&buf, 3);
	mp_form_add(&buf, "a", "22");
	CHECK_EQ("over the cap", mp_buf_check(&buf, "it", NULL), MCPASS_E_LIMIT);
	mp_buf_free(&buf);
}

#define ENDS "\x01"     /* no name: the end of a row's pairs */
static const struct {
	const char *label, *text, *pairs[8];
} good_rows[] = {
	{ "empty", "", { ENDS } },
	{ "one", "a=b", { "a", "b", ENDS } },
	{ "two", "a=b&c=d", { "a", "b", "c", "d", ENDS } },
	{ "plus is a space", "a+b=+c+", { "a b", " c ", ENDS } },
	{ "an escaped plus is none", "a=%2b", { "a", "+", ENDS } },
	{ "escapes, either case", "%61%3D=%2F%2f%c3%A9", { "a=", "//\xc3\xa9", ENDS } },
	{ "escaped dividers", "a=%26b%3D1", { "a", "&b=1", ENDS } },
	{ "escapes are undone once", "a=%2541", { "a", "%41", ENDS } },
	{ "the first equals sign divides", "a=b=c", { "a", "b=c", ENDS } },
	{ "no equals sign", "a", { "a", "", ENDS } },
	{ "empty value", "a=", { "a", "", ENDS } },
	{ "empty name", "=b", { "", "b", ENDS } },
	{ "empty pairs are passed over", "&&a=b&&c=d&", { "a", "b", "c", "d", ENDS } },
	{ "a semicolon divides nothing", "a=b;c=d", { "a", "b;c=d", ENDS } },
	{ "twice is kept", "a=1&a=2", { "a", "1", "a", "2", ENDS } },
	{ "UTF-8 that is not escaped", "a=\xc3\xa9", { "a", "\xc3\xa9", ENDS } },
	{ "an escaped line end", "a=%0D%0A", { "a", "\r\n", ENDS } },
};

static const struct {
	const char *label, *text;
	size_t len;
} bad_rows[] = {
	{ "escape cut", "a=%", 3 },
	{ "escape cut after a digit", "a=%4", 4 },
	{ "escape cut by the next pair", "a=%4&b=1", 8 },
	{ "escape of no digits", "a=%zz", 5 },
	{ "escape, first digit wrong", "a=%g1", 5 },
	{ "escape, first digit wrong, UTF-8 without it", "a=%g3%80%80%80", 14 },
	{ "escape, second digit wrong", "a=%1g", 5 },
	{ "escape with a sign", "a=%+1", 5 },
	{ "bad escape in a name", "%=b", 3 },
	{ "bad escape in the last pair", "a=b&c=%", 7 },
	{ "escaped NUL", "a=%00", 5 },
	{ "escaped NUL in a name", "a%00=b", 6 },
	{ "NUL", "a=\0b", 4 },
	{ "NUL in a name", "a\0=b", 4 },
	{ "escaped bytes that are not UTF-8", "a=%ff", 5 },
	{ "overlong slash", "a=%c0%af", 8 },
	{ "half a character", "a=%c3", 5 },
	{ "half a character in a name", "%c3=a", 5 },
	{ "bytes that are not UTF-8", "a=\xff", 3 },
	{ "escaped surrogate", "a=%ed%a0%80", 11 },
	{ "a character over two pairs", "a=%c3&%a9=b", 11 },
};

/* An exact copy, so that a sanitizer sees a read past its end. */
static enum mcpass_rc parse_copy(const char *text, size_t len, struct mp_form *form,
    struct mcpass_error *err)
{
	char *copy = malloc(len > 0 ? len : 1);
	enum mcpass_rc rc;

	if (len > 0)
		memcpy(copy, text, len);
	rc = mp_form_parse(copy, len, form, err);
	free(copy);
	return rc;
}

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(good_rows); i++) {
		const char *label = good_rows[i].label;
		struct mp_form form = { 0 };
		size_t n = 0;

		CHECK_EQ(label, parse_copy(good_rows[i].text, strlen(good_rows[i].text), &form,
		    NULL), MCPASS_OK);
		while (strcmp(good_rows[i].pairs[2 * n], ENDS) != 0 && n < form.count) {
			CHECK_STR(label, form.pairs[n].name, good_rows[i].pairs[2 * n]);
			CHECK_STR(label, form.pairs[n].value, good_rows[i].pairs[2 * n + 1]);
			n++;
		}
		CHECK_EQ(label, form.count, n);
		CHECK_STR(label, good_rows[i].pairs[2 * n], ENDS);
		mp_form_free(&form);
	}
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_form form = { 0 };

		CHECK_EQ(bad_rows[i].label, parse_copy(bad_rows[i].text, bad_rows[i].len, &form,
		    &err), MCPASS_E_PROTOCOL);
		CHECK(bad_rows[i].label, form.pairs == NULL && form.count == 0 && err.spec != NULL);
	}
}

static void test_get(void)
{
	static const char text[] = "code=x&state=&iss=a&iss=b&Code=y";
	struct mcpass_error err = { 0 };
	struct mp_form form = { 0 };
	const char *value = "untouched";

	CHECK_EQ("parsed", mp_form_parse(text, strlen(text), &form, NULL), MCPASS_OK);
	CHECK_EQ("once", mp_form_get(&form, "code", &value, NULL), MCPASS_OK);
	CHECK_STR("with case", value, "x");
	CHECK_EQ("empty", mp_form_get(&form, "state", &value, NULL), MCPASS_OK);
	CHECK_STR("is not absent", value, "");
	CHECK_EQ("twice", mp_form_get(&form, "iss", &value, &err), MCPASS_E_PROTOCOL);
	CHECK_STR("untouched", value, "");
	CHECK_STR("the clause", err.spec, "RFC 6749 3.1");
	CHECK_EQ("absent", mp_form_get(&form, "nonce", &value, NULL), MCPASS_OK);
	CHECK_STR("is NULL", value, NULL);
	mp_form_free(&form);
	CHECK_EQ("in an empty form", mp_form_get(&form, "code", &value, NULL), MCPASS_OK);
}

static void test_caps(void)
{
	struct mp_form form = { 0 };
	struct mp_buf buf;

	mp_buf_init(&buf, 2 * MP_MAX_FORM);
	for (int i = 0; i < MP_MAX_ITEMS; i++)
		mp_form_add(&buf, "a", "b");
	CHECK_EQ("as many as can be", mp_form_parse(buf.data, buf.len, &form, NULL), MCPASS_OK);
	CHECK_EQ("all of them", form.count, MP_MAX_ITEMS);
	mp_form_free(&form);
	mp_form_add(&buf, "a", "b");
	CHECK_EQ("one more", mp_form_parse(buf.data, buf.len, &form, NULL), MCPASS_E_LIMIT);
	mp_buf_clear(&buf);
	for (size_t i = 0; i < MP_MAX_FORM; i++)
		mp_buf_addc(&buf, 'a');
	CHECK_EQ("as long as can be", mp_form_parse(buf.data, buf.len, &form, NULL), MCPASS_OK);
	mp_form_free(&form);
	mp_buf_addc(&buf, 'a');
	CHECK_EQ("one byte more", mp_form_parse(buf.data, buf.len, &form, NULL), MCPASS_E_LIMIT);
	CHECK("untouched", form.pairs == NULL);
	mp_buf_free(&buf);
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mcpass_error err = { 0 };
		struct mp_form form = { 0 };
		enum mcpass_rc rc;

		rc = mp_form_parse("a=b&c=d", 7, &form, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK("untouched", rc == MCPASS_OK || (form.pairs == NULL && form.count == 0));
		mp_form_free(&form);
	}
}

int main(void)
{
	test_encode();
	test_add();
	test_parse();
	test_get();
	test_caps();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
