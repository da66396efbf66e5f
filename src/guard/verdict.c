#include "guard/verdict.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/limits.h"
#include "guard/judge.h"
#include "oauth/scope.h"
#include "wire/challenge.h"

/* A denial without a code is one that RFC 6750 3.1 gives none: the client did nothing
 * wrong, it was just not told yet. */
static const struct {
	int status;
	const char *error;
} denials[] = {
	[MP_DENY_UNAVAILABLE] = { 503, NULL },
	[MP_DENY_NO_TOKEN] = { 401, NULL },
	[MP_DENY_REQUEST] = { 400, "invalid_request" },
	[MP_DENY_TOKEN] = { 401, "invalid_token" },
	[MP_DENY_PROOF] = { 401, "invalid_dpop_proof" },        /* spec: RFC 9449 7.1 */
	[MP_DENY_NONCE] = { 401, "use_dpop_nonce" },            /* spec: RFC 9449 9 */
	[MP_DENY_SCOPE] = { 403, "insufficient_scope" },
	[MP_DENY_ROLE] = { 403, NULL },
	[MP_DENY_BUSY] = { 429, NULL },
};

int mp_verdict_status(enum mp_denial denial)
{
	return denials[denial].status;
}

/* spec: RFC 6750 3: the characters that error_description may have */
static void make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
			*text = *text == '"' ? '\'' : '?';
}

static void add_error(struct mp_buf *challenge, const char *error, const char *why)
{
	char plain[256];

	mp_challenge_add(challenge, "error", error);
	(void)snprintf(plain, sizeof(plain), "%s", why != NULL ? why : "");
	make_plain(plain);
	mp_challenge_add(challenge, "error_description", plain[0] != '\0' ? plain : NULL);
}

static void add_challenge(const struct mp_verdict_inputs *reply, enum mp_scheme scheme,
    const char *error, struct mp_buf *challenge)
{
	mp_buf_adds(challenge, scheme == MP_SCHEME_DPOP ? "DPoP " : "Bearer ");
	/* spec: RFC 9728 5.1 */
	mp_challenge_add(challenge, "resource_metadata", reply->metadata_url);
	mp_challenge_add(challenge, "scope", reply->scope);
	if (scheme == MP_SCHEME_DPOP)   /* spec: RFC 9449 7.1 */
		mp_challenge_add(challenge, "algs", MP_PROOF_ALGS);
	if (error != NULL)
		add_error(challenge, error, reply->why);
}

/* The scheme that the error is about; where only one is accepted, that one. */
static enum mp_scheme concerned(const struct mp_verdict_inputs *reply)
{
	if (reply->dpop == MCPASS_DPOP_REQUIRED)
		return MP_SCHEME_DPOP;
	if (reply->dpop == MCPASS_DPOP_OFF)
		return MP_SCHEME_BEARER;
	return reply->scheme == MP_SCHEME_DPOP ? MP_SCHEME_DPOP : MP_SCHEME_BEARER;
}

/* Both schemes are offered where another token is wanted; the error stands with the one
 * that was used.  spec: RFC 9449 7.1, 7.2 */
enum mcpass_rc mp_verdict_challenge(const struct mp_verdict_inputs *reply, struct mp_buf *challenge,
    struct mcpass_error *err)
{
	const char *error = denials[reply->denial].error;
	enum mp_scheme about = concerned(reply);
	bool both = reply->dpop == MCPASS_DPOP_ACCEPTED
	    && (reply->denial == MP_DENY_NO_TOKEN || reply->denial == MP_DENY_TOKEN);

	/* A challenge after these would send the person to log in again, for nothing: with
	 * insufficient_scope to ask for more, time and again. */
	if (reply->denial == MP_DENY_UNAVAILABLE || reply->denial == MP_DENY_ROLE
	    || reply->denial == MP_DENY_BUSY)
		return MCPASS_OK;
	if (both || about == MP_SCHEME_BEARER)
		add_challenge(reply, MP_SCHEME_BEARER, about == MP_SCHEME_BEARER ? error : NULL,
		    challenge);
	if (both)
		mp_buf_adds(challenge, ", ");
	if (both || about == MP_SCHEME_DPOP)
		add_challenge(reply, MP_SCHEME_DPOP, about == MP_SCHEME_DPOP ? error : NULL,
		    challenge);
	return mp_buf_check(challenge, "the challenge", err);
}

enum mcpass_rc mp_verdict_deny(struct mp_check *check, enum mp_denial denial,
    const struct mp_strings *scopes, const char *why, struct mcpass_error *err)
{
	struct mcpass_guard *guard = check->guard;
	struct mp_verdict_inputs reply = { .denial = denial, .scheme = check->presented.scheme,
		.dpop = guard->proofs.mode, .metadata_url = guard->metadata_urls.items[0],
		.why = why };
	struct mp_strings named = { 0 };
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_merge(&named, scopes, err);

	if (!rc && mp_verdict_status(denial) == 401)
		rc = mp_scope_merge(&named, &check->terms->policy.always_asked, err);
	if (!rc)
		rc = mp_scope_join(&named, &scope, err);
	reply.scope = scope;
	if (!rc)
		rc = mp_verdict_challenge(&reply, &guard->challenge, err);
	mp_strings_free(&named);
	free(scope);
	if (rc)
		return rc;
	(void)snprintf(guard->reason, sizeof(guard->reason), "%s", why);
	check->verdict.status = mp_verdict_status(denial);
	check->verdict.reason = guard->reason;
	if (guard->challenge.len > 0)
		check->verdict.www_authenticate = mp_buf_text(&guard->challenge);
	return MCPASS_OK;
}

enum mcpass_rc mp_verdict_deny_for(struct mp_check *check, enum mcpass_rc rc,
    enum mp_denial denial, const struct mcpass_error *why, struct mcpass_error *err)
{
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return mp_verdict_deny(check, denial, &check->needs, why->detail, err);
}

void mp_verdict_fetch(struct mp_check *check, const char *url)
{
	static const struct mcpass_header accept = { "Accept", "application/json" };
	struct mcpass_guard *guard = check->guard;

	guard->fetch = (struct mcpass_fetch){ .key = url, .method = "GET", .url = url,
		.headers = &accept, .header_count = 1, .max_response = MP_MAX_DOCUMENT };
	check->verdict.type = MCPASS_FETCH;
	check->verdict.fetch = &guard->fetch;
}
