/* What belongs to which server, and in which order things are looked for. */
#include "walk.h"

/* --- who we are --- */

#define METHODS(list) ",\"token_endpoint_auth_methods_supported\":[\"" list "\"]"

static const struct {
	const char *label, *given, *document, *more;
	enum mcpass_rc want;
	const char *sent, *not_sent;
} identity_rows[] = {
	{ "a client that was given, first", "pre", DOCUMENT, S256 CIMD DCR, MCPASS_OK,
	    "client_id=pre&", "/register" },
	{ "then our metadata document", NULL, DOCUMENT, S256 CIMD DCR, MCPASS_OK,
	    "client_id=https%3A%2F%2Fme.example%2Fclient.json", "/register" },
	{ "where that is taken", NULL, DOCUMENT, S256 DCR, MCPASS_OK, "client_id=reg-1&", "me.example" },
	{ "then registration", NULL, NULL, S256 CIMD DCR, MCPASS_OK, "client_id=reg-1&", NULL },
	{ "then a person has to help", NULL, NULL, S256 CIMD, MCPASS_E_DENIED, NULL, "BROWSE" },
	{ "a native application", NULL, NULL, S256 DCR, MCPASS_OK,
	    "\"application_type\":\"native\"", NULL },
	{ "registers its redirect URI", NULL, NULL, S256 DCR, MCPASS_OK,
	    "\"redirect_uris\":[\"http://127.0.0.1:4711/callback\"", NULL },
	{ "and that it refreshes", NULL, NULL, S256 DCR, MCPASS_OK, "\"refresh_token\"]", NULL },
	{ "also where that grant is not listed", NULL, NULL,
	    S256 DCR ",\"grant_types_supported\":[\"authorization_code\"]", MCPASS_OK,
	    "\"refresh_token\"]", NULL },
	{ "a public client where it may be one", NULL, NULL, S256 DCR METHODS("client_secret_post\",\"none"),
	    MCPASS_OK, "\"token_endpoint_auth_method\":\"none\"", NULL },
	{ "or where nothing is said", NULL, NULL, S256 DCR, MCPASS_OK,
	    "\"token_endpoint_auth_method\":\"none\"", NULL },
	{ "else with the first method of the list", NULL, NULL,
	    S256 DCR METHODS("x\",\"client_secret_post\",\"client_secret_basic"), MCPASS_OK,
	    "\"token_endpoint_auth_method\":\"client_secret_post\"", NULL },
	{ "whichever that is", NULL, NULL,
	    S256 DCR METHODS("client_secret_basic\",\"client_secret_post"), MCPASS_OK,
	    "\"token_endpoint_auth_method\":\"client_secret_basic\"", NULL },
	{ "without PKCE no person is asked", NULL, NULL, DCR, MCPASS_E_POLICY, NULL, "BROWSE" },
	{ "nor is anything registered", NULL, NULL, DCR, MCPASS_E_POLICY, NULL, "/register" },
};

static void test_identity(void)
{
	for (size_t i = 0; i < COUNT(identity_rows); i++) {
		const char *label = identity_rows[i].label;
		struct mcpass_error err = { 0 };
		struct walk walk;

		walk_begin(&walk);
		walk.config.client_id = identity_rows[i].given;
		walk.config.client_metadata_url = identity_rows[i].document;
		walk.more = identity_rows[i].more;
		CHECK_EQ(label, refuse(&walk, 401, "Bearer", &err), identity_rows[i].want);
		if (identity_rows[i].sent != NULL)
			CHECK_HAS(label, mp_buf_text(&walk.log), identity_rows[i].sent);
		CHECK(label, identity_rows[i].not_sent == NULL || !sent(&walk, identity_rows[i].not_sent));
		if (identity_rows[i].want == MCPASS_E_DENIED)
			CHECK_HAS(label, err.hint, "--client-id");
		walk_end(&walk);
	}
}

static const struct { const char *label, *url; enum mcpass_rc want; } document_rows[] = {
	{ "a document", DOCUMENT, MCPASS_OK },
	{ "at the root", "https://me.example/", MCPASS_OK },
	{ "without a path", "https://me.example", MCPASS_E_USAGE },
	{ "by plain http", "http://me.example/client.json", MCPASS_E_USAGE },
	{ "by plain http on loopback", "http://127.0.0.1/client.json", MCPASS_E_USAGE },
	{ "with a fragment", DOCUMENT "#x", MCPASS_E_USAGE },
	{ "no URL", "client.json", MCPASS_E_USAGE },
};

