#include "io/http/http.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "io/clock.h"
#include "io/http/exchange.h"
#include "io/http/sigpipe.h"

#define CONNECT_TIMEOUT_MS 10000L
#define TIMEOUT_MS 60000L

/* A libcurl without cookies does without them. */
static enum mcpass_rc open_cookies(struct mp_http *http, struct mcpass_error *err)
{
	http->cookies = curl_share_init();
	if (http->cookies == NULL)
		return mp_nomem(err);
	if (curl_share_setopt(http->cookies, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE) != CURLSHE_OK) {
		(void)curl_share_cleanup(http->cookies);
		http->cookies = NULL;
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_http_new(const struct mp_http_options *options, struct mp_http **ret_http,
    struct mcpass_error *err)
{
	struct mp_http *http = calloc(1, sizeof(*http));
	enum mcpass_rc rc;

	if (http == NULL)
		return mp_nomem(err);
	/* Counted by libcurl, so that each call has its cleanup. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(http);
		return mp_nomem(err);
	}
	http->interrupt_fd = -1;
	http->connect_timeout_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms
	    : CONNECT_TIMEOUT_MS;
	http->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
	http->head_ms = options->timeout_ms;
	rc = mp_http_trust_find(options->ca_file, &http->trust, err);
	if (!rc)
		rc = mp_set(&http->proxy, options->proxy, err);
	if (!rc)
		rc = mp_http_reach_init(http, options, err);
	if (!rc) {
		http->multi = curl_multi_init();
		rc = http->multi == NULL ? mp_nomem(err) : MCPASS_OK;
	}
	if (!rc)
		rc = open_cookies(http, err);
	if (rc)
		mp_http_free(http);
	else
		*ret_http = http;
	return rc;
}

void mp_http_free(struct mp_http *http)
{
	struct mp_sigpipe held;

	if (http == NULL)
		return;
	while (http->first != NULL) {
		struct mp_http_exchange *exchange = http->first;

		http->first = exchange->next;
		mp_http_exchange_free(exchange);
	}
	mp_sigpipe_hold(&held);         /* TLS says goodbye */
	(void)curl_multi_cleanup(http->multi);
	mp_sigpipe_release(&held);
	(void)curl_share_cleanup(http->cookies);
	curl_global_cleanup();
	mp_http_trust_free(&http->trust);
	mp_http_reach_free(http);
	free(http->proxy);
	free(http);
}

void mp_http_interrupt_by(struct mp_http *http, int fd)
{
	http->interrupt_fd = fd;
}

bool mp_http_was_sent(const struct mp_http *http)
{
	return http->why_sent;
}

bool mp_http_was_late(const struct mp_http *http)
{
	return http->why_late;
}

enum mcpass_rc mp_http_why(const struct mp_http *http, struct mcpass_error *err)
{
	if (err != NULL && err->rc == MCPASS_OK)
		*err = http->why;
	return http->why.rc;
}

static void unlink_exchange(struct mp_http *http, const struct mp_http_exchange *exchange)
{
	struct mp_http_exchange **slot = &http->first;

	while (*slot != NULL && *slot != exchange)
		slot = &(*slot)->next;
	if (*slot != NULL)
		*slot = exchange->next;
}

enum mcpass_rc mp_http_begin(struct mp_http *http, const struct mp_http_ask *ask,
    const struct mp_http_callbacks *tell, bool is_private, unsigned id,
    struct mcpass_error *err)
{
	struct mp_http_exchange *exchange, **tail = &http->first;
	enum mcpass_rc rc;

	rc = mp_http_exchange_new(http, ask, tell, is_private, is_private ? http->timeout_ms : 0,
	    &exchange, err);
	if (rc)
		return rc;
	/* What is asked for with a GET may have nothing to say for hours. */
	if (!is_private && http->head_ms > 0 && strcmp(ask->method, "GET") != 0)
		exchange->head_due = mp_now_ms() + http->head_ms;
	exchange->id = id;
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = exchange;               /* the next poll adds it: we may be in a callback */
	return MCPASS_OK;
}

void mp_http_abandon(struct mp_http *http, bool is_private, unsigned id)
{
	struct mp_http_exchange *exchange = http->first;

	while (exchange != NULL && (exchange->closing || exchange->is_private != is_private
	        || exchange->id != id))
		exchange = exchange->next;
	if (exchange == NULL)
		return;
	if (http->in_callback) {
		exchange->closing = true;       /* libcurl is inside; the poll frees it */
	} else {
		unlink_exchange(http, exchange);
		mp_http_exchange_free(exchange);
	}
}

enum mcpass_rc mp_http_start(struct mp_http *http, unsigned id, const char *method,
    const char *url, const struct mcpass_header *headers, size_t count, const char *body,
    size_t len, const struct mp_http_callbacks *callbacks, struct mcpass_error *err)
{
	const struct mp_http_ask ask = { method, url, body, headers, count, len };

	return mp_http_begin(http, &ask, callbacks, false, id, err);
}

void mp_http_close(struct mp_http *http, unsigned id)
{
	mp_http_abandon(http, false, id);
}

void mp_http_expect_head(struct mp_http *http, unsigned id)
{
	for (struct mp_http_exchange *e = http->first; e != NULL; e = e->next)
		if (!e->is_private && e->id == id && e->head_due < 0)
			e->head_due = mp_now_ms() + TIMEOUT_MS;
}

/* Gives new exchanges to libcurl, and takes away those that were closed in a callback. */
static enum mcpass_rc update(struct mp_http *http, struct mcpass_error *err)
{
	struct mp_http_exchange *exchange, *next;

	for (exchange = http->first; exchange != NULL; exchange = next) {
		next = exchange->next;
		if (exchange->closing) {
			unlink_exchange(http, exchange);
			mp_http_exchange_free(exchange);
		} else if (!exchange->added) {
			if (curl_multi_add_handle(http->multi, exchange->easy) != CURLM_OK)
				return mp_nomem(err);
			exchange->added = true;
		}
	}
	return MCPASS_OK;
}

/* The exchange is over: tells how, and forgets it. */
static enum mcpass_rc finish(struct mp_http_exchange *exchange, CURLcode code,
    struct mcpass_error *err)
{
	struct mp_http *http = exchange->http;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	unlink_exchange(http, exchange);
	http->happened = true;
	if (exchange->failed) {
		rc = exchange->failed;
		if (err != NULL && err->rc == MCPASS_OK)
			*err = exchange->fault;
	} else if (!exchange->closing) {
		bool is_whole = code == CURLE_OK && exchange->has_head;

		if (!is_whole) {
			(void)mp_http_reason(exchange, code, &why);
			http->why = why;
			http->why_sent = exchange->sendings > 0;
			http->why_late = code == CURLE_OPERATION_TIMEDOUT;
		}
		rc = exchange->tell.end(exchange->tell.ctx, exchange->id, is_whole ? NULL : why.detail,
		    err);
	}
	mp_http_exchange_free(exchange);
	return rc;
}

static enum mcpass_rc finish_all(struct mp_http *http, struct mcpass_error *err)
{
	struct mp_http_exchange *exchange = NULL;
	enum mcpass_rc rc = MCPASS_OK;
	const CURLMsg *message;
	int left;

	while (!rc && (message = curl_multi_info_read(http->multi, &left)) != NULL) {
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
		rc = finish(exchange, message->data.result, err);
	}
	return rc;
}

/* Milliseconds until what comes next of the answer is late; -1: never. */
static int left_ms(const struct mp_http_exchange *exchange)
{
	return mp_left_ms(exchange->has_head ? exchange->rest_due : exchange->head_due);
}

/* Ends one exchange that is late; the next poll finds the next one.  A refusal is whole
 * without the rest of its words. */
static enum mcpass_rc end_late(struct mp_http *http, struct mcpass_error *err)
{
	struct mp_http_exchange *exchange = http->first;

	while (exchange != NULL && left_ms(exchange) != 0)
		exchange = exchange->next;
	if (exchange == NULL)
		return MCPASS_OK;
	return finish(exchange, exchange->status >= 300 ? CURLE_OK : CURLE_OPERATION_TIMEDOUT, err);
}

/* How long a poll may last: timeout_ms (-1: for ever), and until the next one is late. */
static int shorten(const struct mp_http *http, int timeout_ms)
{
	int shortest = timeout_ms < 0 ? INT_MAX : timeout_ms;

	for (const struct mp_http_exchange *e = http->first; e != NULL; e = e->next) {
		int left = left_ms(e);

		if (left >= 0 && left < shortest)
			shortest = left;
	}
	return shortest;
}

/* Lets libcurl work. */
static enum mcpass_rc work(struct mp_http *http, struct mcpass_error *err)
{
	struct mp_sigpipe held;
	enum mcpass_rc rc;
	CURLMcode code;
	int running;

	mp_sigpipe_hold(&held);
	code = curl_multi_perform(http->multi, &running);
	mp_sigpipe_release(&held);
	if (code == CURLM_OUT_OF_MEMORY)
		return mp_nomem(err);
	if (code != CURLM_OK)
		return mp_fail(err, MCPASS_E_IO, NULL, "HTTP: %s", curl_multi_strerror(code));
	rc = finish_all(http, err);
	return rc ? rc : end_late(http, err);
}

enum mcpass_rc mp_http_poll(struct mp_http *http, int timeout_ms, int also_fd,
    struct mcpass_error *err)
{
	struct curl_waitfd also = { .fd = also_fd, .events = CURL_WAIT_POLLIN };
	enum mcpass_rc rc;
	CURLMcode code;

	http->happened = false;
	rc = update(http, err);
	if (!rc)
		rc = work(http, err);
	if (rc || http->happened)
		return rc;
	errno = 0;
	code = curl_multi_poll(http->multi, &also, also_fd >= 0 ? 1 : 0,
	    shorten(http, timeout_ms), NULL);
	if (code == CURLM_OUT_OF_MEMORY)
		return mp_nomem(err);
	if (code != CURLM_OK && errno != EINTR)         /* a signal is no failure */
		return mp_fail(err, MCPASS_E_IO, NULL, "HTTP: %s", curl_multi_strerror(code));
	return work(http, err);
}
