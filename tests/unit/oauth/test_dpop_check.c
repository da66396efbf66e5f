/* Proof of possession: everything that proves nothing. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "oauth/dpop.h"
#include "wire/jose/b64url.h"
#include "wire/jose/key.h"

#define NOW 1700000000
#define URL "https://rs.example/mcp"
#define TOKEN "at-1"
/* base64url(SHA-256("at-1")) */
#define ATH "R8PYaIQdcYEdkSc9TeGyiUqSAedmCQuOQImPRh1E3HI"
#define NO_TOKEN "is no signed token"
#define NOT_SIGNED "is not signed by the key"
#define BAD_KEY "a key that is not accepted"
#define OLD "not made just now"
#define LACKS "lacks jti or iat"

static const struct mp_span token = { TOKEN, sizeof(TOKEN) - 1 };
static struct mp_key *key, *other;      /* the client's, and somebody else's */

static json_t *jwk_of(const struct mp_key *of, bool with_private)
{
	json_t *jwk = NULL;

	CHECK_EQ("a JWK", mp_jwk_write(of, with_private, &jwk, NULL), MCPASS_OK);
	return jwk;
}

/* Replaces the members that edit has; null takes one out.  edit NULL: nothing. */
static void apply(json_t *object, const char *edit)
{
	json_t *members = json_loads(edit != NULL ? edit : "{}", JSON_ALLOW_NUL, NULL), *value;
	const char *name;

	CHECK("an edit", members != NULL);
	json_object_foreach(members, name, value) {
		if (json_is_null(value))
			(void)json_object_del(object, name);
		else
			CHECK_EQ("edited", json_object_set(object, name, value), 0);
	}
	json_decref(members);
}

/* A right proof but for the edits; jwk is taken over. */
static struct mp_secret make_proof(json_t *jwk, const char *header_edit, const char *claims_edit)
{
	json_t *header = json_pack("{s:s, s:o}", "typ", "dpop+jwt", "jwk", jwk);
	json_t *claims = json_pack("{s:s, s:s, s:s, s:i, s:s}", "jti", "j-1", "htm", "POST",
	    "htu", URL, "iat", NOW, "ath", ATH);
	struct mp_secret proof = { 0 };

	apply(header, header_edit);
	apply(claims, claims_edit);
	CHECK_EQ("a proof", mp_jws_sign(key, MP_ES256, header, claims, &proof, NULL), MCPASS_OK);
	json_decref(header);
	json_decref(claims);
	return proof;
}

/* want NULL: accepted; else part of the refusal. */
static void check(const char *label, const char *proof, const struct mp_dpop_expect *expect,
    const char *want)
{
	struct mp_dpop_proof found = { 0 };
	struct mcpass_error err = { 0 };

	CHECK_EQ(label, mp_dpop_check(proof, expect, &found, &err),
	    want != NULL ? MCPASS_E_DENIED : MCPASS_OK);
	CHECK_STR(label, err.oauth, want != NULL ? "invalid_dpop_proof" : "");
	CHECK_STR(label, err.spec, want != NULL ? "RFC 9449 4.3" : NULL);
	CHECK_HAS(label, err.detail, want != NULL ? want : "");
	CHECK("untouched", (found.jti != NULL) == (want == NULL));
	CHECK("untouched", (found.thumbprint != NULL) == (want == NULL));
	mp_dpop_proof_free(&found);
	CHECK_EQ("without a report", mp_dpop_check(proof, expect, &found, NULL),
	    want != NULL ? MCPASS_E_DENIED : MCPASS_OK);
	mp_dpop_proof_free(&found);
}

