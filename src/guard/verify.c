#include "guard/verify.h"
#include <string.h>
#include "base/limits.h"

/* A JWT made for another purpose (a DPoP proof, a logout token, a client's assertion) is no
 * access token, by whatever issuer it was signed; spec: RFC 9068 4, RFC 8725 3.11 */
enum mcpass_rc mp_verify_typ(const struct mp_jws *jws, struct mcpass_error *err)
{
	if (jws->typ == NULL || mp_kind_is_access(jws->typ))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 4", "typ is %s, not at+jwt", jws->typ);
}

/* spec: RFC 9068 4, 5 (an ID token must not pass), RFC 8725 2.8.  An issuer that is asked
 * calls a refresh token active, too. */
static enum mcpass_rc check_kind(const struct mp_claims *claims, const struct mp_expect *expect,
    struct mcpass_error *err)
{
	if (claims->kind.other != NULL)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 8725 3.11", "%s", claims->kind.other);
	if (claims->kind.is_like_id_token && !expect->terms->id_token_claims)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 5",
		    "it has claims of an ID token (nonce, at_hash): not an access token");
	return MCPASS_OK;
}

/* spec: RFC 7519 4.1.1; RFC 7662 2.2: bytes are compared */
static enum mcpass_rc check_iss(const struct mp_claims *claims, const struct mp_expect *expect,
    struct mcpass_error *err)
{
	if (claims->iss == NULL && expect->asked == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7519 4.1.1", "iss is missing");
	if (claims->iss != NULL && expect->asked != NULL && strcmp(claims->iss, expect->asked) != 0)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 7662 2.2",
		    "the issuer that was asked says that the token is from another one");
	return MCPASS_OK;
}

static enum mcpass_rc check_binding(const struct mp_claims *claims,
    const struct mp_expect *expect, struct mcpass_error *err)
{
	/* spec: RFC 9449 7.2, RFC 8705 3: bound to a key whose proof was not sent, it would be
	 * worth to a thief what it must not be */
	if (!expect->bound && claims->is_bound)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 7.2",
		    "the token is bound to a key: it is no bearer token");
	if (expect->jwt != NULL) {      /* of a JWT the issuer need not say it again */
		if (claims->is_bound && !mp_eq(claims->jkt, expect->jwt->jkt))
			return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 6.2",
			    "its issuer says that the token is bound to another key");
		return MCPASS_OK;
	}
	/* spec: RFC 9449 7.1: any key would prove possession of a token that names none */
	if (expect->bound && claims->jkt == NULL)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 7.1",
		    "the token is not bound to a DPoP key");
	return MCPASS_OK;
}

/* spec: RFC 7519 4.1.2; RFC 9068 2.2: a subject has to answer for the call */
static enum mcpass_rc check_who(const struct mp_claims *claims, const struct mp_expect *expect,
    struct mcpass_error *err)
{
	const char *client = mp_claims_client(claims);
	bool has_sub = claims->sub != NULL && claims->sub[0] != '\0';
	bool has_client = client != NULL && client[0] != '\0';

	if (has_sub || has_client || expect->jwt != NULL)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 2.2", "neither sub nor client_id");
}

/* spec: RFC 7519 4.1.3; RFC 8707 2; RFC 7662 4; MCP 2026-07-28 "Token Handling": a token for
 * another resource is refused; bytes are compared */
static enum mcpass_rc check_aud(const struct mp_claims *claims, const struct mp_expect *expect,
    struct mcpass_error *err)
{
	const char *client = mp_claims_client(claims);

	if (!claims->has_aud && (expect->jwt != NULL || expect->audience_optional
	    || (client != NULL && mp_strings_has(&expect->terms->clients, client))))
		return MCPASS_OK;
	for (size_t i = 0; i < claims->audiences.count; i++)
		if (mp_strings_has(&expect->terms->audiences, claims->audiences.items[i]))
			return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, "RFC 7519 4.1.3", "aud %s this resource",
	    !claims->has_aud ? "is missing: the token does not name" : "does not name");
}

static enum mcpass_rc check_dates(const struct mp_claims *claims,
    const struct mp_expect *expect, struct mcpass_error *err)
{
	double now = (double)expect->now;

	/* spec: RFC 9068 2.2 (REQUIRED): a JWT must end.  RFC 7662 2.2 (OPTIONAL): an
	 * issuer that is asked again and again may leave it open. */
	if (!claims->has_exp && expect->asked == NULL)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 2.2", "exp is missing");
	/* spec: RFC 7519 4.1.4 (on or after it: no) */
	if (claims->has_exp && claims->exp + MP_CLOCK_SKEW <= now)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 7519 4.1.4", "the token has expired");
	/* spec: RFC 7519 4.1.5, 4.1.6 */
	if (claims->nbf > now + MP_CLOCK_SKEW)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 7519 4.1.5", "nbf lies in the future");
	if (claims->iat > now + MP_CLOCK_SKEW)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 7519 4.1.6", "iat lies in the future");
	return MCPASS_OK;
}

enum mcpass_rc mp_verify_claims(const struct mp_claims *claims, const struct mp_expect *expect,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = check_iss(claims, expect, err);

	if (!rc)
		rc = check_kind(claims, expect, err);
	if (!rc)
		rc = check_binding(claims, expect, err);
	if (!rc)
		rc = check_who(claims, expect, err);
	if (!rc)
		rc = check_aud(claims, expect, err);
	return rc ? rc : check_dates(claims, expect, err);
}
