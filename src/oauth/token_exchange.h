/* token_exchange.h - one token for another: what is asked and what is answered.
 * spec: RFC 8693 2.1, 2.2 */
#pragma once
#include "oauth/token.h"

#define MP_GRANT_TOKEN_EXCHANGE "urn:ietf:params:oauth:grant-type:token-exchange"
#define MP_TOKEN_TYPE_ACCESS "urn:ietf:params:oauth:token-type:access_token"
#define MP_TOKEN_TYPE_ID_JAG "urn:ietf:params:oauth:token-type:id-jag"
#define MP_TOKEN_TYPE_ID_TOKEN "urn:ietf:params:oauth:token-type:id_token"

struct mp_token_exchange {                    /* all borrowed */
	const char *requested_type;     /* what is wanted: MP_TOKEN_TYPE_... */
	const struct mp_secret *subject;
	const char *subject_type;
	/* For whom: a name that the authorization server knows, or a URL; either may be NULL. */
	const char *audience, *resource;
	const char *scope;              /* NULL: what the server thinks fit */
};
/* The grant as a form, without the client's proof (clientauth.h adds it). */
void mp_token_exchange_form(struct mp_buf *form, const struct mp_token_exchange *exchange);

/* Judges the answer when an access token was asked for, one that goes into a header.
 * Errors as of mp_token_answer(); MCPASS_E_PROTOCOL for another issued_token_type, or for
 * a token_type that is not Bearer.  Release with mp_token_free(). */
enum mcpass_rc mp_token_exchange_answer(int status, const char *data, size_t len,
    struct mp_token *ret_token, struct mcpass_error *err);

/* Judges the answer when something was asked for that is no access token, whatever its
 * token_type (it should be N_A).  what names it in an error ("an ID-JAG"). */
enum mcpass_rc mp_token_exchange_other_answer(int status, const char *data, size_t len,
    const char *type, const char *what, struct mp_secret *ret_token, struct mcpass_error *err);

/* Whom an access token speaks for, as far as it can be read: for people, and never to
 * decide anything by, as its signature was not verified. */
struct mp_token_exchange_words {
	char *issuer, *subject, *username, *client, *audience, *scope; /* or NULL */
};
/* MCPASS_OK with nothing in it when the token is opaque.  Release: mp_token_exchange_words_free(). */
enum mcpass_rc mp_token_exchange_read(const struct mp_secret *token,
    struct mp_token_exchange_words *ret_words, struct mcpass_error *err);
void mp_token_exchange_words_free(struct mp_token_exchange_words *words);
