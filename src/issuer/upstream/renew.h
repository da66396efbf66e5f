/* renew.h - whether a person who signed in at an identity provider may still have a token. */
#ifndef MP_ISSUER_UPSTREAM_RENEW_H
#define MP_ISSUER_UPSTREAM_RENEW_H
#include "issuer/core.h"

/* Before a refresh token of ours is used: asks the identity provider where it was not asked for
 * issuer->upstream_recheck seconds, and runs all the rules again.  Refuses with invalid_grant when
 * the sign-in is over, and then it is; with 503 while the provider does not answer. */
enum mcpass_rc mp_idp_renew(const struct mp_turn *turn, const char *session,
    struct mcpass_error *err);

#endif
