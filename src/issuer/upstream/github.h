/* github.h - who a person is at a provider with OAuth and without OpenID Connect: by its API. */
#ifndef MP_ISSUER_UPSTREAM_GITHUB_H
#define MP_ISSUER_UPSTREAM_GITHUB_H
#include "issuer/upstream/ask.h"
#include "issuer/upstream/errand.h"

/* A GET with the access token, once; ret_answer has a status that is not passing.  (ask.c) */
enum mcpass_rc mp_idp_get(const struct mp_turn *turn, const struct mp_secret *access_token,
    const char *url, struct mp_errand_answer *ret_answer, struct mcpass_error *err);

/* The user, with "email" and "email_verified" of the primary address, and "organizations". */
enum mcpass_rc mp_github_user(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t **ret_claims, struct mcpass_error *err);

#endif
