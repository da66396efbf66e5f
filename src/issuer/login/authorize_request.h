/* authorize_request.h - what an authorization request asks for, and whether it may: as it comes
 * to /authorize, and as it is pushed.  Each refuses with the codes of RFC 6749 4.1.2.1. */
#pragma once
#include "issuer/login/pending.h"

/* The redirect URI is the client's: before, a mistake is told to no address. */
enum mcpass_rc mp_authorize_request_trust(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err);
/* All the rest of it. */
enum mcpass_rc mp_authorize_request_read(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err);
/* Both. */
enum mcpass_rc mp_authorize_request_check(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err);
/* Reads the scope that is asked for into pending: what the client may have, all of it when
 * none is named. */
enum mcpass_rc mp_authorize_request_scope(const struct mp_turn *turn, const struct mp_form *query,
    const struct mp_client *client, struct mp_pending *pending, struct mcpass_error *err);
