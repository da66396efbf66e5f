/* Who may come in from an identity provider, and what they may have here.
 * spec: OpenID Connect Core 5.7 (iss and sub alone identify a person), 5.1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/printable.h"
#include "issuer/upstream/idp.h"
#include "oauth/scope.h"
#include "wire/form.h"
#include "wire/json/advice.h"

static enum mcpass_rc deny(struct mcpass_error *err, const char *why)
{
	mp_oauth_code(err, "access_denied");
	return mp_fail(err, MCPASS_E_DENIED, NULL, "%s", why);
}

/* A claim by its very name, which may have dots in it; else along a path, "a.b.c". */
static const json_t *find(const json_t *claims, const char *path)
{
	const json_t *value = json_object_get(claims, path);
	const json_t *at = claims;

	if (value != NULL)
		return value;
	while (at != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");
		const json_t *next = NULL;
		const char *name;
		const json_t *member;

		json_object_foreach ((json_t *)at, name, member)
			if (strlen(name) == len && strncmp(name, path, len) == 0)
				next = member;
		at = next;
		path += len + (path[len] == '.');
	}
	return at;
}

/* Text as it is, a list with it, and a map that gives it: Zitadel's roles are objects there, others
 * are true.  A member that is false, 0 or empty gives nothing. */
static bool has_value(const json_t *claim, const char *value)
{
	if (json_is_string(claim))
		return strcmp(json_string_value(claim), value) == 0;
	if (json_is_object(claim))
		return json_is_object(json_object_get(claim, value))
		    || json_is_true(json_object_get(claim, value));
	for (size_t i = 0; i < json_array_size(claim); i++)
		if (mp_eq(json_string_value(json_array_get(claim, i)), value))
			return true;
	return false;
}

static bool has_one(const json_t *claim, const struct mp_strings *values)
{
	for (size_t i = 0; i < values->count; i++)
		if (has_value(claim, values->items[i]))
			return true;
	return false;
}

const char *mp_idp_email_domain(const char *email)
{
	const char *at = strchr(email, '@');

	return at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL ? NULL : at + 1;
}

/* Verified is the value true only: absent, "true" and 1 are not.  spec: OIDC Core 5.1 */
static const char *verified_domain(const json_t *claims)
{
	const char *email = mp_json_text(claims, "email");

	if (email == NULL || !json_is_true(json_object_get(claims, "email_verified")))
		return NULL;
	return mp_idp_email_domain(email);
}

/* --- who is it --- */
/* A number, as GitHub's ids are, is text of its own; as parts of a form no two lists of claims
 * look alike. */
static bool add_part(struct mp_buf *text, const char *name, const json_t *value)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
	if (!json_is_integer(value) && json_string_length(value) == 0)
		return false;
	mp_form_add(text, name, json_is_integer(value) ? number : json_string_value(value));
	return true;
}

enum mcpass_rc mp_idp_subject(const struct mp_idp *upstream, const json_t *claims,
    char **ret_subject, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_UPSTREAM_SUBJECT);

	for (size_t i = 0; i < upstream->subject.count; i++) {
		const char *name = upstream->subject.items[i];

		if (!add_part(&text, name, json_object_get(claims, name))) {
			mp_buf_free(&text);
			return deny(err, "the identity provider does not say who it is");
		}
	}
	return mp_buf_take(&text, "the person's id", ret_subject, err);
}

/* --- may they come in --- */
static bool looks_at(const struct mp_idp *upstream, const char *claim)
{
	if (upstream->allow.groups.count > 0 && strcmp(upstream->groups_claim, claim) == 0)
		return true;
	for (size_t i = 0; i < upstream->rule_count; i++)
		if (mp_eq(upstream->rules[i].claim, claim))
			return true;
	return false;
}

/* Entra leaves groups out where they are many, and says so in another claim: that is not to be
 * in no group.  spec: OpenID Connect Core 5.6.2 (_claim_names) */
bool mp_idp_lacks_groups(const struct mp_idp *upstream, const json_t *claims)
{
	return looks_at(upstream, "groups") && (json_is_true(json_object_get(claims, "hasgroups"))
	    || json_object_get(json_object_get(claims, "_claim_names"), "groups") != NULL);
}

static enum mcpass_rc check_overage(const struct mp_idp *upstream, const json_t *claims,
    struct mcpass_error *err)
{
	const json_t *elsewhere = json_object_get(claims, "_claim_names"), *value;
	const char *name;

	json_object_foreach ((json_t *)elsewhere, name, value)
		if (looks_at(upstream, name))
			return deny(err, "the person is in too many groups for a token (_claim_names): let the"
			    " identity provider send groups assigned to the application, or roles, or let them"
			    " be asked for (groups_by_api)");
	if (json_is_true(json_object_get(claims, "hasgroups")) && looks_at(upstream, "groups"))
		return deny(err, "the person is in too many groups for a token (hasgroups): let the"
		    " identity provider send groups assigned to the application, or roles, or let them"
		    " be asked for (groups_by_api)");
	return MCPASS_OK;
}

static enum mcpass_rc check_allowed(const struct mp_idp *upstream, const json_t *claims,
    struct mcpass_error *err)
{
	const struct mp_idp_allow *allow = &upstream->allow;
	const char *domain = verified_domain(claims);

