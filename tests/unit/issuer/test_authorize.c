/* The authorization request: what is shown to the person, what the client is told. */
#include "issuer/clients/client.h"
#include "kit.h"

static const struct {
	const char *label, *registered, *asked;
	bool want;
} match_rows[] = {
	{ "equal", "https://a.example/cb", "https://a.example/cb", true },
	{ "a slash more", "https://a.example/cb", "https://a.example/cb/", false },
	{ "another path", "https://a.example/cb", "https://a.example/cb2", false },
	{ "a query more", "https://a.example/cb", "https://a.example/cb?x=1", false },
	{ "another host", "https://a.example/cb", "https://b.example/cb", false },
	{ "case of the host", "https://a.example/cb", "https://A.example/cb", false },
	{ "another port of a far host", "https://a.example/cb", "https://a.example:8443/cb", false },
	{ "a lower floor", "https://a.example/", "https://a.example/../evil", false },
	{ "any port", "http://127.0.0.1/cb", "http://127.0.0.1:50000/cb", true },
	{ "another port", "http://127.0.0.1:4711/cb", "http://127.0.0.1:50000/cb", true },
	{ "no port", "http://127.0.0.1:4711/cb", "http://127.0.0.1/cb", true },
	{ "any port of ::1", "http://[::1]/cb", "http://[::1]:50000/cb", true },
	{ "any port of localhost", "http://localhost/cb", "http://localhost:50000/cb", true },
	{ "another loopback host", "http://127.0.0.1/cb", "http://localhost/cb", false },
	{ "another loopback path", "http://127.0.0.1/cb", "http://127.0.0.1:50000/evil", false },
	{ "another loopback query", "http://127.0.0.1/cb?a", "http://127.0.0.1:5/cb?b", false },
	{ "a loopback query more", "http://127.0.0.1/cb", "http://127.0.0.1:5/cb?b", false },
	{ "an empty query more", "http://127.0.0.1/cb", "http://127.0.0.1:5/cb?", false },
	{ "the same loopback query", "http://127.0.0.1/cb?a", "http://127.0.0.1:5/cb?a", true },
	{ "https on loopback keeps its port", "https://localhost/cb", "https://localhost:5/cb", false },
	{ "http for https on loopback", "https://localhost/cb", "http://localhost:5/cb", false },
	{ "user info", "http://127.0.0.1/cb", "http://127.0.0.1:5@evil.example/cb", false },
	{ "a name that begins so", "http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false },
	{ "a private-use scheme", "com.example.app:/cb", "com.example.app:/cb", true },
	{ "another private path", "com.example.app:/cb", "com.example.app:/cb2", false },
};

static void test_matching(void)
{
	for (size_t i = 0; i < COUNT(match_rows); i++)
		CHECK_EQ(match_rows[i].label, mp_redirect_matches(match_rows[i].registered,
		    match_rows[i].asked), match_rows[i].want);
}

static const struct {
	const char *label, *issuer, *uri;
	bool want;
} own_rows[] = {
	{ "another host", "https://as.example/a", "https://b.example/a/cb", false },
	{ "another path", "https://as.example/a", "https://as.example/b/cb", false },
	{ "a path below", "https://as.example/a", "https://as.example/a/cb", true },
	{ "any path of a whole host", "https://as.example", "https://as.example/cb", true },
	{ "another port", "https://as.example/a", "https://as.example:8443/a", false },
	{ "the default port", "https://as.example/a", "https://AS.example:443/a", true },
	{ "dots in the path", "https://as.example/a", "https://as.example/b/../a/cb", true },
	{ "escaped ones", "https://as.example/a", "https://as.example/b/%2e%2E/a/cb", true },
	{ "one dot", "https://as.example/a", "https://as.example/./a/cb", true },
	{ "dots behind an escaped slash", "https://as.example/a", "https://as.example/b%2F../a/cb", true },
	{ "escaped letters", "https://as.example/auth", "https://as.example/a%75th/cb", true },
	{ "escaped letters in ours", "https://as.example/a%75th", "https://as.example/auth/cb", true },
	{ "slashes in a row", "https://as.example/a/b", "https://as.example//a//b/cb", true },
	{ "the path itself", "https://as.example/a", "https://as.example/a?b", true },
	{ "a path that begins alike", "https://as.example/a", "https://as.example/ab/cb", false },
	{ "another one with escapes", "https://as.example/a", "https://as.example/b/%41%20b/cb", false },
	{ "dots elsewhere", "https://as.example/a", "https://b.example/../a/cb", false },
	{ "another name of the loopback", "http://127.0.0.1:8414", "http://localhost:8414/cb", true },
	{ "another address of it", "http://localhost:8414", "http://[::1]:8414/cb", true },
	{ "another port of it", "http://127.0.0.1:8414", "http://localhost:8415/cb", false },
	{ "zeros before the port", "http://127.0.0.1:8414", "http://127.0.0.1:08414/cb", true },
	{ "a private-use scheme", "https://as.example", "com.example.app:/cb", false },
};

static void test_own(void)
{
	for (size_t i = 0; i < COUNT(own_rows); i++) {
		struct mp_issuer issuer = { .url = (char *)own_rows[i].issuer };

		CHECK_EQ(own_rows[i].label, mp_redirect_is_own(&issuer, own_rows[i].uri), own_rows[i].want);
	}
}

/* Each row changes one parameter of a good request: value NULL leaves it out, and what
 * begins with '+' stands there beside the good one. */
static const struct {
	const char *label, *name, *value;
	int want;                       /* 200: login page, 400: error page, 303: redirect */
	const char *error;
} rows[] = {
	{ "good", "x", NULL, 200, NULL },
	{ "unknown parameters are ignored", "x", "y", 200, NULL },
	{ "no client", "client_id", NULL, 400, NULL },
	{ "an empty client", "client_id", "", 400, NULL },
	{ "an unknown client", "client_id", "nobody", 400, NULL },
	{ "two clients", "client_id", "+nobody", 400, NULL },
	{ "no redirect URI", "redirect_uri", NULL, 400, NULL },
	{ "another redirect URI", "redirect_uri", "https://evil.example/cb", 400, NULL },
	{ "another path", "redirect_uri", CALLBACK "/x", 400, NULL },
	{ "another port", "redirect_uri", "http://127.0.0.1:5000/callback", 200, NULL },
	{ "two redirect URIs", "redirect_uri", "+" CALLBACK, 400, NULL },
	{ "no response type", "response_type", NULL, 303, "invalid_request" },
	{ "token", "response_type", "token", 303, "unsupported_response_type" },
	{ "code and more", "response_type", "code id_token", 303, "unsupported_response_type" },
	{ "two response types", "response_type", "+code", 303, "invalid_request" },
	{ "fragment", "response_mode", "fragment", 303, "invalid_request" },
	{ "query", "response_mode", "query", 200, NULL },
	{ "a request object", "request", "a.b.c", 303, "request_not_supported" },
	{ "an empty one", "request", "", 200, NULL },
	{ "no challenge", "code_challenge", NULL, 303, "invalid_request" },
	{ "an empty challenge", "code_challenge", "", 303, "invalid_request" },
	{ "a short challenge", "code_challenge", "abc", 303, "invalid_request" },
	{ "no base64url", "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", 303,
	    "invalid_request" },
	{ "two challenges", "code_challenge", "+" CHALLENGE, 303, "invalid_request" },
	{ "plain", "code_challenge_method", "plain", 303, "invalid_request" },
	{ "no method is plain", "code_challenge_method", NULL, 303, "invalid_request" },
	{ "case of the method", "code_challenge_method", "s256", 303, "invalid_request" },
	{ "no state", "state", NULL, 200, NULL },
	{ "a state with a line end", "state", "a\r\nb", 303, "invalid_request" },
	{ "a state beyond ASCII", "state", "\xc3\xa9", 303, "invalid_request" },
	{ "two states", "state", "+x", 303, "invalid_request" },
	{ "no resource", "resource", NULL, 200, NULL },
	{ "a relative resource", "resource", "/mcp", 303, "invalid_target" },
	{ "an empty resource", "resource", "", 303, "invalid_target" },
	{ "a resource with a fragment", "resource", MCP "#x", 303, "invalid_target" },
	{ "two resources", "resource", "+https://other.example/", 303, "invalid_target" },
	{ "no scope", "scope", NULL, 200, NULL },
	{ "two scopes", "scope", "mcp:read mcp:tools", 200, NULL },
	{ "a scope that is none", "scope", "mcp:read mcp:all", 303, "invalid_scope" },
	{ "a scope beyond the registered", "scope", "mcp:read mcp:prompts", 303, "invalid_scope" },
	{ "bytes that no scope has", "scope", "mcp:\"read", 303, "invalid_scope" },
	{ "two scope parameters", "scope", "+mcp:read", 303, "invalid_request" },
};

static const char *changed_query(const struct kit *kit, const char *name, const char *value)
{
	const struct { const char *name, *value; } good[] = {
		{ "response_type", "code" }, { "client_id", kit->client_id },
		{ "redirect_uri", CALLBACK }, { "state", STATE }, { "code_challenge", CHALLENGE },
		{ "code_challenge_method", "S256" }, { "resource", MCP }, { "scope", "mcp:read" },
	};
	bool both = value != NULL && value[0] == '+';
	struct mp_buf query;
	const char *text;

	mp_buf_init(&query, 8000);
	for (size_t i = 0; i < COUNT(good); i++)
		if (both || strcmp(good[i].name, name) != 0)
			mp_form_add(&query, good[i].name, good[i].value);
	mp_form_add(&query, name, both ? value + 1 : value);
	text = kit_text(mp_buf_text(&query), query.len);
	mp_buf_free(&query);
	return text;
}

/* An issuer whose operator knows the client "known", which registered two scopes. */
static void open_known(struct kit *kit)
{
	static char callback[] = CALLBACK;
	static char *redirects[] = { callback };
	static const struct mp_issuer_client known = {
		.client_id = "known", .client_name = "Known", .grants = "authorization_code",
		.scope = "mcp:read mcp:tools", .redirect_uris = { redirects, 1 },
	};
	struct mp_issuer_config config = kit_config(AS);

	config.clients = &known;
	config.client_count = 1;
	*kit = (struct kit){ .now = START };
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
	snprintf(kit->client_id, sizeof(kit->client_id), "known");
}

/* A client that the operator knows is told at once. */
static void test_rows(void)
{
	struct kit kit;

	open_known(&kit);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *label = rows[i].label;
		bool state_lost = strcmp(rows[i].name, "state") == 0;

		CHECK_EQ(label, kit_get(&kit, "/authorize",
		    changed_query(&kit, rows[i].name, rows[i].value)), rows[i].want);
		CHECK_STR(label, kit_param(&kit, "error"), rows[i].error);
		CHECK(label, (kit_header(&kit, "Location") != NULL) == (rows[i].want == 303));
		CHECK(label, (strcmp(kit_ticket(&kit), "") != 0) == (rows[i].want == 200));
		if (rows[i].want != 303)
			continue;
		CHECK(label, strncmp(kit_header(&kit, "Location"), CALLBACK "?", strlen(CALLBACK) + 1)
		    == 0);
		CHECK_STR(label, kit_param(&kit, "iss"), AS);
		CHECK_STR(label, kit_param(&kit, "state"), state_lost ? NULL : STATE);
		CHECK_STR(label, kit_param(&kit, "code"), NULL);
	}
	kit_get(&kit, "/authorize", changed_query(&kit, "scope", "mcp:all"));
	CHECK_STR("which scope", kit_param(&kit, "error_description"), "there is no scope mcp:all");
	kit_get(&kit, "/authorize", changed_query(&kit, "scope", "mcp:prompts"));
	CHECK_STR("why not", kit_param(&kit, "error_description"),
	    "the client did not register the scope mcp:prompts");
	CHECK_EQ("a bad escape", kit_get(&kit, "/authorize", "client_id=%zz"), 400);
	CHECK_EQ("no query", kit_get(&kit, "/authorize", NULL), 400);
	kit_close(&kit);
}

