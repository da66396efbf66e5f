#include "guard/judge.h"
#include <stdlib.h>
#include <string.h>
#include "guard/foreign.h"

/* NULL: no issuer of ours of that name is asked about tokens. */
static struct mp_guard_issuer *asked_issuer(struct mcpass_guard *guard, const char *name)
{
	for (size_t i = 0; i < guard->issuer_count; i++)
		if (guard->issuers[i].introspector.is_used && strcmp(guard->issuers[i].name, name) == 0)
			return &guard->issuers[i];
	return NULL;
}

/* An opaque token says nothing of its issuer, so the configuration has to.  Only one is
 * asked: the issuer that is asked could use the token. */
static struct mp_guard_issuer *issuer_of_opaque(const struct mp_check *check)
{
	struct mcpass_guard *guard = check->guard;
	struct mp_guard_issuer *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < guard->issuer_count; i++) {
		struct mp_guard_issuer *issuer = &guard->issuers[i];
		size_t len = issuer->introspector.is_used ? strlen(issuer->introspector.prefix) : 0;

		if (issuer->introspector.is_used && len <= check->presented.token.len
		    && memcmp(check->presented.token.data, issuer->introspector.prefix, len) == 0
		    && (best == NULL || len > best_len)) {
			best = issuer;
			best_len = len;
		}
	}
	return best;
}

/* Who is asked about a token that we cannot read as a JWT of ours; *ret_issuer NULL: it is
 * refused as what it is. */
static enum mcpass_rc whom_to_ask(const struct mp_check *check,
    struct mp_guard_issuer **ret_issuer, struct mcpass_error *err)
{
	struct mp_foreign foreign = { 0 };
	enum mcpass_rc rc = mp_foreign_read(check->presented.token, &foreign, err);

	*ret_issuer = NULL;
	if (!rc && foreign.kind != MP_FOREIGN_REFUSED)
		*ret_issuer = issuer_of_opaque(check);
	/* It says whose it is: then that one is asked, and no other. */
	if (!rc && foreign.iss != NULL)
		*ret_issuer = asked_issuer(check->guard, foreign.iss);
	free(foreign.iss);
	return rc;
}

/* why: why it is no JWT of ours. */
static enum mcpass_rc judge_opaque(struct mp_check *check, enum mcpass_rc failed,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mp_guard_issuer *issuer = NULL;
	enum mcpass_rc rc;

	if (failed == MCPASS_E_NOMEM)
		return mp_nomem(err);
	rc = whom_to_ask(check, &issuer, err);
	if (rc)
		return rc;
	if (issuer == NULL)
		return mp_verdict_deny_for(check, failed, MP_DENY_TOKEN, why, err);
	return mp_introspected_judge(check, issuer, NULL, err);
}

static enum mcpass_rc judge_token(struct mp_check *check, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	const struct mp_entry *known;
	struct mcpass_error why = { 0 };
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc;

	rc = mp_sha256(check->presented.token.data, check->presented.token.len, check->digest, err);
	if (rc)
		return rc;
	known = mp_cache_find(&guard->verified, check->digest);
	/* A key set that was replaced may have lost the key: then it is looked for again. */
	if (known != NULL && known->generation == guard->issuers[known->issuer].keys.generation)
		return mp_jwt_judge_known(check, known, err);
	rc = mp_jws_parse(check->presented.token, &jws, &why);
	if (rc)
		return judge_opaque(check, rc, &why, err);
	rc = mp_jwt_judge(check, &jws, err);
	mp_jws_free(&jws);
	return rc;
}

enum mcpass_rc mp_judge(struct mp_check *check, struct mcpass_error *err)
{
	const struct mcpass_guard_request *request = check->request;
	struct mp_misfit misfit = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	check->terms = &check->guard->terms;
	rc = mp_admit_needs(check, err);
	if (rc)
		return rc;
	rc = mp_credentials_find(request, check->guard->proofs.mode, &check->presented, &misfit, &why);
	if (rc) {
		check->presented.scheme = misfit.scheme;
		return mp_verdict_deny_for(check, rc, misfit.denial, &why, err);
	}
	return judge_token(check, err);
}
