/* The guard: whatever is sent, only a token that it should let in gets in.
 *
 * The first line says what the rest is:
 *   authorization  the header's value           query     the query string
 *   unsigned       a JWT's header, a line end, its payload; no signature
 *   signed         a payload, signed by the issuer
 *   metadata, keys a document of the issuer's
 *   word           the issuer's answer about an opaque token
 *   bound          a payload, signed by the issuer, bound to a key and sent with its proof
 *   proof          a proof's header, a line end, its payload, signed by that key ("{}" gets
 *                  the right header); sent with a good token
 *   dpop           the DPoP header's value, sent with a good token                       */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "mcpass/guard.h"
#include "oauth/dpop.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"
#include "wire/jose/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define NOW INT64_C(1800000000)
#define ISSUER "https://as.example"
#define RESOURCE "https://mcp.example/mcp"
#define JWKS ISSUER "/jwks"

static struct mp_key *key, *client;     /* the issuer's, the client's */
static char *set, *thumbprint;
static const uint8_t secret[] = "0123456789abcdef0123456789abcdef";

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void make_key(void)
{
	json_t *jwk = NULL, *json;

	check(mp_key_generate(MP_EDDSA, &key, NULL) == MCPASS_OK);
	check(mp_jwk_write(key, false, &jwk, NULL) == MCPASS_OK);
	json = json_pack("{s:[o]}", "keys", jwk);
	set = mp_json_dump(json);
	json_decref(json);
	check(mp_key_generate(MP_EDDSA, &client, NULL) == MCPASS_OK);
	check(mp_jwk_thumbprint(client, &thumbprint, NULL) == MCPASS_OK);
}

static struct mcpass_guard *new_guard(const char *jwks_uri)
{
	static const char *const roles[] = { "admin", NULL };
	static const struct mcpass_scope_rule rules[] = { { "tools/*", "echo", "a b", roles },
		{ "*", NULL, "a", NULL } };
	static const struct mcpass_scope_implication all = { "all", "a b" };
	static const struct mcpass_introspection introspection = { .client_id = "c",
		.client_secret = "s3cret", .endpoint = ISSUER "/introspect" };
	static const char *const role_claims[] = { "roles", "realm_access.roles" };
	struct mcpass_guard_issuer issuer = { ISSUER, jwks_uri, &introspection };
	struct mcpass_guard_config cfg = { .size = sizeof(cfg), .resource = RESOURCE,
		.issuers = &issuer, .issuer_count = 1, .rules = rules, .rule_count = 2,
		.implications = &all, .implication_count = 1, .dpop = MCPASS_DPOP_ACCEPTED,
		.nonce_secret = secret, .nonce_secret_len = sizeof(secret),
		.role_claims = role_claims, .role_claim_count = 2 };
	struct mcpass_guard *guard = NULL;

	check(mcpass_guard_new(&cfg, &guard, NULL) == MCPASS_OK);
	return guard;
}

/* What must hold of every verdict. */
static enum mcpass_verdict_type judge(struct mcpass_guard *guard, const char *authorization,
    const char *proof, const char *query, bool may_allow)
{
	struct mcpass_header headers[] = { { "DPoP", proof }, { "Authorization", authorization } };
	struct mcpass_operation operation = { "ping", NULL };
	struct mcpass_guard_request request = { .headers = headers + (proof == NULL),
		.header_count = (size_t)(proof != NULL) + (authorization != NULL), .query = query,
		.method = "POST",
		.operations = &operation, .operation_count = 1, .now = NOW };
	struct mcpass_verdict verdict;

	check(mcpass_guard_check(guard, &request, &verdict, NULL) == MCPASS_OK);
	if (verdict.type == MCPASS_ALLOW) {
		check(may_allow && strcmp(verdict.issuer, ISSUER) == 0);
		check(verdict.subject != NULL || verdict.client_id != NULL);
		check(verdict.expires_at == 0 || verdict.expires_at > NOW - MP_CLOCK_SKEW - 1);
		check(strstr(verdict.scope, "a") != NULL);
		check(verdict.dpop_nonce == NULL);
	} else if (verdict.type == MCPASS_DENY) {
		check(verdict.status == 503 || verdict.www_authenticate != NULL);
		check((verdict.status == 401) == (verdict.dpop_nonce != NULL));
		check(verdict.www_authenticate == NULL
		    || strpbrk(verdict.www_authenticate, "\r\n") == NULL);
		check(verdict.reason != NULL && strpbrk(verdict.reason, "\r\n") == NULL);
	} else if (strcmp(verdict.fetch->method, "POST") == 0) {
		check(strcmp(verdict.fetch->url, ISSUER "/introspect") == 0);
		check(strstr(verdict.fetch->body, "token=") != NULL);
	} else {
		check(mp_span_is_nocase((struct mp_span){ verdict.fetch->url, 8 }, "https://"));
	}
	return verdict.type;
}

