/* Tokens: taken apart, refused, verified, signed. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/jose/b64url.h"
#include "wire/jose/jws.h"
#include "wire/jose/key.h"

static json_t *rfc_keys, *rfc_tokens;

static json_t *load(const char *name)
{
	json_t *json = NULL;
	size_t len;
	char *text = check_read(name, &len);

	CHECK_EQ(name, mp_json_parse(text, len, len, name, &json, NULL), MCPASS_OK);
	free(text);
	return json;
}

static struct mp_span span_of(const char *text)
{
	return (struct mp_span){ text, strlen(text) };
}

static struct mp_span rfc_token(const char *name)
{
	return span_of(json_string_value(json_object_get(rfc_tokens, name)));
}

/* A private key of the RFCs. */
static struct mp_key *rfc_key(const char *name)
{
	struct mp_key *key = NULL;

	CHECK_EQ(name, mp_jwk_parse(json_object_get(rfc_keys, name), true, &key, NULL), MCPASS_OK);
	return key;
}

static struct mp_key *make_key(enum mp_alg alg)
{
	struct mp_key *key = NULL;

	CHECK_EQ(mp_alg_name(alg), mp_key_generate(alg, &key, NULL), MCPASS_OK);
	return key;
}

/* A token from its parts, as text; sig is any signature. */
static char *make_token(const char *header, const char *payload, const char *sig)
{
	struct mp_buf buf;
	char *text = NULL;

	mp_buf_init(&buf, 4 * MP_MAX_TOKEN);
	mp_b64url_add(&buf, header, strlen(header));
	mp_buf_addc(&buf, '.');
	mp_b64url_add(&buf, payload, strlen(payload));
	mp_buf_addc(&buf, '.');
	mp_buf_adds(&buf, sig);
	CHECK_EQ("a token", mp_buf_take(&buf, "a token", &text, NULL), MCPASS_OK);
	return text;
}

/* want NULL: taken; else what the refusal says. */
static const struct {
	const char *label, *header, *payload, *signature, *want;
} parse_rows[] = {
	{ "the least", "{\"alg\":\"RS256\"}", "{}", "AA", NULL },
	{ "with members that we do not know", "{\"alg\":\"EdDSA\",\"x\":{}}", "{\"x\":1}", "AA", NULL },
	{ "an embedded key is no reason", "{\"alg\":\"ES256\",\"jwk\":{}}", "{}", "AA", NULL },
	{ "Ed25519 by its new name", "{\"alg\":\"Ed25519\"}", "{}", "AA", NULL },
	{ "no alg", "{}", "{}", "AA", "alg is missing" },
	{ "alg none", "{\"alg\":\"none\"}", "{}", "AA", "alg is none" },
	{ "alg None", "{\"alg\":\"None\"}", "{}", "AA", "alg is None" },
	{ "alg empty", "{\"alg\":\"\"}", "{}", "AA", "which is not accepted" },
	{ "HS256", "{\"alg\":\"HS256\"}", "{}", "AA", "alg is HS256" },
	{ "HS512", "{\"alg\":\"HS512\"}", "{}", "AA", "alg is HS512" },
	{ "RS1", "{\"alg\":\"RS1\"}", "{}", "AA", "alg is RS1" },
	{ "ES256K", "{\"alg\":\"ES256K\"}", "{}", "AA", "alg is ES256K" },
	{ "encryption", "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}", "{}", "AA", "alg is RSA-OAEP" },
	{ "alg in small letters", "{\"alg\":\"rs256\"}", "{}", "AA", "alg is rs256" },
	{ "alg is a list", "{\"alg\":[\"RS256\"]}", "{}", "AA", "alg is not a string" },
	{ "alg is null", "{\"alg\":null}", "{}", "AA", "alg is missing" },
	{ "alg twice", "{\"alg\":\"RS256\",\"alg\":\"none\"}", "{}", "AA", "twice" },
	{ "crit", "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", "{}", "AA", "crit" },
	{ "crit of what it is", "{\"alg\":\"RS256\",\"crit\":[\"alg\"]}", "{}", "AA", "crit" },
	{ "crit empty", "{\"alg\":\"RS256\",\"crit\":[]}", "{}", "AA", "crit" },
	{ "kid is a number", "{\"alg\":\"RS256\",\"kid\":1}", "{}", "AA", "kid is not a string" },
	{ "typ is a list", "{\"alg\":\"RS256\",\"typ\":[]}", "{}", "AA", "typ is not a string" },
	{ "header is a list", "[\"alg\",\"RS256\"]", "{}", "AA", "header is not a JSON object" },
	{ "header is no JSON", "alg", "{}", "AA", "header is not JSON" },
	{ "empty header", "", "{}", "AA", "header is not JSON" },
	{ "header and more", "{\"alg\":\"RS256\"}{}", "{}", "AA", "header is not JSON" },
	{ "payload is a string", "{\"alg\":\"RS256\"}", "\"x\"", "AA", "payload is not a JSON object" },
	{ "payload is no JSON", "{\"alg\":\"RS256\"}", "x", "AA", "payload is not JSON" },
	{ "empty payload", "{\"alg\":\"RS256\"}", "", "AA", "payload is not JSON" },
	{ "a claim twice", "{\"alg\":\"RS256\"}", "{\"aud\":1,\"aud\":2}", "AA", "twice" },
	{ "a NUL in a claim", "{\"alg\":\"RS256\"}", "{\"sub\":\"a\\u0000\"}", "AA", "NUL" },
	{ "no signature", "{\"alg\":\"RS256\"}", "{}", "", "not signed" },
	{ "a signature with padding", "{\"alg\":\"RS256\"}", "{}", "AA==", "" },
	{ "a signature of one letter", "{\"alg\":\"RS256\"}", "{}", "A", "" },
	{ "a signature in base64", "{\"alg\":\"RS256\"}", "{}", "+/8A", "" },
	{ "leftover bits", "{\"alg\":\"RS256\"}", "{}", "AB", "" },
	{ "four parts", "{\"alg\":\"RS256\"}", "{}", "AA.AA", "three parts" },
	{ "a dot behind", "{\"alg\":\"RS256\"}", "{}", "AA.", "three parts" },
	{ "white space behind", "{\"alg\":\"RS256\"}", "{}", "AA\n", "" },
};

