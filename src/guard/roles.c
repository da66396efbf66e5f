#include "guard/roles.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

/* Takes the next name off a path, its escapes undone. */
static enum mcpass_rc take_name(const char **path, struct mp_buf *name,
    struct mcpass_error *err)
{
	const char *at = *path;

	mp_buf_clear(name);
	for (; *at != '\0' && *at != '.'; at++) {
		if (*at == '\\' && *++at != '.' && *at != '\\')
			return mp_fail(err, MCPASS_E_USAGE, NULL,
			    "in a role claim a backslash stands before a dot or a backslash only: %s", *path);
		mp_buf_addc(name, *at);
	}
	if (!name->failed && name->len == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a role claim with an empty name");
	*path = at;
	return mp_buf_check(name, "a role claim", err);
}

static enum mcpass_rc read_path(const char *path, struct mp_strings *names,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf name;
	bool more = true;

	if (path == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a role claim with an empty name");
	mp_buf_init(&name, MP_MAX_URI);         /* names that are URLs are in use */
	while (!rc && more) {
		rc = take_name(&path, &name, err);
		if (!rc && names->count == MP_MAX_JSON_DEPTH)
			rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a role claim deeper than %d objects",
			    MP_MAX_JSON_DEPTH);
		if (!rc)
			rc = mp_strings_add(names, (struct mp_span){ name.data, name.len }, err);
		more = *path == '.';
		path += more;
	}
	mp_buf_free(&name);
	return rc;
}

enum mcpass_rc mp_roles_init(struct mp_role_claims *claims, const struct mcpass_guard_config *cfg,
    const struct mp_policy *policy, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	*claims = (struct mp_role_claims){ 0 };
	if (cfg->role_claim_count > MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "more than %d role claims", MP_MAX_ITEMS);
	if (cfg->role_claim_count == 0 && mp_policy_has_roles(policy)) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL,
		    "a rule asks for a role, and no claim is named that holds roles");
		mp_hint(err, "say where the issuer's tokens have roles (role claim), such as groups or"
		    " realm_access.roles");
		return rc;
	}
	claims->paths = calloc(cfg->role_claim_count + 1, sizeof(*claims->paths));
	if (claims->paths == NULL)
		return mp_nomem(err);
	for (size_t i = 0; !rc && i < cfg->role_claim_count; i++) {
		claims->count++;
		rc = read_path(cfg->role_claims[i], &claims->paths[i], err);
	}
	return rc;
}

void mp_roles_free(struct mp_role_claims *claims)
{
	for (size_t i = 0; i < claims->count; i++)
		mp_strings_free(&claims->paths[i]);
	free(claims->paths);
	*claims = (struct mp_role_claims){ 0 };
}

/* Whether a member of an object stands for a role: Zitadel's are objects, others are true.  What is
 * false, 0 or empty says that there is none. */
static bool is_held(const json_t *value)
{
	return json_is_object(value) || json_is_true(value);
}

/* Roles that no rule asks for decide nothing; leaving them out keeps what is remembered
 * of a token small, whatever groups its bearer is in. */
static enum mcpass_rc add_role(const struct mp_policy *policy, struct mp_span role,
    struct mp_strings *roles, struct mcpass_error *err)
{
	char *text = mp_dup_span(role);
	enum mcpass_rc rc = MCPASS_OK;

	if (text == NULL)
		return mp_nomem(err);
	if (mp_policy_names_role(policy, text) && !mp_strings_has(roles, text))
		rc = mp_strings_add(roles, role, err);
	free(text);
	return rc;
}

static enum mcpass_rc add_words(const struct mp_policy *policy, const char *text,
    struct mp_strings *roles, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && *(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " ");

		rc = add_role(policy, (struct mp_span){ text, len }, roles, err);
		text += len;
	}
	return rc;
}

/* A list of roles, a text of them, or an object whose members they are. */
static enum mcpass_rc read_claim(const struct mp_policy *policy, const json_t *value,
    struct mp_strings *roles, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	const json_t *item;
	const char *name;

	if (json_is_string(value))
		return add_words(policy, json_string_value(value), roles, err);
	for (size_t i = 0; !rc && i < json_array_size(value); i++) {
		item = json_array_get(value, i);
		if (json_is_string(item))
			rc = add_role(policy, (struct mp_span){ json_string_value(item),
				json_string_length(item) }, roles, err);
	}
	json_object_foreach ((json_t *)value, name, item)
		if (!rc && is_held(item))
			rc = add_role(policy, (struct mp_span){ name, strlen(name) }, roles, err);
	return rc;
}

enum mcpass_rc mp_roles_read(const struct mp_role_claims *claims, const struct mp_policy *policy,
    const json_t *token, struct mp_strings *ret_roles, struct mcpass_error *err)
{
	struct mp_strings roles = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < claims->count; i++) {
		const json_t *value = token;

		for (size_t j = 0; j < claims->paths[i].count; j++)
			value = json_object_get(value, claims->paths[i].items[j]);
		rc = read_claim(policy, value, &roles, err);
	}
	if (rc)
		mp_strings_free(&roles);
	else
		*ret_roles = roles;
	return rc;
}
