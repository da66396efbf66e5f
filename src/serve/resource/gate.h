/* gate.h - the guard in front of an HTTP server: requests in, refusals, documents and leave to
 * pass out.  `mcpass serve` and the nginx module stand on it, so that both say the same.
 *
 * It does no I/O of its own: keys are fetched by a callback.  One gate is used by one thread
 * at a time, since its guard is.
 * spec: MCP 2026-07-28 authorization; RFC 9728 3; RFC 6750 3 */
#pragma once
#include "guard/exchanger.h"
#include "mcp/jsonrpc.h"
#include "serve/fetches.h"
#include "wire/http/http.h"

struct mp_gate {                        /* all borrowed */
	struct mcpass_guard *guard;
	struct mp_exchanger *exchanger; /* of tokens for the server behind, or NULL */
	bool copies_issuer;             /* the guard publishes a copy of its issuer's metadata */
	/* Sends what the guard asks for, follows no redirect, appends the body to body (which
	 * is capped already).  A failure counts as no answer; its detail goes to the log.
	 * Status MP_HTTP_LATER: the answer comes by mp_gate_fetched(). */
	enum mcpass_rc (*fetch)(void *ctx, const struct mcpass_fetch *fetch, int *ret_status,
	    struct mp_buf *body, struct mcpass_error *err);
	void *fetch_ctx;
	mcpass_trace_fn *trace;         /* told why a request was refused; or NULL */
	void *trace_ctx;
};

/* Reports what was fetched, a redirect for what it is; as mp_gate_fetched(). */
enum mcpass_rc mp_gate_take(const struct mp_gate *gate, const struct mp_fetched *fetched,
    int64_t now, struct mcpass_error *err);
/* Reports what was fetched; status 0: nothing, and body says why.  Fails only for lack of
 * memory. */
enum mcpass_rc mp_gate_fetched(const struct mp_gate *gate, const char *key, int status,
    const char *body, size_t len, int64_t now, struct mcpass_error *err);

/* Judges a request for what its body asks for.  ret_verdict: ALLOW, and response is as it was;
 * DENY, and response is the refusal; FETCH, and response->status is MP_HTTP_LATER: hand it in
 * again when something has come.  What the verdict points at lives until the next call. */
enum mcpass_rc mp_gate_judge(const struct mp_gate *gate, const struct mp_http_request *request,
    const struct mp_operations *operations, struct mcpass_verdict *ret_verdict,
    struct mp_http_response *response, struct mcpass_error *err);
/* What every answer to a request that was judged has, a refusal or not.
 * spec: RFC 9449 8.2, 9; RFC 6750 5.3; RFC 9111 3.5 */
enum mcpass_rc mp_gate_mark(const struct mcpass_verdict *verdict, struct mp_headers *headers,
    struct mcpass_error *err);
/* Refuses a body in which the operations cannot be seen, as problem says: it never reaches a
 * server, since what it asks for was not judged.  Over max bytes that is why (413). */
enum mcpass_rc mp_gate_refuse_body(const struct mp_http_request *request, const char *problem,
    size_t max, struct mp_http_response *response, struct mcpass_error *err);
/* All of that for a request that is on its way to another server: it passes when the verdict is
 * ALLOW and response->status is 0.  ret_problem: zeros; its detail says what is wrong with the
 * body, or with the headers that mirror it. */
enum mcpass_rc mp_gate_pass(const struct mp_gate *gate, const struct mp_http_request *request,
    struct mcpass_verdict *ret_verdict, struct mcpass_error *ret_problem,
    struct mp_http_response *response, struct mcpass_error *err);

/* The token for the server behind in place of the one that was let in; needs an exchanger.
 * response->status 0: *ret_token, borrowed until the next call.  Else it is the refusal, or
 * MP_HTTP_LATER: ask again when something has come.  ret_problem: as of mp_gate_pass(). */
enum mcpass_rc mp_gate_exchange(const struct mp_gate *gate, struct mp_span token, int64_t now,
    const struct mp_secret **ret_token, struct mcpass_error *ret_problem,
    struct mp_http_response *response, struct mcpass_error *err);

/* Answers for a document that the guard publishes; response->status 0: the path is none's.
 * May be MP_HTTP_LATER. */
enum mcpass_rc mp_gate_document(const struct mp_gate *gate, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);
/* {"status": "ok", "issuers": [{"issuer": ..., "state": "ok"}]}, 503 when there is no issuer whose
 * tokens can be checked: then nothing can be served.  A gate without a guard is well.  May be
 * MP_HTTP_LATER. */
enum mcpass_rc mp_gate_health(const struct mp_gate *gate, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);

/* {"error": ..., "error_description": ...}: for readers of bodies; the challenge is in the
 * header.  spec: RFC 6749 5.2 (the form) */
enum mcpass_rc mp_gate_error(struct mp_http_response *response, int status, const char *error,
    const char *description, struct mcpass_error *err);
enum mcpass_rc mp_gate_refuse_method(struct mp_http_response *response, const char *allow,
    struct mcpass_error *err);
/* GET or HEAD. */
bool mp_gate_is_read(const struct mp_http_request *request);
/* Tells the log; reason may be NULL. */
void mp_gate_note(const struct mp_gate *gate, const char *what, int status, const char *reason);
