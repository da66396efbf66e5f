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
	{ "a method in large letters", MSG("\"id\":1,\"method\":\"TOOLS/CALL\",\"params\":{\"name\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "one escaped", MSG("\"id\":1,\"method\":\"\\u0054ools/call\",\"params\":{\"name\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "a method that has one", MSG("\"id\":1,\"method\":\"logging/setLevel\""), MCPASS_OK, "logging/setLevel:-" },
	{ "without it", MSG("\"id\":1,\"method\":\"logging/setlevel\""), MCPASS_E_PROTOCOL, NULL },
	{ "a method of its own in large letters", MSG("\"id\":1,\"method\":\"ACME/do\""), MCPASS_OK, "ACME/do:-" },
	{ "params with a long s", CALL("{},\"param\xc5\xbf\":{\"name\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "id without a dot", MSG("\"\\u0131d\":1,\"method\":\"ping\",\"id\":2"), MCPASS_E_PROTOCOL, NULL },
	{ "it escaped", CALL("{},\"param\\u017f\":{\"name\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "another name in large letters", CALL("{\"name\":\"echo\",\"nAme\":\"drop\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "another uri in large letters", CALL("{\"URI\":\"b\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "names that begin or end like one", CALL("{\"name\":\"echo\",\"Names\":1,\"Nam\":2,\"\":3}"), MCPASS_OK, "tools/call:echo" },
	{ "large letters in an argument", CALL("{\"name\":\"echo\",\"arguments\":{\"Name\":\"drop\",\"name\":1}}"), MCPASS_OK, "tools/call:echo" },
	{ "a uri with a long s beside it", CALL("{\"uri\":\"b\",\"name\":\"a\",\"\xc5\xbf\":1}"), MCPASS_OK, "tools/call:a" },
	{ "an escaped slash in the method: the uri counts", MSG("\"id\":1,\"method\":\"resources\\/read\",\"params\":{\"name\":\"x\",\"uri\":\"b\"}"), MCPASS_OK, "resources/read:b" },
	{ "an escape in the tool's name", CALL("{\"name\":\"\\u0065cho\"}"), MCPASS_OK, "tools/call:echo" },
	{ "an escape in a member's name", CALL("{\"n\\u0061me\":\"echo\"}"), MCPASS_OK, "tools/call:echo" },
	{ "a name twice, once with an escape", CALL("{\"name\":\"a\",\"n\\u0061me\":\"b\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "an argument twice", CALL("{\"name\":\"a\",\"arguments\":{\"x\":{\"b\":1,\"b\":2}}}"), MCPASS_E_PROTOCOL, NULL },
	{ "the same argument in two objects", CALL("{\"name\":\"a\",\"arguments\":{\"x\":{\"b\":1},\"y\":{\"b\":2}}}"), MCPASS_OK, "tools/call:a" },
	{ "a name within an argument", CALL("{\"arguments\":{\"name\":\"a\"},\"name\":\"b\"}"), MCPASS_OK, "tools/call:b" },
	{ "a method within the params", CALL("{\"name\":\"b\",\"method\":\"ping\"}"), MCPASS_OK, "tools/call:b" },
	{ "a name in another member", MSG("\"id\":1,\"method\":\"tools/call\",\"x\":{\"name\":\"a\"}"), MCPASS_OK, "tools/call:-" },
	{ "params in a list", MSG("\"id\":1,\"method\":\"tools/call\",\"params\":[{\"name\":\"a\"}]"), MCPASS_E_PROTOCOL, NULL },
	{ "no params", MSG("\"id\":1,\"method\":\"tools/call\",\"params\":null"), MCPASS_OK, "tools/call:-" },
	{ "a result that is none", MSG("\"id\":1,\"method\":\"ping\",\"result\":null"), MCPASS_OK, "ping:-" },
	{ "a request and a result", MSG("\"id\":1,\"method\":\"ping\",\"result\":{}"), MCPASS_E_PROTOCOL, NULL },
	{ "an empty method", MSG("\"id\":1,\"method\":\"\""), MCPASS_E_PROTOCOL, NULL },
	{ "an empty name", CALL("{\"name\":\"\"}"), MCPASS_OK, "tools/call:" },
	{ "another version", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", MCPASS_E_PROTOCOL, NULL },
	{ "an id of a fraction", MSG("\"id\":1.0,\"method\":\"ping\""), MCPASS_E_PROTOCOL, NULL },
	{ "an id of the largest integer", MSG("\"id\":9223372036854775807,\"method\":\"ping\""), MCPASS_OK, "ping:-" },
	{ "an id beyond it", MSG("\"id\":9223372036854775808,\"method\":\"ping\""), MCPASS_E_PROTOCOL, NULL },
	{ "an id of null", MSG("\"id\":null,\"method\":\"ping\""), MCPASS_E_PROTOCOL, NULL },
	{ "an id of true", MSG("\"id\":true,\"method\":\"ping\""), MCPASS_E_PROTOCOL, NULL },
	{ "a number with a zero before it", CALL("{\"name\":\"a\",\"arguments\":{\"x\":01}}"), MCPASS_E_PROTOCOL, NULL },
	{ "a number too large", CALL("{\"name\":\"a\",\"arguments\":{\"x\":1e999}}"), MCPASS_OK, "tools/call:a" },
	{ "a byte that is no text in an argument", CALL("{\"name\":\"a\",\"arguments\":{\"x\":\"\xff\"}}"), MCPASS_OK, "tools/call:a" },
	{ "a byte that is no text in the name", CALL("{\"name\":\"a\xff\"}"), MCPASS_E_PROTOCOL, NULL },
	{ "a byte that is no text in a member's name", CALL("{\"name\":\"a\",\"x\xff\":1}"), MCPASS_E_PROTOCOL, NULL },
	{ "a byte order mark", "\xef\xbb\xbf" CALL("{\"name\":\"a\"}"), MCPASS_OK, "tools/call:a" },
	{ "white space", " \n" CALL("{ \"name\" :\t\"a\" }") "\r\n", MCPASS_OK, "tools/call:a" },
	{ "something behind it", CALL("{\"name\":\"a\"}") "{}", MCPASS_E_PROTOCOL, NULL },
	{ "a comma too many", CALL("{\"name\":\"a\",}"), MCPASS_E_PROTOCOL, NULL },
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

/* In a batch of one, which no scan takes, a body asks for the same. */
static void compare_with_batch(const char *label, const char *body, size_t len)
{
	struct mp_operations alone = { 0 }, batched = { 0 };
	char batch[1024], texts[2][1024];
	enum mcpass_rc rc[2];

	batch[0] = '[';
	memcpy(batch + 1, body, len);
	batch[len + 1] = ']';
	rc[0] = mp_operations_read(body, len, &alone, NULL);
	rc[1] = mp_operations_read(batch, len + 2, &batched, NULL);
	describe(&alone, texts[0], sizeof(texts[0]));
	describe(&batched, texts[1], sizeof(texts[1]));
	if (rc[0] != rc[1] || strcmp(texts[0], texts[1]) != 0)  /* a row for each would be too many */
		CHECK_STR(label, body, "read otherwise in a batch");
	mp_operations_free(&alone);
	mp_operations_free(&batched);
}

static void test_scan(void)
{
	static const char bytes[] = "\"\\{}[]:,0e.-u/ \n\x01\xff\xef\x80xnNMURPI";
	char body[1000];

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].body);

		if (rows[i].body[0] != '{')     /* a batch, a mark */
			continue;
		for (size_t at = 1; at < len; at++)
			for (const char *c = bytes; *c != '\0'; c++) {
				strcpy(body, rows[i].body);
				body[at] = *c;
				compare_with_batch(rows[i].label, body, len);
				memmove(body + at + 1, rows[i].body + at, len - at);
				compare_with_batch(rows[i].label, body, len + 1);
			}
		for (size_t at = 1; at < len; at++)
			compare_with_batch(rows[i].label, rows[i].body, at);
		CHECK(rows[i].label, true);
	}
}

/* What the scan does not look at is read by the parser. */
static void test_many_and_deep(void)
{
	enum { MOST = 1200 };
	static char body[MOST * 16];
	struct mp_operations list = { 0 };

	for (int count = 50; count <= 80; count += 15) {
		strcpy(body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{\"name\":\"a\"");
		for (int i = 0; i < count; i++)
			sprintf(body + strlen(body), ",\"x%d\":%d", i, i);
		strcat(body, "}}");
		CHECK_EQ("many members", mp_operations_read(body, strlen(body), &list, NULL), MCPASS_OK);
		CHECK_STR("its name", list.count == 1 ? list.items[0].name : NULL, "a");
		mp_operations_free(&list);
		strcpy(body + strlen(body) - 2, ",\"x7\":0}}");
		CHECK_EQ("one of them twice", mp_operations_read(body, strlen(body), &list, NULL),
		    MCPASS_E_PROTOCOL);
	}
	for (int depth = 28; depth <= MP_MAX_MESSAGE_DEPTH; depth += depth < 36 ? 1 : 241) {
		strcpy(body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{\"name\":\"a\",\"x\":");
		for (int i = 2; i < depth; i++)
			strcat(body, "[");
		for (int i = 2; i < depth; i++)
			strcat(body, "]");
		strcat(body, "}}");
		CHECK_EQ("deep", mp_operations_read(body, strlen(body), &list, NULL), MCPASS_OK);
		CHECK_STR("its name", list.count == 1 ? list.items[0].name : NULL, "a");
		mp_operations_free(&list);
	}
}

static void check_memory(const char *body, size_t count)
{
	OOM_EACH {
		struct mp_operations list = { 0 };
		enum mcpass_rc rc = mp_operations_read(body, strlen(body), &list, NULL);

		CHECK_OOM("every allocation", rc, MCPASS_OK);
		CHECK_EQ("untouched on failure", list.count, rc ? 0 : count);
		mp_operations_free(&list);
	}
}

static void test_memory(void)
{
	check_memory(rows[10].body, 2);         /* a batch */
	check_memory(rows[1].body, 1);
}

int main(void)
{
	test_rows();
	test_coding();
	test_scan();
	test_many_and_deep();
	test_headers();
	test_limit();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
