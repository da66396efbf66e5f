/* What the calling program configures: checked, then copied. */
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/authz.h"
#include "oauth/scope.h"
#include "oauth/target.h"
#include "wire/uri_split.h"

/* "" is as absent as NULL. */
void mp_config_tidy(struct mcpass_client_config *cfg)
{
	const char **const texts[] = { &cfg->profile, &cfg->client_id, &cfg->client_secret,
		&cfg->client_key, &cfg->client_issuer, &cfg->client_metadata_url,
		&cfg->initial_access_token, &cfg->scope, &cfg->assertion, &cfg->idp_token_endpoint,
		&cfg->idp_client_id, &cfg->idp_client_secret, &cfg->provider, &cfg->resource };

	for (size_t i = 0; i < MP_COUNT(texts); i++)
		if (*texts[i] != NULL && (*texts[i])[0] == '\0')
			*texts[i] = NULL;
}

/* Whether we may send a token there at all; spec: OAuth 2.1 1.5 */
static enum mcpass_rc check_server_url(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (cfg->server_url == NULL || cfg->random == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a server URL and a random source are needed");
	if (mp_target_is_allowed_http(cfg->server_url, cfg->http_hosts, cfg->http_host_count))
		return MCPASS_OK;
	if (mp_target_check(cfg->server_url, cfg->server_url,
	    (cfg->flags & MCPASS_LOOPBACK_HTTP) != 0, "the server's URL", &why) == MCPASS_OK)
		return MCPASS_OK;
	(void)mp_fail(err, MCPASS_E_USAGE, why.spec, "%s", why.detail);
	if (why.rc == MCPASS_E_POLICY)
		mp_hint(err, "give an https:// URL, or http:// with a loopback address; in a private network"
		    " --allow-http HOST permits plain http");
	else if (strchr(cfg->server_url, '#') != NULL)
		mp_hint(err, "leave out what begins with '#': it is never sent");
	else
		mp_hint(err, "give a URL as https://HOST/PATH");
	return MCPASS_E_USAGE;
}

static enum mcpass_rc check_provider_name(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	struct mp_quirk_choice choice;

	return mp_quirk_apply(cfg->provider, cfg->server_url, &choice, err);
}

/* spec: MCP 2026-07-28 client ID metadata documents (https, and a path) */
static enum mcpass_rc check_metadata_url(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc;

	if (cfg->client_metadata_url == NULL)
		return MCPASS_OK;
	rc = mp_uri_parse(cfg->client_metadata_url, &uri, NULL);
	if (rc || !uri.is_https || uri.path.len == 0 || uri.fragment.data != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, "MCP client ID metadata documents",
		    "a client metadata document has an https URL with a path and no fragment: %s",
		    cfg->client_metadata_url);
	return rc;
}

static enum mcpass_rc check_client_issuer(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_uri uri;

	if (cfg->client_issuer == NULL || mp_uri_parse(cfg->client_issuer, &uri, &why) == MCPASS_OK)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, why.spec, "the client's issuer %s: %s", cfg->client_issuer,
	    why.detail);
}

static enum mcpass_rc check_scope(const struct mcpass_client_config *cfg, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_scope_check(cfg->scope, &why);

	if (rc == MCPASS_OK)
		return MCPASS_OK;
	return mp_fail(err, rc == MCPASS_E_NOMEM ? rc : MCPASS_E_USAGE, why.spec, "%s", why.detail);
}

/* spec: RFC 8707 2 (an absolute URI, of any scheme, without a fragment); RFC 3986 4.3 */
static bool is_absolute_uri(const char *text)
{
	struct mp_uri_parts parts = mp_uri_split(text);

	for (size_t i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] <= ' ' || (unsigned char)text[i] >= 0x7f)
			return false;
	return parts.scheme.len > 0 && text[parts.scheme.len + 1] != '\0' && parts.fragment.data == NULL;
}

static enum mcpass_rc check_resource(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	if (cfg->resource == NULL || is_absolute_uri(cfg->resource))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, "RFC 8707 2",
	    "a resource is an absolute URI without a fragment, and this is none: %s", cfg->resource);
}

static enum mcpass_rc refuse_own(const char *name, struct mcpass_error *err)
{
	static const struct { const char *name, *option; } rows[] = {
		{ "scope", "--scope" }, { "resource", "--resource or --omit-resource" },
		{ "client_id", "--client-id" }, { "redirect_uri", "--callback-host, -port and -path" },
		{ "dpop_jkt", "--dpop" },
	};
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_USAGE, "RFC 6749 3.1",
	    "the parameter %s of the authorization request is written by the login itself", name);

	for (size_t i = 0; i < MP_COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			mp_hint(err, "That is what %s is for.", rows[i].option);
	return rc;
}

/* A parameter that is there twice is refused, or the wrong one of the two counts: then the
 * answer never comes.  spec: RFC 6749 3.1 */
static enum mcpass_rc check_params(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < cfg->extra_count; i++) {
		const char *name = cfg->extra[i].name, *value = cfg->extra[i].value;

