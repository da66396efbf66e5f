#include "wire/jose/b64url.h"
#include <string.h>
#include "base/secret.h"

struct alphabet {
	const char *name, *spec;
	char digits[64 + 1];
	bool padded;
};

static const struct alphabet url_safe = {
	"base64url", "RFC 7515 2",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false
};
static const struct alphabet classic = {
	"base64", "RFC 4648 4",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true
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

/* The value of a digit in either alphabet, which differ in the last two; -1 for none. */
static int digit_value(const struct alphabet *alphabet, char c)
{
	static const uint8_t values[256] = {    /* each and one more: 0 is none */
		['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
		23, 24, 25, 26,
		['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46,
		47, 48, 49, 50, 51, 52,
		['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	};
	int value = values[(unsigned char)c];

	if (value > 0)
		return value - 1;
	if (c == alphabet->digits[62])
		return 62;
	return c == alphabet->digits[63] ? 63 : -1;
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

/* Nearly all of a text: it is decoded at each request. */
static bool decode_four(const struct alphabet *alphabet, const char *digits, uint8_t ret_bytes[3])
{
	int a = digit_value(alphabet, digits[0]), b = digit_value(alphabet, digits[1]);
	int c = digit_value(alphabet, digits[2]), d = digit_value(alphabet, digits[3]);

	if ((a | b | c | d) < 0)
		return false;
	put_bytes((uint32_t)(a << 18 | b << 12 | c << 6 | d), ret_bytes);
	return true;
}

/* Decodes the last 2 or 3 digits; false for a wrong one, or when bits are left over that an
 * encoder sets to zero: one value has one spelling.  spec: RFC 4648 3.3, 3.5 */
static bool decode_rest(const struct alphabet *alphabet, const char *digits, size_t count,
    uint8_t ret_bytes[3])
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < count ? digit_value(alphabet, digits[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	put_bytes(bits, ret_bytes);
	return count > 1 && (count > 2 || ret_bytes[1] == 0) && ret_bytes[2] == 0;
}

static enum mcpass_rc decode(struct mp_buf *buf, const struct alphabet *alphabet,
    struct mp_span text, struct mcpass_error *err)
{
	uint8_t chunk[384];       /* many groups an add: tokens are decoded per request */
	size_t used = 0;
	bool good = strip_padding(alphabet, &text);

	for (size_t at = 0; good && at < text.len; at += 4) {
		size_t count = text.len - at < 4 ? text.len - at : 4;

		good = count == 4 ? decode_four(alphabet, text.data + at, chunk + used)
		    : decode_rest(alphabet, text.data + at, count, chunk + used);
		if (good)
			used += count - 1;
		if (used == sizeof(chunk)) {
			mp_buf_add(buf, chunk, used);
			used = 0;
		}
	}
	if (good && used > 0)
		mp_buf_add(buf, chunk, used);
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
