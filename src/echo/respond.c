#include "echo/respond.h"
#include "base/limits.h"
#include "mcp/jsonrpc.h"

enum mcpass_rc mp_respond_json(struct mp_http_response *response, int status,
    const char *json, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	mp_buf_init(&response->body, MP_MAX_MESSAGE);
	if (json != NULL) {
		rc = mp_headers_add(&response->headers, "Content-Type", "application/json", err);
		mp_buf_adds(&response->body, json);
	}
	if (!rc)
		rc = mp_buf_check(&response->body, "the answer", err);
	if (rc)
		mp_http_response_free(response);
	else
		response->status = status;
	return rc;
}

enum mcpass_rc mp_respond_error(struct mp_http_response *response, int status, int code,
    const char *message, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &buf };
	enum mcpass_rc rc;

	mp_rpc_write_error(&w, NULL, code, message, NULL);
	rc = mp_buf_check(&buf, "the answer", err);
	if (!rc)
		rc = mp_respond_json(response, status, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}
