/* lines.h - the host's side of stdio: bytes become lines, whatever the pieces they come in.
 * spec: MCP transports, stdio: messages are delimited by newlines */
#pragma once
#include "base/buf.h"

/* What is kept of both ends of a line that is too long, to find its id in. */
#define MP_LINE_END 512

struct mp_lines {
	struct mp_buf held;             /* the line that has no end yet */
	size_t max;
	bool is_given;                  /* held is a line that was given out */
	bool is_skipping;               /* the rest of a line that is too long */
	char head[MP_LINE_END], tail[MP_LINE_END];
	size_t head_len, tail_len;
};
enum mp_line_kind { MP_LINE_NONE, MP_LINE_WHOLE, MP_LINE_TOO_LONG };

/* max: bytes of one line. */
void mp_lines_init(struct mp_lines *lines, size_t max);
void mp_lines_free(struct mp_lines *lines);

/* Takes the next line out of *input, which is moved behind it; NONE: all of the input is held.
 * *ret_line is borrowed until the next call: without its end, not empty; of one that is too
 * long head and tail are kept in lines. */
enum mcpass_rc mp_lines_next(struct mp_lines *lines, struct mp_span *input,
    enum mp_line_kind *ret_kind, struct mp_span *ret_line, struct mcpass_error *err);
/* The same for a line that the end of the input ended. */
enum mcpass_rc mp_lines_last(struct mp_lines *lines, enum mp_line_kind *ret_kind,
    struct mp_span *ret_line, struct mcpass_error *err);

/* No more lines are expected soon: gives its room back. */
void mp_lines_rest(struct mp_lines *lines);

/* The id of a request that was too long, as its writer wrote it, when it is the first member
 * behind "jsonrpc" or the last one, as the SDKs write it; data NULL: it was not found. */
struct mp_span mp_lines_find_id(const struct mp_lines *lines);
