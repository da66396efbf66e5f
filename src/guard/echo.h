/* echo.h - an issuer may repeat what it was sent where it says why it refuses, and that goes to a log. */
#pragma once
#include "base/secret.h"
#include "wire/jose/crypto.h"

/* Overwrites with '*' our client secret in what went wrong, and the token of that hash.  More than the
 * hash is not known when the answer comes: the token is found as it is, or where the text ends in it. */
void mp_echo_mask(struct mcpass_error *why, const uint8_t digest[MP_SHA256_LEN],
    const struct mp_secret *client_secret);
