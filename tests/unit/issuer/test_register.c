/* Registration and its management: RFC 7591, RFC 7592. */
#include "kit.h"

#define URIS(list) "{\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[" list "]}"
static const struct {
	const char *label, *uris, *type;        /* type: application_type, or NULL */
	int want;
} redirect_rows[] = {
	{ "https", "\"https://app.example/cb\"", NULL, 201 },
	{ "https with a query", "\"https://app.example/cb?x=1\"", NULL, 201 },
	{ "http on 127.0.0.1", "\"http://127.0.0.1:4711/cb\"", NULL, 201 },
	{ "http on 127.0.0.1 without a port", "\"http://127.0.0.1/cb\"", NULL, 201 },
	{ "http on ::1", "\"http://[::1]:4711/cb\"", NULL, 201 },
	{ "http on localhost", "\"http://localhost:4711/cb\"", NULL, 201 },
	{ "a private-use scheme", "\"com.example.app:/cb\"", NULL, 201 },
	{ "http elsewhere", "\"http://app.example/cb\"", NULL, 400 },
	{ "http on a host that begins so", "\"http://127.0.0.1.evil.example/cb\"", NULL, 400 },
	{ "http on localhost's namesake", "\"http://localhost.evil.example/cb\"", NULL, 400 },
	{ "a fragment", "\"https://app.example/cb#x\"", NULL, 400 },
	{ "an empty fragment", "\"https://app.example/cb#\"", NULL, 400 },
	{ "user info", "\"https://user@app.example/cb\"", NULL, 400 },
	{ "javascript", "\"javascript:alert(1)\"", NULL, 400 },
	{ "javascript in capitals", "\"JavaScript:alert(1)\"", NULL, 400 },
	{ "data", "\"data:text/html,x\"", NULL, 400 },
	{ "file", "\"file:///etc/passwd\"", NULL, 400 },
	{ "a scheme without a dot", "\"myapp:/cb\"", NULL, 400 },
	{ "a scheme that begins with a dot", "\".example:/cb\"", NULL, 400 },
	{ "a host's scheme", "\"cursor://anysphere.cursor-mcp/oauth/callback\"", NULL, 201 },
	{ "one that begins like it", "\"cursors://x/cb\"", NULL, 400 },
	{ "a private-use scheme with a fragment", "\"com.example.app:/cb#x\"", NULL, 400 },
	{ "a relative one", "\"/cb\"", NULL, 400 },
	{ "nothing", "\"\"", NULL, 400 },
	{ "a space", "\"https://app.example/c b\"", NULL, 400 },
	{ "a quote", "\"https://app.example/c'\\\"b\"", NULL, 400 },
	{ "a policy's syntax in the host", "\"https://app.example;x/cb\"", NULL, 400 },
	{ "a policy's list in the host", "\"https://app.example,x/cb\"", NULL, 400 },
	{ "a line end", "\"https://app.example/\\r\\nX: y\"", NULL, 400 },
	{ "one bad among good", "\"https://app.example/cb\",\"http://evil.example/\"", NULL, 400 },
	{ "none", "", NULL, 400 },
	{ "web, https", "\"https://app.example/cb\"", "web", 201 },
	{ "web, loopback", "\"http://127.0.0.1/cb\"", "web", 400 },
	{ "web, https on loopback", "\"https://localhost/cb\"", "web", 400 },
	{ "web, private-use", "\"com.example.app:/cb\"", "web", 400 },
	{ "native, loopback", "\"http://127.0.0.1/cb\"", "native", 201 },
	{ "native, private-use", "\"com.example.app:/cb\"", "native", 201 },
	{ "native, claimed https", "\"https://app.example/cb\"", "native", 201 },
	{ "native, http elsewhere", "\"http://app.example/cb\"", "native", 400 },
	{ "no such type", "\"https://app.example/cb\"", "desktop", 400 },
};

