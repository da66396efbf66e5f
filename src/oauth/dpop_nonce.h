/* dpop_nonce.h - a server's nonces that need no store: each is a MAC of its slot of time.
 * spec: RFC 9449 8, 9, 11.3 */
#pragma once
#include <stdint.h>
#include "base/buf.h"
#include "base/text.h"

enum mp_dpop_nonce_age { MP_DPOP_NONCE_NONE = 0, MP_DPOP_NONCE_OLD, MP_DPOP_NONCE_CURRENT };

/* Appends the nonce to hand out now.  key is known to this server, and to those that share its
 * load, only.  now is not negative, here and below. */
enum mcpass_rc mp_dpop_nonce_add(struct mp_span key, int64_t now, struct mp_buf *nonce,
    struct mcpass_error *err);
/* Whether a nonce (NULL: there is none) is this slot's or the one before's; any other is
 * MP_DPOP_NONCE_NONE. */
enum mcpass_rc mp_dpop_nonce_judge(struct mp_span key, const char *nonce, int64_t now,
    enum mp_dpop_nonce_age *ret_age, struct mcpass_error *err);
