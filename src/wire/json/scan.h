/* scan.h - what the parser's files share: parse.c builds values, peek.c and plain.c
 * only look at them, text.c knows the strings. */
#pragma once
#include "base/buf.h"

struct mp_scan {
	const char *begin, *at, *end;
	const char *what;               /* names the document in an error */
	size_t values;
	struct mp_buf text;             /* the unescaped string, or the number, at hand */
	bool mend;                      /* what is no text becomes U+FFFD */
	struct mcpass_error *err;
};

/* Says where, but quotes nothing: the document may hold a token. */
enum mcpass_rc mp_scan_refuse(struct mp_scan *scan, const char *spec, const char *problem);
/* Steps over c when it is next. */
static inline bool mp_scan_take(struct mp_scan *scan, char c)
{
	if (scan->at == scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static inline void mp_scan_skip_space(struct mp_scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n'
	    || *scan->at == '\r'))
		scan->at++;
}

/* A number is next; steps over it, false when it is malformed. */
static inline bool mp_scan_at_number(const struct mp_scan *scan)
{
	return scan->at < scan->end
	    && (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'));
}

bool mp_scan_number(struct mp_scan *scan, bool *ret_is_integer);
/* Steps over a string, from behind its opening quote; over a value that holds no others. */
enum mcpass_rc mp_scan_skip_text(struct mp_scan *scan);
enum mcpass_rc mp_scan_skip_scalar(struct mp_scan *scan);
/* Reads a string into scan->text, from behind its opening quote. */
enum mcpass_rc mp_scan_text(struct mp_scan *scan);
/* The same, behind what scan->text holds already. */
enum mcpass_rc mp_scan_more_text(struct mp_scan *scan);
