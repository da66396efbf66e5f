/* The libcurl layer of mcpass/http.h: ours, in the types of the public headers. */
#include "mcpass/http.h"
#include <stdlib.h>
#include "base/sized.h"
#include "io/http/http.h"
#include "mcpass/session.h"

#define MAX_RESPONSE ((size_t)1024 * 1024)      /* bytes; documents and tokens are a thousandth */

struct mcpass_http {
	struct mp_loop *loop;
	struct mp_http *http;
};

static enum mcpass_rc name_hosts(struct mcpass_http *http, const struct mcpass_http_config *cfg,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (cfg->server_url != NULL)
		rc = mp_http_confine(http->http, cfg->server_url, MP_REACH_UNKNOWN, err);
	for (size_t i = 0; !rc && i < cfg->named_count; i++)
		rc = mp_http_vouch(http->http, cfg->named[i], err);
	return rc;
}

enum mcpass_rc mcpass_http_new(const struct mcpass_http_config *cfg,
    struct mcpass_http **ret_http, struct mcpass_error *err)
{
	struct mcpass_http_config own = { 0 };
	struct mcpass_http *http;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_sized_read(cfg, &own, sizeof(own), err);
	if (rc)
		return rc;
	http = calloc(1, sizeof(*http));
	if (http == NULL)
		return mp_nomem(err);
	rc = mp_loop_new(NULL, NULL, &http->loop, err);
	if (!rc)
		rc = mp_http_new(&(const struct mp_http_options){ .ca_file = own.ca_file,
		    .proxy = own.proxy, .resolve = own.resolve, .resolve_count = own.resolve_count,
		    .connect_timeout_ms = own.connect_timeout_ms, .timeout_ms = own.timeout_ms },
		    http->loop, &http->http, err);
	if (!rc)
		rc = name_hosts(http, &own, err);
	if (rc)
		mcpass_http_free(http);
	else
		*ret_http = http;
	return rc;
}

void mcpass_http_free(struct mcpass_http *http)
{
	if (http == NULL)
		return;
	mp_http_free(http->http);
	mp_loop_free(http->loop);
	free(http);
}

int mcpass_http_fd(const struct mcpass_http *http)
{
	return mp_loop_fd(http->loop);
}

int mcpass_http_due(const struct mcpass_http *http)
{
	return mp_loop_due(http->loop);
}

void mcpass_http_turn(struct mcpass_http *http)
{
	mp_loop_turn(http->loop, 0);
}

void mcpass_http_wait(struct mcpass_http *http)
{
	mp_loop_turn(http->loop, -1);
}

static enum mcpass_rc read_request(const struct mcpass_http_request *request,
    struct mp_http_ask *ret_ask, size_t *ret_max, struct mcpass_error *err)
{
	struct mcpass_http_request own = { 0 };
	enum mcpass_rc rc = mp_sized_read(request, &own, sizeof(own), err);

	if (!rc && (own.method == NULL || own.url == NULL))
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the request has no method or no URL");
	if (rc)
		return rc;
	*ret_ask = (struct mp_http_ask){ own.method, own.url, own.body, own.headers,
		own.header_count, own.body_len };
	*ret_max = own.max_response > 0 ? own.max_response : MAX_RESPONSE;
	return MCPASS_OK;
}

/* --- one request, whole --- */

struct fetch {
	mcpass_fetched_fn *fetched;
	void *ctx;
};

static void on_fetched(void *ctx, struct mp_http_response *response,
    const struct mcpass_error *why)
{
	const struct fetch *fetch = ctx;
	const struct mcpass_http_response whole = {
		.status = response->status,
		.headers = response->headers.items, .header_count = response->headers.count,
		.body = mp_buf_text(&response->body), .body_len = response->body.len,
	};

	fetch->fetched(fetch->ctx, why == NULL ? &whole : NULL, why);
}

enum mcpass_rc mcpass_http_fetch(struct mcpass_http *http,
    const struct mcpass_http_request *request, mcpass_fetched_fn *fetched, void *ctx,
    unsigned *ret_fetch, struct mcpass_error *err)
{
	struct mp_http_ask ask;
	struct fetch *fetch;
	size_t max;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = read_request(request, &ask, &max, err);
	if (rc)
		return rc;
	fetch = malloc(sizeof(*fetch));
	if (fetch == NULL)
		return mp_nomem(err);
	*fetch = (struct fetch){ fetched, ctx };
	rc = mp_http_fetch_owned(http->http, &ask, max, on_fetched, fetch, ret_fetch, err);
	if (rc)
		free(fetch);
	return rc;
}

void mcpass_http_drop(struct mcpass_http *http, unsigned fetch)
{
	mp_http_drop(http->http, fetch);
}

/* --- streams --- */

struct stream {
	struct mcpass_http_stream tell;
	unsigned id;
};

static enum mcpass_rc on_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	const struct stream *stream = ctx;

	return stream->tell.head(stream->tell.ctx, id, status, headers, count, err);
}

static enum mcpass_rc on_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	const struct stream *stream = ctx;

	return stream->tell.data(stream->tell.ctx, id, bytes, len, err);
}

static void on_end(void *ctx, unsigned id, const struct mp_http_end *end)
{
	const struct stream *stream = ctx;
	int broken = 0;

	if (end->why != NULL)
		broken = !end->was_sent ? MCPASS_SESSION_UNSENT
		    : end->was_late ? MCPASS_SESSION_LATE : MCPASS_SESSION_BROKEN;
	stream->tell.end(stream->tell.ctx, id, broken, end->why);
}

static bool is_full(void *ctx)
{
	const struct stream *stream = ctx;

	return stream->tell.full != NULL && stream->tell.full(stream->tell.ctx, stream->id) != 0;
}

enum mcpass_rc mcpass_http_start(struct mcpass_http *http, unsigned id,
    const struct mcpass_http_request *request, const struct mcpass_http_stream *stream,
    struct mcpass_error *err)
{
	struct mp_http_callbacks tell = { .head = on_head, .data = on_data, .end = on_end,
		.is_full = is_full, .gone = free };
	struct mp_http_ask ask;
	struct stream *own;
	size_t unused;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = read_request(request, &ask, &unused, err);
	if (rc)
		return rc;
	own = calloc(1, sizeof(*own));
	if (own == NULL)
		return mp_nomem(err);
	own->id = id;
	tell.ctx = own;
	rc = mp_sized_read(stream, &own->tell, sizeof(own->tell), err);
	if (!rc)
		rc = mp_http_start(http->http, id, &ask, &tell, err);
	if (rc)
		free(own);
	return rc;
}

void mcpass_http_close(struct mcpass_http *http, unsigned id)
{
	mp_http_close(http->http, id);
}

void mcpass_http_resume(struct mcpass_http *http)
{
	mp_http_go_on(http->http);
}
