#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guard/nonce.h"
#include "guard/state.h"
#include "oauth/scope.h"

/* One check: the verdict is a deny with status 503 until something better is known. */
struct check {
	struct mcpass_guard *guard;
	const struct mcpass_guard_request *request;
	struct mp_strings needs;        /* the scopes of what is asked for */
	struct mp_presented presented;
	bool nonce_old;                 /* the proof had last slot's nonce */
	struct mcpass_verdict verdict;
};

/* Forgets what the last verdict pointed at. */
static void forget(struct mcpass_guard *guard)
{
	mp_claims_free(&guard->claims);
	free(guard->scope);
	guard->scope = NULL;
	mp_strings_free(&guard->roles);
	mp_buf_clear(&guard->challenge);
	mp_buf_clear(&guard->nonce);
	guard->reason[0] = '\0';
}

/* Status, challenge and reason, all from the one denial. */
static enum mcpass_rc deny(struct check *check, enum mp_denial denial,
    const struct mp_strings *scopes, const char *why, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	struct mp_reply reply = { .denial = denial, .scheme = check->presented.scheme,
		.dpop = guard->proofs.mode, .metadata_url = guard->metadata_urls.items[0],
		.why = why };
	struct mp_strings named = { 0 };
	char *scope = NULL;
	enum mcpass_rc rc;

	rc = mp_scope_merge(&named, scopes, err);
	if (!rc && mp_reply_status(denial) == 401)
		rc = mp_scope_merge(&named, &guard->policy.always_asked, err);
	if (!rc)
		rc = mp_scope_join(&named, &scope, err);
	reply.scope = scope;
	if (!rc)
		rc = mp_reply_challenge(&reply, &guard->challenge, err);
	mp_strings_free(&named);
	free(scope);
	if (rc)
		return rc;
	(void)snprintf(guard->reason, sizeof(guard->reason), "%s", why);
	check->verdict.status = mp_reply_status(denial);
	check->verdict.reason = guard->reason;
	if (guard->challenge.len > 0)
		check->verdict.www_authenticate = mp_buf_text(&guard->challenge);
	return MCPASS_OK;
}

/* Turns a failed check into a denial; what this machine could not do stays a failure. */
static enum mcpass_rc deny_for(struct check *check, enum mcpass_rc rc, enum mp_denial denial,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return deny(check, denial, &check->needs, why->detail, err);
}

/* spec: RFC 7519 4.1.1; RFC 8725 3.8: bytes are compared, nothing is normalised */
static struct mp_issuer_keys *find_issuer(struct mcpass_guard *guard, const char *iss)
{
	for (size_t i = 0; i < guard->issuer_count; i++)
		if (strcmp(guard->issuers[i].issuer, iss) == 0)
			return &guard->issuers[i];
	return NULL;
}

/* spec: RFC 6750 3.1; MCP 2026-07-28 "Scope Challenge Handling": all that is missing for
 * all operations in one answer, and nothing that the token has already */
static enum mcpass_rc find_missing(const struct check *check, struct mp_strings *missing,
    struct mcpass_error *err)
{
	const struct mcpass_guard *guard = check->guard;
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < check->needs.count; i++) {
		const char *scope = check->needs.items[i];

		if (!mp_policy_grants(&guard->policy, &guard->claims.scopes, scope))
			rc = mp_strings_add(missing, (struct mp_span){ scope, strlen(scope) }, err);
	}
	return rc;
}

static enum mcpass_rc check_scopes(struct check *check, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	struct mp_strings missing = { 0 };
	enum mcpass_rc rc;

	rc = find_missing(check, &missing, err);
	if (!rc && missing.count > 0)
		rc = deny(check, MP_DENY_SCOPE, &missing, "the token lacks a scope for this", err);
	else if (!rc)
		rc = mp_scope_join(&guard->claims.scopes, &guard->scope, err);
	if (!rc && missing.count == 0) {
		check->verdict = (struct mcpass_verdict){
			.type = MCPASS_ALLOW,
			.subject = guard->claims.sub,
			.issuer = guard->claims.iss,
			.client_id = mp_claims_client(&guard->claims),
			.username = mp_claims_username(&guard->claims),
			.scope = guard->scope != NULL ? guard->scope : "",
			.expires_at = guard->claims.exp,
			.roles = (const char *const *)guard->roles.items,
			.role_count = guard->roles.count,
		};
	}
	mp_strings_free(&missing);
	return rc;
}

