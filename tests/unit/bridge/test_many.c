/* Several servers as one. */
#include "harness/check.h"
#include "script.h"

#define MODERN "2026-07-28"
#define RPC "{\"jsonrpc\":\"2.0\","
#define HELLO "H " RPC "\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-03-26\",\"capabilities\":{},\"clientInfo\":{\"name\":\"h\"}}}\n" \
	"open 0 h 2025-03-26 {}\nrequest 0 1 server/discover -\nopen 1 h 2025-03-26 {}\nrequest 1 2 server/discover -\n"
#define OWN "\"serverInfo\":{\"name\":\"mcpass\",\"version\":\"" MCPASS_VERSION "\"}"
#define TWO HELLO "A 0 1 {\"capabilities\":{\"tools\":{}},\"instructions\":\"a\"}\n" \
	"A 1 2 {\"capabilities\":{\"tools\":{},\"resources\":{},\"logging\":{},\"prompts\":{}},\"instructions\":\"b\"}\n" \
	"< " RPC "\"id\":0,\"result\":{\"protocolVersion\":\"2025-03-26\",\"capabilities\":{\"tools\":{},\"resources\":{},\"logging\":{},\"prompts\":{}}," \
	OWN ",\"instructions\":\"a\\n\\nb\"}}\n"
#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}"