/* A client that registered itself chose the address by itself, too: the person is shown
 * the mistake and where the link leads, signed in or not.  spec: RFC 9700 4.11.2 */
static void test_no_open_redirector(void)
{
	char mark[128];

	for (int signed_in = 0; signed_in < 2; signed_in++) {
		struct kit kit;

		kit_open(&kit, AS);
		kit.site = "none";
		mp_issuer_misbehave(kit.issuer, "register-scope-binds", NULL);
		kit_register(&kit, "{\"client_name\":\"A <b>client\",\"redirect_uris\":[\"" CALLBACK "\"],"
		    "\"scope\":\"mcp:read mcp:tools\",\"token_endpoint_auth_method\":\"none\"}");
		if (signed_in)
			CHECK("signed in", kit_code(&kit, "alice", "mcp:read")[0] != '\0');
		for (size_t i = 0; i < COUNT(rows); i++) {
			const char *label = rows[i].label;

			CHECK_EQ(label, kit_get(&kit, "/authorize", changed_query(&kit, rows[i].name,
			    rows[i].value)), rows[i].want == 303 ? 400 : rows[i].want);
			CHECK_STR(label, kit_header(&kit, "Location"), NULL);
			CHECK(label, (strcmp(kit_ticket(&kit), "") != 0) == (rows[i].want == 200));
			if (rows[i].want != 303) {
				CHECK(label, strstr(kit_body(&kit), "<a ") == NULL);
				continue;
			}
			snprintf(mark, sizeof(mark), "href=\"" CALLBACK "?error=%s&amp;", rows[i].error);
			CHECK_HAS(label, kit_body(&kit), mark);
			CHECK_HAS(label, kit_body(&kit), "<strong>127.0.0.1:4711</strong>");
			CHECK_HAS(label, kit_body(&kit), "<strong>A &lt;b&gt;client</strong>");
			CHECK_STR(label, kit_header(&kit, "X-Frame-Options"), "DENY");
		}
		kit_close(&kit);
	}
}

