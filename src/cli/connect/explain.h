/* explain.h - the steps that were taken, numbered, for --explain and the demo. */
#pragma once
#include "ui/term.h"

struct mp_explain {
	struct mp_term term;
	unsigned steps;                 /* told so far */
};
/* Begins an account on standard error. */
void mp_explain_init(struct mp_explain *explain);
/* A mcpass_trace_fn; ctx is a struct mp_explain. */
void mp_explain_note(void *ctx, const struct mcpass_note *note);

/*  1. What happened. [RFC 9728 3.3]
 *       name   value                     */
void mp_explain_render(struct mp_buf *buf, const struct mp_term *term, unsigned number,
    const struct mcpass_note *note);
