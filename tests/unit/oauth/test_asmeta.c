/* Authorization server metadata: where it is, whose it is, what it must hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/asmeta.h"

#define AS "https://as.example"
#define OAUTH "/.well-known/oauth-authorization-server"
#define OIDC "/.well-known/openid-configuration"

static const struct {
	const char *label, *issuer;
	const char *want[5];
	enum mcpass_rc rc;
} place_rows[] = {
	{ "no path", AS, { AS OAUTH, AS OIDC }, MCPASS_OK },
	{ "a slash is no path", AS "/", { AS OAUTH, AS OIDC }, MCPASS_OK },
	{ "a path", AS "/t/1", { AS OAUTH "/t/1", AS OIDC "/t/1", AS "/t/1" OIDC, AS "/t/1" OAUTH },
	    MCPASS_OK },
	{ "a slash at its end", AS "/t/", { AS OAUTH "/t", AS OIDC "/t", AS "/t" OIDC,
	    AS "/t" OAUTH }, MCPASS_OK },
	{ "a query", AS "/t?x=1", { NULL }, MCPASS_E_PROTOCOL },
	{ "an empty query", AS "/t?", { NULL }, MCPASS_E_PROTOCOL },
	{ "a fragment", AS "/t#x", { NULL }, MCPASS_E_PROTOCOL },
	{ "no URL", "as.example", { NULL }, MCPASS_E_PROTOCOL },
	{ "another scheme", "ftp://as.example", { NULL }, MCPASS_E_PROTOCOL },
};

static void test_places(void)
{
	for (size_t i = 0; i < COUNT(place_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_strings urls = { 0 };
		size_t count = 0;

		CHECK_EQ(place_rows[i].label, mp_asmeta_places(place_rows[i].issuer, &urls, &err),
		    place_rows[i].rc);
		CHECK_STR(place_rows[i].label, err.spec, place_rows[i].rc ? "RFC 8414 2" : NULL);
		while (place_rows[i].want[count] != NULL)
			count++;
		CHECK_EQ(place_rows[i].label, urls.count, count);
		for (size_t j = 0; j < count && j < urls.count; j++)
			CHECK_STR(place_rows[i].label, urls.items[j], place_rows[i].want[j]);
		mp_strings_free(&urls);
	}
}

#define DOC(more) "{\"issuer\":\"" AS "\"" more "}"

static const struct {
	const char *label, *text;
	enum mcpass_rc want;
	const char *spec;
} parse_rows[] = {
	{ "the least", DOC(""), MCPASS_OK, NULL },
	{ "unknown members", DOC(",\"claims_supported\":[\"sub\"],\"x\":{}"), MCPASS_OK, NULL },
	{ "null is absent", DOC(",\"registration_endpoint\":null"), MCPASS_OK, NULL },
	{ "a catalogue that is none", DOC(",\"scopes_supported\":\"a b\""), MCPASS_OK, NULL },
	{ "an issuer that is no URL is compared later", "{\"issuer\":\"{tenant}\"}", MCPASS_OK,
	    NULL },
	{ "no issuer", "{}", MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "the issuer is a number", "{\"issuer\":1}", MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "a promise that is a string",
	    DOC(",\"authorization_response_iss_parameter_supported\":\"true\""),
	    MCPASS_E_PROTOCOL, "RFC 9207 3" },
	{ "half a pair in what is for people", DOC(",\"service_documentation\":\"https://x.example/\\ud800\""),
	    MCPASS_OK, NULL },
	{ "a mark at the beginning", "\xef\xbb\xbf" DOC(""), MCPASS_OK, NULL },
	{ "an empty issuer", "{\"issuer\":\"\"}", MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "an issuer twice", DOC(",\"issuer\":\"https://evil.example\""), MCPASS_E_PROTOCOL,
	    "RFC 7493 2.3" },
};

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_asmeta meta = { 0 };

		CHECK_EQ(parse_rows[i].label, mp_asmeta_parse(parse_rows[i].text,
		    strlen(parse_rows[i].text), &meta, &err), parse_rows[i].want);
		CHECK_STR(parse_rows[i].label, err.spec, parse_rows[i].spec);
		CHECK(parse_rows[i].label, (meta.issuer == NULL) == (parse_rows[i].want != MCPASS_OK));
		CHECK_STR(parse_rows[i].label, err.doing,
		    parse_rows[i].want ? "reading the authorization server metadata" : NULL);
		mp_asmeta_free(&meta);
	}
}

/* What advises is left out, or read as far as it can be, and told. */
static const struct {
	const char *label, *members, *told;
	size_t methods;         /* in code_challenge_methods_supported */
} odd_rows[] = {
	{ "nothing odd", "", NULL, 0 },
	{ "an empty URL is absent", ",\"registration_endpoint\":\"\"", NULL, 0 },
	{ "null is absent", ",\"registration_endpoint\":null,\"grant_types_supported\":null", NULL, 0 },
	{ "a command for a URL", ",\"registration_endpoint\":\"$(id)\"",
	    "registration_endpoint: the URL does not begin with http:// or https://: left out", 0 },
	{ "a script for a URL", ",\"registration_endpoint\":\"javascript:alert(1)\"",
	    "registration_endpoint: the URL does not begin with http:// or https://: left out", 0 },
	{ "a relative URL", ",\"registration_endpoint\":\"/register\"",
	    "registration_endpoint: the URL does not begin with http:// or https://: left out", 0 },
	{ "a URL that is none", ",\"pushed_authorization_request_endpoint\":true",
	    "pushed_authorization_request_endpoint is not a URL: left out", 0 },
	{ "a list that is a string", ",\"code_challenge_methods_supported\":\"S256\"",
	    "code_challenge_methods_supported is not a list of strings without control characters:"
	    " read as far as it can be", 1 },
	{ "a list with one odd item", ",\"code_challenge_methods_supported\":[\"S256\",1,null,\"\"]",
	    "code_challenge_methods_supported is not a list of strings without control characters:"
	    " read as far as it can be", 1 },
	{ "a list of numbers", ",\"code_challenge_methods_supported\":[1]",
	    "code_challenge_methods_supported is not a list of strings without control characters:"
	    " left out", 0 },
	{ "an empty item", ",\"code_challenge_methods_supported\":[\"\",\"S256\"]", NULL, 1 },
};

