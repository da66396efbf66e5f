/* What a body asks for: never less than the laxest server would run. */
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "mcp/jsonrpc.h"

#define MSG(rest) "{\"jsonrpc\":\"2.0\"," rest "}"
#define CALL(params) MSG("\"id\":1,\"method\":\"tools/call\",\"params\":" params)

static const struct {
	const char *label, *body;
	enum mcpass_rc want;
	const char *list;               /* "method:name method:name", "-" for no name */
} rows[] = {
	{ "one request", MSG("\"id\":1,\"method\":\"tools/list\""), MCPASS_OK, "tools/list:-" },
	{ "a tool", CALL("{\"name\":\"echo\"}"), MCPASS_OK, "tools/call:echo" },
	{ "a tool, and a uri to confuse", CALL("{\"uri\":\"a\",\"name\":\"echo\"}"), MCPASS_OK, "tools/call:echo" },
	{ "a resource", MSG("\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"file:///a\"}"), MCPASS_OK, "resources/read:file:///a" },
	{ "a resource, and a name to confuse", MSG("\"id\":1,\"method\":\"resources/read\",\"params\":{\"name\":\"x\",\"uri\":\"b\"}"), MCPASS_OK, "resources/read:b" },
	{ "a subscription", MSG("\"id\":1,\"method\":\"resources/subscribe\",\"params\":{\"name\":\"x\",\"uri\":\"b\"}"), MCPASS_OK, "resources/subscribe:b" },
	{ "another method with a uri", MSG("\"id\":1,\"method\":\"x/y\",\"params\":{\"uri\":\"b\"}"), MCPASS_OK, "x/y:b" },
	{ "a notification counts", MSG("\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}"), MCPASS_OK, "tools/call:echo" },
	{ "a response asks nothing", MSG("\"id\":1,\"result\":{}"), MCPASS_OK, "" },
	{ "an empty batch", "[]", MCPASS_OK, "" },
	{ "a batch", "[" CALL("{\"name\":\"a\"}") "," MSG("\"id\":2,\"result\":{}") "," CALL("{\"name\":\"b\"}") "]", MCPASS_OK, "tools/call:a tools/call:b" },
	{ "one bad message spoils the batch", "[" CALL("{\"name\":\"a\"}") ",{}]", MCPASS_E_PROTOCOL, NULL },
	{ "a batch in a batch", "[[" CALL("{\"name\":\"a\"}") "]]", MCPASS_E_PROTOCOL, NULL },
	{ "a name in a list", CALL("{\"name\":[\"echo\"]}"), MCPASS_E_PROTOCOL, NULL },
	{ "a null name is none", CALL("{\"name\":null}"), MCPASS_OK, "tools/call:-" },
	{ "half a character in the name", CALL("{\"name\":\"echo\\ud800\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "its stand-in in the name", CALL("{\"name\":\"echo\xef\xbf\xbd\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "half a character in a member's name", CALL("{\"na\\udc00me\":\"echo\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "half a character in an argument", CALL("{\"name\":\"echo\",\"arguments\":{\"a\":\"\\ud83d\"}}"), MCPASS_OK, "tools/call:echo" },
	{ "no name", CALL("{}"), MCPASS_OK, "tools/call:-" },
	{ "two names", CALL("{\"name\":\"a\",\"name\":\"b\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "two methods", MSG("\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\""), MCPASS_E_PROTOCOL, NULL },
	{ "a NUL in the name", CALL("{\"name\":\"echo\\u0000x\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "another method in large letters", MSG("\"id\":1,\"method\":\"ping\",\"Method\":\"tools/call\""), MCPASS_E_PROTOCOL, NULL },
	{ "the only method in large letters", MSG("\"id\":1,\"METHOD\":\"tools/call\",\"result\":{}"), MCPASS_E_PROTOCOL, NULL },
	{ "params with a long s", CALL("{},\"param\xc5\xbf\":{\"name\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "id without a dot", MSG("\"\\u0131d\":1,\"method\":\"ping\",\"id\":2"), MCPASS_E_PROTOCOL, NULL },
	{ "it escaped", CALL("{},\"param\\u017f\":{\"name\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "another name in large letters", CALL("{\"name\":\"echo\",\"nAme\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "another uri in large letters", CALL("{\"URI\":\"b\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "names that begin or end like one", CALL("{\"name\":\"echo\",\"Names\":1,\"Nam\":2,\"\":3}"), MCPASS_OK, "tools/call:echo" },
	{ "large letters in an argument", CALL("{\"name\":\"echo\",\"arguments\":{\"Name\":\"drop\",\"name\":1}}"), MCPASS_OK, "tools/call:echo" },
	{ "not JSON", "{", MCPASS_E_PROTOCOL, NULL },
	{ "nothing", "", MCPASS_E_PROTOCOL, NULL },
};

static void describe(const struct mp_operations *list, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			strncat(text, " ", size - strlen(text) - 1);
		strncat(text, list->items[i].method, size - strlen(text) - 1);
		strncat(text, ":", size - strlen(text) - 1);
		strncat(text, list->items[i].name != NULL ? list->items[i].name : "-", size - strlen(text) - 1);
	}
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_operations list = { 0 };
		struct mcpass_error err = { 0 };
		char text[256];

		CHECK_EQ(rows[i].label, mp_operations_read(rows[i].body, strlen(rows[i].body), &list, &err),
		    rows[i].want);
		describe(&list, text, sizeof(text));
		CHECK_STR(rows[i].label, text, rows[i].list != NULL ? rows[i].list : "");
		CHECK(rows[i].label, (rows[i].want != MCPASS_OK) == (err.detail[0] != '\0'));
		mp_operations_free(&list);
	}
}

static const struct {
	const char *label;
	struct mcpass_header header;
	enum mcpass_rc want;
} coding_rows[] = {
	{ "JSON", { "Content-Type", "application/json" }, MCPASS_OK },
	{ "UTF-8", { "content-type", "application/json; charset=utf-8" }, MCPASS_OK },
	{ "UTF-8, quoted", { "Content-Type", "application/json;Charset=\"UTF-8\"; a=b" }, MCPASS_OK },
	{ "utf8", { "Content-Type", "application/json ; charset = utf8 " }, MCPASS_OK },
	{ "ASCII", { "Content-Type", "application/json;charset=US-ASCII" }, MCPASS_OK },
	{ "UTF-7", { "Content-Type", "application/json; charset=utf-7" }, MCPASS_E_PROTOCOL },
	{ "UTF-7, quoted", { "Content-Type", "application/json; charset=\"utf\\-7\"" }, MCPASS_E_PROTOCOL },
	{ "the second one", { "Content-Type", "a/b;charset=utf-8;charset=utf-16le" }, MCPASS_E_PROTOCOL },
	{ "it begins like one", { "Content-Type", "a/b;charset=utf-80" }, MCPASS_E_PROTOCOL },
	{ "no value", { "Content-Type", "a/b;charset=" }, MCPASS_E_PROTOCOL },
	{ "of an extended kind", { "Content-Type", "a/b;charset*=''utf-7" }, MCPASS_E_PROTOCOL },
	{ "gzip", { "Content-Encoding", "gzip" }, MCPASS_E_PROTOCOL },
	{ "two codings", { "content-encoding", "identity, br" }, MCPASS_E_PROTOCOL },
	{ "no coding", { "Content-Encoding", "Identity" }, MCPASS_OK },
	{ "an empty one", { "Content-Encoding", " " }, MCPASS_OK },
	{ "another header", { "X-Content-Encoding", "gzip" }, MCPASS_OK },
};

static void test_coding(void)
{
	for (size_t i = 0; i < COUNT(coding_rows); i++) {
		const struct mcpass_header headers[] = { { "Accept", "a" }, coding_rows[i].header };

		CHECK_EQ(coding_rows[i].label, mp_operations_check_coding(headers, COUNT(headers), NULL),
		    coding_rows[i].want);
	}
}

#define NAMED(name) MSG("\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" name "\"}")
static const struct {
	const char *label, *body;
	struct mcpass_header headers[3];
	enum mcpass_rc want;
} mirror_rows[] = {
	{ "no headers", NAMED("echo"), { { "Accept", "a" } }, MCPASS_OK },
	{ "the same", NAMED("echo"), { { "Mcp-Method", "tools/call" }, { "mcp-name", "echo" } }, MCPASS_OK },
	{ "another method", NAMED("echo"), { { "Mcp-Method", "tools/list" } }, MCPASS_E_PROTOCOL },
	{ "another name", NAMED("echo"), { { "Mcp-Name", "drop" } }, MCPASS_E_PROTOCOL },
	{ "a name in base64", NAMED("\u00e4"), { { "Mcp-Name", "=?base64?w6Q=?=" } }, MCPASS_OK },
	{ "another name in base64", NAMED("\u00e4"), { { "Mcp-Name", "=?base64?w7Y=?=" } },
	    MCPASS_E_PROTOCOL },
	{ "a name for what has none", MSG("\"id\":1,\"method\":\"ping\""), { { "Mcp-Name", "echo" } },
	    MCPASS_E_PROTOCOL },
	{ "a method for no message", "[]", { { "Mcp-Method", "ping" } }, MCPASS_E_PROTOCOL },
	{ "a method for two", "[" NAMED("echo") "," NAMED("echo") "]", { { "Mcp-Method", "tools/call" } },
	    MCPASS_E_PROTOCOL },
	{ "twice", NAMED("echo"), { { "Mcp-Method", "tools/call" }, { "Mcp-Method", "tools/call" } },
	    MCPASS_E_PROTOCOL },
	{ "empty", NAMED("echo"), { { "Mcp-Method", "" } }, MCPASS_E_PROTOCOL },
};

static void test_headers(void)
{
	for (size_t i = 0; i < COUNT(mirror_rows); i++)
		OOM_EACH {
			size_t count = mirror_rows[i].headers[1].name != NULL ? 2 : 1;
			struct mp_operations list = { 0 };
			enum mcpass_rc rc;

			rc = mp_operations_read(mirror_rows[i].body, strlen(mirror_rows[i].body), &list, NULL);
			if (!rc)
				rc = mp_operations_check_headers(&list, mirror_rows[i].headers, count, NULL);
			CHECK_OOM(mirror_rows[i].label, rc, mirror_rows[i].want);
			mp_operations_free(&list);
		}
}

static void test_limit(void)
{
	static char body[MP_MAX_ITEMS * 64];
	struct mp_operations list = { 0 };

	strcpy(body, "[");
	for (int i = 0; i < MP_MAX_ITEMS; i++)
		strcat(body, MSG("\"id\":1,\"method\":\"ping\"") ",");
	body[strlen(body) - 1] = ']';
	CHECK_EQ("a full batch", mp_operations_read(body, strlen(body), &list, NULL), MCPASS_OK);
	CHECK_EQ("all of it", list.count, MP_MAX_ITEMS);
	mp_operations_free(&list);
	body[strlen(body) - 1] = '\0';
	strcat(body, "," MSG("\"id\":1,\"method\":\"ping\"") "]");
	CHECK_EQ("one too many", mp_operations_read(body, strlen(body), &list, NULL), MCPASS_E_LIMIT);
}

static void test_memory(void)
{
	const char *body = rows[10].body;

	OOM_EACH {
		struct mp_operations list = { 0 };
		enum mcpass_rc rc = mp_operations_read(body, strlen(body), &list, NULL);

		CHECK_OOM("every allocation", rc, MCPASS_OK);
		CHECK_EQ("untouched on failure", list.count, rc ? 0 : 2);
		mp_operations_free(&list);
	}
}

int main(void)
{
	test_rows();
	test_coding();
	test_headers();
	test_limit();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
