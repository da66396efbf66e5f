/* log.h - the requests that a server answered, a line each on standard error. */
#pragma once
#include "io/line_writer.h"
#include "mcpass/client.h"
#include "ui/term.h"

struct mp_log {
	const char *name;               /* before each line, when there are two; NULL: a time */
	struct mp_term term;
	bool quiet;
	struct mp_line_writer *writer;  /* NULL: each line is written at once, and waited for */
	char reason[320];               /* why the request at hand is refused, or "" */
};
/* A mcpass_trace_fn; ctx is a struct mp_log: takes a reason. */
void mp_log_note(void *ctx, const struct mcpass_note *note);
/* mp_httpd_options.log; ctx is a struct mp_log. */
void mp_log_request(struct mp_log *log, const char *method, const char *path,
    int status, const struct mcpass_error *err);
