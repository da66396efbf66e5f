#include "io/http/exchange.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/clock.h"
#include "io/http/proxy.h"
#include "io/system/sigpipe.h"

/* Milliseconds for the words of a refusal; and between two pieces of an answer that is no
 * stream, where no timeout was given. */
#define REFUSAL_MS 2000
#define IDLE_MS 60000

/* spec: RFC 9110 5.5: a control character in a value counts as a space */
static enum mcpass_rc keep_header(struct mp_headers *headers, const struct curl_header *line,
    struct mcpass_error *err)
{
	struct mp_buf value = MP_BUF(MP_MAX_HEADER_BYTES);

	for (const char *p = line->value; *p != '\0'; p++)
		mp_buf_addc(&value, (unsigned char)*p < 0x20 || *p == 0x7f ? ' ' : *p);
	return mp_headers_add_buf(headers, line->name, &value, err);
}

void mp_http_await_more(struct mp_http_exchange *exchange)
{
	if (exchange->idle_ms > 0)
		mp_loop_set(exchange->http->loop, &exchange->late, mp_now_ms() + exchange->idle_ms);
}

/* How long what follows the head may take.  A refusal counts without its words, so they
 * come soon or not at all; a stream may be silent for hours; anything else comes on. */
static void limit_rest(struct mp_http_exchange *exchange, const char *type)
{
	bool is_stream = mp_media_type_is(type, "text/event-stream");

	mp_loop_unset(exchange->http->loop, &exchange->late);
	if (exchange->status >= 300)
		mp_loop_set(exchange->http->loop, &exchange->late, mp_now_ms() + REFUSAL_MS);
	else if (!is_stream && !exchange->is_private)
		exchange->idle_ms = exchange->http->head_ms > 0 ? exchange->http->head_ms : IDLE_MS;
	mp_http_await_more(exchange);
}

/* Gathers the headers and tells them.  Interim responses (1xx) are no answer, and
 * trailers come too late to be believed. */
