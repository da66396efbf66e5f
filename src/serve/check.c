#include "serve/check.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "ui/out.h"
#include "serve/check_text.h"
#include "serve/probe.h"
#include "serve/log.h"
#include "oauth/scope.h"

struct check {
	const struct mp_serve_plan *plan;
	struct mp_http *http;
	struct mcpass_guard *guard;
	char *url;                      /* the public one */
	struct mp_serve_found *found;            /* one an issuer */
	json_t *metadata;               /* that is published */
};

/* --- the account as JSON --- */
static bool put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static bool put_text(json_t *object, const char *name, const char *value)
{
	return value == NULL || put(object, name, json_string(value));
}

static json_t *list_of(const struct mp_strings *strings)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < strings->count; i++)
		if (json_array_append_new(list, json_string(strings->items[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *rule_json(const struct mp_serve_rule *rule)
{
	json_t *json = json_object();
	bool ok = put_text(json, "method", rule->method) && put_text(json, "name", rule->name)
	    && put_text(json, "scope", rule->scope)
	    && (rule->roles.count == 0 || put(json, "roles", list_of(&rule->roles)));

	if (ok)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *rules_json(const struct mp_serve_rules *rules)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < rules->count; i++)
		if (json_array_append_new(list, rule_json(&rules->items[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static bool put_list(json_t *object, const char *name, const struct mp_strings *strings)
{
	return strings->count == 0 || put(object, name, list_of(strings));
}

/* What counts for its tokens alone. */
static bool put_terms(json_t *json, const struct check *check, const struct mp_serve_issuer *issuer)
{
	const struct mp_serve_rules *rules = mp_serve_plan_own_rules(check->plan,
	    (size_t)(issuer - check->plan->config->issuers));

	return put_list(json, "audiences", &issuer->audiences)
	    && put_list(json, "clients", &issuer->clients)
	    && put_list(json, "role_claims", &issuer->role_claims)
	    && (rules == NULL || put(json, "rules", rules_json(rules)))
	    && (!issuer->id_token_claims || put(json, "id_token_claims", json_true()));
}

static json_t *issuer_json(const struct check *check, const struct mp_serve_found *found)
{
	const struct mp_serve_issuer *issuer = found->issuer;
	json_t *json = json_object();
	bool ok = put_text(json, "issuer", issuer->issuer)
	    && put(json, "ok", json_boolean(found->problem.rc == MCPASS_OK))
	    && put_text(json, "keys_at", issuer->jwks_file != NULL ? issuer->jwks_file
	        : found->jwks_uri)
	    && put(json, "keys", json_integer((json_int_t)found->key_count))
	    && put_text(json, "introspects_as", issuer->introspection.client_id)
	    && put_text(json, "exchanges_as", found->exchanges
	        ? check->plan->config->exchange.client_id : NULL);

	ok = ok && put_terms(json, check, issuer);
	if (ok && found->problem.rc != MCPASS_OK)
		ok = put_text(json, "problem", found->problem.detail)
		    && put_text(json, "spec", found->problem.spec);
	if (ok)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *issuers_json(const struct check *check)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < check->plan->config->issuer_count; i++)
		if (json_array_append_new(list, issuer_json(check, &check->found[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *implies_json(const struct mp_serve_config *config)
{
	json_t *json = json_object();

	for (size_t i = 0; json != NULL && i < config->implication_count; i++)
		if (!put_text(json, config->implications[i].scope, config->implications[i].implied)) {
			json_decref(json);
			json = NULL;
		}
	return json;
}

/* What an operator may not have meant, though it works. */
static json_t *warnings_json(const struct mp_serve_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < plan->rules->count; i++) {
		struct mp_strings scopes = { 0 };

		if (mp_scope_parse(plan->rules->items[i].scope, &scopes, NULL) == MCPASS_OK
		    && !mp_scope_covers(&plan->scopes, &scopes)
		    && json_array_append_new(list, json_sprintf("a rule asks for '%s', which is not"
		    " published: clients do not register for it", plan->rules->items[i].scope)) != 0) {
			json_decref(list);
			list = NULL;
		}
		mp_strings_free(&scopes);
	}
	return list;
}

static json_t *exchange_json(const struct mp_serve_exchange *exchange, const char *issuer)
{
	json_t *json = json_object();

	if (put_text(json, "issuer", issuer) && put_text(json, "client_id", exchange->client_id)
	    && put_text(json, "audience", exchange->audience)
	    && put_text(json, "resource", exchange->resource != NULL || exchange->audience != NULL
	        ? exchange->resource : exchange->call_on)
	    && put_text(json, "scope", exchange->scope)
	    && put_text(json, "call_on", exchange->call_on))
		return json;
	json_decref(json);
	return NULL;
}

static json_t *audiences_json(const struct check *check)
{
	char *urls[] = { check->url };
	const struct mp_strings one = { urls, 1 };

	return list_of(check->plan->config->audiences.count > 0
	    ? &check->plan->config->audiences : &one);
}

/* What a guard makes of it; nothing of it when everybody is let in. */
static bool put_guarded(json_t *json, const struct check *check)
{
	static const char *const modes[] = {
		[MCPASS_DPOP_OFF] = "off", [MCPASS_DPOP_ACCEPTED] = "accepted",
		[MCPASS_DPOP_REQUIRED] = "required",
	};
	const struct mp_serve_plan *plan = check->plan;
	const struct mp_serve_config *config = plan->config;

	return put(json, "issuers", issuers_json(check))
	    && put(json, "audiences", audiences_json(check))
	    && put(json, "rules", rules_json(plan->rules))
	    && put(json, "implies", implies_json(config))
	    && put(json, "role_claims", list_of(&config->role_claims))
	    && put_text(json, "dpop", modes[plan->guard.dpop])
	    && put(json, "dpop_nonces", json_boolean(plan->guard.nonce_secret != NULL))
	    && put(json, "publishes", json_incref(check->metadata))
	    && put(json, "warnings", warnings_json(plan))
	    && (plan->exchange_issuer == NULL
	        || put(json, "exchange", exchange_json(&config->exchange, plan->exchange_issuer)));
}

static enum mcpass_rc account(const struct check *check, bool ok, json_t **ret_json,
    struct mcpass_error *err)
{
	const struct mp_serve_config *config = check->plan->config;
	json_t *json = json_object();

	if (put(json, "ok", json_boolean(ok)) && put_text(json, "url", check->url)
	    && put(json, "listens", json_sprintf("%s:%u", config->bind != NULL ? config->bind
	        : "127.0.0.1", check->plan->port))
	    && put(json, "open", json_boolean(config->open))
	    && (config->open || put_guarded(json, check))) {
		*ret_json = json;
		return MCPASS_OK;
	}
	json_decref(json);
	return mp_nomem(err);
}

/* --- all of it --- */
static enum mcpass_rc read_metadata(struct check *check, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	const char *text = NULL;
	enum mcpass_rc rc;

	rc = mp_serve_plan_guard(check->plan, check->url, &check->guard, err);
	if (!rc)
		rc = mcpass_guard_metadata(check->guard, "/.well-known/oauth-protected-resource", &text,
		    &why);
	if (!rc && text != NULL)
		rc = mp_json_parse(text, strlen(text), MP_MAX_DOCUMENT, "the metadata", &check->metadata,
		    err);
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

/* With the port left to the kernel it is not known yet. */
static enum mcpass_rc find_url(const struct mp_serve_plan *plan, char **ret_url,
    struct mcpass_error *err)
{
	if (plan->config->resource != NULL)
		return mp_set(ret_url, plan->config->resource, err);
	if (plan->port == 0)
		return mp_set(ret_url, "http://127.0.0.1/mcp", err);
	return mp_service_url(plan->config->bind, plan->port, "/mcp", ret_url, err);
}

static enum mcpass_rc prepare(struct check *check, struct mcpass_error *err)
{
	const struct mp_serve_config *config = check->plan->config;
	const struct mp_http_options http = { .ca_file = config->ca_file, .proxy = config->proxy };
	enum mcpass_rc rc;

	check->found = calloc(config->issuer_count + 1, sizeof(*check->found));
	if (check->found == NULL)
		return mp_nomem(err);
	rc = find_url(check->plan, &check->url, err);
	if (!rc)
		rc = mp_http_new(&http, NULL, &check->http, err);
	return rc || config->open ? rc : read_metadata(check, err);
}

static void release(struct check *check)
{
	for (size_t i = 0; check->found != NULL && i < check->plan->config->issuer_count; i++) {
		mp_serve_found_free(&check->found[i]);
	}
	free(check->found);
	free(check->url);
	json_decref(check->metadata);
	mcpass_guard_free(check->guard);
	mp_http_free(check->http);
}

enum mcpass_rc mp_serve_check(const struct mp_serve_plan *plan, bool json,
    struct mcpass_error *err)
{
	struct check check = { .plan = plan };
	struct mcpass_error problem = { 0 };
	json_t *told = NULL;
	enum mcpass_rc rc = prepare(&check, err);

	for (size_t i = 0; !rc && i < plan->config->issuer_count; i++) {
		struct mp_serve_found *found = &check.found[i];

		if (mp_serve_ask(check.http, plan, i, found, &found->problem) == MCPASS_E_NOMEM)
			rc = mp_nomem(err);
		if (problem.rc == MCPASS_OK)
			problem = found->problem;
	}
	if (!rc)
		rc = account(&check, problem.rc == MCPASS_OK, &told, err);
	if (!rc)
		rc = json ? mp_out_json(told, err) : mp_serve_account_print(told, err);
	if (!rc && problem.rc != MCPASS_OK && err != NULL)
		*err = problem;
	json_decref(told);
	release(&check);
	return rc ? rc : problem.rc;
}
