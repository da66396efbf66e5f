/* Flows: one run of the client at a time, from what it is for to what comes of it. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "io/clock.h"
#include "link/link_parts.h"

static void forget(struct mp_link_flow *flow)
{
	mp_free_wiped(flow->text);
	flow->text = NULL;
	mp_http_response_free(&flow->response);
}

/* --- the end of a flow --- */

static void tell_notice(const struct mp_link *link, const struct mcpass_action *action)
{
	const struct mp_link_ui *ui = &link->options.ui;

	if (action->notice != NULL && ui->warning != NULL)
		ui->warning(ui->ctx, action->notice);
}

/* The token serves this run all the same: the person hears what the next one will need. */
static void tell_unsaved(struct mp_link *link)
{
	const struct mp_link_ui *ui = &link->options.ui;
	struct mp_buf text = MP_BUF(1024);

	if (link->unsaved.rc == MCPASS_OK || ui->warning == NULL || link->told_unsaved)
		return;
	link->told_unsaved = true;
	mp_buf_addf(&text, "the login could not be kept, and serves this run only: %s%s%s",
	    link->unsaved.detail, link->unsaved.hint[0] != '\0' ? " -- " : "", link->unsaved.hint);
	if (!text.failed)
		ui->warning(ui->ctx, mp_buf_text(&text));
	mp_buf_free(&text);
}

/* The server wants a scope that the person's choice leaves out; the token stays good. */
static bool is_short_of_scope(const struct mcpass_error *why)
{
	return why->rc == MCPASS_E_DENIED && strcmp(why->oauth, "insufficient_scope") == 0;
}

/* What the flow was for fails; so do the others that wait for a token, unless it is a matter of
 * that one's scope. */
static void fail_refused(struct mp_link *link, const struct mcpass_error *why)
{
	struct mp_link_refusal *refusal = link->refusals, *next;

	for (; refusal != NULL; refusal = next) {
		next = refusal->next;
		if (refusal->exchange == link->flow.exchange || !is_short_of_scope(why))
			mp_link_refuse(link, refusal, why);
	}
}

static void tell_errand(struct mp_link_errand *errand, const struct mcpass_error *why)
{
	if (errand->done != NULL)
		errand->done(errand->ctx, why != NULL ? why->rc : MCPASS_OK, why);
	free(errand);
}

/* Nothing is waited for any more, and who waits for us hears it. */
static void put_away(struct mp_link *link, const struct mcpass_error *why)
{
	const struct mp_link_ui *ui = &link->options.ui;
	struct mp_link_flow *flow = &link->flow;
	enum mcpass_rc rc = why != NULL ? why->rc : MCPASS_OK;

	mp_link_rest(link);
	flow->has_come = false;
	if (flow->fetch != 0)
		mp_http_drop(link->http, flow->fetch);
	flow->fetch = 0;
	mp_store_unlock(link->store);
	mp_link_say_goodbye(link, rc, why);
	if (flow->asks_person && ui->signed_in != NULL)
		ui->signed_in(ui->ctx, rc, why);
	flow->asks_person = false;
	mp_free_wiped(flow->pasted);
	flow->pasted = NULL;
	forget(flow);
}

/* why NULL: it ended well. */
static void end_flow(struct mp_link *link, const struct mcpass_error *why)
{
	struct mp_link_errand *errand = link->flow.errand;
	enum mcpass_event_type type = link->flow.began_with;

	mp_link_note_issuer(link);
	mp_link_note_reach(link);
	if (type == MCPASS_EV_LOGOUT && why == NULL)
		mp_link_forget_notes(link);
	put_away(link, why);
	link->flow.is_running = false;
	link->flow.errand = NULL;
	if (why == NULL) {
		tell_unsaved(link);
		link->generation++;
		link->started = true;
	} else if (type == MCPASS_EV_START && errand == NULL && !link->started) {
		mp_link_fail_waiting(link, false, why);
	} else if (link->flow.exchange != 0) {
		fail_refused(link, why);
	}
	link->flow.exchange = 0;
	if (errand != NULL)
		tell_errand(errand, why);
	mp_link_wake(link);
}

static bool runs_out_soon(const struct mp_link *link)
{
	return mp_link_token_ends_by(link, mp_now_s() + MP_EXPIRY_MARGIN);
}

