/* policy.h - which scopes and roles an operation needs.
 *
 * A scope stands for itself, for those that the configuration says it implies, and for what
 * they imply (MCP 2026-07-28 "Step-Up Authorization Flow", scope hierarchies). */
#pragma once
#include "base/text.h"
#include "mcpass/guard.h"

struct mp_rule {
	char *method;                   /* "tools/call", "tools/" + "*", "*" */
	char *name;                     /* NULL: any */
	char *loose_name;               /* mp_uri_loose() of it: for methods of resources */
	struct mp_strings scopes;
	struct mp_strings roles;        /* any one of them is enough; empty: no role is needed */
};
struct mp_implication {
	char *scope;                    /* the one */
	struct mp_strings implied;      /* all that it implies, at any remove */
};
struct mp_policy {
	struct mp_rule *rules;
	size_t count;
	bool has_names;                 /* one of them has a name */
	struct mp_implication *implications;
	size_t implication_count;
	struct mp_strings always_asked; /* named by each 401 */
};

/* Copies rules and implications.  MCPASS_E_USAGE: a rule without a method, with a '*'
 * elsewhere than at the end, with a scope that is none or an empty role; an implication of
 * other than one scope; scopes that imply each other.  MCPASS_E_LIMIT: one that implies more
 * than MP_MAX_ITEMS.  Free it in any case. */
enum mcpass_rc mp_policy_init(struct mp_policy *policy, const struct mcpass_guard_config *cfg,
    struct mcpass_error *err);
void mp_policy_free(struct mp_policy *policy);

/* All that these operations need together: the caller's (mp_strings_free).  With no
 * operation at all (a GET, a body that cannot be read) it is what the rule for "*"
 * says, so that nothing passes just because it was not understood. */
enum mcpass_rc mp_policy_needs(const struct mp_policy *policy,
    const struct mcpass_operation *operations, size_t count, struct mp_strings *ret_scopes,
    struct mcpass_error *err);

/* True when a token with the scopes held has scope, by itself or because one implies it. */
bool mp_policy_grants(const struct mp_policy *policy, const struct mp_strings *held,
    const char *scope);

/* True when a rule asks for that role. */
bool mp_policy_names_role(const struct mp_policy *policy, const char *role);
bool mp_policy_has_roles(const struct mp_policy *policy);
/* Whether the roles held suffice for every one of these operations. */
enum mcpass_rc mp_policy_admits(const struct mp_policy *policy,
    const struct mcpass_operation *operations, size_t count, const struct mp_strings *held,
    bool *ret_admits, struct mcpass_error *err);
