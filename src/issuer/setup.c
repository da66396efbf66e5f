/* The configuration, read and tried once, so that no mistake in it shows up later. */
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/clients/configured.h"
#include "issuer/login/brand.h"
#include "issuer/login/page.h"
#include "issuer/grants/token_endpoint.h"
#include "issuer/upstream/idp.h"
#include "oauth/scope.h"
#include "wire/cors.h"

static enum mcpass_rc read_url(const char *url, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_set(&issuer->url, url, err);

	if (!rc)
		rc = mp_uri_parse(issuer->url, &uri, err);
	if (rc)
		return rc;
	/* spec: RFC 8414 2 */
	if (uri.query.data != NULL || uri.fragment.data != NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 8414 2",
		    "an issuer has no query and no fragment: %s", url);
	if (uri.path.len > 0 && uri.path.data[uri.path.len - 1] == '/')
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the issuer ends in a slash: %s", url);
	issuer->is_https = uri.is_https;
	rc = mp_set_span(&issuer->origin, uri.origin, err);
	return rc ? rc : mp_set_span(&issuer->path, uri.path, err);
}

static enum mcpass_rc read_scopes(const struct mp_issuer_config *config,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < config->scope_count && !rc; i++) {
		const char *scope = config->scopes[i].scope, *words = config->scopes[i].words;
		struct mp_strings one = { 0 };

		rc = mp_scope_parse(scope, &one, err);
		if (!rc && (one.count != 1 || !mp_eq(one.items[0], scope)
		    || mp_strings_has(&issuer->scopes, scope)))
			rc = mp_fail(err, MCPASS_E_USAGE, "RFC 6749 3.3",
			    "not one scope, or one that is there already: %s", scope);
		mp_strings_free(&one);
		if (words == NULL)
			words = scope;
		if (!rc)
			rc = mp_strings_add_text(&issuer->scopes, scope, err);
		if (!rc)
			rc = mp_strings_add_text(&issuer->words, words, err);
	}
	return mp_response_blame(rc, MCPASS_E_USAGE, err);
}

static enum mcpass_rc read_key(const struct mp_issuer_config *config, struct mp_issuer *issuer,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_signing_read(config->signing_key, &issuer->keys, err);

	issuer->keys_rotate = config->keys_rotate;
	if (!rc) {
		issuer->key = issuer->keys.items[0].key;
		issuer->alg = issuer->keys.items[0].alg;
	}
	return mp_doing(err, mp_response_blame(rc, MCPASS_E_USAGE, err), "reading the signing key");
}

static int64_t or_default(int64_t seconds, int64_t otherwise)
{
	return seconds > 0 ? seconds : otherwise;
}

static enum mcpass_rc read_origins(const struct mp_issuer_config *config,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	const struct mp_cors cors = { config->cors_origins, config->cors_count };
	enum mcpass_rc rc = mp_cors_check(&cors, err);

	for (size_t i = 0; i < cors.count && !rc; i++)
		rc = mp_strings_add_text(&issuer->cors_origins, cors.origins[i], err);
	return rc;
}

static enum mcpass_rc read_proxies(const struct mp_issuer_config *config,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < config->proxy_count && !rc; i++) {
		const char *proxy = config->proxies[i];

		if (!mp_peer_is_network(proxy))
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a trusted proxy is named by its address,"
			    " or a network as 10.0.0.0/8, not %s", proxy);
		else
			rc = mp_strings_add_text(&issuer->proxies, proxy, err);
	}
	return rc;
}

