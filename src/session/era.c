/* Which form of the protocol the server wants.  The era belongs to the server, not to a
 * request: once a good answer proved it, it stays.
 * spec: MCP 2026-07-28 streamable HTTP, "Backward Compatibility"; versioning */
#include <stdio.h>
#include <string.h>
#include "session/session.h"

#define SPEC_NEGOTIATION "MCP versioning, Protocol Version Negotiation"
#define SPEC_COMPAT MP_SPEC_HTTP ", Backward Compatibility"

static enum mcpass_rc start_with(struct mcpass_session *s, enum mp_era era,
    const char *revision, struct mcpass_error *err)
{
	s->era = era;
	s->settled = false;
	s->phase = MP_PHASE_HELLO;
	if (era == MP_ERA_STATELESS)
		s->tried_stateless = true;
	else
		s->tried_session = true;
	return mp_set(&s->revision, revision, err);
}

/* The revision that is tried first of an era. */
static const char *first_of(const struct mcpass_session *s, enum mp_era era)
{
	return era == MP_ERA_SESSION && s->offer != NULL ? s->offer : mp_revision_newest(era);
}

enum mcpass_rc mp_era_begin(struct mcpass_session *s, const struct mcpass_session_config *cfg,
    struct mcpass_error *err)
{
	enum mp_era era = mp_revision_era(cfg->known_revision);

	if (cfg->revision != NULL) {
		s->fixed = true;
		if (!mp_revision_known(cfg->revision))
			return mp_fail(err, MCPASS_E_USAGE, NULL, "\"%s\" is no revision of MCP that we "
			    "speak: these are %s, %s, %s and %s", cfg->revision, MP_REV_2025_03_26,
			    MP_REV_2025_06_18, MP_REV_2025_11_25, MP_REV_2026_07_28);
		return start_with(s, mp_revision_era(cfg->revision), cfg->revision, err);
	}
	/* Of a known revision only the era is believed: the server may be newer by now. */
	s->hinted = era == MP_ERA_STATELESS;
	if (mp_eq(cfg->known_revision, MP_REV_2024_11_05))
		era = MP_ERA_SESSION;
	if (era == MP_ERA_UNKNOWN)
		era = MP_ERA_STATELESS;
	s->first_era = era;
	return start_with(s, era, first_of(s, era), err);
}

enum mcpass_rc mp_era_restart(struct mcpass_session *s, struct mcpass_error *err)
{
	if (s->fixed)
		return MCPASS_OK;
	s->tried_stateless = s->tried_session = s->hello_retried = false;
	s->channel = MP_CHANNEL_NONE;
	return start_with(s, s->first_era, first_of(s, s->first_era), err);
}

void mp_era_settle(struct mcpass_session *s)
{
	if (!s->settled)
		mp_trace_decision(s, s->era == MP_ERA_STATELESS
		    ? "The server speaks 2026-07-28: every request stands alone"
		    : "The server wants a handshake and a session", "MCP versioning");
	s->settled = true;
}

static const char *said_by(const struct mp_message *message)
{
	return message != NULL && message->said != NULL ? message->said : "";
}

/* What stands between an HTTP status and the server's own words, if it had any. */
static const char *colon(const char *said)
{
	return said[0] != '\0' ? ": " : "";
}

/* Neither form is understood: the URL is wrong, or the server is older than we speak. */
static enum mcpass_rc neither(const struct mcpass_session *s, const struct mp_message *message,
    struct mcpass_error *err)
{
	const char *said = said_by(message);
	int status = s->era == MP_ERA_SESSION ? s->hello_status : s->refused_status;
	enum mcpass_rc rc;

