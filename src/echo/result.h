/* result.h - the parts that results are put together from. */
#pragma once
#include "echo/call.h"

/* A content block that is a text. */
void mp_result_text(struct mp_writer *w, const char *name, const char *text);
/* The result of a list method: its items are written between the two. */
enum mcpass_rc mp_result_begin_list(struct mp_echo_call *call, struct mp_writer *w,
    const char *member, struct mcpass_error *err);
void mp_result_end_list(const struct mp_echo_call *call, struct mp_writer *w, const char *member);
