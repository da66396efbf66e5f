/* The methods that both eras know, and how an era dresses a result. */
#include <string.h>
#include "echo/call.h"
#include "echo/fixtures.h"
#include "echo/result.h"
#include "mcp/methods.h"
#include "wire/jose/crypto.h"

#define TTL_MS 300000           /* what we offer does not change while we run */
#define INSTRUCTIONS "Tools that answer with what they are given, the time, and who is calling."

/* Hands out a result that was put together, or says that memory ran out. */
static enum mcpass_rc built(json_t *result, bool ok, json_t **ret_result,
    struct mcpass_error *err)
{
	if (!ok) {
		json_decref(result);
		return mp_nomem(err);
	}
	*ret_result = result;
	return MCPASS_OK;
}

static json_t *server_info(void)
{
	json_t *info = json_object();

	if (mp_result_put(info, "name", json_string(MP_ECHO_NAME))
	    && mp_result_put(info, "version", json_string(MCPASS_VERSION)))
		return info;
	json_decref(info);
	return NULL;
}

static json_t *capabilities(void)
{
	json_t *json = json_object();

	if (mp_result_put(json, "tools", json_object())
	    && mp_result_put(json, "prompts", json_object())
	    && mp_result_put(json, "resources", json_object()))
		return json;
	json_decref(json);
	return NULL;
}

/* spec: MCP 2025-11-25 lifecycle, "Initialization", "Version Negotiation": the revision
 * that is asked for when we have it, else our newest of this era */
static enum mcpass_rc initialize(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	const char *asked = json_string_value(mp_json_get(call->rpc.params,
	    "protocolVersion"));
	json_t *result;
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
	result = json_object();
	return built(result, mp_result_put(result, "protocolVersion", json_string(asked))
	    && mp_result_put(result, "capabilities", capabilities())
	    && mp_result_put(result, "serverInfo", server_info())
	    && mp_result_put(result, "instructions", json_string(INSTRUCTIONS)), ret_result, err);
}

static enum mcpass_rc ping(struct mp_call *call, json_t **ret_result, struct mcpass_error *err)
{
	json_t *result = json_object();

	(void)call;
	return built(result, result != NULL, ret_result, err);
}

/* spec: MCP 2026-07-28 discovery */
static enum mcpass_rc discover(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	json_t *result = json_object();

	(void)call;
	return built(result, mp_result_put(result, "supportedVersions", mp_era_revisions())
	    && mp_result_put(result, "capabilities", capabilities())
	    && mp_result_put(result, "instructions", json_string(INSTRUCTIONS)), ret_result, err);
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
static const struct method *find_method(const struct mp_call *call)
{
	unsigned era = call->era == MP_ERA_STATELESS ? MP_METHOD_STATELESS : MP_METHOD_SESSIONS;

	for (size_t i = 0; i < MP_COUNT(methods); i++)
		if (strcmp(methods[i].name, call->rpc.method) == 0)
			return mp_methods_has(methods[i].name, era) ? &methods[i] : NULL;
	return NULL;
}

/* spec: MCP 2026-07-28 basic, "ResultType", "Per-response protocol fields"; caching */
static bool dress(const struct mp_call *call, const struct method *method, json_t *result)
{
	json_t *meta;

	if (call->era != MP_ERA_STATELESS)
		return true;
	meta = json_object();
	if (!mp_result_put(meta, "io.modelcontextprotocol/serverInfo", server_info())) {
		json_decref(meta);
		return false;
	}
	if (!mp_result_put(result, "_meta", meta)
	    || !mp_result_put(result, "resultType", json_string("complete")))
		return false;
	if (!mp_methods_has(method->name, MP_METHOD_CACHEABLE))
		return true;
	/* The same for everybody, but what a token was needed for stays with its holder. */
	return mp_result_put(result, "ttlMs", json_integer(TTL_MS))
	    && mp_result_put(result, "cacheScope",
	    json_string(call->caller != NULL ? "private" : "public"));
}

enum mcpass_rc mp_methods_run(struct mp_call *call, json_t **ret_result, struct mcpass_error *err)
{
	const struct method *method = find_method(call);
	json_t *result = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (method == NULL)     /* spec: MCP 2026-07-28 streamable HTTP: 404; before it, 200 */
		return mp_call_refuse(call, call->era == MP_ERA_STATELESS ? 404 : 200,
		    MP_RPC_METHOD_NOT_FOUND, err, "Method not found: %s", call->rpc.method);
	if (call->config->fixtures)
		rc = mp_fixtures_answer(call, &result, err);
	if (!rc && result == NULL)
		rc = method->answer(call, &result, err);
	if (rc)
		return rc;
	return built(result, dress(call, method, result), ret_result, err);
}

const char *mp_echo_method(size_t i)
{
	return i < MP_COUNT(methods) ? methods[i].name : NULL;
}
