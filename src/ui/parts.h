/* parts.h - the parts of a result of a tool, a prompt or a resource, where they lie in its text:
 * what may be many megabytes long is not built into anything. */
#pragma once
#include "base/buf.h"
#include "io/file/spool.h"

/* One block of a tool's content, one part of a resource, one message of a prompt; JSON values
 * as they stand in the text, data NULL where there is none. */
struct mp_part {
	bool is_message, is_resource;
	struct mp_span type, role, uri, media_type;
	struct mp_span text;            /* a string */
	struct mp_span bytes;           /* a string in base64 */
};
struct mp_parts {
	struct mp_part *items;
	size_t count, len;              /* of items; of the whole text */
	struct mp_span structured;
	const struct mp_spool *spool;   /* which has their long strings; NULL: they are in the text */
	bool is_error;                  /* the tool itself says that it failed, */
	bool is_odd_error;              /* with something else than true */
};
/* text is borrowed, and has been found to be JSON.  Release with mp_parts_free(). */
enum mcpass_rc mp_parts_read(const char *text, struct mp_parts *ret_parts,
    struct mcpass_error *err);
void mp_parts_free(struct mp_parts *parts);
/* How many have bytes, how many text that is not empty. */
size_t mp_parts_with_bytes(const struct mp_parts *parts);
size_t mp_parts_with_text(const struct mp_parts *parts);

/* Base64 that comes piece by piece, as it stands in a JSON string; put takes the bytes. */
struct mp_part_decoder {
	mp_spool_keep_fn *put;
	void *ctx;
	uint32_t bits;
	unsigned count;                 /* of characters in bits */
	bool ended, is_escape;          /* by '='; the last character was a backslash */
	size_t len;
	char bytes[3 * 1024];           /* not put yet */
};
enum mcpass_rc mp_part_decoder_add(struct mp_part_decoder *decoder, struct mp_span piece,
    struct mcpass_error *err);
enum mcpass_rc mp_part_decoder_end(struct mp_part_decoder *decoder, struct mcpass_error *err);

/* Adds the bytes of a part.  Read as servers write them: either alphabet, with white space or
 * without padding; spec: RFC 4648 4, 5.
 * MCPASS_E_PROTOCOL  it is no base64 at all, and some of it may have been added */
enum mcpass_rc mp_part_decode(struct mp_buf *buf, struct mp_span base64, struct mcpass_error *err);

/* The file of the nth part with bytes, from 1: x.png, x-2.png, x-3.png; the caller's (free),
 * NULL when out of memory. */
char *mp_parts_path(const char *path, size_t nth);