static void check_parse(const char *label, struct mp_span text, const char *want)
{
	static const struct mp_jws zero;
	struct mcpass_error err = { 0 };
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc = mp_jws_parse(text, &jws, &err);

	CHECK_EQ(label, rc, want != NULL ? MCPASS_E_PROTOCOL : MCPASS_OK);
	if (want != NULL) {
		CHECK_HAS(label, err.detail, want);
		CHECK_STR(label, err.doing, "reading the token");
		CHECK(label, memcmp(&jws, &zero, sizeof(zero)) == 0);
	} else {
		CHECK_STR(label, err.detail, "");
		mp_jws_free(&jws);
	}
}

static void test_parse(void)
{
	static const char *const shapes[] = { "", ".", "..", "...", "x", "e30.e30", "e30..AA", ".e30.AA",
	    "e30.e30.", "e30 .e30.AA", "{}.{}.AA" };

	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		char *text = make_token(parse_rows[i].header, parse_rows[i].payload,
		    parse_rows[i].signature);

		check_parse(parse_rows[i].label, span_of(text), parse_rows[i].want);
		free(text);
	}
	for (size_t i = 0; i < COUNT(shapes); i++)
		check_parse(shapes[i], span_of(shapes[i]), "");
	check_parse("nothing", (struct mp_span){ NULL, 0 }, "three parts");
	check_parse("HS256 of RFC 7515 A.1", rfc_token("rfc7515-a1"), "alg is HS256");
	check_parse("none of RFC 7515 A.5", rfc_token("rfc7515-a5"), "alg is none");
	check_parse("no object in RFC 7515 A.4", rfc_token("rfc7515-a4"), "payload is not JSON");
}

static void test_members(void)
{
	char *text = make_token("{\"alg\":\"PS384\",\"kid\":\"k\",\"typ\":\"at+jwt\"}",
	    "{\"sub\":\"s\"}", "AQID");
	struct mp_span longer = { text, strlen(text) };
	struct mp_jws jws = { 0 };

	text[longer.len - 1] = 'E';             /* AQIE: bytes 1, 2, 4 */
	CHECK_EQ("parse", mp_jws_parse(longer, &jws, NULL), MCPASS_OK);
	CHECK_EQ("alg", jws.alg, MP_PS384);
	CHECK_STR("kid", jws.kid, "k");
	CHECK_STR("typ", jws.typ, "at+jwt");
	CHECK_STR("sub", json_string_value(json_object_get(jws.payload, "sub")), "s");
	CHECK_EQ("signature", jws.signature.len, 3);
	CHECK("signature", memcmp(jws.signature.data, "\1\2\4", 3) == 0);
	CHECK_EQ("signing input", jws.signing_input.len, longer.len - 5);
	CHECK("it is borrowed", jws.signing_input.data == text);
	mp_jws_free(&jws);
	CHECK("nothing is left", jws.header == NULL && jws.kid == NULL);
	mp_jws_free(&jws);
	free(text);
}