static void test_odd(void)
{
	for (size_t i = 0; i < COUNT(odd_rows); i++) {
		const char *label = odd_rows[i].label;
		struct mp_asmeta meta = { 0 };
		char text[1024];

		(void)snprintf(text, sizeof(text), DOC("%s"), odd_rows[i].members);
		CHECK_EQ(label, mp_asmeta_parse(text, strlen(text), &meta, NULL), MCPASS_OK);
		CHECK_STR(label, meta.odd.count > 0 ? meta.odd.items[0] : NULL, odd_rows[i].told);
		CHECK_STR(label, meta.registration_endpoint, NULL);
		CHECK_EQ(label, meta.code_challenge_methods_supported.count, odd_rows[i].methods);
		mp_asmeta_free(&meta);
	}
}

/* A catalogue of 5,000 scopes, as no provider has, and one of 300, as large ones have. */
static void test_long_lists(void)
{
	static const struct { size_t there, read; bool told; } rows[] = {
		{ 300, 300, false }, { 4096, 4096, false }, { 5000, 4096, true },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_asmeta meta = { 0 };
		struct mp_buf text;

		mp_buf_init(&text, 1 << 18);
		mp_buf_adds(&text, "{\"issuer\":\"" AS "\",\"scopes_supported\":[\"a\"");
		for (size_t n = 1; n < rows[i].there; n++)
			mp_buf_addf(&text, ",\"scope-%zu\"", n);
		mp_buf_adds(&text, "]}");
		CHECK_EQ("read", mp_asmeta_parse(mp_buf_text(&text), text.len, &meta, NULL), MCPASS_OK);
		CHECK_EQ("so many", meta.scopes_supported.count, rows[i].read);
		CHECK_EQ("and said", meta.odd.count, rows[i].told);
		mp_asmeta_free(&meta);
		mp_buf_free(&text);
	}
}

static const char whole[] = DOC(",\"authorization_endpoint\":\"" AS "/a\","
    "\"token_endpoint\":\"" AS "/t\",\"registration_endpoint\":\"" AS "/r\","
    "\"revocation_endpoint\":\"" AS "/v\",\"introspection_endpoint\":\"" AS "/i\","
    "\"jwks_uri\":\"" AS "/k\",\"pushed_authorization_request_endpoint\":\"" AS "/p\","
    "\"device_authorization_endpoint\":\"" AS "/d\",\"scopes_supported\":[\"a\"],"
    "\"response_types_supported\":[\"code\"],"
    "\"grant_types_supported\":[\"authorization_code\"],"
    "\"token_endpoint_auth_methods_supported\":[\"none\"],"
    "\"token_endpoint_auth_signing_alg_values_supported\":[\"ES256\"],"
    "\"code_challenge_methods_supported\":[\"S256\"],"
    "\"dpop_signing_alg_values_supported\":[\"ES256\"],"
    "\"authorization_grant_profiles_supported\":[\"x\"],"
    "\"authorization_response_iss_parameter_supported\":true,"
    "\"client_id_metadata_document_supported\":true,"
    "\"require_pushed_authorization_requests\":true");

