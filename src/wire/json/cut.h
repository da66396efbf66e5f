/* cut.h - which bytes of JSON text, as it comes, are the inside of a long string: those need not be
 * kept in memory.  The text may be a body, or the lines of an event stream: a line end inside of a
 * string is no JSON (RFC 8259 7), so that each line begins outside of one.  Nothing is checked but
 * where strings begin and end. */
#pragma once
#include <stdbool.h>
#include "base/text.h"

enum mp_cut_kind {
	MP_CUT_OUTSIDE,         /* of strings; their quotes, too */
	MP_CUT_FRONT,           /* the inside of a string, up to front bytes or a few more */
	MP_CUT_REST             /* what comes after that: long strings alone have it */
};
struct mp_cut {                 /* { .front = N } begins a text */
	size_t front, len;      /* len: of the string so far */
	unsigned escape;        /* bytes that are due of one */
	bool is_inside, is_rest;
};
/* How many bytes at the front of bytes, which are some, are of one kind.  The front never ends
 * within an escape or a character. */
size_t mp_cut_step(struct mp_cut *cut, struct mp_span bytes, enum mp_cut_kind *ret_kind);

/* How many of len bytes of a string's inside can be read without those that follow: not half an
 * escape, a surrogate pair or a character. */
size_t mp_cut_whole(const char *bytes, size_t len);