static void test_size(void)
{
	struct mcpass_error err = { 0 };
	struct mp_jws jws = { 0 };
	static char payload[MP_MAX_TOKEN];
	char *text, signature[1400];

	memset(payload, ' ', 12000);
	memcpy(payload, "{}", 2);
	memset(signature, 'A', 1366);
	signature[1366] = '\0';
	text = make_token("{\"alg\":\"RS256\"}", payload, "AA");
	CHECK_EQ("large", mp_jws_parse(span_of(text), &jws, NULL), MCPASS_OK);
	mp_jws_free(&jws);
	free(text);
	memset(payload, ' ', MP_MAX_TOKEN - 1);
	memcpy(payload, "{}", 2);
	text = make_token("{\"alg\":\"RS256\"}", payload, "AA");
	CHECK_EQ("too large", mp_jws_parse(span_of(text), &jws, &err), MCPASS_E_LIMIT);
	CHECK_HAS("says how large it may be", err.detail, "16384 bytes");
	CHECK_EQ("exactly", mp_jws_parse((struct mp_span){ text, MP_MAX_TOKEN }, &jws, NULL),
	    MCPASS_E_PROTOCOL);
	CHECK_EQ("one byte more", mp_jws_parse((struct mp_span){ text, MP_MAX_TOKEN + 1 }, &jws, NULL),
	    MCPASS_E_LIMIT);
	free(text);
	text = make_token("{\"alg\":\"RS256\"}", "{}", signature);
	CHECK_EQ("the longest signature", mp_jws_parse(span_of(text), &jws, NULL), MCPASS_OK);
	CHECK_EQ("the longest signature", jws.signature.len, MP_MAX_SIGNATURE);
	mp_jws_free(&jws);
	free(text);
	strcat(signature, "A");
	text = make_token("{\"alg\":\"RS256\"}", "{}", signature);
	CHECK_EQ("a longer one", mp_jws_parse(span_of(text), &jws, NULL), MCPASS_E_LIMIT);
	free(text);
}

static enum mcpass_rc verify(struct mp_span text, const struct mp_key *key,
    struct mcpass_error *err)
{
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc;

	rc = mp_jws_parse(text, &jws, err);
	if (!rc)
		rc = mp_jws_verify(&jws, key, err);
	mp_jws_free(&jws);
	return rc;
}

static void test_rfc_tokens(void)
{
	static const char *const names[] = { "rfc7515-a2", "rfc7515-a3" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct mp_key *key = rfc_key(names[i]), *other = rfc_key(names[1 - i]);
		struct mcpass_error err = { 0 };

		CHECK_EQ(names[i], verify(rfc_token(names[i]), key, &err), MCPASS_OK);
		CHECK_EQ("once more, from the template", verify(rfc_token(names[i]), key, &err), MCPASS_OK);
		CHECK_EQ("a key of another type", verify(rfc_token(names[i]), other, &err),
		    MCPASS_E_POLICY);
		CHECK_HAS("says why", err.detail, "the key does not permit");
		CHECK_STR("and when", err.doing, "verifying the token's signature");
		mp_key_free(key);
		mp_key_free(other);
	}
	CHECK("OpenSSL's queue is empty", ERR_peek_error() == 0);
}

/* The examples whose payload is no JSON: the same, one floor lower. */
static const struct {
	const char *token, *key;
	enum mp_alg alg;
	bool exact;             /* the signature is always the same */
} raw_rows[] = {
	{ "rfc7515-a4", "rfc7515-a4", MP_ES512, false },
	{ "rfc8037-a4", "rfc8037-a1", MP_EDDSA, true },
	{ "rfc7515-a2", "rfc7515-a2", MP_RS256, true },
};

