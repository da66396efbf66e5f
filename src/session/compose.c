/* The HTTP request of an exchange.  It is made when it is sent, not when it was asked
 * for: the form, the session and the tools' headers may have become known meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "mcp/methods.h"
#include "session/session.h"
#include "wire/json/peek.h"

/* --- what a request says about its sender --- */

enum { VERSION, CAPABILITIES, CLIENT, OURS };
static const char *const ours[OURS] = { MP_META_VERSION, MP_META_CAPABILITIES, MP_META_CLIENT };

static struct mp_span text_span(const char *text)
{
	return (struct mp_span){ text, strlen(text) };
}

/* Of what another program said itself, only a revision that is not the one in use is changed;
 * *ret_complete: nothing has to be.  A program of ours has nothing to say there. */
static enum mcpass_rc choose_meta(const struct mcpass_session *s, const struct mp_call *call,
    struct mp_span version, struct mp_member *members, bool *ret_complete,
    struct mcpass_error *err)
{
	const struct mp_span said[OURS] = { version, text_span(s->capabilities),
		s->client != NULL ? text_span(s->client) : (struct mp_span){ NULL, 0 } };
	struct mp_span written[OURS] = { { NULL, 0 } };
	enum mcpass_rc rc = MCPASS_OK;

	if (call->whole && call->meta.data != NULL)
		rc = mp_json_peek(call->meta, "_meta", ours, OURS, written, err);
	*ret_complete = true;
	for (size_t i = 0; i < OURS; i++) {
		bool stays = written[i].data != NULL
		    && (i != VERSION || mp_span_is(written[i], version.data));

		members[i] = (struct mp_member){ ours[i], stays ? written[i] : said[i] };
		*ret_complete &= stays || said[i].data == NULL;
	}
	return rc;
}

static struct mp_span last_byte(struct mp_span object)
{
	while (object.len > 0 && object.data[object.len - 1] != '}')
		object.len--;
	return (struct mp_span){ object.data + object.len - 1, 0 };
}

/* Where _meta goes, and what stands around it there.  null is absent, and stands in the way. */
static void place_meta(const struct mp_call *call, struct mp_buf *buf, const char *meta,
    struct mp_edit *edit)
{
	struct mp_span params = call->message.params, null;

	if (call->meta.data != NULL) {
		edit->from = call->meta;
		mp_buf_adds(buf, meta);
	} else if (params.data != NULL) {
		null = mp_raw_value(params, "_meta");
		edit->from = null.data != NULL ? null : last_byte(params);
		mp_buf_addf(buf, "%s%s", null.data != NULL ? "" : mp_raw_is_empty(params)
		    ? "\"_meta\":" : ",\"_meta\":", meta);
	} else {
		null = mp_raw_value(call->message.text, "params");
		edit->from = null.data != NULL ? null : last_byte(call->message.text);
		mp_buf_addf(buf, "%s{\"_meta\":%s}", null.data != NULL ? "" : ",\"params\":", meta);
	}
}

/* buf is where the edit's text is; an edit without a place: nothing is changed. */
static enum mcpass_rc edit_meta(const struct mcpass_session *s, const struct mp_call *call,
    struct mp_buf *buf, struct mp_edit *ret_edit, struct mcpass_error *err)
{
	struct mp_span written = call->meta.data != NULL ? call->meta : text_span("{}");
	struct mp_member members[OURS] = { { ours[VERSION], { NULL, 0 } },
		{ ours[CAPABILITIES], { NULL, 0 } }, { ours[CLIENT], { NULL, 0 } } };
	bool complete = call->meta.data == NULL || call->whole;
	struct mp_buf meta = MP_BUF(MP_MAX_MESSAGE);
	char version[32];
	enum mcpass_rc rc = MCPASS_OK;

