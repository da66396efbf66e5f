#include "serve/resource/plan.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/file/read_file.h"
#include "io/file/secret_file.h"
#include "io/http/trust.h"
#include "serve/resource/page.h"
#include "serve/resource/terms.h"
#include "serve/address.h"
#include "echo/echo.h"
#include "oauth/scope.h"
#include "oauth/target.h"
#include "wire/cors.h"
#include "wire/uri_split.h"

struct mp_serve_plan_parts {
	struct mcpass_guard_issuer *issuers;
	struct mcpass_introspection *introspections;    /* these three: one an issuer */
	struct mp_secret *introspection_secrets;
	char **jwks;                    /* NULL: fetched */
	struct mp_serve_rule_set rules;
	struct mp_serve_terms terms;
	struct mp_strings needed;       /* the scopes of all rules */
	struct mcpass_scope_implication *implications;
	struct mp_secret nonce_secret;
};

/* --- what cannot be meant --- */
static enum mcpass_rc check_place(const struct mp_serve_config *config, struct mcpass_error *err)
{
	bool far = !mp_address_is_loopback(config->bind);
	enum mcpass_rc rc = MCPASS_OK;

	if (config->open && far) {
		rc = mp_fail(err, MCPASS_E_POLICY, NULL, "--open on %s: everybody there could call it",
		    config->bind);
		mp_hint(err, "--open is for loopback addresses; elsewhere name an --issuer");
	} else if (config->open && config->issuer_count > 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL,
		    "open to everybody, and issuers whose tokens are needed: only one can be meant");
	} else if (!config->open && config->issuer_count == 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "no issuer whose tokens are accepted");
		mp_hint(err, "--issuer URL, such as that of 'mcpass authserver'; or --open for none");
	} else if (config->path != NULL && (config->path[0] != '/'
	    || config->path[strcspn(config->path, "?# ")] != '\0')) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the path %s is none: it begins with a slash, and"
		    " has no query", config->path);
	} else if (config->issuer_metadata && config->open) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "without authorization there is no issuer whose metadata could be copied");
	} else if (far && config->resource == NULL) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "on %s its public URL has to be told",
		    config->bind);
		mp_hint(err, "--resource https://HOST/mcp: tokens are bound to it");
	}
	return rc;
}

enum mcpass_rc mp_serve_plan_check_proxy(const char *url, struct mcpass_error *err)
{
	static const char *const schemes[] = { "http", "https", "socks4", "socks4a", "socks5", "socks5h" };
	const struct mp_uri_parts parts = mp_uri_split(url);
	bool has_name = memchr(url, '@', strlen(url)) != NULL;
	enum mcpass_rc rc;

	for (size_t i = 0; i < MP_COUNT(schemes) && parts.authority.len > 0 && !has_name; i++)
		if (mp_span_is_nocase(parts.scheme, schemes[i]))
			return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the proxy's URL %s", has_name
	    ? "has a name and a password, which others could read" : "is none of http, https or socks");
	mp_hint(err, has_name ? "such a URL belongs into https_proxy of the environment" : "http://HOST:PORT");
	return rc;
}

/* How issuers are asked: what is wrong with it would be told of the first token only. */
static enum mcpass_rc check_way(const struct mp_serve_config *config, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (config->proxy != NULL && config->proxy[0] != '\0')
		rc = mp_serve_plan_check_proxy(config->proxy, err);
	if (!rc && config->ca_file != NULL && access(config->ca_file, R_OK) == 0)
		rc = mp_http_trust_check(config->ca_file, err);
	return rc;
}

static enum mcpass_rc check_pair(const char *id, const char *secret_file, const char *what,
    struct mcpass_error *err)
{
	if ((id == NULL) == (secret_file == NULL))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, NULL, "%s takes a client id and the file of its secret:"
	    " the %s is missing", what, id == NULL ? "id" : "file");
}

static enum mcpass_rc check_issuers(const struct mp_serve_config *config,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < config->issuer_count && !rc; i++) {
		const struct mp_serve_issuer *issuer = &config->issuers[i];

