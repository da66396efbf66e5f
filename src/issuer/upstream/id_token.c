/* The id token of a login, and what userinfo adds to it.
 * spec: OpenID Connect Core 3.1.3.7, 5.3, 12.2; RFC 8725 3 */
#include <string.h>
#include "base/limits.h"
#include "issuer/upstream/idp.h"

#define SPEC "OpenID Connect Core 3.1.3.7"

static enum mcpass_rc refuse(struct mcpass_error *err, const char *why)
{
	return mp_fail(err, MCPASS_E_POLICY, SPEC, "the id token %s", why);
}

/* Where the metadata has a template, the token's own tenant stands in it, which the rules then
 * have to allow. */
static bool is_issuer(const struct mp_jws *jws, const char *name)
{
	static const char mark[] = "{tenantid}";
	const char *iss = mp_jws_claim(jws, "iss"), *tid = mp_jws_claim(jws, "tid"), *at = strstr(name, mark);
	size_t before = at != NULL ? (size_t)(at - name) : 0, len = tid != NULL ? strlen(tid) : 0;

	if (iss == NULL || at == NULL)
		return iss != NULL && strcmp(iss, name) == 0;
	return len > 0 && strchr(tid, '/') == NULL && strncmp(iss, name, before) == 0
	    && strncmp(iss + before, tid, len) == 0
	    && strcmp(iss + before + len, at + sizeof(mark) - 1) == 0;
}

static enum mcpass_rc check_parties(const struct mp_jws *jws,
    const struct mp_id_token_expect *expect, struct mcpass_error *err)
{
	const char *client_id = expect->upstream->client.client_id, *sub = mp_jws_claim(jws, "sub");
	const json_t *aud = json_object_get(jws->payload, "aud");
	const json_t *azp = json_object_get(jws->payload, "azp");

	if (!is_issuer(jws, expect->metadata->issuer))
		return refuse(err, "is by another issuer");
	if (sub == NULL || sub[0] == '\0')
		return refuse(err, "has no sub");
	if (!mp_jws_is_for(jws, client_id))
		return refuse(err, "is for another client");
	/* 4, 5: several audiences: it says which of them asked; what it says is true */
	if (json_array_size(aud) > 1 && azp == NULL)
		return refuse(err, "is for several clients, and azp is missing");
	if (azp != NULL && !mp_eq(json_string_value(azp), client_id))
		return refuse(err, "was asked for by another client (azp)");
	return MCPASS_OK;
}

static enum mcpass_rc check_times(const struct mp_jws *jws, int64_t now, struct mcpass_error *err)
{
	const json_t *exp = json_object_get(jws->payload, "exp");
	const json_t *iat = json_object_get(jws->payload, "iat");
	const json_t *nbf = json_object_get(jws->payload, "nbf");
	double time = (double)now;      /* a peer's numbers: no sum of them overflows */

	if (!json_is_number(exp) || !json_is_number(iat) || (nbf != NULL && !json_is_number(nbf)))
		return refuse(err, "has no exp or no iat, or a time that is no number");
	if (json_number_value(exp) <= time - MP_CLOCK_SKEW)
		return refuse(err, "has expired");
	if (json_number_value(iat) > time + MP_CLOCK_SKEW
	    || json_number_value(nbf) > time + MP_CLOCK_SKEW)
		return refuse(err, "is from the future: are the clocks right?");
	if (json_number_value(iat) < time - MP_MAX_ID_TOKEN_AGE)
		return refuse(err, "was issued long ago");
	return MCPASS_OK;
}

static enum mcpass_rc check_signature(const struct mp_jws *jws, const struct mp_jwks *keys,
    const struct mp_idp_metadata *metadata, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	/* 7; none and HS256 were refused when it was parsed */
	if (metadata->id_token_algs.count > 0
	    && !mp_strings_has(&metadata->id_token_algs, mp_alg_name(jws->alg)))
		return refuse(err, "has an algorithm that the metadata does not list");
	rc = mp_jws_verify_by(jws, keys, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? refuse(err, "has a signature that is not its issuer's") : MCPASS_OK;
}

enum mcpass_rc mp_id_token_check(const struct mp_jws *jws, const struct mp_jwks *keys,
    const struct mp_id_token_expect *expect, struct mcpass_error *err)
{
	enum mcpass_rc rc = check_signature(jws, keys, expect->metadata, err);

	/* spec: RFC 8725 3.11 (an access token or a logout token is none) */
	if (!rc && jws->typ != NULL && !mp_eq_nocase(jws->typ, "JWT"))
		rc = refuse(err, "is a token of another type");
	if (!rc)
		rc = check_parties(jws, expect, err);
	if (!rc)
		rc = check_times(jws, expect->now, err);
	/* 11: a token of another login would sign another person in */
	if (!rc && expect->nonce != NULL && !mp_eq(mp_jws_claim(jws, "nonce"), expect->nonce))
		rc = refuse(err, "has another nonce than was sent, or none");
	return rc;
}

/* An address and whether it was verified come from one place: of what is signed and what is not, no
 * pair is made, unless both name that address.  spec: OpenID Connect Core 5.1 (email_verified) */
static void drop_other_email(json_t *claims, const json_t *id_claims)
{
	const json_t *own = json_object_get(id_claims, "email");

	if ((own != NULL || json_object_get(id_claims, "email_verified") != NULL)
	    && !mp_eq(json_string_value(own), mp_json_text(claims, "email"))) {
		(void)json_object_del(claims, "email");
		(void)json_object_del(claims, "email_verified");
	}
}

enum mcpass_rc mp_userinfo_join(const json_t *id_claims, const char *data, size_t len,
    json_t **ret_claims, struct mcpass_error *err)
{
	const char *sub = mp_json_text(id_claims, "sub");
	json_t *claims = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_DOCUMENT, data, len, MP_MAX_UPSTREAM_ANSWER,
	    "the userinfo answer", &claims, err);

	if (!rc && !json_is_object(claims))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 5.3.2",
		    "the userinfo answer is no JSON object");
	/* spec: OpenID Connect Core 5.3.4 (MUST be verified to exactly match) */
	if (!rc && (sub == NULL || !mp_eq(mp_json_text(claims, "sub"), sub)))
		rc = mp_fail(err, MCPASS_E_DENIED, "OpenID Connect Core 5.3.4",
		    "the userinfo answer is about another sub");
	if (!rc)
		drop_other_email(claims, id_claims);
	/* What was signed counts. */
	if (!rc && json_object_update(claims, (json_t *)id_claims) != 0)
		rc = mp_nomem(err);
	if (rc)
		json_decref(claims);
	else
		*ret_claims = claims;
	return rc;
}
