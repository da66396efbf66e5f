/* line_writer.h - lines for a descriptor that may not be read: a log on a pipe or a terminal.
 *
 * The thread that has something to say never waits for it.  What can be written at once is; the
 * rest is written by a thread of its own; what it cannot keep up with is left out, and counted.  So
 * is what cannot be written, where a disk is full: the thread tries again each second, and says how
 * much is missing before another line comes. */
#pragma once
#include <stdint.h>
#include "base/buf.h"

struct mp_line_writer;
/* At most `most` lines wait.  What is left out is told in a line of its own. */
enum mcpass_rc mp_line_writer_new(int fd, size_t most, struct mp_line_writer **ret_writer,
    struct mcpass_error *err);
/* The same for lines of JSON: {"event":"left_out","count":N}. */
enum mcpass_rc mp_line_writer_new_json(int fd, size_t most, struct mp_line_writer **ret_writer,
    struct mcpass_error *err);
/* Takes the text out of line, which ends in a line end; from any thread. */
void mp_line_writer_add(struct mp_line_writer *writer, struct mp_buf *line);
/* How many were left out since the beginning; from any thread. */
uint64_t mp_line_writer_lost(struct mp_line_writer *writer);
/* Writes what waits, for a moment at most, and ends.  NULL is fine. */
void mp_line_writer_free(struct mp_line_writer *writer);
