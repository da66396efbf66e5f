/* A JWT: its claims, its issuer, its key, its signature. */
#include <stdlib.h>
#include <string.h>
#include "guard/judge.h"
#include "guard/verify.h"

/* spec: RFC 7519 4.1.1; RFC 8725 3.8: bytes are compared, nothing is normalised.  NULL: no
 * issuer of ours. */
static struct mp_guard_issuer *find_issuer(struct mcpass_guard *guard, const char *iss)
{
	for (size_t i = 0; iss != NULL && i < guard->issuer_count; i++)
		if (strcmp(guard->issuers[i].name, iss) == 0)
			return &guard->issuers[i];
	return NULL;
}

/* All that does not need the key, at each request: nothing of it stays true for long.
 * *ret_issuer is NULL when the verdict is in already. */
static enum mcpass_rc judge_claims(struct mp_check *check, const struct mp_claims *claims,
    struct mp_guard_issuer **ret_issuer, struct mcpass_error *err)
{
	struct mp_guard_issuer *issuer = find_issuer(check->guard, claims->iss);
	struct mp_expect expect = { .bound = check->presented.scheme == MP_SCHEME_DPOP,
		.now = check->request->now };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = issuer != NULL ? mp_admit_use(check, issuer, err) : MCPASS_OK;

	*ret_issuer = NULL;
	if (rc)
		return rc;
	if (claims->iss != NULL && issuer == NULL)
		return mp_verdict_deny(check, MP_DENY_TOKEN, &check->needs,
		    "the token is from an issuer that is not trusted here", err);
	expect.terms = check->terms;
	rc = mp_verify_claims(claims, &expect, &why);
	if (rc)
		return mp_verdict_deny_for(check, rc, MP_DENY_TOKEN, &why, err);
	*ret_issuer = issuer;
	return MCPASS_OK;
}

/* The claims as its issuer's terms read them; of an issuer that is not ours, as any. */
static enum mcpass_rc read_claims(struct mp_check *check, const json_t *payload,
    struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	const struct mp_guard_issuer *issuer = find_issuer(guard,
	    mp_json_text(payload, "iss"));
	const struct mp_terms *terms = issuer != NULL ? &issuer->terms : &guard->terms;

	return mp_claims_read(payload, &terms->role_claims, &terms->policy, &guard->claims, err);
}

/* spec: RFC 8725 3.1, 3.10: the key comes from the issuer's own set; kid is compared with
 * the kids there, and jwk, jku, x5u in the header are never looked at.
 * *ret_found is false when the verdict is in already. */
static enum mcpass_rc find_keys(struct mp_check *check, const struct mp_guard_issuer *issuer,
    const char *kid, enum mp_alg alg, bool *ret_found, struct mcpass_error *err)
{
	const char *url = NULL;

	*ret_found = false;
	switch (mp_keys_find(&issuer->keys, kid, alg, check->request->now, &url)) {
	case MP_KEYS_FETCH:
		mp_verdict_fetch(check, url);
		return MCPASS_OK;
	case MP_KEYS_UNKNOWN:
		return mp_verdict_deny(check, MP_DENY_TOKEN, &check->needs,
		    "the issuer has no key of that kid and algorithm", err);
	case MP_KEYS_UNAVAILABLE:
		return mp_verdict_deny(check, MP_DENY_UNAVAILABLE, &check->needs,
		    mp_keys_failure(&issuer->keys), err);
	case MP_KEYS_FOUND:
		*ret_found = true;
	}
	return MCPASS_OK;
}

static enum mcpass_rc go_on(struct mp_check *check, const struct mp_claims *claims,
    struct mp_guard_issuer *issuer, struct mcpass_error *err)
{
	const struct mp_finding finding = { claims, &claims->scopes, issuer, NULL };

	if (issuer->introspector.is_used && issuer->introspector.what == MCPASS_INTROSPECT_ALL)
		return mp_introspected_judge(check, issuer, claims, err);
	return mp_admit(check, &finding, err);
}

