#include "serve/protected.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "echo/respond.h"
#include "serve/protected_parts.h"
#include "mcp/jsonrpc.h"
#include "wire/cors.h"

/* {"error": ..., "error_description": ...}: for whoever reads bodies; the challenge is in
 * the header.  spec: RFC 6749 5.2 (the form) */
static enum mcpass_rc respond_error(struct mp_http_response *response, int status,
    const char *error, const char *description, struct mcpass_error *err)
{
	json_t *json = json_object();
	enum mcpass_rc rc;

	if (json_object_set_new(json, "error", json_string(error)) == 0
	    && json_object_set_new(json, "error_description", json_string(description)) == 0)
		rc = mp_respond_json(response, status, json, err);
	else
		rc = mp_nomem(err);
	json_decref(json);
	return rc;
}

static enum mcpass_rc respond_text(struct mp_http_response *response, int status,
    const char *type, const char *text, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_buf_init(&response->body, MP_MAX_DOCUMENT);
	mp_buf_adds(&response->body, text);
	rc = mp_buf_check(&response->body, "the answer", err);
	if (!rc && type != NULL)
		rc = mp_headers_add(&response->headers, "Content-Type", type, err);
	response->status = status;
	return rc;
}

static enum mcpass_rc refuse_method(struct mp_http_response *response, const char *allow,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = respond_error(response, 405, "method_not_allowed", "This method is not served here.",
	    err);
	return rc ? rc : mp_headers_add(&response->headers, "Allow", allow, err);
}

