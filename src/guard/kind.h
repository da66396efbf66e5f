/* kind.h - which kind of token this is, as far as it says so.
 *
 * An issuer signs ID tokens, refresh tokens and logout tokens with the same key as its access
 * tokens, and calls several of them active.  A token that says what it is must say that it
 * is an access token; a token that says nothing is judged by its other claims.
 * spec: RFC 9068 4, 5; RFC 8725 2.8, 3.11; RFC 7662 2.2 */
#pragma once
#include "base/text.h"
#include "wire/json/json.h"

/* Whether a word names an access token: "at+jwt", "Bearer", "access_token".  "JWT", which
 * says nothing about the kind, is one of them. */
bool mp_kind_is_access(const char *word);

struct mp_kind {
	char *other;                    /* owned: why it is no access token, or NULL */
	/* It has claims that tie an ID token to a login.  There are issuers that write them into
	 * access tokens, so the configuration may say that this one does. */
	bool is_like_id_token;
	bool is_dpop;                   /* it says that it is bound to a key (RFC 9449 5) */
};
/* Reads it from a JWT's claims, or from the issuer's answer about a token.  Release
 * ret_kind->other with free(). */
enum mcpass_rc mp_kind_read(const json_t *token, struct mp_kind *ret_kind,
    struct mcpass_error *err);
