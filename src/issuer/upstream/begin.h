/* begin.h - a person is asked here, for each client, before the browser is sent to an identity
 * provider; what they allow is bound to their browser.
 * spec: MCP 2026-07-28 security considerations (confused deputy); RFC 9700 2.1, 4.4, 4.7 */
#pragma once
#include "issuer/login/pending.h"
#include "issuer/upstream/ask.h"

#define MP_IDP_ALLOW "allow "           /* the decision: this, and the provider's name */

/* Parks it and shows the page that asks, and where to sign in; problem may be NULL. */
enum mcpass_rc mp_idp_page(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, const char *problem,
    struct mcpass_error *err);
/* The person allowed it.  *ret_gone: the answer sends the browser to pending->upstream; else it is
 * the page again.  Refuses in words for the person. */
enum mcpass_rc mp_idp_begin(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, const char *decision, bool *ret_gone,
    struct mcpass_error *err);
/* The second click on the button: the same answer, while the sign-in is not over. */
enum mcpass_rc mp_idp_again(const struct mp_turn *turn, const char *upstream,
    const struct mp_secret *ticket, struct mcpass_error *err);

/* True when what the page showed is what would be shown now. */
enum mcpass_rc mp_idp_was_shown(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, bool *ret_shown, struct mcpass_error *err);

/* What a sign-in under way is remembered as, by the hash of its state. */
#define MP_KIND_SIGN_IN "upstream_sign_in"
/* nonce and code_verifier follow from the state: neither is written down. */
enum mcpass_rc mp_idp_derive(const struct mp_turn *turn, const struct mp_secret *state,
    struct mp_secret *ret_nonce, struct mp_secret *ret_verifier, struct mcpass_error *err);
