/* out.h - standard output for results, standard error for what a person may want to know. */
#pragma once
#include "ui/term.h"
#include "wire/json/json.h"

/* Writes it all, at once.  A reader that went away (head) is no error: the rest is
 * dropped.  MCPASS_E_IO: the disk is full, ... */
enum mcpass_rc mp_out(const struct mp_buf *buf, struct mcpass_error *err);
/* The same, and frees the buffer, whatever the result. */
enum mcpass_rc mp_out_end(struct mp_buf *buf, struct mcpass_error *err);
/* The text, and a line end. */
enum mcpass_rc mp_out_line(const char *text, struct mcpass_error *err);
/* One JSON value and a line end: compact for a program; for a terminal indented, and what
 * must not be shown there is \uXXXX. */
enum mcpass_rc mp_out_json(const json_t *json, struct mcpass_error *err);
/* The same, and releases it; NULL: there was no memory for it. */
enum mcpass_rc mp_out_json_new(json_t *json, struct mcpass_error *err);
/* The same of JSON text, whose values stay as they were written. */
enum mcpass_rc mp_out_json_text(const char *text, struct mcpass_error *err);

/* One line on standard error, made harmless; nothing when quiet. */
void mp_say(bool quiet, const char *fmt, ...) MP_PRINTF(2, 3);
/* Text as it is on standard error, in one write. */
void mp_say_text(const struct mp_buf *buf);