static void test_document_url(void)
{
	for (size_t i = 0; i < COUNT(document_rows); i++) {
		struct mcpass_error err = { 0 };
		struct walk walk;

		walk_begin(&walk);
		walk.config.client_metadata_url = document_rows[i].url;
		CHECK_EQ(document_rows[i].label, mcpass_client_new(&walk.config, &walk.client, &err),
		    document_rows[i].want);
		CHECK(document_rows[i].label, (walk.client != NULL) == (document_rows[i].want == MCPASS_OK));
		walk_end(&walk);
	}
}

/* --- another authorization server --- */

static void test_another_issuer(void)
{
	struct walk walk;

	walk_begin(&walk);
	log_in("at the first", &walk);
	CHECK_HAS("it has what the first gave", walk.record, "rt-1");
	walk.issuer = OTHER;
	walk_restart(&walk);
	log_in("at the second", &walk);
	CHECK("registers anew", sent(&walk, "POST " OTHER "/register"));
	CHECK("no client of the first", !sent(&walk, "reg-1"));
	CHECK("no refresh token of the first", !sent(&walk, "rt-1"));
	CHECK("no access token of the first", !sent(&walk, "at-1"));
	CHECK("the first is not asked", !sent(&walk, AS));
	CHECK("nothing of the first is kept", strstr(walk.record, AS) == NULL
	    && strstr(walk.record, "rt-1") == NULL && strstr(walk.record, "reg-1") == NULL);
	walk_end(&walk);
}

/* The resource names the issuer without the '/' that its own metadata has. */
static void test_slash(void)
{
	struct walk walk;

	walk_begin(&walk);
	walk.says = AS "/";
	walk.iss = AS "/";
	walk.config.client_id = "pre";
	log_in("at the first", &walk);
	walk_restart(&walk);
	log_in("refused", &walk);
	CHECK("a slash makes no other issuer", sent(&walk, "refresh_token=rt-1")
	    && !sent(&walk, "BROWSE"));
	walk_end(&walk);
}

static void test_document_goes_along(void)
{
	struct walk walk;

	walk_begin(&walk);
	walk.config.client_metadata_url = DOCUMENT;
	log_in("at the first", &walk);
	walk.issuer = OTHER;
	walk_restart(&walk);
	log_in("at the second", &walk);
	CHECK("our document is as good there", sent(&walk, "BROWSE " OTHER "/authorize?")
	    && sent(&walk, "client_id=https%3A%2F%2Fme.example%2Fclient.json"));
	CHECK("no registration", walk.registered == 0);
	walk_end(&walk);
}

static const struct {
	const char *label, *bound, *then, *names;   /* client_issuer; the second run's client, issuer */
	enum mcpass_rc want;
} given_rows[] = {
	{ "the same issuer again", NULL, "pre", AS, MCPASS_OK },
	{ "another issuer does not get it", NULL, "pre", OTHER, MCPASS_E_POLICY },
	{ "another client is not for the same issuer", NULL, "post", AS, MCPASS_E_POLICY },
	{ "nor for another", NULL, "post", OTHER, MCPASS_E_POLICY },
	{ "the issuer that was told", AS, "pre", AS, MCPASS_OK },
	{ "another than was told", AS, "pre", OTHER, MCPASS_E_POLICY },
	{ "even for another client", AS, "post", OTHER, MCPASS_E_POLICY },
};

static void test_given_elsewhere(void)
{
	for (size_t i = 0; i < COUNT(given_rows); i++) {
		const char *label = given_rows[i].label;
		struct mcpass_error err = { 0 };
		struct walk walk;

		walk_begin(&walk);
		walk.config.client_id = "pre";
		walk.config.client_secret = "the-secret";
		walk.config.client_issuer = AS;
		log_in(label, &walk);
		walk_restart(&walk);
		walk.config.client_issuer = given_rows[i].bound;
		walk.config.client_id = given_rows[i].then;
		walk.issuer = given_rows[i].names;
		CHECK_EQ(label, refuse(&walk, 401, "Bearer", &err), given_rows[i].want);
		CHECK(label, given_rows[i].want == MCPASS_OK || !sent(&walk, OTHER));
		CHECK(label, given_rows[i].want == MCPASS_OK || !sent(&walk, "POST"));
		CHECK(label, given_rows[i].want == MCPASS_OK || err.hint[0] != '\0');
		walk_end(&walk);
	}
}

