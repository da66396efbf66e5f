/* dpop.h - bound tokens, their proofs and guards that ask for them, for the tests of this
 * room.  make_keys() comes first, free_keys() last. */
#ifndef MP_TEST_DPOP_H
#define MP_TEST_DPOP_H
#include "mint.h"
#include "wire/jose/crypto.h"

static struct mp_key *issuer;           /* signs the tokens */
static struct mp_key *client, *other;   /* hold the tokens; somebody else's */
static char *set;
static const uint8_t secret[MP_MIN_NONCE_SECRET] = "0123456789abcdef0123456789abcdef";

struct token {
	char *text;                     /* without a scheme */
	char *ath;
};

/* bound NULL: bound to no key.  changes: further claims. */
static inline struct token new_token(const struct mp_key *bound, const char *changes)
{
	json_t *payload = claims(changes);
	struct mp_secret signed_text = { 0 };
	struct token token = { 0 };
	char *thumbprint = NULL;

	if (bound != NULL) {
		must(mp_jwk_thumbprint(bound, &thumbprint, NULL) == MCPASS_OK, "a thumbprint");
		json_object_set_new(payload, "cnf", json_pack("{s:s}", "jkt", thumbprint));
		free(thumbprint);
	}
	must(mp_jws_sign(issuer, MP_ES256, NULL, payload, &signed_text, NULL) == MCPASS_OK,
	    "a token");
	must(mp_set(&token.text, mp_secret_reveal(&signed_text), NULL) == MCPASS_OK
	    && mp_sha256_b64url(token.text, &token.ath, NULL) == MCPASS_OK, "a token");
	mp_secret_free(&signed_text);
	json_decref(payload);
	return token;
}

static inline void free_token(struct token *token)
{
	free(token->text);
	free(token->ath);
}

/* A good proof but for the changes (null takes a claim away) and the nonce; its jti is
 * another each time.  Free. */
static inline char *new_proof_by(const struct mp_key *key, enum mp_alg alg, const struct token *token,
    const char *changes, const char *nonce)
{
	static int serial;
	json_t *change = json_loads(changes != NULL ? changes : "{}", 0, NULL), *value, *jwk = NULL;
	json_t *header, *payload;
	struct mp_secret proof = { 0 };
	char jti[24], *text = NULL;
	const char *name;

	snprintf(jti, sizeof(jti), "proof %d", ++serial);
	must(mp_jwk_write(key, false, &jwk, NULL) == MCPASS_OK && change != NULL, "a proof");
	json_object_del(jwk, "alg");
	header = json_pack("{s:s s:o}", "typ", "dpop+jwt", "jwk", jwk);
	payload = json_pack("{s:s s:s s:s s:I s:s}", "jti", jti, "htm", "POST", "htu", RESOURCE,
	    "iat", (json_int_t)NOW, "ath", token->ath);
	if (nonce != NULL)
		json_object_set_new(payload, "nonce", json_string(nonce));
	json_object_foreach(change, name, value) {
		if (json_is_null(value))
			json_object_del(payload, name);
		else
			json_object_set(payload, name, value);
	}
	must(mp_jws_sign(key, alg, header, payload, &proof, NULL) == MCPASS_OK
	    && mp_set(&text, mp_secret_reveal(&proof), NULL) == MCPASS_OK, "a proof");
	mp_secret_free(&proof);
	json_decref(change);
	json_decref(header);
	json_decref(payload);
	return text;
}

static inline char *new_proof(const struct token *token, const char *changes, const char *nonce)
{
	return new_proof_by(client, MP_ES256, token, changes, nonce);
}

static inline struct mcpass_guard *new_dpop_guard(enum mcpass_dpop_mode mode, const uint8_t *nonces)
{
	struct mcpass_guard_config cfg = default_config();
	struct mcpass_guard *guard;

	cfg.dpop = mode;
	cfg.nonce_secret = nonces;
	cfg.nonce_secret_len = sizeof(secret);
	guard = new_guard(&cfg);
	must(mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL) == MCPASS_OK,
	    "the key set");
	return guard;
}

/* One request; scheme NULL: without Authorization; proof NULL: without DPoP. */
static inline enum mcpass_rc present(struct mcpass_guard *guard, const char *scheme,
    const struct token *token, const char *proof, const char *method, int64_t now,
    struct mcpass_verdict *ret_verdict)
{
	size_t room = scheme != NULL ? strlen(scheme) + strlen(token->text) + 2 : 1;
	char *value = malloc(room);
	struct mcpass_header headers[] = { { "DPoP", proof }, { "Authorization", value } };
	struct mcpass_operation operation = { method, NULL };
	struct mcpass_guard_request request = {
		.headers = headers + (proof == NULL), .header_count = (size_t)(proof != NULL)
		    + (scheme != NULL), .operations = &operation, .operation_count = 1, .now = now,
		.method = "POST",
	};
	enum mcpass_rc rc;

	if (value == NULL)
		return MCPASS_E_NOMEM;
	if (scheme != NULL)
		snprintf(value, room, "%s %s", scheme, token->text);
	rc = mcpass_guard_check(guard, &request, ret_verdict, NULL);
	free(value);
	return rc;
}

/* error NULL: let in. */
static inline void check_verdict(const char *label, const struct mcpass_verdict *verdict,
    const char *error)
{
	char want[64];

	CHECK_EQ(label, verdict->type, error == NULL ? MCPASS_ALLOW : MCPASS_DENY);
	if (error == NULL)
		return;
	snprintf(want, sizeof(want), "error=\"%s\"", error);
	CHECK_EQ(label, verdict->status, strcmp(error, "insufficient_scope") == 0 ? 403 : 401);
	CHECK_HAS(label, verdict->www_authenticate, want);
	if (strstr(error, "dpop") != NULL)      /* then another scheme would not help */
		CHECK(label, strncmp(verdict->www_authenticate, "DPoP ", 5) == 0);
}

static inline void make_keys(void)
{
	issuer = new_key(MP_ES256);
	client = new_key(MP_ES256);
	other = new_key(MP_ES256);
	set = key_set(issuer, NULL);
}

static inline void free_keys(void)
{
	free(set);
	mp_key_free(issuer);
	mp_key_free(client);
	mp_key_free(other);
}

#endif
