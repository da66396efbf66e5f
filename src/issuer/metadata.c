/* The two public documents: what this server is, and its public keys.
 * spec: RFC 8414 2, 3; OpenID Connect Discovery 1.0 3, 4; RFC 7517 5 */
#include <string.h>
#include "base/limits.h"
#include "issuer/clients/configured.h"
#include "issuer/grants/token_endpoint.h"
#include "oauth/asmeta.h"
#include "oauth/device.h"

/* True when path is prefix followed by rest. */
static bool is_joined(const char *path, const char *prefix, const char *rest)
{
	size_t len = strlen(prefix);

	return strncmp(path, prefix, len) == 0 && strcmp(path + len, rest) == 0;
}

bool mp_metadata_is_place(const struct mp_issuer *issuer, const char *path)
{
	static const char *const names[] = {
		"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
	};

	/* With a path in the issuer: inserted (RFC 8414 3.1) and appended (OIDC 4). */
	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (is_joined(path, names[i], issuer->path) || is_joined(path, issuer->path, names[i]))
			return true;
	return false;
}

static enum mcpass_rc add_all(struct mp_strings *list, const char *const *items, size_t count,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++)
		rc = mp_strings_add_text(list, items[i], err);
	return rc;
}

/* What is there for those only whom the operator knows is named when there are any. */
static enum mcpass_rc fill_grants(const struct mp_issuer *issuer, struct mp_asmeta *meta,
    struct mcpass_error *err)
{
	bool jag = mp_configured_trusts(issuer, MP_TRUST_ID_JAG);
	const struct {
		bool offered;
		struct mp_strings *list;
		const char *item;
	} offers[] = {
		{ true, &meta->grant_types_supported, "authorization_code" },
		{ true, &meta->grant_types_supported, "refresh_token" },
		{ true, &meta->grant_types_supported, MP_GRANT_DEVICE },
		{ mp_configured_grants(issuer, "client_credentials"), &meta->grant_types_supported,
		    "client_credentials" },
		{ jag || mp_configured_trusts(issuer, MP_TRUST_WORKLOAD), &meta->grant_types_supported,
		    MP_GRANT_JWT_BEARER },
		{ mp_configured_grants(issuer, MP_GRANT_TOKEN_EXCHANGE),
		    &meta->grant_types_supported, MP_GRANT_TOKEN_EXCHANGE },
		/* spec: SEP-990 */
		{ jag, &meta->authorization_grant_profiles_supported, MP_GRANT_PROFILE_ID_JAG },
		{ true, &meta->token_endpoint_auth_methods_supported, "none" },
		{ true, &meta->token_endpoint_auth_methods_supported, "client_secret_basic" },
		{ true, &meta->token_endpoint_auth_methods_supported, "client_secret_post" },
		{ mp_configured_has_keys(issuer), &meta->token_endpoint_auth_methods_supported,
		    "private_key_jwt" },
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < MP_COUNT(offers) && !rc; i++)
		if (offers[i].offered)
			rc = add_all(offers[i].list, &offers[i].item, 1, err);
	return rc;
}

static enum mcpass_rc fill_lists(const struct mp_issuer *issuer, struct mp_asmeta *meta,
    struct mcpass_error *err)
{
	static const char *const responses[] = { "code" };
	static const char *const challenges[] = { "S256" };
	static const char *const algs[] = {
		"ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384",
		"PS512",
	};
	const struct {
		struct mp_strings *list;
		const char *const *items;
		size_t count;
	} lists[] = {
		{ &meta->scopes_supported, (const char *const *)issuer->scopes.items,
		    issuer->scopes.count },
		{ &meta->response_types_supported, responses, MP_COUNT(responses) },
		{ &meta->code_challenge_methods_supported, challenges, MP_COUNT(challenges) },
		/* spec: RFC 9449 5.1 */
		{ &meta->dpop_signing_alg_values_supported, algs, MP_COUNT(algs) },
		/* spec: RFC 8414 2 (REQUIRED with private_key_jwt) */
		{ &meta->token_endpoint_auth_signing_alg_values_supported, algs,
		    mp_configured_has_keys(issuer) ? MP_COUNT(algs) : 0 },
	};
	enum mcpass_rc rc = fill_grants(issuer, meta, err);