static void test_raw(void)
{
	for (size_t i = 0; i < COUNT(raw_rows); i++) {
		struct mp_span text = rfc_token(raw_rows[i].token), input = text, part;
		struct mp_key *key = rfc_key(raw_rows[i].key);
		struct mp_buf want, got;

		input.len = (size_t)(strrchr(text.data, '.') - text.data);
		part = span_of(text.data + input.len + 1);
		mp_buf_init(&want, MP_MAX_SIGNATURE);
		mp_buf_init(&got, MP_MAX_SIGNATURE);
		CHECK_EQ("signature", mp_b64url_decode(&want, part, NULL), MCPASS_OK);
		CHECK_EQ(raw_rows[i].token, mp_key_verify(key, raw_rows[i].alg, input,
		    (struct mp_span){ want.data, want.len }, NULL), MCPASS_OK);
		CHECK_EQ("signed", mp_key_sign(key, raw_rows[i].alg, input, &got, NULL), MCPASS_OK);
		CHECK_EQ("length", got.len, want.len);
		CHECK("the RFC's own bytes", !raw_rows[i].exact
		    || memcmp(got.data, want.data, want.len) == 0);
		mp_buf_free(&want);
		mp_buf_free(&got);
		mp_key_free(key);
	}
}

static void sign(const struct mp_key *key, enum mp_alg alg, const char *header,
    struct mp_secret *ret_token)
{
	json_t *json = NULL, *payload = json_pack("{s:s}", "sub", "alice");
	struct mcpass_error err = { 0 };

	if (header != NULL)
		CHECK_EQ(header, mp_json_parse(header, strlen(header), 4096, "it", &json, NULL), 0);
	CHECK_EQ(mp_alg_name(alg), mp_jws_sign(key, alg, json, payload, ret_token, &err), MCPASS_OK);
	CHECK_STR("no report", err.detail, "");
	json_decref(json);
	json_decref(payload);
}

/* Every byte of a token counts. */
static void check_each_byte(const struct mp_secret *token, const struct mp_key *key)
{
	struct mp_span text = { mp_secret_reveal(token), token->len };
	char *copy = malloc(text.len);
	long taken = 0;

	for (size_t i = 0; i < text.len; i++) {
		memcpy(copy, text.data, text.len);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		taken += verify((struct mp_span){ copy, text.len }, key, NULL) == MCPASS_OK;
	}
	CHECK_EQ("tokens with a changed byte that were taken", taken, 0);
	free(copy);
}

static void test_all_algorithms(void)
{
	for (int alg = MP_RS256; alg <= MP_EDDSA; alg++) {
		struct mp_key *key = make_key((enum mp_alg)alg), *other = make_key((enum mp_alg)alg);
		const char *name = mp_alg_name((enum mp_alg)alg);
		struct mp_secret token = { 0 };
		struct mcpass_error err = { 0 };

		sign(key, (enum mp_alg)alg, NULL, &token);
		CHECK_EQ(name, verify((struct mp_span){ token.bytes, token.len }, key, NULL), MCPASS_OK);
		CHECK_EQ(name, verify((struct mp_span){ token.bytes, token.len }, other, &err),
		    MCPASS_E_POLICY);
		CHECK_STR(name, err.detail, "the signature is not the key's");
		CHECK_STR(name, err.spec, "RFC 7515 5.2");
		if (alg != MP_RS384 && alg != MP_RS512)
			check_each_byte(&token, key);
		mp_secret_free(&token);
		mp_key_free(key);
		mp_key_free(other);
	}
	CHECK("OpenSSL's queue is empty", ERR_peek_error() == 0);
}

/* What a signature of one algorithm is worth when the header names another: the key
 * fits both, so only the algorithm's own rule is left. */
static void test_confusion(void)
{
	static const struct { enum mp_alg signed_with, claimed; } rows[] = {
		{ MP_RS256, MP_PS256 }, { MP_PS256, MP_RS256 }, { MP_RS256, MP_RS512 },
		{ MP_PS256, MP_PS384 },
	};
	struct mp_key *key = rfc_key("rfc7515-a2");
	struct mp_span input = { "a.b", 3 };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_buf sig;

		mp_buf_init(&sig, MP_MAX_SIGNATURE);
		CHECK_EQ("sign", mp_key_sign(key, rows[i].signed_with, input, &sig, NULL), MCPASS_OK);
		CHECK_EQ(mp_alg_name(rows[i].claimed), mp_key_verify(key, rows[i].claimed, input,
		    (struct mp_span){ sig.data, sig.len }, NULL), MCPASS_E_POLICY);
		mp_buf_free(&sig);
	}
	mp_key_free(key);
}

