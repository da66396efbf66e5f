#include "guard/verify.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/scope.h"

#define CLAIM(name, flags, spec) \
	{ #name, MP_FIELD_STRING, flags, offsetof(struct mp_claims, name), spec }

static const struct mp_field fields[] = {
	CLAIM(iss, MP_REQUIRED, "RFC 7519 4.1.1"),
	CLAIM(sub, 0, "RFC 7519 4.1.2"),
	CLAIM(client_id, 0, "RFC 9068 2.2"),
	CLAIM(azp, 0, "OIDC Core 2"),           /* Keycloak, Entra v2, Auth0 */
	CLAIM(cid, 0, "RFC 7519 4.3"),          /* Okta */
	CLAIM(appid, 0, "RFC 7519 4.3"),        /* Entra v1 */
	CLAIM(typ, 0, "RFC 7519 4.3"),          /* Keycloak: which of its tokens this is */
	CLAIM(token_use, 0, "RFC 7519 4.3"),    /* Cognito: the same */
	/* Lenient: a name to show; nothing is decided by it. */
	CLAIM(preferred_username, MP_LENIENT, "OIDC Core 5.1"),
	CLAIM(username, MP_LENIENT, "RFC 7662 2.2"),
};

void mp_claims_free(struct mp_claims *claims)
{
	mp_json_release(fields, MP_COUNT(fields), claims);
	free(claims->jkt);
	claims->jkt = NULL;
	mp_strings_free(&claims->scopes);
}

const char *mp_claims_client(const struct mp_claims *claims)
{
	const char *names[] = { claims->client_id, claims->azp, claims->cid, claims->appid };

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (names[i] != NULL)
			return names[i];
	return NULL;
}

const char *mp_claims_username(const struct mp_claims *claims)
{
	return claims->preferred_username != NULL ? claims->preferred_username : claims->username;
}

static bool has(const struct mp_jws *jws, const char *claim)
{
	return json_object_get(jws->payload, claim) != NULL;
}

/* True for a typ header that names an access token; "application/" may be left out
 * (RFC 7515 4.1.9), and plain "JWT" is what most issuers write. */
static bool names_access_token(const char *typ)
{
	static const char prefix[] = "application/";
	struct mp_span rest = { typ, strlen(typ) };

	if (rest.len > strlen(prefix)
	    && mp_span_is_nocase((struct mp_span){ typ, strlen(prefix) }, prefix)) {
		rest.data += strlen(prefix);
		rest.len -= strlen(prefix);
	}
	return mp_span_is_nocase(rest, "JWT") || mp_span_is_nocase(rest, "at+jwt");
}

/* spec: RFC 9068 4, RFC 8725 3.11: a JWT made for another purpose (a DPoP proof, a logout
 * token, a client's assertion) is no access token, whoever signed it */
static enum mcpass_rc check_typ(const struct mp_jws *jws, struct mcpass_error *err)
{
	if (jws->typ == NULL || names_access_token(jws->typ))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 4", "typ is %s, not at+jwt", jws->typ);
}

/* What the issuer itself calls the token, where it does: Keycloak's claim typ is "Bearer"
 * in access tokens, Cognito's token_use "access".  A list of what is refused: other
 * issuers put other words there. */
static bool is_called_otherwise(const struct mp_claims *claims)
{
	static const char *const others[] = { "ID", "Refresh", "Offline", "Logout",
		"Serialized-ID" };

	for (size_t i = 0; i < MP_COUNT(others); i++)
		if (mp_eq_nocase(claims->typ, others[i])
		    || mp_eq_nocase(claims->token_use, others[i]))
			return true;
	return false;
}

/* Claims that tie an ID token to a login (OIDC Core 2, 3.1.3.6, 3.3.2.11).  They prove it
 * only where no scope stands beside them: some servers copy them into access tokens, which
 * then have a scope (Keycloak before 25: nonce), and ID tokens have none. */
static bool looks_like_id_token(const struct mp_jws *jws)
{
	if (has(jws, "scope") || has(jws, "scp"))
		return false;
	return has(jws, "nonce") || has(jws, "at_hash") || has(jws, "c_hash") || has(jws, "s_hash");
}

/* spec: RFC 9068 4, 5 (an ID token must not pass), RFC 8725 2.8 */
static enum mcpass_rc check_purpose(const struct mp_jws *jws, const struct mp_claims *claims,
    struct mcpass_error *err)
{
	if (is_called_otherwise(claims) || looks_like_id_token(jws))
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 4",
		    "this is an ID, refresh or logout token, not an access token");
	return MCPASS_OK;
}

static enum mcpass_rc check_binding(const struct mp_jws *jws, bool bound, char **ret_jkt,
    struct mcpass_error *err)
{
	const json_t *jkt = json_object_get(json_object_get(jws->payload, "cnf"), "jkt");

	/* spec: RFC 9449 7.2, RFC 8705 3: bound to a key whose proof was not sent, it would be
	 * worth to a thief what it must not be */
	if (!bound && has(jws, "cnf"))
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 7.2",
		    "the token is bound to a key: it is no bearer token");
	/* spec: RFC 9449 7.1: any key would prove possession of a token that names none */
	if (bound && !json_is_string(jkt))
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 7.1",
		    "the token is not bound to a DPoP key");
	return mp_set(ret_jkt, json_string_value(jkt), err);
}

/* spec: RFC 7519 4.1.2; RFC 9068 2.2: somebody has to answer for the call */
static enum mcpass_rc check_who(const struct mp_claims *claims, struct mcpass_error *err)
{
	const char *client = mp_claims_client(claims);
	bool has_sub = claims->sub != NULL && claims->sub[0] != '\0';
	bool has_client = client != NULL && client[0] != '\0';