static void test_redirects(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	for (size_t i = 0; i < COUNT(redirect_rows); i++) {
		char body[1024];

		snprintf(body, sizeof(body), "{\"token_endpoint_auth_method\":\"none\","
		    "\"redirect_uris\":[%s]%s%s%s}", redirect_rows[i].uris,
		    redirect_rows[i].type != NULL ? ",\"application_type\":\"" : "",
		    redirect_rows[i].type != NULL ? redirect_rows[i].type : "",
		    redirect_rows[i].type != NULL ? "\"" : "");
		CHECK_EQ(redirect_rows[i].label, kit_register(&kit, body), redirect_rows[i].want);
		if (redirect_rows[i].want == 400 && redirect_rows[i].type == NULL
		    && strchr(redirect_rows[i].uris, '\\') == NULL)
			CHECK_STR(redirect_rows[i].label, kit_member(&kit, "error"),
			    "invalid_redirect_uri");
	}
	kit_close(&kit);
}

#define OK_URI "\"redirect_uris\":[\"https://app.example/cb\"]"
static const struct {
	const char *label, *body;
	int want;
	const char *member, *value;     /* of the answer */
} metadata_rows[] = {
	{ "the least", "{" OK_URI "}", 201, "token_endpoint_auth_method", "client_secret_basic" },
	{ "its grants", "{" OK_URI "}", 201, "grant_types", "authorization_code" },
	{ "its responses", "{" OK_URI "}", 201, "response_types", "code" },
	{ "its type", "{" OK_URI "}", 201, "application_type", "web" },
	{ "a native one's type", "{\"redirect_uris\":[\"http://localhost/\"]}", 201,
	    "application_type", "native" },
	{ "its scope: none", "{" OK_URI "}", 201, "scope", NULL },
	{ "a public client's secret", "{" OK_URI ",\"token_endpoint_auth_method\":\"none\"}", 201,
	    "client_secret", NULL },
	{ "post", "{" OK_URI ",\"token_endpoint_auth_method\":\"client_secret_post\"}", 201,
	    "token_endpoint_auth_method", "client_secret_post" },
	{ "when the secret ends", "{" OK_URI "}", 201, "client_secret_expires_at", "1731536000" },
	{ "a method we lack", "{" OK_URI ",\"token_endpoint_auth_method\":\"private_key_jwt\"}",
	    400, "error", "invalid_client_metadata" },
	{ "a method nobody has", "{" OK_URI ",\"token_endpoint_auth_method\":\"x\"}", 400, "error",
	    "invalid_client_metadata" },
	{ "refresh", "{" OK_URI ",\"grant_types\":[\"refresh_token\",\"authorization_code\"]}", 201,
	    "grant_types", "authorization_code refresh_token" },
	{ "grants we lack are left out", "{" OK_URI ",\"grant_types\":[\"authorization_code\","
	    "\"password\"]}", 201, "grant_types", "authorization_code" },
	{ "refresh alone", "{" OK_URI ",\"grant_types\":[\"refresh_token\"]}", 400, "error",
	    "invalid_client_metadata" },
	{ "implicit", "{" OK_URI ",\"response_types\":[\"token\"]}", 400, "error",
	    "invalid_client_metadata" },
	{ "a scope: it may step up", "{" OK_URI ",\"scope\":\"mcp:tools mcp:read\"}", 201, "scope",
	    "mcp:tools mcp:read mcp:prompts" },
	{ "a scope that is none is left out", "{" OK_URI ",\"scope\":\"mcp:tools mcp:all\"}", 201,
	    "scope", "mcp:tools mcp:read mcp:prompts" },
	{ "only such scopes: the usual ones", "{" OK_URI ",\"scope\":\"mcp:all openid\"}", 201,
	    "scope", "mcp:read mcp:tools mcp:prompts" },
	{ "bytes that no scope has", "{" OK_URI ",\"scope\":\"mcp:tools \\\"\"}", 400, "error",
	    "invalid_client_metadata" },
	{ "a name", "{" OK_URI ",\"client_name\":\"B\xc3\xa9\"}", 201, "client_name", "B\xc3\xa9" },
	{ "a name that turns the line around, which the pages see to",
	    "{" OK_URI ",\"client_name\":\"a\\u202eb\"}", 201, "client_name", "a\xe2\x80\xae" "b" },
	{ "a name that reads as nothing", "{" OK_URI ",\"client_name\":\"\\u3164\\u2060 \"}", 201,
	    "client_name", NULL },
	{ "a client URI", "{" OK_URI ",\"client_uri\":\"https://app.example\"}", 201, "client_uri",
	    "https://app.example" },
	{ "a script as client URI", "{" OK_URI ",\"client_uri\":\"javascript:x\"}", 400, "error",
	    "invalid_client_metadata" },
	{ "unknown members are ignored", "{" OK_URI ",\"foo\":{}}", 201, "foo", NULL },
	{ "a client id of one's own choice", "{" OK_URI ",\"client_id\":\"mine\"}", 201, "error",
	    NULL },
	{ "two of one name", "{" OK_URI "," OK_URI "}", 400, "error", "invalid_client_metadata" },
	{ "no JSON", "{", 400, "error", "invalid_client_metadata" },
	{ "no object", "[]", 400, "error", "invalid_client_metadata" },
	{ "URIs no list", "{\"redirect_uris\":\"https://app.example/cb\"}", 400, "error",
	    "invalid_client_metadata" },
	{ "no body", NULL, 400, "error", "invalid_client_metadata" },
};

