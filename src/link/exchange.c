/* Carries out what the session asks for, and tells it what comes back. */
#include <stdlib.h>
#include <string.h>
#include "io/clock.h"
#include "link/link_parts.h"
#include "mcp/headers.h"
#include "wire/uri.h"

/* One HTTP exchange of the session's; freed with it. */
struct transfer {
	struct mp_link *link;
	unsigned exchange, generation;
	bool sent_token;
	bool is_spooled;                /* the long strings of its answer go to a file */
	int status;
};

/* --- what comes back --- */

static enum mcpass_rc on_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	struct transfer *transfer = ctx;
	struct mp_link *link = transfer->link;
	bool is_good = status >= 200 && status < 300;   /* 202 and 204, too: the token served */
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	(void)err;
	transfer->status = status;
	if (transfer->is_spooled && is_good)
		mp_spool_begin(link->options.spool, id);
	if (transfer->sent_token && is_good && transfer->generation == link->generation)
		mp_link_accepted(link, headers, count);
	rc = mcpass_session_head(link->session, id, status, headers, count, &why);
	if (rc)
		mp_link_break_down(link, &why);
	mp_link_wake(link);
	return rc;
}

/* The bytes that the session gets. */
static enum mcpass_rc keep(void *ctx, const char *bytes, size_t len, struct mcpass_error *err)
{
	const struct transfer *transfer = ctx;
	enum mcpass_rc rc;

	rc = mcpass_session_data(transfer->link->session, transfer->exchange, bytes, len, err);
	if (rc)
		mp_link_break_down(transfer->link, err);
	return rc;
}

/* What cannot be kept in a file fails the request, as a bad answer does. */
static enum mcpass_rc spool(struct transfer *transfer, const char *bytes, size_t len)
{
	struct mp_link *link = transfer->link;
	struct mcpass_error why = { 0 }, err = { 0 };
	enum mcpass_rc rc;

	rc = mp_spool_feed(link->options.spool, transfer->exchange, (struct mp_span){ bytes, len }, keep,
	    transfer, &why);
	if (rc == MCPASS_OK || link->fault.rc != MCPASS_OK)
		return rc;
	mp_spool_begin(link->options.spool, 0);
	transfer->is_spooled = false;
	if (rc != MCPASS_E_NOMEM) {
		(void)mp_doing(&why, rc, "keeping the answer for the file");
		rc = mcpass_session_refuse(link->session, transfer->exchange, &why, &err);
		why = err;
	}
	if (rc)
		mp_link_break_down(link, &why);
	return rc;
}

static enum mcpass_rc on_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	struct transfer *transfer = ctx;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	(void)id;
	(void)err;
	rc = transfer->is_spooled ? spool(transfer, bytes, len) : keep(transfer, bytes, len, &why);
	mp_link_wake(transfer->link);
	return rc;
}

static bool is_full(void *ctx)
{
	const struct transfer *transfer = ctx;

	return mcpass_session_full(transfer->link->session, transfer->exchange) != 0;
}

/* The session says later what follows from it, and we know then why. */
static void remember(const struct transfer *transfer, const struct mp_http_end *end)
{
	struct mp_link *link = transfer->link;
	struct mp_link_end *ended = calloc(1, sizeof(*ended));
	struct mcpass_error why = { 0 };

	if (ended == NULL) {
		(void)mp_nomem(&why);
		mp_link_break_down(link, &why);
		return;
	}
	ended->exchange = transfer->exchange;
	ended->generation = transfer->generation;
	ended->unsent = !end->was_sent;
	if (end->why != NULL)
		ended->why = *end->why;
	ended->next = link->ends;
	link->ends = ended;
}

static void on_end(void *ctx, unsigned id, const struct mp_http_end *end)
{
	const struct transfer *transfer = ctx;
	struct mp_link *link = transfer->link;
	struct mcpass_error why = { 0 };
	int how = 0;

	if (id == link->farewell)
		link->farewell = 0;
	mp_link_wake(link);
	if (end->why != NULL && end->why->rc == MCPASS_E_NOMEM)
		mp_link_break_down(link, end->why);
	if (link->fault.rc != MCPASS_OK)
		return;
	if (end->why != NULL)
		how = !end->was_sent ? MCPASS_SESSION_UNSENT
		    : end->was_late ? MCPASS_SESSION_LATE : MCPASS_SESSION_BROKEN;
	if (end->why != NULL || transfer->status == 401 || transfer->status == 403)
		remember(transfer, end);
	if (mcpass_session_end(link->session, id, how, &why) != MCPASS_OK)
		mp_link_break_down(link, &why);
}

