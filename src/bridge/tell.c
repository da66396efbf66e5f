#include <stdlib.h>
#include <string.h>
#include "bridge/parts.h"

static enum mcpass_rc end_line(struct mp_bridge *b, struct mcpass_error *err)
{
	mp_buf_addc(&b->out, '\n');
	return mp_buf_check(&b->out, "what the host is to be told", err);
}

/* JSON has line ends between its values only: a line is a message. */
static enum mcpass_rc add_json(struct mp_bridge *b, struct mp_span json, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	mp_buf_reserve(&b->out, json.len + 2);  /* the end of the line does not make it grow */
	if (memchr(json.data, '\n', json.len) == NULL && memchr(json.data, '\r', json.len) == NULL) {
		mp_buf_add(&b->out, json.data, json.len);
		return MCPASS_OK;
	}
	rc = mp_raw_line(json, &text, err);
	if (!rc)
		mp_buf_adds(&b->out, text);
	free(text);
	return rc;
}

static void begin(struct mp_bridge *b, struct mp_span id)
{
	mp_buf_adds(&b->out, "{\"jsonrpc\":\"2.0\",\"id\":");
	if (id.data != NULL)
		mp_buf_add(&b->out, id.data, id.len);
	else
		mp_buf_adds(&b->out, "null");
}

static enum mcpass_rc answer(struct mp_bridge *b, struct mp_request *r, const char *member,
    const char *json, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	begin(b, (struct mp_span){ r->id, strlen(r->id) });
	mp_buf_addf(&b->out, ",\"%s\":", member);
	rc = add_json(b, (struct mp_span){ json, strlen(json) }, err);
	mp_buf_addc(&b->out, '}');
	if (!rc)
		rc = end_line(b, err);
	mp_request_free(b, r);
	return rc;
}

enum mcpass_rc mp_tell_interim(struct mp_bridge *b, const char *id, const char *result,
    struct mcpass_error *err)
{
	begin(b, (struct mp_span){ id, strlen(id) });
	mp_buf_addf(&b->out, ",\"result\":%s}", result);
	return end_line(b, err);
}

enum mcpass_rc mp_tell_result(struct mp_bridge *b, struct mp_request *r, const char *result,
    struct mcpass_error *err)
{
	return answer(b, r, "result", result, err);
}

enum mcpass_rc mp_tell_error_json(struct mp_bridge *b, struct mp_request *r, const char *error,
    struct mcpass_error *err)
{
	return answer(b, r, "error", error, err);
}

static enum mcpass_rc add_error(struct mp_bridge *b, int code, const char *message,
    struct mcpass_error *err)
{
	mp_buf_addf(&b->out, ",\"error\":{\"code\":%d,\"message\":", code);
	mp_splice_string(&b->out, message);
	mp_buf_adds(&b->out, "}}");
	return end_line(b, err);
}

enum mcpass_rc mp_tell_error(struct mp_bridge *b, struct mp_request *r, int code,
    const char *message, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	begin(b, (struct mp_span){ r->id, strlen(r->id) });
	rc = add_error(b, code, message, err);
	mp_request_free(b, r);
	return rc;
}

enum mcpass_rc mp_tell_refuse(struct mp_bridge *b, struct mp_span id, int code,
    const char *message, struct mcpass_error *err)
{
	begin(b, id);
	return add_error(b, code, message, err);
}

enum mcpass_rc mp_tell_whole(struct mp_bridge *b, struct mp_request *r, const char *response,
    struct mcpass_error *err)
{
	mp_request_free(b, r);
	return mp_tell_pass(b, (struct mp_span){ response, strlen(response) }, err);
}

enum mcpass_rc mp_tell_pass(struct mp_bridge *b, struct mp_span json, struct mcpass_error *err)
{
	enum mcpass_rc rc = add_json(b, json, err);

	return rc ? rc : end_line(b, err);
}

enum mcpass_rc mp_tell_message(struct mp_bridge *b, const char *id, const char *method,
    const char *params, struct mcpass_error *err)
{
	mp_buf_adds(&b->out, "{\"jsonrpc\":\"2.0\"");
	if (id != NULL)
		mp_buf_addf(&b->out, ",\"id\":%s", id);
	mp_buf_adds(&b->out, ",\"method\":");
	mp_splice_string(&b->out, method);
	if (params != NULL) {
		mp_buf_adds(&b->out, ",\"params\":");
		mp_buf_adds(&b->out, params);
	}
	mp_buf_addc(&b->out, '}');
	return end_line(b, err);
}

enum mcpass_rc mp_tell_note(struct mp_bridge *b, const char *method, struct mp_buf *params,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(params, "a notification", err);

	if (!rc)
		rc = mp_tell_message(b, NULL, method, mp_buf_text(params), err);
	mp_buf_free(params);
	return rc;
}

enum mcpass_rc mp_tell_next_id(struct mp_bridge *b, char **ret_id, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(64);

	mp_buf_addf(&buf, "\"mcpass-%u\"", ++b->last_id);
	return mp_buf_take(&buf, "an id", ret_id, err);
}
