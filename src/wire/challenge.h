/* challenge.h - WWW-Authenticate, read and written.
 * spec: RFC 9110 11.2, 11.6.1; RFC 6750 3; RFC 9728 5.1; RFC 9449 7.1 */
#pragma once
#include "wire/http/http.h"

struct mp_challenge_param { char *name, *value; };
struct mp_challenge {
	char *scheme;                   /* as written: compare without case */
	char *token68;                  /* or NULL */
	struct mp_challenge_param *params;
	size_t count;
};
struct mp_challenges {
	struct mp_challenge *items;
	size_t count;
	bool odd;                       /* something of it was not as RFC 9110 has it */
};

/* Reads every challenge of every WWW-Authenticate line among the headers, in order, as far
 * as it can be read: what breaks the grammar is skipped to the next comma, a value without
 * quotes ends at a comma or a space, of a parameter given twice the first counts, and what is
 * beyond MP_MAX_ITEMS is left out; then list->odd is true.  None at all is an empty list.
 * Values hold no control but a tab; they need not be UTF-8.  Release with
 * mp_challenges_free(). */
enum mcpass_rc mp_challenges_parse(const struct mcpass_header *headers, size_t count,
    struct mp_challenges *ret_list, struct mcpass_error *err);
void mp_challenges_free(struct mp_challenges *list);

/* The first challenge of a scheme ("Bearer", "DPoP"), or NULL; borrowed from list. */
const struct mp_challenge *mp_challenge_find(const struct mp_challenges *list,
    const char *scheme);
/* A parameter of the first challenge of that scheme which says something by it; or NULL. */
const char *mp_challenges_get(const struct mp_challenges *list, const char *scheme,
    const char *name);
/* A parameter's value, or NULL; the name is compared without case; borrowed. */
const char *mp_challenge_get(const struct mp_challenge *challenge, const char *name);

/* Appends a parameter, with the comma where one is due after "Scheme ": name="value"
 * quoted as RFC 9110 5.6.4 asks.  A value with a control character sticks as
 * MCPASS_E_LIMIT in buf, so no header is split.  value NULL: nothing is appended. */
void mp_challenge_add(struct mp_buf *buf, const char *name, const char *value);
