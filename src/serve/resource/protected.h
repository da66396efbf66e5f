/* protected.h - the echo server behind the guard: one request in, one answer out.
 *
 * It does no I/O of its own: keys are fetched by a callback.  One mp_protected is used by
 * one thread at a time, since its guard is.
 * spec: MCP 2026-07-28 authorization; RFC 9728 3 */
#pragma once
#include "base/secret.h"
#include "echo/echo.h"
#include "mcpass/guard.h"
#include "serve/fetches.h"
#include "wire/http/host_field.h"

struct mp_protected {                   /* all borrowed */
	struct mcpass_guard *guard;     /* NULL: open to everybody */
	bool copies_issuer;             /* the guard publishes a copy of its issuer's metadata */
	const char *endpoint;           /* the path of the MCP endpoint: "/mcp" */
	const char *page_path, *page;   /* HTML for developers and its path; page NULL: none */
	struct mp_http_hosts hosts;     /* which it answers to, and */
	const char *url;                /*    its public URL, or NULL */
	struct mp_echo_config echo;
	/* Sends what the guard asks for, follows no redirect, appends the body to body (which
	 * is capped already).  A failure counts as no answer; its detail goes to the log.
	 * Status MP_HTTP_LATER: the answer comes by mp_protected_fetched(). */
	enum mcpass_rc (*fetch)(void *ctx, const struct mcpass_fetch *fetch, int *ret_status,
	    struct mp_buf *body, struct mcpass_error *err);
	void *fetch_ctx;
	/* Calls on as the subject of the token, and writes down what came of it, without a
	 * secret; a failure becomes the tool's own.  NULL: the tool call_on is not offered.
	 * *ret_later: it has begun; request is the id to ask for it by. */
	enum mcpass_rc (*call_on)(void *ctx, uint64_t request, const struct mp_secret *token,
	    int64_t now, struct mp_buf *text, bool *ret_later, struct mcpass_error *err);
	/* The same of what has begun for that request; *ret_known false: nothing has.  NULL when
	 * nothing is ever later. */
	enum mcpass_rc (*call_on_again)(void *ctx, uint64_t request, bool *ret_known,
	    struct mp_buf *text, bool *ret_later, struct mcpass_error *err);
	void *call_on_ctx;
	mcpass_trace_fn *trace;         /* told why a request was refused; or NULL */
	void *trace_ctx;
};

/* As mp_gate_take(). */
enum mcpass_rc mp_protected_take(const struct mp_protected *server,
    const struct mp_fetched *fetched, int64_t now, struct mcpass_error *err);
/* Reports what was fetched; status 0: nothing, and body says why.  Fails only for lack of
 * memory. */
enum mcpass_rc mp_protected_fetched(const struct mp_protected *server, const char *key,
    int status, const char *body, size_t len, int64_t now, struct mcpass_error *err);

/* Answers any request: /health, the page, the metadata at its places, the endpoint; else 404.
 * Status MP_HTTP_LATER: something is being fetched first; hand it in again afterwards.
 * Fails only when it could not answer: the caller then sends a 500. */
enum mcpass_rc mp_protected_handle(struct mp_protected *server,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err);
