/* chunks.h - reads a body in chunks.  spec: RFC 9112 7.1 */
#pragma once
#include <stdint.h>
#include "base/buf.h"

/* { 0 } is the beginning. */
struct mp_http_chunks {
	int state;
	uint64_t left;                  /* of this chunk */
	unsigned digits;
	bool in_quotes, is_escaped;     /* of a chunk extension */
	size_t overhead;                /* bytes of extensions and trailers */
	int status;                     /* why it is refused, to be answered; or 0 */
	const char *problem;
};

enum mp_http_chunks_result { MP_HTTP_CHUNKS_MORE, MP_HTTP_CHUNKS_END, MP_HTTP_CHUNKS_REFUSED };

/* Takes bytes and appends what they carry to body, whose cap is that of the whole.
 * *ret_used is how many of them belong to the body; all, unless it ends. */
enum mp_http_chunks_result mp_http_chunks_feed(struct mp_http_chunks *chunks,
    const char *bytes, size_t len, struct mp_buf *body, size_t *ret_used);
