/* Messages: as many operations are read as there are messages with a method. */
#include <stdint.h>
#include <stdlib.h>
#include "base/limits.h"
#include "mcp/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_operations operations = { 0 };
	json_t *json = NULL;
	struct mp_rpc rpc;

	if (mp_json_parse_by(MP_JSON_REQUEST, (const char *)data, len, MP_MAX_DOCUMENT, "it", &json, NULL) != MCPASS_OK)
		return 0;
	if (mp_rpc_read(json, &rpc, NULL) == MCPASS_OK) {
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