/* Parse, write, read back, write: nothing is lost on the way. */
static enum mcpass_rc round_trip(char **ret_text, struct mcpass_error *err)
{
	struct mp_asmeta first = { 0 }, second = { 0 };
	json_t *out = json_object(), *again = json_object();
	enum mcpass_rc rc = out == NULL || again == NULL ? mp_nomem(err) : MCPASS_OK;

	if (!rc)
		rc = mp_asmeta_parse(whole, strlen(whole), &first, err);
	if (!rc)
		rc = mp_asmeta_write(&first, out, err);
	if (!rc)
		rc = mp_asmeta_read(out, &second, err);
	if (!rc)
		rc = mp_asmeta_write(&second, again, err);
	if (!rc)
		*ret_text = mp_json_dump(again);
	if (!rc && *ret_text == NULL)
		rc = mp_nomem(err);
	json_decref(out);
	json_decref(again);
	mp_asmeta_free(&first);
	mp_asmeta_free(&second);
	return rc;
}

static void test_round_trip(void)
{
	struct mp_asmeta meta = { 0 };
	char *text = NULL;

	CHECK_EQ("there and back", round_trip(&text, NULL), MCPASS_OK);
	CHECK_STR("the same", text, whole);
	free(text);
	CHECK_EQ("a record that is none", mp_asmeta_read(NULL, &meta, NULL), MCPASS_E_PROTOCOL);
}

static const struct {
	const char *label, *says, *asked;
	enum mcpass_rc want;
	bool slash;
} issuer_rows[] = {
	{ "equal", AS "/t", AS "/t", MCPASS_OK, false },
	{ "it adds a slash", AS "/", AS, MCPASS_OK, true },
	{ "it leaves a slash out", AS "/t", AS "/t/", MCPASS_OK, true },
	{ "two slashes", AS "//", AS, MCPASS_E_POLICY, false },
	{ "another server", "https://attacker.example.com", AS, MCPASS_E_POLICY, false },
	{ "case", "https://AS.example", AS, MCPASS_E_POLICY, false },
	{ "the default port", AS ":443", AS, MCPASS_E_POLICY, false },
	{ "another server, as long and a slash", "https://bs.example/", AS, MCPASS_E_POLICY, false },
	{ "another path", AS "/u", AS "/t", MCPASS_E_POLICY, false },
	{ "a longer path", AS "/t/u", AS "/t", MCPASS_E_POLICY, false },
	{ "a shorter path", AS, AS "/t", MCPASS_E_POLICY, false },
	{ "http", "http://as.example", AS, MCPASS_E_POLICY, false },
	{ "empty", "", AS, MCPASS_E_POLICY, false },
	{ "a template", "https://as.example/{tenantid}", AS "/t", MCPASS_E_POLICY, false },
};

static void test_issuer(void)
{
	for (size_t i = 0; i < COUNT(issuer_rows); i++) {
		bool slash = !issuer_rows[i].slash, before = slash;
		struct mcpass_error err = { 0 };
		struct mp_asmeta meta = { 0 };

		CHECK_EQ("set", mp_set(&meta.issuer, issuer_rows[i].says, NULL), MCPASS_OK);
		CHECK_EQ(issuer_rows[i].label, mp_asmeta_check_issuer(&meta, issuer_rows[i].asked,
		    &slash, &err), issuer_rows[i].want);
		CHECK_EQ(issuer_rows[i].label, slash,
		    issuer_rows[i].want ? before : issuer_rows[i].slash);
		CHECK_STR(issuer_rows[i].label, err.spec, issuer_rows[i].want ? "RFC 8414 3.3" : NULL);
		CHECK(issuer_rows[i].label, !issuer_rows[i].want == (err.hint[0] == '\0'));
		mp_asmeta_free(&meta);
	}
}

#define ENDPOINTS ",\"authorization_endpoint\":\"" AS "/a\",\"token_endpoint\":\"" AS "/t\""
#define S256 ",\"code_challenge_methods_supported\":[\"plain\",\"S256\"]"

