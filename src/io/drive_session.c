/* Carries out what the session asks for. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/clock.h"
#include "io/drive_parts.h"
#include "mcp/jsonrpc.h"
#include "wire/json/json.h"
#include "wire/uri.h"

/* How long the server may take to hear that we have gone. */
#define FAREWELL_MS 1000

/* --- what comes back --- */

/* The client is told later: just now it may be busy itself, with a login. */
static enum mcpass_rc keep_accepted(struct mp_drive *drive, const struct mcpass_header *headers,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	mp_headers_free(&drive->accepted_headers);
	for (size_t i = 0; i < count && !rc; i++)
		rc = mp_headers_add(&drive->accepted_headers, headers[i].name, headers[i].value, err);
	drive->accepted = true;
	return rc;
}

static enum mcpass_rc on_head(void *ctx, unsigned id, int status,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	struct mp_drive *drive = ctx;
	enum mcpass_rc rc = MCPASS_OK;

	(void)err;
	if (drive->sent_token && status >= 200 && status < 300)
		rc = keep_accepted(drive, headers, count, &drive->fault);
	if (!rc)
		rc = mcpass_session_head(drive->session, id, status, headers, count, &drive->fault);
	return rc;
}

static enum mcpass_rc on_data(void *ctx, unsigned id, const char *bytes, size_t len,
    struct mcpass_error *err)
{
	struct mp_drive *drive = ctx;

	(void)err;
	return mcpass_session_data(drive->session, id, bytes, len, &drive->fault);
}

static void on_end(void *ctx, unsigned id, const struct mp_http_end *end)
{
	struct mp_drive *drive = ctx;
	int how = 0;

	if (drive->fault.rc != MCPASS_OK)
		return;
	if (end->why != NULL && end->why->rc == MCPASS_E_NOMEM) {
		drive->fault = *end->why;
		return;
	}
	if (end->why != NULL) {
		how = !end->was_sent ? MCPASS_SESSION_UNSENT
		    : end->was_late ? MCPASS_SESSION_LATE : MCPASS_SESSION_BROKEN;
		drive->broken = *end->why;
		drive->broken_exchange = id;
		drive->unsent = how == MCPASS_SESSION_UNSENT;
	}
	if (id == drive->farewell)
		drive->farewell = 0;
	(void)mcpass_session_end(drive->session, id, how, &drive->fault);
}

/* The session knows what is lost, and we know why. */
static enum mcpass_rc take_failure(struct mp_drive *drive,
    const struct mcpass_session_action *action, struct mcpass_error *err)
{
	struct mcpass_error why = *action->error;

	if (action->call != drive->call)
		return MCPASS_OK;
	drive->failed_itself = action->exchange == drive->call_exchange;
	if (why.rc == MCPASS_E_IO && action->exchange == drive->broken_exchange) {
		why = drive->broken;
		if (action->error->hint[0] != '\0')     /* what to do comes before where to look */
			memcpy(why.hint, action->error->hint, sizeof(why.hint));
	}
	if (err != NULL && err->rc == MCPASS_OK)
		*err = why;
	return why.rc;
}

/* --- what is sent --- */

static bool has_own_authorization(const struct mp_drive *drive)
{
	return mp_header_count(drive->options.headers, drive->options.header_count,
	    "Authorization") > 0;
}

/* What is ours goes to the server that was named, and nowhere else. */
static enum mcpass_rc check_origin(const struct mp_drive *drive, const char *url,
    struct mcpass_error *err)
{
	struct mp_uri server, target;
	enum mcpass_rc rc;

	rc = mp_uri_parse(drive->options.client.server_url, &server, err);
	if (!rc)
		rc = mp_uri_parse(url, &target, err);
	if (!rc && !mp_uri_same_origin(&server, &target))
		rc = mp_fail(err, MCPASS_E_POLICY, "MCP authorization, token handling",
		    "a request for %s does not go to %s", drive->options.client.server_url, url);
	return rc;
}