/* Moves the claims of the token at hand into an entry of their own. */
static enum mcpass_rc remember(struct mp_check *check, const struct mp_jws *jws,
    const struct mp_guard_issuer *issuer, const struct mp_claims **ret_claims,
    struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	struct mp_entry *entry = calloc(1, sizeof(*entry));
	enum mcpass_rc rc;

	if (entry == NULL)
		return mp_nomem(err);
	rc = mp_set(&entry->kid, jws->kid, err);
	if (rc) {
		mp_entry_free(entry);
		return rc;
	}
	memcpy(entry->digest, check->digest, sizeof(entry->digest));
	entry->claims = guard->claims;
	guard->claims = (struct mp_claims){ 0 };
	entry->issuer = (size_t)(issuer - guard->issuers);
	entry->alg = jws->alg;
	entry->generation = issuer->keys.generation;
	mp_cache_add(&guard->verified, entry);
	*ret_claims = &entry->claims;
	return MCPASS_OK;
}

/* A signature is good for ever, with that key set: the other guards need not look at it. */
static enum mcpass_rc check_signature(struct mp_check *check, const struct mp_jws *jws,
    const struct mp_issuer_keys *keys, struct mcpass_error *err)
{
	struct mp_shared *shared = &check->guard->shared;
	uint8_t both[2 * MP_SHA256_LEN], hash[MP_SHA256_LEN];
	int64_t now = check->request->now, until = mp_claims_expiry(&check->guard->claims);
	enum mcpass_rc rc;

	if (shared->signatures == NULL)
		return mp_jws_verify_by(jws, &keys->set, err);
	memcpy(both, check->digest, MP_SHA256_LEN);
	memcpy(both + MP_SHA256_LEN, keys->digest, MP_SHA256_LEN);
	rc = mp_sha256(both, sizeof(both), hash, err);
	if (rc || mp_shared_is_signed(shared, hash, now))
		return rc;
	rc = mp_jws_verify_by(jws, &keys->set, err);
	if (!rc)
		mp_shared_add_signed(shared, hash, until, now);
	return rc;
}

/* *ret_good is false when the verdict is in already. */
static enum mcpass_rc verify(struct mp_check *check, const struct mp_jws *jws,
    const struct mp_guard_issuer *issuer, bool *ret_good, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = check_signature(check, jws, &issuer->keys, &why);
	const char *url = NULL;

	*ret_good = rc == MCPASS_OK;
	if (rc == MCPASS_E_POLICY)
		url = mp_keys_newer(&issuer->keys, check->request->now);
	if (url != NULL) {
		mp_verdict_fetch(check, url);
		return MCPASS_OK;
	}
	return rc ? mp_verdict_deny_for(check, rc, MP_DENY_TOKEN, &why, err) : MCPASS_OK;
}

/* The claims come before the signature: they cost nothing, and only a token that would be
 * let in is worth a question to its issuer. */
enum mcpass_rc mp_jwt_judge(struct mp_check *check, const struct mp_jws *jws,
    struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	const struct mp_claims *claims = NULL;
	struct mp_guard_issuer *issuer = NULL;
	struct mcpass_error why = { 0 };
	bool go = false;
	enum mcpass_rc rc = mp_verify_typ(jws, &why);

	if (!rc)
		rc = read_claims(check, jws->payload, &why);
	if (rc)
		return mp_verdict_deny_for(check, rc, MP_DENY_TOKEN, &why, err);
	rc = judge_claims(check, &guard->claims, &issuer, err);
	if (!rc && issuer != NULL)
		rc = find_keys(check, issuer, jws->kid, jws->alg, &go, err);
	if (!rc && go)
		rc = verify(check, jws, issuer, &go, err);
	if (rc || !go)
		return rc;
	rc = remember(check, jws, issuer, &claims, err);
	return rc ? rc : go_on(check, claims, issuer, err);
}

/* Only the signature is not looked at again: the key is still in the set that it was found
 * good with. */
enum mcpass_rc mp_jwt_judge_known(struct mp_check *check, const struct mp_entry *entry,
    struct mcpass_error *err)
{
	struct mp_guard_issuer *issuer = NULL;
	bool go = false;
	enum mcpass_rc rc = judge_claims(check, &entry->claims, &issuer, err);

	if (!rc && issuer != NULL)
		rc = find_keys(check, issuer, entry->kid, entry->alg, &go, err);
	if (rc || !go)
		return rc;
	return go_on(check, &entry->claims, issuer, err);
}
