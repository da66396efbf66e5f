/* parts.h - the parts of a result: what is text and what is bytes. */
#ifndef MP_CLI_PARTS_H
#define MP_CLI_PARTS_H
#include "base/buf.h"
#include "wire/json.h"

/* One part of a tool's, a prompt's or a resource's result; each member NULL when it has none,
 * borrowed from the result. */
struct mp_part {
	const json_t *text, *base64;
	const char *media_type;
};
size_t mp_parts_count(const json_t *result);
struct mp_part mp_parts_at(const json_t *result, size_t i);
/* How many have bytes, how many text that is not empty. */
size_t mp_parts_with_bytes(const json_t *result);
size_t mp_parts_with_text(const json_t *result);

/* Adds the bytes.  Read as servers write them: either alphabet, with white space or without
 * padding; spec: RFC 4648 4, 5.
 * MCPASS_E_PROTOCOL  it is no base64 at all */
enum mcpass_rc mp_part_decode(struct mp_buf *buf, const json_t *base64,
    struct mcpass_error *err);

/* The file of the nth part with bytes, from 1: x.png, x-2.png, x-3.png; the caller's (free),
 * NULL when out of memory. */
char *mp_parts_path(const char *path, size_t nth);

#endif