static const struct {
	const char *label, *header, *claims, *want;
} proof_rows[] = {
	{ "right", NULL, NULL, NULL },
	{ "members that we do not know", "{\"x\":1}", "{\"x\":1}", NULL },
	/* spec: RFC 9449 4.3 (4) */
	{ "no typ", "{\"typ\":null}", NULL, "of another type" },
	{ "an access token's typ", "{\"typ\":\"at+jwt\"}", NULL, "of another type" },
	{ "typ JWT", "{\"typ\":\"JWT\"}", NULL, "of another type" },
	{ "typ in another case", "{\"typ\":\"DPoP+JWT\"}", NULL, "of another type" },
	{ "typ and more", "{\"typ\":\"dpop+jwt2\"}", NULL, "of another type" },
	{ "typ is a list", "{\"typ\":[\"dpop+jwt\"]}", NULL, NO_TOKEN },
	/* spec: RFC 7515 4.1.11 */
	{ "crit", "{\"crit\":[\"x\"],\"x\":1}", NULL, NO_TOKEN },
	{ "crit that is empty", "{\"crit\":[]}", NULL, NO_TOKEN },
	/* spec: RFC 9449 4.3 (6, 7) */
	{ "no jwk", "{\"jwk\":null}", NULL, "carries no key" },
	{ "jwk is text", "{\"jwk\":\"x\"}", NULL, "carries no key" },
	{ "jwk is a list", "{\"jwk\":[]}", NULL, "carries no key" },
	{ "an empty jwk", "{\"jwk\":{}}", NULL, BAD_KEY },
	{ "a symmetric key", "{\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}", NULL, BAD_KEY },
	{ "a point that is on no curve", "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
	    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
	    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}", NULL, BAD_KEY },
	/* spec: RFC 9449 4.3 (8) */
	{ "another method", NULL, "{\"htm\":\"GET\"}", "for another method" },
	{ "the method in another case", NULL, "{\"htm\":\"post\"}", "for another method" },
	{ "no method", NULL, "{\"htm\":null}", "for another method" },
	{ "a method that is a list", NULL, "{\"htm\":[\"POST\"]}", "for another method" },
	/* spec: RFC 9449 4.3 (9) */
	{ "no URL", NULL, "{\"htu\":null}", "for another URL" },
	{ "an empty URL", NULL, "{\"htu\":\"\"}", "for another URL" },
	{ "a URL that is a list", NULL, "{\"htu\":[\"" URL "\"]}", "for another URL" },
	{ "another host", NULL, "{\"htu\":\"https://evil.example/mcp\"}", "for another URL" },
	/* spec: RFC 3986 6.2.2, 6.2.3 */
	{ "the host in another case", NULL, "{\"htu\":\"https://RS.Example/mcp\"}", NULL },
	{ "the scheme in another case", NULL, "{\"htu\":\"HTTPS://rs.example/mcp\"}", NULL },
	{ "the default port", NULL, "{\"htu\":\"https://rs.example:443/mcp\"}", NULL },
	{ "the other scheme's default port", NULL, "{\"htu\":\"https://rs.example:80/mcp\"}",
	    "for another URL" },
	{ "a letter that is escaped", NULL, "{\"htu\":\"https://rs.example/%6dc%70\"}", NULL },
	{ "a letter that is escaped, and another case", NULL, "{\"htu\":\"https://rs.example/%4dcp\"}",
	    "for another URL" },
	{ "dot segments", NULL, "{\"htu\":\"https://rs.example/x/../a/./%2e%2e/mcp\"}", NULL },
	{ "dot segments that lead elsewhere", NULL, "{\"htu\":\"https://rs.example/mcp/../x\"}",
	    "for another URL" },
	{ "an escaped slash is none", NULL, "{\"htu\":\"https://rs.example%2fmcp\"}", "for another URL" },
	{ "a user before the host", NULL, "{\"htu\":\"https://rs.example@evil.example/mcp\"}",
	    "for another URL" },
	{ "a user before our host", NULL, "{\"htu\":\"https://u@rs.example/mcp\"}", "for another URL" },
	{ "no scheme", NULL, "{\"htu\":\"//rs.example/mcp\"}", "for another URL" },
	{ "a space before it", NULL, "{\"htu\":\" " URL "\"}", "for another URL" },
	{ "the path in another case", NULL, "{\"htu\":\"https://rs.example/MCP\"}",
	    "for another URL" },
	{ "another scheme", NULL, "{\"htu\":\"http://rs.example/mcp\"}", "for another URL" },
	{ "a port", NULL, "{\"htu\":\"https://rs.example:8443/mcp\"}", "for another URL" },
	{ "a path that begins so", NULL, "{\"htu\":\"https://rs.example/mcp2\"}",
	    "for another URL" },
	{ "a beginning of the path", NULL, "{\"htu\":\"https://rs.example/mc\"}",
	    "for another URL" },
	{ "a slash behind", NULL, "{\"htu\":\"" URL "/\"}", "for another URL" },
	{ "a query in it", NULL, "{\"htu\":\"" URL "?x=1\"}", NULL },
	{ "a fragment in it", NULL, "{\"htu\":\"" URL "#x\"}", NULL },
	{ "the path in the query", NULL, "{\"htu\":\"https://rs.example/?/mcp\"}", "for another URL" },
	/* spec: RFC 7519 4.1.4, 4.1.5 */
	{ "expired within the skew", NULL, "{\"exp\":1699999941}", NULL },
	{ "expired", NULL, "{\"exp\":1699999940}", "has expired" },
	{ "expired long ago", NULL, "{\"exp\":0}", "has expired" },
	{ "exp is text", NULL, "{\"exp\":\"1800000000\"}", "not a number" },
	{ "exp is far", NULL, "{\"exp\":1e300}", NULL },
	{ "exp is as early as can be", NULL, "{\"exp\":-1e300}", "has expired" },
	{ "nbf within the skew", NULL, "{\"nbf\":1700000060}", NULL },
	{ "nbf ahead", NULL, "{\"nbf\":1700000061}", "not valid yet" },
	{ "nbf is text", NULL, "{\"nbf\":\"1\"}", "not a number" },
	/* spec: RFC 9449 4.3 (11), 11.1 */
	{ "as old as it may be", NULL, "{\"iat\":1699999700}", NULL },
	{ "a second older", NULL, "{\"iat\":1699999699}", OLD },
	{ "as early as it may be", NULL, "{\"iat\":1700000300}", NULL },
	{ "a second earlier", NULL, "{\"iat\":1700000301}", OLD },
	{ "a fraction", NULL, "{\"iat\":1699999999.5}", NULL },
	{ "a fraction over the border", NULL, "{\"iat\":1700000300.5}", OLD },
	{ "the largest iat", NULL, "{\"iat\":9223372036854775807}", OLD },
	{ "the least iat", NULL, "{\"iat\":-9223372036854775808}", OLD },
	{ "a large real", NULL, "{\"iat\":1e300}", OLD },
	{ "milliseconds", NULL, "{\"iat\":1700000000000}", OLD },
	{ "no iat", NULL, "{\"iat\":null}", LACKS },
	{ "iat is text", NULL, "{\"iat\":\"1700000000\"}", LACKS },
	{ "no jti", NULL, "{\"jti\":null}", LACKS },
	{ "jti is empty", NULL, "{\"jti\":\"\"}", LACKS },
	{ "jti is a number", NULL, "{\"jti\":1}", LACKS },
	{ "a NUL in jti", NULL, "{\"jti\":\"a\\u0000b\"}", NO_TOKEN },
	/* spec: RFC 9449 4.3 (12) */
	{ "no ath", NULL, "{\"ath\":null}", "for another access token" },
	{ "another ath", NULL, "{\"ath\":\"fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo\"}",
	    "for another access token" },
	{ "ath is empty", NULL, "{\"ath\":\"\"}", "for another access token" },
	{ "ath is the token", NULL, "{\"ath\":\"" TOKEN "\"}", "for another access token" },
};

