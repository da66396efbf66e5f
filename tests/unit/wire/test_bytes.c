/* Many bytes a step: the same as one at a time, wherever a byte stands. */
#include <string.h>
#include "harness/check.h"
#include "wire/bytes.h"
#include "wire/json/utf8.h"

#define LEN 40
#define TOKEN68 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"

/* The first byte that is found, at each place of a text of each length. */
static void test_each_place(int byte, bool ends_plain, bool ends_ascii, bool ends_token68,
    bool ends_visible)
{
	char text[LEN];

	for (size_t len = 1; len <= LEN; len++)
		for (size_t at = 0; at < len; at++) {
			memset(text, 'a', sizeof(text));
			text[at] = (char)byte;
			CHECK_EQ("plain", mp_bytes_plain(text, len), ends_plain ? at : len);
			CHECK_EQ("token68", mp_bytes_token68(text, len), ends_token68 ? at : len);
			CHECK_EQ("visible", mp_bytes_visible(text, len), ends_visible ? at : len);
			CHECK_EQ("ASCII", mp_bytes_ascii(text, len), ends_ascii ? at : len);
			CHECK_EQ("UTF-8", mp_utf8_prefix(text, len), ends_ascii ? at : len);
		}
}

int main(void)
{
	CHECK_EQ("nothing", mp_bytes_plain("", 0), 0);
	CHECK_EQ("nothing", mp_bytes_ascii("", 0), 0);
	CHECK_EQ("nothing", mp_bytes_token68("", 0), 0);
	for (int byte = 0; byte < 256; byte++)
		test_each_place(byte, byte < 0x20 || byte == '"' || byte == '\\', byte >= 0x80,
		    byte == 0 || strchr(TOKEN68, byte) == NULL,
		    byte < 0x20 || byte == 0x7f);
	return check_done();
}