	if (s->settled)
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP 2025-11-25 lifecycle, Initialization",
		    "the server refused to begin a new session: HTTP %d%s%s", status,
		    colon(said), said);
	if (s->fixed) {
		rc = mp_fail(err, MCPASS_E_PROTOCOL, SPEC_COMPAT,
		    "the server does not speak revision %s: HTTP %d%s%s", s->revision, status,
		    colon(said), said);
		mp_hint(err, "Leave the revision out, so that it is detected.");
		return rc;
	}
	rc = mp_fail(err, MCPASS_E_PROTOCOL, SPEC_COMPAT, "the server took neither a request of "
	    "2026-07-28 (HTTP %d) nor initialize (HTTP %d)%s%s", s->refused_status, s->hello_status,
	    colon(said), said);
	mp_hint(err, "Check the URL: the endpoint of an MCP server often ends in /mcp.");
	return rc;
}

enum mcpass_rc mp_era_neither(const struct mcpass_session *s, int status,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_fail(err, MCPASS_E_PROTOCOL, SPEC_COMPAT, "the server took neither a request of "
	    "2026-07-28 (HTTP %d) nor initialize (HTTP %d), and has no stream of 2024-11-05 (HTTP %d)",
	    s->refused_status, s->hello_status, status);
	mp_hint(err, "Check the URL: the endpoint of an MCP server often ends in /mcp.");
	return rc;
}

/* spec: MCP 2026-07-28 streamable HTTP, "Backward Compatibility" */
static enum mcpass_rc last_resort(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (!mp_channel_may_be(s, message))
		return neither(s, message, err);
	if (call->kind == MP_CALL_INITIALIZE)
		mp_call_remove(s, call);
	else
		mp_call_requeue(s, call);
	rc = start_with(s, MP_ERA_SESSION, first_of(s, MP_ERA_SESSION), err);
	return rc ? rc : mp_channel_open(s, err);
}

static enum mcpass_rc fall_back(struct mcpass_session *s, struct mp_call *call, int status,
    const char *revision, const struct mp_message *message, struct mcpass_error *err)
{
	s->refused_status = status;
	if (s->fixed || s->tried_session)
		return last_resort(s, call, message, err);
	if (message != NULL && mp_set_span(&call->error, message->error, err))
		return MCPASS_E_NOMEM;
	mp_call_requeue(s, call);
	mp_trace_decision(s, "The answer is not one of 2026-07-28: trying the handshake of the "
	    "revisions before it", SPEC_COMPAT);
	return start_with(s, MP_ERA_SESSION, revision, err);
}

bool mp_era_is_modern(int status, int code)
{
	/* spec: streamable HTTP, "Protocol Version Header": 404 means that only with a body */
	if (code == MP_RPC_METHOD_NOT_FOUND)
		return status == 404;
	return code == MP_RPC_HEADER_MISMATCH || code == MP_RPC_MISSING_CAPABILITY
	    || code == MP_RPC_UNSUPPORTED_VERSION;
}

static bool has(struct mp_span list, const char *revision)
{
	const char *at = list.data;
	char quoted[32];
	struct mp_span item;

	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", revision);
	while (at != NULL && mp_raw_item(&at, list.data + list.len, &item))
		if (mp_span_is(item, quoted))
			return true;
	return false;
}

/* The newest of the server's revisions that we speak too, or NULL. */
static const char *pick(const struct mcpass_session *s, struct mp_span supported)
{
	const char *const *ours;
	size_t count;

	ours = mp_revisions(&count);
	while (count-- > 0)
		if ((!s->fixed || mp_eq(ours[count], s->revision)) && has(supported, ours[count]))
			return ours[count];
	return NULL;
}

/* A list, or data NULL. */
static struct mp_span supported_by(const struct mp_message *message)
{
	struct mp_span list = { NULL, 0 };

	if (message != NULL && message->error.data != NULL)
		list = mp_raw_value(mp_raw_value(message->error, "data"), "supported");
	return list.data != NULL && list.data[0] == '[' ? list : (struct mp_span){ NULL, 0 };
}