static bool is_read(const struct mp_http_request *request)
{
	return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* Readable for clients in browsers.  spec: RFC 9728 3.2; Fetch, CORS protocol */
static enum mcpass_rc answer_metadata(const struct mp_http_request *request, const char *json,
    struct mp_http_response *response, struct mcpass_error *err)
{
	bool asks_leave = strcmp(request->method, "OPTIONS") == 0;
	enum mcpass_rc rc;

	if (!is_read(request) && !asks_leave)
		return refuse_method(response, "GET, HEAD, OPTIONS", err);
	if (asks_leave)
		return mp_cors_preflight_all(response, err);
	rc = mp_cors_allow_all(&response->headers, err);
	return rc ? rc : respond_text(response, 200, "application/json", json, err);
}

/* spec: CSP 3; nothing is loaded, and no script runs */
static enum mcpass_rc answer_page(const struct mp_protected *server,
    struct mp_http_response *response, struct mcpass_error *err)
{
	static const struct mcpass_header headers[] = {
		{ "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" },
		{ "X-Content-Type-Options", "nosniff" },
	};
	enum mcpass_rc rc = respond_text(response, 200, "text/html; charset=utf-8", server->page, err);

	for (size_t i = 0; !rc && i < MP_COUNT(headers); i++)
		rc = mp_headers_add(&response->headers, headers[i].name, headers[i].value, err);
	return rc;
}

void mp_protected_note(const struct mp_protected *server, const char *what, int status,
    const char *reason)
{
	char digits[16];
	const struct mcpass_header facts[] = {
		{ "status", digits }, { "reason", reason != NULL ? reason : "" },
	};
	const struct mcpass_note text = { .what = what, .facts = facts,
		.fact_count = MP_COUNT(facts) };

	(void)snprintf(digits, sizeof(digits), "%d", status);
	if (server->trace != NULL)
		server->trace(server->trace_ctx, &text);
}

/* What goes wrong at the issuer is noted by the guard, which then denies; only an exhausted
 * heap is a failure here. */
enum mcpass_rc mp_protected_fetched(const struct mp_protected *server, const char *key,
    int status, const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mcpass_guard_fetched(server->guard, key, status, body, len, now, &why);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		mp_protected_note(server, "An issuer could not be asked", status, why.detail);
	return MCPASS_OK;
}

static enum mcpass_rc fetch(const struct mp_protected *server,
    const struct mcpass_fetch *wanted, int64_t now, bool *ret_later, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_buf body;
	int status = 0;
	enum mcpass_rc rc;

	mp_buf_init(&body, wanted->max_response);
	rc = server->fetch(server->fetch_ctx, wanted, &status, &body, &why);
	if (!rc)
		rc = mp_buf_check(&body, "the answer", &why);
	*ret_later = !rc && status == MP_HTTP_LATER;
	if (rc == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	else if (rc)
		rc = mp_protected_fetched(server, wanted->key, 0, why.detail, strlen(why.detail), now, err);
	else if (!*ret_later)
		rc = mp_protected_fetched(server, wanted->key, status, mp_buf_text(&body), body.len, now,
		    err);
	mp_buf_free(&body);
	return rc;
}

/* Asks the guard until it knows, or until it has to wait: then the verdict is MCPASS_FETCH.
 * What it points at lives until the guard is asked again. */
static enum mcpass_rc judge(const struct mp_protected *server,
    const struct mcpass_guard_request *request, struct mcpass_verdict *ret_verdict,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool later = false;

	for (int i = 0; i < MP_MAX_GUARD_FETCHES; i++) {
		rc = mcpass_guard_check(server->guard, request, ret_verdict, err);
		if (rc || ret_verdict->type != MCPASS_FETCH)
			return rc;
		rc = fetch(server, ret_verdict->fetch, request->now, &later, err);
		if (rc || later)
			return rc;
	}
	*ret_verdict = (struct mcpass_verdict){
		.type = MCPASS_DENY, .status = 503,
		.reason = "the issuer sends from place to place",
	};
	return MCPASS_OK;
}

/* The verdict for what the body asks for. */
static enum mcpass_rc authorize(const struct mp_protected *server,
    const struct mp_http_request *request, const struct mp_operations *operations,
    struct mcpass_verdict *ret_verdict, struct mcpass_error *err)
{
	struct mcpass_guard_request asked = {
		.headers = request->headers, .header_count = request->header_count,
		.query = request->query, .now = request->now, .method = request->method,
		.operation_count = operations->count,
	};
	struct mcpass_operation *list = calloc(operations->count + 1, sizeof(*list));
	enum mcpass_rc rc;

	if (list == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < operations->count; i++)
		list[i] = (struct mcpass_operation){ operations->items[i].method,
			operations->items[i].name };
	asked.operations = list;
	rc = judge(server, &asked, ret_verdict, err);
	free(list);
	return rc;
}

/* The reason is for the log: it may tell of the inside. */
static enum mcpass_rc refuse(const struct mp_protected *server,
    const struct mcpass_verdict *verdict, struct mp_http_response *response,
    struct mcpass_error *err)
{
	static const struct { int status; const char *error, *description; } bodies[] = {
		{ 400, "invalid_request", "The request is malformed: see WWW-Authenticate." },
		{ 401, "unauthorized", "A valid access token is needed: see WWW-Authenticate." },
		{ 403, "insufficient_scope",
		    "The access token lacks a scope: see WWW-Authenticate." },
		{ 429, "too_many_requests", "Too many requests with this key: try again later." },
		{ 503, "temporarily_unavailable", "The token cannot be checked now: try again." },
	};
	size_t i = 0;
	enum mcpass_rc rc;

	mp_protected_note(server, "Refused a request", verdict->status, verdict->reason);
	if (verdict->status == 403 && verdict->www_authenticate == NULL)
		return respond_error(response, 403, "access_denied",
		    "Whoever this token is for may not do this; another token would not help.", err);
	while (i < MP_COUNT(bodies) - 1 && bodies[i].status != verdict->status)
		i++;
	rc = respond_error(response, bodies[i].status, bodies[i].error, bodies[i].description, err);
	if (!rc && verdict->www_authenticate != NULL)
		rc = mp_headers_add(&response->headers, "WWW-Authenticate",
		    verdict->www_authenticate, err);
	if (!rc && (bodies[i].status == 503 || bodies[i].status == 429))
		rc = mp_headers_add(&response->headers, "Retry-After", "30", err);
	return rc;
}

/* A body in which the guard could not see the operations is never run: whatever it asks
 * for, nobody has been asked whether it may. */
static enum mcpass_rc refuse_body(const struct mp_http_request *request, const char *problem,
    struct mp_http_response *response, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_REQUEST, request->body, request->body_len, MP_MAX_ECHO_BODY,
	    "the message", &json, NULL);
	json_decref(json);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return mp_respond_error(response, rc == MCPASS_E_LIMIT ? 413 : 400,
	    rc ? MP_RPC_PARSE_ERROR : MP_RPC_INVALID_REQUEST, problem, err);
}

/* How an issuer is, fetched first where that is not known.  *ret_later: it is under way. */
static enum mcpass_rc ask_health(const struct mp_protected *server, size_t i, int64_t now,
    struct mcpass_health *ret_health, bool *ret_later, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	*ret_later = false;
	for (int n = 0; n < MP_MAX_GUARD_FETCHES && !rc && !*ret_later; n++) {
		rc = mcpass_guard_health(server->guard, i, now, ret_health, err);
		if (rc || ret_health->fetch == NULL)
			return rc;
		rc = fetch(server, ret_health->fetch, now, ret_later, err);
	}
	return rc;
}

/* {"status": "ok", "issuers": [{"issuer": ..., "state": "ok"}]}.  503 when there is no issuer whose
 * tokens can be checked: then nothing can be served. */
static enum mcpass_rc answer_health(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	static const char *const states[] = { [MCPASS_ISSUER_UNREACHABLE] = "unreachable",
		[MCPASS_ISSUER_OLD_KEYS] = "old keys", [MCPASS_ISSUER_REACHABLE] = "ok" };
	json_t *list = json_array(), *json = NULL;
	struct mcpass_health health = { 0 };
	size_t well = 0, serving = 0, count = 0;
	enum mcpass_rc rc = list != NULL ? MCPASS_OK : mp_nomem(err);
	bool later = false;

	for (; !rc && !later && server->guard != NULL; count++) {
		rc = ask_health(server, count, request->now, &health, &later, err);
		if (rc || later || health.issuer == NULL)
			break;
		well += health.state == MCPASS_ISSUER_REACHABLE;
		serving += health.state != MCPASS_ISSUER_UNREACHABLE;
		if (json_array_append_new(list, json_pack("{s:s s:s}", "issuer", health.issuer, "state",
		    states[health.state])) != 0)
			rc = mp_nomem(err);
	}
	if (!rc && !later) {
		json = json_pack("{s:s s:O}", "status", well == count ? "ok" : "degraded", "issuers", list);
		rc = json == NULL ? mp_nomem(err) : mp_respond_json(response, serving > 0 || count == 0 ? 200
		    : 503, json, err);
	}
	if (later)
		response->status = MP_HTTP_LATER;
	json_decref(json);
	json_decref(list);
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

static enum mcpass_rc answer_judged(const struct mp_protected *server,
    const struct mp_http_request *request, const struct mcpass_verdict *verdict,
    const struct mcpass_error *problem, struct mp_http_response *response,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (verdict->type != MCPASS_ALLOW)
		return refuse(server, verdict, response, err);
	rc = mp_echo_screen_message(request, response, err);
	if (rc || response->status != 0)
		return rc;
	return problem->rc != MCPASS_OK ? refuse_body(request, problem->detail, response, err)
	    : answer_caller(server, request, verdict, response, err);
}

static enum mcpass_rc answer_guarded(const struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
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
	rc = authorize(server, request, &operations, &verdict, err);
	mp_operations_free(&operations);
	if (rc)
		return rc;
	if (verdict.type == MCPASS_FETCH) {
		response->status = MP_HTTP_LATER;
		return MCPASS_OK;
	}
	rc = answer_judged(server, request, &verdict, &problem, response, err);
	if (!rc && verdict.dpop_nonce != NULL)  /* spec: RFC 9449 8.2, 9 */
		rc = mp_headers_add(&response->headers, "DPoP-Nonce", verdict.dpop_nonce, err);
	if (!rc)        /* spec: RFC 6750 5.3; RFC 9111 3.5; RFC 9449 8.2 */
		rc = mp_headers_add(&response->headers, "Cache-Control", "no-store", err);
	return rc;
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
	enum mcpass_rc rc;

	rc = mp_cors_preflight(&cors, request, "POST", response, &done, err);
	if (rc || done)
		return rc;
	rc = mp_echo_screen(&server->echo, request, response, err);
	if (!rc && response->status == 0)
		rc = server->guard != NULL ? answer_guarded(server, request, response, err)
		    : answer_open(server, request, response, err);
	return rc ? rc : mp_cors_allow(&cors, request, &response->headers, err);
}

/* The metadata at that path, or NULL; the issuer is asked first where a copy may be there.
 * *ret_later: that is under way. */
static enum mcpass_rc find_metadata(const struct mp_protected *server,
    const struct mp_http_request *request, const char **ret_json, bool *ret_later,
    struct mcpass_error *err)
{
	struct mcpass_health health = { 0 };
	enum mcpass_rc rc;

	*ret_json = NULL;
	*ret_later = false;
	if (server->guard == NULL || request->path[0] != '/')
		return MCPASS_OK;
	rc = mcpass_guard_metadata(server->guard, request->path, ret_json, err);
	if (rc || *ret_json != NULL || !server->copies_issuer
	    || strstr(request->path, "/.well-known/") == NULL)
		return rc;
	rc = ask_health(server, 0, request->now, &health, ret_later, err);
	return rc || *ret_later ? rc
	    : mcpass_guard_metadata(server->guard, request->path, ret_json, err);
}

enum mcpass_rc mp_protected_handle(struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	const char *metadata = NULL;
	bool later = false, refused;
	enum mcpass_rc rc;

	rc = mp_http_host_screen(&server->hosts, server->url, request, response, &refused, err);
	if (rc || refused)
		return rc;
	rc = find_metadata(server, request, &metadata, &later, err);
	if (rc)
		return rc;
	if (later)
		response->status = MP_HTTP_LATER;
	else if (strcmp(request->path, server->endpoint) == 0)
		rc = answer_endpoint(server, request, response, err);
	else if (metadata != NULL)
		rc = answer_metadata(request, metadata, response, err);
	else if (strcmp(request->path, "/health") == 0)
		rc = is_read(request) ? answer_health(server, request, response, err)
		    : refuse_method(response, "GET, HEAD", err);
	else if (server->page != NULL && strcmp(request->path, server->page_path) == 0)
		rc = is_read(request) ? answer_page(server, response, err)
		    : refuse_method(response, "GET, HEAD", err);
	else
		rc = respond_error(response, 404, "not_found", "There is nothing here.", err);
	if (rc)
		mp_http_response_free(response);
	return rc;
}
