/* One access token for another: the form, the answer, and whom a token speaks for. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/token_exchange.h"
#include "wire/jose/b64url.h"

#define RS "https://rs.example/mcp"
#define FORM "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" \
	"&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token" \
	"&subject_token=e30.e30.AA" \
	"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"

static void test_form(void)
{
	struct mp_secret subject = { 0 };
	struct mp_token_exchange exchange = { .requested_type = MP_TOKEN_TYPE_ACCESS,
		.subject = &subject, .subject_type = MP_TOKEN_TYPE_ACCESS };
	struct mp_buf form;

	CHECK_EQ("set", mp_secret_set(&subject, "e30.e30.AA", NULL), MCPASS_OK);
	mp_buf_init(&form, MP_MAX_FORM);
	mp_token_exchange_form(&form, &exchange);
	CHECK_STR("bare", mp_buf_text(&form), FORM);
	mp_buf_clear(&form);
	exchange.audience = "other";
	exchange.resource = RS;
	exchange.scope = "a b";
	mp_token_exchange_form(&form, &exchange);
	CHECK_STR("for whom and for what", mp_buf_text(&form),
	    FORM "&audience=other&scope=a+b&resource=https%3A%2F%2Frs.example%2Fmcp");
	mp_buf_free(&form);
	mp_secret_free(&subject);
}

#define TYPE "\"issued_token_type\":\"" MP_TOKEN_TYPE_ACCESS "\""
static const struct {
	const char *label;
	int status;
	const char *text;
	enum mcpass_rc want;
	const char *oauth, *part;
} rows[] = {
	{ "an access token", 200, "{\"access_token\":\"new\"," TYPE ",\"token_type\":\"Bearer\","
	    "\"expires_in\":300,\"scope\":\"a\"}", MCPASS_OK, "", "" },
	{ "as Keycloak writes it", 200, "{\"access_token\":\"new\",\"expires_in\":300,"
	    "\"refresh_expires_in\":0,\"token_type\":\"Bearer\",\"not-before-policy\":0,"
	    "\"session_state\":\"s\",\"scope\":\"a\"," TYPE "}", MCPASS_OK, "", "" },
	{ "no issued_token_type", 200, "{\"access_token\":\"new\",\"token_type\":\"Bearer\"}",
	    MCPASS_E_PROTOCOL, "", "issued_token_type is missing" },
	{ "something else was issued", 200, "{\"access_token\":\"new\",\"token_type\":\"Bearer\","
	    "\"issued_token_type\":\"" MP_TOKEN_TYPE_ID_TOKEN "\"}", MCPASS_E_PROTOCOL, "",
	    "id_token, not an access token" },
	{ "no token_type", 200, "{\"access_token\":\"new\",\"expires_in\":300," TYPE "}", MCPASS_OK, "", "" },
	{ "nothing that goes into a header", 200, "{\"access_token\":\"new\"," TYPE
	    ",\"token_type\":\"N_A\"}", MCPASS_E_PROTOCOL, "", "token_type is N_A, not Bearer" },
	{ "empty", 200, "{\"access_token\":\"\"," TYPE ",\"token_type\":\"Bearer\"}",
	    MCPASS_E_PROTOCOL, "", "access_token is missing" },
	{ "a line end inside", 200, "{\"access_token\":\"a\\r\\nb\"," TYPE
	    ",\"token_type\":\"Bearer\"}", MCPASS_E_PROTOCOL, "", "access_token" },
	{ "a page", 200, "<html>new</html>", MCPASS_E_PROTOCOL, "", "not JSON" },
	{ "we are not in its audience", 400, "{\"error\":\"invalid_request\","
	    "\"error_description\":\"Client is not within the token audience\"}", MCPASS_E_DENIED,
	    "invalid_request", "not within the token audience" },
	{ "not for that audience", 400, "{\"error\":\"invalid_target\"}", MCPASS_E_DENIED,
	    "invalid_target", "invalid_target" },
	{ "a wrong secret", 401, "{\"error\":\"invalid_client\"}", MCPASS_E_DENIED,
	    "invalid_client", "invalid_client" },
	{ "down", 503, "", MCPASS_E_IO, "", "503" },
};

static void test_answer(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		struct mp_token token = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_token_exchange_answer(rows[i].status, rows[i].text,
		    strlen(rows[i].text), &token, &err), rows[i].want);
		CHECK_STR(label, mp_secret_reveal(&token.access_token),
		    rows[i].want == MCPASS_OK ? "new" : NULL);
		CHECK_EQ(label, err.rc, rows[i].want);
		CHECK_STR(label, err.oauth, rows[i].oauth);
		CHECK_HAS(label, err.detail, rows[i].part);
		if (rows[i].want == MCPASS_OK)
			CHECK_EQ(label, token.expires_in, 300);
		mp_token_free(&token);
	}
}

static const struct {
	const char *label, *payload;    /* NULL: opaque */
	const char *subject, *client, *audience, *scope;
} words_rows[] = {
	{ "ours", "{\"iss\":\"https://as\",\"sub\":\"alice\",\"client_id\":\"echo\",\"aud\":\"b\","
	    "\"scope\":\"x y\"}", "alice", "echo", "b", "x y" },
	{ "Keycloak's", "{\"sub\":\"1-2\",\"azp\":\"echo\",\"aud\":[\"b\",\"c\"]}", "1-2", "echo",
	    "b c", NULL },
	{ "azp goes before client_id", "{\"azp\":\"a\",\"client_id\":\"c\"}", NULL, "a", NULL, NULL },
	{ "nothing of use", "{\"sub\":1,\"aud\":[1,{}],\"scope\":\"a\\nb\",\"azp\":[],\"client_id\":null}", NULL, NULL,
	    NULL, NULL },
	{ "no JWT", NULL, NULL, NULL, NULL, NULL },
};

