/* The part of a login that a person does: at a browser here, or by a code on another device. */
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/browser/browse.h"
#include "io/browser/spawn.h"
#include "io/clock.h"
#include "link/link_parts.h"
#include "wire/uri.h"

#define TICK_MS 1000            /* a person sees the seconds go by */

/* MCPASS_E_DENIED where no person may be asked. */
static enum mcpass_rc check_login(const struct mp_link *link, struct mcpass_error *err)
{
	const struct mp_link_options *options = &link->options;
	enum mcpass_rc rc;

	if (!options->no_login)
		return MCPASS_OK;
	if (options->no_login_why == NULL) {
		rc = mp_fail(err, MCPASS_E_DENIED, NULL, "a login is needed, and was not allowed");
		mp_hint(err, "mcpass login %s", options->client.server_url);
		return rc;
	}
	rc = mp_fail(err, MCPASS_E_DENIED, NULL, "a login is needed, and %s", options->no_login_why);
	mp_hint(err, "sign in at a terminal with: mcpass login %s, or add --device to write a code to"
	    " standard error, for a reader of it", options->client.server_url);
	return rc;
}

/* --- in a browser --- */

enum mcpass_rc mp_link_listen(struct mp_link *link, const struct mcpass_action *action,
    const char **ret_uri, struct mcpass_error *err)
{
	struct mp_listener_options options = link->options.listener;
	enum mcpass_rc rc = check_login(link, err);
	struct mp_uri uri;

	options.wished_port = action->url != NULL
	    && mp_uri_parse(action->url, &uri, NULL) == MCPASS_OK ? uri.port : 0;
	/* Asked for a second time in one login: the same one serves. */
	if (!rc && link->flow.listener == NULL)
		rc = mp_listener_new(&options, &link->flow.listener, err);
	if (!rc)
		*ret_uri = mp_listener_uri(link->flow.listener);
	return rc;
}

/* Stops watching the program that opened the page. */
static void forget_browser(struct mp_link *link)
{
	struct mp_watch *browser = &link->flow.browser;

	(void)mp_loop_watch(link->loop, browser, 0, NULL);
	if (browser->fd >= 0)
		close(browser->fd);
	browser->fd = -1;
	mp_free_wiped(link->flow.url);
	link->flow.url = NULL;
}

void mp_link_rest(struct mp_link *link)
{
	struct mp_link_flow *flow = &link->flow;

	mp_loop_unset(link->loop, &flow->timer);
	mp_link_forget_typed(link);
	(void)mp_loop_watch(link->loop, &flow->browser, 0, NULL);
	if (flow->listener != NULL)
		mp_listener_rest(flow->listener);
	if (flow->told_waiting && link->options.ui.code_left != NULL)
		link->options.ui.code_left(link->options.ui.ctx, -1);   /* wiped off */
	flow->told_waiting = false;
}

/* query NULL: the person did not come in time, or why. */
static void bring(struct mp_link *link, char *query, const struct mcpass_error *why)
{
	struct mcpass_event event = { .type = MCPASS_EV_REDIRECT, .data = query,
		.data_len = query != NULL ? strlen(query) : 0 };

	mp_link_rest(link);
	link->flow.text = query;
	mp_link_bring(link, &event, why);
}

static void on_redirect(void *ctx, char *query, const struct mcpass_error *why)
{
	bring(ctx, query, why);
}

static void on_pasted(void *ctx, unsigned events)
{
	struct mp_link *link = ctx;
	const struct mp_link_ui *ui = &link->options.ui;
	struct mcpass_error why = { 0 };
	char *query = NULL;

	(void)events;
	if (ui->pasted(ui->ctx, &query, &why) != MCPASS_OK || query != NULL)
		bring(link, query, &why);
}

static void watch_paste(struct mp_link *link, int fd)
{
	mp_link_watch_typed(link, link->options.ui.pasted != NULL ? fd : -1, on_pasted);
}

/* The next turn takes it: nothing is told to a program while it calls us. */
enum mcpass_rc mp_link_paste(struct mp_link *link, char *query, struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;

	if (!flow->is_running || flow->has_come || flow->pasted != NULL || (flow->action.type != MCPASS_ACT_BROWSE
	    && flow->action.type != MCPASS_ACT_WAIT)) {
		mp_free_wiped(query);
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no login waits for a redirect");
	}
	flow->pasted = query;
	mp_loop_set(link->loop, &flow->timer, 0);
	return MCPASS_OK;
}

void mp_link_stop_pasting(struct mp_link *link)
{
	mp_link_forget_typed(link);
	link->flow.paste_fd = -1;
}

