/* writer.h - JSON written into a buffer: whatever goes wrong sticks in that (base/buf.h). */
#pragma once
#include <jansson.h>
#include <stdint.h>
#include "base/buf.h"

struct mp_writer {              /* { .buf = &buf } */
	struct mp_buf *buf;
	bool more;              /* a ',' comes before the next member or item */
};
/* name: of the member that is added; NULL: an item of an array, or the whole text. */
void mp_writer_object(struct mp_writer *w, const char *name);
void mp_writer_array(struct mp_writer *w, const char *name);
void mp_writer_end(struct mp_writer *w, char bracket);          /* '}' or ']' */
/* NULL is absent: nothing is written.  What is not UTF-8 becomes U+FFFD. */
void mp_writer_text(struct mp_writer *w, const char *name, const char *text);
void mp_writer_int(struct mp_writer *w, const char *name, int64_t number);
void mp_writer_bool(struct mp_writer *w, const char *name, bool value);
/* JSON that is text already; data NULL: nothing is written.  And a value that is none yet. */
void mp_writer_raw(struct mp_writer *w, const char *name, struct mp_span json);
void mp_writer_json(struct mp_writer *w, const char *name, const json_t *json);
/* The inside of a string: text, escaped, in the midst of JSON that is written by hand. */
void mp_writer_escaped(struct mp_buf *buf, const char *text);
