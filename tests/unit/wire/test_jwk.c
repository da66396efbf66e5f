/* Keys: read, refused, written, made, found in a set. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/jose/b64url.h"
#include "wire/jose/key.h"

static json_t *rfc_keys;

static void load_keys(void)
{
	size_t len;
	char *text = check_read("rfc/keys.json", &len);

	CHECK_EQ("vectors", mp_json_parse(text, len, len, "the vectors", &rfc_keys, NULL), MCPASS_OK);
	free(text);
}

/* A key of the RFCs with members replaced, or removed where patch says null; without
 * its private members unless keep_private.  The caller's (json_decref). */
static json_t *make_jwk(const char *base, const char *patch, bool keep_private)
{
	static const char *const private_names[] = { "d", "p", "q", "dp", "dq", "qi" };
	json_t *jwk = json_deep_copy(json_object_get(rfc_keys, base)), *change, *value;
	const char *name;

	for (size_t i = 0; !keep_private && i < COUNT(private_names); i++)
		json_object_del(jwk, private_names[i]);
	CHECK_EQ(patch, mp_json_parse_by(MP_JSON_NULLS, patch, strlen(patch), 4096, "the patch",
	    &change, NULL), 0);
	json_object_foreach(change, name, value) {
		if (json_is_null(value))
			json_object_del(jwk, name);
		else
			json_object_set(jwk, name, value);
	}
	json_decref(change);
	return jwk;
}

#define RSA "rfc7515-a2"
#define P256 "rfc7515-a3"
#define P521 "rfc7515-a4"
#define ED25519 "rfc8037-a1"

