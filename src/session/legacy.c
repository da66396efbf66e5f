/* The revisions with a handshake; spec: MCP 2025-11-25 lifecycle and transports. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

/* Its messages are those of 2025-03-26, and servers of today still name it. */
#define REV_2024_11_05 "2024-11-05"

enum mcpass_rc mp_legacy_hello(struct mcpass_session *s, struct mcpass_error *err)
{
	json_t *params = json_pack("{s:s, s:O, s:{s:s, s:s}}", "protocolVersion", s->revision,
	    "capabilities", s->capabilities, "clientInfo", "name", s->client_name, "version",
	    s->client_version);
	struct mp_call *call;
	enum mcpass_rc rc;

	if (params == NULL)
		return mp_nomem(err);
	rc = mp_call_new(s, MP_CALL_INITIALIZE, "initialize", params, &call, err);
	json_decref(params);
	if (rc)
		return rc;
	s->generation++;
	s->phase = MP_PHASE_WELCOME;
	return MCPASS_OK;
}

/* spec: transports, "Session Management" 1: visible ASCII, 0x21 to 0x7E */
static bool is_session_id(const char *text)
{
	size_t len = 0;

	for (; text[len] > 0x20 && text[len] < 0x7f && len <= MP_MAX_SESSION_ID; len++)
		;
	return len > 0 && text[len] == '\0' && len <= MP_MAX_SESSION_ID;
}

enum mcpass_rc mp_legacy_session_id(struct mcpass_session *s,
    const struct mcpass_header *headers, size_t count, struct mcpass_error *err)
{
	const char *id = mp_header_get(headers, count, "Mcp-Session-Id");

	if (id == NULL)
		return MCPASS_OK;
	if (mp_header_count(headers, count, "Mcp-Session-Id") != 1 || !is_session_id(id))
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP 2025-11-25 transports, Session Management 1",
		    "the server's Mcp-Session-Id is not one word of at most %u visible characters",
		    MP_MAX_SESSION_ID);
	mp_free_wiped(s->session_id);
	s->session_id = NULL;
	return mp_set(&s->session_id, id, err);
}

/* spec: lifecycle, "Version Negotiation": the server may name an older one */
static enum mcpass_rc check_version(const struct mcpass_session *s, const char *version,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (s->fixed ? mp_eq(version, s->revision) : mp_revision_era(version) == MP_ERA_SESSION
	    || mp_eq(version, REV_2024_11_05))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_PROTOCOL, "MCP 2025-11-25 lifecycle, Version Negotiation",
	    "asked for revision %s, the server answered with %s", s->revision,
	    version != NULL ? version : "none");
	if (s->fixed)
		mp_hint(err, "Leave the revision out, so that it is detected.");
	return rc;
}

