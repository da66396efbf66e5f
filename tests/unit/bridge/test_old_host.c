/* A host that speaks the protocol up to 2025-11-25, in front of servers of both eras. */
#include "harness/check.h"
#include "script.h"

#define MODERN "2026-07-28"
#define RPC "{\"jsonrpc\":\"2.0\","
#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
	"\"io.modelcontextprotocol/clientCapabilities\":" CAPS ",\"io.modelcontextprotocol/clientInfo\":" INFO "}"
#define INFO "{\"name\":\"h\",\"version\":\"1\"}"
#define CAPS "{\"sampling\":{},\"roots\":{},\"elicitation\":{\"form\":{},\"url\":{}}}"
#define HELLO "H " RPC "\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"," \
	"\"capabilities\":" CAPS ",\"clientInfo\":" INFO "}}\n"
#define OPENS "open 0 h 2025-11-25 " CAPS "\nrequest 0 1 server/discover -\n"
#define WELCOME "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\"},\"x\":1.0}"
#define OLD_SAYS "A 0 1 {\"resultType\":\"complete\",\"supportedVersions\":[\"2025-11-25\"]," \
	"\"capabilities\":{\"tools\":{\"listChanged\":true}},\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\"}}}\n"
#define OLD HELLO OPENS OLD_SAYS "< " RPC "\"id\":0,\"result\":" WELCOME "}\n"
#define NEW_SAYS "A 0 1 {\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":" \
	"{\"tools\":{},\"resources\":{\"subscribe\":true},\"tasks\":{}},\"instructions\":\"do\",\"ttlMs\":5," \
	"\"cacheScope\":\"public\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\",\"version\":\"2\"}}}\n"
#define NEW_WELCOME "< " RPC "\"id\":0,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":" \
	"{\"tools\":{},\"resources\":{\"subscribe\":true}},\"serverInfo\":{\"name\":\"s\",\"version\":\"2\"},\"instructions\":\"do\"}}\n"
#define NEW HELLO OPENS NEW_SAYS NEW_WELCOME
#define CALL "H " RPC "\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"arguments\":{\"n\":12345678901234567890}}}\n"
#define CALLED "request 0 2 tools/call {\"name\":\"t\",\"arguments\":{\"n\":12345678901234567890}," META "}\n"
#define AGAIN(call, rest) "request 0 " call " tools/call {\"name\":\"t\",\"arguments\":{\"n\":12345678901234567890}," \
	rest "," META "}\n"

