#include "issuer/upstream/logout.h"
#include "base/limits.h"

#define SPEC "OpenID Connect Back-Channel Logout 1.0 2.6"
#define EVENT "http://schemas.openid.net/event/backchannel-logout"

static enum mcpass_rc refuse(struct mcpass_error *err, const char *why)
{
	return mp_fail(err, MCPASS_E_POLICY, SPEC, "the logout token %s", why);
}

/* "" is absent. */
static const char *claim(const struct mp_jws *jws, const char *name)
{
	const char *text = json_string_value(mp_json_get(jws->payload, name));

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* 2.6 (2): as an id token's, without what a login has. */
static enum mcpass_rc check_signature(const struct mp_jws *jws, const struct mp_jwks *keys,
    const struct mp_logout_expect *expect, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (expect->algs != NULL && expect->algs->count > 0
	    && !mp_strings_has(expect->algs, mp_alg_name(jws->alg)))
		return refuse(err, "has an algorithm that the metadata does not list");
	rc = mp_jws_verify_by(jws, keys, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? refuse(err, "has a signature that is not its issuer's") : MCPASS_OK;
}

/* 2.4: typ is logout+jwt, or JWT from before that was said.  spec: RFC 8725 3.11 */
static enum mcpass_rc check_kind(const struct mp_jws *jws, struct mcpass_error *err)
{
	const json_t *events = mp_json_get(jws->payload, "events");

	if (jws->typ != NULL && !mp_eq_nocase(jws->typ, "logout+jwt") && !mp_eq_nocase(jws->typ, "JWT"))
		return refuse(err, "is a token of another type");
	/* 2.6 (5): this is what an id token, signed by the same key, does not have */
	if (!json_is_object(mp_json_get(events, EVENT)))
		return refuse(err, "does not say that it is about a logout (events)");
	/* 2.6 (6): and this is what no logout token has */
	if (json_object_get(jws->payload, "nonce") != NULL)
		return refuse(err, "has a nonce, as an id token");
	return MCPASS_OK;
}

static enum mcpass_rc check_parties(const struct mp_jws *jws,
    const struct mp_logout_expect *expect, struct mcpass_error *err)
{
	if (!mp_eq(claim(jws, "iss"), expect->issuer))
		return refuse(err, "is by another issuer");
	if (!mp_jws_is_for(jws, expect->client_id))
		return refuse(err, "is for another client");
	/* 2.6 (4) */
	if (claim(jws, "sub") == NULL && claim(jws, "sid") == NULL)
		return refuse(err, "names neither a user nor a session");
	if (claim(jws, "jti") == NULL)
		return refuse(err, "has no jti");
	return MCPASS_OK;
}

/* Providers of before exp was asked for leave it out: iat bounds its age in any case. */
static enum mcpass_rc check_times(const struct mp_jws *jws, int64_t now, struct mcpass_error *err)
{
	const json_t *iat = mp_json_get(jws->payload, "iat"), *exp = mp_json_get(jws->payload, "exp");
	double time = (double)now;      /* a peer's numbers: no sum of them overflows */

	if (!json_is_number(iat) || (exp != NULL && !json_is_number(exp)))
		return refuse(err, "has no iat, or a time that is no number");
	if (json_number_value(iat) > time + MP_CLOCK_SKEW)
		return refuse(err, "is from the future: are the clocks right?");
	if (json_number_value(iat) < time - MP_MAX_LOGOUT_AGE
	    || (exp != NULL && json_number_value(exp) <= time - MP_CLOCK_SKEW))
		return refuse(err, "has expired");
	return MCPASS_OK;
}

enum mcpass_rc mp_logout_check(const struct mp_jws *jws, const struct mp_jwks *keys,
    const struct mp_logout_expect *expect, struct mp_logout *ret_logout, struct mcpass_error *err)
{
	enum mcpass_rc rc = check_signature(jws, keys, expect, err);

	if (!rc)
		rc = check_kind(jws, err);
	if (!rc)
		rc = check_parties(jws, expect, err);
	if (!rc)
		rc = check_times(jws, expect->now, err);
	if (!rc)
		*ret_logout = (struct mp_logout){ claim(jws, "sub"), claim(jws, "sid"), claim(jws, "jti"),
			expect->now + MP_MAX_LOGOUT_AGE + 2L * MP_CLOCK_SKEW };
	return rc;
}
