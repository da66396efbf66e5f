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

static enum mcpass_rc copy_rule(struct mp_rule *rule, const struct mcpass_scope_rule *config,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	rc = check_method(config->method, err);
	if (!rc)
		rc = mp_set(&rule->method, config->method, err);
	if (!rc)
		rc = mp_set(&rule->name, config->name, err);
	if (rc)
		return rc;
	rc = mp_scope_parse(config->scope, &rule->scopes, &why);
	if (rc == MCPASS_E_PROTOCOL)    /* the operator wrote it, no peer */
		rc = MCPASS_E_USAGE;
	return rc ? mp_fail(err, rc, why.spec, "%s", why.detail) : MCPASS_OK;
}

enum mcpass_rc mp_policy_init(struct mp_policy *policy, const struct mcpass_scope_rule *rules,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	*policy = (struct mp_policy){ 0 };
	if (count == 0)
		return MCPASS_OK;
	if (count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "more than %d scope rules", MP_MAX_ITEMS);
	policy->rules = calloc(count, sizeof(*policy->rules));
	if (policy->rules == NULL)
		return mp_nomem(err);
	for (policy->count = 0; !rc && policy->count < count; policy->count++)
		rc = copy_rule(&policy->rules[policy->count], &rules[policy->count], err);
	return rc;
}

void mp_policy_free(struct mp_policy *policy)
{
	for (size_t i = 0; i < policy->count; i++) {
		free(policy->rules[i].method);
		free(policy->rules[i].name);
		mp_strings_free(&policy->rules[i].scopes);
	}
	free(policy->rules);
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