static void judge_unsigned(struct mcpass_guard *guard, const char *text, size_t len)
{
	const char *line = memchr(text, '\n', len);
	size_t first = line != NULL ? (size_t)(line - text) : len;
	struct mp_buf value;

	mp_buf_init(&value, 2 * MP_MAX_TOKEN);
	mp_buf_adds(&value, "Bearer ");
	mp_b64url_add(&value, text, first);
	mp_buf_addc(&value, '.');
	if (line != NULL)
		mp_b64url_add(&value, line + 1, len - first - 1);
	mp_buf_adds(&value, ".AAAA");
	if (!value.failed)
		judge(guard, mp_buf_text(&value), NULL, NULL, false);
	mp_buf_free(&value);
}

static void judge_signed(struct mcpass_guard *guard, const char *text, size_t len)
{
	json_t *payload = NULL;
	struct mp_secret token = { 0 };
	struct mp_buf value;

	if (mp_json_parse(text, len, MP_MAX_TOKEN / 2, "", &payload, NULL) != MCPASS_OK)
		return;
	mp_buf_init(&value, 2 * MP_MAX_TOKEN);
	if (json_is_object(payload)
	    && mp_jws_sign(key, MP_EDDSA, NULL, payload, &token, NULL) == MCPASS_OK) {
		mp_buf_addf(&value, "Bearer %s", mp_secret_reveal(&token));
		judge(guard, mp_buf_text(&value), NULL, NULL, json_object_get(payload, "cnf") == NULL);
	}
	mp_secret_free(&token);
	mp_buf_free(&value);
	json_decref(payload);
}

static json_t *read_object(const char *text, size_t len)
{
	json_t *json = NULL;

	if (mp_json_parse(text, len, MP_MAX_TOKEN / 2, "", &json, NULL) == MCPASS_OK
	    && json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

/* The payload as a token, bound to the client's key: the token, and "DPoP TOKEN". */
static void make_bound(json_t *payload, struct mp_secret *token, struct mp_buf *value)
{
	json_object_set_new(payload, "cnf", json_pack("{s:s}", "jkt", thumbprint));
	mp_buf_init(value, 2 * MP_MAX_TOKEN);
	check(mp_jws_sign(key, MP_EDDSA, NULL, payload, token, NULL) == MCPASS_OK);
	mp_buf_addf(value, "DPoP %s", mp_secret_reveal(token));
	check(!value->failed);
}

/* The nonce that serves now; free. */
static char *nonce_of(struct mcpass_guard *guard)
{
	struct mcpass_guard_request request = { .now = NOW, .method = "POST" };
	struct mcpass_verdict verdict;
	char *nonce = NULL;

	check(mcpass_guard_check(guard, &request, &verdict, NULL) == MCPASS_OK);
	check(mp_set(&nonce, verdict.dpop_nonce, NULL) == MCPASS_OK && nonce != NULL);
	return nonce;
}

static int no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 'r', len);
	return 0;
}

/* A proof is good once. */
static void judge_bound(struct mcpass_guard *guard, const char *text, size_t len)
{
	json_t *payload = read_object(text, len);
	struct mp_secret token = { 0 }, proof = { 0 };
	char *nonce = nonce_of(guard);
	struct mp_dpop_inputs inputs = { .method = "POST", .url = RESOURCE, .access_token = &token,
		.nonce = nonce, .now = NOW, .random = no_random };
	struct mp_buf value;

	if (payload != NULL) {
		make_bound(payload, &token, &value);
		check(mp_dpop_prove(client, &inputs, &proof, NULL) == MCPASS_OK);
		if (judge(guard, mp_buf_text(&value), mp_secret_reveal(&proof), NULL, true)
		    == MCPASS_ALLOW)
			check(judge(guard, mp_buf_text(&value), mp_secret_reveal(&proof), NULL, false)
			    == MCPASS_DENY);
		mp_secret_free(&proof);
		mp_secret_free(&token);
		mp_buf_free(&value);
	}
	free(nonce);
	json_decref(payload);
}

