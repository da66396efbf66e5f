/* What a token says, and to whom.  spec: RFC 7662 */
#include "kit_extensions.h"

#define SECOND "https://second.example/mcp"
#define ECHO "&client_id=echo&client_secret=s3cret"
#define MACHINE "&client_id=machine&client_secret=s3cret"

/* A server at MCP, a client with a secret that a person signs in with, and whom the kit
 * knows besides. */
static void open_with(struct kit *kit, bool opaque)
{
	static char mcp_text[] = MCP, back_text[] = CALLBACK;
	static char *mcp[] = { mcp_text }, *back[] = { back_text };
	struct mp_issuer_config config = kit_extended();
	struct mp_issuer_client clients[9];
	char *hash = NULL;

	memcpy(clients, config.clients, config.client_count * sizeof(clients[0]));
	mp_password_hash("s3cret", (const uint8_t *)"0123456789abcdef", 10, &hash, NULL);
	clients[config.client_count++] = (struct mp_issuer_client){ .client_id = "echo",
		.client_secret_hash = hash, .introspects = { mcp, 1 } };
	clients[config.client_count++] = (struct mp_issuer_client){ .client_id = "web",
		.client_secret = "s3cret", .grants = "authorization_code refresh_token",
		.redirect_uris = { back, 1 } };
	clients[config.client_count++] = (struct mp_issuer_client){ .client_id = "both",
		.client_secret = "s3cret", .grants = "authorization_code refresh_token",
		.redirect_uris = { back, 1 }, .introspects = { mcp, 1 } };
	clients[config.client_count++] = (struct mp_issuer_client){ .client_id = "narrow",
		.client_secret = "s3cret", .grants = "client_credentials", .audiences = { mcp, 1 } };
	config.clients = clients;
	config.opaque_tokens = opaque;
	kit_open_extended(kit, config);
	free(hash);
}

static const char *token_for(struct kit *kit, const char *resource)
{
	char form[512];

	snprintf(form, sizeof(form), "grant_type=client_credentials" MACHINE "&resource=%s", resource);
	CHECK_EQ("a token", kit_post(kit, "/token", form), 200);
	return kit_member(kit, "access_token");
}

static int ask(struct kit *kit, const char *token, const char *who)
{
	char form[4096];

	snprintf(form, sizeof(form), "token=%s%s", token, who);
	return kit_post(kit, "/introspect", form);
}

static bool is_active(struct kit *kit, const char *token, const char *who)
{
	CHECK_EQ("an answer", ask(kit, token, who), 200);
	if (strstr(kit_body(kit), "\"active\":true") != NULL)
		return true;
	CHECK_STR("nothing else is said", kit_body(kit), "{\"active\":false}");
	return false;
}

static void test_access(bool opaque)
{
	struct mp_secret id_token = { 0 };
	const char *token, *other;
	struct kit kit;

	open_with(&kit, opaque);
	token = token_for(&kit, MCP);
	other = token_for(&kit, SECOND);
	CHECK_EQ("its form", strchr(token, '.') == NULL, opaque);
	CHECK("not stored", !memstore_contains(kit.memstore, token));
	CHECK("to its client", is_active(&kit, token, MACHINE));
	CHECK("to its server", is_active(&kit, token, ECHO));
	CHECK_STR("not to be kept", kit_header(&kit, "Cache-Control"), "no-store");
	CHECK_STR("iss", kit_member(&kit, "iss"), AS);
	CHECK_STR("aud", kit_member(&kit, "aud"), MCP);
	CHECK_STR("sub", kit_member(&kit, "sub"), "machine");
	CHECK_STR("client_id", kit_member(&kit, "client_id"), "machine");
	CHECK_STR("scope", kit_member(&kit, "scope"), "mcp:read mcp:tools");
	CHECK_STR("exp", kit_member(&kit, "exp"), "1700000600");
	CHECK_STR("token_type", kit_member(&kit, "token_type"), "Bearer");
	CHECK_STR("what it is", kit_member(&kit, "typ"), "at+jwt");
	CHECK("nobody's name", kit_member(&kit, "username") == NULL);
	CHECK("not to another server", !is_active(&kit, other, ECHO));
	CHECK("not to another client", !is_active(&kit, token, "&client_id=web&client_secret=s3cret"));
	CHECK("a hint that is wrong does no harm",
	    is_active(&kit, token, ECHO "&token_type_hint=refresh_token"));
	CHECK("nonsense", !is_active(&kit, "x", ECHO));
	CHECK("nonsense with dots", !is_active(&kit, "a.b.c", ECHO));
	CHECK_EQ("an id token", mp_issuer_mint_id_token(kit.issuer, "alice", MCP, START, &id_token,
	    NULL), MCPASS_OK);
	CHECK("is none", !is_active(&kit, mp_secret_reveal(&id_token), ECHO));
	mp_secret_free(&id_token);
	CHECK("by another key", !is_active(&kit, kit_jwt(kit_keys(0), "at+jwt",
	    "{\"iss\":\"" AS "\",\"aud\":\"" MCP "\",\"exp\":1700000600}", ""), ECHO));
	kit.now += 600;
	CHECK("expired", !is_active(&kit, token, ECHO));
	kit_close(&kit);
}

