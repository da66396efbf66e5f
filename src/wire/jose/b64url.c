#include "wire/jose/b64url.h"
#include <string.h>
#include "base/secret.h"

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define THEIR_VALUES \
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
	24, 25, 26, ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, \
	45, 46, 47, 48, 49, 50, 51, 52, ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62

struct alphabet {
	const char *name, *spec;
	char digits[64 + 1];
	bool padded;
	uint8_t values[256];            /* of each digit, and one more: 0 is none */
};

static const struct alphabet url_safe = {
	"base64url", "RFC 7515 2", LETTERS_AND_DIGITS "-_", false,
	{ THEIR_VALUES, ['-'] = 63, ['_'] = 64 }
};
static const struct alphabet classic = {
	"base64", "RFC 4648 4", LETTERS_AND_DIGITS "+/", true,
	{ THEIR_VALUES, ['+'] = 63, ['/'] = 64 }
};

static void encode(struct mp_buf *buf, const struct alphabet *alphabet,
    const uint8_t *bytes, size_t len)
{
	char group[4];

	for (; len > 0; bytes += 3) {
		size_t take = len < 3 ? len : 3;
		uint32_t bits = (uint32_t)bytes[0] << 16;

		if (take > 1)
			bits |= (uint32_t)bytes[1] << 8;
		if (take > 2)
			bits |= bytes[2];
		for (size_t i = 0; i < 4; i++)
			group[i] = alphabet->digits[bits >> (18 - 6 * i) & 63];
		memset(group + take + 1, '=', 3 - take);
		mp_buf_add(buf, group, alphabet->padded ? 4 : take + 1);
		len -= take;
	}
	mp_wipe(group, sizeof(group));
}

/* The value of a digit; 64 or more for what is none. */
static uint32_t value_of(const struct alphabet *alphabet, char digit)
{
	return (uint32_t)alphabet->values[(unsigned char)digit] - 1;
}

/* The digits without the padding; false when the padding is wrong. */
static bool strip_padding(const struct alphabet *alphabet, struct mp_span *text)
{
	if (!alphabet->padded)
		return true;                    /* an '=' is no digit: refused later */
	if (text->len % 4 != 0)                 /* spec: RFC 4648 3.2 */
		return false;
	for (int i = 0; i < 2 && text->len > 0 && text->data[text->len - 1] == '='; i++)
		text->len--;
	return true;
}

static void put_bytes(uint32_t bits, uint8_t ret_bytes[3])
{
	ret_bytes[0] = (uint8_t)(bits >> 16);
	ret_bytes[1] = (uint8_t)(bits >> 8);
	ret_bytes[2] = (uint8_t)bits;
}

/* Decodes groups of four digits, false for a wrong one: nearly all of a text, which for a token is
 * decoded at each request. */
static bool decode_groups(const struct alphabet *alphabet, const char *digits, size_t count,
    uint8_t *to)
{
	for (; count > 0; count--, digits += 4, to += 3) {
		uint32_t a = value_of(alphabet, digits[0]), b = value_of(alphabet, digits[1]);
		uint32_t c = value_of(alphabet, digits[2]), d = value_of(alphabet, digits[3]);

		if ((a | b | c | d) >= 64)
			return false;
		put_bytes(a << 18 | b << 12 | c << 6 | d, to);
	}
	return true;
}

/* Decodes the last 2 or 3 digits; false for a wrong one, or when bits are left over that an
 * encoder sets to zero: one value has one spelling.  spec: RFC 4648 3.3, 3.5 */
static bool decode_rest(const struct alphabet *alphabet, struct mp_span rest, uint8_t ret_bytes[3])
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t value = i < rest.len ? value_of(alphabet, rest.data[i]) : 0;

		if (value >= 64)
			return false;
		bits = bits << 6 | value;
	}
	put_bytes(bits, ret_bytes);
	return rest.len > 1 && (rest.len > 2 || ret_bytes[1] == 0) && ret_bytes[2] == 0;
}

#define GROUPS 512              /* that are added at once: all of a usual token's part */

static enum mcpass_rc decode(struct mp_buf *buf, const struct alphabet *alphabet,
    struct mp_span text, struct mcpass_error *err)
{
	uint8_t chunk[3 * GROUPS];
	bool good = strip_padding(alphabet, &text);

	while (good && text.len >= 4) {
		size_t count = text.len / 4 < GROUPS ? text.len / 4 : GROUPS;

		good = decode_groups(alphabet, text.data, count, chunk);
		if (good)
			mp_buf_add(buf, chunk, 3 * count);
		text.data += 4 * count;
		text.len -= 4 * count;
	}
	if (good && text.len > 0) {
		good = decode_rest(alphabet, text, chunk);
		if (good)
			mp_buf_add(buf, chunk, text.len - 1);
	}
	mp_wipe(chunk, sizeof(chunk));
	if (!good)
		return mp_fail(err, MCPASS_E_PROTOCOL, alphabet->spec, "the text is not %s",
		    alphabet->name);
	return mp_buf_check(buf, "the decoded text", err);
}

void mp_b64url_add(struct mp_buf *buf, const void *bytes, size_t len)
{
	encode(buf, &url_safe, bytes, len);
}

enum mcpass_rc mp_b64url_decode(struct mp_buf *buf, struct mp_span text,
    struct mcpass_error *err)
{
	return decode(buf, &url_safe, text, err);
}

void mp_b64_add(struct mp_buf *buf, const void *bytes, size_t len)
{
	encode(buf, &classic, bytes, len);
}

enum mcpass_rc mp_b64_decode(struct mp_buf *buf, struct mp_span text,
    struct mcpass_error *err)
{
	return decode(buf, &classic, text, err);
}
