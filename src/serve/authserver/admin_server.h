/* admin_server.h - how an operator watches the authorization server: an audit log, counters, and
 * a second HTTP server, at an address of its own, for them and for whether it is well.
 *
 *   /health/live    200 as long as the process answers
 *   /health/ready   200 when the store can be read, else 503; /health is the same
 *   /metrics        Prometheus text */
#pragma once
#include "io/loop.h"
#include "issuer/issuer.h"

struct mp_admin_server_options {        /* all borrowed for the call */
	const char *audit;              /* a file, "-", or NULL: none */
	const char *admin_bind;         /* ADDRESS:PORT, or NULL: no second server */
	const char *data, *data_key;    /* the store, as of --data; NULL: memory, which it cannot see */
	bool metrics_public;            /* /metrics is answered by the server itself, too */
};
struct mp_admin_server;
/* MCPASS_E_USAGE: no address and port.  MCPASS_E_IO: that cannot be had, or the file cannot. */
enum mcpass_rc mp_admin_server_new(const struct mp_admin_server_options *options,
    struct mp_admin_server **ret_server, struct mcpass_error *err);
/* Of the second server; NULL: there is none. */
const char *mp_admin_server_url(const struct mp_admin_server *server);
void mp_admin_server_free(struct mp_admin_server *server);     /* NULL is fine */

/* Has the loop write once a minute what was counted; from its thread, while it does not run, until
 * mp_admin_server_rest(). */
void mp_admin_server_watch(struct mp_admin_server *server, struct mp_loop *loop);
void mp_admin_server_rest(struct mp_admin_server *server);      /* NULL is fine */

/* As of struct mp_issuer_config; ctx is a struct mp_admin_server. */
void mp_admin_server_event(void *ctx, const json_t *event);
void mp_admin_server_request(struct mp_admin_server *server, const char *path, int status);
/* Answers /metrics where that is public; *ret_done. */
enum mcpass_rc mp_admin_server_answer(struct mp_admin_server *server,
    const struct mp_issuer_store *store, const struct mp_http_request *request,
    struct mp_http_response *response, bool *ret_done, struct mcpass_error *err);
