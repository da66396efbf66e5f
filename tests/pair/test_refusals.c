/* Refusals: which are cured by one more try, what is sent then, and what is said where
 * nothing helps.  Then the providers of the table, each met with its row and without. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "pair_extensions.h"
#include "pair_refusals.h"

#define EVERY "\"application_type\""

/* --- registration ---------------------------------------------------------------------- */

static const struct {
	const char *fault;
	enum mcpass_rc want;
	unsigned registrations;
	const char *sent, *not_sent;    /* in the last registration */
	const char *detail, *hint;
} registration_rows[] = {
	{ "keycloak-unknown-field", MCPASS_OK, 2, "\"grant_types\":[\"authorization_code\",\"refresh_token\"]",
	    "application_type", NULL, NULL },
	{ "keycloak-unknown-field", MCPASS_OK, 2, "\"scope\":\"mcp:read mcp:tools mcp:prompts\"",
	    "client_name", NULL, NULL },
	{ "register-bare", MCPASS_OK, 3, "\"redirect_uris\":[\"http://127.0.0.1:4711/callback\","
	    "\"http://127.0.0.1/callback\"]", "grant_types", NULL, NULL },
	{ "register-bare", MCPASS_OK, 3, "\"token_endpoint_auth_method\":\"none\"", "scope", NULL, NULL },
	{ "register-nothing", MCPASS_E_DENIED, 3, NULL, NULL, "invalid_client_metadata", "--client-id" },
	{ "keycloak-some-scopes", MCPASS_OK, 2, "\"scope\":\"mcp:tools\"", "mcp:prompts", NULL, NULL },
	{ "keycloak-some-scopes", MCPASS_OK, 2, EVERY, NULL, NULL, NULL },
	{ "keycloak-no-scopes", MCPASS_OK, 3, EVERY, "scope", NULL, NULL },
	{ "keycloak-no-client-at-all", MCPASS_E_DENIED, 3, NULL, NULL, "Policy 'Allowed Client Scopes'",
	    "'Allowed Client Scopes' (anonymous access) in Clients" },
	{ "keycloak-trusted-hosts", MCPASS_E_DENIED, 1, EVERY, NULL, "Policy 'Trusted Hosts'",
	    "'Trusted Hosts' (anonymous access) in Clients" },
	{ "keycloak-max-clients", MCPASS_E_DENIED, 1, EVERY, NULL, "max 200 clients",
	    "'Max Clients Limit' (anonymous access) in Clients" },
	{ "keycloak-origin", MCPASS_E_DENIED, 1, EVERY, NULL, "Invalid origin", "a proxy on the way" },
	{ "like-okta", MCPASS_E_DENIED, 1, EVERY, NULL, "Invalid session", "initial access token" },
};

static void test_registration(void)
{
	for (size_t i = 0; i < COUNT(registration_rows); i++) {
		const char *label = registration_rows[i].fault;
		struct mcpass_error err = { 0 };
		struct world world;
		int status;

		world_open(&world);
		CHECK_EQ(label, mp_issuer_misbehave(world.issuer, label, NULL), MCPASS_OK);
		CHECK_EQ(label, world_call(&world, "tools/call", "echo", &status, &err),
		    registration_rows[i].want);
		CHECK_EQ(label, world.registrations, registration_rows[i].registrations);
		CHECK_EQ(label, world.logins, registration_rows[i].want ? 0 : 1);
		if (registration_rows[i].sent != NULL)
			CHECK_HAS(label, world.last_registration, registration_rows[i].sent);
		CHECK(label, registration_rows[i].not_sent == NULL
		    || strstr(world.last_registration, registration_rows[i].not_sent) == NULL);
		if (registration_rows[i].detail != NULL) {
			CHECK_HAS(label, err.detail, registration_rows[i].detail);
			CHECK_HAS(label, err.hint, registration_rows[i].hint);
			CHECK_STR(label, err.doing, "registering as a client");
		}
		world_close(&world);
	}
}

/* The method and the binding to a key stay, whatever else is left out. */
static void test_security_stays(void)
{
	struct world world;

	world_open(&world);
	arrange_dpop(&world);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "register-bare", NULL), MCPASS_OK);
	CALL("bound all the same", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_HAS("said", world.last_registration, "\"dpop_bound_access_tokens\":true");
	world_close(&world);
}

/* A refusal may repeat what it was sent; the note of the next try does not. */
#define INITIAL "the-initial-access-token"
static bool repeat_it(struct world *world, const char *url, struct mp_http_response *response)
{
	if (strcmp(url, AS "/register") == 0 && world->registrations == 1) {
		response->status = 400;
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "{\"error\":\"invalid_client_metadata\","
		    "\"error_description\":\"not with " INITIAL "\"}");
	}
	return true;
}

