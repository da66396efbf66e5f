#include "cli/connect/sign_in_text.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "ui/out.h"
#include "cli/connect/rounds.h"
#include "io/clock.h"
#include "oauth/authz.h"
#include "oauth/device.h"
#include "wire/form.h"
#include "wire/uri.h"

unsigned mp_sign_in_text_port(const char *url)
{
	struct mp_uri uri, redirect;
	struct mp_form form = { 0 };
	const char *value = NULL;
	unsigned port = 0;

	if (mp_uri_parse(url, &uri, NULL) != MCPASS_OK || uri.query.data == NULL
	    || mp_form_parse(uri.query.data, uri.query.len, &form, NULL) != MCPASS_OK)
		return 0;
	if (mp_form_get(&form, "redirect_uri", &value, NULL) == MCPASS_OK && value != NULL
	    && mp_uri_parse(value, &redirect, NULL) == MCPASS_OK && mp_uri_is_loopback(&redirect))
		port = redirect.port;
	mp_form_free(&form);
	return port;
}

/* Openers say that all is well where no window came up: at a terminal the URL is always
 * there to be opened by hand. */
static void add_opened(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_sign_in_text *wait, const struct mp_sign_in_text_scene *scene)
{
	struct mp_uri uri;

	if (wait->quiet)
		return;
	mp_buf_adds(buf, "Opened your browser");
	if (mp_uri_parse(scene->url, &uri, NULL) == MCPASS_OK) {
		size_t scheme = uri.scheme.len + strlen("://");

		mp_buf_addf(buf, " at %.*s", (int)(uri.origin.len - scheme), uri.origin.data + scheme);
	}
	mp_buf_adds(buf, ". Waiting for you to sign in (Ctrl-C to stop) ...\n");
	if (term->is_terminal)
		mp_buf_addf(buf, "If no page comes up, open this one yourself:\n\n%s\n\n", scene->url);
	if (wait->may_paste)
		mp_buf_adds(buf, "If it ends at a page that does not load, paste that page's address"
		    " here:\n");
}

static void add_forward(struct mp_buf *buf, unsigned port)
{
	mp_buf_addf(buf, " -L %u:127.0.0.1:%u", port, port);
}

/* No browser here: what to open, and how the answer finds its way back. */
static void add_manual(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_sign_in_text *wait, const struct mp_sign_in_text_scene *scene)
{
	int seconds = wait->timeout_ms / 1000;
	struct mp_uri uri;

	mp_buf_addf(buf, "To sign in for %s, open this page in a browser", wait->server);
	if (scene->why != NULL && scene->why[0] != '\0')
		mp_buf_addf(buf, " (%s)", scene->why);
	mp_buf_addf(buf, ":\n\n%s%s%s\n\n", mp_paint(term, MP_BOLD), scene->url,
	    mp_paint(term, MP_PLAIN));
	if (scene->port != 0) {
		mp_buf_adds(buf, "In a browser on another machine, first run there: ssh");
		add_forward(buf, scene->port);
		if (mp_uri_parse(scene->url, &uri, NULL) == MCPASS_OK && mp_uri_is_loopback(&uri))
			add_forward(buf, uri.port);     /* the page, too, is on this machine */
		mp_buf_addf(buf, " %s\n", scene->host);
		if (wait->may_paste)
			mp_buf_adds(buf, "or paste here the address that the browser ends at, though"
			    " it cannot load it.\n");
	}
	mp_buf_addf(buf, "Waiting, for %d %s at most (Ctrl-C to stop).\n",
	    seconds < 120 ? seconds : seconds / 60, seconds < 120 ? "s" : "min");
}

void mp_sign_in_text_render(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_sign_in_text *wait, const struct mp_sign_in_text_scene *scene)
{
	if (scene->opened)
		add_opened(buf, term, wait, scene);
	else
		add_manual(buf, term, wait, scene);
}

static int on_browse(void *ctx, const char *url, bool opened, const char *why)
{
	const struct mp_sign_in_text *wait = ctx;
	struct mp_term term = mp_term_of(STDERR_FILENO);
	char name[256] = "";
	struct mp_sign_in_text_scene scene = { url, why, name, mp_sign_in_text_port(url), opened };
	struct mp_buf buf = MP_BUF(MP_MAX_URI + 4096);

	if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0')
		scene.host = "THIS-HOST";
	mp_sign_in_text_render(&buf, &term, wait, &scene);
	mp_say_text(&buf);
	mp_buf_free(&buf);
	return wait->may_paste ? STDIN_FILENO : -1;
}