/* The first run already: a secret that no page stands before. */
static void test_given_at_first(void)
{
	struct mcpass_error err = { 0 };
	struct walk walk;

	walk_begin(&walk);
	walk.config.grant = MCPASS_GRANT_CLIENT_CREDENTIALS;
	walk.config.client_id = "pre";
	walk.config.client_secret = "the-secret";
	walk.config.client_issuer = AS;
	walk.issuer = OTHER;
	CHECK_EQ("the server names another", refuse(&walk, 401, "Bearer", &err), MCPASS_E_POLICY);
	CHECK("which is not even asked", !sent(&walk, OTHER));
	CHECK_HAS("says whose it is", err.detail, AS);
	CHECK_HAS("and who was named", err.detail, OTHER);
	walk.issuer = AS;
	walk_restart(&walk);
	log_in("the right one", &walk);
	CHECK("gets it", sent(&walk, "POST " AS "/token"));
	walk_end(&walk);
}

/* Everything that is good at one issuer, at first use: nothing of it goes to an issuer that
 * no person has named. */
static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
static const struct {
	const char *label, *id, *secret, *key, *assertion, *initial;
	enum mcpass_grant grant;
} secret_rows[] = {
	{ "a secret", "pre", "the-secret", NULL, NULL, NULL, MCPASS_GRANT_CLIENT_CREDENTIALS },
	{ "a secret, with a person", "pre", "the-secret", NULL, NULL, NULL, MCPASS_GRANT_CODE },
	{ "a key", "pre", NULL, key, NULL, NULL, MCPASS_GRANT_CLIENT_CREDENTIALS },
	{ "a key, with a person", "pre", NULL, key, NULL, NULL, MCPASS_GRANT_CODE },
	{ "a workload's JWT", NULL, NULL, NULL, "the-jwt", NULL, MCPASS_GRANT_JWT_BEARER },
	{ "an initial access token", NULL, NULL, NULL, NULL, "the-token", MCPASS_GRANT_CODE },
};

static void give(struct walk *walk, size_t i)
{
	walk->config.client_id = secret_rows[i].id;
	walk->config.client_secret = secret_rows[i].secret;
	walk->config.client_key = secret_rows[i].key;
	walk->config.assertion = secret_rows[i].assertion;
	walk->config.initial_access_token = secret_rows[i].initial;
	walk->config.grant = secret_rows[i].grant;
}

static void test_secrets_at_first(void)
{
	for (size_t i = 0; i < COUNT(secret_rows); i++) {
		const char *label = secret_rows[i].label;
		struct mcpass_error err = { 0 };
		struct walk walk;

		walk_begin(&walk);
		give(&walk, i);
		CHECK_EQ(label, refuse(&walk, 401, "Bearer", &err), MCPASS_E_POLICY);
		CHECK(label, !sent(&walk, AS) && !sent(&walk, "BROWSE"));
		CHECK_HAS(label, err.hint, "--client-issuer " AS);
		walk_restart(&walk);
		walk.config.flags = MCPASS_ASK_ISSUER;
		CHECK_EQ(label, refuse(&walk, 401, "Bearer", NULL), MCPASS_E_POLICY);
		CHECK(label, sent(&walk, "CONFIRM " AS "\n") && !sent(&walk, "GET " AS));
		walk_restart(&walk);
		walk.says_yes = true;
		log_in(label, &walk);
		CHECK(label, sent(&walk, "POST " AS));
		walk_end(&walk);
	}
}

/* A login that gave nothing away does not vouch for its issuer. */
static void test_secrets_after_a_login(void)
{
	for (size_t i = 0; i < COUNT(secret_rows); i++) {
		const char *label = secret_rows[i].label;
		struct walk walk;

		walk_begin(&walk);
		walk.config.client_id = secret_rows[i].id;
		log_in(label, &walk);
		walk_restart(&walk);
		give(&walk, i);
		CHECK_EQ(label, refuse(&walk, 401, "Bearer", NULL), MCPASS_E_POLICY);
		CHECK(label, !sent(&walk, "POST") && !sent(&walk, "the-"));
		walk_end(&walk);
	}
}

/* A registration is managed where it was made: a bearer token goes there at each logout. */
#define RAT ",\"registration_access_token\":\"rat\",\"registration_client_uri\":"
static const struct { const char *label, *management; bool managed; } management_rows[] = {
	{ "the same origin", RAT "\"" AS "/r/1\"", true },
	{ "the default port", RAT "\"" AS ":443/r/1\"", true },
	{ "another host", RAT "\"https://other.example/r/1\"", false },
	{ "another port", RAT "\"" AS ":8443/r/1\"", false },
	{ "a host below", RAT "\"https://a.as.example/r/1\"", false },
	{ "plain http", RAT "\"http://as.example/r/1\"", false },
	{ "an address inside", RAT "\"https://10.0.0.1/r/1\"", false },
	{ "relative", RAT "\"/r/1\"", false },
	{ "empty", RAT "\"\"", false },
};