/* A JWT that nobody signed. */
static void make_token(const char *payload, struct mp_secret *ret_token)
{
	struct mp_buf text;

	mp_buf_init(&text, 4096);
	if (payload == NULL) {
		mp_buf_adds(&text, "opaque");
	} else {
		mp_b64url_add(&text, "{\"alg\":\"ES256\"}", strlen("{\"alg\":\"ES256\"}"));
		mp_buf_addc(&text, '.');
		mp_b64url_add(&text, payload, strlen(payload));
		mp_buf_adds(&text, ".AA");
	}
	CHECK_EQ("made", mp_secret_set(ret_token, mp_buf_text(&text), NULL), MCPASS_OK);
	mp_buf_free(&text);
}

static void test_words(void)
{
	for (size_t i = 0; i < COUNT(words_rows); i++) {
		const char *label = words_rows[i].label;
		struct mp_token_exchange_words words = { 0 };
		struct mp_secret token = { 0 };

		make_token(words_rows[i].payload, &token);
		CHECK_EQ(label, mp_token_exchange_read(&token, &words, NULL), MCPASS_OK);
		CHECK_STR(label, words.subject, words_rows[i].subject);
		CHECK_STR(label, words.client, words_rows[i].client);
		CHECK_STR(label, words.audience, words_rows[i].audience);
		CHECK_STR(label, words.scope, words_rows[i].scope);
		mp_token_exchange_words_free(&words);
		mp_secret_free(&token);
	}
}

static void no_memory(int status, const char *text, enum mcpass_rc want)
{
	OOM_EACH {
		struct mp_token token = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_token_exchange_answer(status, text, strlen(text), &token, &err);
		CHECK_OOM("no memory", rc, want);
		CHECK("untouched", mp_secret_present(&token.access_token) == (rc == MCPASS_OK));
		mp_token_free(&token);
	}
}

static void no_memory_for_words(const char *payload)
{
	struct mp_secret token = { 0 };

	make_token(payload, &token);
	OOM_EACH {
		struct mp_token_exchange_words words = { 0 };
		enum mcpass_rc rc;

		rc = mp_token_exchange_read(&token, &words, NULL);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mp_token_exchange_words_free(&words);
	}
	mp_secret_free(&token);
}

int main(void)
{
	test_form();
	test_answer();
	test_words();
	no_memory(200, rows[0].text, MCPASS_OK);
	no_memory(200, rows[3].text, MCPASS_E_PROTOCOL);
	no_memory(400, rows[10].text, MCPASS_E_DENIED);
	no_memory_for_words(words_rows[0].payload);
	no_memory_for_words(words_rows[1].payload);
	return check_done();
}
