/* Carries out what the client asks for, one action at a time; what has to be waited for is an
 * entry of the loop, and the flow goes on when it comes. */
#include <string.h>
#include "io/clock.h"
#include "link/link_parts.h"
#include "wire/http/http.h"
#include "wire/json/peek.h"

/* How often a lock that another process holds is tried again. */
#define LOCK_AGAIN_MS 50
/* For how long a record is saved again that a database could not take: as a restart takes. */
#define SAVE_MS 30000
/* A refresh takes no longer. */
#define NO_LOGIN_LOCK_MS 10000

static void point_at_text(const struct mp_link_flow *flow, struct mcpass_event *event)
{
	event->data = flow->text;
	event->data_len = flow->text != NULL ? strlen(flow->text) : 0;
}

/* --- the actions: each fills the event that answers it, or says that it comes later --- */

/* The store is busy: another process writes, or a database does not answer. */
static bool is_tried_again(struct mp_link *link, enum mcpass_rc rc, int64_t deadline)
{
	if (rc != MCPASS_E_EXPIRED || mp_left_ms(deadline) == 0)
		return false;
	mp_loop_set(link->loop, &link->flow.timer, mp_store_next_try());
	return true;
}

static enum mcpass_rc try_load(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_store_load(link->store, flow->action.key, &flow->text, &why);

	event->type = MCPASS_EV_LOADED;
	*ret_later = is_tried_again(link, rc, flow->deadline);
	if (*ret_later)
		return MCPASS_OK;
	rc = mp_store_final(rc, &why);
	if (rc && err != NULL)
		*err = why;
	point_at_text(flow, event);
	return rc;
}

static enum mcpass_rc load(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	link->flow.deadline = mp_deadline_ms(MP_STORE_PATIENCE_MS);
	return try_load(link, event, ret_later, err);
}

/* What was just fetched must not be lost because a database restarts. */
static enum mcpass_rc try_save(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;
	enum mcpass_rc rc;

	event->type = MCPASS_EV_SAVED;
	mp_clear(&link->unsaved);
	rc = mp_store_save(link->store, flow->action.key, flow->action.body, &link->unsaved);
	if (rc == MCPASS_OK)
		return MCPASS_OK;
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_later = is_tried_again(link, rc, flow->deadline);
	if (*ret_later)
		return MCPASS_OK;
	(void)mp_store_final(rc, &link->unsaved);
	event->data = link->unsaved.detail;
	event->data_len = strlen(link->unsaved.detail);
	return MCPASS_OK;
}

static enum mcpass_rc save(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	link->flow.deadline = mp_deadline_ms(SAVE_MS);
	return try_save(link, event, ret_later, err);
}

/* Another process may be waiting for its person: as long as we would wait for ours, or for an
 * answer of the server's.  Who wants no login waits for none of another's either. */
static int lock_patience(const struct mp_link *link)
{
	const struct mp_link_options *options = &link->options;
	int patience = options->login_timeout_ms;

	if (options->http.timeout_ms > 0 && options->http.timeout_ms < patience)
		patience = (int)options->http.timeout_ms;
	return options->no_login && patience > NO_LOGIN_LOCK_MS ? NO_LOGIN_LOCK_MS : patience;
}

static bool is_locked_later(struct mp_link *link, enum mcpass_rc rc, const char *holder)
{
	const struct mp_link_ui *ui = &link->options.ui;
	struct mp_link_flow *flow = &link->flow;

	if (rc == MCPASS_E_EXPIRED && holder[0] == '\0') {
		if (flow->busy_deadline == 0)
			flow->busy_deadline = mp_deadline_ms(MP_STORE_PATIENCE_MS);
		return is_tried_again(link, rc, flow->busy_deadline);
	}
	flow->busy_deadline = 0;
	if (rc != MCPASS_E_EXPIRED || mp_left_ms(flow->deadline) == 0)
		return false;
	if (!flow->told_lock && ui->waiting_for_lock != NULL)
		ui->waiting_for_lock(ui->ctx, holder);
	flow->told_lock = true;
	mp_loop_set(link->loop, &flow->timer, mp_now_ms() + LOCK_AGAIN_MS);
	return true;
}

static enum mcpass_rc try_lock(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	char holder[MP_STORE_HOLDER_ROOM];
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	event->type = MCPASS_EV_LOCKED;
	rc = mp_store_lock(link->store, link->flow.action.key, holder, &why);
	*ret_later = is_locked_later(link, rc, holder);
	if (*ret_later)
		return MCPASS_OK;
	if (holder[0] == '\0')
		rc = mp_store_final(rc, &why);
	if (rc && err != NULL)
		*err = why;
	return rc;
}

static enum mcpass_rc lock(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	link->flow.told_lock = false;
	link->flow.busy_deadline = 0;
	link->flow.deadline = mp_deadline_ms(lock_patience(link));
	return try_lock(link, event, ret_later, err);
}

/* No answer is an event, too; anything else that goes wrong is the end. */
static enum mcpass_rc take_no_answer(struct mp_link *link, const struct mcpass_error *why,
    struct mcpass_event *event, struct mcpass_error *err)
{
	struct mp_link_flow *flow = &link->flow;

	event->type = MCPASS_EV_RESPONSE;
	if (why->rc != MCPASS_E_IO) {
		if (err != NULL)
			*err = *why;
		return why->rc;
	}
	flow->reason = *why;
	event->data = flow->reason.detail;
	event->data_len = strlen(flow->reason.detail);
	return MCPASS_OK;
}