/* want NULL: taken; else what the refusal says. */
static const struct {
	const char *label, *base, *patch;
	bool is_private;
	const char *want;
} key_rows[] = {
	{ "RSA", RSA, "{}", false, NULL },
	{ "RSA, private", RSA, "{}", true, NULL },
	{ "RSA of RFC 7517", "rfc7517-a2-rsa", "{}", true, NULL },
	{ "RSA without its factors", RSA,
	    "{\"p\":null,\"q\":null,\"dp\":null,\"dq\":null,\"qi\":null}", true, NULL },
	{ "exponent 3", RSA, "{\"e\":\"Aw\"}", false, NULL },
	{ "exponent of 64 bits", RSA, "{\"e\":\"gAAAAAAAAAE\"}", false, NULL },
	{ "exponent with a leading zero", RSA, "{\"e\":\"AAEAAQ\"}", false, NULL },
	{ "exponent of 65 bits", RSA, "{\"e\":\"AQAAAAAAAAAB\"}", false, "exponent" },
	{ "even exponent", RSA, "{\"e\":\"AQAA\"}", false, "exponent" },
	{ "exponent 1", RSA, "{\"e\":\"AQ\"}", false, "exponent" },
	{ "exponent 0", RSA, "{\"e\":\"AA\"}", false, "" },
	{ "empty exponent", RSA, "{\"e\":\"\"}", false, "" },
	{ "no exponent", RSA, "{\"e\":null}", false, "e is missing" },
	{ "exponent as a number", RSA, "{\"e\":65537}", false, "e is missing" },
	{ "no modulus", RSA, "{\"n\":null}", false, "n is missing" },
	{ "empty modulus", RSA, "{\"n\":\"\"}", false, "" },
	{ "modulus with padding", RSA, "{\"n\":\"AQAB====\"}", false, "n is no key material" },
	{ "modulus far too small", RSA, "{\"n\":\"AQAB\"}", false, "17 bits" },
	{ "private without d", RSA, "{\"d\":null}", true, "d is missing" },
	{ "one factor alone", RSA, "{\"q\":null}", true, "q is missing" },
	{ "no coefficient", RSA, "{\"qi\":null}", true, "qi is missing" },
	{ "three primes", RSA, "{\"oth\":[]}", true, "more than two primes" },
	{ "d of another key", RSA, "{\"d\":\"AQAB\",\"p\":null}", true, "belong" },
	{ "n of another key", RSA, "{\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbf"
	    "AAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93l"
	    "qt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n9"
	    "1CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kE"
	    "gU8awapJzKnqDKgw\"}", true, "belong" },
	{ "P-256", P256, "{}", false, NULL },
	{ "P-256, private", P256, "{}", true, NULL },
	{ "P-521", P521, "{}", false, NULL },
	{ "P-521, private", P521, "{}", true, NULL },
	{ "a point off the curve", P256, "{\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}",
	    false, "" },
	{ "zero is no point", P256, "{\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
	    "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", false, "make no key" },
	{ "a point of the other parity", P256,
	    "{\"y\":\"OA67MeRCZID40yAUZWFFDEwmolFr9Nvtdbncw3p3GlI\"}", false, "make no key" },
	{ "x too short", P256, "{\"x\":\"zidw9sRdQYPLr2_bS3tYBzM1e-nvE7rPbjx70VRF\"}", false,
	    "x has not 32 bytes" },
	{ "x with a leading zero", P256, "{\"x\":\"AH_Nzidw9sRdQYPLr2_bS3tYBzM1e-nvE7rPbjx70VRF\"}",
	    false, "x has not 32 bytes" },
	{ "no y", P256, "{\"y\":null}", false, "y is missing" },
	{ "no curve", P256, "{\"crv\":null}", false, "type EC" },
	{ "another curve", P256, "{\"crv\":\"secp256k1\"}", false, "type EC secp256k1" },
	{ "the wrong curve", P256, "{\"crv\":\"P-384\"}", false, "x has not 48 bytes" },
	{ "d of another key", P256, "{\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}", true,
	    "belong" },
	{ "d is zero", P256, "{\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", true, "" },
	{ "d too short", P256, "{\"d\":\"AQAB\"}", true, "d has not 32 bytes" },
	{ "Ed25519", ED25519, "{}", false, NULL },
	{ "Ed25519, private", ED25519, "{}", true, NULL },
	{ "X25519", ED25519, "{\"crv\":\"X25519\"}", false, "type OKP X25519" },
	{ "Ed448", ED25519, "{\"crv\":\"Ed448\"}", false, "type OKP Ed448" },
	{ "x too short", ED25519, "{\"x\":\"AQAB\"}", false, "x has not 32 bytes" },
	{ "d of another key", ED25519, "{\"d\":\"1O5y2_kTWErVttjx92n4rTr-fCjL8dT74Jeoj0R1WEI\"}", true,
	    "belong" },
	{ "private without d", ED25519, "{\"d\":null}", true, "d is missing" },

	{ "no type", RSA, "{\"kty\":null}", false, "kty is missing" },
	{ "unknown type", RSA, "{\"kty\":\"AKP\"}", false, "type AKP" },
	{ "type in small letters", RSA, "{\"kty\":\"rsa\"}", false, "type rsa" },
	{ "RSA called EC", RSA, "{\"kty\":\"EC\",\"crv\":\"P-256\"}", false, "x is missing" },
	{ "symmetric", RSA, "{\"kty\":\"oct\",\"k\":\"AQAB\"}", false, "symmetric" },
	{ "symmetric, wanted private", RSA, "{\"kty\":\"oct\",\"k\":\"AQAB\"}", true, "symmetric" },
	{ "d on show", P256, "{\"d\":\"AQAB\"}", false, "private member d" },
	{ "p on show", RSA, "{\"p\":\"AQAB\"}", false, "private member p" },
	{ "q on show", RSA, "{\"q\":\"AQAB\"}", false, "private member q" },
	{ "dp on show", RSA, "{\"dp\":\"AQAB\"}", false, "private member dp" },
	{ "dq on show", RSA, "{\"dq\":\"AQAB\"}", false, "private member dq" },
	{ "qi on show", RSA, "{\"qi\":1}", false, "private member qi" },
	{ "oth on show", RSA, "{\"oth\":[]}", false, "private member oth" },
	{ "k on show", RSA, "{\"k\":\"\"}", false, "private member k" },

	{ "for signatures", RSA, "{\"use\":\"sig\"}", false, NULL },
	{ "for encryption", "rfc7517-a2-ec", "{}", false, "use is enc" },
	{ "for something else", RSA, "{\"use\":\"tls\"}", false, "use is tls" },
	{ "use is no string", RSA, "{\"use\":[\"sig\"]}", false, "use is not" },
	{ "may verify", RSA, "{\"key_ops\":[\"verify\"]}", false, NULL },
	{ "may verify, and more", RSA, "{\"key_ops\":[\"sign\",\"verify\"]}", false, NULL },
	{ "may only sign, public", RSA, "{\"key_ops\":[\"sign\"]}", false, "key_ops" },
	{ "may only sign, private", RSA, "{\"key_ops\":[\"sign\"]}", true, NULL },
	{ "may only wrap", RSA, "{\"key_ops\":[\"wrapKey\"]}", false, "key_ops" },
	{ "may only decrypt, private", RSA, "{\"key_ops\":[\"decrypt\"]}", true, "key_ops" },
	{ "may do nothing", RSA, "{\"key_ops\":[]}", false, "key_ops" },
	{ "operations that are no list", RSA, "{\"key_ops\":\"verify\"}", false, "key_ops is not" },
	{ "operations contradict use", RSA, "{\"use\":\"sig\",\"key_ops\":[\"encrypt\"]}", false,
	    "key_ops" },
	{ "use contradicts operations", RSA, "{\"use\":\"enc\",\"key_ops\":[\"verify\"]}", false,
	    "use is enc" },
	{ "its algorithm", RSA, "{\"alg\":\"PS512\"}", false, NULL },
	{ "another type's algorithm", RSA, "{\"alg\":\"ES256\"}", false, "alg is ES256" },
	{ "another curve's algorithm", P256, "{\"alg\":\"ES512\"}", false, "alg is ES512" },
	{ "an algorithm for encryption", RSA, "{\"alg\":\"RSA-OAEP\"}", false, "alg is RSA-OAEP" },
	{ "a symmetric algorithm", RSA, "{\"alg\":\"HS256\"}", false, "alg is HS256" },
	{ "no algorithm", RSA, "{\"alg\":\"none\"}", false, "alg is none" },
	{ "Ed25519 by its new name", ED25519, "{\"alg\":\"Ed25519\"}", false, NULL },
	{ "kid is no string", RSA, "{\"kid\":1}", false, "kid is not" },
	{ "kid with a control character", RSA, "{\"kid\":\"a\\u0001\"}", false, "kid is not" },
};

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(key_rows); i++) {
		json_t *jwk = make_jwk(key_rows[i].base, key_rows[i].patch, key_rows[i].is_private);
		const char *label = key_rows[i].label;
		struct mcpass_error err = { 0 };
		struct mp_key *key = NULL;
		enum mcpass_rc rc;

		rc = mp_jwk_parse(jwk, key_rows[i].is_private, &key, &err);
		if (key_rows[i].want == NULL) {
			CHECK_EQ(label, rc, MCPASS_OK);
			CHECK_STR(label, err.detail, "");
		} else {
			CHECK_EQ(label, rc, MCPASS_E_PROTOCOL);
			CHECK(label, key == NULL && err.spec != NULL);
			CHECK_HAS(label, err.detail, key_rows[i].want);
		}
		mp_key_free(key);
		json_decref(jwk);
	}
	CHECK("OpenSSL's queue is empty", ERR_peek_error() == 0);
}

