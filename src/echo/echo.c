#include "echo/echo.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "echo/call.h"
#include "echo/respond.h"

/* The id of a message that is none otherwise, so that its sender recognises the answer. */
static const json_t *id_of(const json_t *json)
{
	const json_t *id = json_object_get(json, "id");

	return json_is_string(id) || json_is_integer(id) ? id : NULL;
}

/* Runs the message: nothing is written when no answer is due. */
static enum mcpass_rc run(struct mp_echo_call *call, json_t *json, struct mp_buf *result,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_rpc_read(json, &call->rpc, &why);

	if (rc == MCPASS_E_PROTOCOL)
		return mp_call_refuse(call, 400, MP_RPC_INVALID_REQUEST, err, "%s", why.detail);
	if (rc)
		return mp_fail(err, rc, why.spec, "%s", why.detail);
	rc = mp_era_decide(call, err);
	if (rc || call->rpc.kind != MP_RPC_REQUEST)
		return rc;
	return mp_methods_run(call, result, err);
}

/* Answers one message: nothing is written when no answer is due. */
static enum mcpass_rc answer_one(struct mp_echo_call *call, json_t *json, struct mp_writer *answer,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_buf result = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc;

	call->status = 200;
	rc = run(call, json, &result, &why);
	if (rc == MCPASS_E_PROTOCOL)
		mp_rpc_write_error(answer, id_of(json), call->code, why.detail, call->data);
	else if (!rc && result.len > 0)
		mp_rpc_write_result(answer, call->rpc.id,
		    (struct mp_span){ mp_buf_text(&result), result.len });
	mp_buf_free(&result);
	free(call->data);
	call->data = NULL;
	if (rc && rc != MCPASS_E_PROTOCOL)
		return mp_fail(err, rc, why.spec, "%s", why.detail);
	return mp_buf_check(answer->buf, "the answer", err);
}

static enum mcpass_rc answer_single(struct mp_echo_call *call, json_t *json,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_buf answer = MP_BUF(2 * MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &answer };
	enum mcpass_rc rc = answer_one(call, json, &w, err);

	if (!rc)        /* spec: MCP 2026-07-28 streamable HTTP: 202 for a notification */
		rc = mp_respond_json(response, answer.len > 0 ? call->status : 202,
		    answer.len > 0 ? answer.data : NULL, err);
	mp_buf_free(&answer);
	if (!rc && mp_secret_present(&call->session))
		rc = mp_headers_add(&response->headers, "Mcp-Session-Id",
		    mp_secret_reveal(&call->session), err);
	if (rc)
		mp_http_response_free(response);
	return rc;
}

/* spec: JSON-RPC 2.0 6; MCP 2025-03-26 basic, "Batching", the only revision that has it */
static enum mcpass_rc answer_batch(struct mp_echo_call *call, const json_t *batch,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_buf answers = MP_BUF(2 * MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &answers };
	enum mcpass_rc rc = MCPASS_OK;

	call->batched = true;
	mp_writer_array(&w, NULL);
	for (size_t i = 0; !rc && i < json_array_size(batch); i++)
		rc = answer_one(call, json_array_get(batch, i), &w, err);
	mp_writer_end(&w, ']');
	if (!rc)
		rc = mp_buf_check(&answers, "the answers", err);
	if (!rc && answers.len > strlen("[]"))
		rc = mp_respond_json(response, 200, answers.data, err);
	else if (!rc)
		rc = mp_respond_json(response, 202, NULL, err);
	mp_buf_free(&answers);
	return rc;
}

/* Why this batch is not served, or NULL. */
static const char *batch_problem(const struct mp_http_request *http, const json_t *batch)
{
	size_t count = mp_header_count(http->headers, http->header_count, "MCP-Protocol-Version");
	const char *version = mp_header_get(http->headers, http->header_count,
	    "MCP-Protocol-Version");

	if (count > 1 || (count == 1 && !mp_eq(version, MP_REV_2025_03_26)))
		return "Only revision 2025-03-26 has batches";
	if (json_array_size(batch) == 0)
		return "An empty batch";
	if (json_array_size(batch) > MP_MAX_ITEMS)
		return "The batch is too long";
	return NULL;
}

enum mcpass_rc mp_echo_answer(const struct mp_echo_config *config,
    const struct mp_http_request *request, const struct mp_caller *caller,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_echo_call call = { .config = config, .http = request, .caller = caller };
	struct mcpass_error why = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_REQUEST, request->body, request->body_len,
	    MP_MAX_ECHO_BODY, "the message", &json, &why);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return mp_respond_error(response, rc == MCPASS_E_LIMIT ? 413 : 400,
		    MP_RPC_PARSE_ERROR, why.detail, err);
	if (!json_is_array(json))
		rc = answer_single(&call, json, response, err);
	else if (batch_problem(request, json) != NULL)
		rc = mp_respond_error(response, 400, MP_RPC_INVALID_REQUEST,
		    batch_problem(request, json), err);
	else
		rc = answer_batch(&call, json, response, err);
	json_decref(json);
	mp_secret_free(&call.session);
	if (!rc && call.waits)
		mp_http_response_free(response);        /* no answer yet */
	return rc;
}
