/* Messages of peers, read as the SDKs of the field read them. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "mcp/message.h"
#include "mcp/reason.h"
#include "wire/json/peek.h"

#define M(rest) "{\"jsonrpc\":\"2.0\"," rest "}"

/* want: "kind id part", as show() writes it; NULL: no message. */
static const struct {
	const char *label, *text, *want;
} rows[] = {
	{ "a request", M("\"id\":7,\"method\":\"a/b\",\"params\":{\"x\":1.0e2}"), "request 7 a/b {\"x\":1.0e2}" },
	{ "an id as it was written", M("\"id\":\"a\\u0062\",\"method\":\"m\""), "request \"a\\u0062\" m -" },
	{ "params null", M("\"id\":1,\"method\":\"m\",\"params\":null"), "request 1 m -" },
	{ "result null beside a method", M("\"id\":1,\"method\":\"m\",\"result\":null"), "request 1 m -" },
	{ "a notification", M("\"method\":\"m\",\"params\":{}"), "notification - m {}" },
	{ "id null is a notification", M("\"id\":null,\"method\":\"m\""), "notification - m -" },
	{ "a method with an escape", M("\"method\":\"m\\u002fn\""), "notification - m/n -" },
	{ "names with escapes", "{\"js\\u006fnrpc\":\"2.0\",\"i\\u0064\":3,\"result\":{}}", "result 3 {}" },
	{ "a result", M("\"id\":3,\"result\":{\"a\":[1,{\"b\":2}]}"), "result 3 {\"a\":[1,{\"b\":2}]}" },
	{ "beside error null", M("\"id\":3,\"result\":{},\"error\":null"), "result 3 {}" },
	{ "beside method null", M("\"id\":3,\"result\":{},\"method\":null"), "result 3 {}" },
	{ "a result twice inside", M("\"id\":3,\"result\":{\"a\":1,\"a\":2}"), "result 3 {\"a\":1,\"a\":2}" },
	{ "an error", M("\"id\":3,\"error\":{\"code\":-32602,\"message\":\"no\"}"), "error 3 {\"code\":-32602,\"message\":\"no\"}" },
	{ "beside result null", M("\"id\":3,\"result\":null,\"error\":{\"code\":1,\"message\":\"no\"}"), "error 3 {\"code\":1,\"message\":\"no\"}" },
	{ "without an id", M("\"error\":{\"code\":1,\"message\":\"no\"}"), "error - {\"code\":1,\"message\":\"no\"}" },
	{ "with id null", M("\"id\":null,\"error\":{\"code\":1,\"message\":\"no\"}"), "error - {\"code\":1,\"message\":\"no\"}" },
	{ "without a message", M("\"id\":3,\"error\":{\"code\":1}"), "error 3 {\"code\":1}" },
	{ "a code in a string", M("\"id\":3,\"error\":{\"code\":\"-32602\",\"message\":\"no\"}"),
	    "error 3 {\"code\":-32602,\"message\":\"no\",\"data\":{\"code\":\"-32602\",\"message\":\"no\"}}" },
	{ "a code that is a word", M("\"id\":3,\"error\":{\"code\":\"E_NO\",\"message\":\"no\"}"),
	    "error 3 {\"code\":0,\"message\":\"no\",\"data\":{\"code\":\"E_NO\",\"message\":\"no\"}}" },
	{ "no code", M("\"id\":3,\"error\":{\"message\":\"no\"}"), "error 3 {\"code\":0,\"message\":\"no\",\"data\":{\"message\":\"no\"}}" },
	{ "a code too large", M("\"id\":3,\"error\":{\"code\":3000000000,\"message\":\"no\"}"),
	    "error 3 {\"code\":0,\"message\":\"no\",\"data\":{\"code\":3000000000,\"message\":\"no\"}}" },
	{ "an error that is a sentence", M("\"id\":3,\"error\":\"no\""), "error 3 {\"code\":0,\"message\":\"no\",\"data\":\"no\"}" },
	{ "white space", " {\n\t\"jsonrpc\" : \"2.0\" , \"id\" : 3 , \"result\" : { } }\r\n", "result 3 { }" },

	{ "jsonrpc is missing", "{\"id\":3,\"result\":{}}", NULL },
	{ "another jsonrpc", "{\"jsonrpc\":\"1.0\",\"id\":3,\"result\":{}}", NULL },
	{ "jsonrpc is a number", "{\"jsonrpc\":2.0,\"id\":3,\"result\":{}}", NULL },
	{ "nothing", M("\"id\":3"), NULL },
	{ "result null alone", M("\"id\":3,\"result\":null"), NULL },
	{ "result and error", M("\"id\":3,\"result\":{},\"error\":{\"code\":1,\"message\":\"no\"}"), NULL },
	{ "a result without an id", M("\"result\":{}"), NULL },
	{ "a result that is a list", M("\"id\":3,\"result\":[]"), NULL },
	{ "a result that is text", M("\"id\":3,\"result\":\"x\""), NULL },
	{ "an id that is an object", M("\"id\":{},\"result\":{}"), NULL },
	{ "params that are a list", M("\"id\":3,\"method\":\"m\",\"params\":[]"), NULL },
	{ "a method that is none", M("\"id\":3,\"method\":1"), NULL },
	{ "an empty method", M("\"id\":3,\"method\":\"\""), NULL },
	{ "a method and a result", M("\"id\":3,\"method\":\"m\",\"result\":{}"), NULL },
	{ "an id twice", M("\"id\":3,\"id\":4,\"result\":{}"), NULL },
	{ "an id twice, once with an escape", M("\"id\":3,\"i\\u0064\":4,\"result\":{}"), NULL },
	{ "a list", "[]", NULL },
	{ "text", "\"x\"", NULL },
	{ "no JSON", "hello", NULL },
	{ "an end mark", "[DONE]", NULL },
	{ "more behind it", M("\"id\":3,\"result\":{}") "}", NULL },
	{ "NaN", M("\"id\":3,\"result\":{\"a\":NaN}"), NULL },
	{ "cut", "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{", NULL },
};

