/* The link of mcpass/link.h: ours, in the types of the public header. */
#include "mcpass/link.h"
#include <stdlib.h>
#include "base/sized.h"
#include "io/browser/browse.h"
#include "link/blocking.h"
#include "oauth/authz.h"

/* A request of a program's, until it is told the answer. */
struct submitted {
	struct submitted *next, **slot; /* slot: what points at it */
	unsigned call;
	mcpass_answered_fn *answered;
	void *ctx;
};

struct mcpass_link {
	struct mp_link *link;
	struct mcpass_link_config cfg;
	struct submitted *submitted;
};

/* --- what the program is told --- */

static enum mcpass_rc open_browser(void *ctx, const char *url, int *ret_watch,
    struct mcpass_error *err)
{
	const struct mcpass_link *owner = ctx;
	char *plain = NULL;
	enum mcpass_rc rc = mp_browse_check(url, NULL, 0, &plain, err);

	(void)ret_watch;
	if (!rc && owner->cfg.open_browser(owner->cfg.ctx, plain) != 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "the program could not show it");
	free(plain);
	return rc;
}

static int browse(void *ctx, const char *url, bool opened, const char *why)
{
	const struct mcpass_link *owner = ctx;

	owner->cfg.sign_in(owner->cfg.ctx, url, opened, why);
	return owner->cfg.pasted != NULL ? owner->cfg.paste_fd : -1;
}

/* What it read comes by mcpass_link_paste(). */
static enum mcpass_rc pasted(void *ctx, char **ret_query, struct mcpass_error *err)
{
	const struct mcpass_link *owner = ctx;

	(void)ret_query;
	(void)err;
	if (owner->cfg.pasted(owner->cfg.ctx) != 0)
		mp_link_stop_pasting(owner->link);
	return MCPASS_OK;
}

static void show_code(void *ctx, const struct mcpass_action *action)
{
	const struct mcpass_link *owner = ctx;

	owner->cfg.show_code(owner->cfg.ctx, action);
}

/* Any other number is no yes. */
static enum mp_link_word confirm_issuer(void *ctx, const char *issuer, int *ret_fd)
{
	const struct mcpass_link *owner = ctx;
	int said = owner->cfg.confirm_issuer(owner->cfg.ctx, issuer);

	(void)ret_fd;
	if (said == MCPASS_LINK_LATER)
		return MP_LINK_LATER;
	return said == 1 ? MP_LINK_YES : MP_LINK_NO;
}

static void signed_in(void *ctx, enum mcpass_rc rc, const struct mcpass_error *why)
{
	const struct mcpass_link *owner = ctx;

	owner->cfg.signed_in(owner->cfg.ctx, rc, rc ? why : NULL);
}

static void waiting_for_lock(void *ctx, const char *holder)
{
	const struct mcpass_link *owner = ctx;

	owner->cfg.waiting_for_lock(owner->cfg.ctx, holder);
}

static void message(void *ctx, unsigned call, const char *json)
{
	const struct mcpass_link *owner = ctx;

	owner->cfg.message(owner->cfg.ctx, call, json);
}

static void request(void *ctx, unsigned call, const char *json)
{
	const struct mcpass_link *owner = ctx;

	owner->cfg.request(owner->cfg.ctx, call, json);
}

static void warning(void *ctx, const char *sentence)
{
	const struct mcpass_link *owner = ctx;

	owner->cfg.warning(owner->cfg.ctx, sentence);
}

static struct mp_link_ui ui_of(struct mcpass_link *owner)
{
	const struct mcpass_link_config *cfg = &owner->cfg;

	return (struct mp_link_ui){
		.browse = cfg->sign_in != NULL ? browse : NULL,
		.pasted = cfg->pasted != NULL ? pasted : NULL,
		.show_code = cfg->show_code != NULL ? show_code : NULL,
		.confirm_issuer = cfg->confirm_issuer != NULL ? confirm_issuer : NULL,
		.signed_in = cfg->signed_in != NULL ? signed_in : NULL,
		.waiting_for_lock = cfg->waiting_for_lock != NULL ? waiting_for_lock : NULL,
		.message = cfg->message != NULL ? message : NULL,
		.request = cfg->request != NULL ? request : NULL,
		.warning = cfg->warning != NULL ? warning : NULL,
		.ctx = owner,
	};
}

/* --- a life --- */

static enum mcpass_rc read_session(const struct mcpass_link_config *cfg,
    const struct mcpass_client_config *client, struct mcpass_session_config *ret_session,
    struct mcpass_error *err)
{
	struct mcpass_session_config session = { .size = sizeof(session) };
	enum mcpass_rc rc = MCPASS_OK;

