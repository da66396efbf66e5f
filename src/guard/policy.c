#include "guard/policy.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/scope.h"

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

static enum mcpass_rc copy_rule(struct mp_rule *rule, const struct mcpass_scope_rule *config,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = check_method(config->method, err);
	if (!rc)
		rc = mp_set(&rule->method, config->method, err);
	if (!rc)
		rc = mp_set(&rule->name, config->name, err);
	return rc ? rc : read_scopes(config->scope, &rule->scopes, err);
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
		rc = copy_rule(&policy->rules[i], &cfg->rules[i], err);
	}
	return rc;
}

static enum mcpass_rc copy_implication(struct mp_implication *implication,
    const struct mcpass_scope_implication *config, struct mcpass_error *err)
{
	enum mcpass_rc rc = read_scopes(config->scope, &implication->scope, err);

	if (!rc && implication->scope.count != 1)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "one scope implies others, not '%s'",
		    config->scope != NULL ? config->scope : "");
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

enum mcpass_rc mp_policy_init(struct mp_policy *policy, const struct mcpass_guard_config *cfg,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	*policy = (struct mp_policy){ 0 };
	rc = set_rules(policy, cfg, err);
	return rc ? rc : set_implications(policy, cfg, err);
}

void mp_policy_free(struct mp_policy *policy)
{
	for (size_t i = 0; i < policy->count; i++) {
		free(policy->rules[i].method);
		free(policy->rules[i].name);
		mp_strings_free(&policy->rules[i].scopes);
	}
	free(policy->rules);
	for (size_t i = 0; i < policy->implication_count; i++) {
		mp_strings_free(&policy->implications[i].scope);
		mp_strings_free(&policy->implications[i].implied);
	}
	free(policy->implications);
	*policy = (struct mp_policy){ 0 };
}

static bool matches_method(const char *pattern, const char *method)
{
	size_t fixed = strcspn(pattern, "*");

	if (pattern[fixed] == '\0')
		return strcmp(pattern, method) == 0;
	return strncmp(pattern, method, fixed) == 0;
}

/* Adds what the first rule that matches asks for. */
static enum mcpass_rc add_needs(const struct mp_policy *policy, const char *method,
    const char *name, struct mp_strings *scopes, struct mcpass_error *err)
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct mp_rule *rule = &policy->rules[i];

		if (matches_method(rule->method, method)
		    && (rule->name == NULL || mp_eq(rule->name, name)))
			return mp_scope_merge(scopes, &rule->scopes, err);
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_policy_needs(const struct mp_policy *policy,
    const struct mcpass_operation *operations, size_t count, struct mp_strings *ret_scopes,
    struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (count == 0)         /* only "*" matches what has no method */
		rc = add_needs(policy, "", NULL, &scopes, err);
	for (size_t i = 0; !rc && i < count; i++)
		rc = add_needs(policy, operations[i].method != NULL ? operations[i].method : "",
		    operations[i].name, &scopes, err);
	if (rc)
		mp_strings_free(&scopes);
	else
		*ret_scopes = scopes;
	return rc;
}

bool mp_policy_grants(const struct mp_policy *policy, const struct mp_strings *held,
    const char *scope)
{
	bool grants = mp_strings_has(held, scope);

	for (size_t i = 0; !grants && i < policy->implication_count; i++)
		grants = mp_strings_has(held, policy->implications[i].scope.items[0])
		    && mp_strings_has(&policy->implications[i].implied, scope);
	return grants;
}