static void test_proofs(void)
{
	struct mp_dpop_expect expect = { "POST", URL "?x=1#y", &token, mp_key_kid(key), NOW };

	for (size_t i = 0; i < COUNT(proof_rows); i++) {
		struct mp_secret proof = make_proof(jwk_of(key, false), proof_rows[i].header,
		    proof_rows[i].claims);

		check(proof_rows[i].label, mp_secret_reveal(&proof), &expect, proof_rows[i].want);
		mp_secret_free(&proof);
	}
}

static const struct {
	const char *label, *method, *url;
	const char *access_token;
	bool bound_to_other;
	int64_t now;
	const char *want;
} expect_rows[] = {
	{ "no query", "POST", URL, TOKEN, false, NOW, NULL },
	{ "a query", "POST", URL "?htu", TOKEN, false, NOW, NULL },
	{ "a fragment alone", "POST", URL "#?x", TOKEN, false, NOW, NULL },
	{ "at a token endpoint ath does not matter", "POST", URL, NULL, false, NOW, NULL },
	{ "another method", "DELETE", URL, TOKEN, false, NOW, "for another method" },
	{ "another path", "POST", URL "/x", TOKEN, false, NOW, "for another URL" },
	{ "a beginning", "POST", "https://rs.example/", TOKEN, false, NOW, "for another URL" },
	{ "another host", "POST", "https://as.example/mcp", TOKEN, false, NOW, "for another URL" },
	{ "another token", "POST", URL, "at-2", false, NOW, "for another access token" },
	{ "an empty token", "POST", URL, "", false, NOW, "for another access token" },
	{ "bound to another key", "POST", URL, TOKEN, true, NOW, "by another key" },
	{ "replayed after a while", "POST", URL, TOKEN, false, NOW + 301, OLD },
	{ "before it was made", "POST", URL, TOKEN, false, NOW - 301, OLD },
};