static const struct {
	const char *label, *form;
	int status;
	const char *error;
} refused[] = {
	{ "by nobody", "token=x", 401, "invalid_client" },
	{ "a wrong secret", "token=x&client_id=machine&client_secret=S3cret", 401, "invalid_client" },
	{ "a wrong secret for a hash", "token=x&client_id=echo&client_secret=S3cret", 401,
	    "invalid_client" },
	{ "no secret for a hash", "token=x&client_id=echo", 401, "invalid_client" },
	{ "a client without a secret", "token=x&client_id=open", 401, "invalid_client" },
	{ "no token", "a=b" ECHO, 400, "invalid_request" },
	{ "two tokens", "token=x&token=y" ECHO, 400, "invalid_request" },
};

static void test_refused(void)
{
	struct kit kit;

	open_with(&kit, false);
	for (size_t i = 0; i < COUNT(refused); i++) {
		CHECK_EQ(refused[i].label, kit_post(&kit, "/introspect", refused[i].form),
		    refused[i].status);
		CHECK_STR(refused[i].label, kit_member(&kit, "error"), refused[i].error);
	}
	CHECK_EQ("another method", kit_get(&kit, "/introspect", "token=x"), 405);
	kit_get(&kit, "/.well-known/oauth-authorization-server", NULL);
	CHECK_STR("published", kit_member(&kit, "introspection_endpoint"), AS "/introspect");
	kit_close(&kit);
}

#define WEB "&client_id=web&client_secret=s3cret"

/* A person's: the refresh token and, where it says nothing, the access token. */
static void test_refresh(bool opaque)
{
	const char *access, *refresh, *second;
	char form[4096];
	struct kit kit;

	open_with(&kit, opaque);
	snprintf(kit.client_id, sizeof(kit.client_id), "web");
	CHECK_EQ("token", kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"),
	    "&client_secret=s3cret"), 200);
	access = kit_member(&kit, "access_token");
	refresh = kit_member(&kit, "refresh_token");
	CHECK("a person's", is_active(&kit, access, ECHO));
	CHECK_STR("name", kit_member(&kit, "username"), "alice");
	CHECK("a refresh token", is_active(&kit, refresh, WEB));
	CHECK_STR("sub", kit_member(&kit, "sub"), "alice");
	CHECK_STR("scope", kit_member(&kit, "scope"), "mcp:read");
	CHECK_STR("it is no access token", kit_member(&kit, "token_type"), "N_A");
	CHECK_STR("but what it is", kit_member(&kit, "typ"), "refresh_token");
	CHECK("is nothing to a server", !is_active(&kit, refresh, ECHO));
	CHECK_EQ("refreshed", kit_refresh(&kit, refresh, "&client_secret=s3cret"), 200);
	second = kit_member(&kit, "refresh_token");
	CHECK("used up", !is_active(&kit, refresh, WEB));
	CHECK("to ask about a used one costs nothing", is_active(&kit, second, WEB));
	if (opaque) {
		snprintf(form, sizeof(form), "token=%s" MACHINE, access);
		CHECK_EQ("by another", kit_post(&kit, "/revoke", form), 400);
		snprintf(form, sizeof(form), "token=%s" WEB, access);
		CHECK_EQ("by its own", kit_post(&kit, "/revoke", form), 200);
		CHECK("revoked", !is_active(&kit, access, ECHO));
		CHECK("alone", is_active(&kit, second, WEB));
		CHECK_EQ("one more", kit_refresh(&kit, second, "&client_secret=s3cret"), 200);
		access = kit_member(&kit, "access_token");
		second = kit_member(&kit, "refresh_token");
	}
	snprintf(form, sizeof(form), "token=%s" WEB, second);
	CHECK_EQ("the login", kit_post(&kit, "/revoke", form), 200);
	CHECK("is over", !is_active(&kit, second, WEB));
	CHECK_EQ("and what says nothing with it", is_active(&kit, access, ECHO), !opaque);
	kit_close(&kit);
}