static const struct {
	struct script_world world;
	const char *script;
} rows[] = {
	/* --- the same era: as it is --- */
	{ { .label = "initialize passes as it is", .welcome = WELCOME }, OLD },
	{ { .label = "a request and its result pass to the byte", .welcome = WELCOME },
	    OLD "H " RPC "\"method\":\"x/unheard\",\"params\":{\"a\": 1.0e2, \"b\":[ ]},\"id\":\"a\\u0062\"}\n"
	    "pass 0 2\n"
	    "A 0 2 {\"z\":12345678901234567890, \"a\":1.0}\n"
	    "< " RPC "\"id\":\"a\\u0062\",\"result\":{\"z\":12345678901234567890, \"a\":1.0}}\n" },
	{ { .label = "an answer on several lines becomes one", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1.5,\"method\":\"x\"}\npass 0 2\n"
	    "A 0 2 {\r\"a\":\" \\n \"}\n< " RPC "\"id\":1.5,\"result\":{\"a\":\" \\n \"}}\n" },
	{ { .label = "an error passes as it is", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"x\"}\npass 0 2\n"
	    "E 0 2 {\"code\":-32021,\"message\":\"m\",\"data\":{\"n\":1.0}}\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32021,\"message\":\"m\",\"data\":{\"n\":1.0}}}\n" },
	{ { .label = "answers come as they come", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\npass 0 2\nH " RPC "\"id\":2,\"method\":\"b\"}\npass 0 3\n"
	    "A 0 3 {\"b\":1}\n< " RPC "\"id\":2,\"result\":{\"b\":1}}\nA 0 2 {\"a\":1}\n< " RPC "\"id\":1,\"result\":{\"a\":1}}\n" },
	{ { .label = "notifications and requests of the server pass", .welcome = WELCOME },
	    OLD "M 0 0 " RPC "\"method\":\"notifications/x\",\"params\":{\"a\":1.0}}\n"
	    "< " RPC "\"method\":\"notifications/x\",\"params\":{\"a\":1.0}}\n"
	    "M 0 0 " RPC "\"id\":3,\"method\":\"sampling/createMessage\"}\n< " RPC "\"id\":3,\"method\":\"sampling/createMessage\"}\n"
	    "H " RPC "\"id\":3,\"result\":{\"a\":1.0}}\nrespond 0 " RPC "\"id\":3,\"result\":{\"a\":1.0}}\n"
	    "H " RPC "\"id\":4,\"error\":{\"code\":-1,\"message\":\"no\"}}\nrespond 0 " RPC "\"id\":4,\"error\":{\"code\":-1,\"message\":\"no\"}}\n" },
	{ { .label = "notifications of the host pass, initialized is the session's", .welcome = WELCOME },
	    OLD "H " RPC "\"method\":\"notifications/initialized\"}\n"
	    "H " RPC "\"method\":\"notifications/roots/list_changed\"}\nnotify 0 notifications/roots/list_changed -\n"
	    "H " RPC "\"method\":\"notifications/x\",\"params\":{\"a\":1.0}}\nnotify 0 notifications/x {\"a\":1.0}\n" },
	{ { .label = "a cancelled request has no answer", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\npass 0 2\n"
	    "H " RPC "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}\ncancel 0 2\n"
	    "A 0 2 {}\nH " RPC "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}\n"
	    "H " RPC "\"method\":\"notifications/cancelled\"}\n" },
	/* --- a server that is replaced --- */
	{ { .label = "a server that speaks the new era now is asked anew", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\npass 0 2\nH " RPC "\"id\":2,\"method\":\"b\"}\npass 0 3\n"
	    "E 0 2 {\"code\":-32022,\"message\":\"m\"}\nrequest 0 4 ping -\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32022,\"message\":\"m\"}}\n"
	    "E 0 4 {\"code\":-32022,\"message\":\"m\"}\nforget 0\n"
	    "< " RPC "\"id\":2,\"error\":{\"code\":-32603,\"message\":\"the server speaks another revision than before -- "
	    "It may have carried it out: look before you ask again.\"}}\n"
	    "H " RPC "\"id\":9,\"result\":{}}\n"
	    "H " RPC "\"id\":3,\"method\":\"c\"}\nopen 0 h 2025-11-25 " CAPS "\nrequest 0 5 server/discover -\n"
	    "A 0 5 {\"capabilities\":{\"tools\":{}}}\nrequest 0 6 c -\n"
	    "< " RPC "\"method\":\"notifications/tools/list_changed\"}\n" },
	{ { .label = "one that is what it was goes on, and is asked once at a time", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\npass 0 2\nH " RPC "\"id\":2,\"method\":\"b\"}\npass 0 3\n"
	    "E 0 2 {\"code\":-32020,\"message\":\"m\"}\nrequest 0 4 ping -\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32020,\"message\":\"m\"}}\n"
	    "E 0 3 {\"code\":-32020,\"message\":\"m\"}\n< " RPC "\"id\":2,\"error\":{\"code\":-32020,\"message\":\"m\"}}\n"
	    "A 0 4 {}\nH " RPC "\"id\":3,\"method\":\"c\"}\npass 0 5\n"
	    "E 0 5 {\"code\":-32602,\"message\":\"m\"}\n< " RPC "\"id\":3,\"error\":{\"code\":-32602,\"message\":\"m\"}}\n" },
	{ { .label = "so does one that knows no ping, or answers nonsense", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\npass 0 2\n"
	    "P 0 2 nonsense\n< " RPC "\"id\":1,\"error\":{\"code\":-32603,\"message\":\"nonsense\"}}\n"
	    "H " RPC "\"id\":2,\"method\":\"a\"}\npass 0 3\n"
	    "E 0 3 {\"code\":-32020,\"message\":\"m\"}\nrequest 0 4 ping -\n"
	    "< " RPC "\"id\":2,\"error\":{\"code\":-32020,\"message\":\"m\"}}\nE 0 4 {\"code\":-32601,\"message\":\"no\"}\n"
	    "H " RPC "\"id\":3,\"method\":\"a\"}\npass 0 5\n"
	    "E 0 5 {\"code\":-32020,\"message\":\"m\"}\nrequest 0 6 ping -\n"
	    "< " RPC "\"id\":3,\"error\":{\"code\":-32020,\"message\":\"m\"}}\nP 0 6 nonsense\n"
	    "H " RPC "\"id\":4,\"method\":\"a\"}\npass 0 7\n" },
	/* --- what goes wrong --- */
	{ { .label = "no JSON, no message, no UTF-8: an error for that line", .welcome = WELCOME },
	    "H {\"a\":\n< " RPC "\"id\":null,\"error\":{\"code\":-32700,\"message\":\"the line is not JSON: no value at byte 5\"}}\n"
	    "H \xff\xfe\n< " RPC "\"id\":null,\"error\":{\"code\":-32700,\"message\":\"The line is not UTF-8.\"}}\n"
	    "H {\"id\":5,\"method\":\"x\"}\n< " RPC "\"id\":5,\"error\":{\"code\":-32600,\"message\":\"not a JSON-RPC message: jsonrpc is not \\\"2.0\\\"\"}}\n"
	    "H " RPC "\"id\":null,\"method\":\"x\"}\n< " RPC "\"id\":null,\"error\":{\"code\":-32600,\"message\":\"The id of a request is a string or a number.\"}}\n"
	    "H 5\n< " RPC "\"id\":null,\"error\":{\"code\":-32600,\"message\":\"not a JSON-RPC message: jsonrpc is not \\\"2.0\\\"\"}}\n"
	    OLD },
	{ { .label = "a request before initialize is refused, a ping is not" },
	    "H " RPC "\"id\":1,\"method\":\"tools/list\"}\n< " RPC "\"id\":1,\"error\":{\"code\":-32600,\"message\":"
	    "\"The first request is initialize, or one with the _meta of 2026-07-28.\"}}\n"
	    "H " RPC "\"id\":2,\"method\":\"ping\"}\n< " RPC "\"id\":2,\"result\":{}}\n" },
	{ { .label = "an id twice: the second is refused", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\npass 0 2\nH " RPC "\"id\":1,\"method\":\"b\"}\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32600,\"message\":\"A request with this id is under way already.\"}}\n"
	    "A 0 2 {}\n< " RPC "\"id\":1,\"result\":{}}\nH " RPC "\"id\":1,\"method\":\"b\"}\npass 0 3\n" },
	{ { .label = "a batch of another revision is refused", .welcome = WELCOME },
	    OLD "H [" RPC "\"id\":1,\"method\":\"a\"}]\n< " RPC "\"id\":null,\"error\":{\"code\":-32600,\"message\":"
	    "\"Only 2025-03-26 has batches: one message a line.\"}}\n" },
	{ { .label = "a call that gets no answer is answered", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\npass 0 2\nF 0 2 the stream broke\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32603,\"message\":\"the stream broke\"}}\n" },
	{ { .label = "a server that is down: an error, and the next initialize tries again", .welcome = WELCOME },
	    HELLO OPENS "F 0 1 no connection\n< " RPC "\"id\":0,\"error\":{\"code\":-32603,\"message\":\"no connection\"}}\n"
	    "H " RPC "\"id\":1,\"method\":\"a\"}\nopen 0 h 2025-11-25 " CAPS "\nrequest 0 2 server/discover -\n"
	    "F 0 2 no connection\n< " RPC "\"id\":1,\"error\":{\"code\":-32603,\"message\":\"no connection\"}}\n"
	    HELLO "open 0 h 2025-11-25 " CAPS "\nrequest 0 3 server/discover -\n"
	    "A 0 3 {}\n< " RPC "\"id\":0,\"result\":" WELCOME "}\n" },
	{ { .label = "a server that refuses initialize: its words", },
	    HELLO OPENS "E 0 1 {\"code\":-32099,\"message\":\"not you\"}\n< " RPC "\"id\":0,\"error\":{\"code\":-32603,\"message\":\"not you\"}}\n" },
	{ { .label = "a link that cannot be made", .open_fails = true },
	    HELLO "< " RPC "\"id\":0,\"error\":{\"code\":-32603,\"message\":\"no such server\"}}\n" },
	{ { .label = "more requests than may be", .welcome = WELCOME, .busy = true },
	    OLD "H " RPC "\"id\":1,\"method\":\"a\"}\n< " RPC "\"id\":1,\"error\":{\"code\":-32603,\"message\":\"too many requests\"}}\n" },
	{ { .label = "a message of a server that is none", .welcome = WELCOME }, OLD "M 0 0 {\"a\":1}\n" },
	{ { .label = "half a message", .welcome = WELCOME },
	    OLD "H " RPC "\"id\":1,~\nH \"method\":\"a\"}\nsend 0 2 " RPC "\"id\":1,\"method\":\"a\"}\n" },
	{ { .label = "a session that began anew", .welcome = WELCOME },
	    OLD "R 0\n< " RPC "\"method\":\"notifications/tools/list_changed\"}\n" },
	{ { .label = "what a session was told, it is told again", .welcome = WELCOME },
	    HELLO OPENS "A 0 1 {\"capabilities\":{\"resources\":{\"subscribe\":true},\"logging\":{}}}\n< " RPC "\"id\":0,\"result\":" WELCOME "}\n"
	    "H " RPC "\"id\":1,\"method\":\"resources/subscribe\",\"params\":{\"uri\":\"a:\\\"1\"}}\npass 0 2\n"
	    "H " RPC "\"id\":2,\"method\":\"resources/subscribe\",\"params\":{\"uri\":\"b\"}}\npass 0 3\n"
	    "H " RPC "\"id\":3,\"method\":\"resources/unsubscribe\",\"params\":{\"uri\":\"b\"}}\npass 0 4\n"
	    "H " RPC "\"id\":4,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"info\"}}\npass 0 5\n"
	    "R 0\nrequest 0 6 logging/setLevel {\"level\":\"info\"}\nrequest 0 7 resources/subscribe {\"uri\":\"a:\\\"1\"}\n"
	    "< " RPC "\"method\":\"notifications/resources/list_changed\"}\nA 0 6 {}\nE 0 7 {\"code\":1,\"message\":\"\"}\n" },
	/* --- a person has to sign in --- */
	{ { .label = "initialize is answered before a login", .welcome = WELCOME, .early_ms = 1000, .wait_ms = 5000 },
	    HELLO OPENS "I 0 https://as/x\nT 999\nT 1000\n< " RPC "\"id\":0,\"result\":{\"protocolVersion\":\"2025-11-25\","
	    "\"capabilities\":{\"tools\":{\"listChanged\":true},\"prompts\":{\"listChanged\":true},\"resources\":{\"listChanged\":true}},"
	    "\"serverInfo\":{\"name\":\"mcpass\",\"version\":\"" MCPASS_VERSION "\"}}}\n"
	    "H " RPC "\"id\":1,\"method\":\"tools/list\"}\nT 5999\nT 6000\n"
	    "< " RPC "\"id\":1,\"error\":{\"code\":-32001,\"message\":\"Sign in at https://as/x\"}}\n"
	    "H " RPC "\"id\":2,\"method\":\"tools/list\"}\nO 0\n"
	    OLD_SAYS "request 0 2 tools/list -\n< " RPC "\"method\":\"notifications/tools/list_changed\"}\n" },
	{ { .label = "where to sign in, as progress and as a page", .welcome = WELCOME, .wait_ms = 5000 },
	    OLD "H " RPC "\"id\":1,\"method\":\"tools/call\",\"params\":{\"_meta\":{\"progressToken\":\"p\"}}}\n"
	    "pass 0 2\nI 0 https://as/x\n"
	    "< " RPC "\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"p\",\"progress\":0,\"message\":\"Sign in at https://as/x\"}}\n"
	    "< " RPC "\"id\":\"mcpass-1\",\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"elicitationId\":\"mcpass-1\","
	    "\"url\":\"https://as/x\",\"message\":\"Sign in at https://as/x\"}}\n"
	    "H " RPC "\"id\":\"mcpass-1\",\"result\":{\"action\":\"accept\"}}\n"
	    "T 5000\ncancel 0 2\n< " RPC "\"id\":1,\"error\":{\"code\":-32001,\"message\":\"Sign in at https://as/x\"}}\n" },
	/* --- a new server --- */
	{ { .label = "initialize from discover", .revisions = { MODERN } }, NEW },
	{ { .label = "_meta is added, and the result is an old one", .revisions = { MODERN } },
	    NEW CALL CALLED
	    "A 0 2 {\"resultType\":\"complete\",\"content\":[ ],\"ttlMs\":1,\"cacheScope\":\"x\",\"n\":1.0,"
	    "\"_meta\":{\"a\":1,\"io.modelcontextprotocol/serverInfo\":{}}}\n"
	    "< " RPC "\"id\":7,\"result\":{\"content\":[ ],\"n\":1.0,\"_meta\":{\"a\":1}}}\n" },
	{ { .label = "_meta with nothing left in it goes", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{}}}\n"
	    "< " RPC "\"id\":7,\"result\":{}}\n" },
	{ { .label = "ping and setLevel are answered here, the level goes along", .revisions = { MODERN } },
	    NEW "H " RPC "\"id\":1,\"method\":\"ping\"}\n< " RPC "\"id\":1,\"result\":{}}\n"
	    "H " RPC "\"id\":2,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"info\"}}\n< " RPC "\"id\":2,\"result\":{}}\n"
	    "H " RPC "\"id\":3,\"method\":\"tools/list\"}\nrequest 0 2 tools/list {\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	    "\"io.modelcontextprotocol/clientCapabilities\":" CAPS ",\"io.modelcontextprotocol/clientInfo\":" INFO ",\"io.modelcontextprotocol/logLevel\":\"info\"}}\n" },
	{ { .label = "a task is not asked for", .revisions = { MODERN } },
	    NEW "H " RPC "\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\",\"task\":{\"ttl\":1}}}\n"
	    "request 0 2 tools/call {\"name\":\"t\"," META "}\n" },
	{ { .label = "structuredContent that is no object", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"content\":[],\"structuredContent\":[1]}\n< " RPC "\"id\":7,\"result\":{\"content\":[]}}\n" },
	{ { .label = "-32021 becomes -32602, others stay", .revisions = { MODERN } },
	    NEW CALL CALLED "E 0 2 {\"message\":\"sampling\",\"code\":-32021}\n< " RPC "\"id\":7,\"error\":{\"message\":\"sampling\",\"code\":-32602}}\n"
	    "H " RPC "\"id\":8,\"method\":\"x\"}\nrequest 0 3 x {" META "}\nE 0 3 {\"code\":-32602,\"message\":\"m\"}\n< " RPC "\"id\":8,\"error\":{\"code\":-32602,\"message\":\"m\"}}\n" },
	{ { .label = "a resultType of the future", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"later\"}\n< " RPC "\"id\":7,\"error\":{\"code\":-32603,\"message\":"
	    "\"The server answered with a resultType that an older host does not know.\"}}\n" },
	{ { .label = "input_required becomes the host's own requests", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"roots/list\"},"
	    "\"b\":{\"method\":\"sampling/createMessage\",\"params\":{\"n\":1.0}}},\"requestState\":\"s\\u0041+/=\"}\n"
	    "< " RPC "\"id\":\"mcpass-1\",\"method\":\"roots/list\"}\n"
	    "< " RPC "\"id\":\"mcpass-2\",\"method\":\"sampling/createMessage\",\"params\":{\"n\":1.0}}\n"
	    "H " RPC "\"id\":\"mcpass-2\",\"result\":{\"m\":2.0}}\n"
	    "H " RPC "\"id\":\"mcpass-1\",\"result\":{\"roots\":[]}}\n"
	    AGAIN("3", "\"inputResponses\":{\"a\":{\"roots\":[]},\"b\":{\"m\":2.0}},\"requestState\":\"s\\u0041+/=\"")
	    "A 0 3 {\"resultType\":\"input_required\",\"inputRequests\":{\"c\":{\"method\":\"elicitation/create\",\"params\":{}}}}\n"
	    "< " RPC "\"id\":\"mcpass-3\",\"method\":\"elicitation/create\",\"params\":{}}\n"
	    "H " RPC "\"id\":\"mcpass-3\",\"result\":{\"action\":\"decline\"}}\n"
	    AGAIN("4", "\"inputResponses\":{\"c\":{\"action\":\"decline\"}}")
	    "A 0 4 {\"resultType\":\"complete\",\"content\":[]}\n< " RPC "\"id\":7,\"result\":{\"content\":[]}}\n" },
	{ { .label = "only a state: again at once", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"input_required\",\"requestState\":\"s\"}\n" AGAIN("3", "\"requestState\":\"s\"") },
	{ { .label = "input that is none", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"input_required\"}\n< " RPC "\"id\":7,\"error\":{\"code\":-32603,\"message\":\"The server asks for input and does not say which.\"}}\n" },
	{ { .label = "the host refuses: the call fails, the other question is taken back", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"roots/list\"},\"b\":{\"method\":\"roots/list\"}}}\n"
	    "< " RPC "\"id\":\"mcpass-1\",\"method\":\"roots/list\"}\n< " RPC "\"id\":\"mcpass-2\",\"method\":\"roots/list\"}\n"
	    "H " RPC "\"id\":\"mcpass-1\",\"error\":{\"code\":-1,\"message\":\"no\"}}\n"
	    "< " RPC "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"mcpass-2\"}}\n"
	    "< " RPC "\"id\":7,\"error\":{\"code\":-32603,\"message\":\"The server asked this host for input, which refused.\"}}\n"
	    "H " RPC "\"id\":\"mcpass-2\",\"result\":{}}\n" },
	{ { .label = "the host gives the call up while it is asked", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"roots/list\"}}}\n"
	    "< " RPC "\"id\":\"mcpass-1\",\"method\":\"roots/list\"}\n"
	    "H " RPC "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}\n"
	    "< " RPC "\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"mcpass-1\"}}\n" },
	{ { .label = "what the host did not offer is not asked", .revisions = { MODERN } },
	    "H " RPC "\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{}}}\n"
	    "open 0 - 2025-06-18 {}\nrequest 0 1 server/discover -\nA 0 1 {\"capabilities\":{}}\n"
	    "< " RPC "\"id\":0,\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{},\"serverInfo\":{\"name\":\"mcpass\",\"version\":\"" MCPASS_VERSION "\"}}}\n"
	    "H " RPC "\"id\":7,\"method\":\"tools/call\"}\nrequest 0 2 tools/call {\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}\n"
	    "A 0 2 {\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"url\":\"https://x/\"}}}}\n"
	    "< " RPC "\"id\":7,\"error\":{\"code\":-32602,\"message\":\"The server asks for what this host did not offer it: elicitation.url.\"}}\n" },
	{ { .label = "a page to open has a name, and is done with in the end", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"url\":\"https://x/\"}}}}\n"
	    "< " RPC "\"id\":\"mcpass-1\",\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"url\":\"https://x/\",\"elicitationId\":\"mcpass-2\"}}\n"
	    "H " RPC "\"id\":\"mcpass-1\",\"result\":{\"action\":\"accept\"}}\n"
	    AGAIN("3", "\"inputResponses\":{\"a\":{\"action\":\"accept\"}}")
	    "A 0 3 {\"content\":[]}\n< " RPC "\"method\":\"notifications/elicitation/complete\",\"params\":{\"elicitationId\":\"mcpass-2\"}}\n"
	    "< " RPC "\"id\":7,\"result\":{\"content\":[]}}\n" },
	{ { .label = "a page that no host should open", .revisions = { MODERN } },
	    NEW CALL CALLED "A 0 2 {\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"url\":\"http://x.example/\"}}}}\n"
	    "< " RPC "\"id\":7,\"error\":{\"code\":-32603,\"message\":\"The server wants a page opened that is neither https nor on this machine.\"}}\n" },
	{ { .label = "subscriptions are the filter of one stream", .revisions = { MODERN } },
	    NEW "H " RPC "\"id\":1,\"method\":\"resources/subscribe\",\"params\":{\"uri\":\"a:1\"}}\n"
	    "request 0 2 subscriptions/listen {\"notifications\":{\"resourceSubscriptions\":[\"a:1\"]}}\n"
	    "M 0 2 " RPC "\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":2}}}\n"
	    "< " RPC "\"id\":1,\"result\":{}}\n"
	    "M 0 2 " RPC "\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:1\",\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":2}}}\n"
	    "< " RPC "\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"a:1\"}}\n"
	    "H " RPC "\"id\":2,\"method\":\"resources/subscribe\",\"params\":{\"uri\":\"b\"}}\n"
	    "cancel 0 2\nrequest 0 3 subscriptions/listen {\"notifications\":{\"resourceSubscriptions\":[\"a:1\",\"b\"]}}\n"
	    "H " RPC "\"id\":3,\"method\":\"resources/unsubscribe\",\"params\":{\"uri\":\"a:1\"}}\n"
	    "cancel 0 3\nrequest 0 4 subscriptions/listen {\"notifications\":{\"resourceSubscriptions\":[\"b\"]}}\n< " RPC "\"id\":3,\"result\":{}}\n"
	    "E 0 4 {\"code\":-32601,\"message\":\"no\"}\n< " RPC "\"id\":2,\"error\":{\"code\":-32603,\"message\":\"The server does not tell of changes.\"}}\n" },
	{ { .label = "a stream that ends is asked for again, and then all is told once", .revisions = { MODERN } },
	    HELLO OPENS "A 0 1 {\"capabilities\":{\"tools\":{\"listChanged\":true},\"prompts\":{}}}\n"
	    "request 0 2 subscriptions/listen {\"notifications\":{\"toolsListChanged\":true}}\n"
	    "< " RPC "\"id\":0,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{\"listChanged\":true},\"prompts\":{}},"
	    "\"serverInfo\":{\"name\":\"mcpass\",\"version\":\"" MCPASS_VERSION "\"}}}\n"
	    "M 0 2 " RPC "\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{}}\n"
	    "M 0 2 " RPC "\"method\":\"notifications/tools/list_changed\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":2}}}\n"
	    "< " RPC "\"method\":\"notifications/tools/list_changed\"}\n"
	    "F 0 2 broken\nT 999\nT 1000\nrequest 0 3 subscriptions/listen {\"notifications\":{\"toolsListChanged\":true}}\n"
	    "M 0 3 " RPC "\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{}}\n"
	    "< " RPC "\"method\":\"notifications/tools/list_changed\"}\n< " RPC "\"method\":\"notifications/prompts/list_changed\"}\n" },
	{ { .label = "the host's notifications end here, and so does a stray answer", .revisions = { MODERN } },
	    NEW "H " RPC "\"method\":\"notifications/roots/list_changed\"}\nH " RPC "\"id\":9,\"result\":{}}\n" },
	/* --- tools --- */
	{ { .label = "tools that are allowed, and tools that are not", .welcome = WELCOME, .allow = "get_*", .deny = "*secret*" },
	    OLD "H " RPC "\"id\":1,\"method\":\"tools/list\"}\nrequest 0 2 tools/list -\n"
	    "A 0 2 {\"tools\":[{\"name\":\"get_a\",\"n\":1.0},{\"name\":\"put\"},{\"name\":\"get_secret\"},{\"name\":\"get_\"}],\"nextCursor\":\"c\"}\n"
	    "< " RPC "\"id\":1,\"result\":{\"nextCursor\":\"c\",\"tools\":[{\"name\":\"get_a\",\"n\":1.0},{\"name\":\"get_\"}]}}\n"
	    "H " RPC "\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"put\"}}\n< " RPC "\"id\":2,\"error\":{\"code\":-32602,\"message\":\"There is no such tool.\"}}\n"
	    "H " RPC "\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"get_a\",\"n\":1.0}}\nrequest 0 3 tools/call {\"name\":\"get_a\",\"n\":1.0}\n" },
	{ { .label = "a prefix of tools", .welcome = WELCOME, .prefix = "x-" },
	    OLD "H " RPC "\"id\":1,\"method\":\"tools/list\"}\nrequest 0 2 tools/list -\nA 0 2 {\"tools\":[{\"name\":\"a\"}]}\n"
	    "< " RPC "\"id\":1,\"result\":{\"tools\":[{\"name\":\"x-a\"}]}}\n"
	    "H " RPC "\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"x-a\",\"n\":1.0}}\nrequest 0 3 tools/call {\"n\":1.0,\"name\":\"a\"}\n"
	    "H " RPC "\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}\n< " RPC "\"id\":3,\"error\":{\"code\":-32602,\"message\":\"There is no such tool.\"}}\n"
	    "H " RPC "\"id\":4,\"method\":\"tools/call\"}\n< " RPC "\"id\":4,\"error\":{\"code\":-32602,\"message\":\"There is no such tool.\"}}\n" },
};

int main(void)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		script_run(&rows[i].world, rows[i].script);
	for (size_t i = 0; i < COUNT(rows); i++)
		script_run_short_of_memory(&rows[i].world, rows[i].script);
	return check_done();
}
