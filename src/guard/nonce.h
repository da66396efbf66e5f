/* nonce.h - nonces that need no store: each is a MAC of its slot of time.
 * spec: RFC 9449 8, 9, 11.3 */
#ifndef MP_GUARD_NONCE_H
#define MP_GUARD_NONCE_H
#include <stdint.h>
#include "base/buf.h"
#include "base/secret.h"

enum mp_nonce_age { MP_NONCE_NONE = 0, MP_NONCE_OLD, MP_NONCE_CURRENT };

/* Appends the nonce to hand out now.  now is not negative, here and below. */
enum mcpass_rc mp_nonce_add(const struct mp_secret *secret, int64_t now, struct mp_buf *nonce,
    struct mcpass_error *err);
/* Whether a nonce (NULL: there is none) is this slot's or the one before's; any other is
 * MP_NONCE_NONE. */
enum mcpass_rc mp_nonce_judge(const struct mp_secret *secret, const char *nonce, int64_t now,
    enum mp_nonce_age *ret_age, struct mcpass_error *err);

#endif
