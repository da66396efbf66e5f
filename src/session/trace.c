/* What the session did, for the trace callback.  No session id, no query of a URL
 * and no argument gets here whole: any of them may be a secret. */
#include <stdio.h>
#include <string.h>
#include "session/session.h"

#define MOST_FACTS 6

struct notice {
	struct mcpass_header facts[MOST_FACTS];
	size_t count;
};

static void add(struct notice *notice, const char *name, const char *value)
{
	if (value != NULL && notice->count < MOST_FACTS)
		notice->facts[notice->count++] = (struct mcpass_header){ name, value };
}

static void tell(const struct mcpass_session *s, const struct notice *notice,
    const char *what, const char *spec)
{
	const struct mcpass_note note = { .what = what, .spec = spec, .facts = notice->facts,
		.fact_count = notice->count };

	s->trace(s->trace_ctx, &note);
}

static const char *what_is_sent(const struct mp_exchange *e)
{
	if (e->resuming)
		return "Asked for the rest of an answer that broke off";
	switch (e->kind) {
	case MP_EXCHANGE_LISTEN:
		return "Opened the stream on which the server may ask";
	case MP_EXCHANGE_CHANNEL:
		return "Asked for the stream on which a server of 2024-11-05 answers";
	case MP_EXCHANGE_ANNOUNCE:
		return "Told the server that the handshake is complete";
	case MP_EXCHANGE_LEAVE:
		return "Took leave: the session is over";
	case MP_EXCHANGE_NOTE:
		return "Sent the server a notification or an answer";
	case MP_EXCHANGE_CALL:
		break;
	}
	if (e->era == MP_ERA_STATELESS)
		return "Sent the request";
	if (e->call != NULL && e->call->kind == MP_CALL_INITIALIZE)
		return "Asked the server for a handshake";
	return "Sent a request within the session";
}

static const char *clause(const struct mp_exchange *e)
{
	if (e->resuming)
		return "MCP 2025-11-25 transports, Resumability and Redelivery";
	if (e->kind == MP_EXCHANGE_CHANNEL)
		return "MCP 2024-11-05 transports, HTTP with SSE";
	if (e->kind == MP_EXCHANGE_LEAVE)
		return "MCP 2025-11-25 transports, Session Management 5";
	if (e->kind == MP_EXCHANGE_LISTEN)
		return "MCP 2025-11-25 transports, Listening for Messages from the Server";
	if (e->era == MP_ERA_STATELESS)
		return MP_SPEC_HTTP ", Request Metadata";
	if (e->call != NULL && e->call->kind == MP_CALL_INITIALIZE)
		return "MCP 2025-11-25 lifecycle, Initialization";
	return "MCP 2025-11-25 transports, Sending Messages to the Server";
}

void mp_trace_sent(const struct mcpass_session *s, const struct mp_exchange *e,
    const char *method)
{
	struct notice notice = { .count = 0 };
	char target[256], session[16];

	if (s->trace == NULL)
		return;
	(void)snprintf(target, sizeof(target), "%s %.*s%s", method, (int)strcspn(e->url, "?"),
	    e->url, strchr(e->url, '?') != NULL ? "?..." : "");
	add(&notice, "HTTP", target);
	if (e->call != NULL)
		add(&notice, "method", e->call->method);
	add(&notice, "MCP-Protocol-Version",
	    mp_header_get(e->headers.items, e->headers.count, "MCP-Protocol-Version"));
	if (e->sent_session_id && s->session_id != NULL) {
		(void)snprintf(session, sizeof(session), "%.4s...", s->session_id);
		add(&notice, "Mcp-Session-Id", session);
	}
	if (e->resuming || e->last_id != NULL)
		add(&notice, "Last-Event-ID", e->last_id);
	tell(s, &notice, what_is_sent(e), clause(e));
}

void mp_trace_answered(const struct mcpass_session *s, const struct mp_exchange *e,
    const char *content_type)
{
	struct notice notice = { .count = 0 };
	char status[16];

	if (s->trace == NULL)
		return;
	(void)snprintf(status, sizeof(status), "%d", e->status);
	add(&notice, "status", status);
	add(&notice, "Content-Type", content_type);
	if (e->call != NULL)
		add(&notice, "method", e->call->method);
	tell(s, &notice, "The server answered", NULL);
}

void mp_trace_decision(const struct mcpass_session *s, const char *what, const char *spec)
{
	const struct notice none = { .count = 0 };

	if (s->trace != NULL)
		tell(s, &none, what, spec);
}