static void test_expectations(void)
{
	struct mp_secret proof = make_proof(jwk_of(key, false), NULL, NULL);

	for (size_t i = 0; i < COUNT(expect_rows); i++) {
		const char *text = expect_rows[i].access_token;
		struct mp_span span = { text, text != NULL ? strlen(text) : 0 };
		struct mp_dpop_expect expect = { expect_rows[i].method, expect_rows[i].url,
		    text != NULL ? &span : NULL,
		    mp_key_kid(expect_rows[i].bound_to_other ? other : key), expect_rows[i].now };

		check(expect_rows[i].label, mp_secret_reveal(&proof), &expect, expect_rows[i].want);
	}
	mp_secret_free(&proof);
}

/* Whose key it is, and who signed. */
static void test_keys(void)
{
	struct mp_dpop_expect expect = { "POST", URL, &token, NULL, NOW };
	struct mp_secret right = make_proof(jwk_of(key, false), NULL, NULL);
	struct mp_secret private = make_proof(jwk_of(key, true), NULL, NULL);
	struct mp_secret others = make_proof(jwk_of(other, false), NULL, NULL);

	check("any key", mp_secret_reveal(&right), &expect, NULL);
	check("the private key with it", mp_secret_reveal(&private), &expect, BAD_KEY);
	check("signed by another key", mp_secret_reveal(&others), &expect, NOT_SIGNED);
	mp_secret_free(&right);
	mp_secret_free(&private);
	mp_secret_free(&others);
}

/* The right claims and signature under a header that says otherwise. */
static void check_alg(const char *alg, bool empty_signature, const char *want)
{
	struct mp_dpop_expect expect = { "POST", URL, &token, NULL, NOW };
	struct mp_secret proof = make_proof(jwk_of(key, false), NULL, NULL);
	json_t *header = json_pack("{s:s, s:s, s:o}", "typ", "dpop+jwt", "alg", alg, "jwk",
	    jwk_of(key, false));
	const char *payload = strchr(mp_secret_reveal(&proof), '.');
	char *text = json_dumps(header, JSON_COMPACT), *end;
	struct mp_buf forged;

	mp_buf_init(&forged, MP_MAX_TOKEN);
	mp_b64url_add(&forged, text, strlen(text));
	mp_buf_adds(&forged, payload);
	end = strrchr(forged.data, '.');
	if (empty_signature)
		end[1] = '\0';
	check(alg, forged.data, &expect, want);
	mp_buf_free(&forged);
	free(text);
	json_decref(header);
	mp_secret_free(&proof);
}

static void test_forms(void)
{
	static const char *const texts[] = { "", ".", "..", "x", "e30.e30.AA", "e30.e30", "DPoP",
	    "eyJhbGciOiJFUzI1NiJ9.e30.AAAA, eyJhbGciOiJFUzI1NiJ9.e30.AAAA" };
	struct mp_dpop_expect expect = { "POST", URL, &token, NULL, NOW };

	check_alg("none", false, NO_TOKEN);
	check_alg("none", true, NO_TOKEN);
	check_alg("HS256", false, NO_TOKEN);
	check_alg("ES256", true, NO_TOKEN);
	check_alg("ES384", false, NOT_SIGNED);
	check_alg("RS256", false, NOT_SIGNED);
	/* The members in another order than they were signed in. */
	check_alg("ES256", false, NOT_SIGNED);
	for (size_t i = 0; i < COUNT(texts); i++)
		check(texts[i], texts[i], &expect, NO_TOKEN);
}

