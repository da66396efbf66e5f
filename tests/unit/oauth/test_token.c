/* The token endpoint: the forms, and what real servers answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/token.h"

static void test_forms(void)
{
	struct mp_secret code = { 0 }, verifier = { 0 };
	struct mp_buf form;

	CHECK_EQ("set", mp_secret_set(&code, "c+1", NULL), MCPASS_OK);
	CHECK_EQ("set", mp_secret_set(&verifier, "v", NULL), MCPASS_OK);
	mp_buf_init(&form, MP_MAX_FORM);
	mp_token_code_form(&form, &code, &verifier, "http://127.0.0.1:1/c", "https://rs.example");
	CHECK_STR("code", mp_buf_text(&form), "grant_type=authorization_code&code=c%2B1"
	    "&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fc&code_verifier=v"
	    "&resource=https%3A%2F%2Frs.example");
	mp_buf_clear(&form);
	mp_token_code_form(&form, &code, &verifier, "http://127.0.0.1/c", NULL);
	CHECK_STR("without a resource", mp_buf_text(&form), "grant_type=authorization_code"
	    "&code=c%2B1&redirect_uri=http%3A%2F%2F127.0.0.1%2Fc&code_verifier=v");
	mp_buf_clear(&form);
	mp_token_refresh_form(&form, &code, "a b", "https://rs.example");
	CHECK_STR("refresh", mp_buf_text(&form), "grant_type=refresh_token&refresh_token=c%2B1"
	    "&scope=a+b&resource=https%3A%2F%2Frs.example");
	mp_buf_clear(&form);
	mp_token_refresh_form(&form, &code, NULL, NULL);
	CHECK_STR("refresh, as it was", mp_buf_text(&form),
	    "grant_type=refresh_token&refresh_token=c%2B1");
	mp_buf_clear(&form);
	mp_token_revoke_form(&form, &code, "refresh_token");
	CHECK_STR("revoke", mp_buf_text(&form), "token=c%2B1&token_type_hint=refresh_token");
	mp_buf_free(&form);
	mp_secret_free(&code);
	mp_secret_free(&verifier);
}

#define TOKEN "\"access_token\":\"at\",\"token_type\":\"Bearer\""
#define WITH(more) "{" TOKEN more "}"

static const struct {
	const char *label, *text;
	int64_t want;                   /* -1: not told */
} lifetime_rows[] = {
	{ "a number", WITH(",\"expires_in\":3600"), 3600 },
	{ "not given", WITH(""), -1 },
	{ "null", WITH(",\"expires_in\":null"), -1 },
	{ "a string of digits", WITH(",\"expires_in\":\"5250\""), 5250 },
	{ "a fraction", WITH(",\"expires_in\":3599.9"), 3599 },
	{ "a power", WITH(",\"expires_in\":3.6e3"), 3600 },
	{ "zero", WITH(",\"expires_in\":0"), 0 },
	{ "negative", WITH(",\"expires_in\":-1"), 0 },
	{ "a negative string", WITH(",\"expires_in\":\"-1\""), 0 },
	{ "zero in a string", WITH(",\"expires_in\":\"0\""), 0 },
	{ "a fraction in a string", WITH(",\"expires_in\":\"3599.9\""), 3599 },
	{ "spaces around it", WITH(",\"expires_in\":\" 3600 \""), 3600 },
	{ "words", WITH(",\"expires_in\":\"3600abc\""), -1 },
	{ "no number's word", WITH(",\"expires_in\":\"inf\""), -1 },
	{ "an empty string", WITH(",\"expires_in\":\"\""), -1 },
	{ "a list", WITH(",\"expires_in\":[3600]"), -1 },
	{ "true", WITH(",\"expires_in\":true"), -1 },
	{ "ten years", WITH(",\"expires_in\":315360000"), MP_MAX_TOKEN_LIFETIME },
	{ "and no second more", WITH(",\"expires_in\":315360001"), MP_MAX_TOKEN_LIFETIME },
	{ "the largest number", WITH(",\"expires_in\":9223372036854775807"),
	    MP_MAX_TOKEN_LIFETIME },
	{ "the least", WITH(",\"expires_in\":-9223372036854775808"), 0 },
	{ "a large real", WITH(",\"expires_in\":1e300"), MP_MAX_TOKEN_LIFETIME },
	{ "a long string", WITH(",\"expires_in\":\"99999999999999999999999999\""),
	    MP_MAX_TOKEN_LIFETIME },
};

