/* printable.h - which characters of a peer's text a person is shown: one rule for terminals
 * and for pages. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp_char {
	uint32_t code;          /* U+FFFD where the bytes are not UTF-8 */
	size_t len;             /* of its bytes; 0 at the end of the text */
	/* False for what drives a terminal (controls), reorders a line (bidirectional marks,
	 * embeddings, isolates), ends a line, or is there without being seen (joiners,
	 * fillers, tags, variation selectors). */
	bool is_shown;
};
/* The first character of text.  A symbol and the variation selector behind it, which chooses
 * its colours, are one. */
struct mp_char mp_char_first(const char *text);

/* True when a reader would see nothing: only white space, blanks, and what is not shown. */
bool mp_is_blank(const char *text);

/* Makes text one printable line in place: what is not shown becomes '?', byte for byte, so
 * that no peer writes to a person's terminal. */
void mp_one_line(char *text);