		if (issuer->jwks_uri != NULL && issuer->jwks_file != NULL)
			rc = mp_fail(err, MCPASS_E_USAGE, NULL,
			    "%s: jwks_uri and jwks_file: one place for keys is enough", issuer->issuer);
		if (!rc)
			rc = check_pair(issuer->introspection.client_id,
			    issuer->introspection.client_secret_file, "introspection", err);
		if (!rc && issuer->introspection.endpoint != NULL
		    && issuer->introspection.client_id == NULL)
			rc = mp_fail(err, MCPASS_E_USAGE, "RFC 7662 2.1",
			    "introspection needs a client id and secret");
	}
	return rc;
}

/* The user's own word goes out with each exchange: only to where it is said to go. */
static enum mcpass_rc check_exchange(const struct mp_serve_config *config,
    const char **ret_issuer, struct mcpass_error *err)
{
	const struct mp_serve_exchange *exchange = &config->exchange;
	bool known = false;
	enum mcpass_rc rc;

	rc = check_pair(exchange->client_id, exchange->client_secret_file, "the exchange", err);
	if (rc)
		return rc;
	if (exchange->client_id == NULL)
		return exchange->audience == NULL && exchange->resource == NULL
		    && exchange->scope == NULL && exchange->call_on == NULL ? MCPASS_OK
		    : mp_fail(err, MCPASS_E_USAGE, NULL, "nothing is exchanged without a client id");
	if (config->open)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "open to everybody: there is no token to exchange");
	if (exchange->audience == NULL && exchange->resource == NULL && exchange->call_on == NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 8693 2.1",
		    "the exchange needs an audience or a resource: for whom is the new token?");
	if (exchange->issuer == NULL && config->issuer_count != 1)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the exchange: at which of the issuers?");
	*ret_issuer = exchange->issuer != NULL ? exchange->issuer : config->issuers[0].issuer;
	for (size_t i = 0; i < config->issuer_count; i++)
		known = known || strcmp(config->issuers[i].issuer, *ret_issuer) == 0;
	if (!known)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the exchange: %s is none of the issuers",
		    *ret_issuer);
	if (exchange->call_on == NULL)
		return MCPASS_OK;
	if (mp_eq(exchange->call_on, config->resource))
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "calling on to itself: it would wait for its own answer");
	return mp_target_check(exchange->call_on, exchange->call_on, true, "the server to call on to",
	    err);
}

/* --- the guard's configuration --- */
static enum mcpass_rc set_dpop(const struct mp_serve_config *config, struct mp_serve_plan *plan,
    struct mcpass_error *err)
{
	static const char *const names[] = {
		[MCPASS_DPOP_OFF] = "off",
		[MCPASS_DPOP_ACCEPTED] = "accepted",
		[MCPASS_DPOP_REQUIRED] = "required",
	};
	const char *mode = config->dpop.mode != NULL ? config->dpop.mode : names[MCPASS_DPOP_OFF];
	struct mp_secret *secret = &plan->parts->nonce_secret;
	size_t i = 0;
	enum mcpass_rc rc;

	while (i < MP_COUNT(names) && strcmp(mode, names[i]) != 0)
		i++;
	if (i == MP_COUNT(names))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "dpop %s: off, accepted or required", mode);
	plan->guard.dpop = (enum mcpass_dpop_mode)i;
	if (config->dpop.nonce_secret_file == NULL)
		return MCPASS_OK;
	if (plan->guard.dpop == MCPASS_DPOP_OFF) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a secret for nonces, and DPoP is off");
		mp_hint(err, "say that DPoP is accepted or required, or leave the secret out");
		return rc;
	}
	rc = mp_secret_file_bytes(config->dpop.nonce_secret_file, MP_MAX_NONCE_SECRET + 1, secret,
	    err);
	if (!rc && secret->len < MP_MIN_NONCE_SECRET) {
		rc = mp_fail(err, MCPASS_E_USAGE, "RFC 9449 11.3", "%s: fewer than %d bytes",
		    config->dpop.nonce_secret_file, MP_MIN_NONCE_SECRET);
		mp_hint(err, "openssl rand -hex 32 makes some");
	}
	plan->guard.nonce_secret = (const uint8_t *)mp_secret_reveal(secret);
	plan->guard.nonce_secret_len = secret->len;
	return rc;
}

