#include "echo/respond.h"
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "mcp/jsonrpc.h"

enum mcpass_rc mp_respond_json(struct mp_http_response *response, int status,
    const json_t *json, struct mcpass_error *err)
{
	char *text = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	mp_buf_init(&response->body, MP_MAX_MESSAGE);
	if (json != NULL) {
		text = mp_json_dump(json);
		rc = text != NULL ? mp_headers_add(&response->headers, "Content-Type",
		    "application/json", err) : mp_nomem(err);
	}
	if (!rc && text != NULL) {
		mp_buf_adds(&response->body, text);
		rc = mp_buf_check(&response->body, "the answer", err);
	}
	mp_free_wiped(text);
	if (rc)
		mp_http_response_free(response);
	else
		response->status = status;
	return rc;
}

enum mcpass_rc mp_respond_error(struct mp_http_response *response, int status, int code,
    const char *message, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_rpc_error(NULL, code, message, NULL, &json, err);
	if (!rc)
		rc = mp_respond_json(response, status, json, err);
	json_decref(json);
	return rc;
}
