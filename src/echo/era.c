/* Which revision a message is served by.
 * spec: MCP 2026-07-28 versioning, "Backward Compatibility"; MCP 2025-11-25 transports,
 *       "Protocol Version Header" */
#include <stdio.h>
#include "base/limits.h"
#include "echo/call.h"
#include "mcp/headers.h"

void mp_era_revisions(struct mp_writer *w, const char *name)
{
	size_t count;
	const char *const *names = mp_revisions(&count);

	mp_writer_array(w, name);
	while (count-- > 0)
		mp_writer_text(w, NULL, names[count]);
	mp_writer_end(w, ']');
}

/* spec: MCP 2026-07-28 versioning, "Protocol Version Negotiation": what we have, and what
 * was asked for */
static enum mcpass_rc refuse_version(struct mp_echo_call *call, const char *requested,
    struct mcpass_error *err)
{
	struct mp_buf data = MP_BUF(MP_MAX_MESSAGE);
	struct mp_writer w = { .buf = &data };
	char text[64];          /* a header may hold any bytes */
	enum mcpass_rc rc;

	(void)snprintf(text, sizeof(text), "%s", requested);
	mp_one_line(text);
	mp_writer_object(&w, NULL);
	mp_era_revisions(&w, "supported");
	mp_writer_text(&w, "requested", text);
	mp_writer_end(&w, '}');
	rc = mp_buf_take(&data, "the answer", &call->data, err);
	if (rc)
		return rc;
	return mp_call_refuse(call, 400, MP_RPC_UNSUPPORTED_VERSION, err,
	    "Unsupported protocol version: %s", text);
}

static const char *version_header(const struct mp_echo_call *call)
{
	return mp_header_get(call->http->headers, call->http->header_count,
	    "MCP-Protocol-Version");
}

static const json_t *version_in_meta(const struct mp_echo_call *call)
{
	return mp_json_get(mp_json_get(call->rpc.params, "_meta"), MP_META_VERSION);
}

/* initialize opens the old era whatever the header says: a client that falls back may
 * still send the one of its first attempt. */
static bool is_stateless(const struct mp_echo_call *call)
{
	if (version_in_meta(call) != NULL)
		return true;
	if (mp_eq(call->rpc.method, "initialize"))
		return false;
	return mp_eq(call->rpc.method, "server/discover")
	    || mp_revision_era(version_header(call)) == MP_ERA_STATELESS;
}

static enum mcpass_rc open_stateless(struct mp_echo_call *call, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	int code = MP_RPC_INVALID_REQUEST;
	enum mcpass_rc rc;

	call->era = MP_ERA_STATELESS;
	if (call->batched)      /* spec: MCP 2025-06-18 changelog 1 (batching is gone) */
		return mp_call_refuse(call, 400, MP_RPC_INVALID_REQUEST, err,
		    "A batch cannot hold a request of this revision");
	/* spec: MCP 2026-07-28 streamable HTTP: the client MUST NOT send responses */
	if (call->rpc.method == NULL)
		return mp_call_refuse(call, 400, MP_RPC_INVALID_REQUEST, err,
		    "Responses are not sent to a server");
	rc = mp_headers_check(call->http->headers, call->http->header_count, &call->rpc, &code,
	    &why);
	if (rc == MCPASS_E_PROTOCOL && code == MP_RPC_UNSUPPORTED_VERSION)
		return refuse_version(call, version_header(call), err);
	if (rc == MCPASS_E_PROTOCOL)
		return mp_call_refuse(call, 400, code, err, "%s", why.detail);
	if (rc)
		return mp_fail(err, rc, why.spec, "%s", why.detail);
	call->revision = version_header(call);
	return MCPASS_OK;
}

static enum mcpass_rc open_session(struct mp_echo_call *call, struct mcpass_error *err)
{
	size_t count = mp_header_count(call->http->headers, call->http->header_count,
	    "MCP-Protocol-Version");
	const char *header = version_header(call);

	call->era = MP_ERA_SESSION;
	/* spec: MCP 2025-06-18 transports: a server that sees no header assumes 2025-03-26,
	 * the last revision that had none */
	call->revision = MP_REV_2025_03_26;
	if (count == 0 || mp_eq(call->rpc.method, "initialize"))
		return MCPASS_OK;
	if (count > 1)
		return mp_call_refuse(call, 400, MP_RPC_INVALID_REQUEST, err,
		    "MCP-Protocol-Version was sent more than once");
	if (mp_revision_era(header) != MP_ERA_SESSION)
		return refuse_version(call, header, err);
	call->revision = header;
	return MCPASS_OK;
}

enum mcpass_rc mp_era_decide(struct mp_echo_call *call, struct mcpass_error *err)
{
	return is_stateless(call) ? open_stateless(call, err) : open_session(call, err);
}