	if (cfg->session != NULL)
		rc = mp_sized_read(cfg->session, &session, sizeof(session), err);
	if (rc)
		return rc;
	if (session.server_url == NULL)
		session.server_url = client->server_url;
	if (session.client_name == NULL)
		session.client_name = client->client_name != NULL ? client->client_name : "mcpass";
	if (session.client_version == NULL)
		session.client_version = MCPASS_VERSION;
	if (session.trace == NULL) {
		session.trace = client->trace;
		session.trace_ctx = client->trace_ctx;
	}
	*ret_session = session;
	return MCPASS_OK;
}

static enum mcpass_rc read_options(struct mcpass_link *owner, struct mp_link_options *options,
    struct mcpass_error *err)
{
	const struct mcpass_link_config *cfg = &owner->cfg;
	enum mcpass_rc rc;

	rc = mp_sized_read(cfg->client, &options->client, sizeof(options->client), err);
	if (!rc)
		rc = read_session(cfg, &options->client, &options->session, err);
	options->listener = (struct mp_listener_options){ .bind_address = cfg->bind_address,
		.redirect_host = cfg->redirect_host, .path = cfg->redirect_path,
		.port = cfg->redirect_port };
	options->http = (struct mp_http_options){ .ca_file = cfg->ca_file, .proxy = cfg->proxy,
		.resolve = cfg->resolve, .resolve_count = cfg->resolve_count,
		.connect_timeout_ms = cfg->connect_timeout_ms, .timeout_ms = cfg->timeout_ms,
		.ipv4 = cfg->ipv4 != 0 };
	options->ui = ui_of(owner);
	options->store_path = cfg->store_path;
	options->login_timeout_ms = cfg->login_timeout_ms;
	options->code_timeout_ms = cfg->code_timeout_ms;
	options->no_list = cfg->no_list != 0;
	options->open_browser = cfg->open_browser != NULL ? open_browser : NULL;
	options->open_browser_ctx = owner;
	options->headers = cfg->headers;
	options->header_count = cfg->header_count;
	options->no_login = cfg->no_login != 0;
	options->interrupt_fd = cfg->cancel_fd > 0 ? cfg->cancel_fd : -1;
	return rc;
}

enum mcpass_rc mcpass_link_new(const struct mcpass_link_config *cfg,
    struct mcpass_link **ret_link, struct mcpass_error *err)
{
	struct mp_link_options options = { 0 };
	struct mcpass_link *owner;
	enum mcpass_rc rc;

	mp_clear(err);
	owner = calloc(1, sizeof(*owner));
	if (owner == NULL)
		return mp_nomem(err);
	rc = mp_sized_read(cfg, &owner->cfg, sizeof(owner->cfg), err);
	if (!rc)
		rc = read_options(owner, &options, err);
	if (!rc)
		rc = mp_link_new(&options, NULL, &owner->link, err);
	if (rc)
		mcpass_link_free(owner);
	else
		*ret_link = owner;
	return rc;
}

static void forget(struct submitted *one)
{
	*one->slot = one->next;
	if (one->next != NULL)
		one->next->slot = one->slot;
	free(one);
}

static void free_owner(struct mcpass_link *owner)
{
	struct submitted *one = owner->submitted, *next;

	for (; one != NULL; one = next) {
		next = one->next;
		free(one);
	}
	free(owner);
}

void mcpass_link_close(struct mcpass_link *link)
{
	if (link == NULL)
		return;
	mp_blocking_close(link->link);
	free_owner(link);
}

void mcpass_link_free(struct mcpass_link *link)
{
	if (link == NULL)
		return;
	mp_link_free(link->link);
	free_owner(link);
}

/* --- calls that wait --- */

enum mcpass_rc mcpass_link_call(struct mcpass_link *link, const char *method,
    const char *params, char **ret_json, int *ret_is_error, struct mcpass_error *err)
{
	bool is_error = false;
	enum mcpass_rc rc;

	rc = mp_blocking_request(link->link, method, params, ret_json, &is_error, err);
	if (!rc)
		*ret_is_error = is_error;
	return rc;
}

enum mcpass_rc mcpass_link_login(struct mcpass_link *link,
    const struct mcpass_token **ret_token, struct mcpass_error *err)
{
	return mp_blocking_login(link->link, ret_token, err);
}

enum mcpass_rc mcpass_link_logout(struct mcpass_link *link, struct mcpass_error *err)
{
	return mp_blocking_logout(link->link, err);
}

/* --- calls that do not wait --- */

int mcpass_link_fd(const struct mcpass_link *link)
{
	return mp_loop_fd(mp_link_loop(link->link));
}

int mcpass_link_due(const struct mcpass_link *link)
{
	return mp_loop_due(mp_link_loop(link->link));
}

void mcpass_link_turn(struct mcpass_link *link)
{
	mp_loop_turn(mp_link_loop(link->link), 0);
}

