/* The issuer as a whole: its configuration, its addresses, its two public documents. */
#include "kit.h"
#include "oauth/asmeta.h"

static const struct mp_issuer_scope no_scope[] = { { "two words", "x" } };
static const struct mp_issuer_scope twice[] = { { "a", "x" }, { "a", "y" } };
static const struct {
	const char *label, *issuer, *users, *key;
	const struct mp_issuer_scope *scopes;
	size_t scope_count;
	enum mcpass_rc want;
} config_rows[] = {
	{ "as it should be", AS, NULL, NULL, NULL, 0, MCPASS_OK },
	{ "with a path", AS "/tenant", NULL, NULL, NULL, 0, MCPASS_OK },
	{ "a slash at the end", AS "/", NULL, NULL, NULL, 0, MCPASS_E_USAGE },
	{ "a slash at the path's end", AS "/tenant/", NULL, NULL, NULL, 0, MCPASS_E_USAGE },
	{ "a query", AS "?x=1", NULL, NULL, NULL, 0, MCPASS_E_USAGE },
	{ "a fragment", AS "#x", NULL, NULL, NULL, 0, MCPASS_E_USAGE },
	{ "no URL", "as.example", NULL, NULL, NULL, 0, MCPASS_E_USAGE },
	{ "users no JSON", AS, "{", NULL, NULL, 0, MCPASS_E_USAGE },
	{ "users no list", AS, "{}", NULL, NULL, 0, MCPASS_E_USAGE },
	{ "nobody", AS, "[]", NULL, NULL, 0, MCPASS_OK },
	{ "a user without a password", AS, "[{\"username\":\"a\"}]", NULL, NULL, 0,
	    MCPASS_E_USAGE },
	{ "a password in the clear", AS, "[{\"username\":\"a\",\"password_hash\":\"secret\"}]",
	    NULL, NULL, 0, MCPASS_E_USAGE },
	{ "a user twice", AS, "[{\"username\":\"a\",\"password_hash\":\"" LINE "\"},"
	    "{\"username\":\"a\",\"password_hash\":\"" LINE "\"}]", NULL, NULL, 0, MCPASS_E_USAGE },
	{ "key no JSON", AS, NULL, "x", NULL, 0, MCPASS_E_USAGE },
	{ "no key", AS, NULL, "{}", NULL, 0, MCPASS_E_USAGE },
	{ "a public key only", AS, NULL, "{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}", NULL, 0, MCPASS_E_USAGE },
	{ "a scope that is two", AS, NULL, NULL, no_scope, COUNT(no_scope), MCPASS_E_USAGE },
	{ "a scope twice", AS, NULL, NULL, twice, COUNT(twice), MCPASS_E_USAGE },
};

static void test_config(void)
{
	for (size_t i = 0; i < COUNT(config_rows); i++) {
		struct mp_issuer_config config = kit_config(config_rows[i].issuer);
		struct mp_issuer *issuer = NULL;
		struct mcpass_error err = { .rc = MCPASS_E_IO };
		struct memstore *memstore;
		enum mcpass_rc rc;

		memstore_open(&memstore, &config.store);
		if (config_rows[i].users != NULL)
			config.users = config_rows[i].users;
		if (config_rows[i].key != NULL)
			config.signing_key = config_rows[i].key;
		if (config_rows[i].scopes != NULL) {
			config.scopes = config_rows[i].scopes;
			config.scope_count = config_rows[i].scope_count;
		}
		rc = mp_issuer_new(&config, &issuer, &err);
		CHECK_EQ(config_rows[i].label, rc, config_rows[i].want);
		CHECK_EQ(config_rows[i].label, err.rc, config_rows[i].want);
		CHECK(config_rows[i].label, (issuer != NULL) == (rc == MCPASS_OK));
		mp_issuer_free(issuer);
		memstore_close(memstore);
	}
}