/* What a key permits binds signing and verifying. */
static const struct {
	const char *label, *key, *patch;
	enum mp_alg alg;
	enum mcpass_rc sign, verify;
} use_rows[] = {
	{ "both", "rfc7515-a3", "{}", MP_ES256, MCPASS_OK, MCPASS_OK },
	{ "another curve", "rfc7515-a3", "{}", MP_ES512, MCPASS_E_USAGE, MCPASS_E_POLICY },
	{ "another type", "rfc7515-a3", "{}", MP_RS256, MCPASS_E_USAGE, MCPASS_E_POLICY },
	{ "no algorithm", "rfc7515-a3", "{}", MP_ALG_NONE, MCPASS_E_USAGE, MCPASS_E_POLICY },
	{ "another alg", "rfc7515-a2", "{\"alg\":\"PS256\"}", MP_RS256, MCPASS_E_USAGE,
	    MCPASS_E_POLICY },
	{ "its alg", "rfc7515-a2", "{\"alg\":\"PS256\"}", MP_PS256, MCPASS_OK, MCPASS_OK },
	{ "only signs", "rfc7515-a3", "{\"key_ops\":[\"sign\"]}", MP_ES256, MCPASS_OK,
	    MCPASS_E_POLICY },
	{ "only verifies", "rfc7515-a3", "{\"key_ops\":[\"verify\"]}", MP_ES256, MCPASS_E_USAGE,
	    MCPASS_OK },
};

static void test_use(void)
{
	struct mp_span input = { "a.b", 3 };

	for (size_t i = 0; i < COUNT(use_rows); i++) {
		json_t *jwk = json_deep_copy(json_object_get(rfc_keys, use_rows[i].key));
		json_t *patch = json_loads(use_rows[i].patch, 0, NULL);
		struct mp_key *key = NULL, *free_key = rfc_key(use_rows[i].key);
		enum mp_alg alg = use_rows[i].alg;
		struct mp_buf sig;

		mp_buf_init(&sig, MP_MAX_SIGNATURE);
		json_object_update(jwk, patch);
		CHECK_EQ(use_rows[i].label, mp_jwk_parse(jwk, true, &key, NULL), MCPASS_OK);
		CHECK_EQ(use_rows[i].label, mp_key_sign(key, alg, input, &sig, NULL), use_rows[i].sign);
		CHECK("nothing when refused", use_rows[i].sign == MCPASS_OK || sig.len == 0);
		mp_buf_clear(&sig);
		(void)mp_key_sign(free_key, alg, input, &sig, NULL);
		CHECK_EQ(use_rows[i].label, mp_key_verify(key, alg, input,
		    (struct mp_span){ mp_buf_text(&sig), sig.len }, NULL), use_rows[i].verify);
		mp_buf_free(&sig);
		mp_key_free(key);
		mp_key_free(free_key);
		json_decref(jwk);
		json_decref(patch);
	}
}

/* ECDSA: r and s side by side, nothing else. */
static void test_ecdsa_lengths(void)
{
	struct mp_key *key = rfc_key("rfc7515-a3");
	struct mp_span text = rfc_token("rfc7515-a3"), input = text;
	unsigned char der[80] = { 0x30, 0x45, 0x02, 0x20 }, bytes[70] = { 0 };
	struct mp_jws jws = { 0 };

	CHECK_EQ("parse", mp_jws_parse(text, &jws, NULL), MCPASS_OK);
	input = jws.signing_input;
	memcpy(der + 4, jws.signature.data, 32);        /* r begins with 0x0e: no zero before it */
	memcpy(der + 36, "\x02\x21\x00", 3);
	memcpy(der + 39, jws.signature.data + 32, 32);
	CHECK_EQ("DER", mp_key_verify(key, MP_ES256, input, (struct mp_span){ (char *)der, 71 }, NULL),
	    MCPASS_E_POLICY);
	memcpy(bytes, jws.signature.data, 64);
	for (size_t len = 0; len <= sizeof(bytes); len++)
		CHECK_EQ("length", mp_key_verify(key, MP_ES256, input,
		    (struct mp_span){ (char *)bytes, len }, NULL), len == 64 ? MCPASS_OK : MCPASS_E_POLICY);
	memset(bytes, 0, 64);
	CHECK_EQ("zeros", mp_key_verify(key, MP_ES256, input, (struct mp_span){ (char *)bytes, 64 },
	    NULL), MCPASS_E_POLICY);
	mp_jws_free(&jws);
	mp_key_free(key);
}

