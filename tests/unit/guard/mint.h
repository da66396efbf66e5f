/* mint.h - tokens, key sets and a guard for the tests of this room. */
#ifndef MP_TEST_MINT_H
#define MP_TEST_MINT_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "mcpass/guard.h"
#include "wire/jose/b64url.h"
#include "wire/jose/jws.h"

#define NOW INT64_C(1800000000)
#define ISSUER "https://as.example/realms/r"
#define OTHER "https://other.example"
#define RESOURCE "https://mcp.example/mcp"
#define JWKS ISSUER "/jwks"
#define PRM_URL "https://mcp.example/.well-known/oauth-protected-resource/mcp"

static inline void must(bool ok, const char *what)
{
	if (!ok) {
		printf("cannot go on: %s\n", what);
		exit(EXIT_FAILURE);
	}
}

static inline struct mp_key *new_key(enum mp_alg alg)
{
	struct mp_key *key = NULL;

	must(mp_key_generate(alg, &key, NULL) == MCPASS_OK, "a key");
	return key;
}

/* The same key by another name. */
static inline struct mp_key *rename_key(const struct mp_key *key, const char *kid)
{
	struct mp_key *copy = NULL;
	json_t *jwk = NULL;

	must(mp_jwk_write(key, true, &jwk, NULL) == MCPASS_OK, "a JWK");
	json_object_set_new(jwk, "kid", json_string(kid));
	must(mp_jwk_parse(jwk, true, &copy, NULL) == MCPASS_OK, "a key by another name");
	json_decref(jwk);
	return copy;
}

/* The public key set of up to two keys; free. */
static inline char *key_set(const struct mp_key *a, const struct mp_key *b)
{
	json_t *set = json_object(), *keys = json_array(), *jwk = NULL;
	char *text;

	if (a != NULL && mp_jwk_write(a, false, &jwk, NULL) == MCPASS_OK)
		json_array_append_new(keys, jwk);
	if (b != NULL && mp_jwk_write(b, false, &jwk, NULL) == MCPASS_OK)
		json_array_append_new(keys, jwk);
	json_object_set_new(set, "keys", keys);
	text = mp_json_dump(set);
	json_decref(set);
	return text;
}

/* The claims of a good token with some changed: null takes a claim away. */
static inline json_t *claims(const char *changes)
{
	json_t *json = json_pack("{s:s s:s s:I s:I s:s s:s s:s}", "iss", ISSUER, "aud", RESOURCE,
	    "exp", (json_int_t)(NOW + 300), "iat", (json_int_t)NOW, "sub", "alice-id",
	    "client_id", "cli", "scope", "mcp:read");
	json_t *change = json_loads(changes != NULL ? changes : "{}", 0, NULL), *value;
	const char *name;

	must(change != NULL, changes);
	json_object_foreach(change, name, value) {
		if (json_is_null(value))
			json_object_del(json, name);
		else
			json_object_set(json, name, value);
	}
	json_decref(change);
	return json;
}

/* "Bearer ..."; free with mp_free_wiped(). */
static inline char *bearer(const struct mp_key *key, enum mp_alg alg, const char *header,
    const char *changes)
{
	json_t *head = header != NULL ? json_loads(header, 0, NULL) : NULL;
	json_t *payload = claims(changes);
	struct mp_secret token = { 0 };
	struct mp_buf value;
	char *text = NULL;

	must(header == NULL || head != NULL, "a header");
	must(mp_jws_sign(key, alg, head, payload, &token, NULL) == MCPASS_OK, "a signature");
	mp_buf_init(&value, MP_MAX_DOCUMENT);
	mp_buf_adds(&value, "Bearer ");
	mp_buf_adds(&value, mp_secret_reveal(&token));
	mp_buf_take(&value, "", &text, NULL);
	mp_secret_free(&token);
	json_decref(head);
	json_decref(payload);
	return text;
}

static const struct mcpass_guard_issuer one_issuer[] = { { ISSUER, JWKS, NULL } };
static const struct mcpass_scope_rule three_rules[] = {
	{ "tools/call", "whoami", "", NULL },
	{ "tools/call", NULL, "mcp:tools", NULL },
	{ "prompts/*", NULL, "mcp:prompts mcp:read", NULL },
	{ "*", NULL, "mcp:read", NULL },
};

static inline struct mcpass_guard_config default_config(void)
{
	return (struct mcpass_guard_config){
		.size = sizeof(struct mcpass_guard_config),
		.resource = RESOURCE, .issuers = one_issuer, .issuer_count = 1,
		.rules = three_rules, .rule_count = COUNT(three_rules),
	};
}

static inline struct mcpass_guard *new_guard(const struct mcpass_guard_config *cfg)
{
	struct mcpass_guard *guard = NULL;
	struct mcpass_error err = { 0 };

	must(mcpass_guard_new(cfg, &guard, &err) == MCPASS_OK, err.detail);
	return guard;
}

/* A guard that has the keys already. */
static inline struct mcpass_guard *guard_with(const char *set)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard = new_guard(&cfg);

	must(mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL) == MCPASS_OK,
	    "the key set");
	return guard;
}

/* Asks about one operation with one Authorization value (NULL: none). */
static inline enum mcpass_rc ask(struct mcpass_guard *guard, const char *authorization,
    const char *method, const char *name, int64_t now, struct mcpass_verdict *ret_verdict)
{
	struct mcpass_header header = { "authorization", authorization };
	struct mcpass_operation operation = { method, name };
	struct mcpass_guard_request request = {
		.headers = &header, .header_count = authorization != NULL ? 1 : 0,
		.operations = &operation, .operation_count = method != NULL ? 1 : 0, .now = now,
	};

	return mcpass_guard_check(guard, &request, ret_verdict, NULL);
}

#endif
