#include "pair_extensions.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/grants.h"
#include "wire/jose/b64url.h"
#include "wire/jose/jwk.h"
#include "wire/jose/jws.h"

/* --- keys, and what is signed with them ------------------------------------------------ */

struct pair {                           /* made once a program */
	struct mp_key *key;
	char *pem, *jwks;
};

static const struct pair *read_pair(struct pair *pair, const char *name)
{
	json_t *jwk = NULL, *set;
	size_t len;

	if (pair->key != NULL)
		return pair;
	pair->pem = check_read(name, &len);
	if (mp_key_from_pem(pair->pem, len, &pair->key, NULL)
	    || mp_jwk_write(pair->key, false, &jwk, NULL))
		exit(EXIT_FAILURE);
	set = json_pack("{s:[o]}", "keys", jwk);
	pair->jwks = json_dumps(set, 0);
	json_decref(set);
	return pair;
}

static const struct pair *machine_pair(void)
{
	static struct pair pair;

	return read_pair(&pair, "pem/p256.pem");
}

static const struct pair *platform_pair(void)
{
	static struct pair pair;

	return read_pair(&pair, "pem/ed25519.pem");
}

const char *platform_jwt(const char *typ, const char *claims)
{
	static char text[4096];
	json_t *payload, *header = json_object();
	struct mp_secret token = { 0 };

	mp_test_count_allocs(false);
	payload = json_loads(claims, 0, NULL);
	if (typ != NULL)
		json_object_set_new(header, "typ", json_string(typ));
	if (mp_jws_sign(platform_pair()->key, MP_EDDSA, header, payload, &token, NULL))
		exit(EXIT_FAILURE);
	snprintf(text, sizeof(text), "%s", mp_secret_reveal(&token));
	mp_secret_free(&token);
	json_decref(payload);
	json_decref(header);
	mp_test_count_allocs(true);
	return text;
}

json_t *token_claim(const struct world *world, const char *name)
{
	json_t *record = world_stored(world), *claim = NULL;
	const char *token = json_string_value(json_object_get(record, "access_token"));
	struct mp_jws jws = { 0 };

	if (token != NULL && !mp_jws_parse((struct mp_span){ token, strlen(token) }, &jws, NULL))
		claim = json_incref(json_object_get(jws.payload, name));
	mp_jws_free(&jws);
	json_decref(record);
	return claim;
}

/* --- the worlds ------------------------------------------------------------------------ */

/* Everybody whom an operator may know. */
static void know_all(struct world *world)
{
	static struct mp_issuer_client clients[] = {
		{ .client_id = "machine", .client_secret = MACHINE_SECRET, .grants = "client_credentials" },
		{ .client_id = "machine-with-key", .grants = "client_credentials",
		  .scope = "mcp:tools mcp:read" },
		{ .client_id = "desk", .client_secret = DESK_SECRET,
		  .grants = MP_GRANT_JWT_BEARER " " MP_GRANT_TOKEN_EXCHANGE },
	};
	static const struct mp_issuer_trusted trusted[] = {
		{ .issuer = PLATFORM, .what = MP_TRUST_WORKLOAD, .jwks_uri = PLATFORM "/keys",
		  .reusable = true },
		{ .issuer = AS, .what = MP_TRUST_ID_JAG, .jwks_uri = AS "/jwks" },
	};
	static const char *const vouched[] = { AS };

	mp_test_count_allocs(false);
	clients[1].jwks = machine_pair()->jwks;
	world->pages[0].url = PLATFORM "/keys";
	world->pages[0].body = platform_pair()->jwks;
	world->issuer_config.clients = clients;
	world->issuer_config.client_count = COUNT(clients);
	world->issuer_config.trusted = trusted;
	world->issuer_config.trusted_count = COUNT(trusted);
	world->issuer_config.vouched = vouched;
	world->issuer_config.vouched_count = COUNT(vouched);
	world_rebuild(world);
}

void arrange_push(struct world *world)
{
	world->issuer_config.require_pushed = true;
	world_rebuild(world);
}

void arrange_dpop(struct world *world)
{
	static const uint8_t secret[32] = "thirty-two bytes of a secret...";

	world->config.flags |= MCPASS_DPOP;
	world->issuer_config.require_dpop_nonce = true;
	world->guard_config.nonce_secret = secret;
	world->guard_config.nonce_secret_len = sizeof(secret);
	world_rebuild(world);
}

void arrange_credentials(struct world *world)
{
	know_all(world);
	world->config.grant = MCPASS_GRANT_CLIENT_CREDENTIALS;
	world->config.client_id = "machine";
	world->config.client_secret = MACHINE_SECRET;
	world->config.client_issuer = AS;
}