/* Before the scopes: whoever may not do it anyway is told nothing of what it would take,
 * and is not sent to ask for more in vain. */
static enum mcpass_rc check_roles(struct check *check, struct mcpass_error *err)
{
	const struct mcpass_guard_request *request = check->request;
	const struct mp_strings none = { 0 };

	if (!mp_policy_admits(&check->guard->policy, request->operations, request->operation_count,
	    &check->guard->roles))
		return deny(check, MP_DENY_ROLE, &none,
		    "the caller has none of the roles that this is for", err);
	return check_scopes(check, err);
}

/* Only now that the token is known to be good: what is remembered of proofs is bounded, and
 * strangers must not fill it. */
static enum mcpass_rc check_proof(struct check *check, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	enum mp_denial denial = MP_DENY_UNAVAILABLE;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (check->presented.scheme == MP_SCHEME_DPOP)
		rc = mp_proofs_check(&guard->proofs, check->request, &check->presented,
		    guard->claims.jkt, &check->nonce_old, &denial, &why);
	if (rc)
		return deny_for(check, rc, denial, &why, err);
	return check_roles(check, err);
}

/* spec: RFC 8725 3.1, 3.10: the key comes from the issuer's own set; kid is compared with
 * the kids there, and jwk, jku, x5u in the header are never looked at */
static enum mcpass_rc check_signature(struct check *check, const struct mp_jws *jws,
    const struct mp_issuer_keys *keys, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	const struct mp_key *key = NULL;
	enum mcpass_rc rc;

	switch (mp_keys_find(keys, jws->kid, jws->alg, check->request->now, &key)) {
	case MP_KEYS_FETCH:
		check->verdict.type = MCPASS_FETCH;
		check->verdict.fetch_url = mp_keys_url(keys);
		return MCPASS_OK;
	case MP_KEYS_UNKNOWN:
		return deny(check, MP_DENY_TOKEN, &check->needs,
		    "the issuer has no key of that kid and algorithm", err);
	case MP_KEYS_UNAVAILABLE:
		return deny(check, MP_DENY_UNAVAILABLE, &check->needs, keys->failure, err);
	case MP_KEYS_FOUND:
		break;
	}
	rc = mp_jws_verify(jws, key, &why);
	if (rc)
		return deny_for(check, rc, MP_DENY_TOKEN, &why, err);
	return check_proof(check, err);
}

/* The claims come before the signature: they cost nothing, and only a token that would be
 * let in is worth a question to its issuer. */
static enum mcpass_rc check_token(struct check *check, struct mcpass_error *err)
{
	bool bound = check->presented.scheme == MP_SCHEME_DPOP;
	struct mcpass_guard *guard = check->guard;
	struct mcpass_error why = { 0 };
	const struct mp_issuer_keys *keys;
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc;

	rc = mp_jws_parse(check->presented.token, &jws, &why);
	if (!rc)
		rc = mp_verify_token(&jws, &guard->audiences, bound, check->request->now,
		    &guard->claims, &why);
	if (!rc)
		rc = mp_roles_read(&guard->role_claims, &guard->policy, jws.payload, &guard->roles, &why);
	if (rc) {
		rc = deny_for(check, rc, MP_DENY_TOKEN, &why, err);
		goto out;
	}
	keys = find_issuer(guard, guard->claims.iss);
	if (keys == NULL)
		rc = deny(check, MP_DENY_TOKEN, &check->needs,
		    "the token is from an issuer that is not trusted here", err);
	else
		rc = check_signature(check, &jws, keys, err);
out:
	mp_jws_free(&jws);
	return rc;
}

