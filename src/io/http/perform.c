/* One request, whole: gathers what the streams of http.c bring. */
#include <stdlib.h>
#include "io/http/exchange.h"

struct collector {
	struct mp_http_response response;
	mp_http_fetched_fn *done;
	void *ctx, *owned;              /* owned: freed with it */
	size_t max;                     /* one byte more says that the answer is longer */
};

static enum mcpass_rc collect_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	struct collector *collector = ctx;
	enum mcpass_rc rc = MCPASS_OK;

	(void)id;
	collector->response.status = status;
	for (size_t i = 0; i < count && !rc; i++)
		rc = mp_headers_add(&collector->response.headers, headers[i].name,
		    headers[i].value, err);
	return rc;
}

static enum mcpass_rc collect_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	struct collector *collector = ctx;
	struct mp_buf *body = &collector->response.body;
	size_t room = body->max - body->len, max = body->max;

	(void)id;
	mp_buf_add(body, bytes, len < room ? len : room);
	if (body->failed || body->len <= collector->max)
		return mp_buf_check(body, "the answer", err);
	if (collector->response.status < 400)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the answer is larger than %zu bytes",
		    collector->max);
	mp_buf_free(body);      /* a refusal counts without its page; "404" says enough */
	mp_buf_init(body, max);
	return MCPASS_OK;
}

static void collect_end(void *ctx, unsigned id, const struct mp_http_end *end)
{
	struct collector *collector = ctx;

	(void)id;
	collector->done(collector->ctx, &collector->response, end->why);
}

/* The exchange frees its collector. */
static void free_collector(void *ctx)
{
	struct collector *collector = ctx;

	mp_http_response_free(&collector->response);
	free(collector->owned);
	free(collector);
}

static enum mcpass_rc fetch(struct mp_http *http, const struct mp_http_ask *ask, size_t max,
    mp_http_fetched_fn *done, void *ctx, void *owned, unsigned *ret_fetch,
    struct mcpass_error *err)
{
	struct collector *collector = calloc(1, sizeof(*collector));
	const struct mp_http_callbacks tell = { .head = collect_head, .data = collect_data,
		.end = collect_end, .gone = free_collector, .ctx = collector };
	enum mcpass_rc rc;

	if (collector == NULL)
		return mp_nomem(err);
	collector->done = done;
	collector->ctx = ctx;
	collector->max = max;
	mp_buf_init(&collector->response.body, max < SIZE_MAX ? max + 1 : max);
	rc = mp_http_begin(http, ask, &tell, true, ++http->fetches, err);
	if (rc) {
		free_collector(collector);
		return rc;
	}
	collector->owned = owned;
	*ret_fetch = http->fetches;
	return MCPASS_OK;
}

enum mcpass_rc mp_http_fetch(struct mp_http *http, const struct mp_http_ask *ask, size_t max,
    mp_http_fetched_fn *done, void *ctx, unsigned *ret_fetch, struct mcpass_error *err)
{
	return fetch(http, ask, max, done, ctx, NULL, ret_fetch, err);
}

enum mcpass_rc mp_http_fetch_owned(struct mp_http *http, const struct mp_http_ask *ask,
    size_t max, mp_http_fetched_fn *done, void *ctx, unsigned *ret_fetch,
    struct mcpass_error *err)
{
	return fetch(http, ask, max, done, ctx, ctx, ret_fetch, err);
}

void mp_http_drop(struct mp_http *http, unsigned fetch)
{
	mp_http_abandon(http, true, fetch);
}

/* --- and waited for --- */

struct waiter {
	struct mp_http_response response;
	struct mcpass_error why;
	bool ended;
};

static void on_fetched(void *ctx, struct mp_http_response *response,
    const struct mcpass_error *why)
{
	struct waiter *waiter = ctx;

	waiter->ended = true;
	if (why != NULL) {
		waiter->why = *why;
		return;
	}
	waiter->response = *response;
	*response = (struct mp_http_response){ 0 };
}

enum mcpass_rc mp_http_perform(struct mp_http *http, const char *method, const char *url,
    const struct mcpass_header *headers, size_t count, const char *body, size_t len,
    size_t max, struct mp_http_response *ret_response, struct mcpass_error *err)
{
	const struct mp_http_ask ask = { method, url, body, headers, count, len };
	struct waiter waiter = { .ended = false };
	unsigned number = 0;
	enum mcpass_rc rc = mp_http_fetch(http, &ask, max, on_fetched, &waiter, &number, err);

	while (!rc && !waiter.ended)
		mp_loop_turn(http->loop, -1);
	if (!rc && waiter.why.rc != MCPASS_OK) {
		if (err != NULL && err->rc == MCPASS_OK)
			*err = waiter.why;
		return waiter.why.rc;
	}
	if (!rc)
		*ret_response = waiter.response;
	return rc;
}
