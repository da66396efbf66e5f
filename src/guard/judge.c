#include "guard/judge.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/scope.h"
#include "wire/b64url.h"

enum mcpass_rc mp_judge_deny(struct mp_check *check, enum mp_denial denial,
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

enum mcpass_rc mp_judge_deny_for(struct mp_check *check, enum mcpass_rc rc,
    enum mp_denial denial, const struct mcpass_error *why, struct mcpass_error *err)
{
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return mp_judge_deny(check, denial, &check->needs, why->detail, err);
}

void mp_judge_get(struct mp_check *check, const char *url)
{
	static const struct mcpass_header accept = { "Accept", "application/json" };
	struct mcpass_guard *guard = check->guard;

	guard->fetch = (struct mcpass_fetch){ .key = url, .method = "GET", .url = url,
		.headers = &accept, .header_count = 1, .max_response = MP_MAX_DOCUMENT };
	check->verdict.type = MCPASS_FETCH;
	check->verdict.fetch = &guard->fetch;
}

/* Whether a token that is no JWT of ours means to be one: three parts, the first of them a
 * JSON object (RFC 7515 3.1).  Then it is refused as one: alg none does not become better
 * by asking somebody. */
static enum mcpass_rc has_jwt_header(struct mp_span token, bool *ret_has,
    struct mcpass_error *err)
{
	const char *dot = memchr(token.data, '.', token.len);
	json_t *header = NULL;
	struct mp_buf text;
	enum mcpass_rc rc;

	*ret_has = false;
	if (dot == NULL)
		return MCPASS_OK;
	mp_buf_init(&text, MP_MAX_TOKEN);
	rc = mp_b64url_decode(&text, (struct mp_span){ token.data, (size_t)(dot - token.data) }, NULL);
	if (!rc)
		rc = mp_json_parse(mp_buf_text(&text), text.len, MP_MAX_TOKEN, "a header", &header, NULL);
	*ret_has = rc == MCPASS_OK && json_is_object(header);
	json_decref(header);
	mp_buf_free(&text);
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
}

/* An opaque token says nothing of its issuer, so the configuration has to.  Only one is
 * asked: whoever is asked could use the token. */
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

/* why: why it is no JWT. */
static enum mcpass_rc judge_opaque(struct mp_check *check, enum mcpass_rc failed,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	struct mp_guard_issuer *issuer = issuer_of_opaque(check);
	bool is_jwt = false;
	enum mcpass_rc rc;

	if (failed == MCPASS_E_NOMEM)
		return mp_nomem(err);
	rc = has_jwt_header(check->presented.token, &is_jwt, err);
	if (rc)
		return rc;
	if (issuer == NULL || is_jwt)
		return mp_judge_deny_for(check, failed, MP_DENY_TOKEN, why, err);
	return mp_judge_word(check, issuer, NULL, err);
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
	known = mp_memory_find(&guard->verified, check->digest);
	/* A key set that was replaced may have lost the key: then it is looked for again. */
	if (known != NULL && known->generation == guard->issuers[known->issuer].keys.generation)
		return mp_judge_known_jwt(check, known, err);
	rc = mp_jws_parse(check->presented.token, &jws, &why);
	if (rc)
		return judge_opaque(check, rc, &why, err);
	rc = mp_judge_jwt(check, &jws, err);
	mp_jws_free(&jws);
	return rc;
}

enum mcpass_rc mp_judge(struct mp_check *check, struct mcpass_error *err)
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
		return mp_judge_deny_for(check, rc, misfit.denial, &why, err);
	}
	return judge_token(check, err);
}
