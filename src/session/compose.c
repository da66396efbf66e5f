/* The HTTP request of an exchange.  It is made when it is sent, not when it was asked
 * for: the form, the session and the tools' headers may have become known meanwhile. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

/* The members are shared.  Not json_copy(): it loses those it has no memory for. */
static json_t *copy_object(json_t *object)
{
	json_t *copy = json_object();

	if (copy == NULL || object == NULL || json_object_update(copy, object) == 0)
		return copy;
	json_decref(copy);
	return NULL;
}

/* Our own copy of params, whose _meta may be written into. */
static json_t *copy_params(json_t *params)
{
	json_t *copy = copy_object(params);
	json_t *meta = json_object_get(copy, "_meta");

	if (meta != NULL && json_object_set_new(copy, "_meta", copy_object(meta)) != 0) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

/* _meta as the program wrote it, but for what is ours to say. */
static enum mcpass_rc add_meta(struct mp_buf *buf, struct mp_span written, const json_t *meta,
    struct mcpass_error *err)
{
	static const char *const ours[] = { MP_META_VERSION, MP_META_CAPABILITIES, MP_META_CLIENT };
	char *text = mp_dup_span(written);
	bool put = true;
	enum mcpass_rc rc = text == NULL ? mp_nomem(err) : MCPASS_OK;

	for (size_t i = 0; !rc && text != NULL && put && i < MP_COUNT(ours); i++) {
		const json_t *value = json_object_get(meta, ours[i]);
		char *said = value != NULL ? mp_json_dump(value) : NULL;
		struct mp_buf next;

		if (value != NULL && said == NULL)
			rc = mp_nomem(err);
		mp_buf_init(&next, buf->max);
		if (!rc)
			put = mp_raw_put(&next, (struct mp_span){ text, strlen(text) }, ours[i], said);
		free(said);
		free(text);
		text = NULL;
		if (!rc)
			rc = mp_buf_take(&next, "the request", &text, err);
		mp_buf_free(&next);
	}
	if (!rc && !put) {      /* a name with escapes: what cannot be told apart is made anew */
		free(text);
		text = mp_json_dump(meta);
		rc = text == NULL ? mp_nomem(err) : MCPASS_OK;
	}
	if (!rc)
		mp_buf_adds(buf, text);
	free(text);
	return rc;
}

static enum mcpass_rc meta_text(const struct mp_call *call, const json_t *meta, size_t max,
    char **ret_text, struct mcpass_error *err)
{
	struct mp_span written = { "{}", 2 };
	struct mp_buf buf;
	enum mcpass_rc rc;

	if (call->raw != NULL)
		written = mp_raw_member((struct mp_span){ call->raw, strlen(call->raw) }, "_meta");
	if (written.data == NULL)
		written = (struct mp_span){ "{}", 2 };
	mp_buf_init(&buf, max);
	rc = add_meta(&buf, written, meta, err);
	if (!rc)
		rc = mp_buf_take(&buf, "the request", ret_text, err);
	mp_buf_free(&buf);
	return rc;
}

/* Numbers and the order of members stay as the program wrote them.  What cannot be told
 * apart so is written by jansson. */
static enum mcpass_rc add_params(struct mp_buf *buf, const struct mp_call *call,
    const json_t *params, struct mcpass_error *err)
{
	const json_t *meta = json_object_get(params, "_meta");
	enum mcpass_rc rc = MCPASS_OK;
	char *text = NULL;
	struct mp_buf raw;
	bool put = false;

	if (meta != NULL)
		rc = meta_text(call, meta, buf->max, &text, err);
	if (rc)
		return rc;
	mp_buf_init(&raw, buf->max);
	if (call->raw != NULL)
		put = mp_raw_put(&raw, (struct mp_span){ call->raw, strlen(call->raw) }, "_meta", text);
	free(text);
	text = NULL;
	if (put)
		rc = mp_buf_take(&raw, "the request", &text, err);
	else if ((text = mp_json_dump(params)) == NULL)
		rc = mp_nomem(err);
	if (!rc)
		mp_buf_adds(buf, text);
	free(text);
	mp_buf_free(&raw);
	return rc;
}

static enum mcpass_rc write_call(struct mcpass_session *s, struct mp_exchange *e,
    const json_t *params, struct mcpass_error *err)
{
	json_t *name = json_string(e->call->method);
	char *method = name != NULL ? mp_json_dump(name) : NULL, *body = NULL;
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_buf buf;

	json_decref(name);
	if (method == NULL)
		return mp_nomem(err);
	mp_buf_init(&buf, 2 * (size_t)MP_MAX_MESSAGE);
	/* spec: MCP basic, "Requests": never an id that was used before */
	mp_buf_addf(&buf, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":%s",
	    (long long)s->last_id + 1, method);
	free(method);
	if (params != NULL) {
		mp_buf_adds(&buf, ",\"params\":");
		rc = add_params(&buf, e->call, params, err);
	}
	mp_buf_addc(&buf, '}');
	if (!rc)
		rc = mp_buf_take(&buf, "the request", &body, err);
	mp_buf_free(&buf);
	if (rc)
		return rc;
	free(e->body);
	e->body = body;
	e->call->rpc_id = ++s->last_id;
	return MCPASS_OK;
}

/* spec: MCP 2026-07-28 streamable HTTP, "Request Metadata" */
static enum mcpass_rc compose_stateless(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	json_t *params = copy_params(e->call->params);
	enum mcpass_rc rc;

	if (params == NULL)
		return mp_nomem(err);
	rc = mp_meta_put(params, s->revision, s->capabilities, s->client_name, s->client_version, err);
	if (!rc)
		rc = mp_headers_mirror(s->revision, e->call->method, params, &e->headers, err);
	if (!rc && strcmp(e->call->method, "tools/call") == 0)
		rc = mp_tools_mirror(s, params, &e->headers, err);
	if (!rc)
		rc = write_call(s, e, params, err);
	json_decref(params);
	return rc;
}

/* spec: MCP 2025-11-25 transports, "Session Management", "Protocol Version Header" */
static enum mcpass_rc add_session_headers(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (e->call != NULL && e->call->kind == MP_CALL_INITIALIZE)
		return MCPASS_OK;
	e->sent_session_id = s->session_id != NULL;
	if (s->session_id != NULL)
		rc = mp_headers_add(&e->headers, "Mcp-Session-Id", s->session_id, err);
	if (!rc && mp_revision_wants_header(s->revision))
		rc = mp_headers_add(&e->headers, "MCP-Protocol-Version", s->revision, err);
	return rc;
}

static enum mcpass_rc compose_session(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = add_session_headers(s, e, err);
	if (!rc && e->last_id != NULL)  /* only a GET has one; spec: "Resumability" */
		rc = mp_headers_add(&e->headers, "Last-Event-ID", e->last_id, err);
	if (!rc && e->call != NULL && !e->resuming)
		rc = write_call(s, e, e->call->params, err);
	return rc;
}

static const char *method_of(const struct mp_exchange *e)
{
	if (e->kind == MP_EXCHANGE_LEAVE)
		return "DELETE";
	return e->kind == MP_EXCHANGE_LISTEN || e->resuming ? "GET" : "POST";
}

static bool is_post(const struct mp_exchange *e)
{
	return strcmp(method_of(e), "POST") == 0;
}

static enum mcpass_rc add_common_headers(struct mp_exchange *e, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (e->kind == MP_EXCHANGE_LEAVE)
		return MCPASS_OK;
	if (!is_post(e))
		return mp_headers_add(&e->headers, "Accept", "text/event-stream", err);
	/* spec: MCP streamable HTTP, "Sending Messages" 2 */
	rc = mp_headers_add(&e->headers, "Accept", "application/json, text/event-stream", err);
	return rc ? rc : mp_headers_add(&e->headers, "Content-Type", "application/json", err);
}

enum mcpass_rc mp_compose(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_headers_free(&e->headers);
	e->era = s->era;
	e->generation = s->generation;
	rc = mp_set(&e->url, s->url, err);
	if (!rc)
		rc = add_common_headers(e, err);
	if (!rc)
		rc = s->era == MP_ERA_STATELESS ? compose_stateless(s, e, err)
		    : compose_session(s, e, err);
	if (rc)
		return mp_doing(err, rc, "writing a request to the MCP server");
	mp_exchange_unqueue(s, e);
	e->state = MP_EXCHANGE_SENT;
	e->ever_sent = true;
	*ret_action = (struct mcpass_session_action){
		.type = MCPASS_SESSION_SEND,
		.exchange = e->entry.number,
		.call = e->call != NULL ? e->call->entry.number : 0,
		.method = method_of(e),
		.url = e->url,
		.headers = e->headers.items,
		.header_count = e->headers.count,
		.may_last = e->kind == MP_EXCHANGE_LISTEN || e->resuming
		    || (e->call != NULL && mp_call_may_last(e->call)),
		.body = is_post(e) ? e->body : NULL,
		.body_len = is_post(e) ? strlen(e->body) : 0
	};
	mp_trace_sent(s, e, ret_action->method);
	return MCPASS_OK;
}
