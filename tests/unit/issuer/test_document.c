/* Client metadata documents: which URLs are fetched, and what has to stand there. */
#include "kit_extensions.h"

#define START_OF(id) "{\"client_id\":\"" id "\",\"client_name\":\"The client\","
#define REDIRECTS "\"redirect_uris\":[\"http://127.0.0.1/callback\",\"https://app.example/cb\"]"
#define GOOD START_OF(DOCUMENT) REDIRECTS "}"

static int ask(struct kit *kit, const char *id, const char *redirect)
{
	struct mp_buf query;
	int status;

	mp_buf_init(&query, 16000);
	mp_form_add(&query, "response_type", "code");
	mp_form_add(&query, "client_id", id);
	mp_form_add(&query, "redirect_uri", redirect);
	mp_form_add(&query, "code_challenge", CHALLENGE);
	mp_form_add(&query, "code_challenge_method", "S256");
	status = kit_get(kit, "/authorize", mp_buf_text(&query));
	mp_buf_free(&query);
	return status;
}

/* Only with a URL that passes is anything fetched at all. */
static const struct { const char *label, *issuer, *url; unsigned fetches; } urls[] = {
	{ "https with a path", AS, DOCUMENT, 1 },
	{ "no path", AS, "https://client.example", 0 },
	{ "a slash for a path", AS, "https://client.example/", 0 },
	{ "a query", AS, "https://client.example/c?x=1", 0 },
	{ "a fragment", AS, "https://client.example/c#x", 0 },
	{ "a user", AS, "https://me@client.example/c", 0 },
	{ "up", AS, "https://client.example/a/../c", 0 },
	{ "up, hidden", AS, "https://client.example/a/%2e%2e/c", 0 },
	{ "plain http", AS, "http://client.example/c", 0 },
	{ "plain http on this machine", AS, "http://127.0.0.1/c", 0 },
	{ "this machine", AS, "https://127.0.0.1/c", 0 },
	{ "this machine by name", AS, "https://localhost/c", 0 },
	{ "a private network", AS, "https://10.0.0.1/c", 0 },
	{ "the cloud's own", AS, "https://169.254.169.254/latest", 0 },
	{ "private in IPv6", AS, "https://[fd00::1]/c", 0 },
	{ "private, as a number", AS, "https://2130706433/c", 0 },
	{ "on loopback as we are", "http://127.0.0.1:9000", "http://127.0.0.1:8000/c", 1 },
	{ "far from loopback", "http://127.0.0.1:9000", "https://10.0.0.1/c", 0 },
	{ "no URL at all", AS, "client", 0 },
};

static void test_urls(void)
{
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct mp_issuer_config config = kit_extended();
		struct kit kit;

		web = (struct web){ DOCUMENT, GOOD, 200, 0 };
		config.issuer = urls[i].issuer;
		kit_open_extended(&kit, config);
		CHECK_EQ(urls[i].label, ask(&kit, urls[i].url, CALLBACK), mp_eq(urls[i].url, DOCUMENT)
		    ? 200 : 400);
		CHECK_EQ(urls[i].label, web.fetches, urls[i].fetches);
		kit_close(&kit);
	}
}

