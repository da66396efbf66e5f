/* issuer_world.h - the issuer that is fuzzed: clients of all kinds, platforms and identity
 * providers that it trusts, what stands on the web; and the proofs that an input cannot hold,
 * because they are signed. */
#ifndef ISSUER_WORLD_H
#define ISSUER_WORLD_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/memstore.h"
#include "oauth/device.h"
#include "oauth/dpop.h"
#include "oauth/grants.h"
#include "wire/jose/crypto.h"
#include "wire/jose/jwk.h"
#include "wire/jose/jws.h"

#define AS "https://as.example"
#define NOW 1700000000
#define DOCUMENT "https://client.example/client.json"

struct issuer_world {
	struct mp_issuer *issuer;
	struct memstore *memstore;
	uint8_t calls;                  /* of the source of randomness, which counts */
};

/* The keys of RFC 7515 A.3 and RFC 8037 A.1: always the same, so that inputs stay good. */
#define ISSUER_KEY "{\"kty\":\"EC\",\"crv\":\"P-256\"," \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"," \
	"\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}"
#define OTHER_X "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define OTHER_KEY "{" OTHER_X ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}"
#define OTHER_JWKS "{\"keys\":[{" OTHER_X "}]}"

static inline int count_up(void *ctx, uint8_t *out, size_t len)
{
	struct issuer_world *world = ctx;

	memset(out, ++world->calls, len);
	return 0;
}

static inline enum mcpass_rc fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	(void)ctx;
	ret_answer->status = 200;
	if (strcmp(url, DOCUMENT) == 0)
		mp_buf_adds(body, "{\"client_id\":\"" DOCUMENT "\",\"client_name\":\"Document\",\"redirect_uris\":"
		    "[\"https://client.example/cb\",\"http://127.0.0.1/cb\"],\"grant_types\":"
		    "[\"authorization_code\",\"" MP_GRANT_JWT_BEARER "\"]}");
	else if (strcmp(url, "https://keys.example/jwks") == 0)
		mp_buf_adds(body, OTHER_JWKS);
	else
		return mp_fail(err, MCPASS_E_IO, NULL, "there is no such page");
	return MCPASS_OK;
}

/* --- what is signed --- */
enum proof { ASSERTION, FETCHED_ASSERTION, ID_JAG, CLIENT_ASSERTION, PROOF, PUSH_PROOF, PROOFS };
static const struct { const char *name, *typ, *claims, *url; } proofs[PROOFS] = {
	[ASSERTION] = { "assertion", "JWT", "\"iss\":\"https://platform.example\",\"sub\":\"alice\"", NULL },
	[FETCHED_ASSERTION] = { "fetched_assertion", "JWT",
	    "\"iss\":\"https://fetched.example\",\"sub\":\"build\"", NULL },
	[ID_JAG] = { "id_jag", "oauth-id-jag+jwt", "\"iss\":\"https://idp.example\",\"sub\":\"alice\","
	    "\"client_id\":\"desk\",\"resource\":\"https://mcp.example/mcp\",\"scope\":\"mcp:read\"", NULL },
	[CLIENT_ASSERTION] = { "client_assertion", NULL, "\"iss\":\"keyed\",\"sub\":\"keyed\"", NULL },
	[PROOF] = { "proof", NULL, NULL, AS "/token" },
	[PUSH_PROOF] = { "push_proof", NULL, NULL, AS "/par" },
};

static inline struct mp_key *other_key(void)
{
	static struct mp_key *key;
	json_t *jwk;

	if (key != NULL)
		return key;
	jwk = json_loads(OTHER_KEY, 0, NULL);
	if (mp_jwk_parse(jwk, true, &key, NULL))
		abort();
	json_decref(jwk);
	return key;
}

static inline void sign_claims(const char *typ, const char *claims, struct mp_secret *token)
{
	json_t *header = typ != NULL ? json_pack("{s:s}", "typ", typ) : json_object(), *payload;
	char text[1024];

	snprintf(text, sizeof(text), "{%s,\"aud\":\"" AS "\",\"iat\":%d,\"exp\":%d,\"jti\":\"j\"}", claims,
	    NOW, NOW + 300);
	payload = json_loads(text, 0, NULL);
	if (mp_jws_sign(other_key(), MP_EDDSA, header, payload, token, NULL))
		abort();
	json_decref(header);
	json_decref(payload);
}