static enum mcpass_rc nothing_in_common(const struct mcpass_session *s,
    struct mp_span supported, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, SPEC_NEGOTIATION,
	    "the server speaks the revisions %.*s, we %s %s", (int)supported.len, supported.data,
	    s->fixed ? "were told to speak" : "speak " MP_REV_2025_03_26 " to",
	    s->fixed ? s->revision : MP_REV_2026_07_28);
}

enum mcpass_rc mp_era_choose(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, struct mcpass_error *err)
{
	struct mp_span supported = supported_by(message);
	const char *revision = pick(s, supported);

	if (supported.data == NULL)
		return fall_back(s, call, 400, first_of(s, MP_ERA_SESSION), message, err);
	if (revision == NULL)
		return nothing_in_common(s, supported, err);
	if (mp_revision_era(revision) == MP_ERA_SESSION)
		return fall_back(s, call, 400, revision, NULL, err);
	mp_era_settle(s);
	if (call->version_retried)
		return mp_fail(err, MCPASS_E_PROTOCOL, SPEC_NEGOTIATION,
		    "the server refuses revision %s, which it says it supports", revision);
	call->version_retried = true;
	mp_call_requeue(s, call);
	return mp_set(&s->revision, revision, err);
}

/* Servers that ignore _meta and miss the handshake say so in many ways: "Method not
 * found", "Invalid request", an error of their SDK, no code at all.  The request is sent
 * again then, so what may have acted is held to what cannot mean that it did. */
static bool is_suspicious(const struct mcpass_session *s, const struct mp_call *call,
    const struct mp_message *message)
{
	int code = message->code;
	bool of_an_sdk = code == 0 || (code <= -32000 && code > MP_RPC_HEADER_MISMATCH);
	bool of_an_old_one = code == MP_RPC_INVALID_PARAMS || code == MP_RPC_INTERNAL;

	if (code == MP_RPC_METHOD_NOT_FOUND || code == MP_RPC_INVALID_REQUEST)
		return true;
	if (mp_call_is_safe(call) && (of_an_sdk || (of_an_old_one && !s->hinted)))
		return true;
	return code != MP_RPC_INTERNAL && strstr(said_by(message), "initializ") != NULL;
}

enum mcpass_rc mp_era_suspect(struct mcpass_session *s, struct mp_call *call,
    const struct mp_message *message, bool *ret_suspect, struct mcpass_error *err)
{
	bool suspect = !s->settled && !s->fixed && !s->tried_session
	    && s->era == MP_ERA_STATELESS && is_suspicious(s, call, message);
	enum mcpass_rc rc = MCPASS_OK;

	if (suspect)
		rc = fall_back(s, call, 200, first_of(s, MP_ERA_SESSION), message, err);
	if (!rc)
		*ret_suspect = suspect;
	return rc;
}

/* 401, 403 and 407 ask for a credential, 408, 425 and 429 for patience, 413 for less, and
 * a 5xx for an operator: none of them says what the server speaks. */
static bool is_evidence(int status)
{
	static const int silent[] = { 401, 403, 407, 408, 413, 425, 429 };

	for (size_t i = 0; i < MP_COUNT(silent); i++)
		if (status == silent[i])
			return false;
	return status >= 400 && status < 500;
}

/* What to do about a refusal that is none of MCP's. */
static const char *refusal_hint(int status)
{
	switch (status) {
	case 402:
		return "The operator of the server wants to be paid: see your account there.";
	case 407:
		return "A proxy wants a login: set https_proxy=http://USER:PASSWORD@HOST:PORT, or http_proxy.";
	case 413:
	case 414:
		return "The request is larger than the server, or a proxy before it, takes: send less.";
	default:
		return "Check the URL: the endpoint of an MCP server often ends in /mcp.";
	}
}

