/* The grants that ask nobody: the forms, and the answer to the exchange. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/grants.h"

#define RS "https://rs.example/mcp"
#define RS_ENCODED "https%3A%2F%2Frs.example%2Fmcp"

static void test_client_credentials(void)
{
	struct mp_buf form;

	mp_buf_init(&form, MP_MAX_FORM);
	mp_grant_client_credentials_form(&form, "a b", RS);
	CHECK_STR("client credentials", mp_buf_text(&form),
	    "grant_type=client_credentials&scope=a+b&resource=" RS_ENCODED);
	mp_buf_clear(&form);
	mp_grant_client_credentials_form(&form, NULL, NULL);
	CHECK_STR("bare", mp_buf_text(&form), "grant_type=client_credentials");
	mp_buf_free(&form);
}

static void test_jwt_bearer(void)
{
	struct mp_secret assertion = { 0 };
	struct mp_buf form;

	CHECK_EQ("set", mp_secret_set(&assertion, "e30.e30.A-_A", NULL), MCPASS_OK);
	mp_buf_init(&form, MP_MAX_FORM);
	mp_grant_jwt_bearer_form(&form, &assertion, "a b", RS);
	CHECK_STR("jwt-bearer", mp_buf_text(&form),
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
	    "&assertion=e30.e30.A-_A&scope=a+b&resource=" RS_ENCODED);
	mp_buf_clear(&form);
	mp_grant_jwt_bearer_form(&form, &assertion, NULL, NULL);
	CHECK_STR("bare", mp_buf_text(&form),
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
	    "&assertion=e30.e30.A-_A");
	mp_buf_free(&form);
	mp_secret_free(&assertion);
}

#define EXCHANGE "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" \
	"&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid-jag" \
	"&subject_token=e30.e30.AA" \
	"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token" \
	"&audience=https%3A%2F%2Fas.example"

static void test_id_jag(void)
{
	struct mp_secret id_token = { 0 };
	struct mp_buf form;

	CHECK_EQ("set", mp_secret_set(&id_token, "e30.e30.AA", NULL), MCPASS_OK);
	mp_buf_init(&form, MP_MAX_FORM);
	mp_grant_id_jag_form(&form, &id_token, "https://as.example", "a b", RS);
	CHECK_STR("the exchange", mp_buf_text(&form),
	    EXCHANGE "&scope=a+b&resource=" RS_ENCODED);
	mp_buf_clear(&form);
	mp_grant_id_jag_form(&form, &id_token, "https://as.example", NULL, NULL);
	CHECK_STR("bare", mp_buf_text(&form), EXCHANGE);
	mp_buf_free(&form);
	mp_secret_free(&id_token);
}

#define TYPE "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:id-jag\""
#define ACCESS_TYPE "urn:ietf:params:oauth:token-type:access_token"

static const struct {
	const char *label;
	int status;
	const char *text;
	enum mcpass_rc want;
	const char *oauth, *part;
} rows[] = {
	{ "an ID-JAG", 200, "{\"access_token\":\"jag\"," TYPE ",\"token_type\":\"N_A\","
	    "\"expires_in\":300,\"scope\":\"a\"}", MCPASS_OK, "", "" },
	{ "without token_type", 200, "{\"access_token\":\"jag\"," TYPE "}", MCPASS_OK, "", "" },
	{ "token_type is a sloppy one", 200,
	    "{\"access_token\":\"jag\"," TYPE ",\"token_type\":\"Bearer\"}", MCPASS_OK, "", "" },
	{ "an access token", 200, "{\"access_token\":\"jag\",\"issued_token_type\":\"" ACCESS_TYPE
	    "\",\"token_type\":\"Bearer\"}", MCPASS_E_PROTOCOL, "", "is " ACCESS_TYPE ", not" },
	{ "the type in another case", 200, "{\"access_token\":\"jag\",\"issued_token_type\":"
	    "\"urn:ietf:params:oauth:token-type:ID-JAG\",\"token_type\":\"N_A\"}",
	    MCPASS_E_PROTOCOL, "", "ID-JAG, not an ID-JAG" },
	{ "no issued_token_type", 200, "{\"access_token\":\"jag\",\"token_type\":\"N_A\"}",
	    MCPASS_E_PROTOCOL, "", "issued_token_type is missing" },
	{ "issued_token_type is null", 200,
	    "{\"access_token\":\"jag\",\"issued_token_type\":null}", MCPASS_E_PROTOCOL, "",
	    "issued_token_type is missing" },
	{ "issued_token_type is a list", 200,
	    "{\"access_token\":\"jag\",\"issued_token_type\":[]}", MCPASS_E_PROTOCOL, "",
	    "issued_token_type is not" },
	{ "no access_token", 200, "{" TYPE ",\"token_type\":\"N_A\"}", MCPASS_E_PROTOCOL, "",
	    "access_token is missing" },
	{ "access_token is null", 200, "{\"access_token\":null," TYPE "}", MCPASS_E_PROTOCOL, "",
	    "access_token is missing" },
	{ "access_token is empty", 200, "{\"access_token\":\"\"," TYPE "}", MCPASS_E_PROTOCOL, "",
	    "access_token is empty" },
	{ "access_token is a number", 200, "{\"access_token\":1," TYPE "}", MCPASS_E_PROTOCOL, "",
	    "access_token is not" },
	{ "a page", 200, "<html>jag</html>", MCPASS_E_PROTOCOL, "", "not JSON" },
	{ "a list", 200, "[]", MCPASS_E_PROTOCOL, "", "not a JSON object" },
	{ "a refusal with a 200", 200, "{\"error\":\"invalid_grant\"}", MCPASS_E_DENIED,
	    "invalid_grant", "200 invalid_grant" },
	{ "the id token ran out", 400, "{\"error\":\"invalid_grant\"}", MCPASS_E_DENIED,
	    "invalid_grant", "400 invalid_grant" },
	{ "the audience is unknown", 400, "{\"error\":\"invalid_target\","
	    "\"error_description\":\"no such server\"}", MCPASS_E_DENIED, "invalid_target",
	    "400 invalid_target: no such server" },
	{ "the client is unknown", 401, "{\"error\":\"invalid_client\"}", MCPASS_E_DENIED,
	    "invalid_client", "401 invalid_client" },
	{ "policy says no", 403, "{\"error\":\"access_denied\"}", MCPASS_E_DENIED,
	    "access_denied", "403 access_denied" },
	{ "a token with a 400", 400, "{\"access_token\":\"jag\"," TYPE "}", MCPASS_E_PROTOCOL, "",
	    "answered 400" },
	{ "a token with a 201", 201, "{\"access_token\":\"jag\"," TYPE "}", MCPASS_OK, "", "" },
	{ "400 without OAuth", 400, "<html>jag</html>", MCPASS_E_PROTOCOL, "",
	    "answered 400, not with JSON" },
	{ "404 with an error", 404, "{\"error\":\"invalid_grant\"}", MCPASS_E_DENIED, "invalid_grant",
	    "404" },
	{ "a redirect", 302, "", MCPASS_E_PROTOCOL, "", "302" },
	{ "too many", 429, "{\"error\":\"slow_down\"}", MCPASS_E_IO, "slow_down", "429" },
	{ "broken", 500, "{\"error\":\"server_error\"}", MCPASS_E_IO, "server_error", "500" },
	{ "down", 503, "", MCPASS_E_IO, "", "503" },
};

static void test_answer(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label, *text = rows[i].text;
		struct mp_secret id_jag = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_grant_id_jag_answer(rows[i].status, text, strlen(text), &id_jag,
		    &err), rows[i].want);
		CHECK_STR(label, mp_secret_reveal(&id_jag), rows[i].want == MCPASS_OK ? "jag" : NULL);
		CHECK_EQ("reported", err.rc, rows[i].want);
		CHECK_STR(label, err.oauth, rows[i].oauth);
		CHECK_HAS(label, err.detail, rows[i].part);
		CHECK(label, strstr(err.detail, "jag<") == NULL);
		mp_secret_free(&id_jag);
	}
	CHECK_EQ("no body", mp_grant_id_jag_answer(200, NULL, 0, NULL, NULL), MCPASS_E_PROTOCOL);
	CHECK_EQ("no body, refused", mp_grant_id_jag_answer(400, NULL, 0, NULL, NULL),
	    MCPASS_E_PROTOCOL);
}

static void test_large(void)
{
	static char text[MP_MAX_TOKEN_RESPONSE + 1];
	struct mp_secret id_jag = { 0 };
	size_t len;

	strcpy(text, "{\"access_token\":\"jag\"," TYPE "}");
	len = strlen(text);
	memset(text + len, ' ', sizeof(text) - len);
	CHECK_EQ("at the cap", mp_grant_id_jag_answer(200, text, sizeof(text) - 1, &id_jag, NULL),
	    MCPASS_OK);
	mp_secret_free(&id_jag);
	CHECK_EQ("over it", mp_grant_id_jag_answer(200, text, sizeof(text), &id_jag, NULL),
	    MCPASS_E_LIMIT);
	CHECK("untouched", !mp_secret_present(&id_jag));
}

static void no_memory(int status, const char *text, enum mcpass_rc want)
{
	OOM_EACH {
		struct mp_secret id_jag = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_grant_id_jag_answer(status, text, strlen(text), &id_jag, &err);
		CHECK_OOM("no memory", rc, want);
		CHECK_EQ("reported", err.rc, rc);
		CHECK("untouched", mp_secret_present(&id_jag) == (rc == MCPASS_OK));
		mp_secret_free(&id_jag);
	}
}

int main(void)
{
	test_client_credentials();
	test_jwt_bearer();
	test_id_jag();
	test_answer();
	test_large();
	no_memory(200, rows[0].text, MCPASS_OK);
	no_memory(200, rows[3].text, MCPASS_E_PROTOCOL);
	no_memory(200, "{\"error\":\"invalid_grant\"}", MCPASS_E_DENIED);
	no_memory(400, "{\"error\":\"invalid_grant\"}", MCPASS_E_DENIED);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
