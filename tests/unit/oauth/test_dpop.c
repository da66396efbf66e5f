/* Proof of possession: what a client proves. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/dpop.h"

#define NOW 1700000000
#define URL "https://rs.example/mcp"
#define TOKEN "at-1"
/* base64url(SHA-256("at-1")) */
#define ATH "R8PYaIQdcYEdkSc9TeGyiUqSAedmCQuOQImPRh1E3HI"

static const enum mp_alg algs[] = { MP_ES256, MP_RS256, MP_EDDSA, MP_ES384, MP_ES512, MP_PS256 };

/* Never the same twice. */
static int counter(void *ctx, uint8_t *out, size_t len)
{
	memset(out, 0, len);
	out[0] = ++*(uint8_t *)ctx;
	return 0;
}

static int broken(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	(void)out;
	(void)len;
	return -1;
}

static struct mp_key *new_key(enum mp_alg alg)
{
	struct mp_key *key = NULL;

	CHECK_EQ("a key", mp_key_generate(alg, &key, NULL), MCPASS_OK);
	return key;
}

static struct mp_secret new_secret(const char *text)
{
	struct mp_secret secret = { 0 };

	CHECK_EQ("a secret", mp_secret_set(&secret, text, NULL), MCPASS_OK);
	return secret;
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* spec: RFC 9449 4.2: the public key, and nothing that only its owner knows */
static void check_header(const char *label, const json_t *header)
{
	static const char *const allowed[] = { "kty", "crv", "x", "y", "n", "e", "use", "alg",
	    "kid" };
	json_t *jwk = json_object_get(header, "jwk"), *value;
	const char *name;

	CHECK_EQ("typ, alg, jwk", json_object_size(header), 3);
	CHECK_STR(label, text_of(header, "typ"), "dpop+jwt");
	CHECK_STR(label, text_of(header, "alg"), label);
	json_object_foreach(jwk, name, value) {
		bool known = false;

		for (size_t i = 0; i < COUNT(allowed); i++)
			known = known || strcmp(name, allowed[i]) == 0;
		CHECK(name, known && json_is_string(value));
	}
}

static void check_claims(const char *label, const json_t *claims, bool everything)
{
	CHECK_EQ(label, json_object_size(claims), everything ? 6 : 4);
	CHECK_STR(label, text_of(claims, "htm"), "POST");
	CHECK_STR("no query, no fragment", text_of(claims, "htu"), URL);
	CHECK_EQ(label, json_integer_value(json_object_get(claims, "iat")), NOW);
	CHECK_EQ("128 bits", json_string_length(json_object_get(claims, "jti")), 22);
	CHECK_STR(label, text_of(claims, "ath"), everything ? ATH : NULL);
	CHECK_STR(label, text_of(claims, "nonce"), everything ? "n-1" : NULL);
}

static void check_round_trip(enum mp_alg alg, const struct mp_key *key, bool everything)
{
	struct mp_secret token = new_secret(TOKEN), proof = { 0 };
	struct mp_dpop_inputs inputs = { "POST", URL "?a=1#b", everything ? &token : NULL,
	    everything ? "n-1" : NULL, NOW, counter, &(uint8_t){ 0 } };
	struct mp_span span = { TOKEN, strlen(TOKEN) };
	struct mp_dpop_expect expect = { "POST", URL "?c=2", everything ? &span : NULL,
	    mp_key_kid(key), NOW };
	struct mp_dpop_proof found = { 0 };
	const char *label = mp_alg_name(alg);
	struct mp_jws jws = { 0 };

	CHECK_EQ(label, mp_dpop_prove(key, &inputs, &proof, NULL), MCPASS_OK);
	CHECK_EQ(label, mp_jws_parse((struct mp_span){ mp_secret_reveal(&proof), proof.len }, &jws,
	    NULL), MCPASS_OK);
	check_header(label, jws.header);
	check_claims(label, jws.payload, everything);
	CHECK_EQ(label, mp_dpop_check(mp_secret_reveal(&proof), &expect, &found, NULL), MCPASS_OK);
	CHECK_STR(label, found.thumbprint, mp_key_kid(key));
	CHECK_STR(label, found.jti, text_of(jws.payload, "jti"));
	CHECK_STR(label, found.nonce, everything ? "n-1" : NULL);
	mp_dpop_proof_free(&found);
	CHECK("empty", found.thumbprint == NULL && found.jti == NULL && found.nonce == NULL);
	mp_jws_free(&jws);
	mp_secret_free(&proof);
	mp_secret_free(&token);
}

static void test_round_trip(void)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct mp_key *key = new_key(algs[i]);