static void test_lifetime(void)
{
	for (size_t i = 0; i < COUNT(lifetime_rows); i++) {
		const char *text = lifetime_rows[i].text;
		struct mp_token token = { 0 };

		CHECK_EQ(lifetime_rows[i].label, mp_token_answer(200, text, strlen(text), "Bearer",
		    &token, NULL), MCPASS_OK);
		CHECK_EQ(lifetime_rows[i].label, token.tells_expiry ? token.expires_in : -1,
		    lifetime_rows[i].want);
		mp_token_free(&token);
	}
}

static void test_whole(void)
{
	static const char text[] = "{\"access_token\":\"at\",\"token_type\":\"bearer\","
	    "\"refresh_token\":\"rt\",\"id_token\":\"it\",\"scope\":\"a b\",\"expires_in\":60,"
	    "\"ext_expires_in\":60}";
	static const char bare[] = WITH(",\"refresh_token\":\"\",\"id_token\":7,\"scope\":null");
	struct mp_token token = { 0 };

	CHECK_EQ("all", mp_token_answer(200, text, strlen(text), "Bearer", &token, NULL),
	    MCPASS_OK);
	CHECK_STR("access", mp_secret_reveal(&token.access_token), "at");
	CHECK_STR("refresh", mp_secret_reveal(&token.refresh_token), "rt");
	CHECK_STR("id", mp_secret_reveal(&token.id_token), "it");
	CHECK_STR("scope", token.scope, "a b");
	CHECK_STR("type, as written", token.token_type, "bearer");
	mp_token_free(&token);
	CHECK("empty", !mp_secret_present(&token.access_token) && token.expires_in == 0);
	CHECK_EQ("bare", mp_token_answer(200, bare, strlen(bare), "Bearer", &token, NULL),
	    MCPASS_OK);
	CHECK("empty is absent", !mp_secret_present(&token.refresh_token));
	CHECK("a broken id token is absent", !mp_secret_present(&token.id_token));
	CHECK("scope as asked", token.scope == NULL);
	mp_token_free(&token);
}

