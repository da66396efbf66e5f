/* verify.h - is this an access token, for us, and good now?  Everything here is asked at each
 * request, of what is remembered too.
 * spec: RFC 9068 4, RFC 7519 4.1, RFC 8725 3, RFC 9449 7, RFC 7662 2.2
 *
 * NOT checked here: the signature (wire/jws), whether the issuer is one of ours (guard),
 * scopes and roles (policy), whether the sender holds the key that it is bound to (proof),
 * revocation. */
#pragma once
#include "guard/claims.h"
#include "guard/terms.h"
#include "wire/jose/jws.h"

struct mp_expect {                      /* borrowed */
	const struct mp_terms *terms;   /* the issuer's */
	/* NULL: these are a JWT's claims, which name the issuer.  Else: this issuer's answer
	 * about a token (RFC 7662), which may leave out what it likes. */
	const char *asked;
	const struct mp_claims *jwt;    /* of the token that was asked about, or NULL: opaque */
	bool audience_optional;         /* an answer without aud will do */
	bool bound;                     /* the token was sent with a proof (DPoP) */
	int64_t now;
};

/* spec: RFC 9068 4, RFC 8725 3.11.  MCPASS_E_POLICY: the header says that it is something
 * else than an access token. */
enum mcpass_rc mp_verify_typ(const struct mp_jws *jws, struct mcpass_error *err);

/* MCPASS_E_POLICY: not acceptable; err->detail says why, without the token. */
enum mcpass_rc mp_verify_claims(const struct mp_claims *claims, const struct mp_expect *expect,
    struct mcpass_error *err);
