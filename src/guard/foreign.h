/* foreign.h - tokens that are no JWTs which we can verify: may their issuer be asked about them?
 * spec: RFC 7662; RFC 7515 3.1, RFC 7516 3.1 (the forms); RFC 8725 3.1, 3.2 */
#pragma once
#include "base/text.h"
#include "mcpass/error.h"

enum mp_foreign_kind {
	/* It means to be a JWT and is a bad one: cut, alg none, crit.  That does not become better
	 * by asking. */
	MP_FOREIGN_REFUSED = 0,
	MP_FOREIGN_OPAQUE,              /* it says nothing to us */
	/* Encrypted, or signed in a way that we do not verify (HS256): only its issuer can. */
	MP_FOREIGN_ISSUERS
};
struct mp_foreign {
	enum mp_foreign_kind kind;
	char *iss;                      /* owned: whose it says that it is, or NULL */
};
enum mcpass_rc mp_foreign_read(struct mp_span token, struct mp_foreign *ret_foreign,
    struct mcpass_error *err);