static void add_span(struct mp_buf *buf, struct mp_span span)
{
	mp_buf_addc(buf, ' ');
	if (span.data == NULL)
		mp_buf_addc(buf, '-');
	else
		mp_buf_add(buf, span.data, span.len);
}

static void show(struct mp_buf *buf, const struct mp_message *m)
{
	static const char *const kinds[] = { "invalid", "request", "notification", "result", "error" };
	mp_buf_adds(buf, kinds[m->kind]);
	add_span(buf, m->id);
	if (m->method != NULL)
		mp_buf_addf(buf, " %s", m->method);
	if (m->kind == MP_RPC_ERROR)
		add_span(buf, m->error);
	else
		add_span(buf, m->kind == MP_RPC_RESULT ? m->result : m->params);
}

static enum mcpass_rc read_row(const char *text, struct mp_buf *shown, struct mcpass_error *err)
{
	struct mp_message message = { 0 };
	enum mcpass_rc rc = mp_message_read((struct mp_span){ text, strlen(text) }, "it", &message, err);

	if (!rc)
		show(shown, &message);
	mp_message_free(&message);
	return rc;
}

static void test_read(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_buf buf;

		mp_buf_init(&buf, 4096);
		CHECK_EQ(rows[i].label, read_row(rows[i].text, &buf, &err),
		    rows[i].want != NULL ? MCPASS_OK : MCPASS_E_PROTOCOL);
		CHECK_STR(rows[i].label, mp_buf_text(&buf), rows[i].want != NULL ? rows[i].want : "");
		CHECK(rows[i].label, rows[i].want != NULL || err.detail[0] != '\0');
		mp_buf_free(&buf);
	}
}

static const struct {
	const char *a, *b;
	bool same;
} id_rows[] = {
	{ "3", "3", true }, { "\"3\"", "3", true }, { "3.0", "3", true }, { "\"3.0\"", "3", true },
	{ "\"a\\u0062\"", "\"ab\"", true }, { "\"\"", "\"\"", true }, { "12345678901234567890", "12345678901234567890", true },
	{ "4", "3", false }, { "33", "3", false }, { "3.5", "3", false }, { "\"\"", "3", false },
	{ "\"x\"", "3", false }, { "-3", "3", false }, { "3e0", "3", false }, { "\"a\"", "\"A\"", false },
};

/* The key lives in *room until that is freed. */
static struct mp_span key_of(const char *id, struct mp_message *room, char *text, size_t size)
{
	snprintf(text, size, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", id);
	CHECK_EQ(id, mp_message_read((struct mp_span){ text, strlen(text) }, "it", room, NULL), MCPASS_OK);
	return room->key;
}

static void test_ids(void)
{
	for (size_t i = 0; i < COUNT(id_rows); i++) {
		struct mp_message rooms[2] = { { 0 } };
		char texts[2][128];
		struct mp_span a = key_of(id_rows[i].a, &rooms[0], texts[0], sizeof(texts[0]));
		struct mp_span b = key_of(id_rows[i].b, &rooms[1], texts[1], sizeof(texts[1]));

		CHECK_EQ(id_rows[i].a, mp_message_same_key(a, b), id_rows[i].same);
		CHECK_EQ(id_rows[i].a, mp_message_hash(a) == mp_message_hash(b), id_rows[i].same);
		mp_message_free(&rooms[0]);
		mp_message_free(&rooms[1]);
	}
	CHECK("no id is no other one's", !mp_message_same_key((struct mp_span){ NULL, 0 }, (struct mp_span){ "", 0 }));
}

static void test_depth(void)
{
	static char text[3 * MP_MAX_MESSAGE_DEPTH];

	for (size_t depth = MP_MAX_MESSAGE_DEPTH - 1; depth <= MP_MAX_MESSAGE_DEPTH; depth++) {
		struct mp_message message = { 0 };
		size_t len = (size_t)snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":");

		/* Two levels are the message's and the result's. */
		memset(text + len, '[', depth - 1);
		memset(text + len + depth - 1, ']', depth - 1);
		len += 2 * (depth - 1);
		memcpy(text + len, "}}", 2);
		CHECK_EQ("as deep as allowed, and one more", mp_message_read((struct mp_span){ text, len + 2 },
		    "it", &message, NULL), depth < MP_MAX_MESSAGE_DEPTH ? MCPASS_OK : MCPASS_E_LIMIT);
		mp_message_free(&message);
	}
}

