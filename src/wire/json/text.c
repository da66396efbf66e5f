#include <string.h>
#include "wire/bytes.h"
#include "wire/json/scan.h"
#include "wire/json/utf8.h"

/* The four hexadecimal digits after "\u". */
static bool take_hex4(struct mp_scan *scan, unsigned *ret_unit)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	unsigned unit = 0;

	for (int i = 0; i < 4; i++) {
		const char *digit;

		if (scan->at == scan->end)
			return false;
		digit = memchr(digits, *scan->at, sizeof(digits) - 1);
		if (digit == NULL)
			return false;
		unit = unit << 4 | (unsigned)(digit - digits < 16 ? digit - digits : digit - digits - 6);
		scan->at++;
	}
	*ret_unit = unit;
	return true;
}

static void add_utf8(struct mp_buf *buf, unsigned code)
{
	if (code < 0x80) {
		mp_buf_addc(buf, (char)code);
		return;
	}
	if (code < 0x800) {
		mp_buf_addc(buf, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			mp_buf_addc(buf, (char)(0xe0 | code >> 12));
		} else {
			mp_buf_addc(buf, (char)(0xf0 | code >> 18));
			mp_buf_addc(buf, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		mp_buf_addc(buf, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	mp_buf_addc(buf, (char)(0x80 | (code & 0x3f)));
}

/* What stands for text that is none; spec: Unicode 3.9, "U+FFFD Substitution" */
#define REPLACEMENT 0xfffdu

static bool is_high(unsigned code)
{
	return code >= 0xd800 && code < 0xdc00;
}

static bool is_low(unsigned code)
{
	return code >= 0xdc00 && code < 0xe000;
}

/* The other half of a pair, when it is next. */
static bool take_low(struct mp_scan *scan, unsigned *ret_low)
{
	const char *first = scan->at;

	if (mp_scan_take(scan, '\\') && mp_scan_take(scan, 'u') && take_hex4(scan, ret_low)
	    && is_low(*ret_low))
		return true;
	scan->at = first;
	return false;
}

/* spec: RFC 8259 7; RFC 7493 2.1: a surrogate stands in its pair or not at all */
static enum mcpass_rc scan_unicode_escape(struct mp_scan *scan)
{
	unsigned code, low = 0;

	if (!take_hex4(scan, &code))
		return mp_scan_refuse(scan, "RFC 8259 7", "a bad escape");
	if (is_high(code) && take_low(scan, &low))
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	else if ((is_high(code) || is_low(code)) && !scan->mend)
		return mp_scan_refuse(scan, "RFC 7493 2.1", "half a surrogate pair");
	else if (is_high(code) || is_low(code) || (code == 0 && scan->mend))
		code = REPLACEMENT;
	if (code == 0)          /* C strings would end there, and compare as equal */
		return mp_scan_refuse(scan, "RFC 8259 7", "an escaped NUL");
	add_utf8(&scan->text, code);
	return MCPASS_OK;
}

static enum mcpass_rc scan_escape(struct mp_scan *scan)
{
	static const char letters[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	if (mp_scan_take(scan, 'u'))
		return scan_unicode_escape(scan);
	letter = scan->at < scan->end ? memchr(letters, *scan->at, sizeof(letters) - 1) : NULL;
	if (letter == NULL)
		return mp_scan_refuse(scan, "RFC 8259 7", "a bad escape");
	scan->at++;
	mp_buf_addc(&scan->text, meaning[letter - letters]);
	return MCPASS_OK;
}

/* Characters that stand for themselves. */
static enum mcpass_rc add_plain(struct mp_scan *scan, const char *text, size_t len)
{
	size_t good = mp_utf8_prefix(text, len);

	if (good < len && !scan->mend)
		return mp_scan_refuse(scan, "RFC 7493 2.1", "a string that is not UTF-8");
	while (good < len) {
		mp_buf_add(&scan->text, text, good);
		add_utf8(&scan->text, REPLACEMENT);
		text += good + 1;
		len -= good + 1;
		good = mp_utf8_prefix(text, len);
	}
	mp_buf_add(&scan->text, text, len);
	return MCPASS_OK;
}

enum mcpass_rc mp_scan_text(struct mp_scan *scan)
{
	mp_buf_clear(&scan->text);
	return mp_scan_more_text(scan);
}

/* spec: RFC 8259 7 */
enum mcpass_rc mp_scan_more_text(struct mp_scan *scan)
{
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && !mp_scan_take(scan, '"')) {
		const char *first = scan->at;

		scan->at += mp_bytes_plain(first, (size_t)(scan->end - first));
		rc = add_plain(scan, first, (size_t)(scan->at - first));
		if (rc)
			return rc;
		if (scan->at == scan->end)
			return mp_scan_refuse(scan, "RFC 8259 7", "a string without end");
		if (mp_scan_take(scan, '\\'))
			rc = scan_escape(scan);
		else if (*scan->at != '"')
			return mp_scan_refuse(scan, "RFC 8259 7", "a control character");
	}
	if (rc)
		return rc;
	mp_buf_add(&scan->text, "", 0);         /* so that the empty string is one */
	return mp_buf_check(&scan->text, scan->what, scan->err);
}
