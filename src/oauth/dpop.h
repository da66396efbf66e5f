/* dpop.h - proof of possession: a stolen token is of no use without its key.
 * spec: RFC 9449; MCP SEP-1932 */
#pragma once
#include <stdint.h>
#include "wire/jose/jws.h"

struct mp_dpop_inputs {
	const char *method;             /* of the request that the proof goes with */
	const char *url;                /* its URL: query and fragment are left out */
	const struct mp_secret *access_token; /* the one it goes with, NULL at a token endpoint */
	const char *nonce;              /* the server's last one, or NULL */
	int64_t now;                    /* Unix time, seconds */
	mcpass_random_fn *random;       /* for jti: never the same twice */
	void *random_ctx;
};
/* A fresh proof for one request, the value of its DPoP header; spec: RFC 9449 4.2.
 * The caller's (mp_secret_free).  MCPASS_E_PROTOCOL: nonce is not one (RFC 9449 8.1);
 * MCPASS_E_USAGE: key has no private part. */
enum mcpass_rc mp_dpop_prove(const struct mp_key *key, const struct mp_dpop_inputs *inputs,
    struct mp_secret *ret_proof, struct mcpass_error *err);

/* The server's side; spec: RFC 9449 4.3.  NOT checked here: whether jti was seen before
 * and whether the nonce is one of ours: both are handed back for that; nor whether the
 * request had one DPoP header only. */
struct mp_dpop_expect {
	const char *method, *url;
	const struct mp_span *access_token; /* or NULL */
	const char *thumbprint;         /* the token's cnf.jkt, or NULL: any key */
	int64_t now;
};
struct mp_dpop_proof {                  /* owned; release with mp_dpop_proof_free() */
	char *thumbprint, *jti, *nonce; /* nonce NULL when it has none */
	int64_t until;                  /* the last second at which it would pass again */
};
/* MCPASS_E_DENIED with oauth "invalid_dpop_proof": malformed, another typ, a symmetric or
 * private key, another method, URL, token or key, issued too far from now, expired or not
 * yet valid where it says so, a jti over MP_MAX_JTI bytes. */
enum mcpass_rc mp_dpop_check(const char *proof, const struct mp_dpop_expect *expect,
    struct mp_dpop_proof *ret_proof, struct mcpass_error *err);
void mp_dpop_proof_free(struct mp_dpop_proof *proof);
