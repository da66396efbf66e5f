/* httpd.h - a small HTTP server over libmicrohttpd, epoll, one thread of its own. */
#ifndef MP_IO_HTTPD_H
#define MP_IO_HTTPD_H
#include "wire/http.h"

/* Answers a request; a failure becomes a 500 and is told to the log.  With the status
 * MP_HTTP_LATER the request waits, and the handler is asked again after mp_httpd_resume(); the
 * server goes on with others meanwhile. */
typedef enum mcpass_rc mp_httpd_fn(void *ctx, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);
struct mp_httpd_options {
	const char *bind_address;       /* NULL: "127.0.0.1"; one literal address */
	unsigned port;                  /* 0: the kernel's choice */
	size_t max_body;                /* bytes; more is a 413 */
	mp_httpd_fn *handle;
	void *ctx;
	/* One line per request for a person watching, or NULL: method, path without its
	 * query, status, and the error when there was one. */
	void (*log)(void *ctx, const char *method, const char *path, int status,
	    const struct mcpass_error *err);
};
struct mp_httpd;
/* MCPASS_E_IO: the address or port cannot be had (in use: it says so). */
enum mcpass_rc mp_httpd_start(const struct mp_httpd_options *options,
    struct mp_httpd **ret_httpd, struct mcpass_error *err);
/* Has the handler asked again about all requests that wait; from any thread. */
void mp_httpd_resume(struct mp_httpd *httpd);
unsigned mp_httpd_port(const struct mp_httpd *httpd);
void mp_httpd_stop(struct mp_httpd *httpd);         /* NULL is fine */

#endif