void arrange_key(struct world *world)
{
	know_all(world);
	world->config.grant = MCPASS_GRANT_CLIENT_CREDENTIALS;
	world->config.client_id = "machine-with-key";
	world->config.client_key = machine_pair()->pem;
	world->config.client_issuer = AS;
}

void arrange_workload(struct world *world)
{
	static char assertion[4096];

	know_all(world);
	snprintf(assertion, sizeof(assertion), "%s", platform_jwt(NULL, "{\"iss\":\"" PLATFORM "\","
	    "\"sub\":\"build-7\",\"aud\":\"" AS "\",\"jti\":\"1\",\"iat\":1800000000,"
	    "\"exp\":1800003600}"));
	world->config.grant = MCPASS_GRANT_JWT_BEARER;
	world->config.assertion = assertion;
	world->config.client_issuer = AS;
}

void arrange_id_jag(struct world *world)
{
	static char id_token[4096];
	struct mp_secret token = { 0 };

	know_all(world);
	mp_test_count_allocs(false);
	CHECK_EQ("an id token", mp_issuer_mint_id_token(world->issuer, world->username, "desk",
	    world->now, &token, NULL), MCPASS_OK);
	snprintf(id_token, sizeof(id_token), "%s", mp_secret_reveal(&token));
	mp_secret_free(&token);
	mp_test_count_allocs(true);
	world->config.grant = MCPASS_GRANT_ID_JAG;
	world->config.assertion = id_token;
	world->config.client_issuer = AS;
	world->config.idp_token_endpoint = AS "/token";
	world->config.idp_client_id = world->config.client_id = "desk";
	world->config.idp_client_secret = world->config.client_secret = DESK_SECRET;
}

void arrange_document(struct world *world)
{
	world->pages[1].url = world->config.client_metadata_url = DOCUMENT;
	world->pages[1].body = "{\"client_id\":\"" DOCUMENT "\",\"client_name\":\"A client\","
	    "\"redirect_uris\":[\"http://127.0.0.1/callback\"],"
	    "\"grant_types\":[\"authorization_code\",\"refresh_token\","
	    "\"urn:ietf:params:oauth:grant-type:device_code\"],"
	    "\"token_endpoint_auth_method\":\"none\"}";
}

/* --- the walks ------------------------------------------------------------------------- */

static void expect_claim(const struct world *world, const char *name, const char *want)
{
	json_t *claim = token_claim(world, name);

	CHECK_STR(name, json_string_value(claim), want);
	json_decref(claim);
}

static bool check_is_down(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0)
		response->status = 503;
	return true;
}

