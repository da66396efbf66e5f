/* claims.h - what a token says: in its own payload, or in its issuer's answer about it.
 * spec: RFC 9068 2.2, RFC 7519 4.1, RFC 7662 2.2 */
#pragma once
#include "guard/kind.h"
#include "guard/roles.h"

/* Owned, { 0 } is nothing. */
struct mp_claims {
	char *iss, *sub;
	char *client_id, *azp, *cid, *appid;
	char *preferred_username, *username;
	char *jkt;                      /* the key it is bound to (RFC 9449 6.1), or NULL */
	struct mp_kind kind;
	struct mp_strings scopes, audiences;
	struct mp_strings roles;        /* those that some rule names */
	bool has_aud, has_scope, has_exp;
	bool is_bound;                  /* to some key, even if we cannot say to which */
	double exp, nbf, iat;           /* Unix time, seconds; 0: it does not say */
};

/* Reads them.  MCPASS_E_PROTOCOL, MCPASS_E_LIMIT: not what a token may say; err->detail says
 * why, without the token.  Whether it is good for anything is verify.h's to say.  Release
 * *ret_claims with mp_claims_free(). */
enum mcpass_rc mp_claims_read(const json_t *token, const struct mp_role_claims *role_claims,
    const struct mp_policy *policy, struct mp_claims *ret_claims, struct mcpass_error *err);
void mp_claims_free(struct mp_claims *claims);

/* Who the token was issued to, and what the person is called; NULL when it does not say. */
const char *mp_claims_client(const struct mp_claims *claims);
const char *mp_claims_username(const struct mp_claims *claims);
/* When it ends: Unix time, seconds; 0 when it does not say. */
int64_t mp_claims_expiry(const struct mp_claims *claims);