/* The program that was to open the page has ended. */
static void on_browser_end(void *ctx, unsigned events)
{
	struct mp_link *link = ctx;
	const struct mp_link_ui *ui = &link->options.ui;
	struct mcpass_error why = { 0 }, err = { 0 };
	int fd = link->flow.browser.fd;
	enum mcpass_rc rc;

	(void)events;
	(void)mp_loop_watch(link->loop, &link->flow.browser, 0, NULL);
	link->flow.browser.fd = -1;
	rc = mp_spawn_outcome(fd, &why);
	if (!rc)
		return;
	if (ui->browse != NULL) {
		watch_paste(link, ui->browse(ui->ctx, link->flow.url, false, why.detail));
		return;
	}
	(void)mp_fail(&err, rc, NULL, "%s", why.detail);        /* as when there is none */
	bring(link, NULL, &err);
}

static enum mcpass_rc open_browser(struct mp_link *link, const char *url,
    struct mcpass_error *why)
{
	int *watch = &link->flow.browser.fd;

	if (link->options.open_browser != NULL)
		return link->options.open_browser(link->options.open_browser_ctx, url, watch, why);
	return mp_browse(url, link->options.client.http_hosts, link->options.client.http_host_count,
	    watch, why);
}

/* Shows the way, where there is a person to show it to.  *ret_paste_fd: where the redirect
 * may be pasted, or -1. */
static enum mcpass_rc show(struct mp_link *link, const char *url, int *ret_paste_fd,
    struct mcpass_error *err)
{
	const struct mp_link_ui *ui = &link->options.ui;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	forget_browser(link);
	rc = mp_set(&link->flow.url, url, &why);
	if (!rc)
		rc = open_browser(link, url, &why);

	/* A URL that must not be opened must not be shown either.  Without a browser and
	 * without words no person would ever come. */
	if (rc == MCPASS_E_POLICY || rc == MCPASS_E_NOMEM || (rc && ui->browse == NULL)) {
		if (err != NULL)
			*err = why;
		return rc;
	}
	*ret_paste_fd = ui->browse == NULL ? -1
	    : ui->browse(ui->ctx, url, rc == MCPASS_OK, rc ? why.detail : NULL);
	return MCPASS_OK;
}

/* For the browser, for what is pasted, for how the browser's program ends. */
static enum mcpass_rc wait_for_person(struct mp_link *link, int paste_fd,
    struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;

	flow->late = 0;
	watch_paste(link, paste_fd);
	if (flow->browser.fd >= 0)
		(void)mp_loop_watch(link->loop, &flow->browser, MP_LOOP_READ, NULL);
	mp_loop_set(link->loop, &flow->timer, flow->pasted != NULL ? 0 : flow->deadline);
	return mp_listener_serve(flow->listener, link->loop, on_redirect, link, err);
}

enum mcpass_rc mp_link_browse(struct mp_link *link, const char *url, struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;
	int paste_fd = -1;
	enum mcpass_rc rc;

	/* A second authorization in one login: the first one's page must not wait for it. */
	mp_listener_finish(flow->listener, false, "It has to be repeated: see the new window.");
	flow->deadline = mp_deadline_ms(link->options.login_timeout_ms);
	flow->told_stray = false;
	flow->asks_person = true;
	rc = show(link, url, &paste_fd, err);
	flow->paste_fd = paste_fd;
	return rc ? rc : wait_for_person(link, paste_fd, err);
}

enum mcpass_rc mp_link_wait_on(struct mp_link *link, bool *ret_over, struct mcpass_error *err)
{
	const struct mp_link_ui *ui = &link->options.ui;
	struct mp_link_flow *flow = &link->flow;

	mp_listener_finish(flow->listener, false, "This was not the answer to the login that is"
	    " waited for: perhaps an old tab.");
	if (ui->warning != NULL && !flow->told_stray)
		ui->warning(ui->ctx, "what came was not the answer to this login; still waiting");
	flow->told_stray = true;
	*ret_over = mp_left_ms(flow->deadline) == 0;    /* whatever else waits to be answered */
	return *ret_over ? MCPASS_OK : wait_for_person(link, flow->paste_fd, err);
}

/* It is over also while others keep us busy; what is here already is looked at. */
static void end_patience(struct mp_link *link)
{
	if (link->flow.late++ < MP_MAX_BROWSERS)
		mp_loop_set(link->loop, &link->flow.timer, 0);
	else
		bring(link, NULL, NULL);
}

