/* call_on.h - calls another MCP server as the caller of this one.
 *
 * The caller's token is good here and nowhere else, and is never passed on.  It is exchanged
 * at its issuer for one of another audience (RFC 8693), and that one goes to the other
 * server.  spec: MCP 2026-07-28 security considerations, "Access Token Privilege
 * Restriction" (no token passthrough) */
#ifndef MP_SERVE_CALL_ON_H
#define MP_SERVE_CALL_ON_H
#include "serve/plan.h"

struct mp_call_on;
/* plan is borrowed.  interrupt_fd: when it is readable, a call ends.  *ret_call_on:
 * mp_call_on_free(). */
enum mcpass_rc mp_call_on_new(const struct mp_serve_plan *plan, int interrupt_fd,
    struct mp_call_on **ret_call_on, struct mcpass_error *err);
void mp_call_on_free(struct mp_call_on *call_on);       /* NULL is fine */

/* Exchanges the token, calls the other server, and writes down what came of it.  Waits for both;
 * from any number of threads. */
enum mcpass_rc mp_call_on_run(struct mp_call_on *call_on, const struct mp_secret *token,
    int64_t now, struct mp_buf *text, struct mcpass_error *err);

#endif