static void test_metadata(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	for (size_t i = 0; i < COUNT(metadata_rows); i++) {
		CHECK_EQ(metadata_rows[i].label, kit_register(&kit, metadata_rows[i].body),
		    metadata_rows[i].want);
		CHECK_STR(metadata_rows[i].label, kit_member(&kit, metadata_rows[i].member),
		    metadata_rows[i].value);
		CHECK_STR(metadata_rows[i].label, kit_header(&kit, "Cache-Control"), "no-store");
		CHECK(metadata_rows[i].label, strcmp(kit.client_id, "mine") != 0);
	}
	kit_close(&kit);
}

static void test_caps(void)
{
	static char body[MP_MAX_REGISTRATION + 100];
	struct kit kit;
	char name[MP_MAX_CLIENT_NAME + 2], uri[MP_MAX_REDIRECT_URI + 32];

	kit_open(&kit, AS);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(body, sizeof(body), "{" OK_URI ",\"client_name\":\"%s\"}", name);
	CHECK_EQ("a name too long", kit_register(&kit, body), 400);
	snprintf(body, sizeof(body), "{" OK_URI ",\"client_name\":\"%s\"}", name + 1);
	CHECK_EQ("a name just not", kit_register(&kit, body), 201);
	memset(uri, 'u', sizeof(uri) - 1);
	memcpy(uri, "https://a.example/", 18);
	uri[MP_MAX_REDIRECT_URI + 1] = '\0';
	snprintf(body, sizeof(body), URIS("\"%s\""), uri);
	CHECK_EQ("a URI too long", kit_register(&kit, body), 400);
	uri[MP_MAX_REDIRECT_URI] = '\0';
	snprintf(body, sizeof(body), URIS("\"%s\""), uri);
	CHECK_EQ("a URI just not", kit_register(&kit, body), 201);
	for (size_t count = MP_MAX_REDIRECT_URIS; count <= MP_MAX_REDIRECT_URIS + 1; count++) {
		int len = snprintf(body, sizeof(body), "{\"redirect_uris\":[\"https://a.example/\"");

		for (size_t i = 1; i < count; i++)
			len += snprintf(body + len, sizeof(body) - (size_t)len,
			    ",\"https://a.example/%zu\"", i);
		snprintf(body + len, sizeof(body) - (size_t)len, "]}");
		CHECK_EQ("how many URIs", kit_register(&kit, body),
		    count > MP_MAX_REDIRECT_URIS ? 400 : 201);
	}
	memset(body, ' ', sizeof(body) - 1);
	memcpy(body, "{" OK_URI "}", sizeof("{" OK_URI "}") - 1);
	CHECK_EQ("a body too long", kit_register(&kit, body), 400);
	body[MP_MAX_REGISTRATION] = '\0';
	CHECK_EQ("a body just not", kit_register(&kit, body), 201);
	CHECK_EQ("a form is no JSON", kit_post(&kit, "/register", "{" OK_URI "}"), 400);
	kit_close(&kit);
}

