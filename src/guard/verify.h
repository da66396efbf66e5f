/* verify.h - is this JWT an access token, for us, and valid now?
 * spec: RFC 9068 4, RFC 7519 4.1, RFC 8725 3, RFC 9449 7
 *
 * NOT checked here: the signature (wire/jws), whether the issuer is one of ours (guard),
 * scopes (policy), whether the sender holds the key that it is bound to (proof), revocation. */
#ifndef MP_GUARD_VERIFY_H
#define MP_GUARD_VERIFY_H
#include "wire/jws.h"

/* What a token says; owned, { 0 } is nothing. */
struct mp_claims {
	char *iss, *sub, *typ, *token_use;
	char *client_id, *azp, *cid, *appid;
	char *preferred_username, *username;
	char *jkt;                      /* the key it is bound to (RFC 9449 6.1), or NULL */
	struct mp_strings scopes;
	int64_t exp;                    /* Unix time, seconds */
};

/* Reads and judges everything but the signature; audiences are those we accept, bound says
 * whether the token must be bound to a DPoP key (the caller proves it) or must not.
 * MCPASS_E_POLICY or _E_PROTOCOL: not acceptable; err->detail says why, without the
 * token.  Release *ret_claims with mp_claims_free(). */
enum mcpass_rc mp_verify_token(const struct mp_jws *jws, const struct mp_strings *audiences,
    bool bound, int64_t now, struct mp_claims *ret_claims, struct mcpass_error *err);
void mp_claims_free(struct mp_claims *claims);

/* Who the token was issued to, and what the person is called; NULL when it does not say. */
const char *mp_claims_client(const struct mp_claims *claims);
const char *mp_claims_username(const struct mp_claims *claims);

#endif
