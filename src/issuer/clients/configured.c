#include "issuer/clients/configured.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/clients/fetched.h"
#include "oauth/grants.h"
#include "oauth/device.h"
#include "oauth/scope.h"
#include "oauth/target.h"
#include "wire/jose/crypto.h"

/* --- the configuration --- */
static enum mcpass_rc check_scope(const struct mp_issuer *issuer, const char *scope,
    struct mp_strings *ret_scopes, struct mcpass_error *err)
{
	enum mcpass_rc rc = scope != NULL ? mp_scope_parse(scope, ret_scopes, err)
	    : mp_scope_merge(ret_scopes, &issuer->scopes, err);

	if (!rc && !mp_scope_covers(&issuer->scopes, ret_scopes))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "there is no such scope: %s", scope);
	return rc;
}

/* As text without a control character, so that it can be copied like any member. */
static enum mcpass_rc read_jwks(const char *text, char **ret_text, struct mp_jwks *ret_keys,
    struct mcpass_error *err)
{
	json_t *set = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(text, strlen(text), MP_MAX_TRUSTED_KEYS, "the key set", &set, err);
	if (rc)
		return rc;
	free(*ret_text);
	*ret_text = mp_json_dump(set);
	json_decref(set);
	if (*ret_text == NULL)
		return mp_nomem(err);
	rc = mp_jwks_parse(*ret_text, strlen(*ret_text), ret_keys, err);
	if (!rc && ret_keys->count == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the key set has no key that signs");
	return rc;
}

static enum mcpass_rc set_secret(const struct mp_issuer_client *given,
    struct mp_client *client, struct mcpass_error *err)
{
	struct mp_secret secret = { 0 };
	enum mcpass_rc rc;

	if (given->client_secret_hash != NULL) {
		unsigned cost = 0;

		rc = mp_password_cost(given->client_secret_hash, &cost, NULL);
		if (rc == MCPASS_E_NOMEM)
			return mp_nomem(err);
		if (rc)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "client_secret_hash is no scrypt line");
		return mp_set(&client->secret_hash, given->client_secret_hash, err);
	}
	rc = mp_secret_set(&secret, given->client_secret, err);
	if (!rc)
		rc = mp_record_key(&secret, &client->secret_hash, err);
	mp_secret_free(&secret);
	return rc;
}

static enum mcpass_rc set_proof(const struct mp_issuer_client *given,
    struct mp_client *client, struct mcpass_error *err)
{
	int proofs = (given->client_secret != NULL) + (given->client_secret_hash != NULL)
	    + (given->jwks != NULL);
	const char *method = "none";
	struct mp_jwks keys = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (proofs > 1)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 6749 2.3",
		    "a secret, its hash, keys: one of them is enough");
	if (given->client_secret != NULL || given->client_secret_hash != NULL) {
		method = "client_secret_basic";
		rc = set_secret(given, client, err);
	} else if (given->jwks != NULL) {
		method = "private_key_jwt";
		rc = read_jwks(given->jwks, &client->jwks, &keys, err);
		mp_jwks_free(&keys);
	}
	return rc ? rc : mp_set(&client->token_endpoint_auth_method, method, err);
}

static enum mcpass_rc read_grants(const char *text, struct mp_client *client,
    struct mcpass_error *err)
{
	static const char *const types[] = { "authorization_code", "refresh_token",
		"client_credentials", MP_GRANT_JWT_BEARER, MP_GRANT_TOKEN_EXCHANGE,
		MP_GRANT_DEVICE };
	enum mcpass_rc rc = mp_scope_parse(text, &client->grant_types, err);

	for (size_t i = 0; i < client->grant_types.count && !rc; i++) {
		bool found = false;

		for (size_t j = 0; j < MP_COUNT(types); j++)
			found = found || mp_eq(client->grant_types.items[i], types[j]);
		if (!found)
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "there is no such grant type: %s",
			    client->grant_types.items[i]);
	}
	return rc;
}

/* Its own tokens have its id for a subject, which must not be a person's name.
 * spec: RFC 9700 4.15; RFC 9068 5 */
static enum mcpass_rc check_name(const struct mp_issuer *issuer, const struct mp_client *client,
    struct mcpass_error *err)
{
	if (!mp_strings_has(&client->grant_types, "client_credentials")
	    || mp_users_find(issuer, client->client_id) == NULL)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, "RFC 9700 4.15",
	    "a user has this name: tokens by client_credentials would pass for that user's");
}

/* spec: OAuth 2.1 2.3.1 (whole URIs, and none that others could own) */
static enum mcpass_rc read_redirects(const struct mp_strings *given, struct mp_client *client,
    struct mcpass_error *err)
{
	bool asks = mp_strings_has(&client->grant_types, "authorization_code");