static struct mp_key *key_of(const char *base, const char *patch, bool is_private)
{
	json_t *jwk = make_jwk(base, patch, is_private);
	struct mp_key *key = NULL;

	CHECK_EQ(patch, mp_jwk_parse(jwk, is_private, &key, NULL), MCPASS_OK);
	json_decref(jwk);
	return key;
}

/* An RSA modulus of that many bits, all ones: nobody looks for its factors. */
static enum mcpass_rc parse_modulus(int bits, struct mcpass_error *err)
{
	json_t *jwk = make_jwk(RSA, "{}", false);
	unsigned char bytes[1200];
	struct mp_key *key = NULL;
	struct mp_buf text;
	enum mcpass_rc rc;

	memset(bytes, 0xff, sizeof(bytes));
	bytes[0] = (unsigned char)((1 << ((bits - 1) % 8 + 1)) - 1);
	mp_buf_init(&text, 2000);
	mp_b64url_add(&text, bytes, ((size_t)bits + 7) / 8);
	json_object_set_new(jwk, "n", json_string(mp_buf_text(&text)));
	rc = mp_jwk_parse(jwk, false, &key, err);
	mp_key_free(key);
	mp_buf_free(&text);
	json_decref(jwk);
	return rc;
}

static void test_rsa_size(void)
{
	struct mcpass_error err = { 0 };

	CHECK_EQ("the least", parse_modulus(2048, NULL), MCPASS_OK);
	CHECK_EQ("a bit less", parse_modulus(2047, &err), MCPASS_E_PROTOCOL);
	CHECK_HAS("says how many", err.detail, "2047 bits");
	CHECK_EQ("the most", parse_modulus(8192, NULL), MCPASS_OK);
	mp_clear(&err);
	CHECK_EQ("a bit more", parse_modulus(8193, &err), MCPASS_E_PROTOCOL);
	CHECK_HAS("says how many", err.detail, "8193 bits");
	CHECK_EQ("far more", parse_modulus(9000, NULL), MCPASS_E_PROTOCOL);
}

