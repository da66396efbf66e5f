/* What a request asks for, for a program that has its body. */
#include <stdlib.h>
#include "mcp/jsonrpc.h"
#include "mcpass/guard.h"

/* The texts go over to the caller's list. */
static enum mcpass_rc hand_over(struct mp_operations *from, struct mcpass_operation **ret_list,
    struct mcpass_error *err)
{
	struct mcpass_operation *list = calloc(from->count, sizeof(*list));

	if (list == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < from->count; i++) {
		list[i] = (struct mcpass_operation){ from->items[i].method, from->items[i].name };
		from->items[i] = (struct mp_operation){ 0 };
	}
	*ret_list = list;
	return MCPASS_OK;
}

enum mcpass_rc mcpass_operations_read(const char *body, size_t len,
    const struct mcpass_header *headers, size_t header_count,
    struct mcpass_operation **ret_operations, size_t *ret_count, struct mcpass_error *err)
{
	struct mp_operations read = { 0 };
	struct mcpass_operation *list = NULL;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_operations_check_coding(headers, header_count, err);
	if (!rc)
		rc = mp_operations_read(body, len, &read, err);
	if (!rc)
		rc = mp_operations_check_headers(&read, headers, header_count, err);
	if (!rc && read.count > 0)
		rc = hand_over(&read, &list, err);
	if (!rc) {
		*ret_operations = list;
		*ret_count = read.count;
	}
	mp_operations_free(&read);
	return rc;
}

void mcpass_operations_free(struct mcpass_operation *operations, size_t count)
{
	if (operations == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		free((char *)operations[i].method);
		free((char *)operations[i].name);
	}
	free(operations);
}