static void succeed(struct mp_link *link, const struct mcpass_action *action)
{
	const struct mp_link_flow *flow = &link->flow;
	struct mcpass_token *token = NULL;
	struct mcpass_error why = { 0 };

	tell_notice(link, action);
	if (action->token != NULL && mp_link_copy_token(action->token, &token, &why) != MCPASS_OK) {
		mp_link_fail_flow(link, &why);
		return;
	}
	if (flow->client != link->client) {
		mcpass_client_free(link->client);
		link->client = flow->client;
	}
	mcpass_token_free(link->token);
	link->token = token;
	link->was_renewed_early = runs_out_soon(link);  /* it is a short one: the next would be, too */
	end_flow(link, NULL);
}

/* The client that renews early goes, and the one that has the token serves on. */
static void forget_new_client(struct mp_link *link)
{
	if (link->flow.client != link->client)
		mcpass_client_free(link->flow.client);
	link->flow.client = link->client;
}

/* After a failure the client is of no use, and the next flow begins with another one. */
static void break_client(struct mp_link *link, const struct mcpass_error *why)
{
	if (!is_short_of_scope(why)) {          /* then the token is good for other requests */
		mcpass_token_free(link->token);
		link->token = NULL;
	}
	link->client_is_broken = true;
	link->started = false;
}

void mp_link_fail_flow(struct mp_link *link, const struct mcpass_error *given)
{
	struct mcpass_error why = *given;

	if (link->flow.client == link->client)
		break_client(link, &why);
	/* The client says that no answer came; what helps then is known here. */
	if (why.rc == MCPASS_E_IO)
		mp_hint(&why, "%s", link->flow.reason.hint);
	mp_link_redact_error(link, &why);
	forget_new_client(link);
	end_flow(link, &why);
}

/* Steps the client until it waits for something. */
static void feed(struct mp_link *link, struct mcpass_event *event)
{
	struct mp_link_flow *flow = &link->flow;
	bool later = false;

	while (!later) {
		struct mcpass_error why = { 0 };
		struct mcpass_action action;

		event->now = mp_now_s();
		if (mcpass_client_step(flow->client, event, &action, &why) != MCPASS_OK) {
			mp_link_fail_flow(link, &why);
			return;
		}
		forget(flow);
		if (action.type == MCPASS_ACT_DONE) {
			succeed(link, &action);
			return;
		}
		tell_notice(link, &action);
		flow->action = action;
		*event = (struct mcpass_event){ 0 };
		if (mp_link_perform(link, event, &later, &why) != MCPASS_OK) {
			mp_link_fail_flow(link, &why);
			return;
		}
	}
}

void mp_link_go_on(struct mp_link *link)
{
	struct mp_link_flow *flow = &link->flow;
	struct mcpass_event event = flow->event;

	if (!flow->has_come)
		return;
	flow->has_come = false;
	if (flow->why.rc != MCPASS_OK)
		mp_link_fail_flow(link, &flow->why);
	else
		feed(link, &event);
}

/* --- the beginning of one --- */

static enum mcpass_rc renew_client(struct mp_link *link, struct mcpass_error *err)
{
	struct mcpass_client *client = NULL;
	enum mcpass_rc rc;

	if (!link->client_is_broken)
		return MCPASS_OK;
	rc = mcpass_client_new(&link->options.client, &client, err);
	if (rc)
		return rc;
	mcpass_client_free(link->client);
	link->client = client;
	link->client_is_broken = false;
	return MCPASS_OK;
}

static void begin(struct mp_link *link, struct mcpass_event *event)
{
	struct mcpass_error why = { 0 };

	link->flow.is_running = true;
	link->flow.began_with = event->type;
	mp_clear(&link->flow.reason);
	link->flow.client = link->client;
	if (renew_client(link, &why) != MCPASS_OK) {
		mp_link_fail_flow(link, &why);
		return;
	}
	link->flow.client = link->client;
	feed(link, event);
}

/* By another client, so that this one serves on whatever comes of it. */
static void begin_early(struct mp_link *link)
{
	struct mcpass_client_config config = link->options.client;
	struct mcpass_event event = { .type = MCPASS_EV_START };

	link->was_renewed_early = true;
	config.flags &= ~MCPASS_NEW_LOGIN;      /* that was for the token of the moment */
	if (mcpass_client_new(&config, &link->flow.client, NULL) != MCPASS_OK)
		return;
	link->flow.is_running = true;
	link->flow.began_with = event.type;
	mp_clear(&link->flow.reason);
	feed(link, &event);
}

static void begin_errand(struct mp_link *link)
{
	struct mp_link_errand *errand = link->errands;
	struct mcpass_event event = { .type = errand->type };

	link->errands = errand->next;
	if (errand->type == MCPASS_EV_START && link->started && !runs_out_soon(link)) {
		tell_errand(errand, NULL);
		mp_link_wake(link);
		return;
	}
	link->flow.errand = errand;
	begin(link, &event);
}