		check_round_trip(algs[i], key, true);
		check_round_trip(algs[i], key, false);
		mp_key_free(key);
	}
}

/* Keys that name no algorithm, as they come from a file. */
static void test_alg_of_key(void)
{
	for (size_t i = 0; i < COUNT(algs); i++) {
		struct mp_key *made = new_key(algs[i]), *key = NULL;
		json_t *jwk = NULL;

		CHECK_EQ("written", mp_jwk_write(made, true, &jwk, NULL), MCPASS_OK);
		CHECK_EQ("without alg", json_object_del(jwk, "alg"), 0);
		CHECK_EQ("read", mp_jwk_parse(jwk, true, &key, NULL), MCPASS_OK);
		check_round_trip(algs[i] == MP_PS256 ? MP_RS256 : algs[i], key, true);
		json_decref(jwk);
		mp_key_free(key);
		mp_key_free(made);
	}
}

static char *jti_of(const struct mp_key *key, const struct mp_dpop_inputs *inputs)
{
	struct mp_dpop_expect expect = { inputs->method, inputs->url, NULL, NULL, NOW };
	struct mp_dpop_proof found = { 0 };
	struct mp_secret proof = { 0 };

	CHECK_EQ("proven", mp_dpop_prove(key, inputs, &proof, NULL), MCPASS_OK);
	CHECK_EQ("right", mp_dpop_check(mp_secret_reveal(&proof), &expect, &found, NULL), MCPASS_OK);
	mp_secret_free(&proof);
	free(found.thumbprint);
	free(found.nonce);
	return found.jti;
}

static void test_fresh(const struct mp_key *key)
{
	uint8_t count = 0;
	struct mp_dpop_inputs inputs = { "GET", URL, NULL, NULL, NOW, counter, &count };
	char *first = jti_of(key, &inputs), *second = jti_of(key, &inputs);

	CHECK_STR("first", first, "AQAAAAAAAAAAAAAAAAAAAA");
	CHECK_STR("and then another", second, "AgAAAAAAAAAAAAAAAAAAAA");
	free(first);
	free(second);
}

static const struct {
	const char *label, *nonce;
	enum mcpass_rc want;
} nonce_rows[] = {
	{ "the whole alphabet's ends", "!#[]~", MCPASS_OK },
	{ "empty", "", MCPASS_E_PROTOCOL },
	{ "a space", "a b", MCPASS_E_PROTOCOL },
	{ "a quote", "a\"b", MCPASS_E_PROTOCOL },
	{ "a backslash", "a\\b", MCPASS_E_PROTOCOL },
	{ "a control", "a\n", MCPASS_E_PROTOCOL },
	{ "DEL", "\x7f", MCPASS_E_PROTOCOL },
	{ "not UTF-8", "\xff", MCPASS_E_PROTOCOL },
};