static const struct {
	const char *label;
	int status;
	const char *text, *wanted;
	enum mcpass_rc want;
	const char *oauth, *part, *hint;
} rows[] = {
	{ "Bearer", 200, WITH(""), "Bearer", MCPASS_OK, "", NULL, "" },
	{ "DPoP", 200, "{\"access_token\":\"a\",\"token_type\":\"dpop\"}", "DPoP", MCPASS_OK, "",
	    NULL, "" },
	{ "an ID-JAG", 200, "{\"access_token\":\"a\",\"token_type\":\"N_A\"}", "N_A", MCPASS_OK,
	    "", NULL, "" },
	{ "Bearer where DPoP was asked", 200, WITH(""), "DPoP", MCPASS_E_PROTOCOL, "",
	    "Bearer, not DPoP", "" },
	{ "DPoP where Bearer was asked", 200, "{\"access_token\":\"a\",\"token_type\":\"DPoP\"}",
	    "Bearer", MCPASS_E_PROTOCOL, "", "DPoP, not Bearer", "" },
	{ "an unknown type", 200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}", "Bearer",
	    MCPASS_E_PROTOCOL, "", "mac, not Bearer", "" },
	{ "no token", 200, "{\"token_type\":\"Bearer\"}", "Bearer", MCPASS_E_PROTOCOL, "",
	    "access_token is missing", "" },
	{ "an empty token", 200, "{\"access_token\":\"\",\"token_type\":\"Bearer\"}", "Bearer",
	    MCPASS_E_PROTOCOL, "", "access_token is missing", "" },
	{ "a token that ends a line", 200,
	    "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}", "Bearer",
	    MCPASS_E_PROTOCOL, "", "access_token", "" },
	{ "a token with a space", 200, "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
	    "Bearer", MCPASS_E_PROTOCOL, "", "no header may carry", "" },
	{ "a token that is not ASCII", 200,
	    "{\"access_token\":\"a\xc3\xa9\",\"token_type\":\"Bearer\"}", "Bearer",
	    MCPASS_E_PROTOCOL, "", "no header may carry", "" },
	{ "a token twice", 200, "{\"access_token\":\"a\"," TOKEN "}", "Bearer",
	    MCPASS_E_PROTOCOL, "", "access_token is given twice", "" },
	{ "three times", 200, "{\"access_token\":{\"a\":1},\"access_token\":[{}]," TOKEN "}", "Bearer",
	    MCPASS_E_PROTOCOL, "", "access_token is given twice", "" },
	{ "a page", 200, "<html>", "Bearer", MCPASS_E_PROTOCOL, "", "not JSON",
	    "A web page came instead of JSON: check the URL." },
	{ "a form without a token", 200, "token=at&token_type=bearer", "Bearer", MCPASS_E_PROTOCOL, "",
	    "not JSON", "" },
	{ "a form with two", 200, "access_token=a&access_token=b", "Bearer", MCPASS_E_PROTOCOL, "",
	    "not JSON", "" },
	{ "two, and an error", 200, "error=&access_token=a&access_token=b", "Bearer", MCPASS_E_PROTOCOL,
	    "", "not JSON", "" },
	{ "a page that reads as a form", 400, "<a href='/?x=1&error=secret'>", "Bearer",
	    MCPASS_E_PROTOCOL, "", "the server answered 400, not with JSON", "" },
	{ "GitHub's own shape", 200, "error=bad_verification_code&error_description=The+code+is+wrong",
	    "Bearer", MCPASS_E_DENIED, "bad_verification_code",
	    "200 bad_verification_code: The code is wrong", "" },
	{ "the same with a 400, in Latin-1", 400, "error=invalid_grant&error_description=expir%E9",
	    "Bearer", MCPASS_E_DENIED, "invalid_grant", "400 invalid_grant: expir?",
	    "The grant ran out, was used or was revoked: log in again." },
	{ "a list", 200, "[]", "Bearer", MCPASS_E_PROTOCOL, "", "not a JSON object", "" },
	{ "nothing", 200, "", "Bearer", MCPASS_E_PROTOCOL, "", "not JSON", "" },
	{ "a refusal with a 200", 200,
	    "{\"error\":\"bad_verification_code\",\"error_description\":\"The code is wrong\"}",
	    "Bearer", MCPASS_E_DENIED, "bad_verification_code", "200 bad_verification_code: The", "" },
	{ "the grant ran out", 400,
	    "{\"error\":\"invalid_grant\",\"error_description\":\"Session not active\"}", "Bearer",
	    MCPASS_E_DENIED, "invalid_grant", "400 invalid_grant: Session not active",
	    "The grant ran out, was used or was revoked: log in again." },
	{ "its words in Latin-1", 400, "{\"error\":\"invalid_grant\",\"error_description\":\"expir\xe9\"}",
	    "Bearer", MCPASS_E_DENIED, "invalid_grant", "400 invalid_grant: expir", NULL },
	{ "the code twice", 400, "{\"error\":\"invalid_grant\",\"error\":\"invalid_grant\"}", "Bearer",
	    MCPASS_E_DENIED, "invalid_grant", "400 invalid_grant", NULL },
	{ "no words", 400, "{\"error\":\"invalid_request\"}", "Bearer", MCPASS_E_DENIED,
	    "invalid_request", "answered 400 invalid_request", "" },
	{ "the client is gone", 401, "{\"error\":\"invalid_client\"}", "Bearer", MCPASS_E_DENIED,
	    "invalid_client", "401 invalid_client", NULL },
	{ "the resource is unknown", 400, "{\"error\":\"invalid_target\"}", "Bearer",
	    MCPASS_E_DENIED, "invalid_target", "invalid_target", NULL },
	{ "Keycloak, offline", 400, "{\"error\":\"not_allowed\",\"error_description\":"
	    "\"Offline tokens not allowed for the user or client\"}", "Bearer", MCPASS_E_DENIED,
	    "not_allowed", "Offline tokens", NULL },
	{ "a sentence for a code", 403, "{\"error\":\"You may not\"}", "Bearer", MCPASS_E_DENIED,
	    "", "403: You may not", "" },
	{ "a colour in the words", 400,
	    "{\"error\":\"x\",\"error_description\":\"\\u001b[31mred\\nline\"}", "Bearer",
	    MCPASS_E_DENIED, "x", "x: ?[31mred?line", "" },
	{ "an empty token beside an error", 200, "{\"access_token\":\"\",\"error\":\"invalid_grant\"}",
	    "Bearer", MCPASS_E_DENIED, "invalid_grant", "200 invalid_grant", NULL },
	{ "null for a token beside an error", 200,
	    "{\"access_token\":null,\"error\":\"invalid_grant\"}", "Bearer", MCPASS_E_DENIED,
	    "invalid_grant", "200 invalid_grant", NULL },
	{ "a refusal with a 202", 202, "{\"error\":\"authorization_pending\"}", "Bearer",
	    MCPASS_E_DENIED, "authorization_pending", "202 authorization_pending", "" },
	{ "error is true", 200, "{\"error\":true,\"message\":\"the code is used\"}", "Bearer",
	    MCPASS_E_DENIED, "", "200: the code is used", "" },
	{ "error_code", 200, "{\"error_code\":\"bad_refresh_token\"}", "Bearer", MCPASS_E_DENIED,
	    "bad_refresh_token", "200 bad_refresh_token", "" },
	{ "a code that shouts", 400, "{\"error\":\"INVALID_GRANT\"}", "Bearer", MCPASS_E_DENIED,
	    "invalid_grant", "400 INVALID_GRANT", NULL },
	{ "Google's and Microsoft's shape", 400, "{\"error\":{\"code\":400,\"message\":\"Bad token\","
	    "\"status\":\"INVALID_ARGUMENT\"}}", "Bearer", MCPASS_E_DENIED, "invalid_argument",
	    "400 INVALID_ARGUMENT: Bad token", "" },
	{ "an error in an error", 400, "{\"error\":{\"error\":\"invalid_grant\"}}", "Bearer",
	    MCPASS_E_DENIED, "invalid_grant", "400 invalid_grant", NULL },
	{ "a list of errors", 422, "{\"errors\":[{\"code\":\"invalid_token\",\"message\":\"gone\"}]}",
	    "Bearer", MCPASS_E_DENIED, "invalid_token", "422 invalid_token: gone", "" },
	{ "FastAPI's shape", 401, "{\"detail\":{\"error\":\"invalid_grant\"}}", "Bearer",
	    MCPASS_E_DENIED, "invalid_grant", "401 invalid_grant", NULL },
	{ "a description that is a list", 400, "{\"error\":\"x\",\"error_description\":[\"first\"]}",
	    "Bearer", MCPASS_E_DENIED, "x", "400 x: first", "" },
	{ "a status that is no code", 400, "{\"status\":\"error\",\"message\":\"nope\"}", "Bearer",
	    MCPASS_E_PROTOCOL, "", "400: nope", "" },
	{ "400 without OAuth", 400, "{\"message\":\"nope\"}", "Bearer", MCPASS_E_PROTOCOL, "",
	    "400: nope", "" },
	{ "401 with an empty error", 401, "{\"error\":\"\"}", "Bearer", MCPASS_E_PROTOCOL, "",
	    "401, without an OAuth error", "" },
	{ "403 with a page", 403, "<html>blocked</html>", "Bearer", MCPASS_E_PROTOCOL, "",
	    "the server answered 403, not with JSON", "" },
	{ "an error that is an object", 400, "{\"error\":{\"code\":1}}", "Bearer",
	    MCPASS_E_DENIED, "", "400, without an OAuth error", "" },
	{ "404 with an error", 404, "{\"error\":\"invalid_grant\"}", "Bearer", MCPASS_E_DENIED,
	    "invalid_grant", "404 invalid_grant", NULL },
	{ "a 4xx for a while", 408, "{\"error\":\"invalid_grant\"}", "Bearer", MCPASS_E_IO,
	    "invalid_grant", "408 invalid_grant", NULL },
	{ "too early", 425, "", "Bearer", MCPASS_E_IO, "", "425", NULL },
	{ "for a while, as it says", 400, "{\"error\":\"temporarily_unavailable\"}", "Bearer",
	    MCPASS_E_IO, "temporarily_unavailable", "400 temporarily_unavailable", NULL },
	{ "a redirect", 307, "", "Bearer", MCPASS_E_PROTOCOL, "", "307", "" },
	{ "too many", 429, "{\"error\":\"slow_down\"}", "Bearer", MCPASS_E_IO, "slow_down",
	    "429 slow_down", NULL },
	{ "broken", 500, "{\"error\":\"invalid_grant\"}", "Bearer", MCPASS_E_IO, "invalid_grant",
	    "500 invalid_grant", NULL },
	{ "a proxy's page", 502, "<html>at</html>", "Bearer", MCPASS_E_IO, "",
	    "the server answered 502, not with JSON", NULL },
	{ "down", 503, "", "Bearer", MCPASS_E_IO, "", "503", NULL },
};

