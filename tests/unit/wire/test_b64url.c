/* base64url and base64, both ways. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "wire/jose/b64url.h"

static const struct {
	const char *label, *bytes;
	size_t len;
	const char *url, *classic;
} rows[] = {
	{ "nothing", "", 0, "", "" },
	{ "RFC 4648 10, f", "f", 1, "Zg", "Zg==" },
	{ "RFC 4648 10, fo", "fo", 2, "Zm8", "Zm8=" },
	{ "RFC 4648 10, foo", "foo", 3, "Zm9v", "Zm9v" },
	{ "RFC 4648 10, foob", "foob", 4, "Zm9vYg", "Zm9vYg==" },
	{ "RFC 4648 10, fooba", "fooba", 5, "Zm9vYmE", "Zm9vYmE=" },
	{ "RFC 4648 10, foobar", "foobar", 6, "Zm9vYmFy", "Zm9vYmFy" },
	{ "the last two digits", "\xfb\xff\xbf", 3, "-_-_", "+/+/" },
	{ "a NUL", "\0", 1, "AA", "AA==" },
	{ "RFC 7515 C", "\x03\xec\xff\xe0\xc1", 5, "A-z_4ME", "A+z/4ME=" },
};

static void test_both_ways(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mp_buf buf;

		mp_buf_init(&buf, 100);
		mp_b64url_add(&buf, rows[i].bytes, rows[i].len);
		CHECK_STR(label, mp_buf_text(&buf), rows[i].url);
		mp_buf_clear(&buf);
		mp_b64_add(&buf, rows[i].bytes, rows[i].len);
		CHECK_STR(label, mp_buf_text(&buf), rows[i].classic);
		mp_buf_clear(&buf);
		CHECK_EQ(label, mp_b64url_decode(&buf,
		    (struct mp_span){ rows[i].url, strlen(rows[i].url) }, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_b64_decode(&buf,
		    (struct mp_span){ rows[i].classic, strlen(rows[i].classic) }, NULL),
		    MCPASS_OK);
		CHECK_EQ(label, buf.len, 2 * rows[i].len);
		if (rows[i].len > 0) {
			CHECK(label, memcmp(buf.data, rows[i].bytes, rows[i].len) == 0);
			CHECK(label, memcmp(buf.data + rows[i].len, rows[i].bytes,
			    rows[i].len) == 0);
		}
		mp_buf_free(&buf);
	}
}

static const struct {
	const char *label, *text;
	size_t len;
	bool url, classic;      /* whether it is text of that alphabet */
} decode_rows[] = {
	{ "one digit", "A", 1, false, false },
	{ "five digits", "AAAAA", 5, false, false },
	{ "two digits", "AA", 2, true, false },
	{ "three digits", "AAA", 3, true, false },
	{ "padding", "AA==", 4, false, true },
	{ "padding of one", "AAA=", 4, false, true },
	{ "padding of three", "A===", 4, false, false },
	{ "padding alone", "====", 4, false, false },
	{ "padding after a whole group", "AAAA====", 8, false, false },
	{ "padding in the middle", "AA==AAAA", 8, false, false },
	{ "padding cut", "AA=", 3, false, false },
	{ "leftover bits of two digits", "AB", 2, false, false },
	{ "leftover bits of two digits, padded", "AB==", 4, false, false },
	{ "leftover bits of three digits", "AAB", 3, false, false },
	{ "leftover bits of three digits, padded", "AAB=", 4, false, false },
	{ "the highest leftover bit", "AI", 2, false, false },
	{ "no bits left over", "AQ", 2, true, false },
	{ "no bits left over of three", "AAE", 3, true, false },
	{ "digits of base64url", "-_AA", 4, true, false },
	{ "digits of base64", "+/AA", 4, false, true },
	{ "white space before", " AAA", 4, false, false },
	{ "line end", "AAA\n", 4, false, false },
	{ "line end in the middle", "AAAA\nAAA", 8, false, false },
	{ "a NUL", "AA\0A", 4, false, false },
	{ "not ASCII", "AA\xc3\x84", 4, false, false },
	{ "a dot", "AA.A", 4, false, false },
	{ "beside the letters", "A@[A", 4, false, false },
	{ "beside the small letters", "A`{A", 4, false, false },
	{ "beside the digits", "A:AA", 4, false, false },
};

static void test_strict(void)
{
	for (size_t i = 0; i < COUNT(decode_rows); i++) {
		struct mp_span text = { decode_rows[i].text, decode_rows[i].len };
		struct mcpass_error err = { 0 };
		struct mp_buf buf;

		mp_buf_init(&buf, 100);
		CHECK_EQ(decode_rows[i].label, mp_b64url_decode(&buf, text, &err),
		    decode_rows[i].url ? MCPASS_OK : MCPASS_E_PROTOCOL);
		CHECK_STR(decode_rows[i].label, err.spec, decode_rows[i].url ? NULL : "RFC 7515 2");
		mp_clear(&err);
		CHECK_EQ(decode_rows[i].label, mp_b64_decode(&buf, text, &err),
		    decode_rows[i].classic ? MCPASS_OK : MCPASS_E_PROTOCOL);
		CHECK_STR(decode_rows[i].label, err.spec,
		    decode_rows[i].classic ? NULL : "RFC 4648 4");
		mp_buf_free(&buf);
	}
}

/* Every length around the chunks in which it is decoded. */
static void test_long(void)
{
	for (size_t len = 1400; len < 1700; len++) {
		struct mp_buf text, bytes;
		char in[1700];

		for (size_t i = 0; i < len; i++)
			in[i] = (char)(i * 7 + len);
		mp_buf_init(&text, 3000);
		mp_buf_init(&bytes, len);
		mp_b64url_add(&text, in, len);
		CHECK_EQ("decoded", mp_b64url_decode(&bytes,
		    (struct mp_span){ text.data, text.len }, NULL), MCPASS_OK);
		CHECK("the same", bytes.len == len && memcmp(bytes.data, in, len) == 0);
		mp_buf_free(&bytes);
		mp_buf_init(&bytes, len - 1);
		CHECK_EQ("over the cap", mp_b64url_decode(&bytes,
		    (struct mp_span){ text.data, text.len }, NULL), MCPASS_E_LIMIT);
		mp_buf_free(&bytes);
		mp_buf_free(&text);
	}
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mcpass_error err = { 0 };
		struct mp_buf buf;
		enum mcpass_rc rc;

		mp_buf_init(&buf, 100);
		rc = mp_b64url_decode(&buf, (struct mp_span){ "AAAA", 4 }, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mp_buf_free(&buf);
	}
}

int main(void)
{
	test_both_ways();
	test_strict();
	test_long();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
