/* entropy.h - random bytes for keys, as a mcpass_random_fn. */
#pragma once
#include "mcpass/error.h"

/* OpenSSL's generator; ctx is not used.  0 on success. */
int mp_entropy(void *ctx, uint8_t *out, size_t len);