	for (size_t i = 0; i < MP_COUNT(lists) && !rc; i++)
		rc = add_all(lists[i].list, lists[i].items, lists[i].count, err);
	return rc;
}

static enum mcpass_rc fill(const struct mp_issuer *issuer, struct mp_asmeta *meta,
    struct mcpass_error *err)
{
	const struct { char **slot; const char *path; } places[] = {
		{ &meta->issuer, "" },
		{ &meta->authorization_endpoint, "/authorize" },
		{ &meta->token_endpoint, "/token" },
		{ &meta->registration_endpoint, "/register" },
		{ &meta->revocation_endpoint, "/revoke" },
		{ &meta->introspection_endpoint, "/introspect" },
		{ &meta->pushed_authorization_request_endpoint, "/par" },
		/* spec: RFC 8628 4 */
		{ &meta->device_authorization_endpoint, "/device_authorization" },
		{ &meta->jwks_uri, "/jwks" },
	};
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf url;

	mp_buf_init(&url, MP_MAX_URI);
	for (size_t i = 0; i < MP_COUNT(places) && !rc; i++) {
		mp_buf_clear(&url);
		mp_buf_addf(&url, "%s%s", issuer->url, places[i].path);
		rc = mp_buf_check(&url, "an endpoint's URL", err);
		if (!rc)
			rc = mp_set(places[i].slot, mp_buf_text(&url), err);
	}
	mp_buf_free(&url);
	/* spec: RFC 9207 3 */
	meta->authorization_response_iss_parameter_supported = true;
	meta->client_id_metadata_document_supported = issuer->fetch != NULL;
	meta->require_pushed_authorization_requests = issuer->require_pushed;
	return rc ? rc : fill_lists(issuer, meta, err);
}

/* Readers of OpenID Connect metadata miss these; spec: OIDC Discovery 3 */
static enum mcpass_rc add_openid(const struct mp_issuer *issuer, json_t *object,
    struct mcpass_error *err)
{
	const struct { const char *name, *value; } lists[] = {
		{ "subject_types_supported", "public" },
		{ "id_token_signing_alg_values_supported", mp_alg_name(issuer->alg) },
	};

	for (size_t i = 0; i < MP_COUNT(lists); i++) {
		json_t *list = json_array();

		if (json_array_append_new(list, json_string(lists[i].value)) != 0
		    || json_object_set(object, lists[i].name, list) != 0) {
			json_decref(list);
			return mp_nomem(err);
		}
		json_decref(list);
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_metadata_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_asmeta meta = { 0 };
	json_t *object = json_object();
	enum mcpass_rc rc = object == NULL ? mp_nomem(err) : fill(turn->issuer, &meta, err);

	if (!rc)
		rc = mp_asmeta_write(&meta, object, err);
	if (!rc)
		rc = add_openid(turn->issuer, object, err);
	if (!rc)
		rc = mp_response_json(turn, 200, object, err);
	json_decref(object);
	mp_asmeta_free(&meta);
	return rc;
}

enum mcpass_rc mp_metadata_keys(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_key *published[MP_MAX_SIGNING_KEYS];
	size_t count = mp_signing_published(&turn->issuer->keys, turn->request->now, published);
	json_t *keys = json_array(), *set = json_object();
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++) {
		json_t *jwk = NULL;

		rc = mp_jwk_write(published[i], false, &jwk, err);
		if (!rc && json_array_append_new(keys, jwk) != 0)
			rc = mp_nomem(err);
	}
	if (!rc && json_object_set(set, "keys", keys) != 0)
		rc = mp_nomem(err);
	if (!rc)
		rc = mp_response_json(turn, 200, set, err);
	json_decref(keys);
	json_decref(set);
	return rc;
}