static void test_management(void)
{
	const struct mcpass_event logout = { .type = MCPASS_EV_LOGOUT, .now = NOW };

	for (size_t i = 0; i < COUNT(management_rows); i++) {
		const char *label = management_rows[i].label;
		struct walk walk;

		walk_begin(&walk);
		walk.management = management_rows[i].management;
		walk.config.scope = "";
		walk.more = S256 DCR;
		log_in(label, &walk);
		walk_restart(&walk);
		CHECK_EQ(label, mcpass_client_new(&walk.config, &walk.client, NULL), MCPASS_OK);
		CHECK_EQ(label, run(&walk, &logout, NULL), MCPASS_OK);
		CHECK_EQ(label, sent(&walk, "DELETE"), management_rows[i].managed);
		CHECK_EQ(label, sent(&walk, "rat"), management_rows[i].managed);
		walk_end(&walk);
	}
}

/* What an older version stored is judged as well. */
static void test_stored_management(void)
{
	const struct mcpass_event logout = { .type = MCPASS_EV_LOGOUT, .now = NOW };
	struct walk walk;
	char *at;

	walk_begin(&walk);
	walk.management = RAT "\"" AS "/r/1\"";
	walk.more = S256 DCR;
	log_in("a login", &walk);
	walk_restart(&walk);
	at = strstr(walk.record, "as.example/r/1");
	CHECK("it is stored", at != NULL);
	if (at != NULL)
		at[0] = 'b';
	CHECK_EQ("a client", mcpass_client_new(&walk.config, &walk.client, NULL), MCPASS_OK);
	CHECK_EQ("a logout", run(&walk, &logout, NULL), MCPASS_OK);
	CHECK("sends the token nowhere", !sent(&walk, "DELETE") && !sent(&walk, "rat"));
	walk_end(&walk);
}

/* --- what the requests say --- */

/* The line of the log that begins so, cut off where it ends; "" when there is none. */
static const char *line_of(const struct walk *walk, const char *begin)
{
	static char line[2048];
	const char *at = strstr(mp_buf_text(&walk->log), begin);

	snprintf(line, sizeof(line), "%.*s", at != NULL ? (int)strcspn(at, "\n") : 0,
	    at != NULL ? at : "");
	return line;
}

static void test_resource(void)
{
	static const char resource[] = "resource=https%3A%2F%2Fmcp.example%2Fmcp";
	struct walk walk;

	walk_begin(&walk);
	log_in("a login", &walk);
	CHECK_HAS("the authorization names the resource", line_of(&walk, "BROWSE "), resource);
	CHECK_HAS("and so does the token request", line_of(&walk, "POST " AS "/token"), resource);
	walk_restart(&walk);
	walk.now += 2 * 3600;
	CHECK_EQ("later", start(&walk, NULL), MCPASS_OK);
	CHECK_HAS("it is refreshed", mp_buf_text(&walk.log), "grant_type=refresh_token");
	CHECK_HAS("for the same resource", mp_buf_text(&walk.log), resource);
	walk_end(&walk);
	walk_begin(&walk);
	walk.config.grant = MCPASS_GRANT_CLIENT_CREDENTIALS;
	walk.config.client_id = "pre";
	walk.config.client_secret = "s";
	walk.config.client_issuer = AS;
	log_in("without a person", &walk);
	CHECK_HAS("names the resource too", mp_buf_text(&walk.log), resource);
	walk_end(&walk);
}

static void test_no_refresh_token(void)
{
	struct walk walk;

	walk_begin(&walk);
	walk.no_refresh_token = "none";
	log_in("none is given", &walk);
	walk_restart(&walk);
	log_in("so a person is asked again", &walk);
	CHECK("and the token endpoint knows no other grant", !sent(&walk, "grant_type=refresh_token"));
	walk_end(&walk);
}

static void test_mix_up(void)
{
	struct mcpass_error err = { 0 };
	struct walk walk;

	walk_begin(&walk);
	walk.iss = OTHER;
	CHECK_EQ("another issuer's answer", refuse(&walk, 401, "Bearer", &err), MCPASS_E_POLICY);
	CHECK("its code goes nowhere", !sent(&walk, "/token"));
	walk_end(&walk);
}

