/* renew.h - whether a person who signed in at an identity provider may still have a token. */
#pragma once
#include "issuer/upstream/ask.h"

/* Before a refresh token of ours is used: asks the identity provider where it was not asked for
 * issuer->upstream_recheck seconds, and runs all the rules again.  Refuses with invalid_grant when
 * the sign-in is over, and then it is; with 503 while the provider does not answer. */
enum mcpass_rc mp_idp_renew(const struct mp_turn *turn, const char *session,
    struct mcpass_error *err);


/* A token of the identity provider's for a server behind us that was called with a token of that
 * sign-in, where the configuration names it.  The sign-in is renewed first where that is due.
 * *ret_upstream is the provider's; *ret_token: release with mp_token_free().  Refuses as above, and
 * with invalid_target, invalid_scope, invalid_request. */
enum mcpass_rc mp_idp_hand_out(const struct mp_turn *turn, const char *session,
    const struct mp_idp_ask *ask, const struct mp_idp **ret_upstream, struct mp_token *ret_token,
    struct mcpass_error *err);
