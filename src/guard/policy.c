#include "guard/policy.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/scope.h"
#include "wire/uri.h"

static enum mcpass_rc check_method(const char *method, struct mcpass_error *err)
{
	const char *star = method != NULL ? strchr(method, '*') : NULL;

	if (method == NULL || method[0] == '\0')
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a scope rule without a method");
	if (star != NULL && star[1] != '\0')
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "a '*' stands at the end of a scope rule's method only: %s", method);
	return MCPASS_OK;
}

/* Scopes of the operator's own: what is wrong with them is no peer's fault. */
static enum mcpass_rc read_scopes(const char *text, struct mp_strings *scopes,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_scope_parse(text, scopes, &why);

	if (rc == MCPASS_E_PROTOCOL)
		rc = MCPASS_E_USAGE;
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

static enum mcpass_rc copy_roles(const char *const *roles, struct mp_strings *ret_roles,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && roles != NULL && roles[i] != NULL; i++) {
		if (roles[i][0] == '\0')
			return mp_fail(err, MCPASS_E_USAGE, NULL, "a rule with an empty role");
		rc = mp_strings_add(ret_roles, (struct mp_span){ roles[i], strlen(roles[i]) }, err);
	}
	return rc;
}

static enum mcpass_rc copy_rule(struct mp_rule *rule, const struct mcpass_scope_rule *config,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = check_method(config->method, err);

	if (!rc)
		rc = mp_set(&rule->method, config->method, err);
	if (!rc)
		rc = mp_set(&rule->name, config->name, err);
	if (!rc && rule->name != NULL)
		rc = mp_uri_loose(rule->name, &rule->loose_name, err);
	if (!rc)
		rc = read_scopes(config->scope, &rule->scopes, err);
	return rc ? rc : copy_roles(config->roles, &rule->roles, err);
}

static enum mcpass_rc set_rules(struct mp_policy *policy, const struct mcpass_guard_config *cfg,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (cfg->rule_count == 0)
		return MCPASS_OK;
	if (cfg->rule_count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "more than %d scope rules", MP_MAX_ITEMS);
	policy->rules = calloc(cfg->rule_count, sizeof(*policy->rules));
	if (policy->rules == NULL)
		return mp_nomem(err);
	for (size_t i = 0; !rc && i < cfg->rule_count; i++) {
		policy->count++;
		policy->has_names = policy->has_names || cfg->rules[i].name != NULL;
		rc = copy_rule(&policy->rules[i], &cfg->rules[i], err);
	}
	return rc;
}

static enum mcpass_rc copy_implication(struct mp_implication *implication,
    const struct mcpass_scope_implication *config, struct mcpass_error *err)
{
	struct mp_strings scope = { 0 };
	enum mcpass_rc rc = read_scopes(config->scope, &scope, err);

	if (!rc && scope.count != 1)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "one scope implies others, not '%s'",
		    config->scope != NULL ? config->scope : "");
	if (!rc)
		rc = mp_set(&implication->scope, scope.items[0], err);
	mp_strings_free(&scope);
	return rc ? rc : read_scopes(config->implied, &implication->implied, err);
}

static enum mcpass_rc set_implications(struct mp_policy *policy,
    const struct mcpass_guard_config *cfg, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (cfg->implication_count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "more than %d scopes that imply others",
		    MP_MAX_ITEMS);
	policy->implications = calloc(cfg->implication_count + 1, sizeof(*policy->implications));
	if (policy->implications == NULL)
		return mp_nomem(err);
	for (size_t i = 0; !rc && i < cfg->implication_count; i++) {
		policy->implication_count++;
		rc = copy_implication(&policy->implications[i], &cfg->implications[i], err);
	}
	return rc;
}

/* Adds what the scopes implied by one imply in turn.  Walks over the list while it grows, so
 * each scope is followed once, cycle or not. */
static enum mcpass_rc follow(const struct mp_policy *policy, struct mp_implication *implication,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < implication->implied.count; i++)
		for (size_t j = 0; !rc && j < policy->implication_count; j++) {
			const struct mp_implication *other = &policy->implications[j];

			if (mp_eq(other->scope, implication->implied.items[i]))
				rc = mp_scope_merge(&implication->implied, &other->implied, err);
		}
	return rc;
}

/* A cycle makes its least scope as good as its greatest: that is a slip, not a hierarchy. */
static enum mcpass_rc check_cycle(const struct mp_policy *policy, size_t at,
    struct mcpass_error *err)
{
	const struct mp_implication *one = &policy->implications[at];

	for (size_t i = 0; i < policy->implication_count; i++) {
		const struct mp_implication *other = &policy->implications[i];

		if (!mp_eq(one->scope, other->scope)
		    && mp_strings_has(&one->implied, other->scope)
		    && mp_strings_has(&other->implied, one->scope))
			return mp_fail(err, MCPASS_E_USAGE, NULL,
			    "the scopes %s and %s imply each other", one->scope,
			    other->scope);
	}
	return MCPASS_OK;
}

static enum mcpass_rc close_implications(struct mp_policy *policy, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < policy->implication_count; i++)
		rc = follow(policy, &policy->implications[i], err);
	for (size_t i = 0; !rc && i < policy->implication_count; i++)
		rc = check_cycle(policy, i, err);
	return rc;
}

static enum mcpass_rc set_always_asked(struct mp_policy *policy,
    const struct mcpass_guard_config *cfg, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < cfg->challenge_scope_count && !rc; i++) {
		struct mp_strings scopes = { 0 };

		rc = read_scopes(cfg->challenge_scopes[i], &scopes, err);
		if (!rc)
			rc = mp_scope_merge(&policy->always_asked, &scopes, err);
		mp_strings_free(&scopes);
	}
	return rc;
}

