#include "guard/claims.h"
#include <stdlib.h>
#include <string.h>
#include "oauth/scope.h"

#define CLAIM(name, flags, spec) \
	{ #name, MP_FIELD_STRING, flags, offsetof(struct mp_claims, name), spec }

static const struct mp_field fields[] = {
	CLAIM(iss, MP_DECIDES, "RFC 7519 4.1.1"),
	CLAIM(sub, MP_DECIDES, "RFC 7519 4.1.2"),
	CLAIM(client_id, MP_DECIDES, "RFC 9068 2.2"),
	CLAIM(azp, MP_DECIDES, "OIDC Core 2"),           /* Keycloak, Entra v2, Auth0 */
	CLAIM(cid, MP_DECIDES, "RFC 7519 4.3"),          /* Okta */
	CLAIM(appid, MP_DECIDES, "RFC 7519 4.3"),        /* Entra v1 */
	/* Lenient: a name to show; nothing is decided by it. */
	CLAIM(preferred_username, MP_ADVISES, "OIDC Core 5.1"),
	CLAIM(username, MP_ADVISES, "RFC 7662 2.2"),
};

void mp_claims_free(struct mp_claims *claims)
{
	mp_json_release(fields, MP_COUNT(fields), claims);
	free(claims->jkt);
	free(claims->kind.other);
	mp_strings_free(&claims->scopes);
	mp_strings_free(&claims->audiences);
	mp_strings_free(&claims->roles);
	*claims = (struct mp_claims){ 0 };
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

int64_t mp_claims_expiry(const struct mp_claims *claims)
{
	const double last = 253402300799.0;     /* the end of the year 9999 */

	return claims->exp < last ? (int64_t)claims->exp : (int64_t)last;
}

/* A claim, or NULL: a claim that is null is absent. */
static const json_t *get(const json_t *token, const char *claim)
{
	const json_t *value = json_object_get(token, claim);

	return json_is_null(value) ? NULL : value;
}

static enum mcpass_rc read_binding(const json_t *token, struct mp_claims *claims,
    struct mcpass_error *err)
{
	const json_t *cnf = get(token, "cnf"), *jkt = get(cnf, "jkt");

	/* To a certificate, say (RFC 8705 3.1).  spec: RFC 9449 7.2: a DPoP token is no bearer
	 * token, even where no key is named. */
	claims->is_bound = cnf != NULL || claims->kind.is_dpop;
	/* The certificate of a connection is not seen here: a proof of the other key is half of what
	 * the token asks for. */
	if (get(cnf, "x5t#S256") != NULL)
		jkt = NULL;
	return mp_set(&claims->jkt, json_string_value(jkt), err);
}

/* spec: RFC 7519 4.1.3: one text, or a list of texts.  What is neither names no audience. */
static enum mcpass_rc read_audiences(const json_t *token, struct mp_claims *claims,
    struct mcpass_error *err)
{
	const json_t *aud = get(token, "aud");
	const char *text = json_string_value(aud);
	enum mcpass_rc rc = MCPASS_OK;

	claims->has_aud = aud != NULL;
	if (text != NULL)
		rc = mp_strings_add(&claims->audiences, (struct mp_span){ text, strlen(text) }, err);
	for (size_t i = 0; !rc && json_is_array(aud) && i < json_array_size(aud); i++) {
		text = json_string_value(json_array_get(aud, i));
		if (text == NULL)
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7519 4.1.3",
			    "aud has an item that is not a string");
		rc = mp_strings_add(&claims->audiences, (struct mp_span){ text, strlen(text) }, err);
	}
	return rc;
}

/* Reads a NumericDate, which may have a fraction; absent is no failure. */
static enum mcpass_rc read_date(const json_t *token, const char *name, double *ret_date,
    struct mcpass_error *err)
{
	const json_t *date = get(token, name);

	if (date != NULL && !json_is_number(date))      /* spec: RFC 7519 2 */
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7519 2", "%s is not a number", name);
	*ret_date = json_number_value(date);
	return MCPASS_OK;
}

static enum mcpass_rc read_dates(const json_t *token, struct mp_claims *claims,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	claims->has_exp = get(token, "exp") != NULL;
	rc = read_date(token, "exp", &claims->exp, err);
	if (!rc)
		rc = read_date(token, "nbf", &claims->nbf, err);
	if (!rc)
		rc = read_date(token, "iat", &claims->iat, err);
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
static enum mcpass_rc read_scopes(const json_t *token, struct mp_claims *claims,
    struct mcpass_error *err)
{
	static const char *const names[] = { "scope", "scp" };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < MP_COUNT(names); i++) {
		const json_t *value = get(token, names[i]);

		claims->has_scope = claims->has_scope || value != NULL;
		if (value != NULL && !json_is_array(value))
			rc = add_scopes(&claims->scopes, value, err);
		for (size_t j = 0; !rc && j < json_array_size(value); j++)
			rc = add_scopes(&claims->scopes, json_array_get(value, j), err);
	}
	return rc;
}

enum mcpass_rc mp_claims_read(const json_t *token, const struct mp_role_claims *role_claims,
    const struct mp_policy *policy, struct mp_claims *ret_claims, struct mcpass_error *err)
{
	struct mp_claims claims = { 0 };
	enum mcpass_rc rc = mp_json_read(token, fields, MP_COUNT(fields), &claims, err);

	if (!rc)
		rc = mp_kind_read(token, &claims.kind, err);
	if (!rc)
		rc = read_binding(token, &claims, err);
	if (!rc)
		rc = read_audiences(token, &claims, err);
	if (!rc)
		rc = read_dates(token, &claims, err);
	if (!rc)
		rc = read_scopes(token, &claims, err);
	if (!rc)
		rc = mp_roles_read(role_claims, policy, token, &claims.roles, err);
	if (rc)
		mp_claims_free(&claims);
	else
		*ret_claims = claims;
	return rc;
}