static enum mcpass_rc announce(struct mcpass_session *s, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_exchange_new(s, MP_EXCHANGE_ANNOUNCE, NULL,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", err);
	if (!rc)
		s->phase = MP_PHASE_ANNOUNCE;
	return rc;
}

enum mcpass_rc mp_legacy_welcome(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	const char *version;
	json_t *welcome = NULL;
	enum mcpass_rc rc;

	if (message->kind == MP_RPC_ERROR)
		return mp_era_no_session(s, e, call, message, err);
	rc = mp_json_parse_by(MP_JSON_MESSAGE, message->result.data, message->result.len,
	    MP_MAX_MESSAGE, "the answer to initialize", &welcome, err);
	version = json_string_value(json_object_get(welcome, "protocolVersion"));
	if (!rc)
		rc = check_version(s, version, err);
	if (!rc)
		rc = mp_set(&s->revision, version, err);
	if (rc) {
		json_decref(welcome);
		return mp_doing(err, rc, "agreeing on a revision with the MCP server");
	}
	json_decref(s->welcome);
	s->welcome = welcome;
	mp_era_settle(s);
	mp_call_remove(s, call);
	return announce(s, err);
}

/* spec: transports, "Listening for Messages from the Server".  Requests wait until the
 * stream is open: what the server asks meanwhile comes on it, and is not lost. */
enum mcpass_rc mp_legacy_announced(struct mcpass_session *s, struct mcpass_error *err)
{
	if (s->phase != MP_PHASE_ANNOUNCE)
		return MCPASS_OK;
	if (!mp_stream_wanted(s)) {
		s->phase = MP_PHASE_READY;
		return MCPASS_OK;
	}
	s->phase = MP_PHASE_LISTEN;
	return mp_exchange_new(s, MP_EXCHANGE_LISTEN, NULL, NULL, err);
}

static enum mcpass_rc lose(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_stream_lost(s, e, &why);

	return mp_failure_contain(s, e, rc, &why, err);
}

/* What belonged to the session that is gone. */
static enum mcpass_rc end_session(struct mcpass_session *s, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	mp_free_wiped(s->session_id);
	s->session_id = NULL;
	for (struct mp_exchange *e = s->exchanges, *next; !rc && e != NULL; e = next) {
		next = e->next;
		if (e->kind == MP_EXCHANGE_LISTEN || e->kind == MP_EXCHANGE_ANNOUNCE)
			rc = mp_exchange_drop(s, e, err);
		else if (e->resuming && e->state == MP_EXCHANGE_TO_SEND && e->call != NULL)
			rc = lose(s, e, err);
	}
	return rc;
}

/* spec: transports, "Session Management" 4: a new session, without the old id */
static enum mcpass_rc restart(struct mcpass_session *s, struct mcpass_error *err)
{
	mp_trace_decision(s, "The session is gone: starting a new one",
	    "MCP 2025-11-25 transports, Session Management 4");
	s->phase = MP_PHASE_HELLO;
	s->generation++;                /* so that nothing of the old one counts as current */
	return end_session(s, err);
}

enum mcpass_rc mp_legacy_expired(struct mcpass_session *s, struct mp_exchange *e,
    struct mcpass_error *err)
{
	struct mp_call *call = e->call;
	enum mcpass_rc rc = MCPASS_OK;

	if (e->generation == s->generation)
		rc = restart(s, err);
	if (rc)
		return rc;
	if (e->resuming)                /* the answer is lost with the session */
		return mp_stream_lost(s, e, err);
	if (call->renewed)
		return mp_fail(err, MCPASS_E_PROTOCOL, "MCP 2025-11-25 transports, Session Management",
		    "the server ended the session it had just begun");
	call->renewed = true;
	mp_call_requeue(s, call);
	return MCPASS_OK;
}

enum mcpass_rc mp_legacy_ping(struct mcpass_session *s, const struct mp_message *message,
    struct mcpass_error *err)
{
	struct mp_buf buf;
	enum mcpass_rc rc;

	mp_buf_init(&buf, MP_MAX_MESSAGE);
	mp_buf_adds(&buf, "{\"jsonrpc\":\"2.0\",\"id\":");
	mp_buf_add(&buf, message->id.data, message->id.len);
	mp_buf_adds(&buf, ",\"result\":{}}");
	rc = mp_buf_check(&buf, "an answer", err);
	if (!rc)
		rc = mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}

/* spec: transports, "Session Management" 5 */
enum mcpass_rc mcpass_session_leave(struct mcpass_session *s, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_session_enter(s, err);

	if (rc || s->era != MP_ERA_SESSION || s->session_id == NULL)
		return rc;
	return mp_exchange_new(s, MP_EXCHANGE_LEAVE, NULL, NULL, err);
}

/* spec: MCP 2026-07-28 discover, "DiscoverResult"; caching: nothing is promised */
enum mcpass_rc mp_legacy_discover(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err)
{
	json_t *info = json_object_get(s->welcome, "serverInfo");
	json_t *instructions = json_object_get(s->welcome, "instructions");
	json_t *capabilities = json_object_get(s->welcome, "capabilities");
	json_t *result = json_pack("{s:s, s:[s], s:O*, s:O*, s:i, s:s, s:{s:O*}}",
	    "resultType", "complete", "supportedVersions", s->revision,
	    "capabilities", capabilities, "instructions", instructions, "ttlMs", 0,
	    "cacheScope", "private", "_meta", "io.modelcontextprotocol/serverInfo", info);
	enum mcpass_rc rc;

	if (result == NULL)
		return mp_nomem(err);
	rc = mp_call_deliver(s, call, result, false, err);
	json_decref(result);
	return rc;
}