static enum mcpass_rc judge(struct check *check, struct mcpass_error *err)
{
	const struct mcpass_guard_request *request = check->request;
	struct mp_misfit misfit = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	rc = mp_policy_needs(&check->guard->policy, request->operations, request->operation_count,
	    &check->needs, err);
	if (rc)
		return rc;
	rc = mp_presented_find(request, check->guard->proofs.mode, &check->presented, &misfit, &why);
	if (rc) {
		check->presented.scheme = misfit.scheme;
		return deny_for(check, rc, misfit.denial, &why, err);
	}
	return check_token(check, err);
}

/* Whoever is told to come back needs the nonce, and so does whoever had the one before:
 * it would be refused soon.  spec: RFC 9449 8.2, 9 */
static enum mcpass_rc add_nonce(struct check *check, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	enum mcpass_rc rc;

	if (!mp_secret_present(&guard->proofs.nonce_secret)
	    || (check->verdict.status != 401 && !check->nonce_old))
		return MCPASS_OK;
	rc = mp_nonce_add(&guard->proofs.nonce_secret, check->request->now, &guard->nonce, err);
	if (!rc)
		check->verdict.dpop_nonce = mp_buf_text(&guard->nonce);
	return rc;
}

enum mcpass_rc mcpass_guard_check(struct mcpass_guard *guard,
    const struct mcpass_guard_request *request, struct mcpass_verdict *ret_verdict,
    struct mcpass_error *err)
{
	static const struct mcpass_verdict closed = {
		.type = MCPASS_DENY, .status = 503, .reason = "the guard failed",
	};
	struct check check = { .guard = guard, .request = request, .verdict = closed };
	enum mcpass_rc rc;

	mp_clear(err);
	*ret_verdict = closed;
	if (guard == NULL || request == NULL || request->now < 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "a check needs a guard, a request and the time");
	if (guard->proofs.mode != MCPASS_DPOP_OFF && request->method == NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9449 4.3",
		    "with DPoP a check needs the request's method");
	forget(guard);
	check.verdict.reason = NULL;
	rc = judge(&check, err);
	if (!rc)
		rc = add_nonce(&check, err);
	mp_strings_free(&check.needs);
	if (!rc)
		*ret_verdict = check.verdict;
	return mp_doing(err, rc, "checking a token");
}

enum mcpass_rc mcpass_guard_fetched(struct mcpass_guard *guard, const char *url, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	char *wanted = NULL;
	bool asked = false;
	enum mcpass_rc rc;

	mp_clear(err);
	if (guard == NULL || url == NULL || now < 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a guard, a URL and the time are needed");
	rc = mp_set(&wanted, url, err);         /* url may be ours, and change below */
	/* Two issuers may share a document. */
	for (size_t i = 0; wanted != NULL && i < guard->issuer_count; i++) {
		struct mp_issuer_keys *keys = &guard->issuers[i];
		enum mcpass_rc one;

		if (strcmp(mp_keys_url(keys), wanted) != 0)
			continue;
		asked = true;
		one = mp_keys_fetched(keys, status, body != NULL ? body : "",
		    body != NULL ? len : 0, now, err);
		rc = rc ? rc : one;
	}
	if (!rc && !asked)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "nobody asked for this URL: %s", wanted);
	free(wanted);
	return mp_doing(err, rc, "asking an issuer for its keys");
}

enum mcpass_rc mcpass_guard_metadata(const struct mcpass_guard *guard, const char *path,
    const char **ret_json, struct mcpass_error *err)
{
	const char *json = NULL;

	mp_clear(err);
	if (guard == NULL || path == NULL || path[0] != '/')
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a path begins with a slash");
	for (size_t i = 0; i < guard->metadata_urls.count; i++) {
		const char *url = guard->metadata_urls.items[i];

		/* Behind "https://" the first slash begins the path. */
		if (strcmp(strchr(strstr(url, "://") + 3, '/'), path) == 0)
			json = guard->metadata;
	}
	*ret_json = json;
	return MCPASS_OK;
}