static void test_utf8(void)
{
	static const struct { const char *label, *text, *want; } texts[] = {
		{ "UTF-8 is not touched", "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "a byte order mark", "\xef\xbb\xbf{}", "{}" },
		{ "only in front", "{}\xef\xbb\xbf", "{}\xef\xbb\xbf" },
		{ "Latin-1", "caf\xe9!", "caf\xef\xbf\xbd!" },
		{ "at both ends", "\xe9" "a\xe9", "\xef\xbf\xbd" "a\xef\xbf\xbd" },
		{ "a surrogate as bytes", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "nothing", "", "" },
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct mp_buf room = { 0 };
		struct mp_span text = { texts[i].text, strlen(texts[i].text) };

		CHECK_EQ(texts[i].label, mp_json_utf8(text, &room, &text, NULL), MCPASS_OK);
		CHECK(texts[i].label, mp_span_is(text, texts[i].want));
		mp_buf_free(&room);
	}
}

static const struct {
	const char *label, *type, *body, *want;
} reason_rows[] = {
	{ "FastAPI", "application/json", "{\"detail\":\"Not authenticated\"}", "Not authenticated" },
	{ "its validation", "application/json", "{\"detail\":[{\"loc\":[\"body\",1],\"msg\":\"field required\"}]}", "field required" },
	{ "a problem", "application/problem+json", "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"detail\":\"ask Ada\"}", "ask Ada" },
	{ "its title alone", "application/problem+json", "{\"title\":\"Forbidden\",\"status\":403}", "Forbidden" },
	{ "OAuth", "application/json", "{\"error\":\"insufficient_scope\",\"error_description\":\"needs mcp:write\"}", "needs mcp:write" },
	{ "OAuth's code alone", "application/json", "{\"error\":\"access_denied\"}", "access_denied" },
	{ "JSON-RPC", "application/json", M("\"error\":{\"code\":1,\"message\":\"no tool for you\"}"), "no tool for you" },
	{ "JSON-RPC, in its data", "application/json", M("\"error\":{\"code\":1,\"message\":\"\",\"data\":{\"detail\":\"ask Ada\"}}"), "ask Ada" },
	{ "a list", "application/json", "{\"errors\":[{\"code\":7},{\"message\":\"ask Ada\"}]}", "ask Ada" },
	{ "lines", "application/json", "{\"message\":\" one\\ntwo\\t \"}", "one two" },
	{ "JSON by another name", "text/plain", "{\"message\":\"ask Ada\"}", "ask Ada" },
	{ "plain text", "text/plain; charset=utf-8", "Forbidden by policy\r\n", "Forbidden by policy" },
	{ "a page", "text/html", "<html>Forbidden</html>", NULL },
	{ "no type", NULL, "Forbidden", NULL },
	{ "nothing", "application/json", "", NULL },
	{ "blank", "text/plain", " \r\n", NULL },
	{ "no words", "application/json", "{\"status\":403,\"detail\":null}", NULL },
	{ "too deep to look", "application/json", "{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"data\":{\"message\":\"x\"}}}}}}}", NULL },
};

static void test_reasons(void)
{
	for (size_t i = 0; i < COUNT(reason_rows); i++) {
		char *reason = NULL;

		CHECK_EQ(reason_rows[i].label, mp_reason_read(reason_rows[i].type,
		    (struct mp_span){ reason_rows[i].body, strlen(reason_rows[i].body) }, &reason, NULL), MCPASS_OK);
		CHECK_STR(reason_rows[i].label, reason, reason_rows[i].want);
		free(reason);
	}
}

static void test_memory(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct mp_span text = { rows[i].text, strlen(rows[i].text) };

		OOM_EACH {
			char *reason = NULL;
			struct mp_buf buf;
			enum mcpass_rc rc;

			mp_buf_init(&buf, 4096);
			rc = read_row(rows[i].text, &buf, NULL);
			if (rc != MCPASS_E_NOMEM)
				rc = mp_reason_read("text/plain", text, &reason, NULL);
			CHECK(rows[i].label, oom_over() || rc != MCPASS_E_NOMEM);
			mp_buf_free(&buf);
			free(reason);
		}
	}
}

int main(void)
{
	test_read();
	test_ids();
	test_depth();
	test_utf8();
	test_reasons();
	test_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