	(void)snprintf(version, sizeof(version), "\"%s\"", s->revision);
	if (s->era == MP_ERA_STATELESS)
		rc = choose_meta(s, call, text_span(version), members, &complete, err);
	if (rc || complete)
		return rc;
	mp_raw_put(&meta, written, members, OURS);
	rc = mp_buf_check(&meta, "_meta", err);
	if (!rc)
		place_meta(call, buf, mp_buf_text(&meta), ret_edit);
	mp_buf_free(&meta);
	if (!rc)
		rc = mp_buf_check(buf, "_meta", err);
	ret_edit->to = (struct mp_span){ mp_buf_text(buf), buf->len };
	return rc;
}

/* --- the request --- */

/* As it was asked for, but for the id, and what it says about its sender. */
static enum mcpass_rc write_call(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_call *call = e->call;
	struct mp_edit edits[2] = { { { NULL, 0 }, { NULL, 0 } } };
	struct mp_buf meta = MP_BUF(2 * MP_MAX_MESSAGE), buf = MP_BUF(4 * MP_MAX_MESSAGE);
	size_t count = 0;
	enum mcpass_rc rc = mp_call_number(s, call, err);

	if (!rc)
		rc = edit_meta(s, call, &meta, &edits[0], err);
	count += edits[0].from.data != NULL;
	if (!rc && call->sent_id != NULL)
		edits[count++] = (struct mp_edit){ call->message.id, text_span(call->sent_id) };
	if (!rc)
		mp_raw_edit(&buf, call->message.text, edits, count);
	free(e->body);
	e->body = NULL;
	if (!rc)
		rc = mp_buf_take(&buf, "the request", &e->body, err);
	mp_buf_free(&meta);
	mp_buf_free(&buf);
	return rc;
}

/* spec: MCP 2026-07-28 streamable HTTP, "Request Metadata" */
static enum mcpass_rc compose_stateless(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	/* Another program may call its method what it likes, but not here. */
	if (!mp_methods_fits(e->call->method))
		return mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Standard Request Headers",
		    "a method of this name cannot stand in the header Mcp-Method");
	rc = mp_headers_mirror(s->revision, e->call->method, e->call->target, &e->headers, err);
	if (!rc && strcmp(e->call->method, "tools/call") == 0)
		rc = mp_tools_mirror(s, e->call, &e->headers, err);
	return rc ? rc : write_call(s, e, err);
}

/* spec: MCP 2025-11-25 transports, "Session Management", "Protocol Version Header" */
static enum mcpass_rc add_session_headers(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (e->call != NULL && e->call->kind == MP_CALL_INITIALIZE)
		return MCPASS_OK;
	if (s->channel != MP_CHANNEL_NONE)
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
	enum mcpass_rc rc = add_session_headers(s, e, err);

	if (!rc && e->last_id != NULL)  /* only a GET has one; spec: "Resumability" */
		rc = mp_headers_add(&e->headers, "Last-Event-ID", e->last_id, err);
	if (!rc && e->call != NULL && !e->resuming)
		rc = write_call(s, e, err);
	return rc;
}

static const char *method_of(const struct mp_exchange *e)
{
	if (e->kind == MP_EXCHANGE_LEAVE)
		return "DELETE";
	return e->kind == MP_EXCHANGE_LISTEN || e->kind == MP_EXCHANGE_CHANNEL || e->resuming ? "GET"
	    : "POST";
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

enum mcpass_rc mp_compose_request(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_session_action *ret_action, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_headers_free(&e->headers);
	e->era = s->era;
	e->generation = s->generation;
	e->by_channel = s->channel == MP_CHANNEL_OPEN && is_post(e);
	rc = mp_set(&e->url, e->by_channel ? s->post_url : s->url, err);
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
		.may_last = e->kind == MP_EXCHANGE_LISTEN || e->kind == MP_EXCHANGE_CHANNEL || e->resuming
		    || (e->call != NULL && mp_call_may_last(e->call)),
		.body = is_post(e) ? e->body : NULL,
		.body_len = is_post(e) ? strlen(e->body) : 0
	};
	mp_trace_sent(s, e, ret_action->method);
	return MCPASS_OK;
}