/* --- what is sent --- */

/* What is ours goes to the server that was named, and nowhere else. */
static enum mcpass_rc check_origin(const struct mp_link *link, const char *url,
    struct mcpass_error *err)
{
	struct mp_uri server, target;
	enum mcpass_rc rc;

	if (mp_eq(url, link->options.client.server_url))
		return MCPASS_OK;
	rc = mp_uri_parse(link->options.client.server_url, &server, err);
	if (!rc)
		rc = mp_uri_parse(url, &target, err);
	if (!rc && !mp_uri_same_origin(&server, &target))
		rc = mp_fail(err, MCPASS_E_POLICY, "MCP authorization, token handling",
		    "a request for %s does not go to %s", link->options.client.server_url, url);
	return rc;
}

/* The token of the moment, which also serves while another one is fetched. */
static enum mcpass_rc add_token(struct mp_link *link,
    const struct mcpass_session_action *action, struct mp_headers *headers, bool *ret_sent,
    struct mcpass_error *err)
{
	const struct mcpass_header *token = NULL;
	size_t count = 0;
	enum mcpass_rc rc;

	if (mp_link_has_own_authorization(link))        /* one source of credentials only */
		return MCPASS_OK;
	if (link->client_is_broken || !link->started)   /* then the server says what it wants */
		return MCPASS_OK;
	rc = mcpass_client_authorize(link->client, action->method, action->url, mp_now_s(), &token,
	    &count, err);
	*ret_sent = count > 0;
	return rc ? rc : mp_link_add_headers(headers, token, count, err);
}

static enum mcpass_rc start_transfer(struct mp_link *link,
    const struct mcpass_session_action *action, const struct mp_headers *headers,
    bool sent_token, struct mcpass_error *err)
{
	const struct mp_link_call *call = mp_link_call_of(link, action->call);
	const struct mp_http_ask ask = { action->method, action->url, action->body, headers->items,
		headers->count, action->body_len };
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	const struct mp_http_callbacks callbacks = { on_head, on_data, on_end, is_full, free,
		transfer };
	enum mcpass_rc rc;

	if (transfer == NULL)
		return mp_nomem(err);
	*transfer = (struct transfer){ .link = link, .exchange = action->exchange,
		.generation = link->generation, .sent_token = sent_token,
		.is_spooled = link->options.spool != NULL && call != NULL && call->is_spooled };
	rc = mp_http_start(link->http, action->exchange, &ask, &callbacks, err);
	if (rc)
		free(transfer);
	else if (!action->may_last)
		mp_http_expect_head(link->http, action->exchange);
	return rc;
}

/* The last exchange that carried the call. */
static void note_exchange(struct mp_link *link, const struct mcpass_session_action *action)
{
	struct mp_link_call *call = mp_link_call_of(link, action->call);

	if (call != NULL)
		call->exchange = action->exchange;
	else if (action->call != 0 && action->call == link->lesson.call)
		link->lesson.exchange = action->exchange;
}

/* What cannot even be sent never got as far as the server. */
static void fail_unsent(struct mp_link *link, unsigned exchange, const struct mcpass_error *why)
{
	struct mcpass_error err = { 0 };

	if (why->rc == MCPASS_E_NOMEM || mcpass_session_refuse(link->session, exchange, why,
	    &err) != MCPASS_OK)
		mp_link_break_down(link, why->rc == MCPASS_E_NOMEM ? why : &err);
}

/* What the program wants sent with each request; what we write ourselves stays as we write it. */
static enum mcpass_rc add_wished(const struct mp_link *link, struct mp_headers *headers,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < link->options.header_count && !rc; i++)
		if (!mp_headers_is_own(link->options.headers[i].name))
			rc = mp_link_add_headers(headers, &link->options.headers[i], 1, err);
	return rc;
}