static const struct { const char *label, *body; int status, want; } documents[] = {
	{ "good", GOOD, 200, 200 },
	{ "none, said", START_OF(DOCUMENT) REDIRECTS ",\"token_endpoint_auth_method\":\"none\"}", 200,
	    200 },
	{ "another client's", START_OF(DOCUMENT "x") REDIRECTS "}", 200, 400 },
	{ "of no client", "{" REDIRECTS "}", 200, 400 },
	{ "no name", "{\"client_id\":\"" DOCUMENT "\"," REDIRECTS "}", 200, 400 },
	{ "no addresses", START_OF(DOCUMENT) "\"redirect_uris\":[]}", 200, 400 },
	{ "a script for an address", START_OF(DOCUMENT) "\"redirect_uris\":[\"javascript:x\"]}", 200,
	    400 },
	{ "a secret", START_OF(DOCUMENT) REDIRECTS ",\"client_secret\":\"x\"}", 200, 400 },
	{ "a secret's method", START_OF(DOCUMENT) REDIRECTS
	    ",\"token_endpoint_auth_method\":\"client_secret_post\"}", 200, 400 },
	{ "a key's method without keys", START_OF(DOCUMENT) REDIRECTS
	    ",\"token_endpoint_auth_method\":\"private_key_jwt\"}", 200, 400 },
	{ "two ids", "{\"client_id\":\"x\",\"client_id\":\"" DOCUMENT "\"," REDIRECTS "}", 200, 400 },
	{ "no object", "[]", 200, 400 },
	{ "no JSON", "<html>", 200, 400 },
	{ "nothing", "", 200, 400 },
	{ "a redirect", GOOD, 302, 400 },
	{ "gone", GOOD, 404, 400 },
};

static void test_documents(void)
{
	for (size_t i = 0; i < COUNT(documents); i++) {
		struct kit kit;

		web = (struct web){ DOCUMENT, documents[i].body, documents[i].status, 0 };
		kit_open_extended(&kit, kit_extended());
		CHECK_EQ(documents[i].label, ask(&kit, DOCUMENT, CALLBACK), documents[i].want);
		CHECK(documents[i].label, (memstore_count(kit.memstore, "pending") == 1)
		    == (documents[i].want == 200));
		kit_close(&kit);
	}
}

static void test_size(void)
{
	static char body[MP_MAX_CLIENT_DOCUMENT + 2];
	struct kit kit;

	for (size_t more = 0; more < 2; more++) {
		memset(body, ' ', sizeof(body));
		memcpy(body, GOOD, strlen(GOOD));
		body[MP_MAX_CLIENT_DOCUMENT + more] = '\0';
		web = (struct web){ DOCUMENT, body, 200, 0 };
		kit_open_extended(&kit, kit_extended());
		CHECK_EQ("5 KiB, and a byte more", ask(&kit, DOCUMENT, CALLBACK), more == 0 ? 200 : 400);
		kit_close(&kit);
	}
}

/* spec: draft-ietf-oauth-client-id-metadata-document "Client Metadata Caching" */
static void test_kept(void)
{
	static const struct { const char *label; int64_t fresh, kept; } rows[] = {
		{ "it says nothing", -1, MP_FETCHED_LIFETIME },
		{ "it says how long", 7200, 7200 },
		{ "not at all: for a login", 0, MP_FETCHED_LEAST },
		{ "for less than a login", 5, MP_FETCHED_LEAST },
		{ "for ever: a day", 365 * 86400, MP_FETCHED_MOST },
	};
	struct kit kit;

	for (size_t i = 0; i < COUNT(rows); i++) {
		web = (struct web){ DOCUMENT, GOOD, 200, 0 };
		web_fresh = rows[i].fresh;
		kit_open_extended(&kit, kit_extended());
		CHECK_EQ(rows[i].label, ask(&kit, DOCUMENT, CALLBACK), 200);
		kit.now += rows[i].kept - 1;
		CHECK_EQ(rows[i].label, ask(&kit, DOCUMENT, CALLBACK), 200);
		CHECK_EQ(rows[i].label, web.fetches, 1);
		kit.now++;
		CHECK_EQ(rows[i].label, ask(&kit, DOCUMENT, CALLBACK), 200);
		CHECK_EQ("then it is fetched", web.fetches, 2);
		kit_close(&kit);
	}
	web_fresh = -1;
}