static enum mcpass_rc add_all(struct mp_headers *headers, const struct mcpass_header *items,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++)
		rc = mp_headers_add(headers, items[i].name, items[i].value, err);
	return rc;
}

static enum mcpass_rc send_request(struct mp_drive *drive,
    const struct mcpass_session_action *action, struct mcpass_error *err)
{
	const struct mp_http_callbacks callbacks = { .head = on_head, .data = on_data, .end = on_end,
		.ctx = drive };
	const struct mcpass_header *token = NULL;
	struct mp_headers headers = { 0 };
	size_t token_count = 0;
	enum mcpass_rc rc;

	rc = check_origin(drive, action->url, err);
	if (!rc)
		rc = add_all(&headers, action->headers, action->header_count, err);
	if (!rc && !has_own_authorization(drive))       /* one source of credentials only */
		rc = mcpass_client_authorize(drive->client, action->method, action->url, mp_now_s(),
		    &token, &token_count, err);
	if (!rc)
		rc = add_all(&headers, token, token_count, err);
	if (!rc)
		rc = add_all(&headers, drive->options.headers, drive->options.header_count, err);
	if (!rc) {
		const struct mp_http_ask ask = { action->method, action->url, action->body, headers.items,
			headers.count, action->body_len };

		rc = mp_http_start(drive->http, action->exchange, &ask, &callbacks, err);
	}
	if (!rc && !action->may_last)
		mp_http_expect_head(drive->http, action->exchange);
	drive->sent_token = token_count > 0;
	if (action->call != 0 && action->call == drive->call)
		drive->call_exchange = action->exchange;
	mp_headers_free(&headers);
	return rc;
}

static enum mcpass_rc authorize(struct mp_drive *drive,
    const struct mcpass_session_action *action, struct mcpass_error *err)
{
	const struct mcpass_event event = { .type = MCPASS_EV_CHALLENGE, .status = action->status,
		.headers = action->headers, .header_count = action->header_count,
		.data = action->body, .data_len = action->body != NULL ? action->body_len : 0 };
	unsigned exchange = action->exchange;
	enum mcpass_rc rc;

	/* What was to be learned is not needed: it costs nothing to go on without.  A handshake
	 * is needed by the call, too. */
	if (drive->learning && action->call == drive->call)
		return mp_drive_skip_lesson(drive, action->status, err);
	if (has_own_authorization(drive)) {
		rc = mp_fail(err, MCPASS_E_DENIED, "RFC 9110 15.5.2",
		    "the server refuses the Authorization header that was given (%d%s%s)", action->status,
		    action->body != NULL ? ": " : "", action->body != NULL ? action->body : "");
		mp_hint(err, "Give another one, or none: mcpass then logs in by itself.");
		return rc;
	}
	drive->accepted = false;        /* of an earlier request, before this refusal */
	rc = mp_drive_tell(drive, &event, err);
	if (!rc)
		rc = mcpass_session_retry(drive->session, exchange, err);
	return rc;
}

/* --- what the server says --- */

/* spec: JSON-RPC 2.0 5; result NULL: nothing of the kind was offered */
static enum mcpass_rc answer(struct mp_drive *drive, const json_t *id, json_t *result,
    struct mcpass_error *err)
{
	json_t *json = NULL;
	char *text = NULL;
	enum mcpass_rc rc;

	rc = result != NULL ? mp_rpc_result(id, result, &json, err)
	    : mp_rpc_error(id, MP_RPC_METHOD_NOT_FOUND, "not offered by this client", NULL, &json, err);
	if (!rc) {
		text = mp_json_dump(json);
		rc = text != NULL ? mcpass_session_answer(drive->session, text, err) : mp_nomem(err);
	}
	mp_free_wiped(text);
	json_decref(json);
	return rc;
}

