/* fetches.h - what a server has to fetch before it can answer: documents and answers of other
 * servers, any number at a time up to MP_MAX_FETCHES, as transfers on the server's own loop.
 * What has the same key is fetched once. */
#pragma once
#include "io/http/http.h"
#include "mcpass/guard.h"

struct mp_fetches;

struct mp_fetched {                     /* borrowed for the call, but body may be taken (moved) */
	const char *key;
	int status;                     /* 0: no answer that can be used; body says why */
	const struct mcpass_header *headers;
	size_t header_count;
	struct mp_buf body;
};

/* done is called from the loop once for each.  loop is borrowed.  options: as of mp_http_new();
 * timeout_ms is for the whole of a request. */
enum mcpass_rc mp_fetches_new(const struct mp_http_options *options, struct mp_loop *loop,
    void (*done)(void *ctx, struct mp_fetched *fetched), void *ctx,
    struct mp_fetches **ret_fetches, struct mcpass_error *err);
/* Nothing more is fetched.  NULL is fine. */
void mp_fetches_free(struct mp_fetches *fetches);

/* As of mp_http_confine() and mp_http_vouch(). */
enum mcpass_rc mp_fetches_confine(struct mp_fetches *fetches, const char *server_url,
    enum mp_reach otherwise, struct mcpass_error *err);
enum mcpass_rc mp_fetches_vouch(struct mp_fetches *fetches, const char *url,
    struct mcpass_error *err);

/* Begins to fetch, unless that is under way already.  fetch is borrowed for the call; what is
 * wrong with it is told as what came of it.
 * MCPASS_E_LIMIT: too much is under way. */
enum mcpass_rc mp_fetches_start(struct mp_fetches *fetches, const struct mcpass_fetch *fetch,
    struct mcpass_error *err);

/* Begins to fetch what a guard asks for; ctx is a struct mp_fetches.  Always MP_HTTP_LATER:
 * when too much is under way, the request waits until it can be asked for. */
enum mcpass_rc mp_fetches_later(void *ctx, const struct mcpass_fetch *fetch,
    int *ret_status, struct mp_buf *body, struct mcpass_error *err);
