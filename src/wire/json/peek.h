/* check.h - is it JSON, and where do its members stand?  In one pass over the bytes,
 * without recursion and without building anything, so that a message may be long and deep. */
#pragma once
#include "base/buf.h"

/* Checks that text is one JSON value, UTF-8 apart (mp_json_utf8).  ret_values[i] is the value
 * of the member names[i] of that value, when it is an object that has it and it is not null;
 * otherwise its data is NULL.  what names the text in an error.
 * MCPASS_E_PROTOCOL  not JSON, or one of names is given twice
 * MCPASS_E_LIMIT     deeper than MP_MAX_MESSAGE_DEPTH */
enum mcpass_rc mp_json_peek(struct mp_span text, const char *what, const char *const *names,
    size_t count, struct mp_span *ret_values, struct mcpass_error *err);

/* The text without a byte order mark, and with U+FFFD for each byte that is not UTF-8: in
 * room, which is the caller's, when something had to be changed. */
enum mcpass_rc mp_json_utf8(struct mp_span text, struct mp_buf *room, struct mp_span *ret_text,
    struct mcpass_error *err);