static enum mcpass_rc http_failure(const struct mp_exchange *e, const struct mp_message *message,
    const char *reason, struct mcpass_error *err)
{
	const char *said = said_by(message);
	const char *method = e->call->method;
	enum mcpass_rc rc;

	if (said[0] == '\0' && reason != NULL)
		said = reason;
	if (e->status >= 500 || e->status == 408 || e->status == 425 || e->status == 429) {
		rc = mp_fail(err, MCPASS_E_IO, NULL, "the server answered %s with HTTP %d%s%s", method,
		    e->status, colon(said), said);
		mp_hint(err, "%s", e->status >= 500 && !mp_call_is_safe(e->call) ? MP_LOOK_FIRST
		    : "Try again later; if it stays so, tell the server's operator.");
		return rc;
	}
	rc = mp_fail(err, MCPASS_E_PROTOCOL, MP_SPEC_HTTP ", Sending Messages",
	    "the server answered %s with HTTP %d and no JSON-RPC error%s%s", method, e->status,
	    colon(said), said);
	mp_hint(err, "%s", refusal_hint(e->status));
	return rc;
}

/* An answer to a stateless request that no server of that era gives.  Some old ones fail at
 * a request that they do not expect: what only reads is asked for with a handshake then. */
static bool speaks_against(const struct mcpass_session *s, const struct mp_exchange *e,
    const struct mp_message *message)
{
	bool fails = e->status == 500 && !s->fixed && !s->hinted && mp_call_is_safe(e->call);

	return e->era == MP_ERA_STATELESS && (is_evidence(e->status) || fails)
	    && (message == NULL || !mp_era_is_modern(e->status, message->code));
}

enum mcpass_rc mp_era_refused(struct mcpass_session *s, struct mp_exchange *e,
    const struct mp_message *message, const char *reason, bool *ret_is_answer,
    struct mcpass_error *err)
{
	struct mp_call *call = e->call;
	bool against;

	if (message != NULL && message->id.data != NULL && mp_call_by_key(s, message->key) != call)
		message = NULL;         /* an error, but not of this request */
	if (call->kind == MP_CALL_INITIALIZE && is_evidence(e->status))
		return mp_era_no_session(s, e, call, message, err);
	against = speaks_against(s, e, message);
	if (against && s->era == MP_ERA_SESSION) {
		mp_call_requeue(s, call);       /* another call found out meanwhile */
		return MCPASS_OK;
	}
	if (against && !s->settled && (message == NULL || (!s->fixed && !s->tried_session)))
		return fall_back(s, call, e->status, first_of(s, MP_ERA_SESSION), message, err);
	*ret_is_answer = message != NULL && call->kind != MP_CALL_INITIALIZE;
	if (*ret_is_answer)
		return MCPASS_OK;
	return http_failure(e, message, reason, err);
}

/* Gives the calls what the server said before we asked for a handshake. */
static enum mcpass_rc deliver_kept(struct mcpass_session *s, bool *ret_any,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (struct mp_call *call = s->calls, *next; !rc && call != NULL; call = next) {
		next = call->next;
		if (call->error == NULL)
			continue;
		*ret_any = true;
		rc = mp_call_deliver_kept(s, call, err);
	}
	return rc;
}

enum mcpass_rc mp_era_no_session(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	const char *revision = pick(s, supported_by(message));
	bool any = false;
	enum mcpass_rc rc;

	if (mp_revision_era(revision) == MP_ERA_SESSION && !mp_eq(revision, s->revision)
	    && !s->hello_retried) {
		s->hello_retried = true;
		mp_call_remove(s, call);
		return start_with(s, MP_ERA_SESSION, revision, err);
	}
	s->hello_status = e->status;
	if (s->settled || s->fixed)
		return neither(s, message, err);
	rc = deliver_kept(s, &any, err);
	if (rc)
		return rc;
	if (!any && s->tried_stateless)
		return last_resort(s, call, message, err);
	mp_call_remove(s, call);
	rc = start_with(s, MP_ERA_STATELESS, mp_revision_newest(MP_ERA_STATELESS), err);
	if (!rc && any)
		mp_era_settle(s);
	return rc;
}