/* Which of the ten a key permits, one letter each, in the order of enum mp_alg. */
static const struct {
	const char *label, *base, *patch;
	bool is_private;
	const char *want;
} permit_rows[] = {
	{ "RSA", RSA, "{}", false, "RRRPPP...." },
	{ "RSA with alg", RSA, "{\"alg\":\"PS384\"}", false, "....P....." },
	{ "P-256", P256, "{}", false, "......2..." },
	{ "P-521", P521, "{}", false, "........5." },
	{ "Ed25519", ED25519, "{}", false, ".........d" },
	{ "a key that only signs", RSA, "{\"key_ops\":[\"sign\"]}", true, "RRRPPP...." },
};

static void test_permits(void)
{
	for (size_t i = 0; i < COUNT(permit_rows); i++) {
		struct mp_key *key = key_of(permit_rows[i].base, permit_rows[i].patch,
		    permit_rows[i].is_private);
		char got[] = "RRRPPP235d";

		for (int alg = MP_RS256; alg <= MP_EDDSA; alg++)
			if (!mp_key_permits(key, (enum mp_alg)alg))
				got[alg - 1] = '.';
		CHECK_STR(permit_rows[i].label, got, permit_rows[i].want);
		CHECK("never without an algorithm", !mp_key_permits(key, MP_ALG_NONE));
		mp_key_free(key);
	}
	CHECK_EQ("a name", mp_alg_from_name("ES384"), MP_ES384);
	CHECK_EQ("case counts", mp_alg_from_name("es384"), MP_ALG_NONE);
	CHECK_EQ("none", mp_alg_from_name("none"), MP_ALG_NONE);
	CHECK_EQ("absent", mp_alg_from_name(NULL), MP_ALG_NONE);
	CHECK_STR("and back", mp_alg_name(MP_ES384), "ES384");
}