/* An answer that is larger than it may be is one all the same, and so is one whose JSON is whole
 * though its connection is not: a refresh token that was rotated is not lost for that. */
static bool is_answer(const struct mp_link *link, struct mp_http_response *response,
    const struct mcpass_error *why)
{
	const struct mp_span text = { mp_buf_text(&response->body), response->body.len };

	if (why == NULL || response->body.len > link->flow.action.max_response)
		return true;
	return why->rc == MCPASS_E_IO && mp_http_is_answer(response->status)
	    && mp_json_peek(text, "the answer", NULL, 0, NULL, NULL) == MCPASS_OK;
}

static void on_fetched(void *ctx, struct mp_http_response *response,
    const struct mcpass_error *why)
{
	struct mcpass_event event = { .type = MCPASS_EV_RESPONSE };
	struct mp_link *link = ctx;
	struct mp_link_flow *flow = &link->flow;
	struct mcpass_error err = { 0 };

	flow->fetch = 0;
	if (!is_answer(link, response, why)) {
		(void)take_no_answer(link, why, &event, &err);
		mp_link_bring(link, &event, &err);
		return;
	}
	flow->response = *response;
	*response = (struct mp_http_response){ 0 };     /* moved */
	event.status = flow->response.status;
	event.headers = flow->response.headers.items;
	event.header_count = flow->response.headers.count;
	event.data = mp_buf_text(&flow->response.body);
	event.data_len = flow->response.body.len;
	mp_link_bring(link, &event, NULL);
}

static enum mcpass_rc request(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	const struct mcpass_action *action = &link->flow.action;
	const struct mp_http_ask ask = { action->method, action->url, action->body, action->headers,
		action->header_count, action->body_len };
	struct mcpass_error why = { 0 };

	mp_clear(&link->flow.reason);
	if (mp_http_fetch(link->http, &ask, action->max_response, on_fetched, link, &link->flow.fetch,
	    &why) != MCPASS_OK)
		return take_no_answer(link, &why, event, err);
	*ret_later = true;
	return MCPASS_OK;
}

/* From here on a person is needed. */
static enum mcpass_rc listen_for(struct mp_link *link, struct mcpass_event *event,
    bool *ret_later, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_link_listen(link, &link->flow.action, &event->data, err);

	(void)ret_later;
	event->type = MCPASS_EV_LISTENING;
	event->data_len = event->data != NULL ? strlen(event->data) : 0;
	return rc;
}

static enum mcpass_rc browse(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	(void)event;
	*ret_later = true;
	return mp_link_browse(link, link->flow.action.url, err);
}

static enum mcpass_rc wait_on(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	bool over = false;
	enum mcpass_rc rc = mp_link_wait_on(link, &over, err);

	event->type = MCPASS_EV_REDIRECT;
	*ret_later = !over;
	return rc;
}

static enum mcpass_rc show_code(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	(void)ret_later;
	event->type = MCPASS_EV_SHOWN;
	return mp_link_show_code(link, &link->flow.action, err);
}

static enum mcpass_rc pause_for(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	(void)event;
	(void)err;
	*ret_later = true;
	mp_link_pause(link, &link->flow.action);
	return MCPASS_OK;
}

static enum mcpass_rc confirm(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	(void)err;
	mp_link_ask_issuer(link, event, ret_later);
	return MCPASS_OK;
}

enum mcpass_rc mp_link_perform(struct mp_link *link, struct mcpass_event *event, bool *ret_later,
    struct mcpass_error *err)
{
	static enum mcpass_rc (*const how[])(struct mp_link *link, struct mcpass_event *event,
	    bool *ret_later, struct mcpass_error *err) = {
		[MCPASS_ACT_LOAD] = load,
		[MCPASS_ACT_SAVE] = save,
		[MCPASS_ACT_LOCK] = lock,
		[MCPASS_ACT_REQUEST] = request,
		[MCPASS_ACT_LISTEN] = listen_for,
		[MCPASS_ACT_BROWSE] = browse,
		[MCPASS_ACT_WAIT] = wait_on,
		[MCPASS_ACT_SHOW_CODE] = show_code,
		[MCPASS_ACT_PAUSE] = pause_for,
		[MCPASS_ACT_CONFIRM] = confirm,
	};
	enum mcpass_action_type type = link->flow.action.type;

	if ((size_t)type >= MP_COUNT(how) || how[type] == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "an action of type %d", (int)type);
	return how[type](link, event, ret_later, err);
}

/* The flow's timer: a store, or a person is waited for. */
void mp_link_on_flow_timer(void *ctx)
{
	static enum mcpass_rc (*const again[])(struct mp_link *link, struct mcpass_event *event,
	    bool *ret_later, struct mcpass_error *err) = {
		[MCPASS_ACT_LOAD] = try_load,
		[MCPASS_ACT_SAVE] = try_save,
		[MCPASS_ACT_LOCK] = try_lock,
	};
	struct mcpass_event event = { 0 };
	struct mcpass_error why = { 0 };
	struct mp_link *link = ctx;
	enum mcpass_action_type type = link->flow.action.type;
	bool later = false;

	if (type == MCPASS_ACT_CONFIRM) {
		mp_link_on_confirm_timer(link);
	} else if ((size_t)type >= MP_COUNT(again) || again[type] == NULL) {
		mp_link_on_login_timer(link);
	} else {
		(void)again[type](link, &event, &later, &why);
		if (!later)
			mp_link_bring(link, &event, &why);
	}
}