static void begin_for(struct mp_link *link, const struct mp_link_refusal *refusal)
{
	struct mcpass_event event = { .type = MCPASS_EV_CHALLENGE, .status = refusal->status,
		.headers = refusal->headers.items, .header_count = refusal->headers.count,
		.data = refusal->words,
		.data_len = refusal->words != NULL ? strlen(refusal->words) : 0 };

	link->flow.exchange = refusal->exchange;
	begin(link, &event);
}

static bool any_waits(const struct mp_link *link)
{
	const struct mp_link_call *call = link->calls;

	while (call != NULL && call->session_call != 0)
		call = call->next;
	return call != NULL;
}

void mp_link_next_flow(struct mp_link *link)
{
	struct mcpass_event start = { .type = MCPASS_EV_START };

	if (link->flow.is_running || link->is_leaving)
		return;
	if (link->errands != NULL)
		begin_errand(link);
	else if (!link->started && any_waits(link))
		begin(link, &start);
	else if (link->refusals != NULL)
		begin_for(link, link->refusals);
	else if (link->started && link->calls != NULL && !link->was_renewed_early
	    && runs_out_soon(link))
		begin_early(link);
}

static void free_refusals(struct mp_link *link)
{
	while (link->refusals != NULL) {
		struct mp_link_refusal *refusal = link->refusals;

		link->refusals = refusal->next;
		mp_link_free_refusal(refusal);
	}
}

void mp_link_drop_flows(struct mp_link *link, const struct mcpass_error *why)
{
	if (link->flow.is_running)
		mp_link_fail_flow(link, why);
	while (link->errands != NULL) {
		struct mp_link_errand *errand = link->errands;

		link->errands = errand->next;
		tell_errand(errand, why);
	}
	free_refusals(link);
}

void mp_link_forget_errands(struct mp_link *link, const void *ctx)
{
	struct mp_link_errand **slot = &link->errands;

	while (*slot != NULL) {
		struct mp_link_errand *errand = *slot;

		if (errand->ctx != ctx) {
			slot = &errand->next;
			continue;
		}
		*slot = errand->next;
		free(errand);
	}
	if (link->flow.errand != NULL && link->flow.errand->ctx == ctx)
		link->flow.errand->done = NULL;
}

void mp_link_authorize(struct mp_link *link, enum mcpass_event_type type, mp_link_done_fn *done,
    void *ctx)
{
	struct mp_link_errand *errand = calloc(1, sizeof(*errand)), **tail = &link->errands;
	struct mcpass_error why = { 0 };

	if (errand == NULL) {
		done(ctx, mp_nomem(&why), &why);
		return;
	}
	*errand = (struct mp_link_errand){ .type = type, .done = done, .ctx = ctx };
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = errand;
	mp_link_wake(link);
}

bool mp_link_is_authorizing(const struct mp_link *link)
{
	return link->flow.is_running;
}

void mp_link_accepted(struct mp_link *link, const struct mcpass_header *headers, size_t count)
{
	const struct mcpass_event event = { .type = MCPASS_EV_ACCEPTED, .now = mp_now_s(),
		.headers = headers, .header_count = count };
	struct mcpass_error why = { 0 };
	struct mcpass_action action;

	if (link->flow.is_running || link->client_is_broken)
		return;
	if (mcpass_client_step(link->client, &event, &action, &why) != MCPASS_OK)
		mp_link_break_down(link, &why);
}

/* --- a life --- */

void mp_link_init_flow(struct mp_link *link)
{
	struct mp_link_flow *flow = &link->flow;

	flow->timer = (struct mp_timer){ .fire = mp_link_on_flow_timer, .ctx = link };
	flow->code_deadline = -1;
	mp_link_init_watches(link);
}

void mp_link_free_flow(struct mp_link *link)
{
	const struct mcpass_error why = { .rc = MCPASS_E_USAGE };

	if (link->store == NULL)
		return;
	link->options.ui = (struct mp_link_ui){ 0 };    /* nothing is told any more, */
	put_away(link, &why);                           /* but to a browser that waits */
	if (link->flow.is_running)
		forget_new_client(link);
	free(link->flow.errand);
	while (link->errands != NULL) {
		struct mp_link_errand *errand = link->errands;

		link->errands = errand->next;
		free(errand);
	}
	free_refusals(link);
}