static const struct {
	const char *label, *base, *want;
} thumbprint_rows[] = {
	{ "RFC 7638 3.1", "rfc7517-a2-rsa", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" },
	{ "RFC 8037 A.3", ED25519, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" },
	{ "P-256, by jose", P256, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U" },
};

static void test_thumbprint(void)
{
	for (size_t i = 0; i < COUNT(thumbprint_rows); i++) {
		struct mp_key *key = key_of(thumbprint_rows[i].base, "{}", true);
		char *text = NULL;

		CHECK_EQ("thumbprint", mp_jwk_thumbprint(key, &text, NULL), MCPASS_OK);
		CHECK_STR(thumbprint_rows[i].label, text, thumbprint_rows[i].want);
		free(text);
		mp_key_free(key);
	}
}

static void check_write(const char *base, const char *patch, bool with_private)
{
	json_t *want = make_jwk(base, patch, with_private), *got = NULL;
	struct mp_key *key = key_of(base, patch, true);

	CHECK_EQ(base, mp_jwk_write(key, with_private, &got, NULL), MCPASS_OK);
	json_object_set_new(want, "use", json_string("sig"));
	CHECK("what was read is written", json_equal(got, want));
	json_decref(got);
	json_decref(want);
	mp_key_free(key);
}

static void test_write(void)
{
	static const char *const bases[] = { RSA, P256, P521, ED25519, "rfc7517-a2-rsa" };
	struct mp_key *key = key_of(RSA, "{}", false);
	json_t *got = NULL;

	for (size_t i = 0; i < COUNT(bases); i++) {
		check_write(bases[i], "{}", false);
		check_write(bases[i], "{}", true);
	}
	check_write(RSA, "{\"alg\":\"PS256\",\"kid\":\"a\"}", false);
	check_write(RSA, "{\"p\":null,\"q\":null,\"dp\":null,\"dq\":null,\"qi\":null}", true);
	CHECK_EQ("no private part", mp_jwk_write(key, true, &got, NULL), MCPASS_E_USAGE);
	CHECK("untouched", got == NULL);
	mp_key_free(key);
}

static void test_generate(void)
{
	for (int alg = MP_RS256; alg <= MP_EDDSA; alg++) {
		struct mp_key *key = NULL, *again = NULL;
		json_t *jwk = NULL, *jwk_again = NULL;
		const char *name = mp_alg_name((enum mp_alg)alg);
		char *text = NULL;

		CHECK_EQ(name, mp_key_generate((enum mp_alg)alg, &key, NULL), MCPASS_OK);
		CHECK_EQ(name, mp_jwk_write(key, true, &jwk, NULL), MCPASS_OK);
		CHECK_STR("alg", json_string_value(json_object_get(jwk, "alg")), name);
		CHECK_EQ(name, mp_jwk_parse(jwk, true, &again, NULL), MCPASS_OK);
		CHECK_EQ(name, mp_jwk_write(again, true, &jwk_again, NULL), MCPASS_OK);
		CHECK("the same again", json_equal(jwk, jwk_again));
		CHECK_EQ(name, mp_jwk_thumbprint(again, &text, NULL), MCPASS_OK);
		CHECK_STR("kid is the thumbprint", mp_key_kid(key), text);
		free(text);
		json_decref(jwk);
		json_decref(jwk_again);
		mp_key_free(key);
		mp_key_free(again);
	}
	CHECK_EQ("no algorithm, no key", mp_key_generate(MP_ALG_NONE, NULL, NULL), MCPASS_E_USAGE);
}

/* crv or kty of the key in the file; NULL: refused. */
static const struct {
	const char *file, *want;
} pem_rows[] = {
	{ "ed25519", "Ed25519" },
	{ "p256", "P-256" },
	{ "p256-sec1", "P-256" },
	{ "rsa2048", "RSA" },
	{ "rsa2048-pkcs1", "RSA" },
	{ "ed25519-public", NULL },
	{ "p256-encrypted", NULL },
	{ "rsa1024", NULL },
	{ "rsa-pss", NULL },
	{ "secp256k1", NULL },
	{ "x25519", NULL },
};

static enum mcpass_rc read_pem(const char *file, struct mp_key **ret_key,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char name[64], *text;
	size_t len;

	snprintf(name, sizeof(name), "pem/%s.pem", file);
	text = check_read(name, &len);
	rc = mp_key_from_pem(text, len, ret_key, err);
	free(text);
	return rc;
}

static void test_pem(void)
{
	static char large[MP_MAX_DOCUMENT + 1];
	struct mcpass_error err = { 0 };
	struct mp_key *key = NULL;
	json_t *jwk = NULL;

	for (size_t i = 0; i < COUNT(pem_rows); i++) {
		const char *want = pem_rows[i].want;

		mp_clear(&err);
		key = NULL;
		CHECK_EQ(pem_rows[i].file, read_pem(pem_rows[i].file, &key, &err),
		    want != NULL ? MCPASS_OK : MCPASS_E_PROTOCOL);
		if (want != NULL)
			CHECK_STR(pem_rows[i].file, mp_kinds[key->kind].crv != NULL
			    ? mp_kinds[key->kind].crv : mp_kinds[key->kind].kty, want);
		CHECK("no name", key == NULL || mp_key_kid(key) == NULL);
		mp_key_free(key);
	}
	CHECK_EQ("RFC 8410", read_pem("ed25519", &key, NULL), MCPASS_OK);
	CHECK_EQ("RFC 8410", mp_jwk_write(key, false, &jwk, NULL), MCPASS_OK);
	CHECK_STR("RFC 8410 10.1", json_string_value(json_object_get(jwk, "x")),
	    "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
	json_decref(jwk);
	mp_key_free(key);
	mp_clear(&err);
	CHECK_EQ("no PEM", mp_key_from_pem("x", 1, &key, &err), MCPASS_E_PROTOCOL);
	CHECK_HAS("what to do", err.hint, "PKCS#8");
	CHECK_EQ("empty", mp_key_from_pem("", 0, &key, NULL), MCPASS_E_PROTOCOL);
	CHECK_EQ("too large", mp_key_from_pem(large, sizeof(large), &key, NULL), MCPASS_E_LIMIT);
	CHECK("OpenSSL's queue is empty", ERR_peek_error() == 0);
}

/* A set of: RSA "r" twice, P-256 "e", another P-256 "e", Ed25519 without kid, and what has to
 * be left out: an encryption key, a private one, a symmetric one, an unknown one. */
static char *make_set(void)
{
	static const struct { const char *base, *patch; bool keep_private; } items[] = {
		{ RSA, "{\"kid\":\"r\"}", false },
		{ RSA, "{\"kid\":\"r\",\"d\":null,\"p\":null,\"oth\":null,\"key_ops\":null}", false },
		{ P256, "{\"kid\":\"e\"}", false },
		{ "rfc7517-a2-ec", "{\"kid\":\"e\",\"use\":\"sig\"}", false },
		{ ED25519, "{}", false },
		{ "rfc7517-a2-ec", "{\"kid\":\"enc\"}", false },
		{ RSA, "{\"kid\":\"shown\"}", true },
		{ RSA, "{\"kid\":\"oct\",\"kty\":\"oct\"}", false },
		{ RSA, "{\"kid\":\"new\",\"kty\":\"AKP\"}", false },
		{ P521, "{\"kid\":\"r\"}", false },
	};
	json_t *keys = json_array(), *set = json_object();
	char *text;

	for (size_t i = 0; i < COUNT(items); i++)
		json_array_append_new(keys, make_jwk(items[i].base, items[i].patch,
		    items[i].keep_private));
	json_array_append_new(keys, json_integer(1));
	json_object_set_new(set, "keys", keys);
	text = mp_json_dump(set);
	json_decref(set);
	return text;
}

/* kty and crv of what is found, or NULL. */
static const struct {
	const char *label, *kid;
	enum mp_alg alg;
	const char *want;
} find_rows[] = {
	{ "by kid", "r", MP_RS256, "RSA" },
	{ "the same kid, another type", "r", MP_ES512, "P-521" },
	{ "the same kid, none permits", "r", MP_ES256, NULL },
	{ "a kid twice: the first of them", "e", MP_ES256, "P-256" },
	{ "unknown kid", "x", MP_RS256, NULL },
	{ "a kid is not a prefix", "", MP_RS256, NULL },
	{ "case counts", "R", MP_RS256, NULL },
	{ "a kid that no key has: one without a kid", "x", MP_EDDSA, "Ed25519" },
	{ "a kid that no key has, and every candidate has another", "x", MP_ES512, NULL },
	{ "no kid, one key", NULL, MP_RS256, "RSA" },
	{ "no kid, one key without a kid", NULL, MP_EDDSA, "Ed25519" },
	{ "no kid, two keys: the first of them", NULL, MP_ES256, "P-256" },
	{ "no kid, no key", NULL, MP_ES384, NULL },
	{ "no algorithm", "r", MP_ALG_NONE, NULL },
	{ "an encryption key", "enc", MP_ES256, NULL },
	{ "a key on show", "shown", MP_RS256, NULL },
	{ "a symmetric key", "oct", MP_RS256, NULL },
};

static void test_find(void)
{
	struct mp_jwks set = { 0 };
	char *text = make_set();

	CHECK_EQ("the set", mp_jwks_parse(text, strlen(text), &set, NULL), MCPASS_OK);
	CHECK_EQ("those we can use", set.count, 5);
	for (size_t i = 0; i < COUNT(find_rows); i++) {
		const struct mp_key *key = mp_jwks_find(&set, find_rows[i].kid, find_rows[i].alg);
		const struct mp_kind_row *row = key != NULL ? &mp_kinds[key->kind] : NULL;

		CHECK_STR(find_rows[i].label, row == NULL ? NULL
		    : row->crv != NULL ? row->crv : row->kty, find_rows[i].want);
	}
	mp_jwks_free(&set);
	mp_free_wiped(text);
}

static const struct {
	const char *label, *text;
	enum mcpass_rc want;
} set_rows[] = {
	{ "empty", "{\"keys\":[]}", MCPASS_OK },
	{ "none that we speak", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AQAB\"},{},[],null]}", MCPASS_OK },
	{ "no object", "[]", MCPASS_E_PROTOCOL },
	{ "no keys", "{\"key\":[]}", MCPASS_E_PROTOCOL },
	{ "keys is an object", "{\"keys\":{}}", MCPASS_E_PROTOCOL },
	{ "keys is null", "{\"keys\":null}", MCPASS_E_PROTOCOL },
	{ "no JSON", "keys", MCPASS_E_PROTOCOL },
	{ "keys twice", "{\"keys\":[],\"keys\":[]}", MCPASS_E_PROTOCOL },
};

static void test_set(void)
{
	struct mp_jwks set = { 0 };
	struct mp_buf text;

	for (size_t i = 0; i < COUNT(set_rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(set_rows[i].label, mp_jwks_parse(set_rows[i].text, strlen(set_rows[i].text),
		    &set, &err), set_rows[i].want);
		CHECK_STR(set_rows[i].label, err.doing, err.rc ? "reading the key set" : NULL);
		mp_jwks_free(&set);
	}
	mp_buf_init(&text, MP_MAX_DOCUMENT);
	mp_buf_adds(&text, "{\"keys\":[0");
	for (int i = 0; i < MP_MAX_ITEMS; i++)
		mp_buf_adds(&text, ",0");
	mp_buf_adds(&text, "]}");
	CHECK_EQ("too many", mp_jwks_parse(text.data, text.len, &set, NULL), MCPASS_E_LIMIT);
	mp_buf_free(&text);
}

/* Everything that reads or writes a key, with the nth allocation failing. */
static enum mcpass_rc use_everything(const char *set_text, struct mcpass_error *err)
{
	struct mp_key *key = NULL;
	struct mp_jwks set = { 0 };
	char *thumbprint = NULL;
	json_t *jwk = NULL;
	enum mcpass_rc rc;

	rc = mp_jwks_parse(set_text, strlen(set_text), &set, err);
	if (!rc)
		rc = mp_jwk_parse(json_object_get(rfc_keys, "rfc7517-a2-rsa"), true, &key, err);
	if (!rc)
		rc = mp_jwk_write(key, true, &jwk, err);
	if (!rc)
		rc = mp_jwk_thumbprint(key, &thumbprint, err);
	mp_key_free(key);
	key = NULL;
	if (!rc)
		rc = mp_key_generate(MP_ES256, &key, err);
	if (!rc)
		CHECK_EQ("no key got lost", set.count, 5);
	mp_key_free(key);
	mp_jwks_free(&set);
	json_decref(jwk);
	free(thumbprint);
	return rc;
}

static void test_out_of_memory(void)
{
	char *text = make_set();

	OOM_EACH {
		struct mcpass_error err = { 0 };

		CHECK_OOM("no memory, or done", use_everything(text, &err), MCPASS_OK);
	}
	CHECK("it allocates", oom_count() > 99);
	mp_free_wiped(text);
}

int main(void)
{
	load_keys();
	test_parse();
	test_rsa_size();
	test_permits();
	test_thumbprint();
	test_write();
	test_generate();
	test_pem();
	test_find();
	test_set();
	test_out_of_memory();
	json_decref(rfc_keys);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
