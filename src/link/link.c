/* A link from its beginning to its end, and the requests on it. */
#include "link/link.h"
#include <stdlib.h>
#include "io/clock.h"
#include "io/entropy.h"
#include "link/link_parts.h"

#define LOGIN_TIMEOUT_MS (5 * 60 * 1000)
/* How long the server may take to hear that we have gone. */
#define FAREWELL_MS 1000
/* Things that are carried out before other links have their turn. */
#define BATCH 256

/* --- the work of a turn --- */

static void on_wake(void *ctx)
{
	mp_link_wake(ctx);
}

static void fail_all(struct mp_link *link)
{
	unsigned last = link->last_number;

	mp_link_drop_flows(link, &link->fault);
	while (link->calls != NULL && link->calls->number <= last)
		mp_link_end_call(link, link->calls, NULL, false, &link->fault);
}

static void on_second(void *ctx)
{
	struct mp_link *link = ctx;
	const struct mp_link_ui *ui = &link->options.ui;

	if (link->calls != NULL && !link->flow.is_running)
		ui->waiting(ui->ctx, (int)((mp_now_ms() - link->calls->asked_at) / 1000));
	if (link->calls != NULL)
		mp_loop_set(link->loop, &link->second, mp_now_ms() + 1000);
}

/* A person watches: a second at a time. */
static void watch_seconds(struct mp_link *link)
{
	if (link->calls == NULL)
		mp_loop_unset(link->loop, &link->second);
	else if (link->options.ui.waiting != NULL && !link->second.is_set)
		mp_loop_set(link->loop, &link->second, mp_now_ms() + 1000);
}

static void end_parting(struct mp_link *link)
{
	void (*gone)(void *ctx) = link->gone;

	link->gone = NULL;
	link->farewell = 0;
	mp_loop_unset(link->loop, &link->farewell_timer);
	if (gone != NULL)
		gone(link->gone_ctx);
}

static void on_farewell(void *ctx)
{
	end_parting(ctx);
}

static void pump(void *ctx)
{
	struct mp_link *link = ctx;
	bool more = true;

	if (link->fault.rc != MCPASS_OK) {
		fail_all(link);
		end_parting(link);
		return;
	}
	mp_link_go_on(link);
	mp_link_retry_refused(link);
	mp_link_next_flow(link);
	mp_link_start_calls(link);
	for (int n = 0; n < BATCH && more && !link->is_held && link->fault.rc == MCPASS_OK
	    && !link->ask.is_queued; n++)       /* a question comes before what was told after it */
		more = mp_link_carry_out(link);
	if (link->fault.rc != MCPASS_OK || (more && !link->is_held))
		mp_link_wake(link);
	else if (!more && link->gone != NULL && link->farewell == 0)
		end_parting(link);
	watch_seconds(link);
}

void mp_link_hold(struct mp_link *link, bool hold)
{
	link->is_held = hold;
	if (!hold)
		mp_link_wake(link);
}

static void tell_store(const struct mp_link *link)
{
	const struct mcpass_client_config *client = &link->options.client;
	const struct mcpass_header path = { "path", mp_store_elsewhere(link->store) };
	const struct mcpass_note note = { .what = "Using the store of an environment with another"
	    " XDG_DATA_HOME, for there is none here", .facts = &path, .fact_count = 1 };

	if (path.value != NULL && client->trace != NULL)
		client->trace(client->trace_ctx, &note);
}

/* --- a life --- */

static enum mcpass_rc open_session(struct mp_link *link, struct mcpass_error *err)
{
	struct mcpass_session_config config = link->options.session;
	char *known = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (config.revision == NULL)
		rc = mp_link_known_revision(link, &known, err);
	config.known_revision = known;
	config.answer_ms = link->options.http.timeout_ms;
	if (!rc)
		rc = mcpass_session_new(&config, &link->session, err);
	mp_free_wiped(known);
	return rc;
}

/* What the server's word sends us to is judged; what a person named is not. */
static enum mcpass_rc open_http(struct mp_link *link, struct mcpass_error *err)
{
	const struct mcpass_client_config *client = &link->options.client;
	enum mcpass_rc rc = mp_http_new(&link->options.http, link->loop, &link->http, err);

	if (!rc)
		rc = mp_link_recall_reach(link, err);
	if (!rc)
		rc = mp_http_confine(link->http, client->server_url, link->known_reach, err);
	if (!rc)
		rc = mp_http_vouch(link->http, client->client_issuer, err);
	return rc ? rc : mp_http_vouch(link->http, client->idp_token_endpoint, err);
}

static void redact_spooled(void *ctx, char *text)
{
	mp_link_redact(ctx, text);
}