/* A server that is a client, too: what it got itself would pass for an access token. */
static void test_server_as_client(void)
{
	const char *access, *refresh;
	struct kit kit;

	open_with(&kit, false);
	snprintf(kit.client_id, sizeof(kit.client_id), "both");
	CHECK_EQ("token", kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"),
	    "&client_secret=s3cret"), 200);
	access = kit_member(&kit, "access_token");
	refresh = kit_member(&kit, "refresh_token");
	CHECK("its access token", is_active(&kit, access, "&client_id=both&client_secret=s3cret"));
	CHECK("its refresh token is nothing to it",
	    !is_active(&kit, refresh, "&client_id=both&client_secret=s3cret"));
	CHECK_EQ("and works as before", kit_refresh(&kit, refresh, "&client_secret=s3cret"), 200);
	kit_close(&kit);
}

static const struct {
	const char *label, *resource;
	int want;
} audience_rows[] = {
	{ "the one", "&resource=" MCP, 200 },
	{ "another", "&resource=" SECOND, 400 },
	{ "the default is another", "", 400 },
};

static void test_audiences(void)
{
	char form[512];
	struct kit kit;

	open_with(&kit, false);
	for (size_t i = 0; i < COUNT(audience_rows); i++) {
		snprintf(form, sizeof(form), "grant_type=client_credentials&client_id=narrow"
		    "&client_secret=s3cret%s", audience_rows[i].resource);
		CHECK_EQ(audience_rows[i].label, kit_post(&kit, "/token", form), audience_rows[i].want);
		if (audience_rows[i].want == 400)
			CHECK_STR(audience_rows[i].label, kit_member(&kit, "error"), "invalid_target");
	}
	kit_close(&kit);
}

/* --- the operator's mistakes --- */
static char bad_text[] = "http://far.example/cb", good_text[] = CALLBACK;
static char *bad_uri[] = { bad_text }, *good_uri[] = { good_text };
static const struct {
	const char *label;
	struct mp_issuer_client client;
	const char *detail;
} client_rows[] = {
	{ "no such grant", { .client_id = "c", .grants = "password" },
	    "client c: there is no such grant type: password" },
	{ "a hash that is none", { .client_id = "c", .client_secret_hash = "abc" },
	    "client c: client_secret_hash is no scrypt line" },
	{ "a secret twice", { .client_id = "c", .client_secret = "x", .client_secret_hash = "$s" },
	    "client c: a secret, its hash, keys: one of them is enough" },
	{ "nowhere to redirect to", { .client_id = "c", .grants = "authorization_code" },
	    "client c: authorization_code and redirect_uris go together" },
	{ "redirects for nothing", { .client_id = "c", .grants = "client_credentials",
	    .redirect_uris = { good_uri, 1 } },
	    "client c: authorization_code and redirect_uris go together" },
	{ "a redirect to anybody", { .client_id = "c", .grants = "authorization_code",
	    .redirect_uris = { bad_uri, 1 } }, "client c: not a URI to redirect to: "
	    "http://far.example/cb" },
	{ "no such scope", { .client_id = "c", .scope = "mcp:fly" },
	    "client c: there is no such scope: mcp:fly" },
};

