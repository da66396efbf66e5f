#include "echo/result.h"
#include "echo/fixtures.h"

bool mp_result_put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

json_t *mp_result_text(const char *text)
{
	json_t *block = json_object();

	if (mp_result_put(block, "type", json_string("text"))
	    && mp_result_put(block, "text", json_string(text)))
		return block;
	json_decref(block);
	return NULL;
}

enum mcpass_rc mp_result_list(struct mp_call *call, const char *member, json_t **items,
    size_t count, json_t **ret_result, struct mcpass_error *err)
{
	json_t *list = json_array(), *result = json_object();
	enum mcpass_rc rc = MCPASS_OK;
	bool ok = true;

	for (size_t i = 0; i < count; i++)
		ok = json_array_append_new(list, items[i]) == 0 && ok;
	ok = json_object_set(result, member, list) == 0 && ok;
	if (ok && call->config->fixtures)
		rc = mp_fixtures_list(member, list, err);
	json_decref(list);
	/* spec: MCP 2026-07-28 pagination: we give out no cursor, so any is invalid */
	if (!ok)
		rc = mp_nomem(err);
	else if (!rc && mp_json_get(call->rpc.params, "cursor") != NULL)
		rc = mp_call_refuse(call, 200, MP_RPC_INVALID_PARAMS, err,
		    "There is no such cursor");
	if (rc)
		json_decref(result);
	else
		*ret_result = result;
	return rc;
}