static void test_secrets(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	CHECK_EQ("registered", kit_register(&kit, "{" OK_URI "}"), 201);
	CHECK("a secret", strlen(kit.secret) == 43 && strlen(kit.token) == 43);
	CHECK("not kept", !memstore_contains(kit.memstore, kit.secret));
	CHECK("nor its token", !memstore_contains(kit.memstore, kit.token));
	CHECK_HAS("where", kit_member(&kit, "registration_client_uri"), AS "/register/");
	CHECK_HAS("whose", kit_member(&kit, "registration_client_uri"), kit.client_id);
	CHECK_STR("when", kit_member(&kit, "client_id_issued_at"), "1700000000");
	kit_close(&kit);
}

/* --- RFC 7592 --- */
static int manage(struct kit *kit, const char *method, const char *token, const char *body)
{
	char path[128], bearer[128];

	snprintf(path, sizeof(path), "/register/%s", kit->client_id);
	snprintf(bearer, sizeof(bearer), "%s", token);
	return kit_ask(kit, &(struct ask){ .method = method, .path = path, .body = body,
	    .type = body != NULL ? JSON : NULL, .authorization = token != NULL ? bearer : NULL });
}

static void test_access(void)
{
	struct kit kit;
	char other[128], good[128], basic[128];

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	snprintf(other, sizeof(other), "Bearer %s", kit.token);
	kit_register(&kit, PUBLIC_CLIENT);
	snprintf(good, sizeof(good), "Bearer %s", kit.token);
	snprintf(basic, sizeof(basic), "Basic %s", kit.token);
	CHECK_EQ("its own", manage(&kit, "GET", good, NULL), 200);
	CHECK_EQ("another client's", manage(&kit, "GET", other, NULL), 401);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_token");
	CHECK_HAS("challenge", kit_header(&kit, "WWW-Authenticate"), "Bearer");
	CHECK_EQ("none", manage(&kit, "GET", NULL, NULL), 401);
	CHECK_EQ("another scheme", manage(&kit, "GET", basic, NULL), 401);
	CHECK_EQ("an empty one", manage(&kit, "GET", "Bearer ", NULL), 401);
	CHECK_EQ("a part of it", manage(&kit, "GET", kit_text(good, strlen(good) - 1), NULL), 401);
	CHECK_EQ("another's delete", manage(&kit, "DELETE", other, NULL), 401);
	CHECK_EQ("another's put", manage(&kit, "PUT", other, "{}"), 401);
	CHECK_EQ("it is still there", manage(&kit, "GET", good, NULL), 200);
	CHECK_EQ("two of them", kit_ask(&kit, &(struct ask){ .method = "GET",
	    .path = kit_text("/register/x", 11), .authorization = good,
	    .extra = &(struct mcpass_header){ "Authorization", good } }), 400);
	strcpy(kit.client_id, "nobody");
	CHECK_EQ("a client that is none", manage(&kit, "GET", good, NULL), 401);
	kit_close(&kit);
}

static const struct {
	const char *label, *members;    /* after client_id; %s */
	int want;
} put_rows[] = {
	{ "as it was", "," OK_URI, 200 },
	{ "with its method", "," OK_URI ",\"token_endpoint_auth_method\":\"client_secret_basic\"",
	    200 },
	{ "another method", "," OK_URI ",\"token_endpoint_auth_method\":\"none\"", 400 },
	{ "no redirect", "", 400 },
	{ "a bad redirect", ",\"redirect_uris\":[\"http://evil.example\"]", 400 },
	{ "its token inside", "," OK_URI ",\"registration_access_token\":\"x\"", 400 },
	{ "its address inside", "," OK_URI ",\"registration_client_uri\":\"https://a.example\"",
	    400 },
	{ "the end of its secret inside", "," OK_URI ",\"client_secret_expires_at\":1", 400 },
	{ "another secret", "," OK_URI ",\"client_secret\":\"x\"", 400 },
};