static void test_clients(void)
{
	for (size_t i = 0; i < COUNT(client_rows); i++) {
		struct mp_issuer_config config = kit_config(AS);
		struct memstore *memstore;
		struct mp_issuer *issuer = NULL;
		struct mcpass_error err = { 0 };

		memstore_open(&memstore, &config.store);
		config.clients = &client_rows[i].client;
		config.client_count = 1;
		CHECK_EQ(client_rows[i].label, mp_issuer_new(&config, &issuer, &err), MCPASS_E_USAGE);
		CHECK_STR(client_rows[i].label, err.detail, client_rows[i].detail);
		memstore_close(memstore);
	}
}

static void test_twice(void)
{
	static const struct mp_issuer_client clients[] = { { .client_id = "c" }, { .client_id = "c" } };
	static const struct mp_issuer_trusted trusted[] = {
		{ .issuer = IDP, .what = MP_TRUST_ID_JAG, .jwks_uri = IDP "/k" },
		{ .issuer = IDP, .what = MP_TRUST_ID_JAG, .jwks_uri = IDP "/k" },
	};
	struct mp_issuer_config config = kit_config(AS);
	struct mp_issuer *issuer = NULL;
	struct memstore *memstore;
	struct mcpass_error err = { 0 };

	memstore_open(&memstore, &config.store);
	config.fetch = web_fetch;
	config.clients = clients;
	config.client_count = 2;
	CHECK_EQ("a client twice", mp_issuer_new(&config, &issuer, &err), MCPASS_E_USAGE);
	CHECK_STR("it says so", err.detail, "client c is there twice");
	config.client_count = 0;
	config.trusted = trusted;
	config.trusted_count = 2;
	CHECK_EQ("an issuer twice", mp_issuer_new(&config, &issuer, &err), MCPASS_E_USAGE);
	CHECK_STR("it says so", err.detail, "issuer " IDP " is there twice");
	memstore_close(memstore);
}

static void open_granted(struct kit *kit, bool opaque)
{
	open_with(kit, opaque);
	snprintf(kit->client_id, sizeof(kit->client_id), "web");
	kit_exchange(kit, kit_code(kit, "alice", "mcp:read"), "&client_secret=s3cret");
}

/* Each request once per allocation, with that one failing. */
static void test_memory(bool opaque)
{
	static const char *const tokens[] = { "access_token", "refresh_token" };
	char forms[COUNT(tokens)][4096], form[4096];
	struct kit kit;

	open_granted(&kit, opaque);
	for (size_t i = 0; i < COUNT(tokens); i++)
		snprintf(forms[i], sizeof(forms[i]), "token=%s" WEB, kit_member(&kit, tokens[i]));
	mp_http_response_free(&kit.answer);
	for (size_t i = 0; i < COUNT(tokens); i++)
		OOM_EACH {
			kit_post(&kit, "/introspect", forms[i]);
			CHECK_OOM(tokens[i], kit.rc, MCPASS_OK);
			mp_http_response_free(&kit.answer);
		}
	kit_close(&kit);
	OOM_EACH_LATER {
		open_granted(&kit, opaque);
		snprintf(form, sizeof(form), "token=%s" WEB, kit_member(&kit, "access_token"));
		oom_from_here();
		kit_post(&kit, "/revoke", form);
		CHECK_OOM("revoke", kit.rc, MCPASS_OK);
		kit_close(&kit);
	}
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_jwks();
	before = mp_test_live_blocks();
	test_access(false);
	test_access(true);
	test_refused();
	test_refresh(false);
	test_refresh(true);
	test_server_as_client();
	test_audiences();
	test_clients();
	test_twice();
	test_memory(false);
	test_memory(true);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
