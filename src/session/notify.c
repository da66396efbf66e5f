/* Notifications of ours. */
#include <string.h>
#include "base/limits.h"
#include "session/session.h"
#include "wire/json/writer.h"

enum mcpass_rc mp_notify_post(struct mcpass_session *s, const char *method, struct mp_span params,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(2 * (size_t)MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &buf };
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "jsonrpc", "2.0");
	mp_writer_text(&w, "method", method);
	mp_writer_raw(&w, "params", params);
	mp_writer_end(&w, '}');
	rc = mp_buf_check(&buf, "a notification", err);
	if (!rc)
		rc = mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}

/* spec: MCP 2025-11-25 cancellation: a closed connection does not cancel there */
enum mcpass_rc mp_notify_cancelled(struct mcpass_session *s, const struct mp_call *call,
    struct mcpass_error *err)
{
	struct mp_span sent = { call->sent_id, call->sent_id != NULL ? strlen(call->sent_id) : 0 };
	struct mp_buf params = MP_BUF(MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &params };
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_raw(&w, "requestId", sent.data != NULL ? sent : call->message.id);
	mp_writer_text(&w, "reason", "given up by the client");
	mp_writer_end(&w, '}');
	rc = mp_buf_check(&params, "a notification", err);
	if (!rc)
		rc = mp_notify_post(s, "notifications/cancelled",
		    (struct mp_span){ mp_buf_text(&params), params.len }, err);
	mp_buf_free(&params);
	return rc;
}
