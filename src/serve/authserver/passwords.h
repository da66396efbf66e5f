/* passwords.h - compares passwords off the thread that serves, for an issuer.
 *
 * A comparison is asked for, done by a worker and asked for again.  What a program sends with
 * every request (a client's secret) may be remembered once it was right: under a keyed hash,
 * a bounded number of them, until the process ends. */
#pragma once
#include "issuer/issuer.h"

struct mp_passwords;
/* done is called in a worker's thread after each comparison. */
enum mcpass_rc mp_passwords_new(void (*done)(void *ctx), void *ctx,
    struct mp_passwords **ret_passwords, struct mcpass_error *err);
void mp_passwords_free(struct mp_passwords *passwords);         /* NULL is fine */

/* As of struct mp_issuer_config.check_password; ctx is a struct mp_passwords.  Used by one
 * thread. */
enum mcpass_rc mp_passwords_check(void *ctx, const struct mp_password_ask *ask,
    enum mp_password_answer *ret_answer, struct mcpass_error *err);
