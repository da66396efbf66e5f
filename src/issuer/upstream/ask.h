/* ask.h - what is asked of an identity provider in the course of a sign-in or a renewal.  Each may
 * end the turn with "later". */
#pragma once
#include "issuer/core.h"
#include "issuer/upstream/idp.h"
#include "oauth/token_exchange.h"

/* NULL: there is none of that name. */
const struct mp_idp *mp_idp_named(const struct mp_issuer *issuer, const char *name);
/* Our callback there; the caller's (free). */
enum mcpass_rc mp_idp_callback_url(const struct mp_issuer *issuer, const struct mp_idp *upstream,
    char **ret_url, struct mcpass_error *err);

/* Its metadata, fetched or kept; where it has no issuer, what is configured.  Release with
 * mp_idp_metadata_free().  MCPASS_E_IO: it cannot be had now. */
enum mcpass_rc mp_idp_metadata_get(const struct mp_turn *turn, const struct mp_idp *upstream,
    struct mp_idp_metadata *ret_metadata, struct mcpass_error *err);

struct mp_idp_grant {                   /* what is exchanged; borrowed */
	const struct mp_idp *upstream;
	const struct mp_idp_metadata *metadata;
	const struct mp_secret *code, *verifier;        /* a code, */
	const struct mp_secret *refresh_token;          /* or a refresh token, */
	const char *scope;              /* for this scope; NULL: as at the sign-in */
	const struct mp_token_exchange *exchange;             /* or a token for another one */
	const char *nonce;              /* of the id token; NULL: none is looked for */
};
/* As of mp_token_answer(); sent once.  Release with mp_token_free().
 * *ret_is_anothers (or NULL): the refresh token was used for another scope meanwhile, and is another
 * one now, or over: that is what the answer says, which is for nothing else. */
enum mcpass_rc mp_idp_token(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    struct mp_token *ret_token, bool *ret_is_anothers, struct mcpass_error *err);

/* The claims of an id token that came with the answer to grant, checked; the caller's (json_decref). */
enum mcpass_rc mp_idp_id_token(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_secret *token, json_t **ret_claims, struct mcpass_error *err);

/* The provider's own word that a grant is over, which alone ends a sign-in. */
bool mp_idp_is_over(enum mcpass_rc rc, const struct mcpass_error *err);

/* Who it is that the token is for: the claims, all checked; the caller's (json_decref).  NULL
 * where a renewal says nothing about that.  MCPASS_E_IO: it cannot be had now; what else is
 * wrong: MCPASS_E_POLICY, _E_PROTOCOL, _E_DENIED. */
enum mcpass_rc mp_idp_identify(const struct mp_turn *turn, const struct mp_idp_grant *grant,
    const struct mp_token *token, json_t **ret_claims, struct mcpass_error *err);
