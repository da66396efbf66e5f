#include "mcp/headers.h"
#include <stdlib.h>
#include "mcp/methods.h"
#include "mcp/revision.h"

#define SPEC_VALIDATION "MCP streamable HTTP, Server Validation"

bool mp_headers_is_own(const char *name)
{
	static const char *const names[] = { "Content-Length", "Transfer-Encoding", "Content-Encoding",
		"Content-Type", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE", "Trailer",
		"Expect", "Accept", "Accept-Encoding", "MCP-Protocol-Version", "Mcp-Session-Id",
		"Mcp-Method", "Mcp-Name", "Last-Event-ID", "DPoP" };

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (mp_eq_nocase(name, names[i]))
			return true;
	return false;
}

const char *mp_headers_named_by(const char *method)
{
	return mp_methods_has(method, MP_METHOD_STATELESS) ? mp_methods_named_by(method) : NULL;
}

const char *mp_headers_name(const char *method, const json_t *params)
{
	const char *member = mp_headers_named_by(method);

	return member != NULL ? mp_json_text(params, member) : NULL;
}

enum mcpass_rc mp_headers_mirror(const char *revision, const char *method, const char *name,
    struct mp_headers *headers, struct mcpass_error *err)
{
	char *value = NULL;
	enum mcpass_rc rc = mp_headers_add(headers, "MCP-Protocol-Version", revision, err);

	if (!rc)
		rc = mp_headers_add(headers, "Mcp-Method", method, err);
	if (!rc && name != NULL)
		rc = mp_header_value_encode(name, &value, err);
	if (!rc && name != NULL)
		rc = mp_headers_add(headers, "Mcp-Name", value, err);
	free(value);
	return rc;
}

struct check {
	const struct mcpass_header *headers;
	size_t count;
	int code;                       /* what the answer will say */
	struct mcpass_error *err;
};

/* The one header of that name, or NULL.  Of two, an intermediary may have judged the
 * other one. */
static const char *single(const struct check *check, const char *name)
{
	if (mp_header_count(check->headers, check->count, name) != 1)
		return NULL;
	return mp_header_get(check->headers, check->count, name);
}

static enum mcpass_rc mismatch(struct check *check, const char *name)
{
	check->code = MP_RPC_HEADER_MISMATCH;
	return mp_fail(check->err, MCPASS_E_PROTOCOL, SPEC_VALIDATION,
	    "the header %s is missing, given twice or not what the body says", name);
}

/* spec: MCP 2026-07-28 basic, "_meta": version and capabilities on every request */
static enum mcpass_rc check_version(struct check *check, const struct mp_rpc *rpc)
{
	const char *header = single(check, "MCP-Protocol-Version");
	const json_t *meta = json_object_get(rpc->params, "_meta");
	const char *version = mp_json_text(meta, MP_META_VERSION);

	if (header == NULL)
		return mismatch(check, "MCP-Protocol-Version");
	if (rpc->kind == MP_RPC_REQUEST && (version == NULL
	    || !json_is_object(json_object_get(meta, MP_META_CAPABILITIES)))) {
		check->code = MP_RPC_INVALID_PARAMS;
		return mp_fail(check->err, MCPASS_E_PROTOCOL, "MCP basic, _meta", "_meta lacks %s",
		    version == NULL ? MP_META_VERSION : MP_META_CAPABILITIES);
	}
	if (version != NULL && !mp_eq(version, header))
		return mismatch(check, "MCP-Protocol-Version");
	if (mp_revision_era(header) != MP_ERA_STATELESS) {
		check->code = MP_RPC_UNSUPPORTED_VERSION;
		return mp_fail(check->err, MCPASS_E_PROTOCOL, "MCP versioning, Protocol Version "
		    "Negotiation", "no request of revision %s is served in this form", header);
	}
	return MCPASS_OK;
}

static enum mcpass_rc check_method(struct check *check, const struct mp_rpc *rpc)
{
	const char *header = single(check, "Mcp-Method");

	/* Which headers a notification needs this revision leaves open. */
	if (rpc->kind == MP_RPC_NOTIFICATION
	    && mp_header_count(check->headers, check->count, "Mcp-Method") == 0)
		return MCPASS_OK;
	return mp_eq(header, rpc->method) ? MCPASS_OK : mismatch(check, "Mcp-Method");
}

static enum mcpass_rc check_name(struct check *check, const struct mp_rpc *rpc)
{
	const char *name = mp_headers_name(rpc->method, rpc->params);
	const char *header = single(check, "Mcp-Name");
	char *text = NULL;
	enum mcpass_rc rc;

	if (name == NULL && mp_header_count(check->headers, check->count, "Mcp-Name") == 0)
		return MCPASS_OK;
	if (name == NULL || header == NULL)
		return mismatch(check, "Mcp-Name");
	rc = mp_header_value_decode(header, &text, check->err);
	if (rc)
		check->code = MP_RPC_HEADER_MISMATCH;
	else if (!mp_eq(text, name))
		rc = mismatch(check, "Mcp-Name");
	free(text);
	return rc;
}

enum mcpass_rc mp_headers_check(const struct mcpass_header *headers, size_t count,
    const struct mp_rpc *rpc, int *ret_code, struct mcpass_error *err)
{
	struct check check = { headers, count, MP_RPC_HEADER_MISMATCH, err };
	enum mcpass_rc rc = check_version(&check, rpc);

	if (!rc)
		rc = check_method(&check, rpc);
	if (!rc)
		rc = check_name(&check, rpc);
	if (rc == MCPASS_E_PROTOCOL)
		*ret_code = check.code;
	return rc;
}
