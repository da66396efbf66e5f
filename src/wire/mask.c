#include "wire/mask.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"
#include "base/text.h"

/* Less than this is a word that may stand in any sentence, and no secret. */
#define LEAST 8
/* What of an escape may be left at the end of a text that was cut. */
#define MOST_ESCAPE 8
/* Characters that stand for a secret of LEAST bytes. */
#define LEAST_CODED 11
/* Of what is encoded so many characters are read at a time, and half of them again. */
#define WINDOW ((size_t)1024)
/* Encodings that stand inside of each other. */
#define MOST_NESTED 2
/* Lines of encoded text are at least so long. */
#define LEAST_LINE 60
#define LONG_TEXT ((size_t)64 * 1024)

static bool mask(char *text, const char *secret, unsigned nested);

/* The byte that count hex digits stand for; -1: they are none. */
static int hex_byte(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		int digit = mp_hex_digit(text[i]);

		if (digit < 0)
			return -1;
		value = 16 * value + digit;
	}
	return value;
}

/* --- a secret as text: each character as it is, or escaped --- */

/* Each returns how many characters of text are c, 0 when it is not c. */
static size_t match_percent(const char *text, unsigned char c)
{
	size_t more = 1;

	while (text[more] == '2' && text[more + 1] == '5' && hex_byte(text + more + 2, 2) >= 0)
		more += 2;              /* encoded twice or more: the '%' is "%25" */
	if (hex_byte(text + more, 2) == c)
		return more + 2;
	if (text[1] == 'u' && hex_byte(text + 2, 4) == c)
		return 6;
	return hex_byte(text + 1, 2) == c ? 3 : 0;
}

/* What stands behind the backslashes: the number of c, by which of its names. */
static size_t match_number(const char *text, unsigned char c)
{
	char *end = NULL;

	if (text[0] == 'u' && hex_byte(text + 1, 4) == c)
		return 5;
	if (text[0] == 'x' && hex_byte(text + 1, 2) == c)
		return 3;
	if (text[0] == 'u' && text[1] == '{' && mp_hex_digit(text[2]) >= 0 && strtoul(text + 2, &end, 16) == c
	    && *end == '}')
		return (size_t)(end - text) + 1;
	if (strspn(text, "01234567") >= 3 && text[0] <= '3'
	    && 64 * (text[0] - '0') + 8 * (text[1] - '0') + text[2] - '0' == c)
		return 3;
	return 0;
}

static size_t match_backslash(const char *text, unsigned char c)
{
	size_t run = strspn(text, "\\");    /* more than one: JSON inside of JSON */
	size_t number = match_number(text + run, c);

	if (number > 0)
		return run + number;
	if (c == '\\')
		return run >= 2 ? 2 : 0;
	return text[run] == (char)c && strchr("\"/'", c) != NULL ? run + 1 : 0;
}

static size_t match_entity(const char *text, unsigned char c)
{
	static const struct { const char *name; char c; } names[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' },
	};
	bool is_hex = text[1] == '#' && (text[2] == 'x' || text[2] == 'X');
	char *end = NULL;

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (names[i].c == (char)c && strncmp(text, names[i].name, strlen(names[i].name)) == 0)
			return strlen(names[i].name);
	if (text[1] != '#' || strtoul(text + (is_hex ? 3 : 2), &end, is_hex ? 16 : 10) != c
	    || *end != ';')
		return 0;
	return (size_t)(end - text) + 1;
}

/* Of most texts each character stands for itself alone. */
static bool is_escape(char c)
{
	return c == '%' || c == '\\' || c == '&' || c == '=' || c == '+';
}

static size_t match_byte(const char *text, unsigned char c)
{
	size_t len = 0;

	if (*text == '%')
		len = match_percent(text, c);
	else if (*text == '\\')
		len = match_backslash(text, c);
	else if (*text == '&')
		len = match_entity(text, c);
	else if (*text == '=' && hex_byte(text + 1, 2) == c)
		len = 3;                /* spec: RFC 2045 6.7 */
	else if (*text == '+' && c == ' ')
		len = 1;
	return len == 0 && *text == (char)c ? 1 : len;
}

/* How much of text, from its beginning, is needle, with what may divide it; 0: none.  What the
 * end of text cuts off counts when enough of it is there. */
static size_t match(const char *text, const char *needle)
{
	size_t at = 0, i = 0, len;

	for (; needle[i] != '\0' && text[at] != '\0'; i++, at += len) {
		size_t space = i > 0 ? strspn(text + at, " \t\r\n?") : 0;

		len = match_byte(text + at, (unsigned char)needle[i]);
		if (len == 0 && space > 0) {
			len = match_byte(text + at + space, (unsigned char)needle[i]);
			at += len > 0 ? space : 0;
		}
		if (len == 0)
			break;
	}
	if (needle[i] == '\0')
		return at;
	if (i < LEAST)
		return 0;
	if (text[at] != '\0' && strchr("%\\&=", text[at]) != NULL && strlen(text + at) < MOST_ESCAPE)
		at += strlen(text + at);
	return text[at] == '\0' ? at : 0;
}

static bool mask_plain(char *text, const char *secret)
{
	bool found = false;

	for (size_t at = 0; text[at] != '\0'; at++) {
		size_t len = text[at] == secret[0] || is_escape(text[at]) ? match(text + at, secret) : 0;

		memset(text + at, '*', len);
		found |= len > 0;
	}
	return found;
}

/* --- a secret in a text that is encoded as a whole: decoded, and looked at again --- */

