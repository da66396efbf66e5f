/* logout.h - an identity provider says that someone has signed out there: its logout token.
 * spec: OpenID Connect Back-Channel Logout 1.0 2.4, 2.6; RFC 8725 3 */
#pragma once
#include "wire/jose/jws.h"

struct mp_logout_expect {               /* all borrowed */
	const char *issuer;             /* of the provider's metadata */
	const char *client_id;          /* what it knows us by */
	const struct mp_strings *algs;  /* that its metadata lists, or NULL */
	int64_t now;                    /* Unix time */
};
struct mp_logout {                      /* borrowed from the token */
	const char *sub, *sid;          /* one of them may be NULL: all sessions of sub; that session */
	const char *jti;                /* has to be new: to be remembered */
	int64_t remember_until;         /* a token that old is refused anyhow */
};
/* NOT checked: whether jti came before.
 * MCPASS_E_POLICY: it is no logout token of that provider for us, or too old. */
enum mcpass_rc mp_logout_check(const struct mp_jws *jws, const struct mp_jwks *keys,
    const struct mp_logout_expect *expect, struct mp_logout *ret_logout, struct mcpass_error *err);
