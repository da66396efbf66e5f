/* Messages: what is read can be written again, and whoever polices operations sees as
 * many as there are messages with a method. */
#include <stdint.h>
#include <stdlib.h>
#include "base/limits.h"
#include "mcp/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_again(const struct mp_rpc *rpc)
{
	json_t *json = NULL;
	struct mp_rpc again;

	switch (rpc->kind) {
	case MP_RPC_REQUEST:
	case MP_RPC_NOTIFICATION:
		if (mp_rpc_request(rpc->id, rpc->method, rpc->params, &json, NULL) != MCPASS_OK)
			abort();
		break;
	case MP_RPC_RESULT:
		if (mp_rpc_result(rpc->id, rpc->result, &json, NULL) != MCPASS_OK)
			abort();
		break;
	case MP_RPC_ERROR:
		if (mp_rpc_error(rpc->id, rpc->code, rpc->message, NULL, &json, NULL) != MCPASS_OK)
			abort();
		break;
	case MP_RPC_INVALID:
		abort();
	}
	if (mp_rpc_read(json, &again, NULL) != MCPASS_OK || again.kind != rpc->kind
	    || again.code != rpc->code || (again.id == NULL) != (rpc->id == NULL))
		abort();
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_operations operations = { 0 };
	json_t *json = NULL;
	struct mp_rpc rpc;

	if (mp_json_parse_by(MP_JSON_REQUEST, (const char *)data, len, MP_MAX_DOCUMENT, "it", &json, NULL) != MCPASS_OK)
		return 0;
	if (mp_rpc_read(json, &rpc, NULL) == MCPASS_OK) {
		write_again(&rpc);
		if (mp_operations_read((const char *)data, len, &operations, NULL) == MCPASS_OK
		    && operations.count != (rpc.method != NULL ? 1 : 0))
			abort();
	} else if (mp_operations_read((const char *)data, len, &operations, NULL) == MCPASS_OK
	    && (!json_is_array(json) || operations.count > json_array_size(json))) {
		abort();
	}
	mp_operations_free(&operations);
	json_decref(json);
	return 0;
}