/* bob may have none of it: told at his own click, shown when a link began it. */
static void test_nothing_to_allow(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit.site = "none";
	kit_register(&kit, PUBLIC_CLIENT);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:tools", NULL));
	CHECK_EQ("after his login", kit_sign_in(&kit, "bob", "secret"), 303);
	CHECK_STR("after his login", kit_param(&kit, "error"), "access_denied");
	CHECK_EQ("in his session", kit_get(&kit, "/authorize", kit_query(&kit, "mcp:tools", NULL)),
	    400);
	CHECK_STR("in his session", kit_header(&kit, "Location"), NULL);
	CHECK_HAS("in his session", kit_body(&kit), "href=\"" CALLBACK "?error=access_denied");
	kit_close(&kit);
}

/* A client that registered with the scope of its first challenge meets a second one. */
static void test_step_up(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, "{\"redirect_uris\":[\"" CALLBACK "\"],\"scope\":\"mcp:read\","
	    "\"token_endpoint_auth_method\":\"none\"}");
	CHECK_EQ("more than it registered with", kit_get(&kit, "/authorize",
	    changed_query(&kit, "scope", "mcp:read mcp:prompts")), 200);
	kit_close(&kit);
}

/* Where a response goes that has a query of its own. */
static void test_own_query(void)
{
	struct kit kit;

	kit_open(&kit, AS);
	kit_register(&kit, "{\"redirect_uris\":[\"https://a.example/cb?x=1\"],"
	    "\"token_endpoint_auth_method\":\"none\"}");
	CHECK_EQ("refused", kit_get(&kit, "/authorize", changed_query(&kit, "redirect_uri",
	    "https://a.example/cb?x=1")), 200);
	CHECK_HAS("the policy names it", kit_header(&kit, "Content-Security-Policy"),
	    "form-action 'self' https://a.example");
	kit_sign_in(&kit, "alice", "secret");
	CHECK_EQ("denied", kit_decide(&kit, "deny"), 303);
	CHECK_HAS("its own query stays", kit_header(&kit, "Location"),
	    "https://a.example/cb?x=1&error=access_denied&");
	kit_close(&kit);
}

