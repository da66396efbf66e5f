/* httpd.h - a small HTTP/1.1 server: one loop, one thread of its own, thousands of connections.
 *
 * Requests are read strictly (wire/http/reader.h).  Nothing a peer does, or leaves undone,
 * holds a connection beyond a deadline, or the server at all.
 * spec: RFC 9112; RFC 9110 */
#pragma once
#include "wire/http/http.h"

/* Answers a request; a failure becomes a 500 and is told to the log.  With the status
 * MP_HTTP_LATER the request waits, and the handler is asked again after mp_httpd_resume(); the
 * server goes on with others meanwhile.  Called in the server's thread: it must not wait. */
typedef enum mcpass_rc mp_httpd_fn(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);
/* Milliseconds; 0: as base/limits.h says.  Each is for the whole of it, not for a pause in it. */
struct mp_httpd_times {
	int idle, head, body, send, wait, linger, drain;
};
struct mp_httpd_options {
	const char *bind_address;       /* NULL: "127.0.0.1"; one literal address */
	unsigned port;                  /* 0: the kernel's choice */
	size_t max_body;                /* bytes; more is a 413 */
	/* Connections at a time, and of them from one address (of an IPv6 network, /64); 0: as
	 * limits.h says.  Beyond them the one that was idle longest is closed; when none is, the
	 * new one gets a 503. */
	size_t max_connections, per_address;
	struct mp_httpd_times times;
	mp_httpd_fn *handle;
	void *ctx;
	/* One line per request for a person watching, or NULL: method, path without its
	 * query, status, and the error when there was one.  It must not wait, either. */
	void (*log)(void *ctx, const char *method, const char *path, int status,
	    const struct mcpass_error *err);
};
struct mp_httpd;
/* Listens; what comes waits until the server is run.  Its URL is known now, and what the
 * handler needs can be made on its loop.
 * MCPASS_E_IO: the address or port cannot be had (in use: it says so). */
enum mcpass_rc mp_httpd_new(const struct mp_httpd_options *options,
    struct mp_httpd **ret_httpd, struct mcpass_error *err);
/* For transfers of the handler's, until the server is freed; once it runs, only from there. */
struct mp_loop *mp_httpd_loop(const struct mp_httpd *httpd);
/* Begins to serve. */
enum mcpass_rc mp_httpd_run(struct mp_httpd *httpd, struct mcpass_error *err);
/* Both. */
enum mcpass_rc mp_httpd_start(const struct mp_httpd_options *options,
    struct mp_httpd **ret_httpd, struct mcpass_error *err);
/* Has the handler asked again about all requests that wait; from any thread. */
void mp_httpd_resume(struct mp_httpd *httpd);
unsigned mp_httpd_port(const struct mp_httpd *httpd);
/* Listens no more, answers what is under way (times.drain at most), and ends the thread.  A
 * request that waits still needs mp_httpd_resume(), which does no harm afterwards. */
void mp_httpd_stop(struct mp_httpd *httpd);         /* NULL is fine */
/* In its thread: it is being stopped. */
bool mp_httpd_is_stopping(const struct mp_httpd *httpd);
void mp_httpd_free(struct mp_httpd *httpd);         /* stops it first; NULL is fine */