/* mp_jws_sign() makes no token over the cap, but another may. */
static void check_large(size_t padding, const char *want)
{
	struct mp_dpop_expect expect = { "POST", URL, &token, NULL, NOW };
	json_t *jwk = jwk_of(key, false);
	struct mp_buf proof, part, signature;

	mp_buf_init(&proof, 2 * MP_MAX_TOKEN);
	mp_buf_init(&part, MP_MAX_TOKEN);
	mp_buf_init(&signature, MP_MAX_SIGNATURE);
	mp_buf_addf(&part, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\","
	    "\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}%4096s}",
	    json_string_value(json_object_get(jwk, "x")),
	    json_string_value(json_object_get(jwk, "y")), "");
	mp_b64url_add(&proof, part.data, part.len);
	mp_buf_clear(&part);
	mp_buf_addf(&part, "{\"jti\":\"j\",\"htm\":\"POST\",\"htu\":\"" URL "\",\"iat\":%d,"
	    "\"ath\":\"" ATH "\"%*s}", NOW, (int)padding, "");
	mp_buf_addc(&proof, '.');
	mp_b64url_add(&proof, part.data, part.len);
	CHECK_EQ("signed", mp_key_sign(key, MP_ES256, (struct mp_span){ proof.data, proof.len },
	    &signature, NULL), MCPASS_OK);
	mp_buf_addc(&proof, '.');
	mp_b64url_add(&proof, signature.data, signature.len);
	CHECK("on its side of the cap", (proof.len > MP_MAX_TOKEN) == (want != NULL));
	check("a large proof", proof.data, &expect, want);
	mp_buf_free(&proof);
	mp_buf_free(&part);
	mp_buf_free(&signature);
	json_decref(jwk);
}

static void test_jti_and_nonce(void)
{
	struct mp_dpop_expect expect = { "POST", URL, &token, NULL, NOW };
	struct mp_dpop_proof found = { 0 };
	struct mp_secret proof = make_proof(jwk_of(key, false), NULL, "{\"nonce\":\"n-1\"}");
	char edit[MP_MAX_JTI + 20];

	CHECK_EQ("a nonce", mp_dpop_check(mp_secret_reveal(&proof), &expect, &found, NULL),
	    MCPASS_OK);
	CHECK_STR("handed back", found.nonce, "n-1");
	CHECK_STR("handed back", found.jti, "j-1");
	CHECK_STR("handed back", found.thumbprint, mp_key_kid(key));
	mp_dpop_proof_free(&found);
	mp_secret_free(&proof);
	proof = make_proof(jwk_of(key, false), NULL, "{\"nonce\":7}");
	CHECK_EQ("no nonce", mp_dpop_check(mp_secret_reveal(&proof), &expect, &found, NULL),
	    MCPASS_OK);
	CHECK_STR("none", found.nonce, NULL);
	mp_dpop_proof_free(&found);
	mp_secret_free(&proof);
	for (size_t more = 0; more < 2; more++) {
		memset(edit, 'j', sizeof(edit));
		memcpy(edit, "{\"jti\":\"", 8);
		memcpy(edit + 8 + MP_MAX_JTI + more, "\"}", 3);
		proof = make_proof(jwk_of(key, false), NULL, edit);
		check("at and over the cap", mp_secret_reveal(&proof), &expect,
		    more ? "too long to be remembered" : NULL);
		mp_secret_free(&proof);
	}
}

static void no_memory(const char *claims, enum mcpass_rc want)
{
	struct mp_secret proof = make_proof(jwk_of(key, false), NULL, claims);
	struct mp_dpop_expect expect = { "POST", URL, &token, mp_key_kid(key), NOW };

	OOM_EACH {
		struct mp_dpop_proof found = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_dpop_check(mp_secret_reveal(&proof), &expect, &found, &err);
		CHECK_OOM("no memory", rc, want);
		CHECK_EQ("reported", err.rc, rc);
		CHECK("untouched", (found.thumbprint != NULL) == (rc == MCPASS_OK));
		mp_dpop_proof_free(&found);
	}
	mp_secret_free(&proof);
}

int main(void)
{
	CHECK_EQ("a key", mp_key_generate(MP_ES256, &key, NULL), MCPASS_OK);
	CHECK_EQ("a key", mp_key_generate(MP_ES256, &other, NULL), MCPASS_OK);
	test_proofs();
	test_expectations();
	test_keys();
	test_forms();
	check_large(7000, NULL);
	check_large(9000, NO_TOKEN);
	test_jti_and_nonce();
	no_memory("{\"nonce\":\"n-1\"}", MCPASS_OK);
	no_memory("{\"ath\":\"x\"}", MCPASS_E_DENIED);
	mp_key_free(key);
	mp_key_free(other);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