	if (has_sub || has_client)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 2.2", "neither sub nor client_id");
}

static bool is_audience(const json_t *aud, const struct mp_strings *audiences)
{
	const char *text = json_string_value(aud);

	return text != NULL && mp_strings_has(audiences, text);
}

/* spec: RFC 7519 4.1.3; RFC 8707 2; MCP 2026-07-28 "Token Handling": a token for another
 * resource is refused; bytes are compared */
static enum mcpass_rc check_aud(const struct mp_jws *jws, const struct mp_strings *audiences,
    struct mcpass_error *err)
{
	const json_t *aud = json_object_get(jws->payload, "aud");
	bool ours = is_audience(aud, audiences);

	for (size_t i = 0; json_is_array(aud) && i < json_array_size(aud); i++) {
		const json_t *item = json_array_get(aud, i);

		if (!json_is_string(item))
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7519 4.1.3",
			    "aud has an item that is not a string");
		ours = ours || is_audience(item, audiences);
	}
	if (!ours)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 7519 4.1.3", "aud %s this resource",
		    aud == NULL ? "is missing: the token does not name" : "does not name");
	return MCPASS_OK;
}

/* Reads a NumericDate, which may have a fraction; absent is no failure. */
static enum mcpass_rc read_date(const struct mp_jws *jws, const char *name, bool *ret_present,
    double *ret_date, struct mcpass_error *err)
{
	const json_t *date = json_object_get(jws->payload, name);

	if (date != NULL && !json_is_number(date))      /* spec: RFC 7519 2 */
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7519 2", "%s is not a number", name);
	*ret_present = date != NULL;
	*ret_date = json_number_value(date);
	return MCPASS_OK;
}

static enum mcpass_rc check_exp(const struct mp_jws *jws, int64_t now, int64_t *ret_exp,
    struct mcpass_error *err)
{
	const double last = 253402300799.0;     /* the end of the year 9999 */
	bool present = false;
	double exp = 0;
	enum mcpass_rc rc;

	rc = read_date(jws, "exp", &present, &exp, err);
	if (rc)
		return rc;
	/* spec: RFC 9068 2.2 (REQUIRED): a token must end */
	if (!present)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9068 2.2", "exp is missing");
	/* spec: RFC 7519 4.1.4 (on or after it: no) */
	if (exp + MP_CLOCK_SKEW <= (double)now)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 7519 4.1.4", "the token has expired");
	*ret_exp = (int64_t)(exp < last ? exp : last);
	return MCPASS_OK;
}

/* spec: RFC 7519 4.1.5, 4.1.6 */
static enum mcpass_rc check_not_early(const struct mp_jws *jws, const char *name, int64_t now,
    struct mcpass_error *err)
{
	bool present = false;
	double date = 0;
	enum mcpass_rc rc;

	rc = read_date(jws, name, &present, &date, err);
	if (!rc && present && date > (double)now + MP_CLOCK_SKEW)
		rc = mp_fail(err, MCPASS_E_POLICY, "RFC 7519 4.1.5", "%s lies in the future", name);
	return rc;
}

static enum mcpass_rc add_scopes(struct mp_strings *scopes, const json_t *text,
    struct mcpass_error *err)
{
	struct mp_strings more = { 0 };
	enum mcpass_rc rc;

	if (!json_is_string(text))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8693 4.2", "a scope is not a string");
	rc = mp_scope_parse(json_string_value(text), &more, err);
	if (!rc)
		rc = mp_scope_merge(scopes, &more, err);
	mp_strings_free(&more);
	return rc;
}

/* scope is a string (RFC 8693 4.2, RFC 9068 2.2.3); some issuers write a list, Entra and
 * Okta write scp. */
static enum mcpass_rc read_scopes(const struct mp_jws *jws, struct mp_strings *scopes,
    struct mcpass_error *err)
{
	static const char *const names[] = { "scope", "scp" };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < MP_COUNT(names); i++) {
		const json_t *value = json_object_get(jws->payload, names[i]);

		if (value != NULL && !json_is_array(value))
			rc = add_scopes(scopes, value, err);
		for (size_t j = 0; !rc && j < json_array_size(value); j++)
			rc = add_scopes(scopes, json_array_get(value, j), err);
	}
	return rc;
}

enum mcpass_rc mp_verify_token(const struct mp_jws *jws, const struct mp_strings *audiences,
    bool bound, int64_t now, struct mp_claims *ret_claims, struct mcpass_error *err)
{
	struct mp_claims claims = { 0 };
	enum mcpass_rc rc;

	rc = check_typ(jws, err);
	if (!rc)
		rc = mp_json_read(jws->payload, fields, MP_COUNT(fields), &claims, err);
	if (!rc)
		rc = check_purpose(jws, &claims, err);
	if (!rc)
		rc = check_binding(jws, bound, &claims.jkt, err);
	if (!rc)
		rc = check_who(&claims, err);
	if (!rc)
		rc = check_aud(jws, audiences, err);
	if (!rc)
		rc = check_exp(jws, now, &claims.exp, err);
	if (!rc)
		rc = check_not_early(jws, "nbf", now, err);
	if (!rc)
		rc = check_not_early(jws, "iat", now, err);
	if (!rc)
		rc = read_scopes(jws, &claims.scopes, err);
	if (rc)
		mp_claims_free(&claims);
	else
		*ret_claims = claims;
	return rc;
}
