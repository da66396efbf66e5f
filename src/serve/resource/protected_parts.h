/* protected_parts.h - what protected.c and protected_call.c share. */
#pragma once
#include "serve/resource/gate.h"
#include "serve/resource/protected.h"

static inline struct mp_gate mp_protected_gate(const struct mp_protected *server)
{
	return (struct mp_gate){ .guard = server->guard, .copies_issuer = server->copies_issuer,
		.fetch = server->fetch, .fetch_ctx = server->fetch_ctx, .trace = server->trace,
		.trace_ctx = server->trace_ctx };
}

/* --- protected_call.c --- */
/* Answers a caller of call_on, or has the request wait (MP_HTTP_LATER). */
enum mcpass_rc mp_protected_call_on(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_caller *caller,
    struct mp_http_response *response, struct mcpass_error *err);
/* Answers a request that was allowed, and waits for its call: it is not judged again, since its
 * proof of possession counts once (RFC 9449 11.1).  Status 0: it is none. */
enum mcpass_rc mp_protected_call_on_again(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err);
