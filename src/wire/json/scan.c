/* The smallest steps through a JSON text. */
#include "wire/json/scan.h"
#include <string.h>
#include "wire/bytes.h"

enum mcpass_rc mp_scan_refuse(struct mp_scan *scan, const char *spec, const char *problem)
{
	return mp_fail(scan->err, MCPASS_E_PROTOCOL, spec, "%s is not JSON: %s at byte %zu",
	    scan->what, problem, (size_t)(scan->at - scan->begin));
}

static bool take_digits(struct mp_scan *scan)
{
	const char *first = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > first;
}

/* spec: RFC 8259 6 */
bool mp_scan_number(struct mp_scan *scan, bool *ret_is_integer)
{
	*ret_is_integer = true;
	(void)mp_scan_take(scan, '-');
	if (!mp_scan_take(scan, '0') && !take_digits(scan))
		return false;
	if (mp_scan_take(scan, '.')) {
		*ret_is_integer = false;
		if (!take_digits(scan))
			return false;
	}
	if (mp_scan_take(scan, 'e') || mp_scan_take(scan, 'E')) {
		*ret_is_integer = false;
		if (!mp_scan_take(scan, '+'))
			(void)mp_scan_take(scan, '-');
		return take_digits(scan);
	}
	return true;
}

static bool skip_escape(struct mp_scan *scan)
{
	static const char digits[] = "0123456789abcdefABCDEF", letters[] = "\"\\/bfnrt";

	if (mp_scan_take(scan, 'u')) {
		for (int i = 0; i < 4; i++, scan->at++)
			if (scan->at == scan->end || memchr(digits, *scan->at, sizeof(digits) - 1) == NULL)
				return false;
		return true;
	}
	if (scan->at == scan->end || memchr(letters, *scan->at, sizeof(letters) - 1) == NULL)
		return false;
	scan->at++;
	return true;
}

enum mcpass_rc mp_scan_skip_text(struct mp_scan *scan)
{
	for (;;) {
		scan->at += mp_bytes_plain(scan->at, (size_t)(scan->end - scan->at));
		if (scan->at == scan->end)
			return mp_scan_refuse(scan, "RFC 8259 7", "a string without end");
		if (mp_scan_take(scan, '"'))
			return MCPASS_OK;
		if (!mp_scan_take(scan, '\\'))
			return mp_scan_refuse(scan, "RFC 8259 7", "a control character");
		if (!skip_escape(scan))
			return mp_scan_refuse(scan, "RFC 8259 7", "a bad escape");
	}
}

enum mcpass_rc mp_scan_skip_scalar(struct mp_scan *scan)
{
	static const struct mp_span literals[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };
	bool is_integer;

	if (mp_scan_take(scan, '"'))
		return mp_scan_skip_text(scan);
	if (mp_scan_at_number(scan))
		return mp_scan_number(scan, &is_integer) ? MCPASS_OK
		    : mp_scan_refuse(scan, "RFC 8259 6", "a malformed number");
	for (size_t i = 0; i < MP_COUNT(literals); i++)
		if ((size_t)(scan->end - scan->at) >= literals[i].len
		    && memcmp(scan->at, literals[i].data, literals[i].len) == 0) {
			scan->at += literals[i].len;
			return MCPASS_OK;
		}
	return mp_scan_refuse(scan, "RFC 8259 3", "no value");
}
