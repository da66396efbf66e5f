#include "io/http/http.h"
#include <stdlib.h>
#include <string.h>
#include "io/clock.h"
#include "io/http/exchange.h"
#include "io/system/sigpipe.h"

#define CONNECT_TIMEOUT_MS 10000L
#define TIMEOUT_MS 60000L
/* To one host at a time: what there is more waits for one of them, or shares one (HTTP/2). */
#define MAX_CONNECTIONS (MP_HTTP_LASTING + 16L)

/* --- what libcurl waits for, as watches and a timer of the loop --- */

struct mp_http_socket {
	struct mp_http_socket *next, *before;
	struct mp_http *http;
	struct mp_watch watch;
};

static void act(struct mp_http *http, curl_socket_t fd, int events);

static void on_socket_ready(void *ctx, unsigned events)
{
	const struct mp_http_socket *socket = ctx;

	act(socket->http, socket->watch.fd, (events & MP_LOOP_READ ? CURL_CSELECT_IN : 0)
	    | (events & MP_LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static void forget_socket(struct mp_http_socket *socket)
{
	struct mp_http *http = socket->http;

	(void)mp_loop_watch(http->loop, &socket->watch, 0, NULL);
	*(socket->before != NULL ? &socket->before->next : &http->sockets) = socket->next;
	if (socket->next != NULL)
		socket->next->before = socket->before;
	free(socket);
}

static struct mp_http_socket *new_socket(struct mp_http *http, curl_socket_t fd)
{
	struct mp_http_socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL)
		return NULL;
	socket->http = http;
	socket->watch = (struct mp_watch){ .fd = fd, .ready = on_socket_ready, .ctx = socket };
	socket->next = http->sockets;
	if (http->sockets != NULL)
		http->sockets->before = socket;
	http->sockets = socket;
	(void)curl_multi_assign(http->multi, fd, socket);
	return socket;
}

/* CURLMOPT_SOCKETFUNCTION; -1: libcurl gives up whatever it does. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
	struct mp_http_socket *socket = socket_ctx;
	unsigned events = (what & CURL_POLL_IN ? MP_LOOP_READ : 0)
	    | (what & CURL_POLL_OUT ? MP_LOOP_WRITE : 0);
	struct mp_http *http = ctx;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL)
			forget_socket(socket);
		return 0;
	}
	if (socket == NULL)
		socket = new_socket(http, fd);
	return socket != NULL && mp_loop_watch(http->loop, &socket->watch, events, NULL) == MCPASS_OK
	    ? 0 : -1;
}

/* CURLMOPT_TIMERFUNCTION */
static int on_timeout(CURLM *multi, long timeout_ms, void *ctx)
{
	struct mp_http *http = ctx;

	(void)multi;
	if (timeout_ms < 0)
		mp_loop_unset(http->loop, &http->timer);
	else
		mp_loop_set(http->loop, &http->timer, mp_now_ms() + timeout_ms);
	return 0;
}

static void on_timer(void *ctx)
{
	act(ctx, CURL_SOCKET_TIMEOUT, 0);
}

/* --- libcurl, from the first exchange on: many a link ends without one --- */

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

static enum mcpass_rc open_multi(struct mp_http *http, struct mcpass_error *err)
{
	http->multi = curl_multi_init();
	if (http->multi == NULL
	    || curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK
	    || curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) != CURLM_OK
	    || curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timeout) != CURLM_OK
	    || curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) != CURLM_OK
	    || curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, MAX_CONNECTIONS) != CURLM_OK)
		return mp_nomem(err);
	return MCPASS_OK;
}

static void close_multi(struct mp_http *http)
{
	struct mp_sigpipe held;

	if (http->multi == NULL)
		return;
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, NULL);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, NULL);
	for (struct mp_http_socket *socket = http->sockets, *next; socket != NULL; socket = next) {
		next = socket->next;
		forget_socket(socket);
	}
	mp_sigpipe_hold(&held);         /* closing TLS writes a close_notify */
	(void)curl_multi_cleanup(http->multi);
	mp_sigpipe_release(&held);
	http->multi = NULL;
}

static void close_libcurl(struct mp_http *http)
{
	if (!http->is_open)
		return;
	close_multi(http);
	if (http->cookies != NULL)
		(void)curl_share_cleanup(http->cookies);
	http->cookies = NULL;
	curl_global_cleanup();
	http->is_open = false;
}