	if (allow->tenants.count > 0 && !has_one(json_object_get(claims, "tid"), &allow->tenants))
		return deny(err, "the person's tenant is not among allow.tenants");
	/* The parameter hd of a request is a hint; the claim is what counts. */
	if (allow->hosted_domains.count > 0
	    && !has_one(json_object_get(claims, "hd"), &allow->hosted_domains))
		return deny(err, "the person's hosted domain is not among allow.hosted_domains");
	if ((allow->verified_email || allow->email_domains.count > 0) && domain == NULL)
		return deny(err, "the person has no e-mail address that is verified");
	if (allow->email_domains.count > 0) {
		bool is_one = false;

		for (size_t i = 0; i < allow->email_domains.count; i++)
			is_one = is_one || mp_eq_nocase(allow->email_domains.items[i], domain);
		if (!is_one)
			return deny(err, "the person's e-mail domain is not among allow.email_domains");
	}
	if (allow->groups.count > 0 && !has_one(find(claims, upstream->groups_claim), &allow->groups))
		return deny(err, "the person is in none of allow.groups");
	if (allow->organizations.count > 0
	    && !has_one(json_object_get(claims, "organizations"), &allow->organizations))
		return deny(err, "the person is in none of allow.organizations");
	return MCPASS_OK;
}

/* --- what may they have --- */
static bool holds(const struct mp_idp_rule *rule, const json_t *claims)
{
	const char *domain = verified_domain(claims);

	if (rule->everyone)
		return true;
	if (rule->claim != NULL && !has_value(find(claims, rule->claim), rule->value))
		return false;
	if (rule->domain != NULL && (domain == NULL || !mp_eq_nocase(rule->domain, domain)))
		return false;
	return rule->claim != NULL || rule->domain != NULL;
}

static enum mcpass_rc add_strings(json_t *claims, const char *name, const struct mp_strings *items,
    struct mcpass_error *err)
{
	json_t *list = items->count > 0 ? json_array() : NULL;
	enum mcpass_rc rc = items->count > 0 && list == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; i < items->count && !rc; i++)
		if (json_array_append_new(list, json_string(items->items[i])) != 0)
			rc = mp_nomem(err);
	if (!rc && list != NULL && json_object_set(claims, name, list) != 0)
		rc = mp_nomem(err);
	json_decref(list);
	return rc;
}

/* A copy of a claim: text, numbers and lists of text, so many that a token stays one. */
static json_t *copy_claim(const json_t *value)
{
	json_t *list;

	if (!json_is_array(value))
		return json_is_object(value) ? NULL : json_deep_copy(value);
	list = json_array();
	for (size_t i = 0; i < json_array_size(value) && json_array_size(list) < MP_MAX_ITEMS; i++)
		if (json_is_string(json_array_get(value, i))
		    && json_array_append(list, json_array_get(value, i)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static enum mcpass_rc map_claims(const struct mp_idp *upstream, const json_t *claims,
    json_t *mapped, struct mcpass_error *err)
{
	const char *name;
	const json_t *path;

	json_object_foreach (upstream->token_claims, name, path) {
		const json_t *value = find(claims, json_string_value(path));

		if (value == NULL || json_is_object(value))
			continue;
		if (json_object_set_new(mapped, name, copy_claim(value)) != 0)
			return mp_nomem(err);
	}
	return MCPASS_OK;
}

static enum mcpass_rc fill(const struct mp_idp *upstream, const json_t *claims,
    struct mp_idp_access *access, struct mcpass_error *err)
{
	const char *name = json_string_value(find(claims, upstream->name_claim));
	const json_t *sid = json_object_get(claims, "sid");
	enum mcpass_rc rc = mp_idp_subject(upstream, claims, &access->subject, err);

	access->all_scopes = !upstream->has_rules;
	for (size_t i = 0; i < upstream->rule_count && !rc; i++) {
		const struct mp_idp_rule *rule = &upstream->rules[i];

		if (!holds(rule, claims))
			continue;
		rc = mp_scope_merge(&access->scopes, &rule->scopes, err);
		if (!rc)
			rc = mp_scope_merge(&access->roles, &rule->roles, err);
	}
	if (!rc)
		rc = mp_set(&access->name, name, err);
	if (access->name != NULL)       /* a record with a control character is not read again */
		mp_one_line(access->name);
	/* spec: OpenID Connect Back-Channel Logout 1.0 2.1 */
	if (!rc && mp_json_is_clean(sid) && json_string_length(sid) > 0)
		rc = mp_set(&access->sid, json_string_value(sid), err);
	if (!rc) {
		access->claims = json_object();
		rc = access->claims == NULL ? mp_nomem(err)
		    : map_claims(upstream, claims, access->claims, err);
	}
	return rc ? rc : add_strings(access->claims, "roles", &access->roles, err);
}

enum mcpass_rc mp_idp_judge(const struct mp_idp *upstream, const json_t *claims,
    struct mp_idp_access *ret_access, struct mcpass_error *err)
{
	struct mp_idp_access access = { 0 };
	enum mcpass_rc rc = check_overage(upstream, claims, err);

	if (!rc)
		rc = check_allowed(upstream, claims, err);
	if (!rc)
		rc = fill(upstream, claims, &access, err);
	if (rc)
		mp_idp_access_free(&access);
	else
		*ret_access = access;
	return rc;
}

void mp_idp_access_free(struct mp_idp_access *access)
{
	free(access->subject);
	free(access->name);
	free(access->sid);
	mp_strings_free(&access->scopes);
	mp_strings_free(&access->roles);
	json_decref(access->claims);
	*access = (struct mp_idp_access){ 0 };
}
