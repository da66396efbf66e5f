#include "serve/resource/gate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "echo/respond.h"
#include "wire/cors.h"

enum mcpass_rc mp_gate_error(struct mp_http_response *response, int status, const char *error,
    const char *description, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);
	struct mp_writer w = { .buf = &buf };
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "error", error);
	mp_writer_text(&w, "error_description", description);
	mp_writer_end(&w, '}');
	rc = mp_buf_check(&buf, "the answer", err);
	if (!rc)
		rc = mp_respond_json(response, status, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}

enum mcpass_rc mp_gate_refuse_method(struct mp_http_response *response, const char *allow,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_gate_error(response, 405, "method_not_allowed",
	    "This method is not served here.", err);

	return rc ? rc : mp_headers_add(&response->headers, "Allow", allow, err);
}

bool mp_gate_is_read(const struct mp_http_request *request)
{
	return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

void mp_gate_note(const struct mp_gate *gate, const char *what, int status, const char *reason)
{
	char digits[16];
	const struct mcpass_header facts[] = {
		{ "status", digits }, { "reason", reason != NULL ? reason : "" },
	};
	const struct mcpass_note text = { .what = what, .facts = facts,
		.fact_count = MP_COUNT(facts) };

	(void)snprintf(digits, sizeof(digits), "%d", status);
	if (gate->trace != NULL)
		gate->trace(gate->trace_ctx, &text);
}

/* What goes wrong at the issuer is noted by the guard, which then denies; only an exhausted
 * heap is a failure here. */
static enum mcpass_rc tell(const struct mp_gate *gate, enum mcpass_rc rc, int status,
    const struct mcpass_error *why, struct mcpass_error *err)
{
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		mp_gate_note(gate, "An issuer could not be asked", status, why->detail);
	return MCPASS_OK;
}

enum mcpass_rc mp_gate_fetched(const struct mp_gate *gate, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = gate->exchanger != NULL && mp_exchanger_knows(key)
	    ? mp_exchanger_fetched(gate->exchanger, key, status, body, len, now, &why)
	    : mcpass_guard_fetched(gate->guard, key, status, body, len, now, &why);

	return tell(gate, rc, status, &why, err);
}

static enum mcpass_rc take_redirect(const struct mp_gate *gate, const struct mp_fetched *fetched,
    int64_t now, struct mcpass_error *err)
{
	const char *location = mp_header_get(fetched->headers, fetched->header_count, "Location");
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = gate->exchanger != NULL && mp_exchanger_knows(fetched->key)
	    ? mp_exchanger_redirected(gate->exchanger, fetched->key, fetched->status, location, now, &why)
	    : mcpass_guard_redirected(gate->guard, fetched->key, fetched->status, location, now, &why);

	return tell(gate, rc, fetched->status, &why, err);
}

enum mcpass_rc mp_gate_take(const struct mp_gate *gate, const struct mp_fetched *fetched,
    int64_t now, struct mcpass_error *err)
{
	if (fetched->status >= 300 && fetched->status <= 399)
		return take_redirect(gate, fetched, now, err);
	return mp_gate_fetched(gate, fetched->key, fetched->status, mp_buf_text(&fetched->body),
	    fetched->body.len, now, err);
}

static enum mcpass_rc fetch(const struct mp_gate *gate,
    const struct mcpass_fetch *wanted, int64_t now, bool *ret_later, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_buf body;
	int status = 0;
	enum mcpass_rc rc;

	mp_buf_init(&body, wanted->max_response);
	rc = gate->fetch(gate->fetch_ctx, wanted, &status, &body, &why);
	if (!rc)
		rc = mp_buf_check(&body, "the answer", &why);
	*ret_later = !rc && status == MP_HTTP_LATER;
	if (rc == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	else if (rc)
		rc = mp_gate_fetched(gate, wanted->key, 0, why.detail, strlen(why.detail), now, err);
	else if (!*ret_later)
		rc = mp_gate_fetched(gate, wanted->key, status, mp_buf_text(&body), body.len, now,
		    err);
	mp_buf_free(&body);
	return rc;
}

/* Asks the guard until it knows, or until it has to wait: then the verdict is MCPASS_FETCH.
 * What it points at lives until the guard is asked again. */
static enum mcpass_rc judge(const struct mp_gate *gate,
    const struct mcpass_guard_request *request, struct mcpass_verdict *ret_verdict,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool later = false;

	for (int i = 0; i < MP_MAX_GUARD_FETCHES; i++) {
		rc = mcpass_guard_check(gate->guard, request, ret_verdict, err);
		if (rc || ret_verdict->type != MCPASS_FETCH)
			return rc;
		rc = fetch(gate, ret_verdict->fetch, request->now, &later, err);
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
static enum mcpass_rc authorize(const struct mp_gate *gate,
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
	rc = judge(gate, &asked, ret_verdict, err);
	free(list);
	return rc;
}

/* The reason is for the log: it may tell of the inside. */
static enum mcpass_rc refuse(const struct mp_gate *gate,
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

	mp_gate_note(gate, "Refused a request", verdict->status, verdict->reason);
	if (verdict->status == 403 && verdict->www_authenticate == NULL)
		return mp_gate_error(response, 403, "access_denied",
		    "The subject of this token may not do this; another token would not help.", err);
	while (i < MP_COUNT(bodies) - 1 && bodies[i].status != verdict->status)
		i++;
	rc = mp_gate_error(response, bodies[i].status, bodies[i].error, bodies[i].description, err);
	if (!rc && verdict->www_authenticate != NULL)
		rc = mp_headers_add(&response->headers, "WWW-Authenticate",
		    verdict->www_authenticate, err);
	if (!rc && (bodies[i].status == 503 || bodies[i].status == 429))
		rc = mp_headers_add(&response->headers, "Retry-After", "30", err);
	return rc;
}

enum mcpass_rc mp_gate_judge(const struct mp_gate *gate, const struct mp_http_request *request,
    const struct mp_operations *operations, struct mcpass_verdict *ret_verdict,
    struct mp_http_response *response, struct mcpass_error *err)
{
	enum mcpass_rc rc = authorize(gate, request, operations, ret_verdict, err);

	if (!rc && ret_verdict->type == MCPASS_FETCH)
		response->status = MP_HTTP_LATER;
	else if (!rc && ret_verdict->type != MCPASS_ALLOW)
		rc = refuse(gate, ret_verdict, response, err);
	return rc;
}

enum mcpass_rc mp_gate_mark(const struct mcpass_verdict *verdict, struct mp_headers *headers,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (verdict->dpop_nonce != NULL)        /* spec: RFC 9449 8.2, 9 */
		rc = mp_headers_add(headers, "DPoP-Nonce", verdict->dpop_nonce, err);
	/* spec: RFC 6750 5.3; RFC 9111 3.5; RFC 9449 8.2 */
	return rc ? rc : mp_headers_add(headers, "Cache-Control", "no-store", err);
}

enum mcpass_rc mp_gate_refuse_body(const struct mp_http_request *request, const char *problem,
    size_t max, struct mp_http_response *response, struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_REQUEST, request->body, request->body_len,
	    max, "the message", &json, NULL);

	json_decref(json);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return mp_respond_error(response, rc == MCPASS_E_LIMIT ? 413 : 400,
	    rc ? MP_RPC_PARSE_ERROR : MP_RPC_INVALID_REQUEST, problem, err);
}

/* What is wrong with a request, in ret_problem, or MCPASS_E_NOMEM; *ret_status and *ret_code: the
 * answer to it, 0 where the body itself says. */
static enum mcpass_rc read_request(const struct mp_http_request *request,
    struct mp_operations *ret_operations, int *ret_status, int *ret_code,
    struct mcpass_error *ret_problem)
{
	enum mcpass_rc rc = MCPASS_OK;

	*ret_status = 415;
	*ret_code = MP_RPC_INVALID_REQUEST;
	if (request->body_len > 0)
		rc = mp_operations_check_coding(request->headers, request->header_count, ret_problem);
	if (rc)
		return rc;
	*ret_status = 0;
	if (request->body_len > 0)
		rc = mp_operations_read(request->body, request->body_len, ret_operations, ret_problem);
	if (rc)
		return rc;
	*ret_status = 400;
	*ret_code = MP_RPC_HEADER_MISMATCH;     /* spec: MCP 2026-07-28 streamable HTTP, "Server Validation" */
	return mp_operations_check_headers(ret_operations, request->headers, request->header_count,
	    ret_problem);
}

enum mcpass_rc mp_gate_pass(const struct mp_gate *gate, const struct mp_http_request *request,
    struct mcpass_verdict *ret_verdict, struct mcpass_error *ret_problem,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_operations operations = { 0 };
	int status, code;
	enum mcpass_rc rc = read_request(request, &operations, &status, &code, ret_problem);

	rc = rc == MCPASS_E_NOMEM ? mp_nomem(err)
	    : mp_gate_judge(gate, request, &operations, ret_verdict, response, err);
	mp_operations_free(&operations);
	/* After the token: a stranger is told nothing but that one is missing. */
	if (!rc && ret_verdict->type == MCPASS_ALLOW && ret_problem->rc != MCPASS_OK)
		rc = status > 0 ? mp_respond_error(response, status, code, ret_problem->detail, err)
		    : mp_gate_refuse_body(request, ret_problem->detail, MP_MAX_MESSAGE, response, err);
	if (!rc && response->status == 415)     /* spec: RFC 9110 15.5.16, 12.5.3 */
		rc = mp_headers_add(&response->headers, "Accept-Encoding", "identity", err);
	if (!rc && response->status > 0)
		rc = mp_gate_mark(ret_verdict, &response->headers, err);
	return rc;
}

/* --- the token for the server behind --- */

/* Never the caller's own in its place: then it is no answer at all.
 * spec: MCP 2026-07-28 authorization, "Token Handling" */
static enum mcpass_rc refuse_exchange(const struct mp_gate *gate,
    const struct mp_exchanged *exchanged, struct mcpass_error *ret_problem,
    struct mp_http_response *response, struct mcpass_error *err)
{
	const struct mcpass_verdict plain = { 0 };
	bool is_refused = exchanged->type == MP_EXCHANGED_REFUSED;
	enum mcpass_rc rc;

	(void)mp_fail(ret_problem, MCPASS_E_DENIED, NULL, "%s", exchanged->reason);
	mp_gate_note(gate, "No token for the server behind", is_refused ? 403 : 502,
	    exchanged->reason);
	if (is_refused)
		rc = mp_gate_error(response, 403, "access_denied",
		    "The issuer gives no token for the server behind to the subject of this token.", err);
	else
		rc = mp_gate_error(response, 502, "temporarily_unavailable",
		    "There is no token for the server behind now: try again.", err);
	if (!rc && !is_refused)
		rc = mp_headers_add(&response->headers, "Retry-After", "30", err);
	return rc ? rc : mp_gate_mark(&plain, &response->headers, err);
}

enum mcpass_rc mp_gate_exchange(const struct mp_gate *gate, struct mp_span token, int64_t now,
    const struct mp_secret **ret_token, struct mcpass_error *ret_problem,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct mp_exchanged exchanged = { 0 };
	bool later = false;
	enum mcpass_rc rc;

	for (int i = 0; i < MP_MAX_GUARD_FETCHES; i++) {
		rc = mp_exchanger_ask(gate->exchanger, token, now, &exchanged, err);
		if (rc || exchanged.type != MP_EXCHANGED_FETCH)
			break;
		rc = fetch(gate, exchanged.fetch, now, &later, err);
		if (rc || later)
			break;
		exchanged = (struct mp_exchanged){ .reason = "the issuer sends from place to place" };
	}
	if (rc)
		return rc;
	if (later)
		response->status = MP_HTTP_LATER;
	else if (exchanged.type == MP_EXCHANGED_READY)
		*ret_token = exchanged.token;
	else
		return refuse_exchange(gate, &exchanged, ret_problem, response, err);
	return MCPASS_OK;
}

/* How an issuer is, fetched first where that is not known.  *ret_later: it is under way. */
static enum mcpass_rc ask_health(const struct mp_gate *gate, size_t i, int64_t now,
    struct mcpass_health *ret_health, bool *ret_later, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	*ret_later = false;
	for (int n = 0; n < MP_MAX_GUARD_FETCHES && !rc && !*ret_later; n++) {
		rc = mcpass_guard_health(gate->guard, i, now, ret_health, err);
		if (rc || ret_health->fetch == NULL)
			return rc;
		rc = fetch(gate, ret_health->fetch, now, ret_later, err);
	}
	return rc;
}

struct gate_health {
	size_t count, well, serving;
};

/* A list of the issuers; *ret_later: one of them is not known yet. */
static enum mcpass_rc write_issuers(const struct mp_gate *gate, int64_t now, struct mp_writer *w,
    struct gate_health *all, bool *ret_later, struct mcpass_error *err)
{
	static const char *const states[] = { [MCPASS_ISSUER_UNREACHABLE] = "unreachable",
		[MCPASS_ISSUER_OLD_KEYS] = "old keys", [MCPASS_ISSUER_REACHABLE] = "ok" };
	struct mcpass_health health = { 0 };
	enum mcpass_rc rc;

	for (; gate->guard != NULL; all->count++) {
		rc = ask_health(gate, all->count, now, &health, ret_later, err);
		if (rc || *ret_later || health.issuer == NULL)
			return rc;
		all->well += health.state == MCPASS_ISSUER_REACHABLE;
		all->serving += health.state != MCPASS_ISSUER_UNREACHABLE;
		mp_writer_object(w, NULL);
		mp_writer_text(w, "issuer", health.issuer);
		mp_writer_text(w, "state", states[health.state]);
		mp_writer_end(w, '}');
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_gate_health(const struct mp_gate *gate, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct gate_health all = { 0 };
	struct mp_buf issuers = MP_BUF(MP_MAX_DOCUMENT), buf = MP_BUF(MP_MAX_DOCUMENT);
	struct mp_writer list = { .buf = &issuers }, w = { .buf = &buf };
	bool later = false;
	enum mcpass_rc rc;

	mp_writer_array(&list, NULL);
	rc = write_issuers(gate, request->now, &list, &all, &later, err);
	mp_writer_end(&list, ']');
	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "status", all.well == all.count ? "ok" : "degraded");
	mp_writer_raw(&w, "issuers", (struct mp_span){ mp_buf_text(&issuers), issuers.len });
	mp_writer_end(&w, '}');
	if (!rc && !later)
		rc = mp_buf_check(issuers.failed ? &issuers : &buf, "the answer", err);
	if (!rc && !later)
		rc = mp_respond_json(response, all.serving > 0 || all.count == 0 ? 200 : 503,
		    mp_buf_text(&buf), err);
	if (!rc && !later && response->status == 503)
		rc = mp_headers_add(&response->headers, "Retry-After", "30", err);
	if (later)
		response->status = MP_HTTP_LATER;
	mp_buf_free(&issuers);
	mp_buf_free(&buf);
	return rc;
}

static enum mcpass_rc respond_json(struct mp_http_response *response, const char *text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_buf_init(&response->body, MP_MAX_DOCUMENT);
	mp_buf_adds(&response->body, text);
	rc = mp_buf_check(&response->body, "the answer", err);
	if (!rc)
		rc = mp_headers_add(&response->headers, "Content-Type", "application/json", err);
	response->status = 200;
	return rc;
}

/* Readable for clients in browsers.  spec: RFC 9728 3.2; Fetch, CORS protocol */
static enum mcpass_rc answer_metadata(const struct mp_http_request *request, const char *json,
    struct mp_http_response *response, struct mcpass_error *err)
{
	bool asks_leave = strcmp(request->method, "OPTIONS") == 0;
	enum mcpass_rc rc;

	if (!mp_gate_is_read(request) && !asks_leave)
		return mp_gate_refuse_method(response, "GET, HEAD, OPTIONS", err);
	if (asks_leave)
		return mp_cors_preflight_all(response, err);
	rc = mp_cors_allow_all(&response->headers, err);
	return rc ? rc : respond_json(response, json, err);
}

/* The metadata at that path, or NULL; the issuer is asked first where a copy may be there.
 * *ret_later: that is under way. */
static enum mcpass_rc find_metadata(const struct mp_gate *gate,
    const struct mp_http_request *request, const char **ret_json, bool *ret_later,
    struct mcpass_error *err)
{
	struct mcpass_health health = { 0 };
	enum mcpass_rc rc;

	*ret_json = NULL;
	*ret_later = false;
	if (gate->guard == NULL || request->path[0] != '/')
		return MCPASS_OK;
	rc = mcpass_guard_metadata(gate->guard, request->path, ret_json, err);
	if (rc || *ret_json != NULL || !gate->copies_issuer
	    || strstr(request->path, "/.well-known/") == NULL)
		return rc;
	rc = ask_health(gate, 0, request->now, &health, ret_later, err);
	return rc || *ret_later ? rc
	    : mcpass_guard_metadata(gate->guard, request->path, ret_json, err);
}

enum mcpass_rc mp_gate_document(const struct mp_gate *gate, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	const char *json = NULL;
	bool later = false;
	enum mcpass_rc rc = find_metadata(gate, request, &json, &later, err);

	if (rc)
		return rc;
	if (later)
		response->status = MP_HTTP_LATER;
	return json != NULL ? answer_metadata(request, json, response, err) : MCPASS_OK;
}