static enum mcpass_rc open_libcurl(struct mp_http *http, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (http->is_open)
		return MCPASS_OK;
	/* Counted by libcurl, so that each call has its cleanup. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return mp_nomem(err);
	http->is_open = true;
	rc = open_multi(http, err);
	if (!rc)
		rc = open_cookies(http, err);
	if (rc)
		close_libcurl(http);
	return rc;
}

/* --- exchanges --- */

static void unlink_exchange(struct mp_http *http, struct mp_http_exchange *exchange)
{
	*(exchange->before != NULL ? &exchange->before->next : &http->first) = exchange->next;
	*(exchange->next != NULL ? &exchange->next->before : &http->last) = exchange->before;
}

static void expect_head(struct mp_http_exchange *exchange, long ms)
{
	mp_loop_set(exchange->http->loop, &exchange->late, mp_now_ms() + ms);
}

static void on_late(void *ctx);

enum mcpass_rc mp_http_begin(struct mp_http *http, const struct mp_http_ask *ask,
    const struct mp_http_callbacks *tell, bool is_private, unsigned id,
    struct mcpass_error *err)
{
	struct mp_http_exchange *exchange;
	enum mcpass_rc rc = open_libcurl(http, err);

	if (!rc)
		rc = mp_http_exchange_new(http, ask, tell, is_private, &exchange, err);
	if (rc)
		return rc;
	rc = mp_http_options_set(exchange, ask, is_private ? http->timeout_ms : 0, err);
	if (rc) {
		mp_http_exchange_free(exchange);
		return rc;
	}
	exchange->late = (struct mp_timer){ .fire = on_late, .ctx = exchange };
	exchange->id = id;
	exchange->may_last = !is_private;
	exchange->before = http->last;
	*(http->last != NULL ? &http->last->next : &http->first) = exchange;
	http->last = exchange;
	/* What is asked for with a GET may have nothing to say for hours. */
	if (!is_private && http->head_ms > 0 && strcmp(ask->method, "GET") != 0)
		expect_head(exchange, http->head_ms);
	mp_loop_soon(http->loop, &http->update);        /* we may be in a callback of libcurl */
	return MCPASS_OK;
}

static struct mp_http_exchange *find(const struct mp_http *http, bool is_private, unsigned id)
{
	struct mp_http_exchange *exchange = http->last;         /* the newest, mostly */

	while (exchange != NULL && (exchange->closing || exchange->is_private != is_private
	        || exchange->id != id))
		exchange = exchange->before;
	return exchange;
}

void mp_http_abandon(struct mp_http *http, bool is_private, unsigned id)
{
	struct mp_http_exchange *exchange = find(http, is_private, id);

	if (exchange == NULL)
		return;
	if (http->in_callback) {
		exchange->closing = true;
		mp_loop_soon(http->loop, &http->update);
	} else {
		unlink_exchange(http, exchange);
		mp_http_exchange_free(exchange);
	}
}

enum mcpass_rc mp_http_start(struct mp_http *http, unsigned id, const struct mp_http_ask *ask,
    const struct mp_http_callbacks *callbacks, struct mcpass_error *err)
{
	return mp_http_begin(http, ask, callbacks, false, id, err);
}

void mp_http_close(struct mp_http *http, unsigned id)
{
	mp_http_abandon(http, false, id);
}

void mp_http_expect_head(struct mp_http *http, unsigned id)
{
	struct mp_http_exchange *exchange = find(http, false, id);

	if (exchange != NULL && !exchange->added)
		exchange->may_last = false;
	if (exchange != NULL && !exchange->late.is_set)
		expect_head(exchange, TIMEOUT_MS);
}

/* The exchange is over: tells how, and forgets it.  own: a failure of ours, or NULL. */
static void finish(struct mp_http_exchange *exchange, CURLcode code,
    const struct mcpass_error *own)
{
	struct mcpass_error why = { 0 };
	struct mp_http_end end = { .was_sent = exchange->sendings > 0 };

	unlink_exchange(exchange->http, exchange);
	if (own != NULL || exchange->failed) {
		end.why = own != NULL ? own : &exchange->fault;
	} else if (code != CURLE_OK || !exchange->has_head) {
		(void)mp_http_reason(exchange, code, &why);
		end.was_late = code == CURLE_OPERATION_TIMEDOUT;
		end.why = &why;
	}
	if (!exchange->closing)
		exchange->tell.end(exchange->tell.ctx, exchange->id, &end);
	mp_http_exchange_free(exchange);
}

static void on_late(void *ctx)
{
	struct mp_http_exchange *exchange = ctx;

	finish(exchange, exchange->status >= 300 ? CURLE_OK : CURLE_OPERATION_TIMEDOUT, NULL);
}

/* A refusal is whole without the rest of its words. */
static void finish_all(struct mp_http *http)
{
	struct mp_http_exchange *exchange = NULL;
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
		finish(exchange, message->data.result, NULL);
	}
}

