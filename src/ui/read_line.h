/* read_line.h - one line of standard input, and not a byte more. */
#pragma once
#include "base/buf.h"
#include "io/loop.h"

/* Gives loop its turns while it waits, so that what else is on it goes on; NULL: just waits.
 * *ret_line is without its end, the caller's (mp_free_wiped); NULL at the end of input.
 * MCPASS_E_DENIED: Ctrl-C.  MCPASS_E_USAGE: longer than MP_MAX_ANSWER_LINE. */
enum mcpass_rc mp_read_line(struct mp_loop *loop, char **ret_line, struct mcpass_error *err);
