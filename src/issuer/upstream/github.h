/* github.h - who a person is at a provider with OAuth and without OpenID Connect: by its API. */
#pragma once
#include "issuer/core.h"
#include "issuer/upstream/idp.h"
#include "oauth/token.h"

/* The user, with "email" and "email_verified" of the primary address, and "organizations". */
enum mcpass_rc mp_github_user(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t **ret_claims, struct mcpass_error *err);
