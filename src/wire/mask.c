#include "wire/mask.h"
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"
#include "base/text.h"

/* Less than this is a word that may stand in any sentence, and no secret. */
#define LEAST 8
/* What of an escape may be left at the end of a text that was cut. */
#define MOST_ESCAPE 8
/* Of a secret in base64: more of it is no other text by chance. */
#define MOST_BYTES 96
#define LONG_TEXT ((size_t)64 * 1024)

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that count hex digits stand for; -1: they are none. */
static int hex_byte(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		int digit = hex(text[i]);

		if (digit < 0)
			return -1;
		value = 16 * value + digit;
	}
	return value;
}

/* Each returns how many characters of text are c, 0 when it is not c. */
static size_t match_percent(const char *text, unsigned char c)
{
	/* Encoded twice: the '%' is "%25". */
	if (hex_byte(text + 1, 2) == '%' && hex_byte(text + 3, 2) == c)
		return 5;
	return hex_byte(text + 1, 2) == c ? 3 : 0;
}

static size_t match_backslash(const char *text, unsigned char c)
{
	size_t run = strspn(text, "\\");    /* more than one: JSON inside of JSON */

	if (text[run] == 'u' && hex_byte(text + run + 1, 4) == c)
		return run + 5;
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

static size_t match_byte(const char *text, unsigned char c)
{
	size_t len = 0;

	if (*text == '%')
		len = match_percent(text, c);
	else if (*text == '\\')
		len = match_backslash(text, c);
	else if (*text == '&')
		len = match_entity(text, c);
	else if (*text == '+' && c == ' ')
		len = 1;
	return len == 0 && *text == (char)c ? 1 : len;
}

/* base64url is base64 with two other letters. */
static size_t match_letter(const char *text, unsigned char c)
{
	if ((c == '+' && *text == '-') || (c == '/' && *text == '_'))
		return 1;
	return match_byte(text, c);
}

/* How much of text, from its beginning, is needle; 0: none.  What the end of text cuts off
 * counts when enough of it is there. */
static size_t match(const char *text, const char *needle, bool is_base64)
{
	size_t at = 0, i = 0, len;

	for (; needle[i] != '\0' && text[at] != '\0'; i++, at += len) {
		unsigned char c = (unsigned char)needle[i];

		len = is_base64 ? match_letter(text + at, c) : match_byte(text + at, c);
		if (len == 0)
			break;
	}
	if (needle[i] == '\0')
		return at;
	if (i < LEAST)
		return 0;
	if (text[at] != '\0' && strchr("%\\&", text[at]) != NULL && strlen(text + at) < MOST_ESCAPE)
		at += strlen(text + at);
	return text[at] == '\0' ? at : 0;
}

static bool is_letter(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
	    || (c != '\0' && strchr("+/-_", c) != NULL);
}

/* All of the base64 around it: its neighbours hold some bits of the secret's ends. */
static void cover(char *text, size_t begin, size_t end)
{
	while (begin > 0 && is_letter(text[begin - 1]))
		begin--;
	while (is_letter(text[end]) || text[end] == '=')
		end++;
	memset(text + begin, '*', end - begin);
}

static bool mask_needle(char *text, const char *needle, bool is_base64)
{
	bool found = false;

	for (size_t at = 0; text[at] != '\0'; at++) {
		size_t len = match(text + at, needle, is_base64);

		if (len == 0)
			continue;
		if (is_base64)
			cover(text, at, at + len);
		else
			memset(text + at, '*', len);
		found = true;
	}
	return found;
}

/* The letters of base64 of secret with shift other bytes before it, as many as depend on
 * nothing but secret.  On the stack: an error that memory ran out is redacted, too. */
static void write_letters(const char *secret, size_t len, size_t shift, char *ret_letters)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t first = (8 * shift + 5) / 6, whole = 8 * (shift + len) / 6, count = 0;

	for (size_t i = first; i < whole; i++) {
		size_t bit = 6 * i - 8 * shift, byte = bit / 8;
		unsigned pair = (unsigned)(unsigned char)secret[byte] << 8;

		if (byte + 1 < len)
			pair |= (unsigned char)secret[byte + 1];
		ret_letters[count++] = alphabet[pair >> (10 - bit % 8) & 63];
	}
	ret_letters[count] = '\0';
}

/* Inside of base64 a secret begins at one of three places; what of it then depends on nothing
 * else is the same in any text.  The beginning of a long one is enough: the rest is its
 * neighbour.  spec: RFC 4648 4 */
static bool mask_base64(char *text, const char *secret)
{
	char letters[MOST_BYTES * 4 / 3 + 8];
	size_t len = strnlen(secret, MOST_BYTES);
	bool found = false;

	for (size_t shift = 0; shift < 3; shift++) {
		write_letters(secret, len, shift, letters);
		if (strlen(letters) >= LEAST)
			found |= mask_needle(text, letters, true);
	}
	mp_wipe(letters, sizeof(letters));
	return found;
}

/* Basic has base64 of the form's encoding; spec: RFC 6749 2.3.1 */
static bool mask_encoded(char *text, const char *secret)
{
	static const char digits[] = "0123456789ABCDEF";
	char form[MOST_BYTES + 4];
	size_t len = 0;
	bool found = mask_base64(text, secret);

	for (; *secret != '\0' && len < MOST_BYTES; secret++) {
		unsigned char c = (unsigned char)*secret;

		if (is_letter(*secret) && c != '+' && c != '/') {
			form[len++] = *secret;
		} else if (c == '.' || c == '*' || c == ' ') {
			form[len++] = c == ' ' ? '+' : *secret;
		} else {
			form[len++] = '%';
			form[len++] = digits[c >> 4];
			form[len++] = digits[c & 15];
		}
	}
	form[len] = '\0';
	found |= mask_base64(text, form);
	mp_wipe(form, sizeof(form));
	return found;
}

bool mp_mask_secret(char *text, const char *secret)
{
	size_t len = strlen(secret);
	bool found = false;

	if (len < LEAST)
		return false;
	if (strlen(text) <= LONG_TEXT) {
		found = mask_encoded(text, secret);
		return mask_needle(text, secret, false) || found;
	}
	for (char *at = strstr(text, secret); at != NULL; at = strstr(at + len, secret)) {
		memset(at, '*', len);
		found = true;
	}
	return found;
}
