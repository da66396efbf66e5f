/* target.h - where a result is written: a file that is there as a whole, or standard output, which
 * gets nothing before all of it is there. */
#pragma once
#include "io/file/whole_file.h"
#include "ui/parts.h"

#define MP_SAVE_DOING "writing the answer to a file"

struct mp_target {
	struct mp_whole_file *file;     /* NULL: buf */
	struct mp_buf buf;
};
/* path "-": standard output.  mp_target_free() releases it, whatever came of it. */
enum mcpass_rc mp_target_open(struct mp_target *target, const char *path,
    struct mcpass_error *err);
/* An mp_spool_keep_fn. */
enum mcpass_rc mp_target_put(void *ctx, const char *bytes, size_t len, struct mcpass_error *err);
enum mcpass_rc mp_target_put_buf(struct mp_target *target, const struct mp_buf *buf,
    struct mcpass_error *err);
/* What a string of parts stands for: base64, or text; however long it is, piece by piece. */
enum mcpass_rc mp_target_put_bytes(struct mp_target *target, const struct mp_parts *parts,
    struct mp_span string, struct mcpass_error *err);
enum mcpass_rc mp_target_put_text(struct mp_target *target, const struct mp_parts *parts,
    struct mp_span string, struct mcpass_error *err);
/* There is nothing in it, or a line end is last. */
bool mp_target_ends_line(const struct mp_target *target);
enum mcpass_rc mp_target_end(struct mp_target *target, struct mcpass_error *err);
void mp_target_free(struct mp_target *target);
