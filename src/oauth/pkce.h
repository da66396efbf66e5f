/* pkce.h - proof key for code exchange, S256 only.  spec: RFC 7636 4.1, 4.2, 4.6 */
#pragma once
#include "wire/jose/crypto.h"

/* A fresh verifier of 43 characters and its challenge, the caller's (free). */
enum mcpass_rc mp_pkce_new(mcpass_random_fn *random, void *ctx, struct mp_secret *ret_verifier,
    char **ret_challenge, struct mcpass_error *err);
/* The server's side: MCPASS_E_DENIED unless verifier is well-formed and its S256 is
 * challenge. */
enum mcpass_rc mp_pkce_check(const char *verifier, const char *challenge,
    struct mcpass_error *err);
