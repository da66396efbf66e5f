/* proof.h - does the sender of a token hold the key that it is bound to, and is the proof
 * of that a new one?
 * spec: RFC 9449 4.3, 7, 8, 9, 11.1; MCP SEP-1932 */
#pragma once
#include "guard/credentials.h"
#include "base/secret.h"
#include "guard/shared.h"

struct mp_proofs {
	enum mcpass_dpop_mode mode;
	char *resource;                 /* what a proof is for when the request says nothing */
	struct mp_secret nonce_secret;  /* absent: no nonce is asked for */
	struct mp_shared *shared;       /* borrowed: where proofs are remembered */
};

/* MCPASS_E_USAGE: no such mode; a nonce secret that is too short, too long, or of no use
 * with DPoP off.  Free it in any case. */
enum mcpass_rc mp_proofs_init(struct mp_proofs *proofs, const struct mcpass_guard_config *cfg,
    struct mp_shared *shared, struct mcpass_error *err);
void mp_proofs_free(struct mp_proofs *proofs);

/* Judges the proof that came with a token bound to the key of that thumbprint (cnf.jkt),
 * and uses it up.  *ret_nonce_old: its nonce serves for the last time, a new one is due.
 * MCPASS_E_POLICY, _E_DENIED, _E_LIMIT: not acceptable; *ret_denial says how that is
 * answered. */
enum mcpass_rc mp_proofs_check(struct mp_proofs *proofs,
    const struct mcpass_guard_request *request, const struct mp_credentials *presented,
    const char *thumbprint, bool *ret_nonce_old, enum mp_denial *ret_denial,
    struct mcpass_error *err);
