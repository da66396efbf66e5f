/* What is allowed once and what is asked again: the remembered consent. */
#include "kit_extensions.h"

#define WEB "https://app.example/cb"
#define START_OF_DOCUMENT "{\"client_id\":\"" DOCUMENT "\",\"client_name\":\"The client\","
#define DOCUMENT_BODY START_OF_DOCUMENT "\"redirect_uris\":[\"http://127.0.0.1/callback\",\"" WEB "\"]}"

/* The issuer of the extensions, with three clients of the operator's that ask people. */
static struct mp_issuer_config config_of(const char *issuer)
{
	static char web_uri[] = WEB, loopback_uri[] = "http://127.0.0.1/callback";
	static char *redirects[] = { web_uri, loopback_uri };
	static struct mp_issuer_client clients[] = {
		{ .client_id = "known", .client_name = "Known", .grants = "authorization_code",
		  .redirect_uris = { redirects, COUNT(redirects) } },
		{ .client_id = "known-secret", .client_secret = "s3cret", .grants = "authorization_code",
		  .redirect_uris = { redirects, COUNT(redirects) } },
	};
	struct mp_issuer_config config = kit_extended();

	config.issuer = issuer;
	config.clients = clients;
	config.client_count = COUNT(clients);
	web = (struct web){ DOCUMENT, DOCUMENT_BODY, 200, 0 };
	return config;
}

/* A client that registers itself with these redirect URIs. */
static void join(struct kit *kit, const char *method, const char *redirects)
{
	char body[1024];

	snprintf(body, sizeof(body), "{\"client_name\":\"Test client\",\"redirect_uris\":[%s],"
	    "\"token_endpoint_auth_method\":\"%s\"}", redirects, method);
	CHECK_EQ(redirects, kit_register(kit, body), 201);
}

static bool is_page(const struct kit *kit)
{
	return strstr(kit_body(kit), "value=\"allow\"") != NULL;
}

static bool asks(struct kit *kit, const char *scope, const char *more)
{
	kit_get(kit, "/authorize", kit_query(kit, scope, more));
	CHECK("a page, or a code", is_page(kit) == (kit_param(kit, "code") == NULL));
	return is_page(kit);
}

/* An issuer, a browser that navigates by itself, a client, and alice, who has allowed it
 * mcp:read at redirect. */
static void open_allowed(struct kit *kit, const char *client_id, const char *method,
    const char *redirect)
{
	char quoted[256];

	kit_open_extended(kit, config_of(AS));
	kit->origin = AS;
	kit->site = "none";
	kit->redirect = redirect;
	snprintf(quoted, sizeof(quoted), "\"%s\"", redirect);
	if (client_id == NULL)
		join(kit, method, quoted);
	else
		snprintf(kit->client_id, sizeof(kit->client_id), "%s", client_id);
	CHECK_EQ(redirect, kit_get(kit, "/authorize", kit_query(kit, "mcp:read", NULL)), 200);
	CHECK_EQ(redirect, kit_sign_in(kit, "alice", "secret"), 200);
	CHECK(redirect, is_page(kit));
	CHECK_EQ(redirect, kit_decide(kit, "allow"), 303);
	CHECK(redirect, kit_param(kit, "code") != NULL);
}

/* Who may be let in without a question, once allowed.  client_id NULL: registers itself. */
static const struct {
	const char *label, *client_id, *method, *redirect;
	bool silent;
} client_rows[] = {
	{ "https, no credentials", NULL, "none", WEB, true },
	{ "https, a secret", NULL, "client_secret_basic", WEB, true },
	{ "loopback, a secret", NULL, "client_secret_post", "http://127.0.0.1:4711/cb", true },
	{ "loopback", NULL, "none", "http://127.0.0.1:4711/cb", false },
	{ "another loopback address", NULL, "none", "http://127.0.0.2:4711/cb", false },
	{ "IPv6 loopback", NULL, "none", "http://[::1]:4711/cb", false },
	{ "localhost", NULL, "none", "http://localhost:4711/cb", false },
	{ "https on loopback", NULL, "none", "https://localhost:4711/cb", false },
	{ "https on a loopback address", NULL, "none", "https://127.0.0.1/cb", false },
	{ "a private-use scheme", NULL, "none", "com.example.app:/cb", false },
	{ "a private-use scheme, a secret", NULL, "client_secret_basic", "com.example.app:/cb", true },
	{ "configured, https", "known", NULL, WEB, true },
	{ "configured, loopback", "known", NULL, "http://127.0.0.1:4711/callback", false },
	{ "configured, loopback, a secret", "known-secret", NULL, "http://127.0.0.1:4711/callback",
	    true },
	{ "a document, https", DOCUMENT, NULL, WEB, true },
	{ "a document, loopback", DOCUMENT, NULL, "http://127.0.0.1:4711/callback", false },
};