/* Each tells the value of the letter at text, and returns how long it is; 0: it is none. */
static size_t read_base64(const char *text, unsigned *ret_value)
{
	unsigned char c = (unsigned char)*text;
	size_t len = 1;

	if (c >= 'A' && c <= 'Z')
		*ret_value = c - 'A';
	else if (c >= 'a' && c <= 'z')
		*ret_value = c - 'a' + 26u;
	else if (c >= '0' && c <= '9')
		*ret_value = c - '0' + 52u;
	else if (c == '-' || (is_escape(*text) && (len = match_byte(text, '+')) > 0))
		*ret_value = 62;        /* base64url is base64 with two other letters */
	else {
		*ret_value = 63;
		if (c != '_' && c != '/')
			len = is_escape(*text) ? match_byte(text, '/') : 0;
	}
	return len;
}

static size_t read_hex(const char *text, unsigned *ret_value)
{
	int digit = mp_hex_digit(*text);

	*ret_value = digit >= 0 ? (unsigned)digit : 0;
	return digit >= 0 ? 1 : 0;
}

static const struct coding {
	size_t (*read)(const char *text, unsigned *ret_value);
	unsigned bits, shifts;          /* of a letter; places at which a byte may begin */
	uint64_t plain[2];              /* characters that are a letter as they are, a bit for each */
} codings[] = {
	{ read_base64, 6, 4, { 0x03ffa80000000000u, 0x07fffffe87fffffeu } },
	{ read_hex, 4, 2, { 0x03ff000000000000u, 0x0000007e0000007eu } },
};

/* How many of them text begins with, as far as most. */
static size_t plain_len(const struct coding *coding, const char *text, size_t most)
{
	size_t len = 0;

	for (; len < most; len++) {
		unsigned char c = (unsigned char)text[len];

		if (c >= 128 || (coding->plain[c / 64] >> c % 64 & 1) == 0)
			break;
	}
	return len;
}

/* Over count letters, and the ends of lines between them; fewer where there are no more.  line:
 * letters of this line that stand before text. */
static size_t step(const struct coding *coding, const char *text, size_t count, size_t line,
    size_t *ret_count)
{
	size_t at = 0, len;
	unsigned value;

	for (*ret_count = 0; *ret_count < count; at += len, line++, ++*ret_count) {
		size_t fold, plain = plain_len(coding, text + at, count - *ret_count);

		*ret_count += plain;
		line += plain;
		at += plain;
		if (*ret_count == count)
			break;
		fold = line >= LEAST_LINE ? strspn(text + at, "\r\n?") : 0;
		if (fold == 0 && !is_escape(text[at]))
			break;
		len = coding->read(text + at + fold, &value);
		if (len == 0)
			break;
		at += fold;
		line = fold > 0 ? 0 : line;
	}
	return at;
}

static void decode(const struct coding *coding, const char *text, size_t len, char *ret_bytes)
{
	unsigned bits = 0, held = 0, value;
	size_t count = 0, used;
	char byte;

	for (size_t at = 0; at < len; at += used > 0 ? used : 1) {
		used = coding->read(text + at, &value);
		if (used == 0)
			continue;
		bits = (bits << coding->bits | value) & 0xffff;
		held += coding->bits;
		if (held < 8)
			continue;
		held -= 8;
		byte = (char)(bits >> held & 0xff);
		ret_bytes[count++] = byte != '\0' ? byte : '\n';
	}
	ret_bytes[count] = '\0';
}

static bool has_window(const struct coding *coding, const char *text, const char *secret,
    unsigned nested)
{
	char bytes[WINDOW];             /* on the stack: an error that memory ran out is redacted, too */
	bool found = false;
	size_t count;

	for (size_t shift = 0; shift < coding->shifts && !found; shift++) {
		size_t from = step(coding, text, shift, LEAST_LINE, &count);

		decode(coding, text + from, step(coding, text + from, WINDOW, LEAST_LINE, &count), bytes);
		found = mask(bytes, secret, nested + 1);
	}
	mp_wipe(bytes, sizeof(bytes));
	return found;
}

static bool has_coded(const struct coding *coding, const char *text, size_t len,
    const char *secret, unsigned nested)
{
	bool found = false;
	size_t count, moved;

	for (size_t at = 0; at < len && !found; at += moved) {
		found = has_window(coding, text + at, secret, nested);
		moved = step(coding, text + at, WINDOW / 2, LEAST_LINE, &count);
		moved = moved > 0 ? moved : 1;
	}
	return found;
}

/* All of it: what stands around the secret holds some bits of its ends. */
static bool mask_coded(const struct coding *coding, char *text, const char *secret,
    unsigned nested)
{
	bool found = false;
	size_t count, len;

	for (size_t at = 0; text[at] != '\0'; at += len > 0 ? len : 1) {
		len = plain_len(coding, text + at, LEAST_CODED);
		if (len < LEAST_CODED && !is_escape(text[at + len]))
			continue;
		len = step(coding, text + at, SIZE_MAX, 0, &count);
		if (count < LEAST_CODED || !has_coded(coding, text + at, len, secret, nested))
			continue;
		len += strspn(text + at + len, "=");
		memset(text + at, '*', len);
		found = true;
	}
	return found;
}

static bool mask(char *text, const char *secret, unsigned nested)
{
	bool found = mask_plain(text, secret);

	for (size_t i = 0; i < MP_COUNT(codings) && nested < MOST_NESTED; i++)
		found |= mask_coded(&codings[i], text, secret, nested);
	return found;
}

bool mp_mask_secret(char *text, const char *secret)
{
	size_t len = strlen(secret);
	bool found = false;

	if (len < LEAST)
		return false;
	if (strlen(text) <= LONG_TEXT)
		return mask(text, secret, 0);
	for (char *at = strstr(text, secret); at != NULL; at = strstr(at + len, secret)) {
		memset(at, '*', len);
		found = true;
	}
	return found;
}