static enum mcpass_rc set_introspection(const struct mp_serve_introspection *given,
    struct mp_serve_plan_parts *parts, size_t at, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_secret_file_line(given->client_secret_file,
	    &parts->introspection_secrets[at], err);

	parts->introspections[at] = (struct mcpass_introspection){
		.client_id = given->client_id,
		.client_secret = mp_secret_reveal(&parts->introspection_secrets[at]),
		.endpoint = given->endpoint, .auth_method = given->auth_method,
		.token_prefix = given->token_prefix, .lifetime = given->lifetime,
		.what = given->jwts ? MCPASS_INTROSPECT_ALL : MCPASS_INTROSPECT_OPAQUE,
		.audience_optional = given->audience_optional,
	};
	parts->issuers[at].introspection = &parts->introspections[at];
	return rc;
}

static enum mcpass_rc set_issuers(const struct mp_serve_config *config,
    struct mp_serve_plan *plan, struct mcpass_error *err)
{
	struct mcpass_guard_issuer *issuers = calloc(config->issuer_count + 1, sizeof(*issuers));
	enum mcpass_rc rc = MCPASS_OK;

	if (issuers == NULL)
		return mp_nomem(err);
	plan->parts->issuers = issuers;
	plan->parts->introspections = calloc(config->issuer_count + 1,
	    sizeof(*plan->parts->introspections));
	plan->parts->introspection_secrets = calloc(config->issuer_count + 1,
	    sizeof(*plan->parts->introspection_secrets));
	plan->parts->jwks = calloc(config->issuer_count + 1, sizeof(*plan->parts->jwks));
	if (plan->parts->introspections == NULL || plan->parts->introspection_secrets == NULL
	    || plan->parts->jwks == NULL)
		return mp_nomem(err);
	plan->guard.issuers = issuers;
	plan->guard.issuer_count = config->issuer_count;
	for (size_t i = 0; i < config->issuer_count && !rc; i++) {
		const struct mp_serve_issuer *issuer = &config->issuers[i];

		issuers[i].issuer = issuer->issuer;
		issuers[i].jwks_uri = issuer->jwks_uri;
		if (issuer->introspection.client_id != NULL)
			rc = set_introspection(&issuer->introspection, plan->parts, i, err);
		if (!rc && issuer->jwks_file != NULL)
			rc = mp_read_file(issuer->jwks_file, MP_MAX_DOCUMENT, &plan->parts->jwks[i],
			    NULL, err);
	}
	return rc;
}

static enum mcpass_rc set_rules(const struct mp_serve_config *config, struct mp_serve_plan *plan,
    struct mcpass_error *err)
{
	struct mp_serve_plan_parts *parts = plan->parts;
	enum mcpass_rc rc = mp_serve_rule_set_make(&config->rules, config->gateway, &parts->rules, err);

	if (!rc)
		rc = mp_serve_terms_make(config, &parts->terms, err);
	plan->rules = &parts->rules.rules;
	plan->guard.rules = parts->rules.list;
	plan->guard.rule_count = parts->rules.rules.count;
	plan->guard.terms = parts->terms.items;
	plan->guard.term_count = parts->terms.count;
	return rc;
}

static enum mcpass_rc set_implications(const struct mp_serve_config *config,
    struct mp_serve_plan *plan, struct mcpass_error *err)
{
	struct mcpass_scope_implication *list = calloc(config->implication_count + 1, sizeof(*list));

	if (list == NULL)
		return mp_nomem(err);
	plan->parts->implications = list;
	for (size_t i = 0; i < config->implication_count; i++)
		list[i] = (struct mcpass_scope_implication){ config->implications[i].scope,
			config->implications[i].implied };
	plan->guard.implications = list;
	plan->guard.implication_count = config->implication_count;
	return MCPASS_OK;
}

