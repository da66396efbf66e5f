/* http.h - HTTP requests by libcurl, driven by a loop.  It follows no redirect, sends nothing
 * twice but a GET or a HEAD, and keeps the cookies of the streams only, as long as it lives. */
#pragma once
#include "io/loop.h"
#include "wire/host.h"
#include "wire/http/http.h"

struct mp_http;                 /* one multi handle: connections are reused */
struct mp_http_options {
	const char *ca_file;    /* or NULL: the system's (hashed directory preferred) */
	const char *proxy;      /* or NULL: the environment's, as curl reads it */
	const char *const *resolve;     /* "HOST:PORT:ADDRESS": connect there instead */
	size_t resolve_count;
	/* 0: 10 s to connect; 60 s for a whole answer (mp_http_perform), and no limit for a
	 * stream: a tool may take hours, and a peer that is gone is found out by keepalive.
	 * A timeout_ms that is given also limits the time until a stream's head is there,
	 * but for that of a GET.  The words of a refusal have 2 s; what is no event stream
	 * may be silent for timeout_ms, or 60 s. */
	long connect_timeout_ms, timeout_ms;
	bool ipv4;              /* connect to no IPv6 address */
};
/* loop is borrowed until mp_http_free(); NULL: one of its own, for mp_http_perform(). */
enum mcpass_rc mp_http_new(const struct mp_http_options *options, struct mp_loop *loop,
    struct mp_http **ret_http, struct mcpass_error *err);
/* Nothing that is under way is told any more.  Not from a callback.  NULL is fine. */
void mp_http_free(struct mp_http *http);

struct mp_http_ask {                    /* one request; all borrowed */
	const char *method, *url, *body; /* body NULL: none */
	const struct mcpass_header *headers;
	size_t count, len;
};

/* One request, whole.  No answer is MCPASS_E_IO with the reason (host, cause, what to
 * do), a body over max bytes MCPASS_E_LIMIT (that of a refusal, from status 400 on, is
 * dropped instead; of another, response has max + 1 bytes).  why NULL: response is there, and the
 * callee's (mp_http_response_free). */
typedef void mp_http_fetched_fn(void *ctx, struct mp_http_response *response,
    const struct mcpass_error *why);
/* done is called once, from the loop, unless the fetch is dropped.  *ret_fetch names it. */
enum mcpass_rc mp_http_fetch(struct mp_http *http, const struct mp_http_ask *ask, size_t max,
    mp_http_fetched_fn *done, void *ctx, unsigned *ret_fetch, struct mcpass_error *err);
/* The same; ctx is freed with the fetch, told or not, but not where this fails. */
enum mcpass_rc mp_http_fetch_owned(struct mp_http *http, const struct mp_http_ask *ask,
    size_t max, mp_http_fetched_fn *done, void *ctx, unsigned *ret_fetch,
    struct mcpass_error *err);
void mp_http_drop(struct mp_http *http, unsigned fetch);        /* an unknown one is fine */
/* The same, and runs the loop until it is there.  ret_response: mp_http_response_free(). */
enum mcpass_rc mp_http_perform(struct mp_http *http, const char *method, const char *url,
    const struct mcpass_header *headers, size_t count, const char *body, size_t len,
    size_t max, struct mp_http_response *ret_response, struct mcpass_error *err);

/* From now on fetches connect only where the server at server_url may send us
 * (mp_target_may_reach() of the very address); else it is MCPASS_E_POLICY.  Where that server
 * is says its URL, if an address is in it, else the last connection to it; until there was
 * one: otherwise, and UNKNOWN is as good as PUBLIC.  Through a proxy it is the proxy that
 * resolves and connects, and it is not judged; a host of no_proxy is. */
enum mcpass_rc mp_http_confine(struct mp_http *http, const char *server_url,
    enum mp_reach otherwise, struct mcpass_error *err);
/* Where it is, as far as that is known now. */
enum mp_reach mp_http_server_reach(const struct mp_http *http);
/* A person named this URL: its host may be private, or on loopback.  NULL is fine. */
enum mcpass_rc mp_http_vouch(struct mp_http *http, const char *url, struct mcpass_error *err);

/* How an exchange ended. */
struct mp_http_end {
	const struct mcpass_error *why; /* NULL: whole; else why it broke off, with a hint: with
	                                 * the head never seen there was no answer at all */
	bool was_sent;                  /* in part at least: the peer may have carried it out */
	bool was_late;                  /* it was not waited for any longer */
};
/* Many at once, as streams; each callback comes from the loop.  A failure of head or data ends
 * the exchange, and is told to end. */
struct mp_http_callbacks {
	enum mcpass_rc (*head)(void *ctx, unsigned id, int status,
	    const struct mcpass_header *headers, size_t count, struct mcpass_error *err);
	enum mcpass_rc (*data)(void *ctx, unsigned id, const char *bytes, size_t len,
	    struct mcpass_error *err);
	void (*end)(void *ctx, unsigned id, const struct mp_http_end *end);
	/* Asked before data: true, and the exchange stands still until mp_http_go_on(); NULL:
	 * never. */
	bool (*is_full)(void *ctx);
	void (*gone)(void *ctx);        /* the exchange is freed, told or not; may be NULL */
	void *ctx;
};
/* id is the caller's name for the exchange; the body is copied. */
enum mcpass_rc mp_http_start(struct mp_http *http, unsigned id, const struct mp_http_ask *ask,
    const struct mp_http_callbacks *callbacks, struct mcpass_error *err);
void mp_http_close(struct mp_http *http, unsigned id);      /* unknown ids are fine */
/* Of an exchange that was just started: it does not last.  It waits for none that may, and its
 * head must be there in 60 s, where no timeout was given that says otherwise. */
void mp_http_expect_head(struct mp_http *http, unsigned id);
/* What stands still goes on. */
void mp_http_go_on(struct mp_http *http);
