/* echo.h - the echo MCP server: what the demo protects, and the smallest honest server.
 *
 * Message in, message out, both eras, no state beyond a session id that is a signed
 * nothing.  The caller of this has done the authorization.
 * Tools: echo (message, repeat_count 1-10), get_time, whoami, call_on.  Prompts: greeting, help,
 * echo_prompt.  Resource: echo://about. */
#pragma once
#include "wire/http/http.h"

/* What came of calling on as the caller, for the tool call_on: that takes a token exchange
 * and whatever else, which is none of this floor's business. */
struct mp_called_on {
	const char *text;
	bool failed;
};
struct mp_caller {                      /* who the guard let in; all may be NULL */
	const char *subject, *username, *client_id, *scope, *issuer;
	const struct mp_called_on *called_on;   /* NULL: it was not done yet */
};
struct mp_echo_config {
	const char *const *origins;     /* allowed Origin values besides loopback ones */
	size_t origin_count;
	bool fixtures;                  /* and offer what the conformance suite looks for */
	bool calls_on;                  /* offer the tool call_on */
	mcpass_random_fn *random;       /* for session ids */
	void *random_ctx;
};

/* Refuses what no server should look at, before any token is: a foreign Origin or Host
 * (403).  MCPASS_OK with status 0: go on, here and below.
 * spec: MCP streamable HTTP, "Security Warning" (Origin), DNS rebinding */
enum mcpass_rc mp_echo_screen(const struct mp_echo_config *config,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err);
/* Refuses what is no message: a method that is not POST (405), another Content-Type (415), an
 * Accept that rules the answer out (406).  After the token: there are clients that GET the
 * endpoint first, and take a 405 for a server that needs no login. */
enum mcpass_rc mp_echo_screen_message(const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);
/* Answers a POST of the MCP endpoint.  MCPASS_OK with status 0: the tool call_on was called; do
 * it, and ask again with caller->called_on. */
enum mcpass_rc mp_echo_answer(const struct mp_echo_config *config,
    const struct mp_http_request *request, const struct mp_caller *caller,
    struct mp_http_response *response, struct mcpass_error *err);

/* The scope rules of this server (mcp:read for basic operations, mcp:tools, mcp:prompts),
 * and its scopes; static. */
struct mcpass_scope_rule;
const struct mcpass_scope_rule *mp_echo_rules(size_t *ret_count);
const char *const *mp_echo_scopes(size_t *ret_count);

/* What it answers to, one after the other; NULL behind the last. */
const char *mp_echo_method(size_t i);
const char *mp_echo_tool(size_t i);
const char *mp_echo_prompt(size_t i);
