/* blocking.h - the calls of a link that wait: submit, and run the loop until it is answered.
 *
 * Each ends with MCPASS_E_DENIED, "interrupted", when options.interrupt_fd becomes readable; the
 * request is then given up, and the server told. */
#pragma once
#include "link/link.h"

/* One MCP request, with whatever authorization it takes.  *ret_json is the result, or
 * with *ret_is_error the JSON-RPC error object; the caller's (free). */
enum mcpass_rc mp_blocking_request(struct mp_link *link, const char *method,
    const char *params, char **ret_json, bool *ret_is_error, struct mcpass_error *err);
/* Makes sure of a token without a request of the caller's: the stored one, a refreshed
 * one, or a login.  *ret_token lives until the next call; NULL: the server wants none. */
enum mcpass_rc mp_blocking_token(struct mp_link *link, const struct mcpass_token **ret_token,
    struct mcpass_error *err);
/* The same for who means to be signed in: also where the server answers without a token, if it
 * publishes how one is had. */
enum mcpass_rc mp_blocking_login(struct mp_link *link, const struct mcpass_token **ret_token,
    struct mcpass_error *err);
enum mcpass_rc mp_blocking_logout(struct mp_link *link, struct mcpass_error *err);
/* Takes leave of the server, and frees the link.  NULL is fine. */
void mp_blocking_close(struct mp_link *link);