static void test_answer(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label, *text = rows[i].text;
		struct mp_token token = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_token_answer(rows[i].status, text, strlen(text), rows[i].wanted,
		    &token, &err), rows[i].want);
		CHECK(label, mp_secret_present(&token.access_token) == (rows[i].want == MCPASS_OK));
		CHECK_STR(label, err.oauth, rows[i].oauth);
		if (rows[i].part != NULL)
			CHECK_HAS(label, err.detail, rows[i].part);
		if (rows[i].hint != NULL)
			CHECK_STR(label, err.hint, rows[i].hint);
		else
			CHECK(label, err.hint[0] != '\0');
		CHECK(label, strstr(err.detail, "html") == NULL);
		mp_token_free(&token);
	}
	CHECK_EQ("no body", mp_token_answer(200, NULL, 0, "Bearer", NULL, NULL),
	    MCPASS_E_PROTOCOL);
	CHECK_EQ("no body and no error", mp_token_answer(400, NULL, 0, "Bearer", NULL, NULL),
	    MCPASS_E_PROTOCOL);
}

/* What a token comes with may be odd: it is kept, and what was odd is told. */
static const struct {
	const char *label;
	int status;
	const char *text, *scope, *refresh, *odd;
} odd_rows[] = {
	{ "nothing is odd", 200, WITH(",\"scope\":\"a b\",\"refresh_token\":\"r\""), "a b", "r", "" },
	{ "created", 201, WITH(""), NULL, NULL, "" },
	{ "accepted", 202, WITH(""), NULL, NULL, "" },
	{ "beside an error", 200, WITH(",\"error\":\"none\""), NULL, NULL, "" },
	{ "a scope that is a list", 200, WITH(",\"scope\":[\"a\",\"b c\",7]"), "a b c", NULL,
	    "scope is not" },
	{ "a scope that is an object", 200, WITH(",\"scope\":{}"), NULL, NULL, "scope is not" },
	{ "a scope that is empty", 200, WITH(",\"scope\":\"\""), NULL, NULL, "" },
	{ "odd bytes between scopes", 200, WITH(",\"scope\":\" a  b \\\"c\\u00e9 d\""), "a b d",
	    NULL, "can be no scope" },
	{ "no type", 200, "{\"access_token\":\"a\"}", NULL, NULL, "token_type is missing" },
	{ "two types", 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"token_type\":\"x\"}", NULL,
	    NULL, "token_type is given twice" },
	{ "an empty type", 200, "{\"access_token\":\"a\",\"token_type\":\"\"}", NULL, NULL,
	    "token_type is missing" },
	{ "a type that is a number", 200, "{\"access_token\":\"a\",\"token_type\":1}", NULL, NULL,
	    "token_type is not" },
	{ "null for a type", 200, "{\"access_token\":\"a\",\"token_type\":null}", NULL, NULL,
	    "token_type is missing" },
	{ "a refresh token that is none", 200, WITH(",\"refresh_token\":{}"), NULL, NULL,
	    "refresh_token is not" },
	{ "null for a refresh token", 200, WITH(",\"refresh_token\":null"), NULL, NULL, "" },
	{ "a lifetime of words", 200, WITH(",\"expires_in\":\"soon\""), NULL, NULL,
	    "expires_in is not a number of seconds" },
	{ "a lifetime in a string", 200, WITH(",\"expires_in\":\"60\""), NULL, NULL,
	    "expires_in is a string" },
	{ "after a byte order mark", 200, "\xef\xbb\xbf" WITH(""), NULL, NULL, "" },
	{ "as a form", 200, "access_token=at&scope=a+b&token_type=bearer&expires_in=60", "a b", NULL,
	    "expires_in is a string" },
	{ "a scope twice", 200, WITH(",\"scope\":\"a\",\"scope\":\"b\""), NULL, NULL, "scope is given twice" },
	{ "the same token twice", 200, WITH("," TOKEN), NULL, NULL, "" },
	{ "lists of one name, twice", 200, WITH(",\"x\":[1,{}],\"x\":[{\"a\":2}],\"x\":{},\"scope\":\"a\""),
	    "a", NULL, "" },
	{ "a name in Latin-1", 200, WITH(",\"name\":\"J\xe9r\",\"scope\":\"a\""), "a", NULL, "" },
	{ "half a pair, and NUL", 200, WITH(",\"name\":\"\\ud800\\u0000\",\"scope\":\"a\""), "a", NULL, "" },
	{ "a number over all", 200, WITH(",\"x\":1e999"), NULL, NULL, "" },
	{ "deep", 200, WITH(",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), NULL, NULL, "" },
	{ "before a footer", 200, WITH(",\"scope\":\"a\"") "<!-- 0.1 s -->", "a", NULL, "" },
	{ "Apigee", 200, "{\"access_token\":\"a\",\"token_type\":\"BearerToken\"}", NULL, NULL,
	    "not exactly Bearer" },
	{ "spaces around the type", 200, "{\"access_token\":\"a\",\"token_type\":\" bearer \"}", NULL, NULL,
	    "not exactly Bearer" },
	{ "several", 200, "{\"access_token\":\"a\",\"scope\":[]}", NULL, NULL,
	    "scope is not" },
};

static void test_odd(void)
{
	for (size_t i = 0; i < COUNT(odd_rows); i++) {
		const char *label = odd_rows[i].label, *text = odd_rows[i].text;
		struct mp_token token = { 0 };
		struct mcpass_error err = { 0 };

		if (!CHECK_EQ(label, mp_token_answer(odd_rows[i].status, text, strlen(text), "Bearer",
		    &token, &err), MCPASS_OK))
			printf("  %s\n", err.detail);
		CHECK(label, mp_secret_present(&token.access_token));
		CHECK(label, mp_eq_nocase(token.token_type, "bearer"));
		CHECK_STR(label, token.scope, odd_rows[i].scope);
		CHECK_STR(label, mp_secret_reveal(&token.refresh_token), odd_rows[i].refresh);
		CHECK(label, (token.odd.count > 0) == (odd_rows[i].odd[0] != '\0'));
		if (token.odd.count > 0)
			CHECK_HAS(label, token.odd.items[0], odd_rows[i].odd);
		mp_token_free(&token);
	}
}

static void test_large(void)
{
	static char text[MP_MAX_TOKEN + 100];
	struct mp_token token = { 0 };
	size_t len;

	for (size_t more = 0; more < 2; more++) {
		strcpy(text, "{\"token_type\":\"Bearer\",\"access_token\":\"");
		len = strlen(text);
		memset(text + len, 'a', MP_MAX_TOKEN + more);
		strcpy(text + len + MP_MAX_TOKEN + more, "\"}");
		CHECK_EQ("at and over the cap", mp_token_answer(200, text, strlen(text), "Bearer",
		    &token, NULL), more ? MCPASS_E_LIMIT : MCPASS_OK);
		CHECK("untouched", mp_secret_present(&token.access_token) == !more);
		mp_token_free(&token);
	}
}

static void test_error(void)
{
	static const char text[] = "{\"error\":\"unsupported_token_type\"}";
	struct mcpass_error err = { 0 };

	CHECK_EQ("the caller's rc", mp_token_error(503, text, strlen(text), MCPASS_E_IO,
	    "RFC 7009 2.2.1", &err), MCPASS_E_IO);
	CHECK_STR("its code, whatever the class", err.oauth, "unsupported_token_type");
	CHECK_STR("the caller's clause", err.spec, "RFC 7009 2.2.1");
	mp_clear(&err);
	CHECK_EQ("a refusal", mp_token_error(400, text, strlen(text), MCPASS_E_DENIED,
	    "RFC 7009 2.2.1", &err), MCPASS_E_DENIED);
	CHECK_STR("its code", err.oauth, "unsupported_token_type");
}

static void no_memory(int status, const char *text, enum mcpass_rc want)
{
	OOM_EACH {
		struct mp_token token = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_token_answer(status, text, strlen(text), "Bearer", &token, &err);
		CHECK_OOM("no memory", rc, want);
		CHECK_EQ("reported", err.rc, rc);
		CHECK("untouched", mp_secret_present(&token.access_token) == (rc == MCPASS_OK));
		mp_token_free(&token);
	}
}

int main(void)
{
	test_forms();
	test_lifetime();
	test_whole();
	test_answer();
	test_odd();
	test_large();
	test_error();
	no_memory(200, WITH(",\"refresh_token\":\"r\",\"id_token\":\"i\",\"scope\":\"a\""), MCPASS_OK);
	no_memory(200, "{\"access_token\":\"a\",\"scope\":[\"a\",\"b\"]}", MCPASS_OK);
	no_memory(200, "access_token=a&scope=b", MCPASS_OK);
	no_memory(400, "{\"error\":\"invalid_grant\"}", MCPASS_E_DENIED);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