static void test_use(void)
{
	struct mp_issuer_config config = kit_extended();
	struct kit kit;

	web = (struct web){ DOCUMENT, GOOD, 200, 0 };
	kit_open_extended(&kit, config);
	CHECK_EQ("any port", ask(&kit, DOCUMENT, "http://127.0.0.1:1/callback"), 200);
	CHECK_EQ("another path", ask(&kit, DOCUMENT, "http://127.0.0.1:1/other"), 400);
	CHECK_EQ("a port of a far host", ask(&kit, DOCUMENT, "https://app.example:1/cb"), 400);
	CHECK_EQ("kept", web.fetches, 1);
	kit.now += MP_FETCHED_LIFETIME;
	CHECK_EQ("for a while", ask(&kit, DOCUMENT, "https://app.example/cb"), 200);
	CHECK_EQ("fetched again", web.fetches, 2);
	kit_sign_in(&kit, "alice", "secret");
	CHECK_HAS("whose it is", kit_body(&kit), "<strong>client.example</strong>");
	CHECK_HAS("where the answer goes", kit_body(&kit), "<strong>app.example</strong>");
	kit_decide(&kit, "allow");
	CHECK_EQ("allowed", kit.answer.status, 303);
	kit.site = "none";
	CHECK_EQ("and remembered", ask(&kit, DOCUMENT, "https://app.example/cb"), 303);
	CHECK_EQ("but any program may listen on loopback", ask(&kit, DOCUMENT, CALLBACK), 200);
	kit_decide(&kit, "allow");
	CHECK_EQ("so that is asked", ask(&kit, DOCUMENT, CALLBACK), 200);
	kit_close(&kit);

	config.fetch = NULL;
	kit_open_extended(&kit, config);
	web.fetches = 0;
	CHECK_EQ("not offered", ask(&kit, DOCUMENT, CALLBACK), 400);
	kit_get(&kit, "/.well-known/oauth-authorization-server", NULL);
	CHECK("nor said to be", strstr(kit_body(&kit), "client_id_metadata") == NULL);
	CHECK_EQ("nothing is fetched", web.fetches, 0);
	kit_close(&kit);
}

/* A client with keys in its document proves itself with them. */
static void test_keys(void)
{
	char body[2048], form[2048];
	struct kit kit;

	snprintf(body, sizeof(body), START_OF(DOCUMENT) REDIRECTS ",\"token_endpoint_auth_method\":"
	    "\"private_key_jwt\",\"jwks\":%s}", kit_jwks());
	web = (struct web){ DOCUMENT, body, 200, 0 };
	kit_open_extended(&kit, kit_extended());
	for (size_t i = 0; i < 2; i++) {
		snprintf(form, sizeof(form), "grant_type=refresh_token&refresh_token=x&client_assertion_type="
		    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=%s",
		    kit_jwt(kit_keys(i), NULL, "{\"iss\":\"" DOCUMENT "\",\"sub\":\"" DOCUMENT "\","
		    "\"aud\":\"" AS "\",\"exp\":1700000060,\"jti\":\"1\"}", ""));
		kit_post(&kit, "/token", form);
		CHECK_STR("proved, or not", kit_member(&kit, "error"), i == 0 ? "unauthorized_client"
		    : "invalid_client");
	}
	kit_close(&kit);
	snprintf(body, sizeof(body), START_OF(DOCUMENT) REDIRECTS ",\"token_endpoint_auth_method\":"
	    "\"client_secret_post\",\"jwks\":%s}", kit_jwks());
	kit_open_extended(&kit, kit_extended());
	CHECK_EQ("keys, and the method of a secret", ask(&kit, DOCUMENT, CALLBACK), 400);
	CHECK_EQ("its id alone is nothing", kit_post(&kit, "/token", "grant_type=refresh_token"
	    "&refresh_token=x&client_id=" DOCUMENT), 401);
	kit_close(&kit);
}

int main(void)
{
	long before;

	kit_key();
	kit_users();
	kit_jwks();
	kit_keys(1);
	before = mp_test_live_blocks();
	test_urls();
	test_documents();
	test_size();
	test_use();
	test_kept();
	test_keys();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), before);
	return check_done();
}
