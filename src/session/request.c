/* The public calls that give the session something to say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

#define LONGEST_METHOD 256

/* A method goes into a header as it is. */
static bool is_method(const char *method)
{
	size_t len = 0;

	if (method == NULL)
		return false;
	while (method[len] > 0x20 && method[len] < 0x7f && len <= LONGEST_METHOD)
		len++;
	return len > 0 && method[len] == '\0' && len <= LONGEST_METHOD;
}

static bool is_notification(const char *method)
{
	return strncmp(method, "notifications/", strlen("notifications/")) == 0;
}

/* What the session says about itself on every request. */
static void strip_meta(json_t *params)
{
	static const char *const ours[] = { MP_META_VERSION, MP_META_CAPABILITIES, MP_META_CLIENT };
	json_t *meta = json_object_get(params, "_meta");

	for (size_t i = 0; i < MP_COUNT(ours); i++)
		(void)json_object_del(meta, ours[i]);
}

static enum mcpass_rc read_params(const char *text, json_t **ret_params,
    struct mcpass_error *err)
{
	json_t *params = NULL, *meta;
	enum mcpass_rc rc;

	if (text == NULL || text[0] == '\0')
		return MCPASS_OK;
	rc = mp_session_object(text, "the parameters", &params, err);
	if (rc)
		return rc;
	meta = json_object_get(params, "_meta");
	if (meta != NULL && !json_is_object(meta)) {
		json_decref(params);
		return mp_fail(err, MCPASS_E_USAGE, "MCP basic, _meta", "params._meta is not an object");
	}
	strip_meta(params);
	*ret_params = params;
	return MCPASS_OK;
}

enum mcpass_rc mcpass_session_request(struct mcpass_session *s, const char *method,
    const char *params, unsigned *ret_call, struct mcpass_error *err)
{
	json_t *json = NULL;
	struct mp_call *call;
	enum mcpass_rc rc;
	char *raw = NULL;

	rc = mp_session_enter(s, err);
	if (rc)
		return rc;
	if (!is_method(method) || is_notification(method) || strcmp(method, "initialize") == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\" is no method to request: it is empty, "
		    "holds a space, names a notification, or is sent by the session itself",
		    method != NULL ? method : "");
	rc = read_params(params, &json, err);
	if (!rc && s->era == MP_ERA_STATELESS && strcmp(method, "tools/call") == 0)
		rc = mp_tools_check(s, json, err);
	if (!rc && json != NULL)
		rc = mp_raw_compact((struct mp_span){ params, strlen(params) }, &raw, err);
	if (!rc)
		rc = mp_call_new(s, MP_CALL_PROGRAM, method, json, &call, err);
	json_decref(json);
	if (rc) {
		free(raw);
		return rc;
	}
	call->raw = raw;
	*ret_call = call->entry.number;
	return MCPASS_OK;
}

static enum mcpass_rc post(struct mcpass_session *s, const char *method, const char *params,
    struct mcpass_error *err)
{
	struct mp_buf buf;
	enum mcpass_rc rc;

	mp_buf_init(&buf, 2 * (size_t)MP_MAX_MESSAGE);
	mp_buf_addf(&buf, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\"", method);
	if (params != NULL)
		mp_buf_adds(&buf, ",\"params\":");
	if (params != NULL)
		mp_buf_adds(&buf, params);
	mp_buf_addc(&buf, '}');
	rc = mp_buf_check(&buf, "a notification", err);
	if (!rc)
		rc = mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}

/* spec: MCP 2025-11-25 cancellation: a closed connection does not cancel there */
static enum mcpass_rc post_cancelled(struct mcpass_session *s, const struct mp_call *call,
    struct mcpass_error *err)
{
	char params[128];

	(void)snprintf(params, sizeof(params), "{\"requestId\":%lld,"
	    "\"reason\":\"given up by the client\"}", (long long)call->rpc_id);
	return post(s, "notifications/cancelled", params, err);
}

enum mcpass_rc mcpass_session_cancel(struct mcpass_session *s, unsigned number,
    struct mcpass_error *err)
{
	struct mp_call *call;
	struct mp_exchange *e;
	enum mcpass_rc rc;

	rc = mp_session_enter(s, err);
	if (rc)
		return rc;
	if (number == 0 || number > s->call_number)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no request %u", number);
	mp_actions_forget(s, number);
	call = mp_call_by_number(s, number);
	if (call == NULL)               /* its answer came first */
		return MCPASS_OK;
	e = call->exchange;
	if (e != NULL && e->ever_sent && e->era == MP_ERA_SESSION)
		rc = post_cancelled(s, call, err);
	if (!rc && e != NULL)
		rc = mp_exchange_drop(s, e, err);
	if (!rc)
		mp_call_remove(s, call);
	return mp_session_leave(s, rc);
}

static enum mcpass_rc check_answer(const json_t *json, struct mcpass_error *err)
{
	struct mp_rpc rpc;

	if (mp_rpc_read((json_t *)json, &rpc, NULL) != MCPASS_OK || rpc.id == NULL
	    || (rpc.kind != MP_RPC_RESULT && rpc.kind != MP_RPC_ERROR))
		return mp_fail(err, MCPASS_E_USAGE, "JSON-RPC 2.0 5", "not a JSON-RPC response with an id");
	return MCPASS_OK;
}

enum mcpass_rc mcpass_session_answer(struct mcpass_session *s, const char *answer,
    struct mcpass_error *err)
{
	json_t *json = NULL;
	char *text = NULL;
	enum mcpass_rc rc;

	rc = mp_session_enter(s, err);
	if (rc)
		return rc;
	/* spec: MCP 2026-07-28 streamable HTTP, "Sending Messages" 4 */
	if (s->era != MP_ERA_SESSION)
		return mp_fail(err, MCPASS_E_USAGE, MP_SPEC_HTTP ", Sending Messages 4",
		    "this server asks nothing that could be answered");
	rc = mp_session_parse(answer, "the answer", &json, err);
	if (!rc)
		rc = check_answer(json, err);
	if (!rc)
		rc = mp_raw_compact((struct mp_span){ answer, strlen(answer) }, &text, err);
	if (!rc)
		rc = mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, text, err);
	free(text);
	json_decref(json);
	return rc;
}

/* What a program says about itself in _meta is the session's to say. */
static enum mcpass_rc note_params(const char *params, const json_t *json, char **ret_text,
    struct mcpass_error *err)
{
	if (json_object_get(json, "_meta") == NULL)
		return mp_raw_compact((struct mp_span){ params, strlen(params) }, ret_text, err);
	*ret_text = mp_json_dump(json);
	return *ret_text != NULL ? MCPASS_OK : mp_nomem(err);
}

enum mcpass_rc mcpass_session_notify(struct mcpass_session *s, const char *method,
    const char *params, struct mcpass_error *err)
{
	json_t *json = NULL;
	char *text = NULL;
	enum mcpass_rc rc;

	rc = mp_session_enter(s, err);
	if (rc)
		return rc;
	if (!is_method(method) || !is_notification(method)
	    || strpbrk(method, "\"\\") != NULL || strcmp(method, "notifications/initialized") == 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\" is no notification to send",
		    method != NULL ? method : "");
	rc = read_params(params, &json, err);
	if (!rc && json != NULL)
		rc = note_params(params, json, &text, err);
	if (!rc)
		rc = post(s, method, text, err);
	free(text);
	json_decref(json);
	return rc;
}
