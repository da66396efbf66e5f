/* The public calls that give the session something to say. */
#include <string.h>
#include "base/limits.h"
#include "mcp/methods.h"
#include "session/session.h"

static bool is_notification(const char *method)
{
	return strncmp(method, "notifications/", strlen("notifications/")) == 0;
}

/* Whether they are JSON with each name once, which a program of ours is told. */
static enum mcpass_rc check_params(const char *text, struct mcpass_error *err)
{
	json_t *params = NULL, *meta;
	enum mcpass_rc rc;

	if (text == NULL || text[0] == '\0')
		return MCPASS_OK;
	rc = mp_given_object(text, "the parameters", &params, err);
	if (rc)
		return rc;
	meta = json_object_get(params, "_meta");
	if (meta != NULL && !json_is_object(meta))
		rc = mp_fail(err, MCPASS_E_USAGE, "MCP basic, _meta", "params._meta is not an object");
	json_decref(params);
	return rc;
}

static struct mp_span params_span(const char *text)
{
	return text == NULL || text[0] == '\0' ? (struct mp_span){ NULL, 0 }
	    : (struct mp_span){ text, strlen(text) };
}

enum mcpass_rc mcpass_session_request(struct mcpass_session *s, const char *method,
    const char *params, unsigned *ret_call, struct mcpass_error *err)
{
	struct mp_call *call = NULL;
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (rc)
		return rc;
	if (!mp_methods_fits(method) || is_notification(method) || strcmp(method, "initialize") == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\" is no method to request: it is empty, "
		    "holds a space, names a notification, or is sent by the session itself",
		    method != NULL ? method : "");
	rc = check_params(params, err);
	if (!rc)
		rc = mp_call_ask(s, MP_CALL_PROGRAM, method, params_span(params), &call, err);
	if (rc)
		return rc;
	*ret_call = call->entry.number;
	return MCPASS_OK;
}

enum mcpass_rc mp_request_give_up(struct mcpass_session *s, struct mp_call *call,
    const char *said, struct mcpass_error *err)
{
	struct mp_exchange *e = call->exchange;
	bool sent = e != NULL ? e->ever_sent && e->era == MP_ERA_SESSION
	    : call->state == MP_CALL_SENT;      /* its answer comes on a channel */
	enum mcpass_rc rc = MCPASS_OK;

	if (sent)
		rc = said != NULL && call->sent_id == NULL
		    ? mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, said, err)
		    : mp_notify_cancelled(s, call, err);
	if (!rc && e != NULL)
		rc = mp_exchange_drop(s, e, err);
	if (!rc)
		mp_call_remove(s, call);
	return rc;
}

enum mcpass_rc mcpass_session_cancel(struct mcpass_session *s, unsigned number,
    struct mcpass_error *err)
{
	struct mp_call *call;
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (rc)
		return rc;
	if (number == 0 || number > s->call_number)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no request %u", number);
	mp_actions_forget(s, number);
	call = mp_call_by_number(s, number);
	if (call == NULL)               /* its answer came first */
		return MCPASS_OK;
	return mp_session_leave(s, mp_request_give_up(s, call, NULL, err));
}

/* What a program says about itself in _meta is the session's to say. */
static enum mcpass_rc note_params(const char *given, struct mp_buf *buf, struct mp_span *ret_params,
    struct mcpass_error *err)
{
	static const struct mp_member none[] = { { MP_META_VERSION, { NULL, 0 } },
		{ MP_META_CAPABILITIES, { NULL, 0 } }, { MP_META_CLIENT, { NULL, 0 } } };
	struct mp_span params = params_span(given);
	struct mp_edit edit = { { NULL, 0 }, { NULL, 0 } };
	struct mp_buf meta = MP_BUF(MP_MAX_MESSAGE);

	*ret_params = params;
	if (params.data != NULL)
		edit.from = mp_raw_value(params, "_meta");
	if (edit.from.data == NULL)
		return MCPASS_OK;
	mp_raw_put(&meta, edit.from, none, MP_COUNT(none));
	edit.to = (struct mp_span){ mp_buf_text(&meta), meta.len };
	mp_raw_edit(buf, params, &edit, 1);
	if (meta.failed && !buf->failed)
		buf->failed = meta.failed;
	mp_buf_free(&meta);
	*ret_params = (struct mp_span){ mp_buf_text(buf), buf->len };
	return mp_buf_check(buf, "a notification", err);
}

enum mcpass_rc mcpass_session_notify(struct mcpass_session *s, const char *method,
    const char *params, struct mcpass_error *err)
{
	struct mp_span span = { NULL, 0 };
	struct mp_buf room = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (rc)
		return rc;
	if (!mp_methods_fits(method) || !is_notification(method)
	    || strpbrk(method, "\"\\") != NULL || strcmp(method, "notifications/initialized") == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\" is no notification to send",
		    method != NULL ? method : "");
	rc = check_params(params, err);
	if (!rc)
		rc = note_params(params, &room, &span, err);
	if (!rc)
		rc = mp_notify_post(s, method, span, err);
	mp_buf_free(&room);
	return rc;
}