static void set_defaults(struct mp_link *link, const struct mp_link_options *options)
{
	link->options = *options;
	link->last_call = &link->calls;
	link->pump = (struct mp_task){ .run = pump, .ctx = link };
	link->ask = (struct mp_task){ .run = mp_link_ask_next, .ctx = link };
	link->wake = (struct mp_timer){ .fire = on_wake, .ctx = link };
	link->second = (struct mp_timer){ .fire = on_second, .ctx = link };
	link->farewell_timer = (struct mp_timer){ .fire = on_farewell, .ctx = link };
	mp_link_init_flow(link);
	if (options->spool != NULL)
		mp_spool_mask(options->spool, redact_spooled, link);
	if (options->client.random == NULL)
		link->options.client.random = mp_entropy;
	if (options->login_timeout_ms == 0)
		link->options.login_timeout_ms = LOGIN_TIMEOUT_MS;
	if (options->ui.confirm_issuer != NULL && !options->no_login)
		link->options.client.flags |= MCPASS_ASK_ISSUER;
}

static enum mcpass_rc open_parts(struct mp_link *link, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (link->loop == NULL) {
		rc = mp_loop_new(NULL, NULL, &link->own_loop, err);
		link->loop = link->own_loop;
	}
	if (!rc)
		rc = mp_store_open_on_loop(link->options.store_path, &link->store, err);
	if (!rc)
		rc = mp_link_recall_issuer(link, err);
	if (!rc)
		rc = mcpass_client_new(&link->options.client, &link->client, err);
	if (!rc)
		rc = open_http(link, err);
	if (!rc)
		tell_store(link);
	return rc ? rc : open_session(link, err);
}

enum mcpass_rc mp_link_new(const struct mp_link_options *options, struct mp_loop *loop,
    struct mp_link **ret_link, struct mcpass_error *err)
{
	struct mp_link *link = calloc(1, sizeof(*link));
	enum mcpass_rc rc;

	if (link == NULL)
		return mp_nomem(err);
	link->loop = loop;
	set_defaults(link, options);
	rc = open_parts(link, err);
	if (rc)
		mp_link_free(link);
	else
		*ret_link = link;
	return rc;
}

void mp_link_free(struct mp_link *link)
{
	if (link == NULL)
		return;
	if (link->loop != NULL) {
		mp_link_free_flow(link);
		mp_loop_never(link->loop, &link->pump);
		mp_loop_never(link->loop, &link->ask);
		mp_loop_unset(link->loop, &link->wake);
		mp_loop_unset(link->loop, &link->second);
		mp_loop_unset(link->loop, &link->farewell_timer);
	}
	mp_http_free(link->http);
	mp_link_free_calls(link);
	mp_link_free_wants(link);
	mp_link_forget_ends(link);
	mp_link_free_questions(link);
	mp_link_free_lesson(link);
	mcpass_session_free(link->session);
	mcpass_client_free(link->client);
	mcpass_token_free(link->token);
	mp_store_close(link->store);
	free(link->known_issuer);
	mp_loop_free(link->own_loop);
	free(link);
}

void mp_link_part(struct mp_link *link, void (*gone)(void *ctx), void *ctx)
{
	link->gone = gone;
	link->gone_ctx = ctx;
	mp_loop_set(link->loop, &link->farewell_timer, mp_now_ms() + FAREWELL_MS);
	mp_link_wake(link);
}

void mp_link_leave(struct mp_link *link, void (*gone)(void *ctx), void *ctx)
{
	struct mcpass_error why = { 0 };

	link->is_leaving = true;
	link->is_held = false;
	while (link->calls != NULL)
		mp_link_cancel(link, link->calls->number);
	(void)mp_fail(&why, MCPASS_E_DENIED, NULL, "the link was closed");
	mp_link_drop_flows(link, &why);
	(void)mcpass_session_leave(link->session, NULL);
	mp_link_part(link, gone, ctx);
}

bool mp_link_prepare_fork(struct mp_link *link)
{
	if (!link->flow.is_running || !link->flow.asks_person)
		return false;
	mp_store_rest(link->store);
	return true;
}

const struct mcpass_token *mp_link_token(const struct mp_link *link)
{
	return link->token;
}

const char *mp_link_revision(const struct mp_link *link)
{
	return mcpass_session_revision(link->session);
}

const char *mp_link_welcome(const struct mp_link *link)
{
	return mcpass_session_welcome(link->session);
}

unsigned mp_link_begun(const struct mp_link *link)
{
	return mcpass_session_begun(link->session);
}

enum mcpass_rc mp_link_check_kept(const struct mp_link *link, struct mcpass_error *err)
{
	if (link->unsaved.rc == MCPASS_OK)
		return MCPASS_OK;
	if (err != NULL)
		*err = link->unsaved;
	return mp_doing(err, link->unsaved.rc, "keeping the login");
}

struct mp_loop *mp_link_loop(const struct mp_link *link)
{
	return link->loop;
}
