/* judge.h - one check of one request, from the token to the verdict.
 *
 * judge.c finds out whose token it is, jwt.c and introspected.c whether it is good, admit.c
 * whether it is good for this, verdict.c how a refusal is put. */
#pragma once
#include "guard/guard.h"

/* The verdict is a deny with status 503 until something better is known. */
struct mp_check {
	struct mcpass_guard *guard;
	const struct mcpass_guard_request *request;
	const struct mp_terms *terms;   /* its issuer's, once that is known */
	struct mp_strings needs;        /* the scopes of what is asked for */
	struct mp_credentials presented;
	uint8_t digest[MP_SHA256_LEN];  /* of the token */
	bool nonce_old;                 /* the proof had last slot's nonce */
	struct mcpass_verdict verdict;
};

/* What is said of a token that is good; borrowed. */
struct mp_finding {
	const struct mp_claims *claims;
	const struct mp_strings *scopes;        /* the claims' own, or fewer */
	const struct mp_guard_issuer *issuer;
	const char *introspection;      /* as in the verdict */
};

enum mcpass_rc mp_judge(struct mp_check *check, struct mcpass_error *err);

/* Fills check->needs by the terms that count. */
enum mcpass_rc mp_admit_needs(struct mp_check *check, struct mcpass_error *err);
/* From here on the terms of that issuer count. */
enum mcpass_rc mp_admit_use(struct mp_check *check, const struct mp_guard_issuer *issuer,
    struct mcpass_error *err);

/* Goes on with a JWT (jws), or with one that was found good before (entry). */
enum mcpass_rc mp_jwt_judge(struct mp_check *check, const struct mp_jws *jws,
    struct mcpass_error *err);
enum mcpass_rc mp_jwt_judge_known(struct mp_check *check, const struct mp_entry *entry,
    struct mcpass_error *err);
/* Goes on with an issuer's word on the token; jwt: what it says itself, NULL when opaque. */
enum mcpass_rc mp_introspected_judge(struct mp_check *check, struct mp_guard_issuer *issuer,
    const struct mp_claims *jwt, struct mcpass_error *err);
/* Takes the answer to such a question. */
enum mcpass_rc mp_introspected_fetched(struct mcpass_guard *guard, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err);
/* What such a question is called among guards that share memory: the same when the same client
 * asks the same endpoint about the same token.  *ret_since: an answer must be newer than that.
 * MCPASS_E_USAGE: none of the guard's. */
enum mcpass_rc mp_introspected_question(struct mcpass_guard *guard, const char *key, int64_t now,
    uint8_t ret_hash[MP_SHA256_LEN], int64_t *ret_since, struct mcpass_error *err);
/* Goes on with a token that is good: proof, roles, scopes. */
enum mcpass_rc mp_admit(struct mp_check *check, const struct mp_finding *finding,
    struct mcpass_error *err);

/* Status, challenge and reason, all from the one denial. */
enum mcpass_rc mp_verdict_deny(struct mp_check *check, enum mp_denial denial,
    const struct mp_strings *scopes, const char *why, struct mcpass_error *err);
/* Turns a failed check into a denial; what this machine could not do stays a failure. */
enum mcpass_rc mp_verdict_deny_for(struct mp_check *check, enum mcpass_rc rc,
    enum mp_denial denial, const struct mcpass_error *why, struct mcpass_error *err);
/* The verdict: GET url first. */
void mp_verdict_fetch(struct mp_check *check, const char *url);
