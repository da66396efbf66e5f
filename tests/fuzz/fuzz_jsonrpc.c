/* Messages: as many operations are read as there are messages with a method,
 * and nothing of what is no JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "mcp/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A scan finds what the tree says. */
static bool says_the_same(const struct mp_operations *operations, const struct mp_rpc *rpc)
{
	const json_t *name = mp_json_get(rpc->params, "name"), *uri = mp_json_get(rpc->params, "uri");
	bool by_uri = name == NULL || (rpc->method != NULL && strncmp(rpc->method, "resources/", 10) == 0);

	if (rpc->method == NULL)
		return operations->count == 0;
	return operations->count == 1 && mp_eq(operations->items[0].method, rpc->method)
	    && mp_eq(operations->items[0].name, json_string_value(by_uri ? uri : name));
}

/* In a batch of one, which no scan takes, it is refused for the same reasons. */
static bool batch_agrees(const uint8_t *data, size_t len, bool is_good)
{
	struct mp_operations operations = { 0 };
	char *batch = malloc(len + 2);
	bool agrees;

	if (batch == NULL)
		abort();
	batch[0] = '[';
	memcpy(batch + 1, data, len);
	batch[len + 1] = ']';
	agrees = (mp_operations_read(batch, len + 2, &operations, NULL) == MCPASS_OK) == is_good;
	mp_operations_free(&operations);
	free(batch);
	return agrees;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_operations operations = { 0 };
	json_t *json = NULL;
	struct mp_rpc rpc;

	if (len > MP_MAX_DOCUMENT)
		return 0;
	if (mp_json_parse_by(MP_JSON_REQUEST, (const char *)data, len, MP_MAX_DOCUMENT, "it", &json, NULL) != MCPASS_OK) {
		if (mp_operations_read((const char *)data, len, &operations, NULL) == MCPASS_OK)
			abort();
		return 0;
	}
	if (mp_rpc_read(json, &rpc, NULL) == MCPASS_OK) {
		bool is_good = mp_operations_read((const char *)data, len, &operations, NULL) == MCPASS_OK;

		if ((is_good && !says_the_same(&operations, &rpc))
		    || (data[0] == '{' && !batch_agrees(data, len, is_good)))
			abort();
	} else if (mp_operations_read((const char *)data, len, &operations, NULL) == MCPASS_OK
	    && (!json_is_array(json) || operations.count > json_array_size(json))) {
		abort();
	}
	mp_operations_free(&operations);
	json_decref(json);
	return 0;
}