		if (mp_authz_is_own(name))
			return refuse_own(name, err);
		if (strcmp(name, "response_mode") == 0 && value[0] != '\0' && strcmp(value, "query") != 0)
			return mp_fail(err, MCPASS_E_USAGE, "OAuth 2.0 Multiple Response Types 2.1",
			    "the answer is read from the query of the redirect, not as response_mode %s", value);
	}
	return MCPASS_OK;
}

/* It sees the person's id token and a secret; spec: OAuth 2.1 1.5 */
static enum mcpass_rc check_idp(const char *token_endpoint, struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(token_endpoint, &uri, err);

	if (!rc && !uri.is_https && !mp_uri_is_loopback(&uri))
		rc = mp_fail(err, MCPASS_E_USAGE, "OAuth 2.1 1.5",
		    "the identity provider's token endpoint is plain http: %s", token_endpoint);
	return rc;
}

/* What a grant cannot do without is missed here, not after two requests. */
static enum mcpass_rc check_grant(const struct mcpass_client_config *cfg,
    struct mcpass_error *err)
{
	bool known = cfg->client_id != NULL
	    && (cfg->client_secret != NULL || cfg->client_key != NULL);
	unsigned given = (known ? MP_NEEDS_CLIENT : 0)
	    | (cfg->assertion != NULL ? MP_NEEDS_ASSERTION : 0)
	    | (cfg->idp_token_endpoint != NULL ? MP_NEEDS_IDP : 0);
	const struct mp_grant *grant = mp_grant_find(cfg->grant);

	if (grant == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no such grant");
	if ((grant->needs & ~given) != 0)
		return mp_fail(err, MCPASS_E_USAGE, grant->spec, "%s", grant->lacking);
	return grant->needs & MP_NEEDS_IDP ? check_idp(cfg->idp_token_endpoint, err) : MCPASS_OK;
}

static enum mcpass_rc copy_texts(struct mcpass_client *client,
    const struct mcpass_client_config *cfg, struct mcpass_error *err)
{
	const struct { char **slot; const char *text; } texts[] = {
		{ &client->server_url, cfg->server_url },
		{ &client->client_name, cfg->client_name != NULL ? cfg->client_name : "mcpass" },
		{ &client->given_id, cfg->client_id },
		{ &client->given_resource, cfg->resource },
		{ &client->given_issuer, cfg->client_issuer },
		{ &client->metadata_url, cfg->client_metadata_url },
		{ &client->wished_scope, cfg->scope },
		{ &client->idp_token_endpoint, cfg->idp_token_endpoint },
		{ &client->idp_client_id, cfg->idp_client_id },
		{ &client->provider, cfg->provider },
	};
	const struct { struct mp_secret *slot; const char *text; } secrets[] = {
		{ &client->given_secret, cfg->client_secret },
		{ &client->initial_access_token, cfg->initial_access_token },
		{ &client->assertion, cfg->assertion },
		{ &client->idp_client_secret, cfg->idp_client_secret },
	};
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < MP_COUNT(texts); i++)
		rc = mp_set(texts[i].slot, texts[i].text, err);
	for (size_t i = 0; !rc && i < MP_COUNT(secrets); i++)
		rc = mp_secret_set(secrets[i].slot, secrets[i].text, err);
	return rc;
}

enum mcpass_rc mp_config_copy(struct mcpass_client *client,
    const struct mcpass_client_config *cfg, struct mcpass_error *err)
{
	struct mp_buf key = MP_BUF(2 * MP_MAX_URI);
	enum mcpass_rc rc;

	client->flags = cfg->flags;
	client->grant = cfg->grant;
	client->random = cfg->random;
	client->random_ctx = cfg->random_ctx;
	client->trace = cfg->trace;
	client->trace_ctx = cfg->trace_ctx;
	mp_buf_addf(&key, "%s %s", cfg->profile != NULL ? cfg->profile : "default", cfg->server_url);
	rc = mp_buf_take(&key, "the credential's name", &client->key, err);
	if (!rc)
		rc = copy_texts(client, cfg, err);
	if (!rc && cfg->client_key != NULL)
		rc = mp_key_from_pem(cfg->client_key, strlen(cfg->client_key), &client->given_key, err);
	for (size_t i = 0; !rc && i < cfg->extra_count; i++)
		rc = mp_headers_add(&client->extra, cfg->extra[i].name, cfg->extra[i].value, err);
	for (size_t i = 0; !rc && i < cfg->http_host_count; i++)
		rc = mp_strings_add_text(&client->http_hosts, cfg->http_hosts[i], err);
	return rc;
}

enum mcpass_rc mp_config_check(const struct mcpass_client_config *cfg, struct mcpass_error *err)
{
	enum mcpass_rc rc = check_server_url(cfg, err);

	if (!rc)
		rc = check_metadata_url(cfg, err);
	if (!rc)
		rc = check_client_issuer(cfg, err);
	if (!rc)
		rc = check_scope(cfg, err);
	if (!rc)
		rc = check_resource(cfg, err);
	if (!rc)
		rc = check_params(cfg, err);
	if (!rc)
		rc = check_grant(cfg, err);
	return rc ? rc : check_provider_name(cfg, err);
}