static void test_token_stays(void)
{
	const struct mcpass_header *headers = NULL;
	struct mcpass_error err = { 0 };
	struct walk walk;
	size_t count = 0;

	walk_begin(&walk);
	log_in("a login", &walk);
	CHECK_EQ("its server", mcpass_client_authorize(walk.client, "POST", MCP, NOW, &headers, &count,
	    &err), MCPASS_OK);
	CHECK_EQ("one header", count, 1);
	CHECK_STR("by name", headers[0].name, "Authorization");
	CHECK_STR("with the token", headers[0].value, "Bearer at-1");
	count = 0;
	CHECK_EQ("no other server gets the token", mcpass_client_authorize(walk.client, "POST",
	    "https://mcp.example.evil/mcp", NOW, &headers, &count, &err), MCPASS_E_POLICY);
	CHECK_EQ("nor plain http", mcpass_client_authorize(walk.client, "POST",
	    "http://mcp.example/mcp", NOW, &headers, &count, &err), MCPASS_E_POLICY);
	CHECK_EQ("untouched", count, 0);
	walk_end(&walk);
}

/* --- where things are looked for --- */

#define WK "https://mcp.example/.well-known/oauth-protected-resource"
#define LISTS "{\"resource\":\"" MCP "\",\"authorization_servers\":"

#define OASM "/.well-known/oauth-authorization-server"
#define OIDC "/.well-known/openid-configuration"
#define NAMED "Bearer resource_metadata=\"https://mcp.example/meta\""

static const struct {
	const char *label, *challenge, *issuer;
	bool no_prm, no_as_metadata;
	const char *want[5];            /* the GETs, in order */
} place_rows[] = {
	{ "the challenge's, then those of RFC 9728", NAMED, AS, true, true,
	    { "https://mcp.example/meta", WK "/mcp", WK } },
	{ "no challenge: the path's, then the root's", NULL, AS, true, true, { WK "/mcp", WK } },
	{ "only the challenge's, where it is there", NAMED, AS, false, false,
	    { "https://mcp.example/meta", AS OASM } },
	{ "the path's, where it is there", NULL, AS, false, false, { WK "/mcp", AS OASM } },
	{ "both kinds of an issuer", NULL, AS, false, true, { WK "/mcp", AS OASM, AS OIDC } },
	{ "three places of an issuer with a path", NULL, AS "/t", false, true,
	    { WK "/mcp", AS OASM "/t", AS OIDC "/t", AS "/t" OIDC } },
};

static void test_places(void)
{
	for (size_t i = 0; i < COUNT(place_rows); i++) {
		struct walk walk;
		const char *at;

		walk_begin(&walk);
		walk.issuer = place_rows[i].issuer;
		walk.no_prm = place_rows[i].no_prm;
		walk.no_as_metadata = place_rows[i].no_as_metadata;
		(void)refuse(&walk, 401, place_rows[i].challenge, NULL);
		at = mp_buf_text(&walk.log);
		for (size_t j = 0; j < COUNT(place_rows[i].want) && place_rows[i].want[j] != NULL; j++) {
			size_t len = strlen(place_rows[i].want[j]);

			CHECK(place_rows[i].label, strncmp(at, "GET ", 4) == 0
			    && strncmp(at + 4, place_rows[i].want[j], len) == 0 && at[4 + len] == ' ');
			at += strcspn(at, "\n");
			at += at[0] != '\0';
		}
		walk_end(&walk);
	}
}