static void add_time(struct mp_buf *buf, int64_t seconds)
{
	mp_buf_addf(buf, "%lld %s", (long long)(seconds < 120 ? seconds : seconds / 60),
	    seconds < 120 ? "s" : "min");
}

/* Any server can have another organization's page shown, whose sign-in then is for the
 * program that asked that one for the code.  spec: RFC 8628 5.4 */
static void add_elsewhere(struct mp_buf *buf, const struct mcpass_action *action)
{
	struct mp_uri page;

	if (action->issuer == NULL || !mp_device_is_elsewhere(action->url, action->issuer)
	    || mp_uri_parse(action->url, &page, NULL) != MCPASS_OK)
		return;
	mp_buf_addf(buf, "CAUTION: that page is at %.*s, and not at ", (int)page.host.len, page.host.data);
	mp_term_add_line(buf, action->issuer, 0);
	mp_buf_addf(buf, ". Go on only if you know that it\nsigns people in there: who enters a code at"
	    " %.*s lets a stranger in there.\n\n", (int)page.host.len, page.host.data);
}

void mp_sign_in_text_render_code(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_sign_in_text *wait, const struct mcpass_action *action, int64_t seconds)
{
	mp_buf_addf(buf, "To sign in for %s, ", wait->server);
	if (action->issuer != NULL) {
		mp_term_add_line(buf, action->issuer, 0);
		mp_buf_adds(buf, " asks you to ");
	}
	mp_buf_addf(buf, "open this page on any device:\n\n%s", mp_paint(term, MP_BOLD));
	mp_term_add_line(buf, action->url, 0);
	mp_buf_addf(buf, "%s\n\n", mp_paint(term, MP_PLAIN));
	add_elsewhere(buf, action);
	mp_buf_addf(buf, "and enter the code  %s", mp_paint(term, MP_BOLD));
	mp_term_add_line(buf, action->user_code, 0);
	mp_buf_addf(buf, "%s\n\n", mp_paint(term, MP_PLAIN));
	if (action->url_complete != NULL) {
		mp_buf_adds(buf, "or open this one, and compare the code:\n\n");
		mp_term_add_line(buf, action->url_complete, 0);
		mp_buf_adds(buf, "\n\n");
	}
	mp_buf_adds(buf, "The code is good for ");
	add_time(buf, seconds);
	mp_buf_adds(buf, ". Waiting (Ctrl-C to stop) ...\n");
}

/* The question whether an issuer may have what was given. */
static void render_issuer(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_sign_in_text *wait, const char *issuer)
{
	mp_buf_adds(buf, "What you gave to sign in with (a secret, a key or a token) is to go to the"
	    " authorization server that ");
	mp_term_add_line(buf, wait->server, 0);
	mp_buf_addf(buf, " names:\n\n    %s", mp_paint(term, MP_BOLD));
	mp_term_add_line(buf, issuer, 0);
	mp_buf_addf(buf, "%s\n\nIs it the one that gave it to you? [y/N] ", mp_paint(term, MP_PLAIN));
}

static enum mp_link_word on_confirm_issuer(void *ctx, const char *issuer, int *ret_fd)
{
	const struct mp_sign_in_text *wait = ctx;
	struct mp_term term = mp_term_of(STDERR_FILENO);
	struct mp_buf buf = MP_BUF(2 * MP_MAX_URI + 4096);

	render_issuer(&buf, &term, wait, issuer);
	mp_say_text(&buf);
	mp_buf_free(&buf);
	*ret_fd = STDIN_FILENO;
	return MP_LINK_LATER;
}

/* What the terminal has, a line at most: *ret_len 0 at its end, and after a signal -1. */
static enum mcpass_rc read_typed(char *line, size_t room, ssize_t *ret_len,
    struct mcpass_error *err)
{
	ssize_t n = read(STDIN_FILENO, line, room - 1);

	/* The terminal is gone, and would be readable for ever. */
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return mp_fail(err, MCPASS_E_IO, NULL, "reading the terminal: %s", strerror(errno));
	line[n > 0 ? n : 0] = '\0';
	*ret_len = n;
	return MCPASS_OK;
}

