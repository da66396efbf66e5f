/* Headers and media types. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/http/http.h"

static const struct {
	const char *label, *name, *value;
	enum mcpass_rc want;
} add_rows[] = {
	{ "plain", "Content-Type", "text/plain; charset=utf-8", MCPASS_OK },
	{ "empty value", "X", "", MCPASS_OK },
	{ "every tchar", "!#$%&'*+-.^_`|~09azAZ", "x", MCPASS_OK },
	{ "bytes that are not ASCII", "X", "\xc3\xa9\xff", MCPASS_OK },
	{ "carriage return", "X", "a\rb", MCPASS_E_USAGE },
	{ "line feed", "X", "a\nSet-Cookie: b", MCPASS_E_USAGE },
	{ "line end at the end", "X", "a\r\n", MCPASS_E_USAGE },
	{ "tab", "X", "a\tb", MCPASS_E_USAGE },
	{ "escape", "X", "\x1b", MCPASS_E_USAGE },
	{ "DEL", "X", "\x7f", MCPASS_E_USAGE },
	{ "no name", "", "x", MCPASS_E_USAGE },
	{ "colon in the name", "X:", "x", MCPASS_E_USAGE },
	{ "space in the name", "X Y", "x", MCPASS_E_USAGE },
	{ "line end in the name", "X\r\nY", "x", MCPASS_E_USAGE },
	{ "name that is not ASCII", "\xc3\xa9", "x", MCPASS_E_USAGE },
};

static void test_add(void)
{
	for (size_t i = 0; i < COUNT(add_rows); i++) {
		const char *label = add_rows[i].label;
		struct mp_headers headers = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_headers_add(&headers, add_rows[i].name, add_rows[i].value,
		    &err), add_rows[i].want);
		CHECK_EQ(label, headers.count, add_rows[i].want == MCPASS_OK ? 1 : 0);
		if (headers.count > 0) {
			CHECK_STR(label, headers.items[0].name, add_rows[i].name);
			CHECK_STR(label, headers.items[0].value, add_rows[i].value);
			CHECK("a copy", headers.items[0].value != add_rows[i].value);
		}
		CHECK_EQ(label, err.spec != NULL, add_rows[i].want != MCPASS_OK);
		mp_headers_free(&headers);
	}
}

static void test_get(void)
{
	static const struct mcpass_header items[] = {
		{ "Host", "h" }, { "authorization", "first" }, { "AUTHORIZATION", "second" },
		    { "Auth", "x" },
	};

	CHECK_STR("any case", mp_header_get(items, COUNT(items), "Authorization"), "first");
	CHECK_STR("absent", mp_header_get(items, COUNT(items), "Author"), NULL);
	CHECK_STR("none at all", mp_header_get(NULL, 0, "Host"), NULL);
	CHECK_EQ("twice", mp_header_count(items, COUNT(items), "Authorization"), 2);
	CHECK_EQ("once", mp_header_count(items, COUNT(items), "HOST"), 1);
	CHECK_EQ("absent", mp_header_count(items, COUNT(items), "Hos"), 0);
}

static const struct {
	const char *label, *value;
	bool want;
} media_rows[] = {
	{ "plain", "application/json", true },
	{ "any case", "Application/JSON", true },
	{ "a parameter", "application/json; charset=utf-8", true },
	{ "white space before it", "application/json \t;charset=utf-8", true },
	{ "white space around", " application/json\t", true },
	{ "absent", NULL, false },
	{ "empty", "", false },
	{ "only a parameter", ";application/json", false },
	{ "another", "text/html", false },
	{ "a longer one", "application/json-seq", false },
	{ "a suffix", "application/problem+json", false },
	{ "a shorter one", "application/jso", false },
	{ "a list", "application/json, text/html", false },
	{ "in a parameter", "text/html; a=application/json", false },
	{ "white space inside", "application /json", false },
};

static void test_media_type_twice(void)
{
	static const char type[] = "application/json";

	CHECK("twice", mp_media_type_begins("application/json, application/json", type));
	CHECK("with parameters", mp_media_type_begins("application/json;a=b, text/html", type));
	CHECK("the second", !mp_media_type_begins("text/html, application/json", type));
	CHECK("once", mp_media_type_begins("Application/JSON", type));
	CHECK("absent", !mp_media_type_begins(NULL, type));
}

static void test_media_type(void)
{
	for (size_t i = 0; i < COUNT(media_rows); i++)
		CHECK_EQ(media_rows[i].label, mp_media_type_is(media_rows[i].value,
		    "application/json"),
		    media_rows[i].want);
}

static void test_token(void)
{
	CHECK_EQ("a token", mp_http_token_len("a-b c"), 3);
	CHECK_EQ("to the end", mp_http_token_len("abc"), 3);
	CHECK_EQ("none", mp_http_token_len(" abc"), 0);
	CHECK_EQ("nothing", mp_http_token_len(""), 0);
	CHECK_EQ("a delimiter ends it", mp_http_token_len("a=b"), 1);
}

static void test_caps(void)
{
	struct mp_headers headers = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (int i = 0; i < MP_MAX_ITEMS; i++)
		rc |= mp_headers_add(&headers, "X", "y", NULL);
	CHECK_EQ("as many as can be", rc, MCPASS_OK);
	CHECK_EQ("one more", mp_headers_add(&headers, "X", "y", NULL), MCPASS_E_LIMIT);
	CHECK_EQ("untouched", headers.count, MP_MAX_ITEMS);
	mp_headers_free(&headers);
	mp_headers_free(&headers);
	CHECK_EQ("free twice", headers.count, 0);
}

static void test_response(void)
{
	struct mp_http_response response = { 0 };

	mp_http_response_free(&response);
	response.status = 200;
	CHECK_EQ("a header", mp_headers_add(&response.headers, "X", "y", NULL), MCPASS_OK);
	mp_buf_init(&response.body, 10);
	mp_buf_adds(&response.body, "body");
	mp_http_response_free(&response);
	CHECK("no answer again", response.status == 0 && response.headers.count == 0
	    && response.body.len == 0);
}

static void test_no_memory(void)
{
	OOM_EACH_LATER {
		struct mp_headers headers = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		CHECK_EQ("one before", mp_headers_add(&headers, "A", "b", NULL), MCPASS_OK);
		oom_from_here();
		rc = mp_headers_add(&headers, "X", "y", &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("untouched", headers.count, rc ? 1 : 2);
		mp_headers_free(&headers);
	}
}

int main(void)
{
	test_add();
	test_get();
	test_media_type();
	test_media_type_twice();
	test_token();
	test_caps();
	test_response();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
