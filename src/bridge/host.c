/* What the host says: one line at a time. */
#include <stdlib.h>
#include <string.h>
#include "bridge/parts.h"
#include "wire/json/peek.h"
#include "wire/json/utf8.h"

/* As long as a person may take. */
#define PARKED_MS ((int64_t)15 * 60 * 1000)

static const struct mp_span no_id = { NULL, 0 };

static struct mp_span meta_of(const struct mp_message *m)
{
	struct mp_span meta = no_id;

	if (m->params.data != NULL)
		meta = mp_raw_value(m->params, "_meta");
	return meta.len > 0 && meta.data[0] == '{' ? meta : no_id;
}

/* The form that the request has, whatever was spoken before. */
static bool is_new_form(const struct mp_message *m, struct mp_span meta)
{
	if (mp_eq(m->method, "server/discover") || mp_eq(m->method, "subscriptions/listen"))
		return true;
	return meta.data != NULL && mp_raw_value(meta, MP_META_VERSION).data != NULL;
}

/* --- requests --- */

static enum mcpass_rc make_request(struct mp_bridge *b, const struct mp_message *m,
    struct mp_span params, struct mp_span meta, struct mp_request **ret_request,
    struct mcpass_error *err)
{
	struct mp_span progress = no_id;
	struct mp_request *r;
	enum mcpass_rc rc = mp_request_new(b, MP_REQUEST_HOST, m->method, params, &r, err);

	if (rc)
		return rc;
	if (meta.data != NULL)
		progress = mp_raw_value(meta, "progressToken");
	rc = mp_set_span(&r->id, m->id, err);
	if (!rc && progress.data != NULL)
		rc = mp_set_span(&r->progress, progress, err);
	*ret_request = r;
	return rc;
}

static enum mcpass_rc take_request(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	struct mp_span meta = meta_of(m);
	struct mp_request *r;
	enum mcpass_rc rc;
	bool is_new = is_new_form(m, meta), passes = mp_upstream_passes(b, m, is_new);

	if (mp_request_by_id(b, m->id) != NULL)
		return mp_tell_refuse(b, m->id, MP_RPC_INVALID_REQUEST,
		    "A request with this id is under way already.", err);
	if (mp_eq(m->method, "initialize"))
		return mp_old_host_initialize(b, m, err);
	if (!is_new && !b->host.has_initialized && !mp_eq(m->method, "ping"))
		return mp_tell_refuse(b, m->id, MP_RPC_INVALID_REQUEST,
		    "The first request is initialize, or one with the _meta of 2026-07-28.", err);
	/* What passes as it is needs no copy of its parameters. */
	rc = make_request(b, m, passes ? no_id : m->params, meta, &r, err);
	if (rc)
		return rc;
	r->is_new = is_new;
	if (passes && !is_new)
		rc = mp_listen_note(b, m, err);
	if (rc)
		return rc;
	if (passes)
		return mp_upstream_pass(b, r, m->text, err);
	if (!is_new && !b->host.has_initialized)        /* a ping */
		return mp_tell_result(b, r, "{}", err);
	return is_new ? mp_new_host_request(b, r, err) : mp_old_host_request(b, r, err);
}

/* --- notifications --- */

/* spec: MCP cancellation: no response is sent for a request that was cancelled */
static enum mcpass_rc give_up(struct mp_bridge *b, struct mp_request *r, struct mcpass_error *err)
{
	struct mp_request *next;
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_request *part = b->requests; part != NULL; part = next) {
		next = part->next;
		if (part->whole != r)
			continue;
		if (part->state == MP_REQUEST_SENT)
			b->port->cancel(b->port->ctx, part->server, part->call);
		mp_request_free(b, part);
	}
	if (r->call != 0 && (r->state == MP_REQUEST_SENT || r->state == MP_REQUEST_PARKED))
		b->port->cancel(b->port->ctx, r->server, r->call);
	if (r->state == MP_REQUEST_ASKING)
		rc = mp_input_withdraw(b, r, err);
	mp_request_free(b, r);
	return rc;
}

/* Parked requests with which the host never came back. */
enum mcpass_rc mp_host_tick(struct mp_bridge *b, struct mcpass_error *err)
{
	struct mp_request *next;
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_request *r = b->requests; !rc && r != NULL; r = next) {
		next = r->next;
		if (r->state == MP_REQUEST_PARKED && b->now - r->since >= PARKED_MS)
			rc = give_up(b, r, err);
	}
	return rc;
}

static enum mcpass_rc take_cancelled(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	struct mp_span id = no_id;
	struct mp_request *r;

	if (m->params.data != NULL)
		id = mp_raw_value(m->params, "requestId");
	r = id.data != NULL ? mp_request_by_id(b, id) : NULL;
	if (r == NULL || mp_eq(r->method, "initialize"))
		return MCPASS_OK;               /* too late, or must not be; both are fine */
	/* spec: MCP 2026-07-28 subscriptions: a listen ends with its result */
	if (r->is_new && mp_eq(r->method, "subscriptions/listen") && r->state == MP_REQUEST_WAITING)
		return mp_tell_result(b, r, "{\"resultType\":\"complete\"}", err);
	return give_up(b, r, err);
}

