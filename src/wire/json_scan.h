/* json_scan.h - what the two halves of the parser share: json_parse.c knows the values,
 * json_text.c the strings. */
#ifndef MP_WIRE_JSON_SCAN_H
#define MP_WIRE_JSON_SCAN_H
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
bool mp_scan_take(struct mp_scan *scan, char c);
/* Reads a string into scan->text, from behind its opening quote. */
enum mcpass_rc mp_scan_text(struct mp_scan *scan);

#endif
