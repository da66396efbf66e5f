/* kit_extensions.h - an issuer that knows clients, trusts issuers and fetches. */
#ifndef KIT_EXTENSIONS_H
#define KIT_EXTENSIONS_H
#include "kit.h"
#include "oauth/clientauth.h"
#include "oauth/dpop.h"
#include "oauth/grants.h"

#define PLATFORM "https://platform.example"
#define IDP "https://idp.example"
#define OTHER_AS "https://other-as.example"
#define DOCUMENT "https://client.example/client.json"

/* What stands on the web, at one URL. */
struct web {
	const char *url, *body;
	int status;
	unsigned fetches;
};
static struct web web;
static int64_t web_fresh = -1;          /* seconds that it says it may be kept; -1: it does not */

static inline enum mcpass_rc web_fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err)
{
	(void)ctx;
	web.fetches++;
	if (!mp_eq(url, web.url))
		return mp_fail(err, MCPASS_E_IO, NULL, "no such host");
	ret_answer->status = web.status;
	CHECK_EQ("how long is not known before", ret_answer->fresh, -1);
	ret_answer->fresh = web_fresh;
	mp_buf_adds(body, web.body);
	return MCPASS_OK;
}

/* Two keys, made once a program: ours[0] is known to everybody, ours[1] to nobody. */
static inline struct mp_key *kit_keys(size_t i)
{
	static struct mp_key *keys[2];

	if (keys[i] == NULL && mp_key_generate(MP_ES256, &keys[i], NULL))
		exit(EXIT_FAILURE);
	return keys[i];
}

static inline const char *kit_jwks(void)
{
	static char text[1024];
	json_t *jwk = NULL, *set;
	char *dump;

	if (text[0] != '\0')
		return text;
	mp_jwk_write(kit_keys(0), false, &jwk, NULL);
	set = json_pack("{s:[o]}", "keys", jwk);
	dump = mp_json_dump(set);
	snprintf(text, sizeof(text), "%s", dump);
	mp_free_wiped(dump);
	json_decref(set);
	return text;
}

/* The issuer of the extensions; switches may be changed before it is made. */
static inline struct mp_issuer_config kit_extended(void)
{
	static struct mp_issuer_client clients[] = {
		{ .client_id = "machine", .client_secret = "s3cret", .grants = "client_credentials",
		  .scope = "mcp:read mcp:tools" },
		{ .client_id = "keyed", .grants = "client_credentials" },
		{ .client_id = "open", .grants = "client_credentials " MP_GRANT_TOKEN_EXCHANGE },
		{ .client_id = "desk", .client_secret = "s3cret", .grants = MP_GRANT_JWT_BEARER " " MP_GRANT_TOKEN_EXCHANGE },
	};
	static struct mp_issuer_trusted trusted[] = {
		{ .issuer = PLATFORM, .what = MP_TRUST_WORKLOAD, .scope = "mcp:read mcp:tools" },
		{ .issuer = IDP, .what = MP_TRUST_ID_JAG },
	};
	static const char *const vouched[] = { OTHER_AS };
	struct mp_issuer_config config = kit_config(AS);

	clients[1].jwks = trusted[0].jwks = trusted[1].jwks = kit_jwks();
	config.clients = clients;
	config.client_count = COUNT(clients);
	config.trusted = trusted;
	config.trusted_count = COUNT(trusted);
	config.vouched = vouched;
	config.vouched_count = COUNT(vouched);
	config.fetch = web_fetch;
	return config;
}

static inline void kit_open_extended(struct kit *kit, struct mp_issuer_config config)
{
	*kit = (struct kit){ .now = START };
	memstore_open(&kit->memstore, &config.store);
	CHECK_EQ("an issuer", mp_issuer_new(&config, &kit->issuer, &kit->err), MCPASS_OK);
}

/* A JWT: base with patch over it (null removes a claim). */
static inline const char *kit_jwt(const struct mp_key *key, const char *typ, const char *base,
    const char *patch)
{
	json_t *claims = json_loads(base, 0, NULL), *header = json_object();
	json_t *more = json_loads(patch[0] != '\0' ? patch : "{}", 0, NULL), *value;
	struct mp_secret token = { 0 };
	const char *name, *text;

	json_object_foreach(more, name, value) {
		if (json_is_null(value))
			json_object_del(claims, name);
		else
			json_object_set(claims, name, value);
	}
	if (typ != NULL)
		json_object_set_new(header, "typ", json_string(typ));
	if (mp_jws_sign(key, MP_ES256, header, claims, &token, NULL))
		exit(EXIT_FAILURE);
	text = kit_text(mp_secret_reveal(&token), token.len);
	mp_secret_free(&token);
	json_decref(claims);
	json_decref(header);
	json_decref(more);
	return text;
}

/* A DPoP proof by a key for the token endpoint. */
static inline const char *kit_proof(const struct kit *kit, const struct mp_key *key,
    const char *url, const char *nonce)
{
	const struct mp_dpop_inputs inputs = { .method = "POST", .url = url, .nonce = nonce,
		.now = kit->now, .random = kit_random };
	struct mp_secret proof = { 0 };
	const char *text;

	if (mp_dpop_prove(key, &inputs, &proof, NULL))
		exit(EXIT_FAILURE);
	text = kit_text(mp_secret_reveal(&proof), proof.len);
	mp_secret_free(&proof);
	return text;
}

static inline int kit_post_proved(struct kit *kit, const char *form, const char *proof)
{
	const struct mcpass_header header = { "DPoP", proof };

	return kit_ask(kit, &(struct ask){ .method = "POST", .path = "/token", .type = FORM,
	    .body = form, .extra = &header });
}

#endif