/* what: who says so. */
static enum mcpass_rc add_scopes(const char *text, const char *what, struct mp_strings *scopes,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_strings some = { 0 };
	enum mcpass_rc rc = mp_scope_parse(text, &some, &why);

	if (rc)
		rc = mp_fail(err, rc == MCPASS_E_PROTOCOL ? MCPASS_E_USAGE : rc, why.spec,
		    "%s: %s", what, why.detail);
	else
		rc = mp_scope_merge(scopes, &some, err);
	mp_strings_free(&some);
	return rc;
}

/* All that some rule asks for.  Those of this server come first, in their own order. */
static enum mcpass_rc collect_scopes(const struct mp_serve_rules *rules, struct mp_strings *scopes,
    struct mcpass_error *err)
{
	size_t count;
	const char *const *own = mp_echo_scopes(&count);
	struct mp_strings needed = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < rules->count && !rc; i++)
		rc = add_scopes(rules->items[i].scope, "a rule", &needed, err);
	for (size_t i = 0; i < count && !rc; i++)
		if (mp_strings_has(&needed, own[i]))
			rc = mp_strings_add_text(scopes, own[i], err);
	if (!rc)
		rc = mp_scope_merge(scopes, &needed, err);
	mp_strings_free(&needed);
	return rc;
}

/* Clients register for what is published, and could not ask for more afterwards.  Many ask
 * once, for what the first challenge names, and cannot step up: so it names all of it. */
static enum mcpass_rc set_scopes(const struct mp_serve_config *config,
    struct mp_serve_plan *plan, struct mcpass_error *err)
{
	const struct mp_strings *told = &config->scopes_supported;
	struct mp_strings *needed = &plan->parts->needed;
	enum mcpass_rc rc = collect_scopes(plan->rules, needed, err);

	for (size_t i = 0; i < told->count && !rc; i++)
		rc = told->items[i][0] == '\0' ? mp_fail(err, MCPASS_E_USAGE, NULL, "an empty scope")
		    : add_scopes(told->items[i], "scopes_supported", &plan->scopes, err);
	if (!rc && told->count == 0)
		rc = mp_scope_merge(&plan->scopes, needed, err);
	plan->guard.scopes_supported = (const char *const *)plan->scopes.items;
	plan->guard.scope_count = plan->scopes.count;
	if (!config->challenge_needed) {
		plan->guard.challenge_scopes = (const char *const *)needed->items;
		plan->guard.challenge_scope_count = needed->count;
	}
	return rc;
}

static enum mcpass_rc fill(const struct mp_serve_config *config, struct mp_serve_plan *plan,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	plan->config = config;
	plan->port = config->has_port ? (unsigned)config->port : MP_SERVE_PORT;
	plan->guard = (struct mcpass_guard_config){
		.size = sizeof(plan->guard), .resource = config->resource,
		.resource_name = config->resource_name != NULL ? config->resource_name
		    : config->gateway ? NULL : "mcpass echo server",
		.resource_documentation = config->resource_documentation,
		.audiences = (const char *const *)config->audiences.items,
		.audience_count = config->audiences.count,
		.role_claims = (const char *const *)config->role_claims.items,
		.role_claim_count = config->role_claims.count,
		.loopback_http = 1, .issuer_metadata = config->issuer_metadata,
	};
	rc = set_issuers(config, plan, err);
	if (!rc)
		rc = set_rules(config, plan, err);
	if (!rc)
		rc = set_implications(config, plan, err);
	if (!rc)
		rc = set_scopes(config, plan, err);
	if (!rc)
		rc = set_dpop(config, plan, err);
	if (!rc && plan->exchange_issuer != NULL)
		rc = mp_secret_file_line(config->exchange.client_secret_file, &plan->exchange_secret,
		    err);
	return rc;
}

/* A guard that is not used: what it would refuse is refused before anything listens. */
static enum mcpass_rc try_guard(const struct mp_serve_plan *plan, struct mcpass_error *err)
{
	struct mcpass_guard *guard = NULL;
	enum mcpass_rc rc = mp_serve_plan_guard(plan, plan->config->resource != NULL ? NULL
	    : "http://127.0.0.1/mcp", &guard, err);

