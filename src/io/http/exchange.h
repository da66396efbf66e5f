/* exchange.h - what the files of this folder share. */
#pragma once
#include <arpa/inet.h>
#include <curl/curl.h>
#include "io/http/http.h"
#include "io/http/trust.h"
#include "wire/uri.h"

/* "host:port" of a URL, for error messages: a DNS name, brackets, a colon, a port. */
#define MP_HTTP_HOST_ROOM 272
/* Exchanges that libcurl has at a time and that may last: a call that waits for an answer of ours
 * must not keep that from being sent. */
#define MP_HTTP_LASTING 64

struct mp_http {
	bool is_open;                   /* libcurl is set up; with it what follows */
	CURLM *multi;
	struct mp_loop *loop, *own_loop;        /* own_loop: the same, or NULL */
	struct mp_timer timer;          /* libcurl's */
	struct mp_task update;          /* adds what is new, frees what was closed */
	struct mp_http_socket *sockets; /* that libcurl waits for */
	struct mp_http_trust trust;
	char *proxy;                    /* or NULL */
	CURLSH *cookies;                /* of the MCP server; NULL: this libcurl has none */
	struct curl_slist *resolve;
	struct mp_strings vouched;      /* "host:port" that a person named */
	char server[MP_HTTP_HOST_ROOM]; /* of the one that mp_http_confine() named, or "" */
	enum mp_reach server_reach;
	long connect_timeout_ms, timeout_ms;
	bool ipv4;
	long head_ms;                   /* until a stream's head must be there; 0: no limit */
	unsigned fetches;               /* names the exchanges of mp_http_fetch() */
	struct mp_http_exchange *first, *last;  /* all that are under way */
	size_t paused;                  /* exchanges that stand still */
	size_t lasting;                 /* those that libcurl has and that may last */
	bool in_callback;
};

struct mp_http_exchange {
	struct mp_http_exchange *next, *before;
	struct mp_http *http;           /* borrowed */
	CURL *easy;
	struct curl_slist *headers;     /* hold an Authorization: wiped */
	char *body;                     /* wiped; NULL: none */
	size_t body_len, header_bytes;
	struct mp_timer late;           /* the head, or what follows it, has to be there */
	long idle_ms;                   /* what a further piece adds to it; 0: nothing */
	int status;
	unsigned sendings;              /* how often libcurl was about to send it */
	bool may_repeat;                /* it is idempotent */
	unsigned id;
	bool is_private;                /* mp_http_fetch()'s: ids of its own */
	bool may_last;                  /* no limit for the whole of it */
	bool added, has_head, closing;
	bool is_paused;                 /* who takes its bytes is full */
	enum mcpass_rc failed;          /* what a callback returned */
	struct mcpass_error fault;      /*    and its error */
	struct mp_http_callbacks tell;
	int socket_errno;               /* why there was no descriptor to connect with; 0: there was */
	enum mp_reach kept_from;        /* where an address led that was not connected to */
	char kept_address[INET6_ADDRSTRLEN];
	const char *proxy;              /* borrowed; "": none */
	bool is_direct;                 /* no proxy on the way */
	bool is_plain;                  /* no TLS */
	char host[MP_HTTP_HOST_ROOM];
	char words[CURL_ERROR_SIZE];    /* libcurl's own, for the message */
};

/* A request without its options, which mp_http_options_set() gives it. */
enum mcpass_rc mp_http_exchange_new(struct mp_http *http, const struct mp_http_ask *ask,
    const struct mp_http_callbacks *tell, bool is_private,
    struct mp_http_exchange **ret_exchange, struct mcpass_error *err);
void mp_http_exchange_free(struct mp_http_exchange *exchange);  /* NULL is fine */

/* mp_http_start() and mp_http_close(), for exchanges that a caller named as well as for
 * private ones.  A private one has a limit for the whole of it. */
enum mcpass_rc mp_http_begin(struct mp_http *http, const struct mp_http_ask *ask,
    const struct mp_http_callbacks *tell, bool is_private, unsigned id,
    struct mcpass_error *err);
void mp_http_abandon(struct mp_http *http, bool is_private, unsigned id);

/* --- reach.c --- */
void mp_http_name_host(const struct mp_uri *uri, char ret_host[MP_HTTP_HOST_ROOM]);
/* Checks and keeps options.resolve. */
enum mcpass_rc mp_http_reach_init(struct mp_http *http, const struct mp_http_options *options,
    struct mcpass_error *err);
void mp_http_reach_free(struct mp_http *http);
/* The head is there: where the server is is known. */
void mp_http_reach_learn(const struct mp_http_exchange *exchange);
/* Reports that kept_from is why there is no connection. */
enum mcpass_rc mp_http_reach_say(const struct mp_http_exchange *exchange,
    struct mcpass_error *err);

curl_socket_t mp_http_reach_open(void *ctx, curlsocktype purpose,
    struct curl_sockaddr *address);     /* CURLOPT_OPENSOCKETFUNCTION */

/* options.c: an option that libcurl refuses is MCPASS_E_IO, and named.
 * timeout_ms 0: no limit but that of connecting. */
enum mcpass_rc mp_http_options_set(struct mp_http_exchange *exchange,
    const struct mp_http_ask *ask, long timeout_ms, struct mcpass_error *err);
/* exchange.c: more has to come in its time. */
void mp_http_await_more(struct mp_http_exchange *exchange);
/* exchange.c: CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION */
size_t mp_http_on_header(char *line, size_t unit, size_t len, void *ctx);
size_t mp_http_on_data(char *bytes, size_t unit, size_t len, void *ctx);

/* Turns libcurl's result into host, cause and what to do. */
enum mcpass_rc mp_http_reason(const struct mp_http_exchange *exchange, CURLcode code,
    struct mcpass_error *err);
