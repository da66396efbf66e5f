/* page.h - what every page has: its head, its policy, the organisation's brand, the language of
 * the person who reads it.  Every text that is not ours is escaped here. */
#pragma once
#include "issuer/login/pending.h"
#include "issuer/login/texts.h"

struct mp_page {                        /* on its way: borrows all of it */
	const struct mp_turn *turn;
	const struct mp_language *language;
	struct mp_buf *html;            /* the answer's body */
};
/* In the language that the browser asks for. */
struct mp_page mp_page_new(const struct mp_turn *turn);

/* Up to and with "<h1>"; title as of mp_page_say_english(). */
void mp_page_begin(const struct mp_page *page, const char *title);
/* Whose page it is: the person may compare it with the address line. */
void mp_page_end(const struct mp_page *page);
/* Sets the status and the headers; pending is NULL on a page without a form.
 * spec: CSP Level 3 */
enum mcpass_rc mp_page_finish(const struct mp_page *page, int status,
    const struct mp_pending *pending, struct mcpass_error *err);

/* A text of ours in the page's language. */
void mp_page_say(const struct mp_page *page, enum mp_text text);
/* The same by its English words; what the table does not have is shown as it is, escaped. */
void mp_page_say_english(const struct mp_page *page, const char *english);
/* A text around a name: <strong>, isolated from the direction of the words around it. */
void mp_page_say_about(const struct mp_page *page, enum mp_text text, const char *name);
/* What stands before and after the place to fill. */
void mp_page_before(const struct mp_page *page, enum mp_text text);
void mp_page_after(const struct mp_page *page, enum mp_text text);
void mp_page_strong(const struct mp_page *page, const char *text);
/* A note above a form, as of mp_page_say_english(); NULL: none. */
void mp_page_problem(const struct mp_page *page, const char *problem);
/* The beginning of a form with the ticket in it. */
void mp_page_form(const struct mp_page *page, const char *path, const struct mp_secret *ticket);

/* Appends text, so that HTML sees nothing but text: in an element or a quoted attribute.
 * What cannot be seen, or what reorders a line (base/printable.h), becomes U+FFFD. */
void mp_pages_escape(struct mp_buf *html, const char *text);
/* The styles of all pages as CSP sources, "'sha256-...'"; the caller's (free). */
enum mcpass_rc mp_page_style_hashes(const char *brand_css, char **ret_sources,
    struct mcpass_error *err);

/* --- page_style.c --- */
extern const char mp_page_style[];
extern const char mp_page_logo[];       /* an SVG element */
