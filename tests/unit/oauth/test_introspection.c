/* What an issuer is asked about a token, and which answers are taken. */
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/introspection.h"

static const struct {
	const char *label;
	int status;
	const char *body;
	enum mcpass_rc want;
	bool active;
	const char *detail, *hint;      /* parts of the error */
} rows[] = {
	{ "active", 200, "{\"active\":true,\"sub\":\"a\"}", MCPASS_OK, true, "", "" },
	{ "inactive", 200, "{\"active\":false}", MCPASS_OK, false, "", "" },
	{ "inactive, and talkative", 200, "{\"active\":false,\"sub\":\"a\",\"scope\":\"mcp:read\"}",
	    MCPASS_OK, false, "", "" },
	{ "a type", 200, "{\"active\":true,\"token_type\":\"DPoP\"}", MCPASS_OK, true, "", "" },
	{ "no active", 200, "{\"sub\":\"a\"}", MCPASS_E_PROTOCOL, false, "active is missing",
	    "introspection endpoint" },
	{ "active is a text", 200, "{\"active\":\"true\"}", MCPASS_E_PROTOCOL, false, "active",
	    "introspection endpoint" },
	{ "active is a number", 200, "{\"active\":1}", MCPASS_E_PROTOCOL, false, "active",
	    "introspection endpoint" },
	{ "active is null", 200, "{\"active\":null}", MCPASS_E_PROTOCOL, false, "active", "" },
	{ "active twice", 200, "{\"active\":false,\"active\":true}", MCPASS_E_PROTOCOL, false, "", "" },
	{ "a list", 200, "[true]", MCPASS_E_PROTOCOL, false, "", "introspection endpoint" },
	{ "a web page", 200, "<html>log in</html>", MCPASS_E_PROTOCOL, false, "", "check the URL" },
	{ "nothing", 200, "", MCPASS_E_PROTOCOL, false, "", "introspection endpoint" },
	{ "our secret is wrong", 401, "{\"error\":\"invalid_client\"}", MCPASS_E_DENIED, false,
	    "401 invalid_client", "client id and secret" },
	{ "without a word", 401, "", MCPASS_E_DENIED, false, "answered 401", "client id and secret" },
	{ "we may not ask", 403, "{\"error\":\"access_denied\"}", MCPASS_E_DENIED, false, "403",
	    "let that client introspect" },
	{ "our secret, with a 400", 400, "{\"error\":\"invalid_client\"}", MCPASS_E_DENIED, false,
	    "400 invalid_client", "client id and secret" },
	{ "another 400", 400, "{\"error\":\"invalid_request\"}", MCPASS_E_PROTOCOL, false,
	    "invalid_request", "introspection endpoint" },
	{ "not there", 404, "<html>", MCPASS_E_PROTOCOL, false, "answered 404",
	    "introspection endpoint" },
	{ "a redirect", 302, "", MCPASS_E_PROTOCOL, false, "answered 302", "introspection endpoint" },
	{ "rewritten by a proxy", 203, "{\"active\":false}", MCPASS_OK, false, "", "" },
	{ "no content", 204, "", MCPASS_E_PROTOCOL, false, "answered 204", "introspection endpoint" },
	{ "too many questions", 429, "", MCPASS_E_IO, false, "answered 429", "busy or broken" },
	{ "broken", 500, "{\"active\":true}", MCPASS_E_IO, false, "answered 500", "busy or broken" },
	{ "a proxy's page", 502, "<html>", MCPASS_E_IO, false, "answered 502", "busy or broken" },
};

static void test_answers(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_introspection answer = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(rows[i].label, mp_introspection_answer(rows[i].status, rows[i].body,
		    strlen(rows[i].body), &answer, &err), rows[i].want);
		CHECK_EQ(rows[i].label, answer.active, rows[i].active);
		CHECK_EQ(rows[i].label, answer.members != NULL, rows[i].active);
		CHECK_HAS(rows[i].label, err.detail, rows[i].detail);
		CHECK_HAS(rows[i].label, err.hint, rows[i].hint);
		mp_introspection_free(&answer);
	}
}

static void test_long(void)
{
	char *body = malloc(MP_MAX_INTROSPECTION + 1);
	struct mp_introspection answer = { 0 };

	memset(body, ' ', MP_MAX_INTROSPECTION + 1);
	memcpy(body, "{\"active\":true}", 15);
	CHECK_EQ("as long as may be", mp_introspection_answer(200, body, MP_MAX_INTROSPECTION, &answer,
	    NULL), MCPASS_OK);
	mp_introspection_free(&answer);
	CHECK_EQ("longer", mp_introspection_answer(200, body, MP_MAX_INTROSPECTION + 1, &answer, NULL),
	    MCPASS_E_LIMIT);
	CHECK("untouched", answer.members == NULL);
	free(body);
}

static void test_question(void)
{
	struct mp_secret token = { 0 };
	struct mp_buf form;

	mp_buf_init(&form, MP_MAX_FORM);
	mp_secret_set(&token, "a+b/c=", NULL);
	mp_introspection_form(&form, &token);
	CHECK_STR("the question", mp_buf_text(&form),
	    "token=a%2Bb%2Fc%3D&token_type_hint=access_token");
	mp_secret_free(&token);
	mp_buf_free(&form);
}

static void test_memory(int status, const char *body, enum mcpass_rc want)
{
	OOM_EACH {
		struct mp_introspection answer = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_OOM(body, mp_introspection_answer(status, body, strlen(body), &answer, &err), want);
		mp_introspection_free(&answer);
	}
}

int main(void)
{
	test_answers();
	test_long();
	test_question();
	test_memory(200, "{\"active\":true,\"token_type\":\"Bearer\",\"scope\":\"a b\"}", MCPASS_OK);
	test_memory(401, "{\"error\":\"invalid_client\",\"error_description\":\"no\"}",
	    MCPASS_E_DENIED);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