static enum mcpass_rc take_request(struct mp_drive *drive, const struct mp_rpc *rpc,
    struct mcpass_error *err)
{
	const struct mp_drive_ui *ui = &drive->options.ui;
	json_t *result = NULL;
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (ui->asked != NULL)
		rc = ui->asked(ui->ctx, rpc->method, rpc->params, &text, err);
	if (!rc && text != NULL)
		rc = mp_json_parse_by(MP_JSON_REQUEST, text, strlen(text), MP_MAX_MESSAGE, "our answer",
		    &result, err);
	if (!rc)
		rc = answer(drive, rpc->id, result, err);
	json_decref(result);
	mp_free_wiped(text);
	return rc;
}

static enum mcpass_rc read_message(struct mp_drive *drive, const char *text,
    struct mcpass_error *err)
{
	json_t *json = NULL;
	struct mp_rpc rpc;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_MESSAGE, text, strlen(text), MP_MAX_MESSAGE, "a message",
	    &json, err);
	if (!rc)
		rc = mp_rpc_read(json, &rpc, err);
	if (!rc && rpc.kind == MP_RPC_REQUEST)
		rc = take_request(drive, &rpc, err);
	else if (!rc && drive->options.ui.message != NULL)
		drive->options.ui.message(drive->options.ui.ctx, text);
	json_decref(json);
	return rc;
}

static enum mcpass_rc take_message(struct mp_drive *drive,
    const struct mcpass_session_action *action, struct mcpass_error *err)
{
	char *text = mp_dup_span((struct mp_span){ action->body, action->body_len });
	enum mcpass_rc rc;

	if (text == NULL)
		return mp_nomem(err);
	mp_drive_redact(drive, text);
	rc = read_message(drive, text, err);
	free(text);
	return rc;
}

enum mcpass_rc mp_drive_warn(struct mp_drive *drive, const char *sentence,
    struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc;

	if (drive->options.ui.warning == NULL || drive->learning)
		return MCPASS_OK;
	rc = mp_set(&text, sentence, err);
	if (rc)
		return rc;
	mp_drive_redact(drive, text);
	drive->options.ui.warning(drive->options.ui.ctx, text);
	free(text);
	return MCPASS_OK;
}

static enum mcpass_rc take_result(struct mp_drive *drive,
    const struct mcpass_session_action *action, struct mcpass_error *err)
{
	struct mcpass_event event = { .type = MCPASS_EV_ACCEPTED };
	enum mcpass_rc rc = MCPASS_OK;

	if (drive->accepted) {
		drive->accepted = false;
		event.headers = drive->accepted_headers.items;
		event.header_count = drive->accepted_headers.count;
		rc = mp_drive_tell(drive, &event, err);
	}
	if (!rc && action->call == drive->call) {
		drive->is_error = action->is_error != 0;
		drive->result = mcpass_session_take_body(drive->session);
		mp_drive_redact(drive, drive->result);
	}
	return rc;
}

/* Somebody watches: a second at a time. */
static int tell_waiting(struct mp_drive *drive, int timeout_ms)
{
	const struct mp_drive_ui *ui = &drive->options.ui;

	if (ui->waiting == NULL)
		return timeout_ms;
	ui->waiting(ui->ctx, (int)((mp_now_ms() - drive->asked_at) / 1000));
	return timeout_ms < 0 || timeout_ms > 1000 ? 1000 : timeout_ms;
}

static void on_interrupt(void *ctx, unsigned events)
{
	(void)ctx;
	(void)events;
}

/* One turn of the loop, which Ctrl-C ends, too. */
static enum mcpass_rc turn(struct mp_drive *drive, int timeout_ms, struct mcpass_error *err)
{
	drive->interrupt = (struct mp_watch){ .fd = drive->options.interrupt_fd,
		.ready = on_interrupt };
	if (drive->interrupt.fd >= 0)
		(void)mp_loop_watch(drive->loop, &drive->interrupt, MP_LOOP_READ, NULL);
	mp_loop_turn(drive->loop, timeout_ms);
	(void)mp_loop_watch(drive->loop, &drive->interrupt, 0, NULL);
	if (drive->fault.rc != MCPASS_OK && err != NULL)
		*err = drive->fault;
	return drive->fault.rc;
}