static void test_clients(void)
{
	for (size_t i = 0; i < COUNT(client_rows); i++) {
		struct kit kit;

		open_allowed(&kit, client_rows[i].client_id, client_rows[i].method,
		    client_rows[i].redirect);
		CHECK_EQ(client_rows[i].label, asks(&kit, "mcp:read", NULL), !client_rows[i].silent);
		CHECK_EQ(client_rows[i].label, memstore_count(kit.memstore, "consent"),
		    client_rows[i].silent ? 1 : 0);
		kit_close(&kit);
	}
}

/* The port of a loopback address may be another program's. */
static void test_port(void)
{
	struct kit kit;

	open_allowed(&kit, "known", NULL, "http://127.0.0.1:4711/callback");
	kit.redirect = "http://127.0.0.1:6666/callback";
	CHECK("another port is asked about", asks(&kit, "mcp:read", NULL));
	kit_close(&kit);
	open_allowed(&kit, "known-secret", NULL, "http://127.0.0.1:4711/callback");
	kit.redirect = "http://127.0.0.1:6666/callback";
	CHECK("another port, a secret", asks(&kit, "mcp:read", NULL));
	kit_close(&kit);
}

/* What the page showed, and one thing changed since. */
static void test_bound(void)
{
	char query[1024], first[64];
	struct kit kit;

	open_allowed(&kit, NULL, "none", WEB);
	join(&kit, "none", "\"" WEB "\",\"https://app.example/cb2\",\"https://two.example/cb\","
	    "\"https://app.example:8443/cb\"");
	CHECK("another client of the same name", asks(&kit, "mcp:read", NULL));
	kit_decide(&kit, "allow");
	CHECK("allowed", !asks(&kit, "mcp:read", NULL));
	CHECK_STR("with iss", kit_param(&kit, "iss"), AS);
	CHECK_STR("with state", kit_param(&kit, "state"), STATE);
	kit.redirect = "https://two.example/cb";
	CHECK("another host", asks(&kit, "mcp:read", NULL));
	kit.redirect = "https://app.example:8443/cb";
	CHECK("another port of the host", asks(&kit, "mcp:read", NULL));
	kit.redirect = "https://app.example/cb2";
	CHECK("another path on the host", asks(&kit, "mcp:read", NULL));
	kit.redirect = WEB;
	CHECK("still allowed", !asks(&kit, "mcp:read", NULL));
	CHECK("more scopes", asks(&kit, "mcp:read mcp:tools", NULL));
	kit_decide(&kit, "allow");
	CHECK("fewer scopes", !asks(&kit, "mcp:tools", NULL));
	CHECK("no scope named is all of them", asks(&kit, NULL, NULL));
	snprintf(query, sizeof(query), "%s", kit_query(&kit, "mcp:read", NULL));
	memcpy(strstr(query, "mcp.example"), "mcq", 3);
	kit_get(&kit, "/authorize", query);
	CHECK("another resource", is_page(&kit));
	memcpy(strstr(query, "&resource"), "&x-other", 8);
	kit_get(&kit, "/authorize", query);
	CHECK("no resource", is_page(&kit));
	snprintf(first, sizeof(first), "%s", kit.client_id);
	join(&kit, "none", "\"" WEB "\"");
	CHECK("a new client is asked about", asks(&kit, "mcp:read", NULL));
	snprintf(kit.client_id, sizeof(kit.client_id), "%s", first);
	CHECK("the first is still trusted", !asks(&kit, "mcp:read", NULL));
	kit.session[0] = '\0';
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	CHECK_EQ("another person", kit_sign_in(&kit, "bob", "secret"), 200);
	CHECK("who is asked", is_page(&kit));
	kit.session[0] = '\0';
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	CHECK_EQ("the first person, after a login", kit_sign_in(&kit, "alice", "secret"), 303);
	CHECK("a code", kit_param(&kit, "code") != NULL);
	kit.now += MP_CONSENT_LIFETIME;
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	kit_sign_in(&kit, "alice", "secret");
	CHECK("it is forgotten at last", is_page(&kit));
	kit_close(&kit);
}

