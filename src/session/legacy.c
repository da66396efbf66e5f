/* The revisions with a handshake; spec: MCP 2025-11-25 lifecycle and transports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "session/session.h"
#include "wire/json/writer.h"

/* Another program's initialize goes as it is, but for a revision that the server asked for. */
static enum mcpass_rc relay_hello(struct mcpass_session *s, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_span text = { s->hello, strlen(s->hello) };
	struct mp_span version = mp_raw_value(mp_raw_value(text, "params"), "protocolVersion");
	char quoted[32];
	struct mp_edit edit = { version, { quoted, 0 } };
	struct mp_buf buf = MP_BUF(2 * MP_MAX_MESSAGE);

	edit.to.len = (size_t)snprintf(quoted, sizeof(quoted), "\"%s\"", s->revision);
	mp_raw_edit(&buf, text, &edit, version.data != NULL ? 1 : 0);
	return mp_buf_take(&buf, "initialize", ret_text, err);
}

static enum mcpass_rc ask_hello(struct mcpass_session *s, struct mp_call **ret_call,
    struct mcpass_error *err)
{
	struct mp_buf params = MP_BUF(2 * MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &params };
	enum mcpass_rc rc;

	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "protocolVersion", s->revision);
	mp_writer_raw(&w, "capabilities", (struct mp_span){ s->capabilities, strlen(s->capabilities) });
	mp_writer_raw(&w, "clientInfo", (struct mp_span){ s->client, strlen(s->client) });
	mp_writer_end(&w, '}');
	rc = mp_buf_check(&params, "initialize", err);
	if (!rc)
		rc = mp_call_ask(s, MP_CALL_INITIALIZE, "initialize",
		    (struct mp_span){ mp_buf_text(&params), params.len }, ret_call, err);
	mp_buf_free(&params);
	return rc;
}

enum mcpass_rc mp_legacy_hello(struct mcpass_session *s, struct mcpass_error *err)
{
	struct mp_call *call = NULL;
	char *text = NULL;
	enum mcpass_rc rc;

	rc = s->hello != NULL ? relay_hello(s, &text, err) : ask_hello(s, &call, err);
	if (!rc && text != NULL)
		rc = mp_call_new(s, MP_CALL_INITIALIZE, text, NULL, &call, err);
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
	    || mp_eq(version, MP_REV_2024_11_05))
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

/* Its protocolVersion, NULL when it is no text. */
static enum mcpass_rc read_version(struct mp_span welcome, char **ret_version,
    struct mcpass_error *err)
{
	struct mp_span json = mp_raw_value(welcome, "protocolVersion");
	struct mp_buf buf;

	if (json.len < 2 || json.data[0] != '"')
		return MCPASS_OK;
	mp_buf_init(&buf, 3 * json.len);
	(void)mp_raw_text(&buf, json);
	return mp_buf_take(&buf, "a revision", ret_version, err);
}

enum mcpass_rc mp_legacy_welcome(struct mcpass_session *s, struct mp_exchange *e,
    struct mp_call *call, const struct mp_message *message, struct mcpass_error *err)
{
	char *version = NULL, *welcome = NULL;
	enum mcpass_rc rc;

	if (message->kind == MP_RPC_ERROR)
		return mp_era_no_session(s, e, call, message, err);
	rc = read_version(message->result, &version, err);
	if (!rc)
		rc = check_version(s, version, err);
	if (!rc)
		rc = mp_raw_line(message->result, &welcome, err);
	if (!rc)
		rc = mp_set(&s->revision, version, err);
	free(version);
	if (rc) {
		free(welcome);
		return mp_doing(err, rc, "agreeing on a revision with the MCP server");
	}
	free(s->welcome);
	s->welcome = welcome;
	s->begun++;
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
	if (!s->may_be_asked || s->channel == MP_CHANNEL_OPEN) {
		s->phase = MP_PHASE_READY;
		return MCPASS_OK;
	}
	s->phase = MP_PHASE_LISTEN;
	return mp_exchange_new(s, MP_EXCHANGE_LISTEN, NULL, NULL, err);
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
	struct mp_buf buf = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc;

	mp_buf_adds(&buf, "{\"jsonrpc\":\"2.0\",\"id\":");
	mp_buf_add(&buf, message->id.data, message->id.len);
	mp_buf_adds(&buf, ",\"result\":{}}");
	rc = mp_buf_check(&buf, "an answer", err);
	if (!rc)
		rc = mp_exchange_new(s, MP_EXCHANGE_NOTE, NULL, mp_buf_text(&buf), err);
	mp_buf_free(&buf);
	return rc;
}

/* spec: MCP 2026-07-28 discover, "DiscoverResult"; caching: nothing is promised */
enum mcpass_rc mp_legacy_discover(struct mcpass_session *s, struct mp_call *call,
    struct mcpass_error *err)
{
	struct mp_span welcome = { s->welcome, strlen(s->welcome) };
	struct mp_buf result;
	struct mp_writer w = { .buf = &result };
	enum mcpass_rc rc;

	mp_buf_init(&result, 2 * welcome.len + 256);
	mp_writer_object(&w, NULL);
	mp_writer_text(&w, "resultType", "complete");
	mp_writer_array(&w, "supportedVersions");
	mp_writer_text(&w, NULL, s->revision);
	mp_writer_end(&w, ']');
	mp_writer_raw(&w, "capabilities", mp_raw_value(welcome, "capabilities"));
	mp_writer_raw(&w, "instructions", mp_raw_value(welcome, "instructions"));
	mp_writer_int(&w, "ttlMs", 0);
	mp_writer_text(&w, "cacheScope", "private");
	mp_writer_object(&w, "_meta");
	mp_writer_raw(&w, "io.modelcontextprotocol/serverInfo", mp_raw_value(welcome, "serverInfo"));
	mp_writer_end(&w, '}');
	mp_writer_end(&w, '}');
	rc = mp_buf_check(&result, "what the server said of itself", err);
	if (!rc)
		rc = mp_call_deliver(s, call, (struct mp_span){ mp_buf_text(&result), result.len },
		    false, err);
	mp_buf_free(&result);
	return rc;
}
