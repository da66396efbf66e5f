/* The smallest steps through a JSON text. */
#include "wire/json/scan.h"

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

bool mp_scan_at_number(const struct mp_scan *scan)
{
	return scan->at < scan->end
	    && (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'));
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

/* An integer beyond 64 bits becomes a real, as every JavaScript peer reads it. */