static void test_denied(void)
{
	struct kit kit;

	open_allowed(&kit, NULL, "none", WEB);
	CHECK("more is asked about", asks(&kit, "mcp:tools", NULL));
	CHECK_EQ("no", kit_decide(&kit, "deny"), 303);
	CHECK_STR("is told", kit_param(&kit, "error"), "access_denied");
	CHECK_STR("with iss", kit_param(&kit, "iss"), AS);
	CHECK_STR("with state", kit_param(&kit, "state"), STATE);
	CHECK("a no is not remembered", asks(&kit, "mcp:tools", NULL));
	CHECK("nor takes back what was allowed", !asks(&kit, "mcp:read", NULL));
	kit_close(&kit);
}

static int change_client(struct kit *kit, const char *name, const char *redirects)
{
	char path[128], bearer[128], body[512];

	snprintf(path, sizeof(path), "/register/%s", kit->client_id);
	snprintf(bearer, sizeof(bearer), "Bearer %s", kit->token);
	snprintf(body, sizeof(body), "{\"client_id\":\"%s\",\"client_name\":\"%s\","
	    "\"token_endpoint_auth_method\":\"none\",\"redirect_uris\":[%s]}", kit->client_id, name,
	    redirects);
	return kit_ask(kit, &(struct ask){ .method = "PUT", .path = path, .type = JSON,
	    .authorization = bearer, .body = body });
}

static const struct { const char *label, *name, *redirects; } change_rows[] = {
	{ "another name", "Your bank", "\"" WEB "\"" },
	{ "a redirect URI more", "Test client", "\"" WEB "\",\"https://two.example/cb\"" },
};

/* A client that changes itself is one that this person has not allowed: later, and
 * between the page and the answer to it. */
static void test_changed_client(void)
{
	for (size_t i = 0; i < COUNT(change_rows); i++) {
		char ticket[64], form[256];
		struct kit kit;

		open_allowed(&kit, NULL, "none", WEB);
		CHECK("trusted", !asks(&kit, "mcp:read", NULL));
		CHECK_EQ("changed", change_client(&kit, change_rows[i].name, change_rows[i].redirects), 200);
		CHECK(change_rows[i].label, asks(&kit, "mcp:read", NULL));
		kit_close(&kit);

		open_allowed(&kit, NULL, "none", WEB);
		CHECK("a page", asks(&kit, "mcp:tools", NULL));
		snprintf(ticket, sizeof(ticket), "%s", kit_ticket(&kit));
		change_client(&kit, change_rows[i].name, change_rows[i].redirects);
		snprintf(form, sizeof(form), "ticket=%s&decision=allow", ticket);
		CHECK_EQ(change_rows[i].label, kit_post(&kit, "/authorize/consent", form), 200);
		CHECK("the page as it is now", is_page(&kit));
		CHECK_HAS("the page as it is now", kit_body(&kit), change_rows[i].name);
		CHECK_HAS("says why", kit_body(&kit), "has changed");
		CHECK_EQ("which can be allowed", kit_decide(&kit, "allow"), 303);
		CHECK("with a code", kit_param(&kit, "code") != NULL);
		kit_close(&kit);
	}
}

