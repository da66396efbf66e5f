/* verdict.h - how a refusal is put: status and challenge, both from one value.
 * spec: RFC 6750 3, 3.1; RFC 9449 7.1; RFC 9728 5.1; MCP 2026-07-28 "Error Handling" */
#pragma once
#include "base/buf.h"
#include "mcpass/guard.h"

/* What a proof may be signed with: all that mp_jws_verify() speaks, best first. */
#define MP_PROOF_ALGS "ES256 EdDSA ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512"

enum mp_denial {
	MP_DENY_UNAVAILABLE = 0,        /* we cannot tell: no keys, no memory */
	MP_DENY_NO_TOKEN,
	MP_DENY_REQUEST,                /* the request itself is wrong */
	MP_DENY_TOKEN,                  /* the token is not acceptable */
	MP_DENY_PROOF,                  /* its proof of possession is not */
	MP_DENY_NONCE,                  /* the proof has not our nonce */
	MP_DENY_SCOPE,                  /* the token is good, and not enough */
	MP_DENY_ROLE,                   /* its bearer may not, whatever the token's scopes */
	MP_DENY_BUSY                    /* too many proofs of its key to remember one more */
};

enum mp_scheme { MP_SCHEME_NONE = 0, MP_SCHEME_BEARER, MP_SCHEME_DPOP };

struct mp_verdict_inputs {                       /* borrowed */
	enum mp_denial denial;
	enum mp_scheme scheme;          /* that the request used; the error is about it */
	enum mcpass_dpop_mode dpop;     /* which schemes there are */
	const char *metadata_url;
	const char *scope;              /* what to ask for, or NULL */
	/* A sentence for the operator, or NULL; it may hold the token's words,
	 * never the token. */
	const char *why;
};

int mp_verdict_status(enum mp_denial denial);

/* Appends the value of WWW-Authenticate: one challenge, or two with a comma between them;
 * nothing for a denial that no other token would mend. */
enum mcpass_rc mp_verdict_challenge(const struct mp_verdict_inputs *reply, struct mp_buf *challenge,
    struct mcpass_error *err);
