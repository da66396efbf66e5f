/* err.h - how an error is reported: once, where its cause is known. */
#pragma once
#include "mcpass/error.h"

#define MP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Every public entry point calls it first.  NULL is fine. */
void mp_clear(struct mcpass_error *err);

/* Reports a failure and returns its code; the first report wins, so it returns that
 * one's code.  err may be NULL.  spec is static.  The detail may hold a peer's words:
 * they are made one printable line.  Never pass a secret. */
enum mcpass_rc mp_fail(struct mcpass_error *err, enum mcpass_rc rc, const char *spec,
    const char *fmt, ...) MP_PRINTF(4, 5);

/* mp_fail() for an exhausted heap. */
enum mcpass_rc mp_nomem(struct mcpass_error *err);

/* Says what was being done (static text) when rc is a failure; the innermost wins. */
enum mcpass_rc mp_doing(struct mcpass_error *err, enum mcpass_rc rc, const char *doing);

/* Says what to do about the failure in err; the first hint wins; no-op without one. */
void mp_hint(struct mcpass_error *err, const char *fmt, ...) MP_PRINTF(2, 3);

/* Keeps a peer's error code ("invalid_grant"); the first wins; cut to its array. */
void mp_oauth_code(struct mcpass_error *err, const char *code);
