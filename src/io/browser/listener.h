/* listener.h - the loopback redirect URI: bound before it is registered, held until the
 * browser came.  spec: RFC 8252 7.3, 8.3 */
#ifndef MP_IO_BROWSER_LISTENER_H
#define MP_IO_BROWSER_LISTENER_H
#include "base/buf.h"

/* Descriptors that may end a wait, besides: a terminal, a signal pipe, a browser that fails. */
#define MP_LISTENER_ALSO 3

struct mp_listener;
struct mp_listener_options {
	const char *bind_address;       /* NULL: "127.0.0.1"; for redirect_host "localhost" also
	                                 * "::1", where there is that */
	const char *redirect_host;      /* what the URI says; NULL: the address */
	unsigned port;                  /* 0: any.  A given port that is taken is an error */
	unsigned wished_port;           /* tried first, silently any other when taken */
};
/* Binds and listens.  MCPASS_E_IO: the port is in use (the message says who holds it,
 * where the system tells), or no such address. */
enum mcpass_rc mp_listener_new(const struct mp_listener_options *options,
    struct mp_listener **ret_listener, struct mcpass_error *err);
const char *mp_listener_uri(const struct mp_listener *listener);  /* the redirect URI */
/* Waits for GET /callback?...; other paths get a 404, and a request that is not for our
 * redirect host a 400.  *ret_query is the caller's (mp_free_wiped), without '?'.  The
 * browser is held: mp_listener_finish() answers it.  also_fds (-1: none) end the wait when
 * readable: MCPASS_OK with *ret_query NULL.  timeout_ms -1: for ever.
 * MCPASS_E_EXPIRED: nobody came within timeout_ms. */
enum mcpass_rc mp_listener_wait(struct mp_listener *listener, int timeout_ms,
    const int also_fds[MP_LISTENER_ALSO], char **ret_query, struct mcpass_error *err);
/* Answers the held browser with a page that a person trusts: no script, everything
 * escaped, nothing that came with the redirect is shown.  ok: "You are signed in to
 * MESSAGE"; otherwise what went wrong, in our own words (message, plain text).  message
 * may be NULL.  Nobody is held: nothing happens. */
void mp_listener_finish(struct mp_listener *listener, bool ok, const char *message);
void mp_listener_free(struct mp_listener *listener);     /* NULL is fine */

#endif