static const struct {
	struct script_world world;
	const char *script;
} rows[] = {
	{ { .label = "initialize waits for both", .servers = 2 }, TWO },
	{ { .label = "one is down: the other serves", .servers = 2 },
	    HELLO "F 0 1 down\nA 1 2 {\"capabilities\":{\"tools\":{}}}\n< " RPC "\"id\":0,\"result\":{\"protocolVersion\":\"2025-03-26\",\"capabilities\":{\"tools\":{}}," OWN "}}\n" },
	{ { .label = "both are down", .servers = 2 },
	    HELLO "F 0 1 down\nF 1 2 out\n< " RPC "\"id\":0,\"error\":{\"code\":-32603,\"message\":\"down\"}}\n" },
	{ { .label = "a list of all pages of both, with prefixes", .servers = 2, .deny = "no" },
	    TWO "H " RPC "\"id\":1,\"method\":\"tools/list\"}\nrequest 0 3 tools/list -\nrequest 1 4 tools/list -\n"
	    "A 1 4 {\"tools\":[{\"name\":\"b\",\"n\":1.0},{\"name\":\"no\"}],\"nextCursor\":\"c\"}\nrequest 1 5 tools/list {\"cursor\":\"c\"}\n"
	    "A 0 3 {\"tools\":[{\"name\":\"a\"}]}\nA 1 5 {\"tools\":[{\"name\":\"c\"}]}\n"
	    "< " RPC "\"id\":1,\"result\":{\"tools\":[{\"n\":1.0,\"name\":\"two_b\"},{\"name\":\"one_a\"},{\"name\":\"two_c\"}]}}\n"
	    "H " RPC "\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"two_b\"}}\nrequest 1 6 tools/call {\"name\":\"b\"}\n"
	    "H " RPC "\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"b\"}}\n< " RPC "\"id\":3,\"error\":{\"code\":-32602,\"message\":\"There is no such tool.\"}}\n"
	    "H " RPC "\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"two_no\"}}\n< " RPC "\"id\":4,\"error\":{\"code\":-32602,\"message\":\"There is no such tool.\"}}\n" },
	{ { .label = "a part that fails takes nothing from the others", .servers = 2 },
	    TWO "H " RPC "\"id\":1,\"method\":\"tools/list\"}\nrequest 0 3 tools/list -\nrequest 1 4 tools/list -\n"
	    "F 0 3 broken\nA 1 4 {\"tools\":[{\"name\":\"b\"}]}\n< " RPC "\"id\":1,\"result\":{\"tools\":[{\"name\":\"two_b\"}]}}\n" },
	{ { .label = "a list that is given up", .servers = 2 },
	    TWO "H " RPC "\"id\":1,\"method\":\"tools/list\"}\nrequest 0 3 tools/list -\nrequest 1 4 tools/list -\n"
	    "H " RPC "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}\ncancel 0 3\ncancel 1 4\n" },
	{ { .label = "resources by their URI, prompts by their name", .servers = 2 },
	    TWO "H " RPC "\"id\":1,\"method\":\"resources/list\"}\nrequest 1 3 resources/list -\nA 1 3 {\"resources\":[{\"uri\":\"x:1\",\"name\":\"r\"}]}\n"
	    "< " RPC "\"id\":1,\"result\":{\"resources\":[{\"uri\":\"x:1\",\"name\":\"r\"}]}}\n"
	    "H " RPC "\"id\":2,\"method\":\"resources/read\",\"params\":{\"uri\":\"x:1\"}}\nrequest 1 4 resources/read {\"uri\":\"x:1\"}\n"
	    "H " RPC "\"id\":3,\"method\":\"resources/read\",\"params\":{\"uri\":\"y:1\"}}\nrequest 1 5 resources/read {\"uri\":\"y:1\"}\n"
	    "H " RPC "\"id\":4,\"method\":\"prompts/get\",\"params\":{\"name\":\"two_p\"}}\nrequest 1 6 prompts/get {\"name\":\"p\"}\n"
	    "H " RPC "\"id\":5,\"method\":\"prompts/get\",\"params\":{\"name\":\"p\"}}\n< " RPC "\"id\":5,\"error\":{\"code\":-32602,\"message\":\"There is no such prompt.\"}}\n" },
	{ { .label = "completion of a prompt and of a template", .servers = 2 },
	    TWO "H " RPC "\"id\":1,\"method\":\"completion/complete\",\"params\":{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"two_p\"}}}\n"
	    "request 1 3 completion/complete {\"ref\":{\"type\":\"ref/prompt\",\"name\":\"p\"}}\n"
	    "H " RPC "\"id\":2,\"method\":\"completion/complete\",\"params\":{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"x\"}}}\n"
	    "request 1 4 completion/complete {\"ref\":{\"type\":\"ref/resource\",\"uri\":\"x\"}}\n" },
	{ { .label = "a level for those that log, a ping for all", .servers = 2 },
	    TWO "H " RPC "\"id\":1,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"info\"}}\nrequest 1 3 logging/setLevel {\"level\":\"info\"}\n"
	    "A 1 3 {}\n< " RPC "\"id\":1,\"result\":{}}\n" },
	{ { .label = "requests of two servers under one id", .servers = 2 },
	    TWO "M 0 0 " RPC "\"id\":1,\"method\":\"roots/list\"}\n< {\"jsonrpc\":\"2.0\",\"method\":\"roots/list\",\"id\":\"mcpass-1\"}\n"
	    "M 1 0 " RPC "\"id\":1,\"method\":\"roots/list\"}\n< {\"jsonrpc\":\"2.0\",\"method\":\"roots/list\",\"id\":\"mcpass-2\"}\n"
	    "H " RPC "\"id\":\"mcpass-2\",\"result\":{\"n\":1.0}}\nrespond 1 {\"jsonrpc\":\"2.0\",\"result\":{\"n\":1.0},\"id\":1}\n"
	    "H " RPC "\"id\":\"mcpass-1\",\"result\":{}}\nrespond 0 {\"jsonrpc\":\"2.0\",\"result\":{},\"id\":1}\nH " RPC "\"id\":1,\"result\":{}}\n" },
	{ { .label = "one of each era", .servers = 2, .revisions = { MODERN, NULL } },
	    TWO "H " RPC "\"id\":1,\"method\":\"tools/list\"}\n"
	    "request 0 3 tools/list {\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{},\"io.modelcontextprotocol/clientInfo\":{\"name\":\"h\"}}}\n"
	    "request 1 4 tools/list -\nA 0 3 {\"resultType\":\"complete\",\"tools\":[{\"name\":\"a\"}],\"ttlMs\":1}\nA 1 4 {\"tools\":[]}\n"
	    "< " RPC "\"id\":1,\"result\":{\"tools\":[{\"name\":\"one_a\"}]}}\n"
	    "H " RPC "\"method\":\"notifications/x\"}\nnotify 1 notifications/x -\n" },
	{ { .label = "a new host", .servers = 2, .revisions = { MODERN, NULL } },
	    "H " RPC "\"id\":0,\"method\":\"server/discover\",\"params\":{" META "}}\n"
	    "open 0 mcpass 2025-11-25 {}\nrequest 0 1 server/discover -\nopen 1 mcpass 2025-11-25 {}\nrequest 1 2 server/discover -\n"
	    "A 0 1 {\"capabilities\":{\"tools\":{}}}\nA 1 2 {\"capabilities\":{}}\n"
	    "< " RPC "\"id\":0,\"result\":{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},\"ttlMs\":0,"
	    "\"cacheScope\":\"private\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"mcpass\",\"version\":\"" MCPASS_VERSION "\"}}}}\n"
	    "H " RPC "\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}\nrequest 0 3 tools/list {" META "}\n"
	    "A 0 3 {\"tools\":[]}\n< " RPC "\"id\":1,\"result\":{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"tools\":[]}}\n"
	    "H " RPC "\"id\":2,\"method\":\"ping\",\"params\":{" META "}}\n< " RPC "\"id\":2,\"error\":{\"code\":-32601,\"message\":\"2026-07-28 has no such method.\"}}\n" },
	{ { .label = "batches of 2025-03-26", .servers = 2 },
	    TWO "H [" RPC "\"id\":1,\"method\":\"x\"},5," RPC "\"method\":\"notifications/x\"}]\n"
	    "request 0 3 x -\nnotify 0 notifications/x -\nnotify 1 notifications/x -\n"
	    "< " RPC "\"id\":null,\"error\":{\"code\":-32600,\"message\":\"not a JSON-RPC message: jsonrpc is not \\\"2.0\\\"\"}}\n"
	    "H []\n< " RPC "\"id\":null,\"error\":{\"code\":-32600,\"message\":\"The batch is empty.\"}}\n" },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		script_run(&rows[i].world, rows[i].script);
	for (size_t i = 0; i < COUNT(rows); i++)
		script_run_short_of_memory(&rows[i].world, rows[i].script);
	return check_done();
}
