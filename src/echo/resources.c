/* The one resource.  spec: MCP 2026-07-28 resources */
#include "echo/call.h"
#include "echo/result.h"

#define URI "echo://about"
#define TEXT "This is the echo server of mcpass: a small protected MCP server.\n" \
	"It keeps nothing.  Its tools are echo, get_time and whoami.\n"
#define NOT_FOUND_BEFORE_2026 (-32002)

static json_t *about(void)
{
	json_t *json = json_object();

	if (mp_result_put(json, "uri", json_string(URI))
	    && mp_result_put(json, "name", json_string("about"))
	    && mp_result_put(json, "title", json_string("About this server"))
	    && mp_result_put(json, "mimeType", json_string("text/plain")))
		return json;
	json_decref(json);
	return NULL;
}

enum mcpass_rc mp_resources_list(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	json_t *item = about();

	return mp_result_list(call, "resources", &item, 1, ret_result, err);
}

enum mcpass_rc mp_resources_templates(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	return mp_result_list(call, "resourceTemplates", NULL, 0, ret_result, err);
}

/* spec: MCP 2026-07-28 resources, "Error Handling": -32602, which was -32002 before */
static enum mcpass_rc refuse(struct mp_call *call, json_t *uri, struct mcpass_error *err)
{
	json_t *data = json_object();

	if (json_object_set(data, "uri", uri) != 0) {
		json_decref(data);
		return mp_nomem(err);
	}
	call->data = data;
	return mp_call_refuse(call, 200, call->era == MP_ERA_STATELESS ? MP_RPC_INVALID_PARAMS
	    : NOT_FOUND_BEFORE_2026, err, "Resource not found");
}

static json_t *contents(void)
{
	json_t *item = json_object(), *list = json_array();

	if (mp_result_put(item, "uri", json_string(URI))
	    && mp_result_put(item, "mimeType", json_string("text/plain"))
	    && mp_result_put(item, "text", json_string(TEXT))
	    && json_array_append(list, item) == 0) {
		json_decref(item);
		return list;
	}
	json_decref(item);
	json_decref(list);
	return NULL;
}

enum mcpass_rc mp_resources_read(struct mp_call *call, json_t **ret_result,
    struct mcpass_error *err)
{
	json_t *uri = mp_json_get(call->rpc.params, "uri"), *result;

	if (!json_is_string(uri))
		return mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err, "uri is missing");
	if (!mp_eq(json_string_value(uri), URI))
		return refuse(call, uri, err);
	result = json_object();
	if (!mp_result_put(result, "contents", contents())) {
		json_decref(result);
		return mp_nomem(err);
	}
	*ret_result = result;
	return MCPASS_OK;
}