/* In our own words: nothing that a server wrote gets onto our page. */
static const char *sentence_for(enum mcpass_rc rc, const struct mcpass_error *err)
{
	bool refused = err != NULL && strcmp(err->oauth, "access_denied") == 0;

	switch (rc) {
	case MCPASS_E_DENIED:
		return refused ? "Access was not granted."
		    : "You agreed, or were not asked, but the server did not go along: the program that"
		    " asked for it says more.";
	case MCPASS_E_EXPIRED:
		return "It took too long.";
	case MCPASS_E_POLICY:
		return "The answer of the authorization server was refused, because it would not be"
		    " safe to use.";
	case MCPASS_E_IO:
		return "A server did not answer.";
	default:
		return NULL;
	}
}

void mp_link_say_goodbye(struct mp_link *link, enum mcpass_rc rc, const struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;

	forget_browser(link);
	if (flow->listener == NULL)
		return;
	mp_listener_finish(flow->listener, rc == MCPASS_OK,
	    rc == MCPASS_OK ? link->options.client.server_url : sentence_for(rc, err));
	mp_listener_free(flow->listener);
	flow->listener = NULL;
}

/* --- by a code on another device --- */

enum mcpass_rc mp_link_show_code(struct mp_link *link, const struct mcpass_action *action,
    struct mcpass_error *err)
{
	const struct mp_link_options *options = &link->options;
	enum mcpass_rc rc = check_login(link, err);

	if (rc)
		return rc;
	if (options->ui.show_code == NULL)
		return mp_fail(err, MCPASS_E_DENIED, NULL, "there is no person to show a code to");
	link->flow.code_deadline = options->code_timeout_ms > 0
	    ? mp_deadline_ms(options->code_timeout_ms) : -1;
	link->flow.asks_person = true;
	options->ui.show_code(options->ui.ctx, action);
	return MCPASS_OK;
}

/* What is told to be left: of the code's life, or of our own patience. */
static int64_t seconds_left(const struct mp_link_flow *flow)
{
	int64_t left = flow->action.expires_at - mp_now_s();
	int own = mp_left_ms(flow->code_deadline);

	if (own >= 0 && own / 1000 < left)
		left = own / 1000;
	return left > 0 ? left : 0;
}

static void fail_pause(struct mp_link *link)
{
	const struct mcpass_event event = { .type = MCPASS_EV_PAUSED };
	struct mcpass_error why = { 0 };

	(void)mp_fail(&why, MCPASS_E_EXPIRED, NULL, "the login was not finished in time");
	(void)mp_doing(&why, why.rc, "waiting for the login on the other device");
	mp_link_bring(link, &event, &why);
}

/* The next second of it, or its end. */
static void tick(struct mp_link *link)
{
	const struct mp_link_ui *ui = &link->options.ui;
	const struct mcpass_event event = { .type = MCPASS_EV_PAUSED };
	struct mp_link_flow *flow = &link->flow;
	int left = mp_left_ms(flow->deadline);

	if (mp_left_ms(flow->code_deadline) == 0) {
		fail_pause(link);
	} else if (left == 0) {
		mp_link_bring(link, &event, NULL);
	} else {
		if (ui->code_left != NULL && flow->action.expires_at != 0) {
			ui->code_left(ui->ctx, seconds_left(flow));
			flow->told_waiting = true;
		}
		if (ui->code_left != NULL && left > TICK_MS)
			left = TICK_MS;
		mp_loop_set(link->loop, &flow->timer, mp_now_ms() + left);
	}
}

void mp_link_pause(struct mp_link *link, const struct mcpass_action *action)
{
	struct mp_link_flow *flow = &link->flow;

	flow->deadline = mp_now_ms() + action->seconds * 1000;
	if (action->expires_at == 0)            /* no person is waited for */
		flow->code_deadline = -1;
	/* The patience may end before the pause does. */
	if (flow->code_deadline >= 0 && flow->code_deadline < flow->deadline)
		flow->deadline = flow->code_deadline;
	mp_loop_set(link->loop, &flow->timer, 0);
}

static void take_pasted(struct mp_link *link)
{
	char *query = link->flow.pasted;

	link->flow.pasted = NULL;
	bring(link, query, NULL);
}

void mp_link_on_login_timer(struct mp_link *link)
{
	if (link->flow.action.type == MCPASS_ACT_PAUSE)
		tick(link);
	else if (link->flow.pasted != NULL)
		take_pasted(link);
	else
		end_patience(link);
}

void mp_link_init_watches(struct mp_link *link)
{
	link->flow.typed = (struct mp_watch){ .fd = -1, .ready = on_pasted, .ctx = link };
	link->flow.browser = (struct mp_watch){ .fd = -1, .ready = on_browser_end, .ctx = link };
}
