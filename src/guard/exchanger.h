/* exchanger.h - another token for the server behind: it speaks for the caller, and is good there.
 *
 * A token that is good here is never passed on (MCP 2026-07-28, "Token Handling").  Where the
 * server behind needs one, the issuer is asked to exchange it.  What comes back is remembered by
 * the hash of the caller's token, a few minutes at most, and never until the new one ends; that
 * the caller's own is still good is the guard's to say, at each request.  It does no I/O.
 * spec: RFC 8693 2; RFC 8707 2 */
#pragma once
#include "base/secret.h"
#include "mcpass/guard.h"

struct mp_exchanger;                    /* opaque */

struct mp_exchanger_config {            /* borrowed for the call */
	const char *issuer;             /* its metadata says where */
	const char *client_id;          /* this server's own there, */
	const struct mp_secret *client_secret;  /* and its secret */
	/* For whom the new token is; scope NULL: what the issuer thinks fit. */
	const char *audience, *resource, *scope;
	bool loopback_http;
};
/* MCPASS_E_USAGE: not an issuer. */
enum mcpass_rc mp_exchanger_new(const struct mp_exchanger_config *config,
    struct mp_exchanger **ret_exchanger, struct mcpass_error *err);
void mp_exchanger_free(struct mp_exchanger *exchanger);         /* wipes; NULL is fine */

enum mp_exchanged_type {
	MP_EXCHANGED_UNAVAILABLE = 0,   /* there is no token, and that is not the caller's fault */
	MP_EXCHANGED_REFUSED,           /* the issuer gives this caller none */
	MP_EXCHANGED_FETCH,             /* fetch it, report it, ask again */
	MP_EXCHANGED_READY
};
struct mp_exchanged {                   /* pointers live until the next call */
	enum mp_exchanged_type type;
	const struct mcpass_fetch *fetch;       /* FETCH */
	const struct mp_secret *token;          /* READY: a bearer token, fit for a header */
	const char *reason;                     /* UNAVAILABLE, REFUSED: for the log */
};
/* token: one that the guard has just let in. */
enum mcpass_rc mp_exchanger_ask(struct mp_exchanger *exchanger, struct mp_span token, int64_t now,
    struct mp_exchanged *ret_exchanged, struct mcpass_error *err);
/* Whether a key (struct mcpass_fetch) is an exchanger's, and not a guard's. */
bool mp_exchanger_knows(const char *key);
/* As mcpass_guard_redirected() and mcpass_guard_fetched(). */
enum mcpass_rc mp_exchanger_redirected(struct mp_exchanger *exchanger, const char *key, int status,
    const char *location, int64_t now, struct mcpass_error *err);
enum mcpass_rc mp_exchanger_fetched(struct mp_exchanger *exchanger, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err);