/* What servers write into their challenge, and where the metadata is looked for first. */
static const struct {
	const char *label;
	int status;
	const char *challenge, *first;
} challenge_rows[] = {
	{ "as RFC 9728 has it", 401, NAMED, "https://mcp.example/meta" },
	{ "Spring: without quotes", 401, "Bearer resource_metadata=https://mcp.example/meta",
	    "https://mcp.example/meta" },
	{ "without quotes, among others", 401,
	    "Bearer error=invalid_token, resource_metadata=https://mcp.example/meta, scope=a",
	    "https://mcp.example/meta" },
	{ "in another case", 401, "BEARER Resource_Metadata=\"https://mcp.example/meta\"",
	    "https://mcp.example/meta" },
	{ "given twice", 401, NAMED ", resource_metadata=\"https://mcp.example/other\"",
	    "https://mcp.example/meta" },
	{ "behind a quote that is not escaped", 401,
	    "Bearer error_description=\"no \"token\" here\", resource_metadata=\"https://mcp.example/meta\"",
	    "https://mcp.example/meta" },
	{ "behind another challenge", 401, "Basic realm=\"x\", " NAMED, "https://mcp.example/meta" },
	{ "behind token68", 401, "Negotiate YII=, " NAMED, "https://mcp.example/meta" },
	{ "in the second of its scheme", 401, "Bearer realm=\"gateway\", " NAMED,
	    "https://mcp.example/meta" },
	{ "relative", 401, "Bearer resource_metadata=\"/meta\"", "https://mcp.example/meta" },
	{ "relative to the path", 401, "Bearer resource_metadata=\"meta\"", "https://mcp.example/meta" },
	{ "without a scheme", 401, "Bearer resource_metadata=\"//mcp.example/meta\"",
	    "https://mcp.example/meta" },
	{ "with a fragment", 401, "Bearer resource_metadata=\"https://mcp.example/meta#x\"",
	    "https://mcp.example/meta" },
	{ "escaped where it need not be", 401,
	    "Bearer resource_metadata=\"https:\\/\\/mcp.example\\/meta\"", "https://mcp.example/meta" },
	{ "empty", 401, "Bearer resource_metadata=\"\"", WK "/mcp" },
	{ "nothing but a fragment", 401, "Bearer resource_metadata=\"#x\"", WK "/mcp" },
	{ "a script", 401, "Bearer resource_metadata=\"javascript:alert(1)\"", WK "/mcp" },
	{ "a file", 401, "Bearer resource_metadata=\"file:///etc/passwd\"", WK "/mcp" },
	{ "a URL with a space", 401, "Bearer resource_metadata=\"https://mcp.example/a b\"", WK "/mcp" },
	{ "garbage", 401, "(((", WK "/mcp" },
	{ "403 with no token sent", 403, NAMED, "https://mcp.example/meta" },
	{ "403 with no token sent, and its reason", 403,
	    NAMED ", error=\"insufficient_scope\", scope=\"a\"", "https://mcp.example/meta" },
};

static void test_challenges(void)
{
	for (size_t i = 0; i < COUNT(challenge_rows); i++) {
		const char *label = challenge_rows[i].label;
		struct mcpass_error err = { 0 };
		char first[128];
		struct walk walk;

		walk_begin(&walk);
		if (!CHECK_EQ(label, refuse(&walk, challenge_rows[i].status, challenge_rows[i].challenge,
		    &err), MCPASS_OK))
			printf("  %s\n", err.detail);
		snprintf(first, sizeof(first), "GET %s ", challenge_rows[i].first);
		CHECK(label, strncmp(mp_buf_text(&walk.log), first, strlen(first)) == 0);
		walk_end(&walk);
	}
}

/* A scope only advises: what can be one is asked for. */
static const struct { const char *label, *challenge, *asked; } scope_rows[] = {
	{ "as it should be", "Bearer scope=\"a b\"", "scope=a+b&" },
	{ "without quotes", "Bearer scope=a", "scope=a&" },
	{ "with an odd byte in one", "Bearer scope=\"a b\\\"c d\"", "scope=a+d&" },
	{ "with a tab", "Bearer scope=\"a\tb c\"", "scope=c&" },
};

static void test_challenged_scopes(void)
{
	for (size_t i = 0; i < COUNT(scope_rows); i++) {
		struct walk walk;

		walk_begin(&walk);
		CHECK_EQ(scope_rows[i].label, refuse(&walk, 401, scope_rows[i].challenge, NULL), MCPASS_OK);
		CHECK_HAS(scope_rows[i].label, mp_buf_text(&walk.log), scope_rows[i].asked);
		walk_end(&walk);
	}
}

static void test_forbidden(void)
{
	struct walk walk;

	walk_begin(&walk);
	CHECK_EQ("403 without a challenge", refuse(&walk, 403, NULL, NULL), MCPASS_E_DENIED);
	walk_end(&walk);
	walk_begin(&walk);
	log_in("a login", &walk);
	CHECK_EQ("403 to a token", refuse(&walk, 403, "Bearer", NULL), MCPASS_E_DENIED);
	walk_end(&walk);
}

static const struct { const char *label, *prm; enum mcpass_rc want; } prm_rows[] = {
	{ "one server", LISTS "[\"" AS "\"]}", MCPASS_OK },
	{ "no list of servers", "{\"resource\":\"" MCP "\"}", MCPASS_E_PROTOCOL },
	{ "an empty list", LISTS "[]}", MCPASS_E_PROTOCOL },
	{ "another resource", "{\"resource\":\"https://bank.example/\",\"authorization_servers\":[\""
	    AS "\"]}", MCPASS_E_POLICY },
	{ "a server by plain http beside a good one", LISTS "[\"http://as.example\",\"x\",\"" AS "\"]}",
	    MCPASS_OK },
	{ "an odd name beside good members", LISTS "[\"" AS "\"],\"resource_name\":{},"
	    "\"scopes_supported\":\"a b\",\"resource_documentation\":\"/docs\"}", MCPASS_OK },
	{ "a server by plain http", LISTS "[\"http://as.example\"]}", MCPASS_E_POLICY },
};

