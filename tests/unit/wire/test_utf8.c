/* UTF-8, well formed or not. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "wire/json/utf8.h"

static const struct {
	const char *label, *bytes;
	size_t len;
	bool want;
} rows[] = {
	{ "nothing", NULL, 0, true },
	{ "ASCII", "abc\x7f", 4, true },
	{ "a NUL is UTF-8", "a\0b", 3, true },
	{ "the least of two bytes", "\xc2\x80", 2, true },
	{ "the last of two bytes", "\xdf\xbf", 2, true },
	{ "the least of three bytes", "\xe0\xa0\x80", 3, true },
	{ "the last before the surrogates", "\xed\x9f\xbf", 3, true },
	{ "the first after the surrogates", "\xee\x80\x80", 3, true },
	{ "the last of three bytes", "\xef\xbf\xbf", 3, true },
	{ "the least of four bytes", "\xf0\x90\x80\x80", 4, true },
	{ "in between", "\xf1\x80\x80\x80", 4, true },
	{ "the last code point", "\xf4\x8f\xbf\xbf", 4, true },
	{ "a continuation alone", "\x80", 1, false },
	{ "overlong NUL", "\xc0\x80", 2, false },
	{ "overlong slash", "\xc0\xaf", 2, false },
	{ "overlong in two bytes, the last", "\xc1\xbf", 2, false },
	{ "overlong in three bytes", "\xe0\x9f\xbf", 3, false },
	{ "overlong in four bytes", "\xf0\x8f\xbf\xbf", 4, false },
	{ "the first surrogate", "\xed\xa0\x80", 3, false },
	{ "the last surrogate", "\xed\xbf\xbf", 3, false },
	{ "beyond the last code point", "\xf4\x90\x80\x80", 4, false },
	{ "a lead byte beyond", "\xf5\x80\x80\x80", 4, false },
	{ "0xff", "\xff", 1, false },
	{ "two bytes, cut", "\xc2", 1, false },
	{ "three bytes, cut", "\xe2\x82", 2, false },
	{ "four bytes, cut", "\xf0\x9f\x94", 3, false },
	{ "second byte wrong", "\xe2\x28\xa1", 3, false },
	{ "third byte wrong", "\xe2\x82\x28", 3, false },
	{ "fourth byte wrong", "\xf0\x9f\x94\x28", 4, false },
	{ "good and then bad", "ab\xc3\xa9\xc3", 5, false },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* An exact copy, so that a sanitizer sees a read past its end. */
		char *copy = malloc(rows[i].len > 0 ? rows[i].len : 1);

		if (copy == NULL)
			return EXIT_FAILURE;
		if (rows[i].len > 0)
			memcpy(copy, rows[i].bytes, rows[i].len);
		CHECK_EQ(rows[i].label, mp_utf8_valid(copy, rows[i].len), rows[i].want);
		free(copy);
	}
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