/* What is wrong in the file of users is said with the file and the line. */
static const struct { const char *label, *users, *file, *detail; } user_rows[] = {
	{ "garbage behind the right beginning", "[\n  {\"username\":\"a\",\n"
	    "   \"password_hash\":\"" LINE "\"},\n  {\"username\":\"b\",\n"
	    "   \"password_hash\":\"$scrypt$garbage\"}\n]", "users.json",
	    "users.json, line 5: password_hash of user b is no scrypt line" },
	{ "the password itself", "[{\"username\":\"a\",\"password_hash\":\"secret\"}]", "u",
	    "u, line 1: password_hash of user a is no scrypt line" },
	{ "too cheap", "[{\"username\":\"a\",\"password_hash\":\"$scrypt$ln=09,r=8,p=1$"
	    "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]", NULL,
	    "the users, line 1: password_hash of user a is no scrypt line" },
	{ "written in another way", "[{\"username\":\"a\",\"password_hash\":\"\\u0078\"}]", "u",
	    "u: password_hash of user a is no scrypt line" },
	{ "nothing", "[{\"username\":\"a\",\"password_hash\":\"$scrypt$\"}]", "u",
	    "u, line 1: password_hash of user a is no scrypt line" },
};

static void test_users(void)
{
	for (size_t i = 0; i < COUNT(user_rows); i++) {
		struct mp_issuer_config config = kit_config(AS);
		struct mp_issuer *issuer = NULL;
		struct mcpass_error err = { 0 };
		struct memstore *memstore;

		memstore_open(&memstore, &config.store);
		config.users = user_rows[i].users;
		config.users_file = user_rows[i].file;
		CHECK_EQ(user_rows[i].label, mp_issuer_new(&config, &issuer, &err), MCPASS_E_USAGE);
		CHECK_STR(user_rows[i].label, err.detail, user_rows[i].detail);
		CHECK_HAS("what to do", err.hint, "authserver hash NAME");
		memstore_close(memstore);
	}
}

#define OASM "/.well-known/oauth-authorization-server"
#define OIDC "/.well-known/openid-configuration"
static const struct {
	const char *label, *issuer, *method, *path;
	int want;
	const char *allow;              /* with a 405 */
} route_rows[] = {
	{ "metadata", AS, "GET", OASM, 200, NULL },
	{ "OpenID metadata", AS, "GET", OIDC, 200, NULL },
	{ "another well-known", AS, "GET", "/.well-known/oauth-protected-resource", 404, NULL },
	{ "not of this issuer", AS, "GET", OASM "/tenant", 404, NULL },
	{ "inserted", AS "/t", "GET", OASM "/t", 200, NULL },
	{ "OpenID inserted", AS "/t", "GET", OIDC "/t", 200, NULL },
	{ "appended", AS "/t", "GET", "/t" OASM, 200, NULL },
	{ "OpenID appended", AS "/t", "GET", "/t" OIDC, 200, NULL },
	{ "the root's, with a path", AS "/t", "GET", OASM, 404, NULL },
	{ "another tenant's", AS "/t", "GET", OASM "/tt", 404, NULL },
	{ "keys", AS, "GET", "/jwks", 200, NULL },
	{ "keys below a path", AS "/t", "GET", "/t/jwks", 200, NULL },
	{ "keys beside the path", AS "/t", "GET", "/jwks", 404, NULL },
	{ "keys behind a longer path", AS "/t", "GET", "/tt/jwks", 404, NULL },
	{ "no page", AS, "GET", "/", 404, NULL },
	{ "no path at all", AS, "GET", "", 404, NULL },
	{ "a slash more", AS, "GET", "/jwks/", 404, NULL },
	{ "posting metadata", AS, "POST", OASM, 405, "GET, HEAD" },
	{ "getting the token endpoint", AS, "GET", "/token", 405, "POST" },
	{ "posting to authorize", AS, "POST", "/authorize", 405, "GET, HEAD" },
	{ "getting the login", AS, "GET", "/authorize/login", 405, "POST" },
	{ "methods have case", AS, "get", "/jwks", 405, "GET, HEAD" },
	{ "patching a client", AS, "PATCH", "/register/x", 405, "GET, HEAD, PUT, DELETE" },
	{ "both of the device page", AS "/t", "PUT", "/t/device", 405, "GET, HEAD, POST" },
	{ "a client without a token", AS, "GET", "/register/x", 401, NULL },
	{ "a client with more path", AS, "GET", "/register/x/y", 404, NULL },
	{ "a client without a name", AS, "GET", "/register/", 404, NULL },
};

static void test_routes(void)
{
	for (size_t i = 0; i < COUNT(route_rows); i++) {
		struct kit kit;

		kit_open(&kit, route_rows[i].issuer);
		CHECK_EQ(route_rows[i].label, kit_ask(&kit, &(struct ask){
		    .method = route_rows[i].method, .path = route_rows[i].path }),
		    route_rows[i].want);
		CHECK_STR(route_rows[i].label, kit_header(&kit, "Allow"), route_rows[i].allow);
		kit_close(&kit);
	}
}

