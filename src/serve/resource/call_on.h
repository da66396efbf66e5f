/* call_on.h - what is asked, and said, when another MCP server is called as the caller of this one.
 *
 * The caller's token is good here and nowhere else, and is never passed on.  It is exchanged
 * at its issuer for one of another audience (RFC 8693), and that one goes to the other
 * server.  spec: MCP 2026-07-28 security considerations, "Access Token Privilege
 * Restriction" (no token passthrough) */
#pragma once
#include "oauth/asmeta.h"
#include "oauth/clientauth.h"
#include "oauth/token.h"
#include "serve/resource/plan.h"

struct mp_call_on {
	const struct mp_serve_plan *plan;
	char *token_endpoint;           /* NULL: not known yet */
	struct mp_client_id client;
};
/* plan is borrowed.  *ret_call_on is empty on failure; mp_call_on_free(). */
enum mcpass_rc mp_call_on_init(const struct mp_serve_plan *plan, struct mp_call_on *ret_call_on,
    struct mcpass_error *err);
void mp_call_on_free(struct mp_call_on *call_on);

/* Learns the token endpoint from the issuer's metadata, once: an issuer that moves it restarts,
 * and so may we. */
enum mcpass_rc mp_call_on_learn(struct mp_call_on *call_on, const struct mp_asmeta *meta,
    struct mcpass_error *err);
/* The request of the exchange: its headers and its form. */
enum mcpass_rc mp_call_on_ask(const struct mp_call_on *call_on, const struct mp_secret *subject,
    int64_t now, struct mp_headers *headers, struct mp_buf *form, struct mcpass_error *err);
/* Writes down whom the new token speaks for, never itself. */
enum mcpass_rc mp_call_on_tell(const struct mp_token *token, struct mp_buf *text,
    struct mcpass_error *err);
/* Writes down what the other server's whoami answered. */
enum mcpass_rc mp_call_on_add(const struct mp_call_on *call_on, const char *json, bool is_error,
    struct mp_buf *text, struct mcpass_error *err);