static void test_prm(void)
{
	for (size_t i = 0; i < COUNT(prm_rows); i++) {
		struct mcpass_error err = { 0 };
		struct walk walk;

		walk_begin(&walk);
		walk.prm = prm_rows[i].prm;
		CHECK_EQ(prm_rows[i].label, refuse(&walk, 401, "Bearer", &err), prm_rows[i].want);
		CHECK(prm_rows[i].label, prm_rows[i].want == MCPASS_OK || !sent(&walk, "BROWSE"));
		walk_end(&walk);
	}
}

/* --- stepping up --- */

static void test_step_up_ends(void)
{
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	char challenge[96];
	struct walk walk;
	int pages = 0;

	walk_begin(&walk);
	log_in("a login", &walk);
	for (int i = 0; rc == MCPASS_OK && i < 20; i++) {
		snprintf(challenge, sizeof(challenge), "Bearer error=\"insufficient_scope\", scope=\"s%d\"", i);
		rc = refuse(&walk, 403, challenge, &err);
	}
	CHECK_EQ("a server that always wants more", rc, MCPASS_E_DENIED);
	for (const char *p = mp_buf_text(&walk.log); (p = strstr(p, "BROWSE ")) != NULL; p++)
		pages++;
	CHECK_EQ("does not ask a person for ever", pages, MP_MAX_AUTHORIZATIONS);
	CHECK_HAS("each time for all of it", mp_buf_text(&walk.log), "scope=s1+s0&");
	walk_end(&walk);
}

/* What a person may not have is remembered with the credential, once the server has said that
 * the new token lacks it, too: a scope may be granted under another name. */
static void test_denied_scope(void)
{
	static const char challenge[] = "Bearer error=\"insufficient_scope\", scope=\"admin\"";
	struct mcpass_error err = { 0 };
	struct walk walk;

	walk_begin(&walk);
	log_in("a login", &walk);
	walk.granted = "read";
	CHECK_EQ("by another name, or not: it is tried", refuse(&walk, 403, challenge, &err), MCPASS_OK);
	CHECK("a person was asked", sent(&walk, "BROWSE"));
	mp_buf_clear(&walk.log);
	CHECK_EQ("the server does not take it", refuse(&walk, 403, challenge, &err), MCPASS_E_DENIED);
	CHECK_HAS("which says what is missing", err.detail, "did not grant admin");
	CHECK("and nobody is asked again", !sent(&walk, "BROWSE"));
	walk_restart(&walk);
	CHECK_EQ("the next process", refuse(&walk, 403, challenge, &err), MCPASS_E_DENIED);
	CHECK("does not ask for it again", !sent(&walk, "BROWSE"));
	walk_end(&walk);
}

static void test_insufficient_without_scope(void)
{
	struct mcpass_error err = { 0 };
	struct walk walk;

	walk_begin(&walk);
	log_in("a login", &walk);
	CHECK_EQ("403 and no scope", refuse(&walk, 403, "Bearer error=\"insufficient_scope\"", &err),
	    MCPASS_E_DENIED);
	CHECK_HAS("403 and no scope", err.detail, "the server forbids it");
	walk_end(&walk);
}

/* What the server says of its refusal is shown, from the challenge and from the body. */
static const struct {
	const char *label, *challenge, *words, *detail, *hint;
} reason_rows[] = {
	{ "nothing at all", NULL, NULL, "the server forbids it (403: no reason given)", "" },
	{ "the body alone", NULL, "this project is archived",
	    "the server forbids it (403: this project is archived)", "" },
	{ "a challenge without a word", "Bearer", "this project is archived",
	    "the server forbids it (403: this project is archived)", "" },
	{ "a code, and the body", "Bearer error=\"access_denied\"", "only for members",
	    "the server forbids it (403: access_denied: only for members)", "" },
	{ "both say the same", "Bearer error=\"access_denied\", error_description=\"no, only for members\"",
	    "only for members", "(403: access_denied: no, only for members)", "" },
	{ "each says something", "Bearer error_description=\"no\"", "only for members",
	    "(403: no: only for members)", "" },
	{ "a scope is named, and it is lacking", "Bearer scope=\"admin\"", "not yours",
	    "(403: not yours)", "the scope admin, which the token does not have" },
	{ "insufficient_scope without one", "Bearer error=\"insufficient_scope\"", "needs an admin",
	    "(403: insufficient_scope: needs an admin)", "" },
	{ "control characters", NULL, "a\033[2Jb", "(403: a?[2Jb)", "" },
};

