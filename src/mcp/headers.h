/* headers.h - the headers in which 2026-07-28 mirrors a request's body.
 * spec: MCP 2026-07-28 streamable HTTP, "Standard Request Headers", "Custom Headers" */
#pragma once
#include "mcp/jsonrpc.h"
#include "wire/http/http.h"

#define MP_META_VERSION "io.modelcontextprotocol/protocolVersion"
#define MP_META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define MP_META_CLIENT "io.modelcontextprotocol/clientInfo"

/* A header value: text as it is where it may stand in a header, else
 * "=?base64?...?="; also for text that looks like that itself.  The caller's (free). */
enum mcpass_rc mp_header_value_encode(const char *text, char **ret_value, struct mcpass_error *err);
/* The way back; text that is no sentinel is itself. */
enum mcpass_rc mp_header_value_decode(const char *value, char **ret_text, struct mcpass_error *err);

/* Whether a client writes that header itself: what frames the message, what a revision of MCP asks
 * for.  A second one is no wish that could be met: it cuts the body, or names two revisions. */
bool mp_headers_is_own(const char *name);

/* The member of params that Mcp-Name mirrors for this method, or NULL; and its value, borrowed
 * from params. */
const char *mp_headers_named_by(const char *method);
const char *mp_headers_name(const char *method, const json_t *params);

/* Client: adds MCP-Protocol-Version, Mcp-Method, Mcp-Name for a request of the stateless era;
 * name NULL: it names nothing. */
enum mcpass_rc mp_headers_mirror(const char *revision, const char *method, const char *name,
    struct mp_headers *headers, struct mcpass_error *err);

/* Server: checks a stateless-era request's headers against its body.
 * MCPASS_OK, or MCPASS_E_PROTOCOL with *ret_code the JSON-RPC code to answer with
 * (HEADER_MISMATCH, INVALID_PARAMS for missing _meta keys, UNSUPPORTED_VERSION). */
enum mcpass_rc mp_headers_check(const struct mcpass_header *headers, size_t count,
    const struct mp_rpc *rpc, int *ret_code, struct mcpass_error *err);