/* Nothing to do until something comes back, or until a time. */
static enum mcpass_rc rest(struct mp_drive *drive, const struct mcpass_session_action *action,
    struct mcpass_error *err)
{
	int timeout_ms = action->type == MCPASS_SESSION_WAIT ? mp_left_ms(action->until) : -1;
	enum mcpass_rc rc;

	timeout_ms = tell_waiting(drive, timeout_ms);
	rc = turn(drive, timeout_ms, err);
	return rc ? rc : mp_drive_check_interrupt(drive, err);
}

static enum mcpass_rc carry_out(struct mp_drive *drive,
    const struct mcpass_session_action *action, struct mcpass_error *err)
{
	switch (action->type) {
	case MCPASS_SESSION_SEND:
		return send_request(drive, action, err);
	case MCPASS_SESSION_CLOSE:
		mp_http_close(drive->http, action->exchange);
		return MCPASS_OK;
	case MCPASS_SESSION_AUTHORIZE:
		return authorize(drive, action, err);
	case MCPASS_SESSION_MESSAGE:
		return take_message(drive, action, err);
	case MCPASS_SESSION_WARNING:
		return mp_drive_warn(drive, action->body, err);
	case MCPASS_SESSION_RESULT:
		return take_result(drive, action, err);
	case MCPASS_SESSION_FAILED:
		return take_failure(drive, action, err);
	case MCPASS_SESSION_IDLE:
	case MCPASS_SESSION_WAIT:
		break;
	}
	return rest(drive, action, err);
}

enum mcpass_rc mp_drive_converse(struct mp_drive *drive, struct mcpass_error *err)
{
	struct mcpass_session_action action;
	enum mcpass_rc rc = MCPASS_OK;

	free(drive->result);
	drive->result = NULL;
	while (!rc && drive->result == NULL) {
		rc = mcpass_session_next(drive->session, mp_now_ms(), &action, err);
		if (!rc)
			rc = carry_out(drive, &action, err);
	}
	return rc;
}

static enum mcpass_rc part(struct mp_drive *drive, const struct mcpass_session_action *action,
    int left_ms)
{
	switch (action->type) {
	case MCPASS_SESSION_SEND:
		if (!mp_eq(action->method, "GET"))
			drive->farewell = action->exchange;
		return send_request(drive, action, NULL);
	case MCPASS_SESSION_CLOSE:
		mp_http_close(drive->http, action->exchange);
		return MCPASS_OK;
	case MCPASS_SESSION_AUTHORIZE:
		return MCPASS_E_DENIED;         /* no person signs in to say that */
	case MCPASS_SESSION_IDLE:
	case MCPASS_SESSION_WAIT:
		if (drive->farewell == 0)
			return MCPASS_E_EXPIRED;
		mp_loop_turn(drive->loop, left_ms);
		return drive->fault.rc;
	default:
		return MCPASS_OK;
	}
}

static void say_farewell(struct mp_drive *drive)
{
	int64_t deadline = mp_deadline_ms(FAREWELL_MS);
	struct mcpass_session_action action;
	enum mcpass_rc rc = MCPASS_OK;
	int left;

	while (!rc && (left = mp_left_ms(deadline)) > 0) {
		rc = mcpass_session_next(drive->session, mp_now_ms(), &action, NULL);
		if (!rc)
			rc = part(drive, &action, left);
	}
}

/* spec: MCP cancellation: 2026-07-28 closes the stream, before that a notification says so */
void mp_drive_give_up(struct mp_drive *drive)
{
	if (mcpass_session_cancel(drive->session, drive->call, NULL) == MCPASS_OK)
		say_farewell(drive);
}

/* spec: MCP 2025-11-25 transports, "Session Management" 5 */
void mp_drive_leave(struct mp_drive *drive)
{
	if (mcpass_session_leave(drive->session, NULL) == MCPASS_OK)
		say_farewell(drive);
}