static void test_nonce(const struct mp_key *key)
{
	static char large[MP_MAX_TOKEN + 1];
	struct mp_dpop_inputs inputs = { "POST", URL, NULL, large, NOW, counter, &(uint8_t){ 0 } };
	struct mp_secret proof = { 0 };

	for (size_t i = 0; i < COUNT(nonce_rows); i++) {
		struct mcpass_error err = { 0 };

		inputs.nonce = nonce_rows[i].nonce;
		CHECK_EQ(nonce_rows[i].label, mp_dpop_prove(key, &inputs, &proof, &err),
		    nonce_rows[i].want);
		CHECK(nonce_rows[i].label, mp_secret_present(&proof) == (err.rc == MCPASS_OK));
		mp_secret_free(&proof);
	}
	memset(large, 'n', sizeof(large) - 1);
	inputs.nonce = large;
	CHECK_EQ("too much of it", mp_dpop_prove(key, &inputs, &proof, NULL), MCPASS_E_LIMIT);
	CHECK("untouched", !mp_secret_present(&proof));
}

static void test_cannot_prove(const struct mp_key *key)
{
	struct mp_dpop_inputs inputs = { "POST", URL, NULL, NULL, NOW, broken, NULL };
	struct mp_secret proof = { 0 };
	struct mp_key *public = NULL;
	struct mcpass_error err = { 0 };
	json_t *jwk = NULL;

	CHECK_EQ("no randomness", mp_dpop_prove(key, &inputs, &proof, &err), MCPASS_E_IO);
	CHECK_STR("what we did", err.doing, "proving possession of our key (DPoP)");
	CHECK_EQ("written", mp_jwk_write(key, false, &jwk, NULL), MCPASS_OK);
	CHECK_EQ("read", mp_jwk_parse(jwk, false, &public, NULL), MCPASS_OK);
	inputs.random = counter;
	inputs.random_ctx = &(uint8_t){ 0 };
	CHECK_EQ("a public key", mp_dpop_prove(public, &inputs, &proof, NULL), MCPASS_E_USAGE);
	CHECK("untouched", !mp_secret_present(&proof));
	json_decref(jwk);
	mp_key_free(public);
}

/* The examples of RFC 9449 4.1 and 7.1, with the thumbprint of 6.1. */
#define RFC_HEADER "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6" \
	"Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpi" \
	"VFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."
#define RFC_TOKEN "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
#define RFC_JKT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

static void test_rfc(void)
{
	static const char at_as[] = RFC_HEADER
	    "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4"
	    "YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ."
	    "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
	static const char at_rs[] = RFC_HEADER
	    "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5l"
	    "eGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJa"
	    "M0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9."
	    "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
	struct mp_span token = { RFC_TOKEN, strlen(RFC_TOKEN) };
	struct mp_dpop_expect as = { "POST", "https://server.example.com/token", NULL, NULL,
	    1562262616 };
	struct mp_dpop_expect rs = { "GET", "https://resource.example.org/protectedresource", &token,
	    RFC_JKT, 1562262618 };
	struct mp_dpop_proof found = { 0 };

	CHECK_EQ("4.1", mp_dpop_check(at_as, &as, &found, NULL), MCPASS_OK);
	CHECK_STR("4.1", found.jti, "-BwC3ESc6acc2lTc");
	CHECK_STR("6.1", found.thumbprint, RFC_JKT);
	mp_dpop_proof_free(&found);
	CHECK_EQ("7.1", mp_dpop_check(at_rs, &rs, &found, NULL), MCPASS_OK);
	CHECK_STR("7.1", found.jti, "e1j3V_bKic8-LAEB");
	mp_dpop_proof_free(&found);
}

static void no_memory(const struct mp_key *key)
{
	struct mp_secret token = new_secret(TOKEN);
	struct mp_dpop_inputs inputs = { "POST", URL, &token, "n-1", NOW, counter, &(uint8_t){ 0 } };

	OOM_EACH {
		struct mp_secret proof = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_dpop_prove(key, &inputs, &proof, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
		CHECK("untouched", mp_secret_present(&proof) == (rc == MCPASS_OK));
		mp_secret_free(&proof);
	}
	mp_secret_free(&token);
}

int main(void)
{
	struct mp_key *key = new_key(MP_ES256);

	test_round_trip();
	test_alg_of_key();
	test_fresh(key);
	test_nonce(key);
	test_cannot_prove(key);
	test_rfc();
	no_memory(key);
	mp_key_free(key);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