static void test_nothing_is_told(void)
{
	struct world world;

	world_open(&world);
	world.tamper = repeat_it;
	world.config.initial_access_token = INITIAL;
	world.config.client_issuer = AS;
	mp_strings_add(&world.secrets, (struct mp_span){ INITIAL, strlen(INITIAL) }, NULL);
	CALL("tried once more", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("it was", world.registrations, 2);
	world_close(&world);    /* no note holds a secret */
}

/* A scope that was not registered at first is, when it is needed. */
static void test_step_up(void)
{
	struct world world;

	world_open(&world);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "keycloak-some-scopes", NULL), MCPASS_OK);
	CALL("reading", &world, "resources/list", NULL, MCPASS_OK, 200);
	CHECK_HAS("for reading only", world.last_registration, "\"scope\":\"mcp:read\"");
	CALL("a tool", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("the registration was widened", world.changes, 1);
	CHECK_HAS("by what is needed", world.last_put, "\"scope\":\"mcp:tools mcp:read\"");
	world_close(&world);
}

/* --- a registration that is replaced or changed ---------------------------------------- */

static void test_secret_ran_out(void)
{
	struct world world;

	world_open(&world);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "register-post-method", NULL), MCPASS_OK);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_edit(&world, "client.secret_expires_at", json_integer(START_TIME));
	world.now++;
	lose_tokens(&world);
	CALL("registered anew", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("twice", world.registrations, 2);
	CHECK_EQ("the old one was given back", world.deletions, 1);
	CHECK_EQ("one is left", memstore_count(world.memory, "client"), 1);
	world_close(&world);
}