/* A token that would be let in with a good proof. */
static void make_good(struct mp_secret *token, struct mp_buf *value)
{
	json_t *payload = json_pack("{s:s s:s s:I s:s s:s}", "iss", ISSUER, "aud", RESOURCE, "exp",
	    (json_int_t)NOW + 300, "sub", "s", "scope", "all a");

	make_bound(payload, token, value);
	json_decref(payload);
}

/* What let a proof in says that it should; spec: RFC 9449 4.3 */
static bool is_right(const json_t *header, const json_t *payload, const struct mp_secret *token,
    const char *nonce)
{
	const char *typ = json_string_value(json_object_get(header, "typ"));
	double iat = json_number_value(json_object_get(payload, "iat"));
	char *ath = NULL;
	bool right;

	check(mp_sha256_b64url(mp_secret_reveal(token), &ath, NULL) == MCPASS_OK);
	right = mp_eq(typ, "dpop+jwt") && iat >= NOW - MP_DPOP_WINDOW && iat <= NOW + MP_DPOP_WINDOW
	    && mp_eq(json_string_value(json_object_get(payload, "htm")), "POST")
	    && mp_eq(json_string_value(json_object_get(payload, "htu")), RESOURCE)
	    && mp_eq(json_string_value(json_object_get(payload, "nonce")), nonce)
	    && mp_eq(json_string_value(json_object_get(payload, "ath")), ath)
	    && json_is_string(json_object_get(payload, "jti"));
	free(ath);
	return right;
}

/* Puts in what a fuzzer cannot know: "NONCE" and "ATH" stand for the right ones. */
static void complete(json_t *header, json_t *payload, const struct mp_secret *token,
    const char *nonce)
{
	char *ath = NULL;
	json_t *jwk = NULL;

	check(mp_sha256_b64url(mp_secret_reveal(token), &ath, NULL) == MCPASS_OK);
	check(mp_jwk_write(client, false, &jwk, NULL) == MCPASS_OK);
	if (json_object_size(header) == 0)
		json_object_set_new(header, "typ", json_string("dpop+jwt"));
	if (json_object_get(header, "jwk") == NULL)
		json_object_set(header, "jwk", jwk);
	if (mp_eq(json_string_value(json_object_get(payload, "nonce")), "NONCE"))
		json_object_set_new(payload, "nonce", json_string(nonce));
	if (mp_eq(json_string_value(json_object_get(payload, "ath")), "ATH"))
		json_object_set_new(payload, "ath", json_string(ath));
	json_decref(jwk);
	free(ath);
}

static void judge_proof(struct mcpass_guard *guard, const char *text, size_t len)
{
	const char *line = memchr(text, '\n', len);
	json_t *header = line != NULL ? read_object(text, (size_t)(line - text)) : NULL;
	json_t *payload = line != NULL
	    ? read_object(line + 1, len - (size_t)(line - text) - 1) : NULL;
	struct mp_secret token = { 0 }, proof = { 0 };
	struct mp_buf value;
	char *nonce = nonce_of(guard);

	make_good(&token, &value);
	if (header != NULL && payload != NULL) {
		complete(header, payload, &token, nonce);
		if (mp_jws_sign(client, MP_EDDSA, header, payload, &proof, NULL) == MCPASS_OK)
			judge(guard, mp_buf_text(&value), mp_secret_reveal(&proof), NULL,
			    is_right(header, payload, &token, nonce));
	}
	mp_secret_free(&proof);
	mp_secret_free(&token);
	mp_buf_free(&value);
	free(nonce);
	json_decref(header);
	json_decref(payload);
}

/* Bytes that no key signed. */
static void judge_dpop(struct mcpass_guard *guard, const char *text)
{
	struct mp_secret token = { 0 };
	struct mp_buf value;

	make_good(&token, &value);
	check(judge(guard, mp_buf_text(&value), text, NULL, false) == MCPASS_DENY);
	mp_secret_free(&token);
	mp_buf_free(&value);
}