/* Made once a program. */
static inline const char *signed_text(enum proof which)
{
	static struct mp_secret made[PROOFS];
	struct issuer_world chance = { .calls = (uint8_t)(16 * which) };        /* for its jti */
	const struct mp_dpop_inputs inputs = { .method = "POST", .url = proofs[which].url, .now = NOW,
		.random = count_up, .random_ctx = &chance };

	if (mp_secret_present(&made[which]))
		return mp_secret_reveal(&made[which]);
	if (proofs[which].url == NULL)
		sign_claims(proofs[which].typ, proofs[which].claims, &made[which]);
	else if (mp_dpop_prove(other_key(), &inputs, &made[which], NULL))
		abort();
	return mp_secret_reveal(&made[which]);
}

/* --- the issuer --- */
static inline const char *world_users(void)
{
	static char users[1024];
	char *line = NULL;

	if (users[0] != '\0')
		return users;
	if (mp_password_hash("secret", (const uint8_t[16]){ 1 }, 10, &line, NULL))
		abort();
	snprintf(users, sizeof(users), "[{\"username\":\"alice\",\"password_hash\":\"%s\"},"
	    "{\"username\":\"bob\",\"password_hash\":\"%s\",\"name\":\"Bob\",\"scopes\":[\"mcp:read\"]}]",
	    line, line);
	free(line);
	return users;
}

static inline void know_clients(struct mp_issuer_config *config)
{
	static char web[] = "https://app.example/cb", loopback[] = "http://127.0.0.1/cb";
	static char echo[] = "https://mcp.example/mcp";
	static char *redirects[] = { web, loopback }, *audiences[] = { echo };
	static const struct mp_issuer_client clients[] = {
		{ .client_id = "machine", .client_secret = "s3cret", .grants = "client_credentials",
		  .scope = "mcp:read", .audiences = { audiences, 1 } },
		{ .client_id = "keyed", .jwks = OTHER_JWKS, .grants = "client_credentials" },
		{ .client_id = "desk", .client_secret = "s3cret",
		  .grants = MP_GRANT_JWT_BEARER " " MP_GRANT_TOKEN_EXCHANGE " client_credentials" },
		{ .client_id = "app", .client_name = "App", .redirect_uris = { redirects, 2 },
		  .grants = "authorization_code refresh_token " MP_GRANT_DEVICE },
		{ .client_id = "server", .client_secret = "s3cret", .introspects = { audiences, 1 },
		  .grants = MP_GRANT_TOKEN_EXCHANGE },
	};
	static const struct mp_issuer_trusted trusted[] = {
		{ .issuer = "https://platform.example", .what = MP_TRUST_WORKLOAD, .jwks = OTHER_JWKS },
		{ .issuer = "https://fetched.example", .what = MP_TRUST_WORKLOAD,
		  .jwks_uri = "https://keys.example/jwks", .scope = "mcp:read", .reusable = true },
		{ .issuer = "https://idp.example", .what = MP_TRUST_ID_JAG, .jwks = OTHER_JWKS },
	};

	config->clients = clients;
	config->client_count = MP_COUNT(clients);
	config->trusted = trusted;
	config->trusted_count = MP_COUNT(trusted);
}

/* switches: words of an input's first line. */
static inline void world_open(struct issuer_world *world, const char *switches)
{
	static const struct mp_issuer_scope scopes[] = { { "mcp:read", "See" }, { "mcp:tools", 0 } };
	static const char *const proxies[] = { "10.0.0.1", "2001:db8::1" };
	static const char *const vouched[] = { "https://other-as.example" };
	static const char *const origins[] = { "https://page.example" };
	struct mp_issuer_config config = { .issuer = AS, .scopes = scopes,
		.scope_count = MP_COUNT(scopes), .random = count_up, .random_ctx = world,
		.signing_key = ISSUER_KEY, .users = world_users(), .fetch = fetch, .vouched = vouched,
		.vouched_count = 1, .cors_origins = origins, .cors_count = 1, .device_interval = 1,
		.default_resource = "https://mcp.example/mcp", .proxies = proxies,
		.proxy_count = MP_COUNT(proxies) };

	config.opaque_tokens = strstr(switches, "opaque") != NULL;
	config.require_pushed = strstr(switches, "pushed") != NULL;
	config.require_dpop_nonce = strstr(switches, "nonce") != NULL;
	config.require_resource_claim = strstr(switches, "claim") != NULL;
	know_clients(&config);
	memstore_open(&world->memstore, &config.store);
	if (mp_issuer_new(&config, &world->issuer, NULL) != MCPASS_OK)
		abort();
	world->calls = 0;
}

static inline void world_close(struct issuer_world *world)
{
	mp_issuer_free(world->issuer);
	memstore_close(world->memstore);
}

#endif
