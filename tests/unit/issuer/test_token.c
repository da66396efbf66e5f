/* The token and revocation endpoints, and the whole code flow. */
#include "kit.h"
#include "wire/jose/b64url.h"

/* --- the whole flow --- */
static void test_flow(void)
{
	const char *token, *refresh, *second;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("token", kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read mcp:tools"), ""), 200);
	CHECK_STR("type", kit_header(&kit, "Content-Type"), JSON);
	CHECK_STR("not to be kept", kit_header(&kit, "Cache-Control"), "no-store");
	CHECK_STR("token_type", kit_member(&kit, "token_type"), "Bearer");
	CHECK_STR("expires_in", kit_member(&kit, "expires_in"), "600");
	CHECK_STR("scope", kit_member(&kit, "scope"), "mcp:read mcp:tools");
	token = kit_member(&kit, "access_token");
	refresh = kit_member(&kit, "refresh_token");
	CHECK("refresh token not stored", !memstore_contains(kit.memstore, refresh));
	CHECK_STR("typ", kit_claim(&kit, token, "typ"), "at+jwt");
	CHECK_STR("alg", kit_claim(&kit, token, "alg"), "ES256");
	CHECK_STR("iss", kit_claim(&kit, token, "iss"), AS);
	CHECK_STR("sub", kit_claim(&kit, token, "sub"), "alice");
	CHECK_STR("aud", kit_claim(&kit, token, "aud"), MCP);
	CHECK_STR("client_id", kit_claim(&kit, token, "client_id"), kit.client_id);
	CHECK_STR("scope", kit_claim(&kit, token, "scope"), "mcp:read mcp:tools");
	CHECK_STR("iat", kit_claim(&kit, token, "iat"), "1700000000");
	CHECK_STR("exp", kit_claim(&kit, token, "exp"), "1700000600");
	CHECK_STR("name", kit_claim(&kit, token, "preferred_username"), "alice");
	CHECK("jti", kit_claim(&kit, token, "jti") != NULL);
	CHECK_EQ("refresh", kit_refresh(&kit, refresh, ""), 200);
	second = kit_member(&kit, "refresh_token");
	CHECK("rotated", second != NULL && strcmp(second, refresh) != 0);
	token = kit_member(&kit, "access_token");
	CHECK_STR("same scope", kit_claim(&kit, token, "scope"), "mcp:read mcp:tools");
	CHECK_STR("same audience", kit_claim(&kit, token, "aud"), MCP);
	kit_close(&kit);
}

/* --- mistakes with a code: each costs it --- */
static const struct {
	const char *label;
	const char *verifier, *redirect_uri, *more;  /* NULL: leave out; more begins with '&' */
	int later;                      /* seconds */
	int want;
	const char *error;
} code_rows[] = {
	{ "good", VERIFIER, CALLBACK, "", 0, 200, NULL },
	{ "in time", VERIFIER, CALLBACK, "", 59, 200, NULL },
	{ "too late", VERIFIER, CALLBACK, "", 60, 400, "invalid_grant" },
	{ "no verifier", NULL, CALLBACK, "", 0, 400, "invalid_grant" },
	{ "an empty verifier", "", CALLBACK, "", 0, 400, "invalid_grant" },
	{ "the challenge as verifier", CHALLENGE, CALLBACK, "", 0, 400, "invalid_grant" },
	{ "another verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", CALLBACK, "", 0, 400,
	    "invalid_grant" },
	{ "no redirect URI, as OAuth 2.1 has it", VERIFIER, NULL, "", 0, 200, NULL },
	{ "another redirect URI", VERIFIER, CALLBACK "/", "", 0, 400, "invalid_grant" },
	{ "another port", VERIFIER, "http://127.0.0.1:4712/callback", "", 0, 400, "invalid_grant" },
	{ "the resource", VERIFIER, CALLBACK, "&resource=" MCP, 0, 200, NULL },
	{ "another resource", VERIFIER, CALLBACK, "&resource=https://evil.example", 0, 400,
	    "invalid_target" },
	{ "a slash more", VERIFIER, CALLBACK, "&resource=" MCP "/", 0, 400, "invalid_target" },
	{ "another resource beside it", VERIFIER, CALLBACK,
	    "&resource=" MCP "&resource=https://evil.example", 0, 400, "invalid_target" },
	{ "two codes", VERIFIER, CALLBACK, "&code=x", 0, 400, "invalid_request" },
	{ "two verifiers", VERIFIER, CALLBACK, "&code_verifier=" VERIFIER, 0, 400,
	    "invalid_request" },
	{ "two clients", VERIFIER, CALLBACK, "&client_id=x", 0, 400, "invalid_request" },
	{ "two grant types", VERIFIER, CALLBACK, "&grant_type=refresh_token", 0, 400,
	    "invalid_request" },
};

static int exchange(struct kit *kit, const char *code, const char *verifier,
    const char *redirect_uri, const char *more)
{
	struct mp_buf form;
	int status;

	mp_buf_init(&form, 8000);
	mp_form_add(&form, "grant_type", "authorization_code");
	mp_form_add(&form, "client_id", kit->client_id);
	mp_form_add(&form, "code", code);
	mp_form_add(&form, "code_verifier", verifier);
	mp_form_add(&form, "redirect_uri", redirect_uri);
	mp_buf_adds(&form, more);
	status = kit_post(kit, "/token", mp_buf_text(&form));
	mp_buf_free(&form);
	return status;
}

static void test_code(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	for (size_t i = 0; i < COUNT(code_rows); i++) {
		const char *code = kit_code(&kit, "alice", "mcp:read");

		kit.now += code_rows[i].later;
		CHECK_EQ(code_rows[i].label, exchange(&kit, code, code_rows[i].verifier,
		    code_rows[i].redirect_uri, code_rows[i].more), code_rows[i].want);
		CHECK_STR(code_rows[i].label, kit_member(&kit, "error"), code_rows[i].error);
		CHECK(code_rows[i].label, (kit_member(&kit, "access_token") != NULL)
		    == (code_rows[i].want == 200));
		if (code_rows[i].error != NULL && strcmp(code_rows[i].error, "invalid_request") != 0)
			CHECK_EQ("the code is spent", exchange(&kit, code, VERIFIER, CALLBACK, ""), 400);
	}
	kit_close(&kit);
}

static void test_grant_types(void)
{
	char form[256];
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, "{\"redirect_uris\":[\"" CALLBACK "\"],"
	    "\"token_endpoint_auth_method\":\"none\"}");
	CHECK_EQ("a client without refresh", kit_exchange(&kit,
	    kit_code(&kit, "alice", "mcp:read"), ""), 200);
	CHECK_STR("gets none", kit_member(&kit, "refresh_token"), NULL);
	CHECK_EQ("and may not", kit_refresh(&kit, "x", ""), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "unauthorized_client");
	snprintf(form, sizeof(form), "grant_type=password&client_id=%s", kit.client_id);
	CHECK_EQ("password", kit_post(&kit, "/token", form), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "unsupported_grant_type");
	snprintf(form, sizeof(form), "client_id=%s", kit.client_id);
	CHECK_EQ("none", kit_post(&kit, "/token", form), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_request");
	CHECK_EQ("as JSON", kit_ask(&kit, &(struct ask){ .method = "POST", .path = "/token",
	    .type = JSON, .body = "{}" }), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_request");
	kit_close(&kit);
}

/* A code of one client in the hands of another: refused, and spent. */
static void test_other_client(void)
{
	const char *code, *refresh;
	struct kit kit;
	char first[64];

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	snprintf(first, sizeof(first), "%s", kit.client_id);
	code = kit_code(&kit, "alice", "mcp:read");
	kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
	refresh = kit_member(&kit, "refresh_token");
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("a code", kit_exchange(&kit, code, ""), 400);
	CHECK_STR("refused", kit_member(&kit, "error"), "invalid_grant");
	CHECK_EQ("a refresh token", kit_refresh(&kit, refresh, ""), 400);
	CHECK_STR("refused", kit_member(&kit, "error"), "invalid_grant");
	snprintf(kit.client_id, sizeof(kit.client_id), "%s", first);
	CHECK_EQ("its own client still may", kit_refresh(&kit, refresh, ""), 200);
	kit_close(&kit);
}

/* --- reuse --- */
static void test_code_twice(void)
{
	const char *code, *refresh;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	code = kit_code(&kit, "alice", "mcp:read");
	CHECK_EQ("once", kit_exchange(&kit, code, ""), 200);
	refresh = kit_member(&kit, "refresh_token");
	CHECK_EQ("twice", kit_exchange(&kit, code, ""), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_grant");
	CHECK_EQ("what it gave is revoked", kit_refresh(&kit, refresh, ""), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_grant");
	CHECK_EQ("nothing is left", memstore_count(kit.memstore, "refresh"), 0);
	kit_close(&kit);
}

/* A login, and how a used refresh token comes back: after how many seconds, and whether its
 * successor was used in between. */
static const struct {
	const char *label;
	int64_t grace, later;           /* as of the configuration; seconds */
	bool used;
	bool again;                     /* it gives the successor again */
} twice_rows[] = {
	{ "at once", 0, 0, false, true },
	{ "within the grace", 0, MP_REFRESH_GRACE - 1, false, true },
	{ "after the grace", 0, MP_REFRESH_GRACE, false, false },
	{ "within the grace, the successor used", 0, 1, true, false },
	{ "within another grace", 5, 4, false, true },
	{ "after another grace", 5, 5, false, false },
	{ "without a grace", -1, 0, false, false },
};

static void open_with_grace(struct kit *kit, int64_t grace)
{
	struct mp_issuer_config config = kit_config(AS);

	config.refresh_grace = grace;
	*kit = (struct kit){ .now = START };
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
	kit_register(kit, PUBLIC_CLIENT);
}

static void test_refresh_twice(void)
{
	for (size_t i = 0; i < COUNT(twice_rows); i++) {
		const char *label = twice_rows[i].label, *first, *second, *other, *newest;
		struct kit kit;

		open_with_grace(&kit, twice_rows[i].grace);
		kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
		other = kit_member(&kit, "refresh_token");
		kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
		first = kit_member(&kit, "refresh_token");
		CHECK_EQ(label, kit_refresh(&kit, first, ""), 200);
		second = newest = kit_member(&kit, "refresh_token");
		CHECK("another one", strcmp(first, second) != 0);
		CHECK("which is not kept", !memstore_contains(kit.memstore, second));
		if (twice_rows[i].used) {
			CHECK_EQ(label, kit_refresh(&kit, second, ""), 200);
			newest = kit_member(&kit, "refresh_token");
		}
		kit.now += twice_rows[i].later;
		CHECK_EQ(label, kit_refresh(&kit, first, ""), twice_rows[i].again ? 200 : 400);
		CHECK_STR(label, kit_member(&kit, "error"), twice_rows[i].again ? NULL : "invalid_grant");
		CHECK_STR(label, kit_member(&kit, "refresh_token"), twice_rows[i].again ? second : NULL);
		CHECK_EQ("the newest goes with it, or not", kit_refresh(&kit, newest, ""),
		    twice_rows[i].again ? 200 : 400);
		CHECK_EQ("but no other login", kit_refresh(&kit, other, ""), 200);
		kit_close(&kit);
	}
}

/* In its grace a used one is of no use to anybody else, and the theft is still noticed. */
static void test_grace_of_thief(void)
{
	const char *first, *second, *third;
	char client_id[64];
	struct kit kit;

	open_with_grace(&kit, 0);
	kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
	first = kit_member(&kit, "refresh_token");
	kit_refresh(&kit, first, "");
	second = kit_member(&kit, "refresh_token");
	snprintf(client_id, sizeof(client_id), "%s", kit.client_id);
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("another client", kit_refresh(&kit, first, ""), 400);
	CHECK_STR("another client", kit_member(&kit, "refresh_token"), NULL);
	snprintf(kit.client_id, sizeof(kit.client_id), "%s", client_id);
	CHECK_EQ("more scope", kit_refresh(&kit, first, "&scope=mcp:read+mcp:tools"), 400);
	CHECK_EQ("the thief, in time", kit_refresh(&kit, first, ""), 200);
	CHECK_STR("has the same one", kit_member(&kit, "refresh_token"), second);
	CHECK_EQ("the thief goes on", kit_refresh(&kit, second, ""), 200);
	third = kit_member(&kit, "refresh_token");
	kit.now += MP_REFRESH_GRACE;
	CHECK_EQ("the client goes on", kit_refresh(&kit, second, ""), 400);
	CHECK_EQ("and the thief is out", kit_refresh(&kit, third, ""), 400);
	kit_close(&kit);
}

static void test_refresh_expiry(void)
{
	const char *refresh;
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
	kit.now += MP_REFRESH_LIFETIME - 1;
	CHECK_EQ("in time", kit_refresh(&kit, kit_member(&kit, "refresh_token"), ""), 200);
	refresh = kit_member(&kit, "refresh_token");
	kit.now += 1;
	CHECK_EQ("a family ends, however often it was renewed", kit_refresh(&kit, refresh, ""), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_grant");
	kit_close(&kit);
}

/* Mistakes with a refresh token: none costs it. */
static const struct {
	const char *label, *more;
	int want;
	const char *member, *value;
} refresh_rows[] = {
	{ "all of the scope", "", 200, "scope", "mcp:read mcp:tools" },
	{ "less scope", "&scope=mcp:tools", 200, "scope", "mcp:tools" },
	{ "all of it again", "", 200, "scope", "mcp:read mcp:tools" },
	{ "an empty scope", "&scope=", 200, "scope", "mcp:read mcp:tools" },
	{ "more scope", "&scope=mcp:read+mcp:prompts", 400, "error", "invalid_scope" },
	{ "no scope's bytes", "&scope=%22", 400, "error", "invalid_scope" },
	{ "two scopes", "&scope=mcp:read&scope=mcp:tools", 400, "error", "invalid_request" },
	{ "the resource", "&resource=" MCP, 200, "token_type", "Bearer" },
	{ "another resource", "&resource=https://evil.example", 400, "error", "invalid_target" },
	{ "two tokens", "&refresh_token=x", 400, "error", "invalid_request" },
};

static void test_refresh(void)
{
	struct kit kit;
	char refresh[64];

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read mcp:tools"), "");
	snprintf(refresh, sizeof(refresh), "%s", kit_member(&kit, "refresh_token"));
	for (size_t i = 0; i < COUNT(refresh_rows); i++) {
		CHECK_EQ(refresh_rows[i].label, kit_refresh(&kit, refresh, refresh_rows[i].more),
		    refresh_rows[i].want);
		CHECK_STR(refresh_rows[i].label, kit_member(&kit, refresh_rows[i].member),
		    refresh_rows[i].value);
		if (refresh_rows[i].want == 200)
			snprintf(refresh, sizeof(refresh), "%s", kit_member(&kit, "refresh_token"));
	}
	CHECK_EQ("an unknown one", kit_refresh(&kit, "unknown", ""), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_grant");
	CHECK_EQ("an empty one", kit_refresh(&kit, "", ""), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_request");
	kit_close(&kit);
}

/* A user who is taken out of the file, or whose scopes are. */
static void test_changed_user(void)
{
	static const struct { const char *label, *users; int want; const char *scope; } rows[] = {
		{ "gone", "[]", 400, NULL },
		{ "less", "[{\"username\":\"alice\",\"password_hash\":\"" LINE "\","
		    "\"scopes\":[\"mcp:tools\"]}]", 200, "mcp:tools" },
		{ "nothing", "[{\"username\":\"alice\",\"password_hash\":\"" LINE "\","
		    "\"scopes\":[]}]", 400, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_issuer_config config = kit_config(AS);
		struct memstore *unused;
		struct kit kit;

		kit_open(&kit, AS);
		kit_register(&kit, PUBLIC_CLIENT);
		kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read mcp:tools"), "");
		mp_issuer_free(kit.issuer);
		memstore_open(&unused, &config.store);
		memstore_close(unused);
		config.store.ctx = kit.memstore;        /* the next run, with the old store */
		config.users = rows[i].users;
		kit.issuer = NULL;
		CHECK_EQ(rows[i].label, mp_issuer_new(&config, &kit.issuer, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, kit_refresh(&kit, kit_member(&kit, "refresh_token"), ""),
		    rows[i].want);
		CHECK_STR(rows[i].label, kit_member(&kit, "scope"), rows[i].scope);
		kit_get(&kit, "/authorize", kit_query(&kit, "mcp:tools", NULL));
		CHECK(rows[i].label, (strstr(kit_body(&kit), "name=\"password\"") != NULL)
		    == (i == 0));
		kit_close(&kit);
	}
}

/* --- client authentication --- */
enum proof { NOTHING, BASIC, POST, BOTH, WRONG_BASIC, WRONG_POST, EMPTY_POST, TWICE };
static const struct {
	const char *label, *method;
	enum proof proof;
	int want;
} auth_rows[] = {
	{ "none", "none", NOTHING, 200 },
	{ "none, with a secret", "none", POST, 401 },
	{ "none, with Basic", "none", BASIC, 401 },
	{ "basic", "client_secret_basic", BASIC, 200 },
	{ "basic, wrong", "client_secret_basic", WRONG_BASIC, 401 },
	{ "basic, left out", "client_secret_basic", NOTHING, 401 },
	{ "basic, by post", "client_secret_basic", POST, 401 },
	{ "post", "client_secret_post", POST, 200 },
	{ "post, wrong", "client_secret_post", WRONG_POST, 401 },
	{ "post, empty", "client_secret_post", EMPTY_POST, 401 },
	{ "post, left out", "client_secret_post", NOTHING, 401 },
	{ "post, by Basic", "client_secret_post", BASIC, 401 },
	{ "both ways", "client_secret_basic", BOTH, 400 },
	{ "two headers", "client_secret_basic", TWICE, 400 },
};

static const char *basic(const char *id, const char *secret)
{
	struct mp_buf pair, header;
	const char *text;

	mp_buf_init(&pair, 500);
	mp_buf_init(&header, 500);
	mp_buf_addf(&pair, "%s:%s", id, secret);
	mp_buf_adds(&header, "Basic ");
	mp_b64_add(&header, mp_buf_text(&pair), pair.len);
	text = kit_text(mp_buf_text(&header), header.len);
	mp_buf_free(&pair);
	mp_buf_free(&header);
	return text;
}

static void test_auth(void)
{
	for (size_t i = 0; i < COUNT(auth_rows); i++) {
		enum proof proof = auth_rows[i].proof;
		bool by_header = proof == BASIC || proof == BOTH || proof == WRONG_BASIC
		    || proof == TWICE;
		bool by_post = proof == POST || proof == BOTH || proof == WRONG_POST
		    || proof == EMPTY_POST;
		char metadata[256], form[512];
		const char *header;
		struct kit kit;

		kit_open(&kit, AS);
		snprintf(metadata, sizeof(metadata), "{\"redirect_uris\":[\"" CALLBACK "\"],"
		    "\"token_endpoint_auth_method\":\"%s\"}", auth_rows[i].method);
		kit_register(&kit, metadata);
		if (kit.secret[0] == '\0')
			strcpy(kit.secret, "guess");
		header = basic(kit.client_id, proof == WRONG_BASIC ? "guess" : kit.secret);
		snprintf(form, sizeof(form), "grant_type=authorization_code&code=%s&code_verifier="
		    VERIFIER "%s%s%s%s", kit_code(&kit, "alice", "mcp:read"),
		    by_header ? "" : "&client_id=", by_header ? "" : kit.client_id,
		    by_post ? "&client_secret=" : "", !by_post || proof == EMPTY_POST ? ""
		    : proof == WRONG_POST ? "guess" : kit.secret);
		CHECK_EQ(auth_rows[i].label, kit_ask(&kit, &(struct ask){ .method = "POST",
		    .path = "/token", .type = FORM, .authorization = by_header ? header : NULL,
		    .body = form, .extra = proof != TWICE ? NULL
		    : &(struct mcpass_header){ "Authorization", header } }), auth_rows[i].want);
		if (auth_rows[i].want == 401) {
			CHECK_STR(auth_rows[i].label, kit_member(&kit, "error"), "invalid_client");
			CHECK_HAS(auth_rows[i].label, kit_header(&kit, "WWW-Authenticate"), "Basic");
		}
		kit_close(&kit);
	}
}

/* --- RFC 7009 --- */
static int revoke(struct kit *kit, const char *token)
{
	char form[2048];

	snprintf(form, sizeof(form), "client_id=%s&token_type_hint=refresh_token%s%s",
	    kit->client_id, token != NULL ? "&token=" : "", token != NULL ? token : "");
	return kit_post(kit, "/revoke", form);
}

static void test_revoke(void)
{
	const char *access, *refresh;
	char first[64];
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	snprintf(first, sizeof(first), "%s", kit.client_id);
	kit_exchange(&kit, kit_code(&kit, "alice", "mcp:read"), "");
	access = kit_member(&kit, "access_token");
	refresh = kit_member(&kit, "refresh_token");
	CHECK_EQ("an access token cannot be", revoke(&kit, access), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "unsupported_token_type");
	CHECK_EQ("no token", revoke(&kit, NULL), 400);
	kit_register(&kit, PUBLIC_CLIENT);
	CHECK_EQ("another client's", revoke(&kit, refresh), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_grant");
	strcpy(kit.client_id, "nobody");
	CHECK_EQ("nobody's", revoke(&kit, refresh), 401);
	CHECK_HAS("says so", kit_member(&kit, "error_description"), "no such client");
	snprintf(kit.client_id, sizeof(kit.client_id), "%s", first);
	CHECK_EQ("it is good yet", kit_refresh(&kit, refresh, ""), 200);
	refresh = kit_member(&kit, "refresh_token");
	CHECK_EQ("its own", revoke(&kit, refresh), 200);
	CHECK_EQ("dead", kit_refresh(&kit, refresh, ""), 400);
	CHECK_STR("code", kit_member(&kit, "error"), "invalid_grant");
	CHECK_EQ("once more", revoke(&kit, refresh), 200);
	CHECK_EQ("one that is none", revoke(&kit, "unknown"), 200);
	memstore_break(kit.memstore, true);
	revoke(&kit, refresh);
	CHECK_EQ("a broken store is no 200", kit.rc, MCPASS_E_STORE);
	memstore_break(kit.memstore, false);
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_flow();
	test_code();
	test_grant_types();
	test_other_client();
	test_code_twice();
	test_refresh_twice();
	test_grace_of_thief();
	test_refresh_expiry();
	test_refresh();
	test_changed_user();
	test_auth();
	test_revoke();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
