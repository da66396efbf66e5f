/* What a program is told that a body asks for.  How bodies are read: unit_mcp_operations. */
#include <string.h>
#include "harness/check.h"
#include "mcpass/guard.h"

#define CALL "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}"
#define READ "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"resources/read\",\"params\":{\"uri\":\"x://y\"}}"
#define PING "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}"

static const struct {
	const char *label, *body;
	struct mcpass_header header;
	enum mcpass_rc want;
	size_t count;
	struct mcpass_operation first, last;
} rows[] = {
	{ "a call", CALL, { "Accept", "*/*" }, MCPASS_OK, 1, { "tools/call", "echo" },
	    { "tools/call", "echo" } },
	{ "a URI is the name", READ, { "Accept", "*/*" }, MCPASS_OK, 1, { "resources/read", "x://y" },
	    { "resources/read", "x://y" } },
	{ "a batch", "[" CALL "," PING "]", { "Accept", "*/*" }, MCPASS_OK, 2,
	    { "tools/call", "echo" }, { "ping", NULL } },
	{ "a response", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", { "Accept", "*/*" },
	    MCPASS_OK, 0, { NULL, NULL }, { NULL, NULL } },
	{ "the header agrees", CALL, { "Mcp-Name", "echo" }, MCPASS_OK, 1, { "tools/call", "echo" },
	    { "tools/call", "echo" } },
	{ "the header does not", CALL, { "Mcp-Name", "add" }, MCPASS_E_PROTOCOL, 0, { NULL, NULL },
	    { NULL, NULL } },
	{ "read otherwise", CALL, { "Content-Type", "application/json;charset=utf-7" },
	    MCPASS_E_PROTOCOL, 0, { NULL, NULL }, { NULL, NULL } },
	{ "no JSON", "{", { "Accept", "*/*" }, MCPASS_E_PROTOCOL, 0, { NULL, NULL },
	    { NULL, NULL } },
};

static void check_row(size_t i)
{
	struct mcpass_operation *list = NULL;
	struct mcpass_error err = { 0 };
	size_t count = 99;

	CHECK_EQ(rows[i].label, mcpass_operations_read(rows[i].body, strlen(rows[i].body),
	    &rows[i].header, 1, &list, &count, &err), rows[i].want);
	CHECK_EQ(rows[i].label, err.rc, rows[i].want);
	CHECK_EQ(rows[i].label, count, rows[i].want != MCPASS_OK ? 99 : rows[i].count);
	if (list != NULL) {
		CHECK_STR(rows[i].label, list[0].method, rows[i].first.method);
		CHECK_STR(rows[i].label, list[0].name, rows[i].first.name);
		CHECK_STR(rows[i].label, list[count - 1].method, rows[i].last.method);
		CHECK_STR(rows[i].label, list[count - 1].name, rows[i].last.name);
	}
	mcpass_operations_free(list, count);
}

static void test_oom(void)
{
	OOM_EACH {
		struct mcpass_operation *list = NULL;
		size_t count = 0;
		enum mcpass_rc rc;

		rc = mcpass_operations_read(CALL, strlen(CALL), NULL, 0, &list, &count, NULL);
		CHECK_OOM("operations", rc, MCPASS_OK);
		CHECK("nothing on failure", rc == MCPASS_OK || list == NULL);
		mcpass_operations_free(list, count);
	}
}

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(i);
	test_oom();
	return check_done();
}