static void test_put(void)
{
	char bearer[128], body[512], secret[64];
	struct kit kit;

	kit_open(&kit, AS);
	mp_issuer_misbehave(kit.issuer, "register-scope-binds", NULL);
	kit_register(&kit, "{" OK_URI ",\"scope\":\"mcp:read\"}");
	snprintf(bearer, sizeof(bearer), "Bearer %s", kit.token);
	snprintf(secret, sizeof(secret), "%s", kit.secret);
	for (size_t i = 0; i < COUNT(put_rows); i++) {
		snprintf(body, sizeof(body), "{\"client_id\":\"%s\"%s}", kit.client_id,
		    put_rows[i].members);
		CHECK_EQ(put_rows[i].label, manage(&kit, "PUT", bearer, body), put_rows[i].want);
	}
	CHECK_EQ("another client's id", manage(&kit, "PUT", bearer,
	    "{\"client_id\":\"x\"," OK_URI "}"), 400);
	CHECK_EQ("no id", manage(&kit, "PUT", bearer, "{" OK_URI "}"), 400);
	snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"client_secret\":\"%s\"," OK_URI
	    ",\"scope\":\"mcp:read mcp:tools\",\"client_name\":\"New\"}", kit.client_id, secret);
	CHECK_EQ("wider, with its secret", manage(&kit, "PUT", bearer, body), 200);
	CHECK_STR("scope", kit_member(&kit, "scope"), "mcp:read mcp:tools");
	CHECK_EQ("read again", manage(&kit, "GET", bearer, NULL), 200);
	CHECK_STR("kept", kit_member(&kit, "scope"), "mcp:read mcp:tools");
	CHECK_STR("name", kit_member(&kit, "client_name"), "New");
	CHECK_STR("the token is told again", kit_member(&kit, "registration_access_token"), kit.token);
	CHECK_STR("the secret is not", kit_member(&kit, "client_secret"), NULL);
	kit_close(&kit);
}

static void test_delete(void)
{
	char bearer[128], form[512];
	const char *token;
	struct kit kit;

	kit_open(&kit, AS);
	kit.redirect = "https://app.example/cb";
	kit_register(&kit, "{\"redirect_uris\":[\"https://app.example/cb\"],"
	    "\"token_endpoint_auth_method\":\"none\","
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\"]}");
	snprintf(bearer, sizeof(bearer), "Bearer %s", kit.token);
	snprintf(form, sizeof(form), "grant_type=authorization_code&client_id=%s&code=%s"
	    "&code_verifier=" VERIFIER, kit.client_id, kit_code(&kit, "alice", "mcp:read"));
	CHECK_EQ("exchanged", kit_post(&kit, "/token", form), 200);
	token = kit_member(&kit, "refresh_token");
	CHECK("has a token", token != NULL);
	CHECK_EQ("allowed", memstore_count(kit.memstore, "consent"), 1);
	CHECK_EQ("deleted", manage(&kit, "DELETE", bearer, NULL), 204);
	CHECK_EQ("no consent is left", memstore_count(kit.memstore, "consent"), 0);
	CHECK_EQ("gone", manage(&kit, "GET", bearer, NULL), 401);
	CHECK_EQ("its tokens are dead", kit_refresh(&kit, token, ""), 401);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_client");
	CHECK_EQ("nobody is sent to it", kit_get(&kit, "/authorize",
	    kit_query(&kit, "mcp:read", NULL)), 400);
	CHECK("no redirect", kit_header(&kit, "Location") == NULL);
	kit_close(&kit);
}

static void test_expiry(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	kit.now += MP_CLIENT_LIFETIME;
	CHECK_EQ("forgotten", kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL)), 400);
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_redirects();
	test_metadata();
	test_caps();
	test_secrets();
	test_access();
	test_put();
	test_delete();
	test_expiry();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
