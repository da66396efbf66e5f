/* allowed.h - the consent that is remembered: for all that its page showed, and for no more.
 * spec: RFC 9700 2.1, 4.16; RFC 8252 8.6 */
#pragma once
#include "issuer/login/pending.h"

/* A digest of what the page shows: the person, the client with its name and its redirect
 * URIs, where the answer goes, the resource, the scopes.  The caller's (free). */
enum mcpass_rc mp_allowed_digest(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, char **ret_digest,
    struct mcpass_error *err);

/* True when the same person may be spared the same page at all. */
bool mp_allowed_lasts(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending);
/* *ret_allowed: this person has seen just this page before, and allowed at least scopes. */
enum mcpass_rc mp_allowed_find(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, bool *ret_allowed,
    struct mcpass_error *err);
enum mcpass_rc mp_allowed_remember(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, struct mcpass_error *err);
