/* progress.h - how far the server is, for a person who waits. */
#pragma once
#include "ui/term.h"
#include "wire/json/json.h"

struct mp_progress {
	bool on;                        /* standard error is a terminal, and may be written to */
	bool shown;                     /* a line that is written over by the next one */
	bool told;                      /* the server says itself how far it is */
};
/* Shows how long an answer is waited for, after a while, unless the server tells more. */
void mp_progress_wait(struct mp_progress *progress, int seconds);
/* Takes a notification of the server: progress and log messages are shown. */
void mp_progress_take(struct mp_progress *progress, const char *json);
/* Before something else is written. */
void mp_progress_clear(struct mp_progress *progress);

/* "40%  halfway": params of notifications/progress, without a line end. */
void mp_progress_render(struct mp_buf *buf, const struct mp_term *term, const json_t *params);
/* "server: text": params of notifications/message, a line. */
void mp_progress_render_log(struct mp_buf *buf, const struct mp_term *term,
    const json_t *params);
