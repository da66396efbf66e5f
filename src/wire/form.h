/* form.h - application/x-www-form-urlencoded, for query strings and token requests.
 * spec: RFC 6749 appendix B; WHATWG URL 5 */
#pragma once
#include "base/buf.h"

/* Appends name=value, after an '&' when something was added before it since the buffer
 * was empty or ended in '?'.  value NULL: nothing is appended. */
void mp_form_add(struct mp_buf *buf, const char *name, const char *value);
/* Appends the encoded text alone (for HTTP Basic, RFC 6749 2.3.1). */
void mp_form_encode(struct mp_buf *buf, const char *text);

struct mp_form_pair {
	char *name, *value;
	bool odd;               /* mended by mp_form_read() */
};
struct mp_form {
	struct mp_form_pair *pairs;
	size_t count;
};
/* Decodes a query string or a body of len bytes.  Refused: a bad escape, a NUL, bytes
 * that are not UTF-8 (MCPASS_E_PROTOCOL); more than MP_MAX_ITEMS pairs or MP_MAX_FORM
 * bytes (MCPASS_E_LIMIT).  Release with mp_form_free(). */
enum mcpass_rc mp_form_parse(const char *text, size_t len, struct mp_form *ret_form,
    struct mcpass_error *err);

/* The same for what only advises: a bad escape stays as it is, and what is no UTF-8 or a NUL
 * becomes '?'; only the limits are kept. */
enum mcpass_rc mp_form_read(const char *text, size_t len, struct mp_form *ret_form,
    struct mcpass_error *err);

/* MCPASS_E_PROTOCOL when the value of that name, which decides something, had to be mended. */
enum mcpass_rc mp_form_check(const struct mp_form *form, const char *name,
    struct mcpass_error *err);

/* The value of the only pair of that name: *ret_value is borrowed from form, or NULL
 * when absent.  MCPASS_E_PROTOCOL when it occurs twice; spec: RFC 6749 3.1
 * "name=" gives "": whether an empty value counts as omitted is the caller's to say. */
enum mcpass_rc mp_form_get(const struct mp_form *form, const char *name,
    const char **ret_value, struct mcpass_error *err);

void mp_form_free(struct mp_form *form);     /* wipes the values */
