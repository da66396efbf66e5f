/* reply.h - how a refusal is put: status and challenge, both from one value.
 * spec: RFC 6750 3, 3.1; RFC 9728 5.1; MCP 2026-07-28 "Error Handling" */
#ifndef MP_GUARD_REPLY_H
#define MP_GUARD_REPLY_H
#include "base/buf.h"

enum mp_denial {
	MP_DENY_UNAVAILABLE = 0,        /* we cannot tell: no keys, no memory */
	MP_DENY_NO_TOKEN,
	MP_DENY_REQUEST,                /* the request itself is wrong */
	MP_DENY_TOKEN,                  /* the token is not acceptable */
	MP_DENY_SCOPE                   /* the token is good, and not enough */
};

int mp_reply_status(enum mp_denial denial);

/* Appends the challenge; nothing for a denial that has none.  scope (NULL: none) is what
 * to ask for, why (NULL: nothing) is a sentence for whoever looks into it; it may hold
 * the token's words, never the token. */
enum mcpass_rc mp_reply_challenge(enum mp_denial denial, const char *metadata_url,
    const char *scope, const char *why, struct mp_buf *challenge, struct mcpass_error *err);

#endif
