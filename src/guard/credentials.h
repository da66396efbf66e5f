/* credentials.h - finds the one access token of a request, and how it was presented.
 * spec: RFC 6750 2.1, 3.1; RFC 9449 4.3 (1), 7.1; OAuth 2.1 5.2; MCP 2026-07-28 "Token
 * Requirements" */
#pragma once
#include "guard/verdict.h"

struct mp_credentials {                   /* borrowed from the request */
	enum mp_scheme scheme;
	struct mp_span token;
	const char *proof;              /* the DPoP header with MP_SCHEME_DPOP, else NULL */
};
/* What is wrong with a request, and the scheme that it used, as far as that is known. */
struct mp_misfit {
	enum mp_denial denial;
	enum mp_scheme scheme;
};

/* MCPASS_E_POLICY: there is no token that can be taken; *ret_misfit says how that is
 * answered, err why. */
enum mcpass_rc mp_credentials_find(const struct mcpass_guard_request *request,
    enum mcpass_dpop_mode dpop, struct mp_credentials *ret_presented,
    struct mp_misfit *ret_misfit, struct mcpass_error *err);