	if (asks != (given->count > 0))
		return mp_fail(err, MCPASS_E_USAGE, "OAuth 2.1 2.3.1",
		    "authorization_code and redirect_uris go together");
	for (size_t i = 0; i < given->count; i++)
		if (mp_redirect_kind(given->items[i]) == MP_REDIRECT_REFUSED)
			return mp_fail(err, MCPASS_E_USAGE, "OAuth 2.1 2.3.1",
			    "not a URI to redirect to: %s", given->items[i]);
	return mp_scope_merge(&client->redirect_uris, given, err);
}

static enum mcpass_rc read_client(const struct mp_issuer_client *given,
    const struct mp_issuer *issuer, struct mp_client *client, struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc = mp_set(&client->client_id, given->client_id, err);

	if (!rc)
		rc = mp_set(&client->client_name, given->client_name, err);
	/* No token has this hash: only the operator manages the client. */
	if (!rc)
		rc = mp_set(&client->registration_hash, "", err);
	if (!rc)
		rc = set_proof(given, client, err);
	if (!rc)
		rc = read_grants(given->grants, client, err);
	if (!rc)
		rc = check_name(issuer, client, err);
	if (!rc)
		rc = read_redirects(&given->redirect_uris, client, err);
	if (!rc)
		rc = mp_scope_merge(&client->audiences, &given->audiences, err);
	if (!rc)
		rc = mp_scope_merge(&client->introspects, &given->introspects, err);
	if (!rc)
		rc = check_scope(issuer, given->scope, &scopes, err);
	if (!rc)
		rc = mp_set(&client->scope, given->scope, err);
	mp_strings_free(&scopes);
	return mp_response_blame(rc, MCPASS_E_USAGE, err);
}

