#include "serve/resource/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "ui/out.h"
#include "serve/resource/check_text.h"
#include "serve/resource/probe.h"
#include "serve/address.h"
#include "oauth/scope.h"
#include "wire/json/writer.h"

struct check {
	const struct mp_serve_plan *plan;
	struct mp_http *http;
	struct mcpass_guard *guard;
	char *url;                      /* the public one */
	struct mp_serve_found *found;            /* one an issuer */
	json_t *metadata;               /* that is published */
};

/* --- the account as JSON --- */
static void add_list(struct mp_writer *w, const char *name, const struct mp_strings *strings)
{
	mp_writer_array(w, name);
	for (size_t i = 0; i < strings->count; i++)
		mp_writer_text(w, NULL, strings->items[i]);
	mp_writer_end(w, ']');
}

static void add_some(struct mp_writer *w, const char *name, const struct mp_strings *strings)
{
	if (strings->count > 0)
		add_list(w, name, strings);
}

static void add_rules(struct mp_writer *w, const struct mp_serve_rules *rules)
{
	mp_writer_array(w, "rules");
	for (size_t i = 0; i < rules->count; i++) {
		const struct mp_serve_rule *rule = &rules->items[i];

		mp_writer_object(w, NULL);
		mp_writer_text(w, "method", rule->method);
		mp_writer_text(w, "name", rule->name);
		mp_writer_text(w, "scope", rule->scope);
		add_some(w, "roles", &rule->roles);
		mp_writer_end(w, '}');
	}
	mp_writer_end(w, ']');
}

/* What counts for its tokens alone. */
static void add_terms(struct mp_writer *w, const struct check *check,
    const struct mp_serve_issuer *issuer)
{
	const struct mp_serve_rules *rules = mp_serve_plan_own_rules(check->plan,
	    (size_t)(issuer - check->plan->config->issuers));

	add_some(w, "audiences", &issuer->audiences);
	add_some(w, "clients", &issuer->clients);
	add_some(w, "role_claims", &issuer->role_claims);
	if (rules != NULL)
		add_rules(w, rules);
	if (issuer->id_token_claims)
		mp_writer_bool(w, "id_token_claims", true);
}

static void add_issuer(struct mp_writer *w, const struct check *check,
    const struct mp_serve_found *found)
{
	const struct mp_serve_issuer *issuer = found->issuer;

	mp_writer_object(w, NULL);
	mp_writer_text(w, "issuer", issuer->issuer);
	mp_writer_bool(w, "ok", found->problem.rc == MCPASS_OK);
	mp_writer_text(w, "keys_at", issuer->jwks_file != NULL ? issuer->jwks_file : found->jwks_uri);
	mp_writer_int(w, "keys", (int64_t)found->key_count);
	mp_writer_text(w, "introspects_as", issuer->introspection.client_id);
	if (found->exchanges)
		mp_writer_text(w, "exchanges_as", check->plan->config->exchange.client_id);
	add_terms(w, check, issuer);
	if (found->problem.rc != MCPASS_OK) {
		mp_writer_text(w, "problem", found->problem.detail);
		mp_writer_text(w, "spec", found->problem.spec);
	}
	mp_writer_end(w, '}');
}

/* What an operator may not have meant, though it works. */
static void add_warnings(struct mp_writer *w, const struct mp_serve_plan *plan)
{
	mp_writer_array(w, "warnings");
	for (size_t i = 0; i < plan->rules->count; i++) {
		struct mp_strings scopes = { 0 };
		struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);

		mp_buf_addf(&text, "a rule asks for '%s', which is not published: clients do not register"
		    " for it", plan->rules->items[i].scope);
		if (mp_scope_parse(plan->rules->items[i].scope, &scopes, NULL) == MCPASS_OK
		    && !mp_scope_covers(&plan->scopes, &scopes))
			mp_writer_text(w, NULL, mp_buf_text(&text));
		mp_buf_free(&text);
		mp_strings_free(&scopes);
	}
	mp_writer_end(w, ']');
}

