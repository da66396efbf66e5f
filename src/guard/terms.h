/* terms.h - on which terms tokens are taken: for whom they must be, what they must permit.
 * Each issuer has its own, made from what is said for all and what is said for it alone. */
#pragma once
#include "guard/policy.h"
#include "guard/roles.h"

struct mp_terms {
	struct mp_strings audiences;    /* accepted in aud */
	struct mp_strings clients;      /* whose tokens may lack aud */
	struct mp_policy policy;
	struct mp_role_claims role_claims;
	bool has_rules;                 /* of its own */
	bool id_token_claims;           /* its access tokens have claims of ID tokens */
};

/* given: what is said for one issuer alone, or NULL.  MCPASS_E_USAGE: as of mp_policy_init()
 * and mp_roles_init(); an empty or missing text in a list.  Free it in any case. */
enum mcpass_rc mp_terms_init(struct mp_terms *terms, const struct mcpass_guard_config *cfg,
    const struct mcpass_issuer_terms *given, struct mcpass_error *err);
void mp_terms_free(struct mp_terms *terms);

/* Appends texts to list.  what is one of them, for the error: MCPASS_E_USAGE for an empty one,
 * or more than MP_MAX_ITEMS. */
enum mcpass_rc mp_terms_copy(struct mp_strings *list, const char *const *items, size_t count,
    const char *what, struct mcpass_error *err);
