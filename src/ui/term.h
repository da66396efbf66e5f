/* term.h - what a stream can show, and text made fit for it. */
#pragma once
#include "base/buf.h"

struct mp_term {
	bool is_terminal, colour;
	unsigned width;                 /* columns; 80 where nothing tells */
};
/* Back to the line's beginning, and nothing left of it. */
#define MP_CLEAR_LINE "\r\033[K"
struct mp_term mp_term_of(int fd);
/* Colour is for a terminal that is not dumb, and for who did not ask to be spared
 * (no-color.org).  The texts are those of the environment, or NULL. */
bool mp_term_wants_colour(bool is_terminal, const char *no_color, const char *term);

enum mp_paint { MP_PLAIN = 0, MP_BOLD, MP_DIM, MP_RED, MP_GREEN, MP_CYAN };
/* The sequence that switches to paint, "" where there is no colour; static. */
const char *mp_paint(const struct mp_term *term, enum mp_paint paint);
/* Adds text in that paint. */
void mp_painted(struct mp_buf *buf, const struct mp_term *term, enum mp_paint paint,
    const char *text);

/* Adds text of a peer.  For a terminal each line is made harmless (mp_one_line), since it
 * could hold sequences that write elsewhere; a pipe gets the bytes as they are. */
void mp_term_add(struct mp_buf *buf, const struct mp_term *term, const char *text);
/* Adds JSON of a peer, a line for each member; on a terminal what must not be shown is \uXXXX. */
void mp_term_add_json(struct mp_buf *buf, const struct mp_term *term, struct mp_span json);
/* The first line of text, made harmless, cut at max columns with "..."; max 0: whole. */
void mp_term_add_line(struct mp_buf *buf, const char *text, unsigned max);
/* Adds every line of a peer's text behind mark, broken where the terminal would break it, so
 * that none of them looks like one of ours; a tab is a blank, and very many lines are cut. */
void mp_term_quote(struct mp_buf *buf, const struct mp_term *term, const char *mark,
    const char *text);
/* Adds words of text broken at width, each further line indented. */
void mp_term_wrap(struct mp_buf *buf, unsigned width, unsigned indent, const char *text);
/* The columns of text: bytes that begin a character. */
unsigned mp_term_columns(const char *text);
void mp_term_pad(struct mp_buf *buf, unsigned columns);
