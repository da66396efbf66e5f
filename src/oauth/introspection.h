/* introspection.h - asking an issuer about a token: what is asked and what is answered.
 * spec: RFC 7662 2.1, 2.2, 2.3 */
#pragma once
#include "wire/form.h"
#include "wire/json/json.h"

/* The question, without the asker's own proof (clientauth.h adds it). */
void mp_introspection_form(struct mp_buf *form, const struct mp_secret *token);

struct mp_introspection {               /* owned; { 0 } is inactive */
	bool active;
	json_t *members;                /* the whole answer; NULL when the token is not active */
};
/* Judges the answer.
 * 200: reads it; MCPASS_E_PROTOCOL for what is no such answer, MCPASS_E_LIMIT for one over
 *      MP_MAX_INTROSPECTION.
 * 401, 403, and 400 for the asker's sake: MCPASS_E_DENIED: the asking client may not.
 * 429 and 5xx: MCPASS_E_IO: it may pass.
 * Anything else: MCPASS_E_PROTOCOL.
 * Each says what to do about it (err->hint). */
enum mcpass_rc mp_introspection_answer(int status, const char *data, size_t len,
    struct mp_introspection *ret_answer, struct mcpass_error *err);
void mp_introspection_free(struct mp_introspection *answer);