/* Whom a provider's token may be handed out to.  spec: RFC 8693 5 */
static enum mcpass_rc check_api(const struct mp_issuer *issuer, const struct mp_idp *upstream,
    const struct mp_idp_api *api, struct mcpass_error *err)
{
	for (size_t i = 0; i < api->clients.count; i++) {
		const char *name = api->clients.items[i];
		const struct mp_client *client = mp_configured_find(issuer, name);

		if (client == NULL || (client->secret_hash == NULL && client->jwks == NULL)
		    || !mp_strings_has(&client->grant_types, MP_GRANT_TOKEN_EXCHANGE))
			return mp_fail(err, MCPASS_E_USAGE, "RFC 8693 5", "identity provider %s: \"apis\" names"
			    " %s, which has to be a known client with a secret or keys, and with the grant"
			    " " MP_GRANT_TOKEN_EXCHANGE, upstream->name, name);
	}
	return MCPASS_OK;
}

static enum mcpass_rc check_apis(const struct mp_issuer *issuer, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < issuer->upstream_count; i++)
		for (size_t j = 0; j < issuer->upstreams[i].api_count && !rc; j++)
			rc = check_api(issuer, &issuer->upstreams[i], &issuer->upstreams[i].apis[j], err);
	return rc;
}

enum mcpass_rc mp_setup_apply(const struct mp_issuer_config *config,
    struct mp_issuer *issuer, struct mcpass_error *err)
{
	const char *resource = config->default_resource;
	enum mcpass_rc rc = read_url(config->issuer, issuer, err);

	issuer->store = config->store;
	issuer->random = config->random;
	issuer->random_ctx = config->random_ctx;
	issuer->fetch = config->fetch;
	issuer->fetch_ctx = config->fetch_ctx;
	issuer->check_password = config->check_password;
	issuer->check_password_ctx = config->check_password_ctx;
	issuer->upstreams = config->upstreams;
	issuer->upstream_count = config->upstream_count;
	issuer->upstream_recheck = or_default(config->upstream_recheck, MP_UPSTREAM_RECHECK);
	issuer->send = config->send;
	issuer->send_ctx = config->send_ctx;
	issuer->event = config->event;
	issuer->event_ctx = config->event_ctx;
	issuer->trace = config->trace;
	issuer->trace_ctx = config->trace_ctx;
	issuer->require_pushed = config->require_pushed;
	issuer->require_dpop_nonce = config->require_dpop_nonce;
	issuer->require_resource_claim = config->require_resource_claim;
	issuer->opaque_tokens = config->opaque_tokens;
	issuer->access_lifetime = or_default(config->access_lifetime, MP_ACCESS_LIFETIME);
	issuer->refresh_lifetime = or_default(config->refresh_lifetime, MP_REFRESH_LIFETIME);
	issuer->code_lifetime = or_default(config->code_lifetime, MP_CODE_LIFETIME);
	issuer->refresh_grace = config->refresh_grace < 0 ? 0
	    : or_default(config->refresh_grace, MP_REFRESH_GRACE);
	issuer->device_interval = or_default(config->device_interval, MP_DEVICE_INTERVAL);
	if (!rc)
		rc = mp_set(&issuer->default_resource, resource != NULL ? resource : issuer->url, err);
	if (!rc)
		rc = read_scopes(config, issuer, err);
	if (!rc)
		rc = mp_bounds_setup(issuer, err);
	if (!rc)
		rc = mp_users_parse(config->users != NULL ? config->users : "[]", config->users_file,
		    issuer, err);
	if (!rc)
		rc = read_key(config, issuer, err);
	if (!rc)
		rc = mp_configured_setup(config, issuer, err);
	if (!rc)
		rc = check_apis(issuer, err);
	if (!rc)
		rc = read_origins(config, issuer, err);
	if (!rc)
		rc = read_proxies(config, issuer, err);
	if (!rc)
		rc = mp_dpop_setup(config->signing_key, issuer, err);
	if (!rc)
		rc = mp_brand_setup(&config->brand, issuer, err);
	if (!rc)
		rc = mp_texts_new(config->translations, config->translation_count, &issuer->texts, err);
	return rc ? rc : mp_page_style_hashes(issuer->brand->css, &issuer->style_hashes, err);
}
