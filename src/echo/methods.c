/* The methods that both eras know, and how an era dresses a result. */
#include <string.h>
#include "echo/call.h"
#include "echo/fixtures.h"
#include "mcp/methods.h"
#include "wire/jose/crypto.h"

#define TTL_MS 300000           /* what we offer does not change while we run */
#define INSTRUCTIONS "Tools that answer with what they are given, the time, and who is calling."

static void add_server_info(struct mp_writer *w, const char *name)
{
	mp_writer_object(w, name);
	mp_writer_text(w, "name", MP_ECHO_NAME);
	mp_writer_text(w, "version", MCPASS_VERSION);
	mp_writer_end(w, '}');
}

static void add_capabilities(struct mp_writer *w)
{
	static const char *const offered[] = { "tools", "prompts", "resources" };

	mp_writer_object(w, "capabilities");
	for (size_t i = 0; i < MP_COUNT(offered); i++) {
		mp_writer_object(w, offered[i]);
		mp_writer_end(w, '}');
	}
	mp_writer_end(w, '}');
}

/* spec: MCP 2025-11-25 lifecycle, "Initialization", "Version Negotiation": the revision
 * that is asked for when we have it, else our newest of this era */
static enum mcpass_rc initialize(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	const char *asked = json_string_value(mp_json_get(call->rpc.params,
	    "protocolVersion"));
	enum mcpass_rc rc;

	/* spec: MCP 2025-03-26 lifecycle (MUST NOT be part of a batch) */
	if (call->batched)
		return mp_call_refuse(call, 400, MP_RPC_INVALID_REQUEST, err,
		    "initialize must stand alone");
	if (asked == NULL)
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err,
		    "protocolVersion is missing");
	if (mp_revision_era(asked) != MP_ERA_SESSION)
		asked = mp_revision_newest(MP_ERA_SESSION);
	call->revision = asked;
	if (call->config->random != NULL) {     /* an id that stands for nothing kept here */
		rc = mp_random_text(call->config->random, call->config->random_ctx, 16,
		    &call->session, err);
		if (rc)
			return rc;
	}
	mp_writer_text(result, "protocolVersion", asked);
	add_capabilities(result);
	add_server_info(result, "serverInfo");
	mp_writer_text(result, "instructions", INSTRUCTIONS);
	return MCPASS_OK;
}

static enum mcpass_rc ping(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	(void)call;
	(void)result;
	(void)err;
	return MCPASS_OK;
}

/* spec: MCP 2026-07-28 discovery */
static enum mcpass_rc discover(struct mp_echo_call *call, struct mp_writer *result,
    struct mcpass_error *err)
{
	(void)call;
	(void)err;
	mp_era_revisions(result, "supportedVersions");
	add_capabilities(result);
	mp_writer_text(result, "instructions", INSTRUCTIONS);
	return MCPASS_OK;
}

static const struct method {
	const char *name;
	mp_method_fn *answer;
} methods[] = {
	{ "initialize", initialize },
	{ "ping", ping },
	{ "server/discover", discover },
	{ "tools/list", mp_tools_list },
	{ "tools/call", mp_tools_call },
	{ "prompts/list", mp_prompts_list },
	{ "prompts/get", mp_prompts_get },
	{ "resources/list", mp_resources_list },
	{ "resources/templates/list", mp_resources_templates },
	{ "resources/read", mp_resources_read },
};

/* NULL when the era has no such method. */
static const struct method *find_method(const struct mp_echo_call *call)
{
	unsigned era = call->era == MP_ERA_STATELESS ? MP_METHOD_STATELESS : MP_METHOD_SESSIONS;

	for (size_t i = 0; i < MP_COUNT(methods); i++)
		if (strcmp(methods[i].name, call->rpc.method) == 0)
			return mp_methods_has(methods[i].name, era) ? &methods[i] : NULL;
	return NULL;
}

/* spec: MCP 2026-07-28 basic, "ResultType", "Per-response protocol fields"; caching */
static void dress(const struct mp_echo_call *call, const struct method *method, struct mp_writer *w)
{
	if (call->era != MP_ERA_STATELESS)
		return;
	mp_writer_object(w, "_meta");
	add_server_info(w, "io.modelcontextprotocol/serverInfo");
	mp_writer_end(w, '}');
	mp_writer_text(w, "resultType", "complete");
	if (!mp_methods_has(method->name, MP_METHOD_CACHEABLE))
		return;
	/* The same for all callers, but what a token was needed for stays with its holder. */
	mp_writer_int(w, "ttlMs", TTL_MS);
	mp_writer_text(w, "cacheScope", call->caller != NULL ? "private" : "public");
}

enum mcpass_rc mp_methods_run(struct mp_echo_call *call, struct mp_buf *result, struct mcpass_error *err)
{
	const struct method *method = find_method(call);
	struct mp_writer w = { .buf = result };
	bool answered = false;
	enum mcpass_rc rc = MCPASS_OK, written;

	if (method == NULL)     /* spec: MCP 2026-07-28 streamable HTTP: 404; before it, 200 */
		return mp_call_refuse(call, call->era == MP_ERA_STATELESS ? 404 : 200,
		    MP_RPC_METHOD_NOT_FOUND, err, "Method not found: %s", call->rpc.method);
	mp_writer_object(&w, NULL);
	if (call->config->fixtures)
		rc = mp_fixtures_answer(call, &w, &answered, err);
	if (!rc && !answered)
		rc = method->answer(call, &w, err);
	dress(call, method, &w);
	mp_writer_end(&w, '}');
	written = mp_buf_check(result, "the answer", rc ? NULL : err);
	return written ? written : rc;          /* a refusal costs memory, too */
}

const char *mp_echo_method(size_t i)
{
	return i < MP_COUNT(methods) ? methods[i].name : NULL;
}