static void send_request(struct mp_link *link, const struct mcpass_session_action *action)
{
	struct mp_headers headers = { 0 };
	struct mcpass_error why = { 0 };
	unsigned exchange = action->exchange;
	bool sent_token = false;
	enum mcpass_rc rc;

	note_exchange(link, action);
	if (link->gone != NULL && !mp_eq(action->method, "GET"))
		link->farewell = exchange;
	rc = check_origin(link, action->url, &why);
	if (!rc)
		rc = mp_link_add_headers(&headers, action->headers, action->header_count, &why);
	if (!rc)
		rc = add_token(link, action, &headers, &sent_token, &why);
	if (!rc)
		rc = add_wished(link, &headers, &why);
	if (!rc)
		rc = start_transfer(link, action, &headers, sent_token, &why);
	mp_headers_free(&headers);
	if (rc)
		fail_unsent(link, exchange, &why);
}

/* --- what became of a request --- */

/* The session knows what is lost, and we know why. */
static void take_failure(struct mp_link *link, const struct mcpass_session_action *action)
{
	const struct mp_link_end *end = mp_link_end_of(link, action->exchange);
	struct mp_link_call *call = mp_link_call_of(link, action->call);
	struct mcpass_error why = *action->error;

	if (why.rc == MCPASS_E_IO && end != NULL && end->why.rc != MCPASS_OK) {
		why = end->why;
		if (action->error->hint[0] != '\0')     /* what to do comes before where to look */
			memcpy(why.hint, action->error->hint, sizeof(why.hint));
	}
	mp_link_redact_error(link, &why);
	if (call != NULL)
		mp_link_end_call(link, call, NULL, false, &why);
	else if (action->call != 0 && action->call == link->lesson.call)
		mp_link_fail_lesson(link, action->exchange == link->lesson.exchange
		    && (why.rc != MCPASS_E_IO || end == NULL || !end->unsent), &why);
}

/* Only what is the answer, and no error or question, is for a reader of the file. */
static enum mcpass_rc make_whole(const struct mp_link *link, bool is_error, char **json,
    struct mcpass_error *err)
{
	if (!is_error && strstr(*json, "\"input_required\"") == NULL)
		return MCPASS_OK;
	return mp_spool_restore(link->options.spool, json, err);
}

static void take_result(struct mp_link *link, const struct mcpass_session_action *action)
{
	struct mp_link_call *call = mp_link_call_of(link, action->call);
	bool is_error = action->is_error != 0;
	char *json = mcpass_session_take_body(link->session);
	struct mcpass_error why = { 0 };

	mp_link_redact(link, json);
	mp_link_note_revision(link);
	if (make_whole(link, is_error, &json, &why) != MCPASS_OK) {
		free(json);
		if (call != NULL)
			mp_link_end_call(link, call, NULL, false, &why);
	} else if (call != NULL) {
		mp_link_note_tools(link, call, json, is_error);
		mp_link_end_call(link, call, json, is_error, NULL);
	} else if (action->call != 0 && action->call == link->lesson.call) {
		mp_link_take_page(link, json, is_error);
	} else {
		free(json);
	}
}

/* --- one after the other --- */

/* Nothing to do until something comes back, or until a time. */
static void rest(struct mp_link *link, const struct mcpass_session_action *action)
{
	mp_link_forget_ends(link);
	mp_http_go_on(link->http);
	if (action->type == MCPASS_SESSION_WAIT)
		mp_loop_set(link->loop, &link->wake, action->until);
	else
		mp_loop_unset(link->loop, &link->wake);
}

bool mp_link_carry_out(struct mp_link *link)
{
	struct mcpass_session_action action;
	struct mcpass_error why = { 0 };

	if (mcpass_session_next(link->session, mp_now_ms(), &action, &why) != MCPASS_OK) {
		mp_link_break_down(link, &why);
		return true;
	}
	switch (action.type) {
	case MCPASS_SESSION_SEND:
		send_request(link, &action);
		return true;
	case MCPASS_SESSION_CLOSE:
		mp_http_close(link->http, action.exchange);
		return true;
	case MCPASS_SESSION_AUTHORIZE:
		mp_link_take_refusal(link, &action);
		return true;
	case MCPASS_SESSION_MESSAGE:
		mp_link_take_message(link, &action);
		return true;
	case MCPASS_SESSION_WARNING:
		mp_link_warn(link, action.body);
		return true;
	case MCPASS_SESSION_RESULT:
		take_result(link, &action);
		return true;
	case MCPASS_SESSION_FAILED:
		take_failure(link, &action);
		return true;
	case MCPASS_SESSION_IDLE:
	case MCPASS_SESSION_WAIT:
		break;
	}
	rest(link, &action);
	return false;
}
