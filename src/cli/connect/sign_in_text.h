/* sign_in_text.h - what a person sees, and can do, while a login waits for them. */
#pragma once
#include "ui/term.h"
#include "link/blocking.h"

struct mp_rounds;
struct mp_sign_in_text {
	const char *server;             /* whom the person signs in for; borrowed */
	int timeout_ms;
	bool quiet;                     /* say only what has to be known */
	bool may_paste;                 /* a terminal that is not read otherwise */
	struct mp_rounds *talk;           /* what to do when the server talks; NULL: nothing */
};
/* The callbacks over wait, which must outlive them. */
struct mp_link_ui mp_sign_in_text_ui(struct mp_sign_in_text *wait);

/* What mp_sign_in_text_ui() says when the browser is (not) open.  port is our redirect URI's, 0
 * when it is not known; why is the reason when no browser was opened. */
struct mp_sign_in_text_scene {
	const char *url, *why, *host;   /* host: this machine's name, for ssh */
	unsigned port;
	bool opened;
};
void mp_sign_in_text_render(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_sign_in_text *wait, const struct mp_sign_in_text_scene *scene);
/* What mp_sign_in_text_ui() says when there is a code to enter elsewhere. */
void mp_sign_in_text_render_code(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_sign_in_text *wait, const struct mcpass_action *action, int64_t seconds);
/* The line that is written over every second: "9:42 left". */
void mp_sign_in_text_render_left(struct mp_buf *buf, int64_t seconds);
/* The port of redirect_uri in an authorization URL, 0 when there is none. */
unsigned mp_sign_in_text_port(const char *url);
