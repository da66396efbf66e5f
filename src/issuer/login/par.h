/* par.h - pushed authorization requests.  spec: RFC 9126 */
#pragma once
#include "issuer/login/pending.h"

/* Puts the request that query refers to, when it does, in place of query, and binds it to
 * this browser, which may reload its link until it has answered.  Fills
 * pending->pushed, browser and expires_at.  spec: RFC 9126 4 (a user reloading) */
enum mcpass_rc mp_par_open(const struct mp_turn *turn, struct mp_form *query,
    struct mp_pending *pending, struct mcpass_error *err);
/* The request of pending, if it was pushed, gets its one answer: refuses the second one. */
enum mcpass_rc mp_par_use_up(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mcpass_error *err);
