/* Dynamic client registration: what is asked, and what real servers answer. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/registration.h"

static const char whole[] = "{\"client_id\":\"id\",\"client_secret\":\"s\","
    "\"client_secret_expires_at\":1800000000,\"client_name\":\"mcpass\","
    "\"client_uri\":\"https://c.example\",\"scope\":\"a b\",\"application_type\":\"native\","
    "\"token_endpoint_auth_method\":\"client_secret_basic\","
    "\"redirect_uris\":[\"http://127.0.0.1:4711/cb\",\"http://127.0.0.1/cb\"],"
    "\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
    "\"registration_client_uri\":\"https://as.example/r/id\","
    "\"registration_access_token\":\"rat\",\"dpop_bound_access_tokens\":true,"
    "\"software_id\":\"x\",\"software_version\":\"1\"}";

static enum mcpass_rc round_trip(const char *text, char **ret_text, struct mcpass_error *err)
{
	struct mp_registration registration = { 0 };
	enum mcpass_rc rc;

	rc = mp_registration_parse(text, strlen(text), &registration, err);
	CHECK("untouched", !rc || registration.client_id == NULL);
	if (!rc)
		rc = mp_registration_write(&registration, ret_text, err);
	mp_registration_free(&registration);
	return rc;
}

static const struct { const char *label, *text, *want; } write_rows[] = {
	{ "every member, there and back", whole, whole },
	{ "a request", "{\"application_type\":\"native\",\"redirect_uris\":[\"http://127.0.0.1/c\"]}",
	    "{\"application_type\":\"native\",\"redirect_uris\":[\"http://127.0.0.1/c\"]}" },
	{ "a secret that never expires says so", "{\"client_id\":\"i\",\"client_secret\":\"s\"}",
	    "{\"client_id\":\"i\",\"client_secret\":\"s\",\"client_secret_expires_at\":0}" },
	{ "nothing", "{}", "{}" },
	{ "a name that is none", "{\"client_name\":{}}", "{}" },
	{ "no object", "[]", NULL },
	{ "redirect_uris is no list", "{\"redirect_uris\":\"http://127.0.0.1/c\"}", NULL },
	{ "client_id is a number", "{\"client_id\":1}", NULL },
	{ "client_id twice", "{\"client_id\":\"a\",\"client_id\":\"b\"}", NULL },
};

static void test_write(void)
{
	for (size_t i = 0; i < COUNT(write_rows); i++) {
		char *text = NULL;

		CHECK_EQ(write_rows[i].label, round_trip(write_rows[i].text, &text, NULL),
		    write_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_PROTOCOL);
		CHECK_STR(write_rows[i].label, text, write_rows[i].want);
		free(text);
	}
}

#define ID "\"client_id\":\"id\""
#define METHOD(name) ",\"token_endpoint_auth_method\":\"" name "\""

/* What an answer says oddly, and how it is read. */
static const struct { const char *label, *text, *scope, *told; int64_t expires_at; } odd_rows[] = {
	{ "a scope", "{" ID ",\"scope\":\"a b\"}", "a b", NULL, 0 },
	{ "an empty scope", "{" ID ",\"scope\":\"\"}", NULL, NULL, 0 },
	{ "a list of scopes", "{" ID ",\"scope\":[\"a\",\"b\"]}", "a b",
	    "scope is not a string without control characters: read as far as it can be", 0 },
	{ "a list with an odd one", "{" ID ",\"scope\":[\"a\",null,7]}", "a",
	    "scope is not a string without control characters: read as far as it can be", 0 },
	{ "an object for a scope", "{" ID ",\"scope\":{}}", NULL,
	    "scope is not a string without control characters: left out", 0 },
	{ "an expiry in quotes", "{" ID ",\"client_secret_expires_at\":\"1800000000\"}", NULL,
	    "client_secret_expires_at is not a number: read as far as it can be", 1800000000 },
	{ "an expiry in words", "{" ID ",\"client_secret_expires_at\":\"never\"}", NULL,
	    "client_secret_expires_at is not a number: left out", 0 },
};