static const struct {
	const char *label, *header, *want;
} header_rows[] = {
	{ "nothing further", NULL, "{\"alg\":\"EdDSA\",\"kid\":\"K\"}" },
	{ "typ", "{\"typ\":\"at+jwt\"}", "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"K\"}" },
	{ "a key in it needs no name", "{\"typ\":\"dpop+jwt\",\"jwk\":{}}",
	    "{\"alg\":\"EdDSA\",\"typ\":\"dpop+jwt\",\"jwk\":{}}" },
	{ "alg and kid are ours", "{\"alg\":\"none\",\"kid\":\"x\"}",
	    "{\"alg\":\"EdDSA\",\"kid\":\"K\"}" },
};

static void test_header(void)
{
	struct mp_key *key = NULL;
	json_t *jwk = json_deep_copy(json_object_get(rfc_keys, "rfc8037-a1"));

	json_object_set_new(jwk, "kid", json_string("K"));
	CHECK_EQ("key", mp_jwk_parse(jwk, true, &key, NULL), MCPASS_OK);
	json_decref(jwk);
	for (size_t i = 0; i < COUNT(header_rows); i++) {
		struct mp_secret token = { 0 };
		struct mp_jws jws = { 0 };
		char *text;

		sign(key, MP_EDDSA, header_rows[i].header, &token);
		CHECK_EQ(header_rows[i].label, mp_jws_parse((struct mp_span){ token.bytes, token.len },
		    &jws, NULL), MCPASS_OK);
		text = mp_json_dump(jws.header);
		CHECK_STR(header_rows[i].label, text, header_rows[i].want);
		mp_free_wiped(text);
		mp_jws_free(&jws);
		mp_secret_free(&token);
	}
	mp_key_free(key);
}

static void test_sign_refusals(void)
{
	static char text[MP_MAX_TOKEN];
	json_t *payload = json_object();
	struct mcpass_error err = { 0 };
	struct mp_secret token = { 0 };
	struct mp_key *public = NULL, *key = rfc_key("rfc8037-a1");
	json_t *jwk = json_deep_copy(json_object_get(rfc_keys, "rfc8037-a1"));

	json_object_del(jwk, "d");
	CHECK_EQ("key", mp_jwk_parse(jwk, false, &public, NULL), MCPASS_OK);
	CHECK_EQ("a public key", mp_jws_sign(public, MP_EDDSA, NULL, payload, &token, &err),
	    MCPASS_E_USAGE);
	CHECK_STR("says so", err.detail, "the key does not sign with EdDSA");
	CHECK_STR("and when", err.doing, "signing a token");
	memset(text, 'x', sizeof(text) - 1);
	json_object_set_new(payload, "x", json_string(text));
	CHECK_EQ("too large", mp_jws_sign(key, MP_EDDSA, NULL, payload, &token, NULL), MCPASS_E_LIMIT);
	CHECK("untouched", !mp_secret_present(&token));
	json_decref(jwk);
	json_decref(payload);
	mp_key_free(public);
	mp_key_free(key);
}

static enum mcpass_rc sign_and_verify(const struct mp_key *key, json_t *payload,
    struct mcpass_error *err)
{
	struct mp_secret token = { 0 };
	enum mcpass_rc rc;

	rc = mp_jws_sign(key, MP_ES256, NULL, payload, &token, err);
	if (!rc)
		rc = verify((struct mp_span){ token.bytes, token.len }, key, err);
	else
		CHECK("untouched", !mp_secret_present(&token));
	mp_secret_free(&token);
	return rc;
}

static void test_out_of_memory(void)
{
	json_t *payload = json_pack("{s:s, s:[s,s]}", "sub", "alice", "aud", "a", "b");
	struct mp_key *key = rfc_key("rfc7515-a3");

	OOM_EACH {
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = sign_and_verify(key, payload, &err);
		CHECK_OOM("no memory, or done", rc, MCPASS_OK);
	}
	CHECK("it allocates", oom_count() > 29);
	mp_key_free(key);
	json_decref(payload);
}

int main(void)
{
	rfc_keys = load("rfc/keys.json");
	rfc_tokens = load("rfc/tokens.json");
	test_parse();
	test_members();
	test_size();
	test_rfc_tokens();
	test_raw();
	test_all_algorithms();
	test_confusion();
	test_use();
	test_ecdsa_lengths();
	test_header();
	test_sign_refusals();
	test_out_of_memory();
	json_decref(rfc_keys);
	json_decref(rfc_tokens);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
