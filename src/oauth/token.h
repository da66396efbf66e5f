/* token.h - the token endpoint: what is asked and what is answered.
 * spec: RFC 6749 4.1.3, 4.1.4, 5.1, 5.2, 6; RFC 8707 2.2; RFC 7009 */
#pragma once
#include "wire/form.h"
#include "wire/json/json.h"

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
	bool tells_expiry;
	int64_t expires_in;             /* seconds; 0: it has run out already */
	struct mp_strings odd;          /* what is odd about the answer, a sentence each */
};
/* Judges the answer of a token endpoint.
 * 2xx with an access_token: reads it.  Only the token itself and a type that is said
 *      (wanted_type, compared without case) can be wrong, MCPASS_E_PROTOCOL; anything else
 *      that cannot be read is left out, and named in odd.
 * 2xx and 4xx with an OAuth error, of whichever shape: MCPASS_E_DENIED.
 * 429, 5xx and what else is passing: MCPASS_E_IO: nothing may be dropped because of it.
 * Anything else: MCPASS_E_PROTOCOL.
 * err->oauth has the code of an error, in lower case, whatever the class is. */
enum mcpass_rc mp_token_answer(int status, const char *data, size_t len,
    const char *wanted_type, struct mp_token *ret_token, struct mcpass_error *err);
void mp_token_free(struct mp_token *token);
/* Whether value is a number of seconds, as servers write them, a string among others; one
 * below 0 is 0, and it is capped. */
bool mp_token_seconds(const json_t *value, int64_t *ret_seconds);

/* --- token_error.c --- */
/* Reads an OAuth error body (error, error_description) into err with the given rc:
 * shared by registration, token, revocation.  doing what the caller did is its matter.
 * Returns rc (or MCPASS_E_NOMEM). */
enum mcpass_rc mp_token_error(int status, const char *data, size_t len, enum mcpass_rc rc,
    const char *spec, struct mcpass_error *err);
/* The failure of a token request, classified as above. */
enum mcpass_rc mp_token_refused(int status, const char *data, size_t len,
    struct mcpass_error *err);
/* Whether a body says that something failed. */
bool mp_token_says_error(const json_t *body);
/* Whether the same request may go well a while later: 429, 5xx, 408, 425. */
bool mp_token_is_passing(int status);