enum mcpass_rc mp_policy_init(struct mp_policy *policy, const struct mcpass_guard_config *cfg,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*policy = (struct mp_policy){ 0 };
	rc = set_rules(policy, cfg, err);
	if (!rc)
		rc = set_implications(policy, cfg, err);
	if (!rc)
		rc = set_always_asked(policy, cfg, err);
	return rc ? rc : close_implications(policy, err);
}

void mp_policy_free(struct mp_policy *policy)
{
	for (size_t i = 0; i < policy->count; i++) {
		free(policy->rules[i].method);
		free(policy->rules[i].name);
		free(policy->rules[i].loose_name);
		mp_strings_free(&policy->rules[i].scopes);
		mp_strings_free(&policy->rules[i].roles);
	}
	free(policy->rules);
	for (size_t i = 0; i < policy->implication_count; i++) {
		free(policy->implications[i].scope);
		mp_strings_free(&policy->implications[i].implied);
	}
	free(policy->implications);
	mp_strings_free(&policy->always_asked);
	*policy = (struct mp_policy){ 0 };
}

static bool matches_method(const char *pattern, const char *method)
{
	size_t fixed = strcspn(pattern, "*");

	if (pattern[fixed] == '\0')
		return strcmp(pattern, method) == 0;
	return strncmp(pattern, method, fixed) == 0;
}

/* The first rule that matches, or NULL.  What has no method is matched by "*" only.
 * is_loose: name is mp_uri_loose()'s. */
static const struct mp_rule *find_rule(const struct mp_policy *policy, const char *method,
    const char *name, bool is_loose)
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct mp_rule *rule = &policy->rules[i];

		if (matches_method(rule->method, method != NULL ? method : "")
		    && (rule->name == NULL || mp_eq(is_loose ? rule->loose_name : rule->name, name)))
			return rule;
	}
	return NULL;
}

/* The rules for one operation, NULL or not.  For a resource there are two: one for its URI as it
 * stands there, and one for what a server may take it for. */
struct mp_rules_found {
	const struct mp_rule *items[2];
};

static enum mcpass_rc find_rules(const struct mp_policy *policy,
    const struct mcpass_operation *operation, struct mp_rules_found *ret_found,
    struct mcpass_error *err)
{
	const char *method = operation->method;
	char *loose = NULL;
	enum mcpass_rc rc;

	*ret_found = (struct mp_rules_found){ { find_rule(policy, method, operation->name, false), NULL } };
	if (method == NULL || operation->name == NULL || !policy->has_names
	    || strncmp(method, "resources/", strlen("resources/")) != 0)
		return MCPASS_OK;
	rc = mp_uri_loose(operation->name, &loose, err);
	if (!rc)
		ret_found->items[1] = find_rule(policy, method, loose, true);
	free(loose);
	return rc;
}

/* The nth operation; when there is none at all, an unknown one. */
static enum mcpass_rc rules_for(const struct mp_policy *policy,
    const struct mcpass_operation *operations, size_t count, size_t n,
    struct mp_rules_found *ret_found, struct mcpass_error *err)
{
	static const struct mcpass_operation unknown = { NULL, NULL };

	return find_rules(policy, count == 0 ? &unknown : &operations[n], ret_found, err);
}

enum mcpass_rc mp_policy_needs(const struct mp_policy *policy,
    const struct mcpass_operation *operations, size_t count, struct mp_strings *ret_scopes,
    struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < (count > 0 ? count : 1); i++) {
		struct mp_rules_found found;

		rc = rules_for(policy, operations, count, i, &found, err);
		for (size_t j = 0; !rc && j < MP_COUNT(found.items); j++)
			if (found.items[j] != NULL)
				rc = mp_scope_merge(&scopes, &found.items[j]->scopes, err);
	}
	if (rc)
		mp_strings_free(&scopes);
	else
		*ret_scopes = scopes;
	return rc;
}

static bool has_one(const struct mp_strings *held, const struct mp_strings *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (mp_strings_has(held, wanted->items[i]))
			return true;
	return wanted->count == 0;
}

enum mcpass_rc mp_policy_admits(const struct mp_policy *policy,
    const struct mcpass_operation *operations, size_t count, const struct mp_strings *held,
    bool *ret_admits, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	*ret_admits = true;
	for (size_t i = 0; !rc && i < (count > 0 ? count : 1); i++) {
		struct mp_rules_found found;

		rc = rules_for(policy, operations, count, i, &found, err);
		for (size_t j = 0; !rc && j < MP_COUNT(found.items); j++)
			*ret_admits = *ret_admits && (found.items[j] == NULL
			    || has_one(held, &found.items[j]->roles));
	}
	return rc;
}

bool mp_policy_names_role(const struct mp_policy *policy, const char *role)
{
	for (size_t i = 0; i < policy->count; i++)
		if (mp_strings_has(&policy->rules[i].roles, role))
			return true;
	return false;
}

bool mp_policy_has_roles(const struct mp_policy *policy)
{
	for (size_t i = 0; i < policy->count; i++)
		if (policy->rules[i].roles.count > 0)
			return true;
	return false;
}

bool mp_policy_grants(const struct mp_policy *policy, const struct mp_strings *held,
    const char *scope)
{
	bool grants = mp_strings_has(held, scope);

	for (size_t i = 0; !grants && i < policy->implication_count; i++)
		grants = mp_strings_has(held, policy->implications[i].scope)
		    && mp_strings_has(&policy->implications[i].implied, scope);
	return grants;
}