static void test_odd(void)
{
	for (size_t i = 0; i < COUNT(odd_rows); i++) {
		const char *label = odd_rows[i].label, *text = odd_rows[i].text;
		struct mp_registration answer = { 0 };

		CHECK_EQ(label, mp_registration_answer(201, text, strlen(text), &answer, NULL), MCPASS_OK);
		CHECK_STR(label, answer.scope, odd_rows[i].scope);
		CHECK_EQ(label, answer.client_secret_expires_at, odd_rows[i].expires_at);
		CHECK_STR(label, answer.odd.count > 0 ? answer.odd.items[0] : NULL, odd_rows[i].told);
		mp_registration_free(&answer);
	}
}

static const struct {
	const char *label;
	int status;
	const char *text;
	enum mcpass_rc want;
	const char *oauth, *part, *hint;
} answer_rows[] = {
	{ "created", 201, "{" ID "}", MCPASS_OK, "", NULL, NULL },
	{ "rewritten by a proxy", 203, "{" ID "}", MCPASS_OK, "", NULL, NULL },
	{ "no content", 204, "", MCPASS_E_DENIED, "", "answered 204", "--client-id" },
	{ "created, they say 200", 200, "{" ID METHOD("none") "}", MCPASS_OK, "", NULL, NULL },
	{ "with a secret", 201, "{" ID ",\"client_secret\":\"s\",\"client_secret_expires_at\":0"
	    METHOD("client_secret_basic") "}", MCPASS_OK, "", NULL, NULL },
	{ "a secret without its expiry", 201, "{" ID ",\"client_secret\":\"s\""
	    METHOD("client_secret_post") "}", MCPASS_OK, "", NULL, NULL },
	{ "a secret for none", 201, "{" ID ",\"client_secret\":\"s\"" METHOD("none") "}",
	    MCPASS_OK, "", NULL, NULL },
	{ "two of them", 201, "{\"client_id\":\"a\",\"client_id\":\"b\"}", MCPASS_E_PROTOCOL, "",
	    "client_id is given twice", NULL },
	{ "no client_id", 201, "{}", MCPASS_E_PROTOCOL, "", "client_id is missing", NULL },
	{ "an empty client_id", 201, "{\"client_id\":\"\"}", MCPASS_E_PROTOCOL, "",
	    "client_id is missing", NULL },
	{ "never, said by -1", 201, "{" ID ",\"client_secret_expires_at\":-1}", MCPASS_OK, "", NULL,
	    NULL },
	{ "an empty expiry", 201, "{" ID ",\"client_secret_expires_at\":\"\"}", MCPASS_OK, "", NULL,
	    NULL },
	{ "a time of issue in quotes", 201, "{" ID ",\"client_id_issued_at\":\"1700000000\"}", MCPASS_OK,
	    "", NULL, NULL },
	{ "no method", 201, "{" ID ",\"token_endpoint_auth_method\":null}", MCPASS_OK, "", NULL, NULL },
	{ "an empty method", 201, "{" ID METHOD("") "}", MCPASS_OK, "", NULL, NULL },
	{ "a method that is a list", 201, "{" ID ",\"token_endpoint_auth_method\":[\"none\"]}",
	    MCPASS_E_PROTOCOL, "", "token_endpoint_auth_method is not a string", NULL },
	{ "a secret that is a number", 201, "{" ID ",\"client_secret\":1}", MCPASS_E_PROTOCOL, "",
	    "client_secret is not a string", NULL },
	{ "a client_id that is a number", 201, "{\"client_id\":1}", MCPASS_E_PROTOCOL, "",
	    "client_id is not a string", NULL },
	{ "grants that are a string", 201, "{" ID ",\"grant_types\":\"authorization_code\"}", MCPASS_OK,
	    "", NULL, NULL },
	{ "redirect URIs that are a string", 201, "{" ID ",\"redirect_uris\":\"http://127.0.0.1/\"}",
	    MCPASS_OK, "", NULL, NULL },
	{ "a relative registration_client_uri", 201, "{" ID ",\"registration_client_uri\":\"/r/id\"}",
	    MCPASS_OK, "", NULL, NULL },
	{ "an empty registration_client_uri", 201, "{" ID ",\"registration_client_uri\":\"\"}",
	    MCPASS_OK, "", NULL, NULL },
	{ "a name in Latin-1", 201, "{" ID ",\"client_name\":\"J\xe9r\"}", MCPASS_OK, "", NULL, NULL },
	{ "a mark at the beginning", 201, "\xef\xbb\xbf{" ID "}", MCPASS_OK, "", NULL, NULL },
	{ "Basic without a secret", 201, "{" ID METHOD("client_secret_basic") "}",
	    MCPASS_E_PROTOCOL, "", "no client_secret", NULL },
	{ "post with an empty secret", 201, "{" ID ",\"client_secret\":\"\""
	    METHOD("client_secret_post") "}", MCPASS_E_PROTOCOL, "", "no client_secret", NULL },
	{ "a key that nobody registered", 201, "{" ID METHOD("private_key_jwt") "}",
	    MCPASS_E_PROTOCOL, "", "private_key_jwt", "by hand" },
	{ "a method we do not speak", 201, "{" ID METHOD("tls_client_auth") "}",
	    MCPASS_E_PROTOCOL, "", "tls_client_auth", "by hand" },
	{ "not JSON", 201, "<html>", MCPASS_E_PROTOCOL, "", "not JSON", "web page" },
	{ "nothing", 201, "", MCPASS_E_PROTOCOL, "", "not JSON", NULL },
	{ "the RFC's refusal", 400, "{\"error\":\"invalid_redirect_uri\",\"error_description\":"
	    "\"The redirection URI http://sketchy.example.com is not allowed\"}", MCPASS_E_DENIED,
	    "invalid_redirect_uri", "400 invalid_redirect_uri: The redirection URI",
	    "application_type" },
	{ "Keycloak, scopes", 403, "{\"error\":\"insufficient_scope\",\"error_description\":"
	    "\"Policy 'Allowed Client Scopes' rejected request to client-registration service. "
	    "Details: Not permitted to use specified clientScope\"}", MCPASS_E_DENIED,
	    "insufficient_scope", "403 insufficient_scope: Policy", "'Allowed Client Scopes' (anonymous access) in Clients" },
	{ "Keycloak, hosts", 403, "{\"error\":\"insufficient_scope\",\"error_description\":"
	    "\"Policy 'Trusted Hosts' rejected request to client-registration service. Details: "
	    "URI doesn't match any trusted host or trusted domain\"}", MCPASS_E_DENIED,
	    "insufficient_scope", "URI doesn't match", "'Trusted Hosts' (anonymous access) in Clients" },
	{ "Keycloak, full", 403, "{\"error\":\"insufficient_scope\",\"error_description\":"
	    "\"Policy 'Max Clients Limit' rejected request to client-registration service. "
	    "Details: It's allowed to have max 200 clients per realm\"}", MCPASS_E_DENIED,
	    "insufficient_scope", "max 200", "'Max Clients Limit' (anonymous access) in Clients" },
	{ "Keycloak, a sentence for a code", 400, "{\"error\":\"Invalid json representation for "
	    "OIDCClientRepresentation. Unrecognized field \\\"foo\\\" at line 1 column 272.\"}",
	    MCPASS_E_DENIED, "", "400: Invalid json", "members that it does not know" },
	{ "Keycloak, an Origin", 403, "{\"error\":\"Invalid origin\"}", MCPASS_E_DENIED, "",
	    "403: Invalid origin", "Registration Web Origins" },
	{ "Keycloak, no object", 400,
	    "{\"error\":\"unknown_error\",\"error_description\":\"Cannot parse the JSON\"}",
	    MCPASS_E_DENIED, "unknown_error", "Cannot parse", "--client-id" },
	{ "Okta", 401, "{\"errorCode\":\"E0000005\",\"errorSummary\":\"Invalid session\"}",
	    MCPASS_E_DENIED, "e0000005", "401 E0000005: Invalid session",
	    "initial access token" },
	{ "no words", 403, "", MCPASS_E_DENIED, "", "403, not with JSON", "initial access token" },
	{ "a page", 404, "<html>secret inside</html>", MCPASS_E_DENIED, "",
	    "answered 404, not with JSON", "--client-id" },
	{ "a redirect", 302, "", MCPASS_E_DENIED, "", "302", "--client-id" },
	{ "too many", 429, "{\"error\":\"slow_down\"}", MCPASS_E_IO, "slow_down", "429 slow_down",
	    "try again" },
	{ "broken", 502, "<html>", MCPASS_E_IO, "", "502, not with JSON", "try again" },
};