static void test_metadata(void)
{
	struct mcpass_error err = { 0 };
	struct mp_asmeta meta = { 0 };
	bool slash = true;
	struct kit kit;

	kit_open(&kit, AS "/t");
	kit_get(&kit, "/t" OIDC, NULL);
	CHECK_STR("OpenID's members", kit_member(&kit, "subject_types_supported"), "public");
	CHECK_STR("signing", kit_member(&kit, "id_token_signing_alg_values_supported"), "ES256");
	kit_get(&kit, OASM "/t", NULL);
	CHECK_STR("type", kit_header(&kit, "Content-Type"), "application/json");
	CHECK_STR("for every page", kit_header(&kit, "Access-Control-Allow-Origin"), "*");
	CHECK_EQ("a client can read it", mp_asmeta_parse(kit_body(&kit), kit.answer.body.len,
	    &meta, &err), MCPASS_OK);
	CHECK_EQ("issuer", mp_asmeta_check_issuer(&meta, AS "/t", &slash, &err), MCPASS_OK);
	CHECK("exactly", !slash);
	CHECK_EQ("fit for the code grant", mp_asmeta_check_code_flow(&meta, false, &err), MCPASS_OK);
	CHECK_STR("authorize", meta.authorization_endpoint, AS "/t/authorize");
	CHECK_STR("token", meta.token_endpoint, AS "/t/token");
	CHECK_STR("register", meta.registration_endpoint, AS "/t/register");
	CHECK_STR("revoke", meta.revocation_endpoint, AS "/t/revoke");
	CHECK_STR("keys", meta.jwks_uri, AS "/t/jwks");
	CHECK("iss is promised", meta.authorization_response_iss_parameter_supported);
	CHECK_EQ("S256 only", meta.code_challenge_methods_supported.count, 1);
	CHECK_EQ("scopes", meta.scopes_supported.count, 3);
	mp_asmeta_free(&meta);
	kit_close(&kit);
}

static void test_keys(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit_get(&kit, "/jwks", NULL);
	CHECK_HAS("a key", kit_body(&kit), "\"kty\":\"EC\"");
	CHECK("no private part", strstr(kit_body(&kit), "\"d\":") == NULL);
	kit_close(&kit);
}

static const struct {
	const char *label, *user, *scope, *resource, *want_scope, *want_aud;
	enum mcpass_rc want;
} mint_rows[] = {
	{ "all", "alice", NULL, MCP, "mcp:read mcp:tools mcp:prompts", MCP, MCPASS_OK },
	{ "some", "alice", "mcp:tools", MCP, "mcp:tools", MCP, MCPASS_OK },
	{ "what the user may have", "bob", NULL, MCP, "mcp:read", MCP, MCPASS_OK },
	{ "not more", "bob", "mcp:tools mcp:read", MCP, "mcp:read", MCP, MCPASS_OK },
	{ "nothing", "carol", NULL, MCP, NULL, MCP, MCPASS_OK },
	{ "no resource: the issuer", "alice", "mcp:read", NULL, "mcp:read", AS, MCPASS_OK },
	{ "no such user", "dave", NULL, MCP, NULL, NULL, MCPASS_E_USAGE },
	{ "no such scope", "alice", "mcp:all", MCP, NULL, NULL, MCPASS_E_USAGE },
	{ "no scope", "alice", "\"", MCP, NULL, NULL, MCPASS_E_USAGE },
};

static void test_mint(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	for (size_t i = 0; i < COUNT(mint_rows); i++) {
		struct mp_secret token = { 0 };
		const char *label = mint_rows[i].label, *text;

		CHECK_EQ(label, mp_issuer_mint(kit.issuer, mint_rows[i].user, "dev",
		    mint_rows[i].scope, mint_rows[i].resource, START, &token, &kit.err),
		    mint_rows[i].want);
		if (mint_rows[i].want != MCPASS_OK) {
			CHECK(label, !mp_secret_present(&token));
			continue;
		}
		text = kit_text(token.bytes, token.len);
		CHECK_STR(label, kit_claim(&kit, text, "scope"), mint_rows[i].want_scope);
		CHECK_STR(label, kit_claim(&kit, text, "aud"), mint_rows[i].want_aud);
		CHECK_STR(label, kit_claim(&kit, text, "sub"), mint_rows[i].user);
		CHECK_STR(label, kit_claim(&kit, text, "client_id"), "dev");
		mp_secret_free(&token);
	}
	kit_close(&kit);
}