static void add_exchange(struct mp_writer *w, const struct mp_serve_exchange *exchange,
    const char *issuer)
{
	mp_writer_object(w, "exchange");
	mp_writer_text(w, "issuer", issuer);
	mp_writer_text(w, "client_id", exchange->client_id);
	mp_writer_text(w, "audience", exchange->audience);
	mp_writer_text(w, "resource", exchange->resource != NULL || exchange->audience != NULL
	    ? exchange->resource : exchange->call_on);
	mp_writer_text(w, "scope", exchange->scope);
	mp_writer_text(w, "call_on", exchange->call_on);
	mp_writer_end(w, '}');
}

/* What a guard makes of it; nothing of it when every request is let in. */
static void add_guarded(struct mp_writer *w, const struct check *check)
{
	static const char *const modes[] = {
		[MCPASS_DPOP_OFF] = "off", [MCPASS_DPOP_ACCEPTED] = "accepted",
		[MCPASS_DPOP_REQUIRED] = "required",
	};
	const struct mp_serve_plan *plan = check->plan;
	const struct mp_serve_config *config = plan->config;
	char *urls[] = { check->url };
	const struct mp_strings own = { urls, 1 };

	mp_writer_array(w, "issuers");
	for (size_t i = 0; i < config->issuer_count; i++)
		add_issuer(w, check, &check->found[i]);
	mp_writer_end(w, ']');
	add_list(w, "audiences", config->audiences.count > 0 ? &config->audiences : &own);
	add_rules(w, plan->rules);
	mp_writer_object(w, "implies");
	for (size_t i = 0; i < config->implication_count; i++)
		mp_writer_text(w, config->implications[i].scope, config->implications[i].implied);
	mp_writer_end(w, '}');
	add_list(w, "role_claims", &config->role_claims);
	mp_writer_text(w, "dpop", modes[plan->guard.dpop]);
	mp_writer_bool(w, "dpop_nonces", plan->guard.nonce_secret != NULL);
	mp_writer_json(w, "publishes", check->metadata);
	add_warnings(w, plan);
	if (plan->exchange_issuer != NULL)
		add_exchange(w, &config->exchange, plan->exchange_issuer);
}

static enum mcpass_rc account(const struct check *check, bool ok, json_t **ret_json,
    struct mcpass_error *err)
{
	const struct mp_serve_config *config = check->plan->config;
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &buf };
	char listens[320];
	enum mcpass_rc rc;

	(void)snprintf(listens, sizeof(listens), "%s:%u", config->bind != NULL ? config->bind
	    : "127.0.0.1", check->plan->port);
	mp_writer_object(&w, NULL);
	mp_writer_bool(&w, "ok", ok);
	mp_writer_text(&w, "url", check->url);
	mp_writer_text(&w, "listens", listens);
	mp_writer_bool(&w, "open", config->open);
	if (!config->open)
		add_guarded(&w, check);
	mp_writer_end(&w, '}');
	rc = mp_buf_check(&buf, "the account", err);
	if (!rc)
		rc = mp_json_parse_by(MP_JSON_REQUEST, buf.data, buf.len, MP_MAX_MESSAGE, "the account",
		    ret_json, err);
	mp_buf_free(&buf);
	return rc;
}

/* --- all of it --- */
static enum mcpass_rc read_metadata(struct check *check, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	const char *text = NULL;
	enum mcpass_rc rc = mp_serve_plan_guard(check->plan, check->url, &check->guard, err);

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
	return mp_address_url(plan->config->bind, plan->port, "/mcp", ret_url, err);
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
		mp_probe_free(&check->found[i]);
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

		if (mp_probe_server(check.http, plan, i, found, &found->problem) == MCPASS_E_NOMEM)
			rc = mp_nomem(err);
		if (problem.rc == MCPASS_OK)
			problem = found->problem;
	}
	if (!rc)
		rc = account(&check, problem.rc == MCPASS_OK, &told, err);
	if (!rc)
		rc = json ? mp_out_json(told, err) : mp_check_text_print(told, err);
	if (!rc && problem.rc != MCPASS_OK && err != NULL)
		*err = problem;
	json_decref(told);
	release(&check);
	return rc ? rc : problem.rc;
}
