/* The tool call_on: what other servers say goes into its answer. */
#include <string.h>
#include "base/limits.h"
#include "serve/resource/protected_parts.h"

/* The token that the guard accepted: so the header is there once, and well-formed. */
static struct mp_span presented(const struct mp_http_request *request)
{
	const char *value = mp_header_get(request->headers, request->header_count,
	    "Authorization");

	value += strcspn(value, " ");
	value += strspn(value, " ");
	return (struct mp_span){ value, strcspn(value, " ") };
}

/* Whatever goes wrong out there is an answer, too: the tool's error. */
static enum mcpass_rc answer_called(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_caller *caller, enum mcpass_rc rc,
    const struct mcpass_error *why, struct mp_buf *text, struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mp_called_on found = { 0 };

	if (rc && rc != MCPASS_E_NOMEM) {
		const struct mp_gate gate = mp_protected_gate(server);

		mp_gate_note(&gate, "Could not call on as the caller", 200, why->detail);
		mp_buf_clear(text);
		mp_buf_addf(text, "%s%s%s", why->doing != NULL ? why->doing : "",
		    why->doing != NULL ? ": " : "", why->detail);
		found.failed = true;
		rc = MCPASS_OK;
	}
	if (!rc)
		rc = mp_buf_check(text, "what came of it", err);
	found.text = mp_buf_text(text);
	caller->called_on = &found;
	if (!rc)
		rc = mp_echo_answer(&server->echo, request, caller, response, err);
	caller->called_on = NULL;
	return rc == MCPASS_E_NOMEM ? mp_nomem(err) : rc;
}

enum mcpass_rc mp_protected_call_on(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_caller *caller,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_secret token = { 0 };
	bool later = false;
	struct mp_buf text = MP_BUF(MP_MAX_ECHO_BODY);
	enum mcpass_rc rc = mp_secret_set_span(&token, presented(request), &why);

	if (!rc)
		rc = server->call_on(server->call_on_ctx, request->id, &token, request->now, &text,
		    &later, &why);
	mp_secret_free(&token);
	if (!rc && later) {
		response->status = MP_HTTP_LATER;
	} else {
		rc = answer_called(server, request, caller, rc, &why, &text, response, err);
	}
	mp_buf_free(&text);
	return rc;
}

enum mcpass_rc mp_protected_call_on_again(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	struct mp_caller caller = { 0 };
	struct mcpass_error why = { 0 };
	bool known = false, later = false;
	struct mp_buf text = MP_BUF(MP_MAX_ECHO_BODY);
	enum mcpass_rc rc;

	if (!request->is_again || server->call_on_again == NULL)
		return MCPASS_OK;
	rc = server->call_on_again(server->call_on_ctx, request->id, &known, &text, &later, &why);
	if (known && later)
		response->status = MP_HTTP_LATER;
	else if (known)
		rc = answer_called(server, request, &caller, rc, &why, &text, response, err);
	mp_buf_free(&text);
	return rc;
}