	mcpass_guard_free(guard);
	return rc;
}

enum mcpass_rc mp_serve_plan_make(const struct mp_serve_config *config,
    struct mp_serve_plan *ret_plan, struct mcpass_error *err)
{
	struct mp_serve_plan plan = { .parts = calloc(1, sizeof(*plan.parts)) };
	const struct mp_cors pages = { (const char *const *)config->cors_origins.items,
		config->cors_origins.count };
	enum mcpass_rc rc = plan.parts == NULL ? mp_nomem(err) : check_place(config, err);

	if (!rc)
		rc = mp_doing(err, mp_cors_check(&pages, err), "reading --cors-origin");
	if (!rc)
		rc = mp_address_hosts(config->bind, config->resource,
		    (const char *const *)config->allowed_hosts.items, config->allowed_hosts.count,
		    &plan.hosts, err);
	if (!rc)
		rc = check_way(config, err);
	if (!rc)
		rc = check_issuers(config, err);
	if (!rc)
		rc = check_exchange(config, &plan.exchange_issuer, err);
	if (!rc)
		rc = fill(config, &plan, err);
	if (!rc && !config->open)
		rc = try_guard(&plan, err);
	if (rc)
		mp_serve_plan_free(&plan);
	else
		*ret_plan = plan;
	return mp_doing(err, rc, "checking the configuration");
}

void mp_serve_plan_free(struct mp_serve_plan *plan)
{
	struct mp_serve_plan_parts *parts = plan->parts;

	if (parts != NULL) {
		mp_serve_rule_set_free(&parts->rules);
		mp_serve_terms_free(&parts->terms);
		mp_strings_free(&parts->needed);
		free(parts->issuers);
		free(parts->introspections);
		for (size_t i = 0; i < plan->guard.issuer_count; i++) {
			mp_secret_free(&parts->introspection_secrets[i]);
			mp_free_wiped(parts->jwks[i]);
		}
		free(parts->introspection_secrets);
		free(parts->jwks);
		free(parts->implications);
		mp_secret_free(&parts->nonce_secret);
		free(parts);
	}
	mp_strings_free(&plan->scopes);
	mp_secret_free(&plan->exchange_secret);
	*plan = (struct mp_serve_plan){ 0 };
}

enum mcpass_rc mp_serve_plan_guard(const struct mp_serve_plan *plan, const char *url,
    struct mcpass_guard **ret_guard, struct mcpass_error *err)
{
	struct mcpass_guard_config config = plan->guard;
	struct mcpass_error why = { 0 };        /* public calls clear what they are given */
	struct mcpass_guard *guard = NULL;
	char *page_url = NULL, *page_path = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (url != NULL)
		config.resource = url;
	if (config.resource != NULL)
		rc = mp_serve_page_place(plan->config, config.resource, &page_url, &page_path, &why);
	config.resource_documentation = page_url;
	if (!rc)
		rc = mcpass_guard_new(&config, &guard, &why);
	for (size_t i = 0; i < config.issuer_count && !rc; i++)
		if (plan->parts->jwks[i] != NULL)
			rc = mcpass_guard_pin_keys(guard, config.issuers[i].issuer, plan->parts->jwks[i],
			    strlen(plan->parts->jwks[i]), &why);
	free(page_url);
	free(page_path);
	if (rc)
		mcpass_guard_free(guard);
	else
		*ret_guard = guard;
	if (rc && err != NULL)
		*err = why;
	return rc;
}

const struct mp_serve_rules *mp_serve_plan_own_rules(const struct mp_serve_plan *plan, size_t i)
{
	const struct mp_serve_rules *rules = &plan->parts->terms.rules[i].rules;

	return rules->count > 0 ? rules : NULL;
}

const char *mp_serve_plan_jwks(const struct mp_serve_plan *plan, size_t i)
{
	return plan->parts->jwks[i];
}