static void test_default_resource(void)
{
	struct mp_issuer_config config = kit_config(AS);
	struct kit kit = { .now = START };
	struct mp_secret token = { 0 };

	memstore_open(&kit.memstore, &config.store);
	config.default_resource = MCP;
	CHECK_EQ("new", mp_issuer_new(&config, &kit.issuer, NULL), MCPASS_OK);
	CHECK_EQ("mint", mp_issuer_mint(kit.issuer, "alice", "dev", NULL, NULL, START, &token,
	    NULL), MCPASS_OK);
	CHECK_STR("the server's", kit_claim(&kit, token.bytes, "aud"), MCP);
	mp_secret_free(&token);
	kit_close(&kit);
}

#define APP "https://app.example"
static const struct {
	const char *label, *method, *path, *origin;
	int status;
	const char *allowed;            /* Access-Control-Allow-Origin */
} page_rows[] = {
	{ "a page asks to register", "OPTIONS", "/t/register", APP, 204, APP },
	{ "a page asks for its token", "OPTIONS", "/t/token", APP, 204, APP },
	{ "a page reads why not", "POST", "/t/token", APP, 401, APP },
	{ "a page revokes", "OPTIONS", "/t/revoke", APP, 204, APP },
	{ "a page manages itself", "OPTIONS", "/t/register/x", APP, 204, APP },
	{ "a page pushes", "OPTIONS", "/t/par", APP, 204, APP },
	{ "another page asks to register", "OPTIONS", "/t/register", "https://evil.example", 405, NULL },
	{ "another page reads nothing", "POST", "/t/token", "https://evil.example", 401, NULL },
	/* spec: RFC 9700 2.6 (MUST NOT) */
	{ "never where the person is asked", "OPTIONS", "/t/authorize", APP, 405, NULL },
	{ "nor what is shown there", "GET", "/t/authorize", APP, 400, NULL },
	{ "nor the consent", "OPTIONS", "/t/authorize/consent", APP, 405, NULL },
	{ "servers introspect", "OPTIONS", "/t/introspect", APP, 405, NULL },
	{ "metadata are anybody's", "OPTIONS", OASM "/t", "https://evil.example", 204, "*" },
	{ "keys are anybody's", "OPTIONS", "/t/jwks", "https://evil.example", 204, "*" },
	{ "nothing there", "OPTIONS", "/t/x", APP, 404, NULL },
};

static void test_pages(void)
{
	static const char *const listed[] = { APP }, *const wrong[] = { APP "/" };
	struct mp_issuer_config config = kit_config(AS "/t");
	struct kit kit = { .now = START };

	memstore_open(&kit.memstore, &config.store);
	config.cors_origins = wrong;
	config.cors_count = 1;
	CHECK_EQ("no origin", mp_issuer_new(&config, &kit.issuer, NULL), MCPASS_E_USAGE);
	config.cors_origins = listed;
	CHECK_EQ("new", mp_issuer_new(&config, &kit.issuer, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(page_rows); i++) {
		const struct mcpass_header origin = { "Origin", page_rows[i].origin };

		CHECK_EQ(page_rows[i].label, kit_ask(&kit, &(struct ask){ .method = page_rows[i].method,
		    .path = page_rows[i].path, .type = FORM, .body = "grant_type=x", .extra = &origin }),
		    page_rows[i].status);
		CHECK_STR(page_rows[i].label, kit_header(&kit, "Access-Control-Allow-Origin"),
		    page_rows[i].allowed);
	}
	kit_close(&kit);
}

static void test_broken_store(void)
{
	struct mp_http_response untouched = { 0 };
	struct mp_http_request request = { .method = "GET", .path = "/authorize",
		.query = "client_id=x", .now = START };
	struct kit kit;

	kit_open(&kit, AS);
	memstore_break(kit.memstore, true);
	CHECK_EQ("no answer", mp_issuer_handle(kit.issuer, &request, &untouched, &kit.err),
	    MCPASS_E_STORE);
	CHECK("untouched", untouched.status == 0 && untouched.headers.count == 0);
	CHECK("says what", kit.err.doing != NULL);
	memstore_break(kit.memstore, false);
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_config();
	test_users();
	test_routes();
	test_metadata();
	test_keys();
	test_mint();
	test_default_resource();
	test_pages();
	test_broken_store();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
