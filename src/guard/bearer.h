/* bearer.h - finds the one bearer token of a request.
 * spec: RFC 6750 2.1, 3.1; OAuth 2.1 5.2; MCP 2026-07-28 "Token Requirements" */
#ifndef MP_GUARD_BEARER_H
#define MP_GUARD_BEARER_H
#include "guard/reply.h"
#include "mcpass/guard.h"

/* *ret_token is borrowed from the request.  MCPASS_E_POLICY: there is none that can be
 * taken; *ret_denial says how that is answered, err why. */
enum mcpass_rc mp_bearer_find(const struct mcpass_guard_request *request,
    struct mp_span *ret_token, enum mp_denial *ret_denial, struct mcpass_error *err);

#endif
