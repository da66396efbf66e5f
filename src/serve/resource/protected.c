#include "serve/resource/protected.h"
#include <string.h>
#include "base/limits.h"
#include "serve/resource/protected_parts.h"
#include "wire/cors.h"

enum mcpass_rc mp_protected_fetched(const struct mp_protected *server, const char *key,
    int status, const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	const struct mp_gate gate = mp_protected_gate(server);

	return mp_gate_fetched(&gate, key, status, body, len, now, err);
}

enum mcpass_rc mp_protected_take(const struct mp_protected *server,
    const struct mp_fetched *fetched, int64_t now, struct mcpass_error *err)
{
	const struct mp_gate gate = mp_protected_gate(server);

	return mp_gate_take(&gate, fetched, now, err);
}

/* spec: CSP 3; nothing is loaded, and no script runs */
static enum mcpass_rc answer_page(const struct mp_protected *server,
    struct mp_http_response *response, struct mcpass_error *err)
{
	static const struct mcpass_header headers[] = {
		{ "Content-Type", "text/html; charset=utf-8" },
		{ "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" },
	};
	enum mcpass_rc rc;

	mp_buf_init(&response->body, MP_MAX_DOCUMENT);
	mp_buf_adds(&response->body, server->page);
	response->status = 200;
	rc = mp_buf_check(&response->body, "the page", err);

	for (size_t i = 0; !rc && i < MP_COUNT(headers); i++)
		rc = mp_headers_add(&response->headers, headers[i].name, headers[i].value, err);
	return rc;
}

static enum mcpass_rc answer_caller(const struct mp_protected *server,
    const struct mp_http_request *request, const struct mcpass_verdict *verdict,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_caller caller = { .subject = verdict->subject, .username = verdict->username,
		.client_id = verdict->client_id, .scope = verdict->scope,
		.issuer = verdict->issuer };
	enum mcpass_rc rc = mp_echo_answer(&server->echo, request, &caller, response, err);

	if (!rc && response->status == 0)
		rc = mp_protected_call_on(server, request, &caller, response, err);
	return rc;
}

static enum mcpass_rc answer_allowed(const struct mp_protected *server,
    const struct mp_http_request *request, const struct mcpass_verdict *verdict,
    const struct mcpass_error *problem, struct mp_http_response *response,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_echo_screen_message(request, response, err);

	if (rc || response->status != 0)
		return rc;
	return problem->rc != MCPASS_OK ? mp_gate_refuse_body(request, problem->detail,
	    MP_MAX_ECHO_BODY, response, err)
	    : answer_caller(server, request, verdict, response, err);
}

static enum mcpass_rc answer_guarded(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	const struct mp_gate gate = mp_protected_gate(server);
	struct mcpass_verdict verdict = { 0 };
	struct mp_operations operations = { 0 };
	struct mcpass_error problem = { 0 };
	enum mcpass_rc rc = mp_protected_call_on_again(server, request, response, err);

	if (rc || response->status == MP_HTTP_LATER)
		return rc;
	if (response->status != 0)
		return mp_headers_add(&response->headers, "Cache-Control", "no-store", err);
	if (request->body_len > MP_MAX_ECHO_BODY)       /* not worth reading for a stranger */
		rc = mp_fail(&problem, MCPASS_E_LIMIT, NULL, "the message is too long");
	else
		rc = mp_operations_read(request->body, request->body_len, &operations, &problem);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	rc = mp_gate_judge(&gate, request, &operations, &verdict, response, err);
	mp_operations_free(&operations);
	if (rc || verdict.type == MCPASS_FETCH)
		return rc;
	if (verdict.type == MCPASS_ALLOW)
		rc = answer_allowed(server, request, &verdict, &problem, response, err);
	return rc ? rc : mp_gate_mark(&verdict, &response->headers, err);
}

static enum mcpass_rc answer_open(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_echo_screen_message(request, response, err);

	return rc || response->status != 0 ? rc
	    : mp_echo_answer(&server->echo, request, NULL, response, err);
}

static enum mcpass_rc answer_endpoint(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	const struct mp_cors cors = { server->echo.origins, server->echo.origin_count };
	bool done;
	enum mcpass_rc rc = mp_cors_preflight(&cors, request, "POST", response, &done, err);

	if (rc || done)
		return rc;
	rc = mp_echo_screen(&server->echo, request, response, err);
	if (!rc && response->status == 0)
		rc = server->guard != NULL ? answer_guarded(server, request, response, err)
		    : answer_open(server, request, response, err);
	return rc ? rc : mp_cors_allow(&cors, request, &response->headers, err);
}

/* What is neither the endpoint nor a document of the guard's. */
static enum mcpass_rc answer_other(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	const struct mp_gate gate = mp_protected_gate(server);
	bool is_health = strcmp(request->path, "/health") == 0;

	if (!is_health && (server->page == NULL || strcmp(request->path, server->page_path) != 0))
		return mp_gate_error(response, 404, "not_found", "There is nothing here.", err);
	if (!mp_gate_is_read(request))
		return mp_gate_refuse_method(response, "GET, HEAD", err);
	return is_health ? mp_gate_health(&gate, request, response, err)
	    : answer_page(server, response, err);
}

enum mcpass_rc mp_protected_handle(struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	const struct mp_gate gate = mp_protected_gate(server);
	bool refused;
	enum mcpass_rc rc;

	rc = mp_http_host_screen(&server->hosts, server->url, request, response, &refused, err);
	if (rc || refused)
		return rc;
	if (strcmp(request->path, server->endpoint) == 0) {
		rc = answer_endpoint(server, request, response, err);
	} else {
		rc = mp_gate_document(&gate, request, response, err);
		if (!rc && response->status == 0)
			rc = answer_other(server, request, response, err);
	}
	if (rc)
		mp_http_response_free(response);
	return rc;
}
