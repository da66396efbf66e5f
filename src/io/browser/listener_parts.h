/* listener_parts.h - what listener.c, listener_request.c and listener_page.c share. */
#pragma once
#include "base/buf.h"
#include "wire/http/reader.h"

#define MP_REDIRECT_PATH "/callback"

/* What a browser asked for, once its request's head is whole. */
struct mp_redirect {
	int status;             /* 200: it is the redirect; otherwise the refusal, 503: out of memory */
	const char *query;      /* 200 only: of the reader, without '?' */
};
/* Takes what came on a connection whose reader this is (max_body 0), and judges the head;
 * authority is the "host:port" of our redirect URI, path its path.  False when the head is not
 * whole yet; after true the reader is only freed. */
bool mp_listener_request_read(struct mp_http_reader *reader, const char *bytes, size_t len,
    const char *authority, const char *path, struct mp_redirect *ret_redirect);

/* A whole response with a page for people; text is escaped. */
void mp_listener_page_signed_in(struct mp_buf *response, const char *name);      /* name: or NULL */
void mp_listener_page_failed(struct mp_buf *response, const char *message);      /* message: or NULL */
/* A whole response to what is not the redirect. */
void mp_listener_page_refusal(struct mp_buf *response, int status);