/* What a word that let a token in says; spec: RFC 7662 2.2 */
static bool is_good_word(const json_t *word)
{
	const json_t *aud = json_object_get(word, "aud");
	bool ours = mp_eq(json_string_value(aud), RESOURCE);
	double exp = json_number_value(json_object_get(word, "exp"));

	for (size_t i = 0; i < json_array_size(aud); i++)
		ours = ours || mp_eq(json_string_value(json_array_get(aud, i)), RESOURCE);
	return ours && json_is_true(json_object_get(word, "active"))
	    && json_object_get(word, "cnf") == NULL
	    && (json_object_get(word, "exp") == NULL || exp > NOW - MP_CLOCK_SKEW)
	    && json_number_value(json_object_get(word, "nbf")) <= NOW + MP_CLOCK_SKEW;
}

static void judge_word(struct mcpass_guard *guard, const char *text, size_t len)
{
	struct mcpass_header header = { "Authorization", "Bearer opaque" };
	struct mcpass_operation operation = { "ping", NULL };
	struct mcpass_guard_request request = { .headers = &header, .header_count = 1,
		.method = "POST", .operations = &operation, .operation_count = 1, .now = NOW };
	struct mcpass_verdict verdict;
	json_t *word = read_object(text, len);

	check(mcpass_guard_check(guard, &request, &verdict, NULL) == MCPASS_OK
	    && verdict.type == MCPASS_FETCH);
	(void)mcpass_guard_fetched(guard, verdict.fetch->key, 200, text, len, NOW, NULL);
	check(judge(guard, header.value, NULL, NULL, word != NULL && is_good_word(word))
	    != MCPASS_FETCH);
	json_decref(word);
}

/* Hands a document to a guard that waits for one, then asks with a token by a stranger's
 * hand. */
static void judge_document(const char *jwks_uri, const char *url, const char *text, size_t len)
{
	static const char token[] = "{\"alg\":\"EdDSA\"}\n{\"iss\":\"" ISSUER "\",\"aud\":\"" RESOURCE
		"\",\"exp\":1900000000,\"sub\":\"s\",\"scope\":\"a\"}";
	struct mcpass_guard *guard = new_guard(jwks_uri);

	(void)mcpass_guard_fetched(guard, url, 200, text, len, NOW, NULL);
	judge_unsigned(guard, token, strlen(token));
	mcpass_guard_free(guard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *line = len > 0 ? memchr(data, '\n', len) : NULL;
	const char *text = line != NULL ? line + 1 : NULL;
	size_t rest = line != NULL ? len - (size_t)(text - (const char *)data) : 0;
	struct mp_span what = { (const char *)data, len - rest - 1 };
	struct mcpass_guard *guard;
	char *copy;

	if (line == NULL)
		return 0;
	if (key == NULL)
		make_key();
	copy = mp_dup_span((struct mp_span){ text, rest });
	guard = new_guard(JWKS);
	check(copy != NULL && mcpass_guard_fetched(guard, JWKS, 200, set, strlen(set), NOW, NULL)
	    == MCPASS_OK);
	if (mp_span_is(what, "authorization"))
		judge(guard, copy, NULL, NULL, false);
	else if (mp_span_is(what, "query"))
		judge(guard, NULL, NULL, copy, false);
	else if (mp_span_is(what, "unsigned"))
		judge_unsigned(guard, text, rest);
	else if (mp_span_is(what, "signed"))
		judge_signed(guard, text, rest);
	else if (mp_span_is(what, "bound"))
		judge_bound(guard, text, rest);
	else if (mp_span_is(what, "proof"))
		judge_proof(guard, text, rest);
	else if (mp_span_is(what, "dpop"))
		judge_dpop(guard, copy);
	else if (mp_span_is(what, "word"))
		judge_word(guard, text, rest);
	else if (mp_span_is(what, "metadata"))
		judge_document(NULL, ISSUER "/.well-known/oauth-authorization-server", text, rest);
	else if (mp_span_is(what, "keys"))
		judge_document(JWKS, JWKS, text, rest);
	mcpass_guard_free(guard);
	free(copy);
	return 0;
}