static const struct {
	const char *label, *text;
	bool allow;
	enum mcpass_rc want;
	const char *part;
} flow_rows[] = {
	{ "all is there", DOC(ENDPOINTS S256), false, MCPASS_OK, NULL },
	{ "code among others", DOC(ENDPOINTS S256
	    ",\"response_types_supported\":[\"id_token\",\"code\"]"), false, MCPASS_OK, NULL },
	{ "no code", DOC(ENDPOINTS S256 ",\"response_types_supported\":[\"code id_token\"]"),
	    false, MCPASS_E_PROTOCOL, "response_types_supported" },
	{ "the grant", DOC(ENDPOINTS S256 ",\"grant_types_supported\":[\"authorization_code\"]"),
	    false, MCPASS_OK, NULL },
	{ "another grant", DOC(ENDPOINTS S256 ",\"grant_types_supported\":[\"client_credentials\"]"),
	    false, MCPASS_E_PROTOCOL, "grant_types_supported" },
	{ "empty lists are absent ones", DOC(ENDPOINTS S256
	    ",\"grant_types_supported\":[],\"response_types_supported\":[]"), false, MCPASS_OK,
	    NULL },
	{ "no authorization endpoint", DOC(",\"token_endpoint\":\"" AS "/t\"" S256), false,
	    MCPASS_E_PROTOCOL, "authorization_endpoint" },
	{ "no token endpoint", DOC(",\"authorization_endpoint\":\"" AS "/t\"" S256), false,
	    MCPASS_E_PROTOCOL, "token_endpoint" },
	{ "a script for an authorization endpoint", DOC(",\"authorization_endpoint\":"
	    "\"javascript:alert(1)\",\"token_endpoint\":\"" AS "/t\"" S256), false, MCPASS_E_PROTOCOL,
	    "authorization_endpoint: the URL does not begin with" },
	{ "a relative token endpoint", DOC(",\"token_endpoint\":\"/t\",\"authorization_endpoint\":\""
	    AS "/a\"" S256), false, MCPASS_E_PROTOCOL, "token_endpoint: the URL does not begin with" },
	{ "PKCE promised in another form", DOC(ENDPOINTS
	    ",\"code_challenge_methods_supported\":{\"S256\":true}"), false, MCPASS_E_POLICY, "is absent" },
	{ "PKCE not promised", DOC(ENDPOINTS), false, MCPASS_E_POLICY, "is absent" },
	{ "PKCE not promised, but allowed", DOC(ENDPOINTS), true, MCPASS_OK, NULL },
	{ "only plain", DOC(ENDPOINTS ",\"code_challenge_methods_supported\":[\"plain\"]"), false,
	    MCPASS_E_POLICY, "has no S256" },
	{ "only plain is not what was allowed",
	    DOC(ENDPOINTS ",\"code_challenge_methods_supported\":[\"plain\"]"), true,
	    MCPASS_E_POLICY, "has no S256" },
	{ "case is a difference", DOC(ENDPOINTS ",\"code_challenge_methods_supported\":[\"s256\"]"),
	    true, MCPASS_E_POLICY, "has no S256" },
};

static void test_code_flow(void)
{
	for (size_t i = 0; i < COUNT(flow_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_asmeta meta = { 0 };

		CHECK_EQ("read", mp_asmeta_parse(flow_rows[i].text, strlen(flow_rows[i].text), &meta,
		    NULL), MCPASS_OK);
		CHECK_EQ(flow_rows[i].label, mp_asmeta_check_code_flow(&meta, flow_rows[i].allow, &err),
		    flow_rows[i].want);
		if (flow_rows[i].part != NULL)
			CHECK_HAS(flow_rows[i].label, err.detail, flow_rows[i].part);
		CHECK(flow_rows[i].label, (err.spec != NULL) == (flow_rows[i].want != MCPASS_OK));
		mp_asmeta_free(&meta);
	}
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mcpass_error err = { 0 };
		struct mp_strings urls = { 0 };
		char *text = NULL;
		enum mcpass_rc rc;

		rc = mp_asmeta_places(AS "/t", &urls, &err);
		CHECK("all or nothing", urls.count == (rc ? 0 : 4));
		if (!rc)
			rc = round_trip(&text, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
		mp_strings_free(&urls);
		free(text);
	}
}

int main(void)
{
	test_places();
	test_parse();
	test_odd();
	test_long_lists();
	test_round_trip();
	test_issuer();
	test_code_flow();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
