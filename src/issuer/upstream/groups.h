/* groups.h - a person's groups where they are too many for a token, as Microsoft Graph tells them. */
#pragma once
#include "issuer/core.h"
#include "issuer/upstream/idp.h"
#include "oauth/token.h"

/* Asks upstream->groups_endpoint with the person's own token, and puts what it says in place of what
 * the claims lack; what has more pages is followed, on that origin alone.  What cannot be had, or
 * used, is a failure, never no groups or some of them: MCPASS_E_IO, _E_PROTOCOL.  Where the claims
 * say that the groups are is not looked at. */
enum mcpass_rc mp_groups_add(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t *claims, struct mcpass_error *err);
/* One page: groups (a list) gets what is in it.  *ret_next is where the next one is, the caller's
 * (free), or untouched. */
enum mcpass_rc mp_groups_read(const struct mp_idp *upstream, const char *data, size_t len,
    json_t *groups, char **ret_next, struct mcpass_error *err);
