/* roles.h - which roles a token says its bearer has, and where it says so.
 *
 * Every issuer has a place of its own: Keycloak realm_access.roles and
 * resource_access.CLIENT.roles, Entra roles, others groups or a claim named by a URL.  So
 * the places are configured, as paths in which a dot goes one object down.  There may be a list
 * of roles, a text with spaces between, or an object whose members are roles (Zitadel). */
#pragma once
#include "guard/policy.h"
#include "wire/json/json.h"

struct mp_role_claims {
	struct mp_strings *paths;       /* each the names on its way */
	size_t count;
};

/* MCPASS_E_USAGE: a path with an empty name, with a backslash before anything but a dot or
 * a backslash, or deeper than a document may be; rules that ask for roles, and no claim to
 * find them in.  Free it in any case. */
enum mcpass_rc mp_roles_init(struct mp_role_claims *claims, const struct mcpass_guard_config *cfg,
    const struct mp_policy *policy, struct mcpass_error *err);
void mp_roles_free(struct mp_role_claims *claims);

/* The roles in a token that some rule names: the caller's (mp_strings_free).  What is not
 * where it is looked for, or is no text, is no role. */
enum mcpass_rc mp_roles_read(const struct mp_role_claims *claims, const struct mp_policy *policy,
    const json_t *token, struct mp_strings *ret_roles, struct mcpass_error *err);
