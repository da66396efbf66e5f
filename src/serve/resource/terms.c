#include "serve/resource/terms.h"
#include <stdlib.h>
#include "echo/echo.h"

static enum mcpass_rc collect(const struct mp_serve_rules *given, bool gateway,
    struct mp_serve_rules *all, struct mcpass_error *err)
{
	size_t count;
	const struct mcpass_scope_rule *own = mp_echo_rules(&count);
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < given->count && !rc; i++) {
		const struct mp_serve_rule *rule = &given->items[i];
		const struct mcpass_scope_rule copy = { .method = rule->method, .name = rule->name,
			.scope = rule->scope };

		rc = mp_serve_rules_add(all, &copy, err);
		for (size_t j = 0; j < rule->roles.count && !rc; j++)
			rc = mp_strings_add_text(&all->items[i].roles, rule->roles.items[j], err);
	}
	for (size_t i = 0; i < count && !rc && !gateway; i++)
		rc = mp_serve_rules_add(all, &own[i], err);
	return rc;
}

static enum mcpass_rc point_at(struct mp_serve_rule_set *set, struct mcpass_error *err)
{
	size_t count = set->rules.count;

	set->list = calloc(count + 1, sizeof(*set->list));
	set->roles = calloc(count + 1, sizeof(*set->roles));
	if (set->list == NULL || set->roles == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < count; i++) {
		const struct mp_serve_rule *rule = &set->rules.items[i];

		set->list[i] = (struct mcpass_scope_rule){ .method = rule->method,
			.name = rule->name, .scope = rule->scope };
		if (rule->roles.count == 0)
			continue;
		set->roles[i] = calloc(rule->roles.count + 1, sizeof(*set->roles[i]));
		if (set->roles[i] == NULL)
			return mp_nomem(err);
		for (size_t j = 0; j < rule->roles.count; j++)
			set->roles[i][j] = rule->roles.items[j];
		set->list[i].roles = set->roles[i];
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_serve_rule_set_make(const struct mp_serve_rules *given, bool gateway,
    struct mp_serve_rule_set *ret_set, struct mcpass_error *err)
{
	struct mp_serve_rules all = { 0 };
	enum mcpass_rc rc = collect(given, gateway, &all, err);

	if (!rc)
		rc = mp_serve_rules_expand(&all, &ret_set->rules, err);
	mp_serve_rules_free(&all);
	return rc ? rc : point_at(ret_set, err);
}

void mp_serve_rule_set_free(struct mp_serve_rule_set *set)
{
	for (size_t i = 0; set->roles != NULL && i < set->rules.count; i++)
		free(set->roles[i]);
	free(set->roles);
	free(set->list);
	mp_serve_rules_free(&set->rules);
	*set = (struct mp_serve_rule_set){ 0 };
}

static const char *const *items(const struct mp_strings *list)
{
	return (const char *const *)list->items;
}

enum mcpass_rc mp_serve_terms_make(const struct mp_serve_config *config,
    struct mp_serve_terms *ret_terms, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	ret_terms->items = calloc(config->issuer_count + 1, sizeof(*ret_terms->items));
	ret_terms->rules = calloc(config->issuer_count + 1, sizeof(*ret_terms->rules));
	if (ret_terms->items == NULL || ret_terms->rules == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < config->issuer_count && !rc; i++) {
		const struct mp_serve_issuer *issuer = &config->issuers[i];
		struct mp_serve_rule_set *set = &ret_terms->rules[i];

		ret_terms->count++;
		if (issuer->rules.count > 0)
			rc = mp_serve_rule_set_make(&issuer->rules, config->gateway, set, err);
		ret_terms->items[i] = (struct mcpass_issuer_terms){ .issuer = issuer->issuer,
			.audiences = items(&issuer->audiences), .audience_count = issuer->audiences.count,
			.clients = items(&issuer->clients), .client_count = issuer->clients.count,
			.role_claims = items(&issuer->role_claims),
			.role_claim_count = issuer->role_claims.count,
			.rules = set->list, .rule_count = set->rules.count,
			.id_token_claims = issuer->id_token_claims };
	}
	return rc;
}

void mp_serve_terms_free(struct mp_serve_terms *terms)
{
	for (size_t i = 0; terms->rules != NULL && i < terms->count; i++)
		mp_serve_rule_set_free(&terms->rules[i]);
	free(terms->rules);
	free(terms->items);
	*terms = (struct mp_serve_terms){ 0 };
}