static void test_answer(void)
{
	for (size_t i = 0; i < COUNT(answer_rows); i++) {
		const char *label = answer_rows[i].label, *text = answer_rows[i].text;
		struct mp_registration registration = { 0 };
		struct mcpass_error err = { 0 };

		CHECK_EQ(label, mp_registration_answer(answer_rows[i].status, text, strlen(text),
		    &registration, &err), answer_rows[i].want);
		CHECK_STR(label, registration.client_id, answer_rows[i].want ? NULL : "id");
		CHECK_STR(label, err.oauth, answer_rows[i].oauth);
		if (answer_rows[i].part != NULL)
			CHECK_HAS(label, err.detail, answer_rows[i].part);
		if (answer_rows[i].hint != NULL)
			CHECK_HAS(label, err.hint, answer_rows[i].hint);
		else
			CHECK_STR(label, err.hint, "");
		CHECK(label, strstr(err.detail, "html") == NULL);
		mp_registration_free(&registration);
	}
	CHECK_EQ("no body and no error", mp_registration_answer(403, NULL, 0, NULL, NULL),
	    MCPASS_E_DENIED);
}

static const struct { const char *label, *uri, *want; } portless_rows[] = {
	{ "a port", "http://127.0.0.1:4711/callback", "http://127.0.0.1/callback" },
	{ "a name", "http://localhost:1/c?x=1", "http://localhost/c?x=1" },
	{ "IPv6", "http://[::1]:4711/c", "http://[::1]/c" },
	{ "none to drop", "http://127.0.0.1/c", "http://127.0.0.1/c" },
	{ "no path", "http://127.0.0.1:4711", "http://127.0.0.1" },
	{ "another host", "http://c.example:4711/c", NULL },
	{ "https", "https://127.0.0.1:4711/c", NULL },
	{ "a scheme of its own", "mcpass:/c", NULL },
};