/* Neither a code nor an error goes to an address that the client has given up. */
static void test_dropped_redirect(void)
{
	static const char *const decisions[] = { "allow", "deny" };

	for (size_t i = 0; i < COUNT(decisions); i++) {
		char ticket[64], form[256];
		struct kit kit;

		open_allowed(&kit, NULL, "none", WEB);
		CHECK("a page", asks(&kit, "mcp:tools", NULL));
		snprintf(ticket, sizeof(ticket), "%s", kit_ticket(&kit));
		change_client(&kit, "Test client", "\"https://two.example/cb\"");
		snprintf(form, sizeof(form), "ticket=%s&decision=%s", ticket, decisions[i]);
		CHECK_EQ("its address is gone", kit_post(&kit, "/authorize/consent", form), 403);
		CHECK_STR("its address is gone", kit_header(&kit, "Location"), NULL);
		kit_close(&kit);
	}
}

static const struct { const char *label, *body; } document_rows[] = {
	{ "another name in the document", "{\"client_id\":\"" DOCUMENT "\",\"client_name\":\"Your bank\","
	    "\"redirect_uris\":[\"http://127.0.0.1/callback\",\"" WEB "\"]}" },
	{ "another redirect URI in the document", START_OF_DOCUMENT "\"redirect_uris\":[\"" WEB
	    "\",\"https://two.example/cb\"]}" },
	{ "a name in the document that reads as nothing", "{\"client_id\":\"" DOCUMENT "\","
	    "\"client_name\":\" \",\"redirect_uris\":[\"http://127.0.0.1/callback\",\"" WEB
	    "\"]}" },
};

static void test_changed_document(void)
{
	for (size_t i = 0; i < COUNT(document_rows); i++) {
		struct kit kit;

		open_allowed(&kit, DOCUMENT, NULL, WEB);
		kit.now += MP_FETCHED_LIFETIME;
		CHECK("fetched again, and the same", !asks(&kit, "mcp:read", NULL));
		kit.now += MP_FETCHED_LIFETIME;
		web.body = document_rows[i].body;
		CHECK(document_rows[i].label, asks(&kit, "mcp:read", NULL));
		kit_close(&kit);
	}
}

/* --- which requests may be answered without a page --- */
static const struct {
	const char *label, *site, *mode, *dest, *name, *value;
	bool silent;
} fetch_rows[] = {
	{ "typed, or opened by a program", "none", "navigate", "document", NULL, NULL, true },
	{ "from a page of ours", "same-origin", "navigate", "document", NULL, NULL, true },
	{ "from a sibling", "same-site", "navigate", "document", NULL, NULL, true },
	{ "from another site", "cross-site", "navigate", "document", NULL, NULL, false },
	{ "an unknown site", "x", "navigate", "document", NULL, NULL, false },
	{ "no headers at all", NULL, NULL, NULL, NULL, NULL, false },
	{ "no site", NULL, "navigate", "document", NULL, NULL, false },
	{ "no destination", "none", "navigate", NULL, NULL, NULL, false },
	{ "no mode", "none", NULL, "document", NULL, NULL, false },
	{ "an image", "same-site", "no-cors", "image", NULL, NULL, false },
	{ "an image that navigates", "none", "navigate", "image", NULL, NULL, false },
	{ "a frame", "same-origin", "navigate", "iframe", NULL, NULL, false },
	{ "a frame of old", "same-origin", "navigate", "frame", NULL, NULL, false },
	{ "an object", "same-origin", "navigate", "object", NULL, NULL, false },
	{ "a script's fetch", "same-origin", "cors", "empty", NULL, NULL, false },
	{ "a document that is fetched", "same-origin", "cors", "document", NULL, NULL, false },
	{ "a prefetch", "none", "navigate", "document", "Sec-Purpose", "prefetch", false },
	{ "a prerender", "none", "navigate", "document", "Sec-Purpose", "prefetch;prerender", false },
	{ "a prefetch of old", "none", "navigate", "document", "Purpose", "prefetch", false },
	{ "a prefetch by Firefox", "none", "navigate", "document", "X-Moz", "prefetch", false },
	{ "a preview by Safari", "none", "navigate", "document", "X-Purpose", "preview", false },
	{ "two sites", "none", "navigate", "document", "Sec-Fetch-Site", "none", false },
	{ "two destinations", "none", "navigate", "document", "Sec-Fetch-Dest", "image", false },
};