static enum mcpass_rc read_trusted(const struct mp_issuer_trusted *given,
    const struct mp_issuer *issuer, struct mp_trusted *trusted, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc;

	trusted->what = given->what;
	trusted->reusable = given->reusable && given->what == MP_TRUST_WORKLOAD;
	rc = mp_set(&trusted->issuer, given->issuer, err);
	if (!rc)
		rc = mp_set(&trusted->audience, given->audience, err);
	if (!rc)
		rc = check_scope(issuer, given->scope, &trusted->scopes, err);
	if (!rc && given->jwks != NULL)
		rc = read_jwks(given->jwks, &text, &trusted->keys, err);
	else if (!rc && given->jwks_uri == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a trusted issuer needs jwks or jwks_uri");
	else if (!rc && issuer->fetch == NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a jwks_uri cannot be fetched here");
	else if (!rc)   /* spec: SEP-1933 (keys over https) */
		rc = mp_target_check(given->jwks_uri, issuer->url, true, "the jwks_uri", err);
	if (!rc)
		rc = mp_set(&trusted->jwks_uri, given->jwks_uri, err);
	free(text);
	return mp_response_blame(rc, MCPASS_E_USAGE, err);
}

/* Says which of them it is about. */
static enum mcpass_rc blame_entry(const struct mcpass_error *why, const char *what,
    const char *name, struct mcpass_error *err)
{
	return mp_fail(err, why->rc, why->spec, "%s %s: %s", what, name, why->detail);
}

static enum mcpass_rc add_client(const struct mp_issuer_client *given, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	for (size_t i = 0; i < issuer->client_count; i++)
		if (mp_eq(issuer->clients[i].client_id, given->client_id))
			return mp_fail(err, MCPASS_E_USAGE, NULL, "client %s is there twice",
			    given->client_id);
	if (read_client(given, issuer, &issuer->clients[issuer->client_count++], &why))
		return blame_entry(&why, "client", given->client_id, err);
	return MCPASS_OK;
}

static enum mcpass_rc add_trusted(const struct mp_issuer_trusted *given,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (mp_configured_trusted(issuer, given->issuer, given->what) != NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "issuer %s is there twice", given->issuer);
	if (read_trusted(given, issuer, &issuer->trusted[issuer->trusted_count++], &why))
		return blame_entry(&why, "issuer", given->issuer, err);
	return MCPASS_OK;
}

enum mcpass_rc mp_configured_setup(const struct mp_issuer_config *config,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (config->client_count > MP_MAX_ITEMS || config->trusted_count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "too many known clients or issuers");
	/* One more, since none of none is NULL on some systems. */
	issuer->clients = calloc(config->client_count + 1, sizeof(*issuer->clients));
	issuer->trusted = calloc(config->trusted_count + 1, sizeof(*issuer->trusted));
	if (issuer->clients == NULL || issuer->trusted == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < config->client_count && !rc; i++)
		rc = add_client(&config->clients[i], issuer, err);
	for (size_t i = 0; i < config->trusted_count && !rc; i++)
		rc = add_trusted(&config->trusted[i], issuer, err);
	for (size_t i = 0; i < config->vouched_count && !rc; i++)
		rc = mp_strings_add_text(&issuer->vouched, config->vouched[i], err);
	return mp_doing(err, rc, "reading whom the operator knows");
}

void mp_configured_free(struct mp_issuer *issuer)
{
	for (size_t i = 0; i < issuer->client_count; i++)
		mp_client_free(&issuer->clients[i]);
	for (size_t i = 0; i < issuer->trusted_count; i++) {
		struct mp_trusted *trusted = &issuer->trusted[i];

		free(trusted->issuer);
		free(trusted->jwks_uri);
		free(trusted->audience);
		mp_jwks_free(&trusted->keys);
		mp_strings_free(&trusted->scopes);
	}
	free(issuer->clients);
	free(issuer->trusted);
	mp_strings_free(&issuer->vouched);
}

/* --- the clients --- */
const struct mp_client *mp_configured_find(const struct mp_issuer *issuer, const char *client_id)
{
	for (size_t i = 0; i < issuer->client_count; i++)
		if (strcmp(issuer->clients[i].client_id, client_id) == 0)
			return &issuer->clients[i];
	return NULL;
}

enum mcpass_rc mp_configured_load(const struct mp_issuer *issuer, const char *client_id,
    struct mp_client *ret_client, bool *ret_found, struct mcpass_error *err)
{
	const struct mp_client *client = mp_configured_find(issuer, client_id);
	enum mcpass_rc rc = client != NULL ? mp_client_copy(client, ret_client, err) : MCPASS_OK;

	if (rc)
		return rc;
	*ret_found = client != NULL;
	if (client != NULL)
		ret_client->is_known = true;
	return MCPASS_OK;
}

bool mp_configured_grants(const struct mp_issuer *issuer, const char *grant_type)
{
	for (size_t i = 0; i < issuer->client_count; i++)
		if (mp_strings_has(&issuer->clients[i].grant_types, grant_type))
			return true;
	return false;
}

bool mp_configured_has_keys(const struct mp_issuer *issuer)
{
	bool has_keys = issuer->fetch != NULL;

	for (size_t i = 0; i < issuer->client_count; i++)
		has_keys = has_keys || issuer->clients[i].jwks != NULL;
	return has_keys;
}

/* --- the issuers --- */
bool mp_configured_trusts(const struct mp_issuer *issuer, enum mp_trust what)
{
	for (size_t i = 0; i < issuer->trusted_count; i++)
		if (issuer->trusted[i].what == what)
			return true;
	return false;
}

const struct mp_trusted *mp_configured_trusted(const struct mp_issuer *issuer, const char *name,
    enum mp_trust what)
{
	for (size_t i = 0; i < issuer->trusted_count; i++)
		if (issuer->trusted[i].what == what && mp_eq(issuer->trusted[i].issuer, name))
			return &issuer->trusted[i];
	return NULL;
}

static enum mcpass_rc parse_set(const json_t *set, struct mp_jwks *ret_keys,
    struct mcpass_error *err)
{
	char *text = mp_json_dump(set);
	enum mcpass_rc rc = text == NULL ? mp_nomem(err)
	    : mp_jwks_parse(text, strlen(text), ret_keys, err);

	mp_free_wiped(text);
	return rc;
}

/* A set without keys is one: its issuer has taken all of them back. */
static enum mcpass_rc check_set(const void *ctx, const json_t *set, struct mcpass_error *err)
{
	struct mp_jwks keys = { 0 };
	enum mcpass_rc rc = parse_set(set, &keys, err);

	(void)ctx;
	mp_jwks_free(&keys);
	return rc;
}

static enum mcpass_rc fetch_keys(const struct mp_turn *turn, const char *url, bool newer,
    struct mp_jwks *ret_keys, struct mcpass_error *err)
{
	const struct mp_fetched_ask ask = { .kind = "jwks", .url = url, .max = MP_MAX_TRUSTED_KEYS,
		.newer = newer, .check = check_set };
	json_t *set = NULL;
	enum mcpass_rc rc = mp_fetched_get(turn, &ask, &set, err);

	if (!rc)
		rc = parse_set(set, ret_keys, err);
	json_decref(set);
	return mp_doing(err, mp_response_blame(rc, MCPASS_E_IO, err),
	    "fetching a trusted issuer's keys");
}

enum mcpass_rc mp_configured_fetch_keys(const struct mp_turn *turn,
    const struct mp_trusted *trusted, const struct mp_jws *jws, struct mp_jwks *ret_keys,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = fetch_keys(turn, trusted->jwks_uri, false, ret_keys, err);

	/* It may have changed its key since. */
	if (!rc && mp_jwks_find(ret_keys, jws->kid, jws->alg) == NULL) {
		mp_jwks_free(ret_keys);
		rc = fetch_keys(turn, trusted->jwks_uri, true, ret_keys, err);
	}
	return rc;
}