static void test_portless(void)
{
	for (size_t i = 0; i < COUNT(portless_rows); i++) {
		char *uri = NULL;

		CHECK_EQ(portless_rows[i].label, mp_registration_portless(portless_rows[i].uri, &uri,
		    NULL), portless_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_USAGE);
		CHECK_STR(portless_rows[i].label, uri, portless_rows[i].want);
		free(uri);
	}
}

static enum mcpass_rc run_all(struct mcpass_error *err)
{
	struct mp_registration registration = { 0 };
	char *text = NULL, *uri = NULL;
	enum mcpass_rc rc;

	rc = mp_registration_portless("http://127.0.0.1:1/c", &uri, err);
	CHECK("untouched", !rc || uri == NULL);
	if (!rc)
		rc = round_trip(whole, &text, err);
	CHECK("untouched", !rc || text == NULL);
	if (!rc)
		rc = mp_registration_answer(201, whole, strlen(whole), &registration, err);
	CHECK("untouched", !rc || registration.client_id == NULL);
	mp_registration_free(&registration);
	mp_free_wiped(text);
	free(uri);
	return rc;
}

static void test_no_memory(void)
{
	static const char refusal[] = "{\"error\":\"x\"}";

	OOM_EACH {
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = run_all(&err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
	}
	OOM_EACH {
		enum mcpass_rc rc;

		rc = mp_registration_answer(400, refusal, strlen(refusal), NULL, NULL);
		CHECK_OOM("a refusal", rc, MCPASS_E_DENIED);
	}
}

int main(void)
{
	test_write();
	test_odd();
	test_answer();
	test_portless();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
