/* token.h - the token endpoint: what is asked and what is answered.
 * spec: RFC 6749 4.1.3, 4.1.4, 5.1, 5.2, 6; RFC 8707 2.2; RFC 7009 */
#ifndef MP_OAUTH_TOKEN_H
#define MP_OAUTH_TOKEN_H
#include "wire/form.h"
#include "wire/json.h"

/* The grants as forms, without the client's proof (clientauth.h adds it). */
void mp_token_code_form(struct mp_buf *form, const struct mp_secret *code,
    const struct mp_secret *verifier, const char *redirect_uri, const char *resource);
void mp_token_refresh_form(struct mp_buf *form, const struct mp_secret *refresh_token,
    const char *scope, const char *resource);
/* hint: "refresh_token" or "access_token"; spec: RFC 7009 2.1 */
void mp_token_revoke_form(struct mp_buf *form, const struct mp_secret *token,
    const char *hint);

struct mp_token {
	struct mp_secret access_token, refresh_token, id_token;
	char *token_type, *scope;       /* scope NULL: as asked (RFC 6749 5.1) */
	int64_t expires_in;             /* seconds, 0 when not given */
};
/* Judges the answer of a token endpoint.
 * 200: reads it; MCPASS_E_PROTOCOL without access_token or token_type, or with a type
 *      that is neither Bearer nor DPoP (wanted_type, compared without case).
 * 400, 401, 403 with an OAuth error: MCPASS_E_DENIED, err->oauth has the code.
 * 429 and 5xx: MCPASS_E_IO: passing, nothing may be dropped because of it.
 * Anything else: MCPASS_E_PROTOCOL. */
enum mcpass_rc mp_token_answer(int status, const char *data, size_t len,
    const char *wanted_type, struct mp_token *ret_token, struct mcpass_error *err);
void mp_token_free(struct mp_token *token);
/* A number of seconds as servers write it, a string of digits among others; 0 when value
 * is none; capped. */
int64_t mp_token_seconds(const json_t *value);

/* Reads an OAuth error body (error, error_description) into err with the given rc:
 * shared by registration, token, revocation.  doing what the caller did is its matter.
 * Returns rc (or MCPASS_E_NOMEM). */
enum mcpass_rc mp_token_error(int status, const char *data, size_t len, enum mcpass_rc rc,
    const char *spec, struct mcpass_error *err);

#endif