static void tell_head(struct mp_http_exchange *exchange)
{
	struct mp_headers headers = { 0 };
	struct curl_header *line = NULL;
	enum mcpass_rc rc = MCPASS_OK;
	long status = 0;

	(void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	if (exchange->has_head || status < 200)
		return;
	exchange->has_head = true;
	exchange->status = (int)status;
	mp_http_reach_learn(exchange);
	while (!rc && (line = curl_easy_nextheader(exchange->easy, CURLH_HEADER, -1, line)) != NULL)
		rc = keep_header(&headers, line, &exchange->fault);
	if (rc == MCPASS_E_USAGE) {     /* our word for it; here a peer is at fault */
		mp_clear(&exchange->fault);
		rc = mp_fail(&exchange->fault, MCPASS_E_PROTOCOL, "RFC 9110 5.1",
		    "%s: a header line is malformed", exchange->host);
	}
	limit_rest(exchange, mp_header_get(headers.items, headers.count, "Content-Type"));
	if (!rc)
		rc = exchange->tell.head(exchange->tell.ctx, exchange->id, (int)status,
		    headers.items, headers.count, &exchange->fault);
	exchange->failed = rc;
	mp_headers_free(&headers);
}

/* libcurl is told to go on by the size, or to stop.  Another exchange's callback may have
 * closed this one, so both callbacks ask before they begin, too. */
static size_t go_on(const struct mp_http_exchange *exchange, size_t size)
{
	return exchange->failed || exchange->closing ? CURL_WRITEFUNC_ERROR : size;
}

size_t mp_http_on_header(char *line, size_t unit, size_t len, void *ctx)
{
	struct mp_http_exchange *exchange = ctx;

	len *= unit;
	if (go_on(exchange, 0) != 0)
		return CURL_WRITEFUNC_ERROR;
	exchange->header_bytes += len;
	exchange->http->in_callback = true;
	if (exchange->header_bytes > MP_MAX_HEADER_BYTES)
		exchange->failed = mp_fail(&exchange->fault, MCPASS_E_LIMIT, NULL,
		    "%s: more than %zu bytes of headers", exchange->host, MP_MAX_HEADER_BYTES);
	else if (line[0] == '\r' || line[0] == '\n')    /* the empty line ends them */
		tell_head(exchange);
	exchange->http->in_callback = false;
	return go_on(exchange, len);
}

/* Our own slowness is not the peer's. */
static size_t stand_still(struct mp_http_exchange *exchange)
{
	if (exchange->status < 300)
		mp_loop_unset(exchange->http->loop, &exchange->late);
	exchange->http->paused += exchange->is_paused ? 0 : 1;
	exchange->is_paused = true;
	return CURL_WRITEFUNC_PAUSE;
}

size_t mp_http_on_data(char *bytes, size_t unit, size_t len, void *ctx)
{
	struct mp_http_exchange *exchange = ctx;
	const struct mp_http_callbacks *tell = &exchange->tell;

	len *= unit;
	if (go_on(exchange, 0) != 0)
		return CURL_WRITEFUNC_ERROR;
	if (tell->is_full != NULL && tell->is_full(tell->ctx))
		return stand_still(exchange);
	mp_http_await_more(exchange);
	exchange->http->in_callback = true;
	exchange->failed = tell->data(tell->ctx, exchange->id, bytes, len, &exchange->fault);
	exchange->http->in_callback = false;
	return go_on(exchange, len);
}

static enum mcpass_rc add_header(struct mp_http_exchange *exchange, const char *name,
    const char *value, struct mcpass_error *err)
{
	struct curl_slist *grown;
	struct mp_buf line = MP_BUF(MP_MAX_HEADER_BYTES);
	enum mcpass_rc rc = mp_header_check(name, value, err);  /* no line end gets through */

	if (rc)
		return rc;
	/* libcurl's grammar: "Name;" is an empty value, "Name:" is no header at all. */
	mp_buf_adds(&line, name);
	mp_buf_adds(&line, value[0] == '\0' ? ";" : ": ");
	mp_buf_adds(&line, value);
	rc = mp_buf_check(&line, "a request header", err);
	if (!rc) {
		grown = curl_slist_append(exchange->headers, mp_buf_text(&line));
		if (grown != NULL)
			exchange->headers = grown;
		else
			rc = mp_nomem(err);
	}
	mp_buf_free(&line);
	return rc;
}

static enum mcpass_rc add_headers(struct mp_http_exchange *exchange,
    const struct mp_http_ask *ask, struct mcpass_error *err)
{
	/* Servers rarely answer "100 Continue" in time; libcurl would wait a second for it. */
	enum mcpass_rc rc = MCPASS_OK;

	exchange->headers = curl_slist_append(NULL, "Expect:");
	if (exchange->headers == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < ask->count && !rc; i++)
		rc = add_header(exchange, ask->headers[i].name, ask->headers[i].value, err);
	return rc;
}

static enum mcpass_rc fill(struct mp_http_exchange *exchange, const struct mp_http_ask *ask,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(ask->url, &uri, err);

	if (rc)
		return rc;
	mp_http_name_host(&uri, exchange->host);
	exchange->proxy = mp_http_proxy_for(exchange->http->proxy, &uri);
	exchange->is_direct = exchange->proxy[0] == '\0';
	exchange->is_plain = !uri.is_https;
	if (ask->body != NULL) {
		exchange->body = mp_dup_span((struct mp_span){ ask->body, ask->len });
		exchange->body_len = ask->len;
		if (exchange->body == NULL)
			return mp_nomem(err);
	}
	rc = add_headers(exchange, ask, err);
	if (rc)
		return rc;
	exchange->easy = curl_easy_init();
	return exchange->easy != NULL ? MCPASS_OK : mp_nomem(err);
}

enum mcpass_rc mp_http_exchange_new(struct mp_http *http, const struct mp_http_ask *ask,
    const struct mp_http_callbacks *tell, bool is_private,
    struct mp_http_exchange **ret_exchange, struct mcpass_error *err)
{
	struct mp_http_exchange *exchange = calloc(1, sizeof(*exchange));
	enum mcpass_rc rc;

	if (exchange == NULL)
		return mp_nomem(err);
	exchange->http = http;
	exchange->is_private = is_private;
	exchange->may_repeat = strcmp(ask->method, "GET") == 0 || strcmp(ask->method, "HEAD") == 0;
	rc = fill(exchange, ask, err);
	if (rc) {
		mp_http_exchange_free(exchange);
		return rc;
	}
	exchange->tell = *tell;
	*ret_exchange = exchange;
	return MCPASS_OK;
}

/* Libcurl has it no longer; one that waited for that is given to it. */
static void take_back(struct mp_http_exchange *exchange)
{
	struct mp_http *http = exchange->http;

	(void)curl_multi_remove_handle(http->multi, exchange->easy);
	if (!exchange->may_last)
		return;
	if (http->lasting-- == MP_HTTP_LASTING)
		mp_loop_soon(http->loop, &http->update);
}

void mp_http_exchange_free(struct mp_http_exchange *exchange)
{
	struct mp_sigpipe held;

	if (exchange == NULL)
		return;
	exchange->http->paused -= exchange->is_paused ? 1 : 0;
	mp_loop_unset(exchange->http->loop, &exchange->late);
	mp_sigpipe_hold(&held);         /* closing TLS writes a close_notify */
	if (exchange->added)
		take_back(exchange);
	curl_easy_cleanup(exchange->easy);
	mp_sigpipe_release(&held);
	for (struct curl_slist *line = exchange->headers; line != NULL; line = line->next)
		mp_wipe(line->data, strlen(line->data));
	curl_slist_free_all(exchange->headers);
	if (exchange->body != NULL)
		mp_wipe(exchange->body, exchange->body_len);
	free(exchange->body);
	if (exchange->tell.gone != NULL)
		exchange->tell.gone(exchange->tell.ctx);
	free(exchange);
}
