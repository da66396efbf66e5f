/* A host that speaks 2026-07-28, in front of servers of both eras. */
#include "harness/check.h"
#include "script.h"

#define MODERN "2026-07-28"
#define RPC "{\"jsonrpc\":\"2.0\","
#define CAPS "{\"elicitation\":{\"form\":{},\"url\":{}}}"
#define OWN "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientInfo\":{\"name\":\"n\"}," \
	"\"io.modelcontextprotocol/clientCapabilities\":" CAPS
#define META "\"_meta\":{" OWN "}"
#define WHO "H " RPC "\"id\":0,\"method\":\"server/discover\",\"params\":{" META "}}\n"
#define OPENS "open 0 n 2025-11-25 " CAPS "\nrequest 0 1 server/discover -\n"
#define NEW_SAYS "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},\"n\":1.0}"
#define NEW WHO OPENS "A 0 1 " NEW_SAYS "\n< " RPC "\"id\":0,\"result\":" NEW_SAYS "}\n"
#define OLD WHO OPENS "A 0 1 {\"resultType\":\"complete\",\"supportedVersions\":[\"2025-11-25\"],\"capabilities\":{\"tools\":" \
	"{\"listChanged\":true},\"resources\":{\"subscribe\":true},\"logging\":{},\"tasks\":{}},\"instructions\":\"i\",\"_meta\":" \
	"{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}\n" \
	"< " RPC "\"id\":0,\"result\":{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":" \
	"{\"listChanged\":true},\"resources\":{\"subscribe\":true},\"logging\":{}},\"instructions\":\"i\",\"ttlMs\":0,\"cacheScope\":" \
	"\"private\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}}\n"
#define CALL(id, more) "H " RPC "\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":\"t\"" more "," META "}}\n"
#define CALLED "request 0 2 tools/call {\"name\":\"t\"}\n"
#define TOKEN "abababababababababababababababab"
#define ASKS(id, key, method, params) "< " RPC "\"id\":" id ",\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"" key \
	"\":{\"method\":\"" method "\",\"params\":" params "}},\"requestState\":\"" TOKEN "\"}}\n"
#define STATE ",\"requestState\":\"" TOKEN "\""
#define LISTEN "H " RPC "\"id\":\"l\",\"method\":\"subscriptions/listen\",\"params\":{\"notifications\":{\"toolsListChanged\":true," \
	"\"promptsListChanged\":true,\"resourceSubscriptions\":[\"a:1\"]}," META "}}\n" \
	"request 0 2 resources/subscribe {\"uri\":\"a:1\"}\n" \
	"< " RPC "\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":{" \
	"\"io.modelcontextprotocol/subscriptionId\":\"l\"},\"notifications\":{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"a:1\"]}}}\n"

static const struct {
	struct script_world world;
	const char *script;
} rows[] = {
	/* --- which revision --- */
	{ { .label = "a revision that we do not speak is refused with the one that we do" },
	    "H " RPC "\"id\":1,\"method\":\"server/discover\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
	    "\"2027-01-01\"}}}\n< " RPC "\"id\":1,\"error\":{\"code\":-32022,\"message\":\"Unsupported protocol version\",\"data\":"
	    "{\"supported\":[\"2026-07-28\"],\"requested\":\"2027-01-01\"}}}\n" OLD
	    "H " RPC "\"id\":2,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":5}}}\n"
	    "< " RPC "\"id\":2,\"error\":{\"code\":-32022,\"message\":\"Unsupported protocol version\",\"data\":"
	    "{\"supported\":[\"2026-07-28\"],\"requested\":5}}}\n" },
	{ { .label = "a server that speaks the old era now is asked anew", .revisions = { MODERN } },
	    NEW CALL("1", "") "pass 0 2\nE 0 2 {\"code\":-32000,\"message\":\"m\"}\nrequest 0 3 server/discover -\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32000,\"message\":\"m\"}}\n"
	    "E 0 3 {\"code\":-32000,\"message\":\"m\"}\nforget 0\n"
	    CALL("2", "") "open 0 n 2025-11-25 " CAPS "\nrequest 0 4 server/discover -\n" },
	{ { .label = "so is one that refuses without a code; a network that fails is no sign", .revisions = { MODERN } },
	    NEW CALL("1", "") "pass 0 2\nF 0 2 down\n< " RPC "\"id\":1,\"error\":{\"code\":-32603,\"message\":\"down\"}}\n"
	    CALL("2", "") "pass 0 3\nP 0 3 HTTP 400\nrequest 0 4 server/discover -\n"
	    "< " RPC "\"id\":2,\"error\":{\"code\":-32603,\"message\":\"HTTP 400\"}}\nF 0 4 down\n"
	    CALL("3", "") "pass 0 5\nP 0 5 HTTP 400\nrequest 0 6 server/discover -\n"
	    "< " RPC "\"id\":3,\"error\":{\"code\":-32603,\"message\":\"HTTP 400\"}}\nP 0 6 HTTP 400\nforget 0\n" },
	/* --- the same era --- */
	{ { .label = "server/discover passes as it is", .revisions = { MODERN } }, NEW },
	{ { .label = "a request passes to the byte, its answer too", .revisions = { MODERN } },
	    NEW "H " RPC "\"id\":1,\"method\":\"x\",\"params\":{\"n\":1.0, " META "}}\n"
	    "pass 0 2\nM 0 2 " RPC "\"method\":\"notifications/progress\",\"params\":{\"n\":1.0}}\n"
	    "< " RPC "\"method\":\"notifications/progress\",\"params\":{\"n\":1.0}}\n"
	    "A 0 2 {\"resultType\":\"input_required\",\"n\":1.0}\n< " RPC "\"id\":1,\"result\":{\"resultType\":\"input_required\",\"n\":1.0}}\n" },
	{ { .label = "without discover first: it waits until the server is known", .revisions = { MODERN } },
	    "H " RPC "\"id\":1,\"method\":\"x\",\"params\":{" META "}}\n" OPENS
	    "H " RPC "\"id\":2,\"method\":\"y\",\"params\":{" META "}}\n"
	    "A 0 1 {}\nrequest 0 2 x {" META "}\nrequest 0 3 y {" META "}\n" },
	{ { .label = "a request of a new server is not the host's", .revisions = { MODERN } },
	    NEW "M 0 0 " RPC "\"id\":1,\"method\":\"roots/list\"}\n" },
	/* --- an old server --- */
	{ { .label = "discover from initialize" }, OLD },
	{ { .label = "our members of _meta go, others stay" },
	    OLD "H " RPC "\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"c\",\"_meta\":{\"progressToken\":1.0," OWN ",\"traceparent\":\"t\"}}}\n"
	    "request 0 2 tools/list {\"cursor\":\"c\",\"_meta\":{\"progressToken\":1.0,\"traceparent\":\"t\"}}\n"
	    "A 0 2 {\"tools\":[ ]}\n< " RPC "\"id\":1,\"result\":{\"tools\":[ ],\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\"}}\n" },
	{ { .label = "a result that no cache keeps" }, OLD CALL("1", "") CALLED "A 0 2 {\"content\":[]}\n"
	    "< " RPC "\"id\":1,\"result\":{\"content\":[],\"resultType\":\"complete\"}}\n" },
	{ { .label = "what 2026-07-28 has not" },
	    OLD "H " RPC "\"id\":1,\"method\":\"ping\",\"params\":{" META "}}\n< " RPC "\"id\":1,\"error\":{\"code\":-32601,\"message\":\"2026-07-28 has no such method.\"}}\n"
	    "H " RPC "\"id\":2,\"method\":\"tasks/list\",\"params\":{" META "}}\n< " RPC "\"id\":2,\"error\":{\"code\":-32601,\"message\":\"2026-07-28 has no such method.\"}}\n" },
	{ { .label = "errors: not found is -32602" },
	    OLD CALL("1", "") CALLED "E 0 2 {\"code\":-32002,\"message\":\"m\"}\n< " RPC "\"id\":1,\"error\":{\"message\":\"m\",\"code\":-32602}}\n"
	    CALL("2", "") "request 0 3 tools/call {\"name\":\"t\"}\nE 0 3 {\"code\":-32601,\"message\":\"m\"}\n< " RPC "\"id\":2,\"error\":{\"code\":-32601,\"message\":\"m\"}}\n" },
	{ { .label = "a level goes to the session when it changes, and its messages to those who asked" },
	    OLD "M 0 0 " RPC "\"method\":\"notifications/message\",\"params\":{}}\n"
	    "H " RPC "\"id\":1,\"method\":\"x\",\"params\":{\"_meta\":{" OWN ",\"io.modelcontextprotocol/logLevel\":\"info\"}}}\n"
	    "request 0 2 logging/setLevel {\"level\":\"info\"}\nrequest 0 3 x {}\nA 0 2 {}\n"
	    "M 0 3 " RPC "\"method\":\"notifications/message\",\"params\":{}}\n< " RPC "\"method\":\"notifications/message\",\"params\":{}}\n"
	    "H " RPC "\"id\":2,\"method\":\"x\",\"params\":{\"_meta\":{" OWN ",\"io.modelcontextprotocol/logLevel\":\"info\"}}}\nrequest 0 4 x {}\n" },
	{ { .label = "listening is acknowledged, tagged, and ends with a result" },
	    OLD LISTEN "M 0 0 " RPC "\"method\":\"notifications/tools/list_changed\"}\n"
	    "< " RPC "\"method\":\"notifications/tools/list_changed\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"l\"}}}\n"
	    "M 0 0 " RPC "\"method\":\"notifications/prompts/list_changed\"}\n"
	    "< " RPC "\"method\":\"notifications/prompts/list_changed\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"l\"}}}\n"
	    "M 0 0 " RPC "\"method\":\"notifications/resources/list_changed\"}\n"
	    "M 0 0 " RPC "\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:1\"}}\n"
	    "< " RPC "\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:1\",\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"l\"}}}\n"
	    "M 0 0 " RPC "\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"b\"}}\n"
	    "H " RPC "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"l\"}}\n"
	    "< " RPC "\"id\":\"l\",\"result\":{\"resultType\":\"complete\"}}\n"
	    "M 0 0 " RPC "\"method\":\"notifications/tools/list_changed\"}\n" },
	{ { .label = "a session that began anew is told again" },
	    OLD LISTEN "A 0 2 {}\nR 0\nrequest 0 3 resources/subscribe {\"uri\":\"a:1\"}\n" },
	{ { .label = "listening to nothing in particular" },
	    OLD "H " RPC "\"id\":1,\"method\":\"subscriptions/listen\",\"params\":{" META "}}\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32602,\"message\":\"params has no notifications.\"}}\n" },
	/* --- a call is parked --- */
	{ { .label = "a question in a call: input_required, and the answer goes to the call" },
	    OLD CALL("1", "") CALLED
	    "M 0 2 " RPC "\"id\":\"q\",\"method\":\"elicitation/create\",\"params\":{\"message\":\"m\",\"n\":1.0,\"elicitationId\":\"e\"}}\n"
	    ASKS("1", "input-1", "elicitation/create", "{\"message\":\"m\",\"n\":1.0}")
	    CALL("2", ",\"inputResponses\":{\"input-1\":{\"action\":\"accept\",\"n\":1.0}}" STATE)
	    "respond 0 " RPC "\"id\":\"q\",\"result\":{\"action\":\"accept\",\"n\":1.0}}\n"
	    "A 0 2 {\"content\":[]}\n< " RPC "\"id\":2,\"result\":{\"content\":[],\"resultType\":\"complete\"}}\n" },
	{ { .label = "two questions, the second while the first is out" },
	    OLD CALL("1", "") CALLED "M 0 0 " RPC "\"id\":1,\"method\":\"roots/list\"}\n" ASKS("1", "input-1", "roots/list", "{}")
	    "M 0 0 " RPC "\"id\":2,\"method\":\"roots/list\"}\n"
	    CALL("2", ",\"inputResponses\":{\"input-1\":{\"roots\":[]}}" STATE)
	    "respond 0 " RPC "\"id\":1,\"result\":{\"roots\":[]}}\n" ASKS("2", "input-2", "roots/list", "{}")
	    CALL("3", ",\"inputResponses\":{\"input-2\":{\"roots\":[]}}" STATE)
	    "respond 0 " RPC "\"id\":2,\"result\":{\"roots\":[]}}\nA 0 2 {}\n< " RPC "\"id\":3,\"result\":{\"resultType\":\"complete\"}}\n" },
	{ { .label = "the server does not wait for the answer" },
	    OLD CALL("1", "") CALLED "M 0 0 " RPC "\"id\":1,\"method\":\"roots/list\"}\n" ASKS("1", "input-1", "roots/list", "{}")
	    "A 0 2 {\"n\":1.0}\n" CALL("2", ",\"inputResponses\":{\"input-1\":{}}" STATE)
	    "respond 0 " RPC "\"id\":1,\"result\":{}}\n< " RPC "\"id\":2,\"result\":{\"n\":1.0,\"resultType\":\"complete\"}}\n" },
	{ { .label = "a state that is not ours" },
	    OLD CALL("1", ",\"requestState\":\"x\"") "< " RPC "\"id\":1,\"error\":{\"code\":-32602,\"message\":\"This requestState is of no request that waits for input.\"}}\n" },
	{ { .label = "the host never comes back" },
	    OLD CALL("1", "") CALLED "M 0 0 " RPC "\"id\":1,\"method\":\"roots/list\"}\n" ASKS("1", "input-1", "roots/list", "{}")
	    "T 899999\nT 900000\ncancel 0 2\n" },
	{ { .label = "a question while nothing is under way, and a ping" },
	    OLD "M 0 0 " RPC "\"id\":1,\"method\":\"roots/list\"}\n"
	    "respond 0 " RPC "\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Nothing is under way in which that can be asked.\"}}\n"
	    "M 0 0 " RPC "\"id\":2,\"method\":\"ping\"}\nrespond 0 " RPC "\"id\":2,\"result\":{}}\n" },
	{ { .label = "pages that have to be seen first" },
	    OLD CALL("1", "") CALLED "E 0 2 {\"code\":-32042,\"message\":\"m\",\"data\":{\"elicitations\":[{\"mode\":\"url\",\"url\":\"https://x/\",\"elicitationId\":\"e\"}]}}\n"
	    ASKS("1", "input-1", "elicitation/create", "{\"mode\":\"url\",\"url\":\"https://x/\"}")
	    CALL("2", ",\"inputResponses\":{\"input-1\":{\"action\":\"accept\"}}" STATE) "request 0 3 tools/call {\"name\":\"t\"}\n"
	    "A 0 3 {}\n< " RPC "\"id\":2,\"result\":{\"resultType\":\"complete\"}}\n" },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		script_run(&rows[i].world, rows[i].script);
	for (size_t i = 0; i < COUNT(rows); i++)
		script_run_short_of_memory(&rows[i].world, rows[i].script);
	return check_done();
}