static void walk_push(void)
{
	struct world world;

	world_open(&world);
	arrange_push(&world);
	CALL("pushed", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("once", world.pushes, 1);
	CHECK_HAS("the browser has a reference", world.last_url,
	    "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A");
	CHECK("and nothing of the request", strstr(world.last_url, "scope=") == NULL);
	world_edit(&world, "access_token", NULL);
	world_edit(&world, "refresh_token", NULL);
	world_restart(&world);
	world.tamper = check_is_down;
	CALL("with the same client", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("pushed again", world.pushes, 2);
	CHECK_EQ("registered once", world.registrations, 1);
	world_close(&world);
}

static void walk_dpop(void)
{
	struct world world;
	json_t *cnf;

	world_open(&world);
	arrange_dpop(&world);
	CALL("bound", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("one login", world.logins, 1);
	CHECK_EQ("one nonce was asked for", world.proofs, 2);
	cnf = token_claim(&world, "cnf");
	CHECK("to a key", json_string_value(json_object_get(cnf, "jkt")) != NULL);
	json_decref(cnf);
	world.now += 24 * 3600;
	world_restart(&world);
	CALL("refreshed", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("and again a nonce", world.refreshes, 2);
	CHECK_EQ("no second login", world.logins, 1);
	world_close(&world);
}

static void walk_credentials(void)
{
	static arrange_fn *const arranged[] = { arrange_credentials, arrange_key };
	static const char *const ids[] = { "machine", "machine-with-key" };

	for (size_t i = 0; i < COUNT(arranged); i++) {
		struct world world;

		world_open(&world);
		arranged[i](&world);
		CALL(ids[i], &world, "tools/call", "echo", MCPASS_OK, 200);
		CHECK_EQ("nobody was asked", world.logins + world.registrations, 0);
		expect_claim(&world, "sub", ids[i]);
		expect_claim(&world, "client_id", ids[i]);
		expect_claim(&world, "aud", MCP);
		expect_claim(&world, "scope", "mcp:tools");
		expect_claim(&world, "preferred_username", NULL);
		world.now += 3600;
		world_restart(&world);
		CALL("and once more, as it has no refresh token", &world, "tools/call", "echo", MCPASS_OK,
		    200);
		CHECK_EQ("two tokens", world.tokens, 2);
		world_close(&world);
	}
}

static void walk_workload(void)
{
	struct world world;

	world_open(&world);
	arrange_workload(&world);
	CALL("a workload", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("nobody was asked", world.logins + world.registrations, 0);
	expect_claim(&world, "sub", PLATFORM "#build-7");
	expect_claim(&world, "aud", MCP);
	world_close(&world);
}

static void walk_id_jag(void)
{
	struct world world;

	world_open(&world);
	arrange_id_jag(&world);
	CALL("vouched for", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("nobody was asked", world.logins + world.registrations, 0);
	CHECK_EQ("an exchange, and a grant", world.tokens, 2);
	expect_claim(&world, "sub", "alice");
	expect_claim(&world, "client_id", "desk");
	expect_claim(&world, "aud", MCP);
	world_close(&world);
}

static void walk_document(void)
{
	struct world world;

	world_open(&world);
	arrange_document(&world);
	CALL("read by the server", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("no registration", world.registrations, 0);
	CHECK_HAS("its URL is the id", world.last_url,
	    "client_id=https%3A%2F%2Fclient.example%2Fclient.json");
	expect_claim(&world, "client_id", DOCUMENT);
	world.now += 24 * 3600;
	CALL("refreshed", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("by the same client", world.logins, 1);
	world_close(&world);
}

/* A client that is known already is pushed with at once. */
static void walk_document_pushed(void)
{
	struct world world;

	world_open(&world);
	arrange_document(&world);
	arrange_push(&world);
	CALL("read by the server, and pushed", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("no registration", world.registrations, 0);
	CHECK_EQ("pushed", world.pushes, 1);
	world_close(&world);
}

static bool no_changes(struct world *world, const char *url, struct mp_http_response *response)
{
	(void)world;
	if (strncmp(url, AS "/register/", strlen(AS "/register/")) == 0)
		response->status = 403;
	return true;
}

/* A registration from a time when the resource had fewer scopes. */
static void walk_widening(tamper_fn *tamper, unsigned registrations)
{
	struct world world;
	json_t *record;

	world_open(&world);
	CALL("login", &world, "resources/list", NULL, MCPASS_OK, 200);
	world_edit(&world, "client.scope", json_string("mcp:read"));
	world_restart(&world);
	world.tamper = tamper;
	CALL("more", &world, "tools/call", "echo", MCPASS_OK, 200);
	CHECK_EQ("registrations", world.registrations, registrations);
	record = world_stored(&world);
	CHECK_HAS("the ceiling is known", json_string_value(json_object_get(
	    json_object_get(record, "client"), "scope")), "mcp:tools");
	json_decref(record);
	world_close(&world);
}

static bool first_place_is_empty(struct world *world, const char *url,
    struct mp_http_response *response)
{
	(void)world;
	if (strcmp(url, AS "/.well-known/oauth-authorization-server") == 0)
		response->status = 404;
	return true;
}

static void walk_other_place(void)
{
	struct world world;

	world_open(&world);
	world.tamper = first_place_is_empty;
	CALL("OpenID's place", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_close(&world);
}

/* A program that keeps its own token comes with the refusal at once. */
static void walk_challenge_first(void)
{
	const struct mcpass_header header = { "WWW-Authenticate", "Bearer" };
	const struct mcpass_event event = { .type = MCPASS_EV_CHALLENGE, .status = 401,
		.headers = &header, .header_count = 1, .now = START_TIME };
	struct mcpass_action action = { 0 };
	struct world world;

	world_open(&world);
	CALL("a client", &world, "tools/call", "echo", MCPASS_OK, 200);
	world_restart(&world);
	CHECK_EQ("new", mcpass_client_new(&world.config, &world.client, NULL), MCPASS_OK);
	CHECK_EQ("refused", mcpass_client_step(world.client, &event, &action, NULL), MCPASS_OK);
	CHECK_EQ("asks for the lock", action.type, MCPASS_ACT_LOCK);
	world_mark(S_IDLE, MCPASS_EV_CHALLENGE, world.client->state);
	world_close(&world);
}

void walk_extensions(void)
{
	walk_push();
	walk_dpop();
	walk_credentials();
	walk_workload();
	walk_id_jag();
	walk_document();
	walk_document_pushed();
	walk_widening(NULL, 1);
	walk_widening(no_changes, 2);
	walk_other_place();
	walk_challenge_first();
}