static enum mcpass_rc on_confirmed(void *ctx, enum mp_link_word *ret_word,
    struct mcpass_error *err)
{
	char line[MP_MAX_URI];
	ssize_t n = 0;
	enum mcpass_rc rc = read_typed(line, sizeof(line), &n, err);

	(void)ctx;
	if (rc || n < 0)
		return rc;
	line[strcspn(line, "\r\n")] = '\0';
	*ret_word = mp_eq_nocase(line, "y") || mp_eq_nocase(line, "yes") ? MP_LINK_YES : MP_LINK_NO;
	return MCPASS_OK;
}

static void on_show_code(void *ctx, const struct mcpass_action *action)
{
	const struct mp_sign_in_text *wait = ctx;
	struct mp_term term = mp_term_of(STDERR_FILENO);
	struct mp_buf buf = MP_BUF(2 * MP_MAX_URI + 4096);

	mp_sign_in_text_render_code(&buf, &term, wait, action, action->expires_at - mp_now_s());
	mp_say_text(&buf);
	mp_buf_free(&buf);
}

void mp_sign_in_text_render_left(struct mp_buf *buf, int64_t seconds)
{
	mp_buf_addf(buf, "%lld:%02lld left", (long long)(seconds / 60), (long long)(seconds % 60));
}

static void on_code_left(void *ctx, int64_t seconds)
{
	struct mp_buf buf = MP_BUF(256);

	(void)ctx;
	mp_buf_adds(&buf, MP_CLEAR_LINE);
	if (seconds >= 0)
		mp_sign_in_text_render_left(&buf, seconds);
	mp_say_text(&buf);
	mp_buf_free(&buf);
}

static enum mcpass_rc on_pasted(void *ctx, char **ret_query, struct mcpass_error *err)
{
	char line[MP_MAX_URI + 2];
	char *query = NULL;
	ssize_t n = 0;
	enum mcpass_rc rc = read_typed(line, sizeof(line), &n, err);

	(void)ctx;
	if (!rc && n > 0)
		rc = mp_authz_read_pasted(line, &query, err);
	if (!rc && query == NULL && n > 1)
		mp_say(false, "That is not the address that the browser ends at: it has code= and"
		    " state= in it.  Still waiting.");
	mp_wipe(line, sizeof(line));
	if (!rc)
		*ret_query = query;
	return rc;
}

static void on_lock(void *ctx, const char *holder)
{
	const struct mp_sign_in_text *wait = ctx;

	mp_say(wait->quiet, "Another mcpass (%s) is at work on the login to %s, or waits for its"
	    " person; waiting for it (Ctrl-C to stop).", holder, wait->server);
}

static void on_warning(void *ctx, const char *sentence)
{
	const struct mp_sign_in_text *wait = ctx;

	mp_say(wait->quiet, "note: %s", sentence);
}

static void on_message(void *ctx, unsigned call, const char *json)
{
	const struct mp_sign_in_text *wait = ctx;

	(void)call;
	if (wait->talk != NULL)
		mp_rounds_message(wait->talk, json);
}

static void on_waiting(void *ctx, int seconds)
{
	const struct mp_sign_in_text *wait = ctx;

	if (wait->talk != NULL)
		mp_rounds_waiting(wait->talk, seconds);
}

static enum mcpass_rc on_asked(void *ctx, const char *method, const json_t *params,
    char **ret_result, struct mcpass_error *err)
{
	const struct mp_sign_in_text *wait = ctx;

	return wait->talk != NULL ? mp_rounds_asked(wait->talk, method, params, ret_result, err)
	    : MCPASS_OK;
}

struct mp_link_ui mp_sign_in_text_ui(struct mp_sign_in_text *wait)
{
	bool is_shown = wait->talk != NULL && wait->talk->progress.on;

	return (struct mp_link_ui){
		.browse = on_browse,
		.confirm_issuer = wait->may_paste ? on_confirm_issuer : NULL,
		.confirmed = on_confirmed,
		.pasted = on_pasted,
		.show_code = on_show_code,
		.code_left = is_shown ? on_code_left : NULL,
		.waiting_for_lock = on_lock,
		.warning = on_warning,
		.message = on_message,
		.waiting = is_shown ? on_waiting : NULL,
		.asked = on_asked,
		.ctx = wait,
	};
}
