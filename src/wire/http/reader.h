/* reader.h - reads HTTP/1.1 requests from bytes as they come.
 *
 * Strict: what two readers could frame in two ways is refused, and the connection has to end.
 * spec: RFC 9112 2.2, 3, 5, 6, 7.1; RFC 9110 5.5, 7.2, 8.6, 10.1.1 */
#pragma once
#include "wire/http/chunks.h"

enum mp_http_read {
	MP_HTTP_READ_MORE,              /* all bytes are used */
	MP_HTTP_READ_HEAD,              /* the head is whole; go on with the rest, or with none */
	MP_HTTP_READ_END,               /* the request is whole */
	MP_HTTP_READ_REFUSED            /* by status and problem; nothing more is read */
};

struct mp_http_reader {
	/* What was read.  Views of `head`, good until mp_http_reader_next(). */
	const char *method, *path;      /* undecoded; NULL while the head is not whole */
	const char *query;              /* without '?', or NULL */
	struct mcpass_header *headers;
	size_t header_count;
	struct mp_buf body;
	bool is_last;                   /* the peer sends no other request, or not to be read */
	bool wants_continue;            /* it waits for a 100 before it sends the body */
	int status;                     /* of REFUSED: 400, 413, 414, 417, 431, 501, 503, 505 */
	const char *problem, *spec;     /* static */
	/* Its own. */
	struct mp_buf head;
	size_t room;                    /* of headers */
	size_t lines, line_begin;       /* whole lines; where the current one begins */
	bool has_skipped;               /* an empty line before the request line */
	int state;
	uint64_t left;                  /* of a body with a length */
	bool is_http10;
	const char *authority;          /* of a target in absolute form, or NULL */
	const char *host, *length, *coding;
	size_t host_count, length_count, coding_count;
	struct mp_http_chunks chunks;
};

/* max_body: bytes; a longer one is a 413. */
void mp_http_reader_init(struct mp_http_reader *reader, size_t max_body);
/* Takes bytes; *ret_used of them are read.  The rest belongs to what comes next. */
enum mp_http_read mp_http_reader_feed(struct mp_http_reader *reader, const char *bytes,
    size_t len, size_t *ret_used);
/* True when nothing of a request has come yet. */
bool mp_http_reader_is_idle(const struct mp_http_reader *reader);
/* Gets ready for the next request; large buffers are given back, secrets are wiped. */
void mp_http_reader_next(struct mp_http_reader *reader);
void mp_http_reader_free(struct mp_http_reader *reader);
