/* assertion.h - a JWT of another issuer, whose audience is this one.  spec: RFC 7523 3; RFC 8725 3 */
#pragma once
#include "issuer/clients/client.h"

struct mp_assertion_rules {             /* all borrowed */
	const char *code;               /* what a refusal is called: "invalid_grant" */
	const char *issuer;             /* iss has to be this */
	const char *audience;           /* aud has to be or to hold this, or, when NULL, us */
};
/* Takes it apart; text has to outlive *ret_jws (mp_jws_free). */
enum mcpass_rc mp_assertion_parse(const char *text, const char *code, struct mp_jws *ret_jws,
    struct mcpass_error *err);
/* Checks signature, iss, sub, aud, exp, nbf and iat.  NOT checked: typ, jti. */
enum mcpass_rc mp_assertion_check(const struct mp_turn *turn, const struct mp_jws *jws,
    const struct mp_jwks *keys, const struct mp_assertion_rules *rules,
    struct mcpass_error *err);
/* Remembers its jti, last of all: of two who come with one, the second is refused. */
enum mcpass_rc mp_assertion_use_up(const struct mp_turn *turn, const struct mp_jws *jws,
    const struct mp_assertion_rules *rules, struct mcpass_error *err);

/* Whether the client_assertion in form is by client; refuses with invalid_client.
 * spec: RFC 7523 2.2, 3; OpenID Connect Core 9 */
enum mcpass_rc mp_assertion_prove_client(const struct mp_turn *turn,
    const struct mp_form *form, const struct mp_client *client, struct mcpass_error *err);
