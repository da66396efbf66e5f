/* listener.h - the loopback redirect URI: bound before it is registered, held until the
 * browser came.  spec: RFC 8252 7.3, 8.3 */
#pragma once
#include "base/buf.h"
#include "io/loop.h"

struct mp_listener;
struct mp_listener_options {
	const char *bind_address;       /* NULL: that of redirect_host where it is an address, else
	                                 * "127.0.0.1"; for redirect_host "localhost" also "::1",
	                                 * where there is that */
	const char *redirect_host;      /* what the URI says; NULL: the address */
	const char *path;               /* of the URI; NULL: "/callback" */
	unsigned port;                  /* 0: any.  A given port that is taken is an error */
	unsigned wished_port;           /* tried first, silently any other when taken */
};
/* Binds and listens.  MCPASS_E_IO: the port is in use (the message says who holds it,
 * where the system tells), or no such address. */
enum mcpass_rc mp_listener_new(const struct mp_listener_options *options,
    struct mp_listener **ret_listener, struct mcpass_error *err);
const char *mp_listener_uri(const struct mp_listener *listener);  /* the redirect URI */
/* Serves browsers on the loop until one brings GET /callback?...; other paths get a 404, and a
 * request that is not for our redirect host a 400.  came is then called once: query is the
 * callee's (mp_free_wiped), without '?', and NULL when why (MCPASS_E_NOMEM) says so.  The browser
 * is held: mp_listener_finish() answers it.  came may free the listener.
 * Nothing is served before this call, and nothing after came until it is called again. */
enum mcpass_rc mp_listener_serve(struct mp_listener *listener, struct mp_loop *loop,
    void (*came)(void *ctx, char *query, const struct mcpass_error *why), void *ctx,
    struct mcpass_error *err);
/* Stops serving before a redirect came. */
void mp_listener_rest(struct mp_listener *listener);
/* Answers the held browser with a page that a person trusts: no script, everything
 * escaped, nothing that came with the redirect is shown.  ok: "You are signed in to
 * MESSAGE"; otherwise what went wrong, in our own words (message, plain text).  message
 * may be NULL.  When none is held, nothing happens. */
void mp_listener_finish(struct mp_listener *listener, bool ok, const char *message);
void mp_listener_free(struct mp_listener *listener);     /* NULL is fine */