static size_t count(const struct mp_http *http)
{
	size_t n = 0;

	for (const struct mp_http_exchange *e = http->first; e != NULL; e = e->next)
		n++;
	return n;
}

/* libcurl cannot go on: none of what is under way will end by itself. */
static void fail_all(struct mp_http *http, CURLMcode code)
{
	struct mcpass_error why = { 0 };

	if (code == CURLM_OUT_OF_MEMORY || code == CURLM_ABORTED_BY_CALLBACK)
		(void)mp_nomem(&why);
	else
		(void)mp_fail(&why, MCPASS_E_IO, NULL, "HTTP: %s", curl_multi_strerror(code));
	for (size_t n = count(http); n > 0 && http->first != NULL; n--)
		finish(http->first, CURLE_OK, &why);
}

/* Lets libcurl work. */
static void act(struct mp_http *http, curl_socket_t fd, int events)
{
	struct mp_sigpipe held;
	CURLMcode code;
	int running;

	mp_sigpipe_hold(&held);
	code = curl_multi_socket_action(http->multi, fd, events, &running);
	mp_sigpipe_release(&held);
	if (code != CURLM_OK)
		fail_all(http, code);
	else
		finish_all(http);
}

static CURLMcode give(struct mp_http_exchange *exchange)
{
	CURLMcode code = curl_multi_add_handle(exchange->http->multi, exchange->easy);

	exchange->added = code == CURLM_OK;
	exchange->http->lasting += exchange->added && exchange->may_last ? 1 : 0;
	return code;
}

/* Gives new exchanges to libcurl, and takes away those that were closed in a callback. */
static void update(void *ctx)
{
	struct mp_http_exchange *exchange, *next;
	struct mp_http *http = ctx;
	CURLMcode code = CURLM_OK;

	for (exchange = http->first; exchange != NULL && code == CURLM_OK; exchange = next) {
		next = exchange->next;
		if (exchange->closing) {
			unlink_exchange(http, exchange);
			mp_http_exchange_free(exchange);
		} else if (!exchange->added && !(exchange->may_last && http->lasting >= MP_HTTP_LASTING)) {
			code = give(exchange);
		}
	}
	if (code != CURLM_OK)
		fail_all(http, code);
}

void mp_http_go_on(struct mp_http *http)
{
	struct mp_http_exchange *exchange, *next;
	struct mp_sigpipe held;

	if (http->paused == 0)
		return;
	mp_sigpipe_hold(&held);
	for (exchange = http->first; exchange != NULL; exchange = next) {
		next = exchange->next;
		if (!exchange->is_paused || exchange->closing)
			continue;
		exchange->is_paused = false;
		http->paused--;
		mp_http_await_more(exchange);
		(void)curl_easy_pause(exchange->easy, CURLPAUSE_CONT);
	}
	mp_sigpipe_release(&held);
}

/* --- a life --- */

static enum mcpass_rc open_parts(struct mp_http *http, const struct mp_http_options *options,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (http->loop == NULL) {
		rc = mp_loop_new(NULL, NULL, &http->own_loop, err);
		http->loop = http->own_loop;
	}
	if (!rc)
		rc = mp_http_trust_find(options->ca_file, &http->trust, err);
	if (!rc)
		rc = mp_set(&http->proxy, options->proxy, err);
	return rc ? rc : mp_http_reach_init(http, options, err);
}

enum mcpass_rc mp_http_new(const struct mp_http_options *options, struct mp_loop *loop,
    struct mp_http **ret_http, struct mcpass_error *err)
{
	struct mp_http *http = calloc(1, sizeof(*http));
	enum mcpass_rc rc;

	if (http == NULL)
		return mp_nomem(err);
	http->loop = loop;
	http->timer = (struct mp_timer){ .fire = on_timer, .ctx = http };
	http->update = (struct mp_task){ .run = update, .ctx = http };
	http->connect_timeout_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms
	    : CONNECT_TIMEOUT_MS;
	http->ipv4 = options->ipv4;
	http->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
	http->head_ms = options->timeout_ms;
	rc = open_parts(http, options, err);
	if (rc)
		mp_http_free(http);
	else
		*ret_http = http;
	return rc;
}

void mp_http_free(struct mp_http *http)
{
	if (http == NULL)
		return;
	while (http->first != NULL) {
		struct mp_http_exchange *exchange = http->first;

		unlink_exchange(http, exchange);
		mp_http_exchange_free(exchange);
	}
	close_libcurl(http);
	if (http->loop != NULL) {
		mp_loop_unset(http->loop, &http->timer);
		mp_loop_never(http->loop, &http->update);
	}
	mp_loop_free(http->own_loop);
	mp_http_trust_free(&http->trust);
	mp_http_reach_free(http);
	free(http->proxy);
	free(http);
}
