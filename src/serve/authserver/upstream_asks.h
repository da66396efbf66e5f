/* upstream_asks.h - requests to identity providers, sent once, while the server serves others. */
#pragma once
#include "io/http/http.h"
#include "issuer/issuer.h"
#include "issuer/upstream/idp.h"

struct mp_upstream_asks;
struct mp_upstream_asks_options {
	const struct mp_http_options *http;
	struct mp_loop *loop;           /* the server's */
	const char *server_url;
	const struct mp_idp *upstreams; /* their own URLs may lead into a private network */
	size_t count;
	/* From the loop: what came of an errand, status 0 for nothing; and key NULL: one of another
	 * instance may have been answered. */
	void (*arrived)(void *ctx, const char *key, int status, const struct mp_buf *body);
	void *ctx;
};
enum mcpass_rc mp_upstream_asks_new(const struct mp_upstream_asks_options *options,
    struct mp_upstream_asks **ret_asks, struct mcpass_error *err);
void mp_upstream_asks_free(struct mp_upstream_asks *asks);      /* NULL is fine */

/* As of struct mp_issuer_config.send; ctx is a struct mp_upstream_asks. */
enum mcpass_rc mp_upstream_asks_send(void *ctx, const struct mp_errand *errand, bool is_first,
    struct mcpass_error *err);