/* To old servers; a new one takes none from its client. */
static enum mcpass_rc pass_notification(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	char *params = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (m->params.data != NULL)
		rc = mp_set_span(&params, m->params, err);
	for (size_t i = 0; !rc && i < b->config->server_count; i++)
		if (b->servers[i].state == MP_UPSTREAM_OPEN && b->servers[i].era == MP_ERA_SESSION)
			rc = b->port->notify(b->port->ctx, i, m->method, params, err);
	free(params);
	return rc;
}

static enum mcpass_rc take_notification(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	if (mp_eq(m->method, "notifications/cancelled"))
		return take_cancelled(b, m, err);
	if (mp_eq(m->method, "notifications/initialized"))
		return MCPASS_OK;               /* the session said it already */
	return pass_notification(b, m, err);
}

/* --- responses --- */

static enum mcpass_rc take_response(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	bool is_taken = false;
	char *text = NULL;
	enum mcpass_rc rc = mp_input_take(b, m, &is_taken, err);

	if (!rc && !is_taken)
		rc = mp_asked_take(b, m, &is_taken, err);
	if (rc || is_taken || b->servers[0].state != MP_UPSTREAM_OPEN
	    || b->servers[0].era != MP_ERA_SESSION || b->config->server_count > 1
	    || m->id.data == NULL)
		return rc;
	rc = mp_set_span(&text, m->text, err);
	if (!rc)
		rc = b->port->respond(b->port->ctx, 0, text, err);
	free(text);
	return rc;
}

/* --- lines --- */

static enum mcpass_rc take_message(struct mp_bridge *b, const struct mp_message *m,
    struct mcpass_error *err)
{
	switch (m->kind) {
	case MP_RPC_REQUEST:
		return take_request(b, m, err);
	case MP_RPC_NOTIFICATION:
		return take_notification(b, m, err);
	case MP_RPC_RESULT:
	case MP_RPC_ERROR:
		return take_response(b, m, err);
	case MP_RPC_INVALID:
		break;
	}
	return MCPASS_OK;
}

/* It is JSON, but no message: the id is told when there is one. */
static enum mcpass_rc refuse(struct mp_bridge *b, struct mp_span text, const char *why,
    struct mcpass_error *err)
{
	struct mp_span id = no_id;

	if (text.data[0] == '{')
		id = mp_raw_value(text, "id");
	if (id.len == 0 || strchr("\"-0123456789", id.data[0]) == NULL)
		id = no_id;
	return mp_tell_refuse(b, id, MP_RPC_INVALID_REQUEST, why, err);
}

/* spec: MCP basic, "Requests": the id is never null */
static bool has_null_id(const struct mp_message *m)
{
	return m->kind == MP_RPC_NOTIFICATION && mp_raw_member(m->text, "id").data != NULL;
}

/* spec: JSON-RPC 2.0 5.1: what is not even JSON has an error of its own */
static enum mcpass_rc refuse_text(struct mp_bridge *b, struct mp_span text, const char *why,
    struct mcpass_error *err)
{
	struct mcpass_error no_json = { 0 };
	enum mcpass_rc rc = mp_json_peek(text, "the line", NULL, 0, NULL, &no_json);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? mp_tell_refuse(b, no_id, MP_RPC_PARSE_ERROR, no_json.detail, err)
	    : refuse(b, text, why, err);
}

static enum mcpass_rc take_one(struct mp_bridge *b, struct mp_span text, struct mcpass_error *err)
{
	struct mp_message m = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_message_read(text, "the line", &m, &why);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return refuse_text(b, text, why.detail, err);
	rc = has_null_id(&m) ? refuse(b, text, "The id of a request is a string or a number.", err)
	    : take_message(b, &m, err);
	mp_message_free(&m);
	return rc ? rc : mp_upstream_go_on(b, err);     /* before the next one of a batch */
}

/* spec: MCP 2025-03-26 basic, "Batching"; no other revision has it */
static enum mcpass_rc take_batch(struct mp_bridge *b, struct mp_span text,
    struct mcpass_error *err)
{
	const char *at = text.data, *end = text.data + text.len;
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_span item;
	size_t count = 0;

	if (!mp_eq(b->host.revision, MP_REV_2025_03_26))
		return mp_tell_refuse(b, no_id, MP_RPC_INVALID_REQUEST,
		    "Only 2025-03-26 has batches: one message a line.", err);
	for (; !rc && mp_raw_item(&at, end, &item); count++)
		rc = take_one(b, item, err);
	if (!rc && count == 0)
		rc = mp_tell_refuse(b, no_id, MP_RPC_INVALID_REQUEST, "The batch is empty.", err);
	return rc;
}

enum mcpass_rc mp_host_line(struct mp_bridge *b, struct mp_span line, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	line = mp_json_without_mark(line.data, line.len);
	if (!mp_utf8_valid(line.data, line.len))
		return mp_tell_refuse(b, no_id, MP_RPC_PARSE_ERROR, "The line is not UTF-8.", err);
	if (line.len == 0 || line.data[0] != '[')
		return take_one(b, line, err);
	rc = mp_json_peek(line, "the line", NULL, 0, NULL, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc ? mp_tell_refuse(b, no_id, MP_RPC_PARSE_ERROR, why.detail, err)
	    : take_batch(b, line, err);
}
