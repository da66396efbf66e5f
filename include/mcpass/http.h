/* mcpass/http.h - HTTP as the mcpass program does it, by libcurl: for programs that drive a client,
 * a session or a guard by themselves and have no HTTP client of their own.
 *
 * It follows no redirect, sends nothing twice but a GET or a HEAD, verifies certificates always,
 * prefers the system's hashed certificates (20 ms a start less than the bundle), and judges the
 * address of each connection (mcpass_client_check_address()) where it is given a server.
 *
 * It waits for nothing: watch its descriptor, and give it a turn when that is readable or
 * something is due.  A program without a loop calls mcpass_http_wait() instead.
 * One is used by one thread at a time.  Callbacks come from its turns, and must not free it. */
#ifndef MCPASS_HTTP_H
#define MCPASS_HTTP_H
#include "mcpass/error.h"
#ifdef __cplusplus
extern "C" {
#endif

struct mcpass_http;                     /* opaque */

struct mcpass_http_config {
	size_t size;                    /* sizeof(struct mcpass_http_config) */
	const char *ca_file;            /* in PEM; NULL: the system's */
	const char *proxy;              /* NULL: the environment's, as curl reads it */
	const char *const *resolve;     /* "HOST:PORT:ADDRESS": connect there instead */
	size_t resolve_count;           /* items */
	/* The MCP server on whose word requests are fetched: addresses are judged.  NULL: they are not,
	 * for a guard, whose issuers its operator names. */
	const char *server_url;
	/* URLs of hosts that a person named besides, client_issuer and the like. */
	const char *const *named;
	size_t named_count;             /* items */
	int connect_timeout_ms;         /* 0: 10 s */
	int timeout_ms;                 /* for a whole answer; 0: 60 s */
};
/* Strings are copied.  The caller owns *ret_http.
 * MCPASS_E_USAGE  a server_url or an entry of named that is no URL, a resolve in another form
 * MCPASS_E_IO     ca_file cannot be read, or no descriptor is left
 * MCPASS_E_NOMEM  out of memory */
MCPASS_API enum mcpass_rc mcpass_http_new(const struct mcpass_http_config *cfg,
    struct mcpass_http **ret_http, struct mcpass_error *err);
/* What is under way is dropped, and not told any more.  NULL is fine. */
MCPASS_API void mcpass_http_free(struct mcpass_http *http);

/* A descriptor to watch for reading, the same for as long as it lives; and in how many milliseconds
 * a turn is wanted in any case, -1: in none.  Ask for the latter after each call. */
MCPASS_API int mcpass_http_fd(const struct mcpass_http *http);
MCPASS_API int mcpass_http_due(const struct mcpass_http *http);
MCPASS_API void mcpass_http_turn(struct mcpass_http *http);
/* The same for a program without a loop: waits until there is something to do, and does it. */
MCPASS_API void mcpass_http_wait(struct mcpass_http *http);

struct mcpass_http_request {            /* borrowed for the call */
	size_t size;                    /* sizeof(struct mcpass_http_request) */
	const char *method, *url;
	const struct mcpass_header *headers;
	const char *body;               /* NULL: none */
	size_t header_count, body_len, max_response;    /* items; bytes; bytes, 0: 1 MiB */
};
struct mcpass_http_response {           /* borrowed for the call */
	int status;
	const struct mcpass_header *headers;
	const char *body;               /* NUL-terminated, body_len without the NUL */
	size_t header_count, body_len;  /* items; bytes */
};
/* why: NULL, and response is there; else why there is none, MCPASS_E_IO (no connection, no answer in
 * time; host, cause and what to do), MCPASS_E_POLICY (an address that we do not connect to),
 * MCPASS_E_LIMIT (over max_response).  That of a refusal, from status 400 on, is dropped then. */
typedef void mcpass_fetched_fn(void *ctx, const struct mcpass_http_response *response,
    const struct mcpass_error *why);
/* One request, whole: a REQUEST of a client, a FETCH of a guard.  fetched is called once, from a
 * turn, unless the fetch is dropped.  *ret_fetch names it; never 0.
 * MCPASS_E_USAGE  no URL
 * MCPASS_E_IO     libcurl refuses it
 * MCPASS_E_NOMEM  out of memory */
MCPASS_API enum mcpass_rc mcpass_http_fetch(struct mcpass_http *http,
    const struct mcpass_http_request *request, mcpass_fetched_fn *fetched, void *ctx,
    unsigned *ret_fetch, struct mcpass_error *err);
/* One that has been told, or none: nothing. */
MCPASS_API void mcpass_http_drop(struct mcpass_http *http, unsigned fetch);

/* One request as a stream: a SEND of a session.  Each callback comes from a turn; texts are borrowed
 * for it.  Any result but MCPASS_OK ends the exchange, and is told to end. */
struct mcpass_http_stream {
	size_t size;                    /* sizeof(struct mcpass_http_stream) */
	enum mcpass_rc (*head)(void *ctx, unsigned id, int status,
	    const struct mcpass_header *headers, size_t count, struct mcpass_error *err);
	enum mcpass_rc (*data)(void *ctx, unsigned id, const char *bytes, size_t len,
	    struct mcpass_error *err);
	/* broken: 0, or as of mcpass_session_end(), and why says why.  The last callback. */
	void (*end)(void *ctx, unsigned id, int broken, const struct mcpass_error *why);
	/* 1: no more bytes for now (mcpass_session_full()), until mcpass_http_resume(); NULL: never */
	int (*full)(void *ctx, unsigned id);
	void *ctx;
};
/* id is the caller's name for it, an exchange of the session.  The request is on the program's own
 * word: addresses are not judged, but that no plain http leaves for a public one.
 * Errors as of mcpass_http_fetch(). */
MCPASS_API enum mcpass_rc mcpass_http_start(struct mcpass_http *http, unsigned id,
    const struct mcpass_http_request *request, const struct mcpass_http_stream *stream,
    struct mcpass_error *err);
/* CLOSE: nothing more is told of it.  Unknown ones are fine. */
MCPASS_API void mcpass_http_close(struct mcpass_http *http, unsigned id);
/* The bytes of all that was full go on. */
MCPASS_API void mcpass_http_resume(struct mcpass_http *http);

#ifdef __cplusplus
}
#endif
#endif