static void test_reasons(void)
{
	for (size_t i = 0; i < COUNT(reason_rows); i++) {
		const struct mcpass_header header = { "WWW-Authenticate", reason_rows[i].challenge };
		const char *words = reason_rows[i].words;
		struct mcpass_event event = { .type = MCPASS_EV_CHALLENGE, .status = 403, .now = NOW,
			.headers = &header, .header_count = reason_rows[i].challenge != NULL,
			.data = words, .data_len = words != NULL ? strlen(words) : 0 };
		struct mcpass_error err = { 0 };
		struct walk walk;

		walk_begin(&walk);
		log_in(reason_rows[i].label, &walk);
		CHECK_EQ(reason_rows[i].label, run(&walk, &event, &err), MCPASS_E_DENIED);
		CHECK_HAS(reason_rows[i].label, err.detail, reason_rows[i].detail);
		CHECK_HAS(reason_rows[i].label, err.hint, reason_rows[i].hint);
		walk_end(&walk);
	}
}

/* A 401 for a token that was just issued: what it was not granted explains it, as at Keycloak,
 * where the audience hangs on the scope. */
static void test_refused_for_scope(void)
{
	static const char tools[] = "Bearer error=\"invalid_token\", "
	    "error_description=\"aud is missing\", scope=\"tools\"";
	static const char read[] = "Bearer error=\"invalid_token\", scope=\"read\"";
	struct mcpass_error err = { 0 };
	struct walk walk;

	walk_begin(&walk);
	walk.granted = "offline_access";
	CHECK_EQ("asked for", refuse(&walk, 401, "Bearer scope=\"tools\"", &err), MCPASS_OK);
	CHECK_EQ("not granted, and refused", refuse(&walk, 401, tools, &err), MCPASS_E_DENIED);
	CHECK_HAS("it is this user", err.detail, "did not grant tools: this user may not have it");
	walk_restart(&walk);
	walk.granted = NULL;
	CHECK_EQ("the next process: refreshed", refuse(&walk, 401, read, &err), MCPASS_OK);
	CHECK("nobody is asked for that", !sent(&walk, "BROWSE"));
	CHECK_EQ("and refused: that scope is asked for", refuse(&walk, 401, read, &err), MCPASS_OK);
	CHECK("the person is", sent(&walk, "BROWSE"));
	CHECK_EQ("granted, and refused all the same", refuse(&walk, 401, read, &err),
	    MCPASS_E_PROTOCOL);
	walk_end(&walk);

	walk_begin(&walk);
	log_in("a login", &walk);
	CHECK_EQ("nothing is missing", refuse(&walk, 401, "Bearer error=\"invalid_token\", "
	    "error_description=\"aud is missing\"", &err), MCPASS_E_PROTOCOL);
	CHECK_HAS("its reason is told", err.detail, "(invalid_token: aud is missing)");
	walk_end(&walk);

	walk_begin(&walk);
	walk.config.scope = "mine";
	log_in("with scopes of the person's own", &walk);
	CHECK_EQ("they stand", refuse(&walk, 401, tools, &err), MCPASS_E_PROTOCOL);
	walk_end(&walk);

	walk_begin(&walk);
	walk.config.scope = "mine";
	log_in("with scopes of the person's own", &walk);
	walk_restart(&walk);
	CHECK_EQ("behind a 403, too", refuse(&walk, 403, "Bearer error=\"insufficient_scope\","
	    " scope=\"tools\"", &err), MCPASS_E_DENIED);
	CHECK_HAS("and it is told", err.detail, "wants tools for this, which the chosen scopes leave out");
	CHECK("nobody is asked for the same again", !sent(&walk, "BROWSE"));
	walk_end(&walk);
}

int main(void)
{
	test_identity();
	test_document_url();
	test_another_issuer();
	test_slash();
	test_document_goes_along();
	test_given_elsewhere();
	test_given_at_first();
	test_secrets_at_first();
	test_secrets_after_a_login();
	test_management();
	test_stored_management();
	test_resource();
	test_no_refresh_token();
	test_mix_up();
	test_token_stays();
	test_places();
	test_challenges();
	test_challenged_scopes();
	test_forbidden();
	test_prm();
	test_step_up_ends();
	test_denied_scope();
	test_insufficient_without_scope();
	test_reasons();
	test_refused_for_scope();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
