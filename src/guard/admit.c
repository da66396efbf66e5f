/* A token that is good: is it good for this, and in the right hands?  Asked at each request. */
#include <string.h>
#include "guard/judge.h"
#include "oauth/scope.h"

enum mcpass_rc mp_admit_needs(struct mp_check *check, struct mcpass_error *err)
{
	const struct mcpass_guard_request *request = check->request;

	mp_strings_free(&check->needs);
	return mp_policy_needs(&check->terms->policy, request->operations, request->operation_count,
	    &check->needs, err);
}

enum mcpass_rc mp_admit_use(struct mp_check *check, const struct mp_guard_issuer *issuer,
    struct mcpass_error *err)
{
	check->terms = &issuer->terms;
	return issuer->terms.has_rules ? mp_admit_needs(check, err) : MCPASS_OK;
}

static enum mcpass_rc admit(struct mp_check *check, const struct mp_finding *finding,
    struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	const struct mp_claims *claims = finding->claims;
	enum mcpass_rc rc = mp_scope_join(finding->scopes, &guard->scope, err);

	if (rc)
		return rc;
	check->verdict = (struct mcpass_verdict){
		.type = MCPASS_ALLOW,
		.subject = claims->sub,
		.issuer = finding->issuer->name,
		.client_id = mp_claims_client(claims),
		.username = mp_claims_username(claims),
		.scope = guard->scope != NULL ? guard->scope : "",
		.expires_at = mp_claims_expiry(claims),
		.roles = (const char *const *)claims->roles.items,
		.role_count = claims->roles.count,
		.introspection = finding->introspection,
	};
	return MCPASS_OK;
}

/* spec: RFC 6750 3.1; MCP 2026-07-28 "Scope Challenge Handling": all that is missing for
 * all operations in one answer, and nothing that the token has already */
static enum mcpass_rc find_missing(const struct mp_check *check, const struct mp_strings *held,
    struct mp_strings *missing, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < check->needs.count; i++) {
		const char *scope = check->needs.items[i];

		if (!mp_policy_grants(&check->terms->policy, held, scope))
			rc = mp_strings_add(missing, (struct mp_span){ scope, strlen(scope) }, err);
	}
	return rc;
}

static enum mcpass_rc check_scopes(struct mp_check *check, const struct mp_finding *finding,
    struct mcpass_error *err)
{
	struct mp_strings missing = { 0 };
	enum mcpass_rc rc = find_missing(check, finding->scopes, &missing, err);

	if (!rc && missing.count > 0)
		rc = mp_verdict_deny(check, MP_DENY_SCOPE, &missing, "the token lacks a scope for this",
		    err);
	else if (!rc)
		rc = admit(check, finding, err);
	mp_strings_free(&missing);
	return rc;
}

/* Before the scopes: a caller that may not do it anyway is told nothing of what it would take,
 * and is not sent to ask for more in vain. */
static enum mcpass_rc check_roles(struct mp_check *check, const struct mp_finding *finding,
    struct mcpass_error *err)
{
	const struct mcpass_guard_request *request = check->request;
	const struct mp_strings none = { 0 };
	bool admits;
	enum mcpass_rc rc = mp_policy_admits(&check->terms->policy, request->operations,
	    request->operation_count, &finding->claims->roles, &admits, err);

	if (rc)
		return rc;
	if (!admits)
		return mp_verdict_deny(check, MP_DENY_ROLE, &none,
		    "the caller has none of the roles that this is for", err);
	return check_scopes(check, finding, err);
}

/* The proof is looked at only now that the token is known to be good: what is remembered of
 * proofs is bounded, and strangers must not fill it. */
enum mcpass_rc mp_admit(struct mp_check *check, const struct mp_finding *finding,
    struct mcpass_error *err)
{
	enum mp_denial denial = MP_DENY_UNAVAILABLE;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (check->presented.scheme == MP_SCHEME_DPOP)
		rc = mp_proofs_check(&check->guard->proofs, check->request, &check->presented,
		    finding->claims->jkt, &check->nonce_old, &denial, &why);
	if (rc)
		return mp_verdict_deny_for(check, rc, denial, &why, err);
	return check_roles(check, finding, err);
}