static int ask_with(struct kit *kit, size_t row, const char *query)
{
	const struct mcpass_header all[] = {
		{ "Sec-Fetch-Site", fetch_rows[row].site }, { "Sec-Fetch-Mode", fetch_rows[row].mode },
		{ "Sec-Fetch-Dest", fetch_rows[row].dest },
		{ fetch_rows[row].name, fetch_rows[row].value },
	};
	struct mcpass_header headers[5];
	struct mp_http_request request = { .method = "GET", .path = "/authorize", .query = query,
		.headers = headers, .now = kit->now };
	char cookies[512];

	snprintf(cookies, sizeof(cookies), "%s; %s", kit->browser, kit->session);
	headers[request.header_count++] = (struct mcpass_header){ "Cookie", cookies };
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].value != NULL)
			headers[request.header_count++] = all[i];
	mp_http_response_free(&kit->answer);
	CHECK_EQ("answered", mp_issuer_handle(kit->issuer, &request, &kit->answer, NULL), MCPASS_OK);
	return kit->answer.status;
}

static void test_navigation(void)
{
	struct kit kit;

	open_allowed(&kit, NULL, "none", WEB);
	for (size_t i = 0; i < COUNT(fetch_rows); i++) {
		const char *query = kit_query(&kit, "mcp:read", NULL);

		CHECK_EQ(fetch_rows[i].label, ask_with(&kit, i, query), fetch_rows[i].silent ? 303 : 200);
		CHECK_EQ(fetch_rows[i].label, kit_param(&kit, "code") != NULL, fetch_rows[i].silent);
		CHECK_EQ(fetch_rows[i].label, is_page(&kit), !fetch_rows[i].silent);
	}
	/* The password was typed for what another site's page began: it shows what for. */
	kit.session[0] = '\0';
	CHECK_EQ("from another site, signed out", ask_with(&kit, 3,
	    kit_query(&kit, "mcp:read", NULL)), 200);
	CHECK_EQ("and signed in", kit_sign_in(&kit, "alice", "secret"), 200);
	CHECK("is asked", is_page(&kit));
	kit_close(&kit);
}

/* Cookies do not know ports: on plain http none of them says who somebody is.
 * spec: RFC 6265 8.5 */
static void test_plain_http(void)
{
	struct kit kit;

	kit_open_extended(&kit, config_of("http://127.0.0.1:9000"));
	kit.site = "none";
	kit.redirect = WEB;
	join(&kit, "none", "\"" WEB "\"");
	for (size_t i = 0; i < 2; i++) {
		kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
		CHECK_HAS("the password is asked for", kit_body(&kit), "name=\"password\"");
		CHECK_EQ("signed in", kit_sign_in(&kit, "alice", "secret"), 200);
		CHECK("without a cookie", kit_header(&kit, "Set-Cookie") == NULL && kit.session[0] == '\0');
		CHECK("the question is asked", is_page(&kit));
		CHECK_EQ("allowed", kit_decide(&kit, "allow"), 303);
	}
	CHECK_EQ("no session is kept", memstore_count(kit.memstore, "session"), 0);
	CHECK_EQ("nor a consent", memstore_count(kit.memstore, "consent"), 0);
	kit_get(&kit, "/authorize", kit_query(&kit, "mcp:read", NULL));
	kit_sign_in(&kit, "alice", "secret");
	CHECK_EQ("another person", kit_decide(&kit, "switch"), 200);
	CHECK_HAS("signs in", kit_body(&kit), "name=\"password\"");
	kit_close(&kit);
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_jwks();
	before = mp_test_live_blocks();
	test_clients();
	test_port();
	test_bound();
	test_denied();
	test_changed_client();
	test_dropped_redirect();
	test_changed_document();
	test_navigation();
	test_plain_http();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