static const struct {
	const char *label, *uri, *source, *place;
} place_rows[] = {
	{ "https", "https://app.example/cb?x", "https://app.example", "app.example" },
	{ "a port", "https://app.example:8443/cb", "https://app.example:8443", "app.example:8443" },
	{ "loopback", "http://127.0.0.1:4711/cb", "http://127.0.0.1:4711", "127.0.0.1:4711" },
	{ "IPv6, for which CSP has no words", "http://[::1]:4711/cb", "http:", "[::1]:4711" },
	{ "a private-use scheme", "com.example.app:/cb", "com.example.app:", "com.example.app" },
	{ "nothing", "", "", "" },
};

static void test_places(void)
{
	for (size_t i = 0; i < COUNT(place_rows); i++) {
		struct mp_buf text;

		mp_buf_init(&text, 1000);
		mp_redirect_add_source(&text, place_rows[i].uri);
		CHECK_STR(place_rows[i].label, mp_buf_text(&text), place_rows[i].source);
		mp_buf_clear(&text);
		mp_redirect_add_place(&text, place_rows[i].uri);
		CHECK_STR(place_rows[i].label, mp_buf_text(&text), place_rows[i].place);
		mp_buf_free(&text);
	}
}

static void test_too_long(void)
{
	static char query[MP_MAX_URI + 2];
	struct kit kit;
	size_t len;

	kit_open(&kit, AS);
	kit_register(&kit, PUBLIC_CLIENT);
	memset(query, 'x', sizeof(query) - 1);
	CHECK_EQ("too long", kit_get(&kit, "/authorize", query), 400);
	CHECK_HAS("says so", kit_body(&kit), "too long");
	/* The longest state that fits, of the byte that grows most when it is sent back. */
	len = (size_t)snprintf(query, sizeof(query), "%s&state=", changed_query(&kit, "state", NULL));
	memset(query + len, '~', MP_MAX_URI - len);
	query[MP_MAX_URI] = '\0';
	CHECK_EQ("a long state", kit_get(&kit, "/authorize", query), 200);
	kit_sign_in(&kit, "alice", "secret");
	CHECK_EQ("comes back", kit_decide(&kit, "deny"), 303);
	CHECK("all of it", strlen(kit_header(&kit, "Location")) > 3 * (MP_MAX_URI - 1000));
	kit_close(&kit);
}

int main(void)
{
	kit_key();
	kit_users();
	test_matching();
	test_own();
	test_rows();
	test_no_open_redirector();
	test_nothing_to_allow();
	test_step_up();
	test_own_query();
	test_places();
	test_too_long();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