static void on_answered(void *ctx, struct mp_link_answer *answer)
{
	struct submitted *one = ctx;
	mcpass_answered_fn *answered = one->answered;
	const struct mcpass_answer told = { .call = answer->call, .json = answer->json,
		.is_error = answer->is_error, .error = answer->rc ? answer->why : NULL };

	ctx = one->ctx;
	forget(one);            /* the program may submit and cancel in there */
	answered(ctx, &told);
	free(answer->json);
}

static struct submitted *new_submitted(mcpass_answered_fn *answered, void *ctx)
{
	struct submitted *one = calloc(1, sizeof(*one));

	if (one != NULL)
		*one = (struct submitted){ .answered = answered, .ctx = ctx };
	return one;
}

/* What has no call will not be answered. */
static enum mcpass_rc keep(struct mcpass_link *link, struct submitted *one, enum mcpass_rc rc,
    unsigned *ret_call)
{
	if (!rc)
		*ret_call = one->call;
	if (rc || one->call == 0) {
		free(one);
		return rc;
	}
	one->next = link->submitted;
	one->slot = &link->submitted;
	if (one->next != NULL)
		one->next->slot = &one->next;
	link->submitted = one;
	return MCPASS_OK;
}

enum mcpass_rc mcpass_link_submit(struct mcpass_link *link, const char *method,
    const char *params, mcpass_answered_fn *answered, void *ctx, unsigned *ret_call,
    struct mcpass_error *err)
{
	struct submitted *one = new_submitted(answered, ctx);
	const struct mp_link_request asked = { method, params, on_answered, one };

	mp_clear(err);
	if (one == NULL)
		return mp_nomem(err);
	return keep(link, one, mp_link_submit(link->link, &asked, &one->call, err), ret_call);
}

enum mcpass_rc mcpass_link_send(struct mcpass_link *link, const char *message, size_t len,
    mcpass_answered_fn *answered, void *ctx, unsigned *ret_call, struct mcpass_error *err)
{
	struct submitted *one = new_submitted(answered, ctx);

	mp_clear(err);
	if (one == NULL)
		return mp_nomem(err);
	return keep(link, one, mp_link_send(link->link, message, len, on_answered, one, &one->call,
	    err), ret_call);
}

void mcpass_link_hold(struct mcpass_link *link, int hold)
{
	mp_link_hold(link->link, hold != 0);
}

void mcpass_link_cancel(struct mcpass_link *link, unsigned call)
{
	struct submitted *one = link->submitted;

	while (one != NULL && one->call != call)
		one = one->next;
	if (one == NULL)
		return;
	mp_link_cancel(link->link, call);
	forget(one);
}

void mcpass_link_start_login(struct mcpass_link *link, mcpass_done_fn *done, void *ctx)
{
	mp_link_want_token(link->link, true, done, ctx);
}

enum mcpass_rc mcpass_link_paste(struct mcpass_link *link, const char *text,
    struct mcpass_error *err)
{
	char *query = NULL;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_authz_read_pasted(text, &query, err);
	if (rc)
		return rc;
	if (query == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "that is not the URL that the browser ended at:"
		    " it has code= and state= in it");
	return mp_link_paste(link->link, query, err);
}

enum mcpass_rc mcpass_link_confirm(struct mcpass_link *link, int yes, struct mcpass_error *err)
{
	mp_clear(err);
	return mp_link_confirm(link->link, yes == 1, err);
}

void mcpass_link_start_logout(struct mcpass_link *link, mcpass_done_fn *done, void *ctx)
{
	mp_link_authorize(link->link, MCPASS_EV_LOGOUT, done, ctx);
}

enum mcpass_rc mcpass_link_notify(struct mcpass_link *link, const char *method,
    const char *params, struct mcpass_error *err)
{
	return mp_link_notify(link->link, method, params, err);
}

enum mcpass_rc mcpass_link_respond(struct mcpass_link *link, const char *json,
    struct mcpass_error *err)
{
	return mp_link_respond(link->link, json, err);
}

const struct mcpass_token *mcpass_link_token(const struct mcpass_link *link)
{
	return mp_link_token(link->link);
}

const char *mcpass_link_welcome(const struct mcpass_link *link)
{
	return mp_link_welcome(link->link);
}

unsigned mcpass_link_begun(const struct mcpass_link *link)
{
	return mp_link_begun(link->link);
}

const char *mcpass_link_revision(const struct mcpass_link *link)
{
	return mp_link_revision(link->link);
}

enum mcpass_rc mcpass_link_check_kept(const struct mcpass_link *link, struct mcpass_error *err)
{
	mp_clear(err);
	return mp_link_check_kept(link->link, err);
}