/* The answer to a change need not repeat the secret. */
static void test_secret_stays(void)
{
	struct world world;
	json_t *json;

	world_open(&world);
	CHECK_EQ("a fault", mp_issuer_misbehave(world.issuer, "register-post-method", NULL), MCPASS_OK);
	CALL("login", &world, "tools/call", "echo", MCPASS_OK, 200);
	lose_tokens(&world);
	world.port = 4712;
	CALL("another port", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("registered once", world.registrations, 1);
	CHECK_HAS("with its method", world.last_put, "client_secret_post");
	CHECK("no secret is sent back", strstr(world.last_put, "\"client_secret\"") == NULL);
	json = world_stored(&world);
	CHECK("the secret is kept", json_string_length(json_object_get(json_object_get(json, "client"),
	    "client_secret")) > 0);
	json_decref(json);
	world_close(&world);
}

/* A step-up that cannot be registered leaves what there was. */
static bool full(struct world *world, const char *url, struct mp_http_response *response)
{
	bool managed = strncmp(url, AS "/register/", strlen(AS "/register/")) == 0;

	if (managed && response->status == 200)
		response->status = 403;
	if (strcmp(url, AS "/register") == 0 && world->logins > 0) {
		response->status = 403;
		mp_buf_clear(&response->body);
		mp_buf_adds(&response->body, "{\"error\":\"insufficient_scope\",\"error_description\":"
		    "\"Policy 'Max Clients Limit' rejected request\"}");
	}
	return true;
}

static void test_nothing_is_lost(void)
{
	struct world world;

	world_open(&world);
	CALL("reading", &world, "resources/list", NULL, MCPASS_OK, 200);
	world_edit(&world, "client.scope", json_string("mcp:read"));
	world_restart(&world);
	world.tamper = full;
	CALL("a tool", &world, "tools/call", "echo", MCPASS_E_DENIED, 403);
	CHECK_EQ("the old client is still there", world.deletions, 0);
	world.tamper = NULL;
	world_restart(&world);
	CALL("reading still works", &world, "resources/list", NULL, MCPASS_OK, 200);
	CHECK_EQ("without a login", world.logins, 1);
	world_close(&world);
}

/* --- providers ------------------------------------------------------------------------- */

static const struct {
	const char *fault, *provider;   /* NULL: the table has nothing for https://as.example */
	bool by_hand;                   /* with a client that was registered there */
	const char *initial;            /* access token for the registration */
	const char *scope;
	bool without_scopes;            /* the MCP server names none */
	unsigned flags;
	enum mcpass_rc want;
	const char *hint;               /* or, on success, a part of the authorization URL */
} provider_rows[] = {
	{ "like-entra", NULL, true, NULL, NULL, false, 0, MCPASS_E_POLICY, "--allow-no-s256" },
	{ "like-entra", "entra", true, NULL, NULL, false, 0, MCPASS_E_POLICY, "--allow-no-s256" },
	{ "like-entra", "entra", true, NULL, NULL, false, MCPASS_ALLOW_NO_S256, MCPASS_OK,
	    "scope=mcp%3Atools+offline_access" },
	{ "like-entra", NULL, true, NULL, NULL, false, MCPASS_ALLOW_NO_S256, MCPASS_E_DENIED,
	    "--provider entra" },
	{ "like-entra", NULL, true, NULL, NULL, false, MCPASS_ALLOW_NO_S256 | MCPASS_OMIT_RESOURCE,
	    MCPASS_OK, "scope=" },
	{ "like-entra", "entra", false, NULL, NULL, false, MCPASS_ALLOW_NO_S256, MCPASS_E_DENIED,
	    "mcpass login --client-id ID --callback-host localhost " MCP },
	{ "like-auth0", NULL, false, NULL, NULL, false, 0, MCPASS_E_PROTOCOL, "compare the token's aud" },
	{ "like-auth0", "auth0", false, NULL, NULL, false, 0, MCPASS_OK,
	    "&audience=https%3A%2F%2Fmcp.example%2Fmcp" },
	{ "like-google", NULL, false, NULL, NULL, false, 0, MCPASS_E_DENIED, "--client-id ID " MCP },
	{ "like-google", "google", false, NULL, NULL, false, 0, MCPASS_E_DENIED, "Desktop app" },
	{ "like-google", "google", true, NULL, NULL, false, 0, MCPASS_OK,
	    "&access_type=offline&prompt=consent" },
	{ "like-okta", NULL, false, NULL, NULL, false, 0, MCPASS_E_DENIED, "initial access token" },
	{ "like-okta", "okta", false, NULL, NULL, false, 0, MCPASS_E_DENIED,
	    "--initial-access-token-file FILE" },
	{ "like-okta", NULL, false, "an initial one", NULL, false, 0, MCPASS_E_PROTOCOL, "aud" },
	{ "like-okta", "okta", false, "an initial one", NULL, false, 0, MCPASS_OK, "&audience=https" },
	{ "like-cognito", NULL, true, NULL, NULL, true, 0, MCPASS_E_POLICY, "--allow-no-s256" },
	{ "like-cognito", NULL, true, NULL, NULL, true, MCPASS_ALLOW_NO_S256, MCPASS_E_DENIED, NULL },
	{ "like-cognito", "cognito", true, NULL, NULL, true, MCPASS_ALLOW_NO_S256, MCPASS_OK,
	    "&scope=openid" },
};

/* Whom a token is for is the scope's matter there, and the issuer's configuration here. */
static void for_this_resource(struct world *world)
{
	world->issuer_config.default_resource = MCP;
	world_rebuild(world);
}

static void arrange_provider(struct world *world, size_t i)
{
	if (provider_rows[i].without_scopes)
		world->guard_config.rule_count = world->guard_config.scope_count = 0;
	for_this_resource(world);
	CHECK_EQ(provider_rows[i].fault, mp_issuer_misbehave(world->issuer, provider_rows[i].fault,
	    NULL), MCPASS_OK);
	world->config.provider = provider_rows[i].provider;
	world->config.initial_access_token = provider_rows[i].initial;
	world->config.client_issuer = provider_rows[i].initial != NULL ? AS : NULL;
	world->config.scope = provider_rows[i].scope;
	world->config.flags |= provider_rows[i].flags;
	if (provider_rows[i].by_hand)
		world->config.client_id = register_by_hand(world);
}

static void test_providers(void)
{
	for (size_t i = 0; i < COUNT(provider_rows); i++) {
		const char *label = provider_rows[i].fault;
		struct mcpass_error err = { 0 };
		struct world world;
		int status;

		world_open(&world);
		arrange_provider(&world, i);
		if (!CHECK_EQ(label, world_call(&world, "tools/call", "echo", &status, &err),
		    provider_rows[i].want))
			printf("  row %zu: %s: %s\n", i, err.doing != NULL ? err.doing : "?", err.detail);
		if (provider_rows[i].hint != NULL)
			CHECK_HAS(label, provider_rows[i].want ? err.hint : world.last_url,
			    provider_rows[i].hint);
		world_close(&world);
	}
}

/* A refresh there: without the resource, or without a new refresh token. */
static const struct { const char *fault, *provider; unsigned flags; } refresh_rows[] = {
	{ "like-entra", "entra", MCPASS_ALLOW_NO_S256 },
	{ "like-google", "google", 0 },
};

static void test_provider_refresh(void)
{
	for (size_t i = 0; i < COUNT(refresh_rows); i++) {
		const char *label = refresh_rows[i].fault;
		struct world world;

		world_open(&world);
		for_this_resource(&world);
		CHECK_EQ(label, mp_issuer_misbehave(world.issuer, label, NULL), MCPASS_OK);
		world.config.client_id = register_by_hand(&world);
		world.config.provider = refresh_rows[i].provider;
		world.config.flags |= refresh_rows[i].flags;
		CALL(label, &world, "tools/call", "echo", MCPASS_OK, 200);
		for (unsigned n = 1; n <= 2; n++) {
			world.now += 24 * 3600;
			world_restart(&world);
			CALL(label, &world, "tools/call", "echo", MCPASS_OK, 200);
			CHECK_EQ(label, world.refreshes, n);
			CHECK_HAS("a refresh token is kept", world.record, "\"refresh_token\"");
		}
		CHECK_EQ("nobody was asked again", world.logins, 1);
		world_close(&world);
	}
}

int main(void)
{
	test_registration();
	test_security_stays();
	test_nothing_is_told();
	test_step_up();
	test_secret_ran_out();
	test_secret_stays();
	test_nothing_is_lost();
	test_providers();
	test_provider_refresh();
	walk_refusals();
	return check_done();
}
