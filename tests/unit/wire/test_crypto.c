/* Digests, random text, passwords. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/jose/crypto.h"

static void test_digest(void)
{
	static const uint8_t want[] = {          /* FIPS 180-2 B.1 */
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae,
		0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61,
		0xf2, 0x00, 0x15, 0xad,
	};
	uint8_t digest[MP_SHA256_LEN];
	char *text = NULL;

	CHECK_EQ("SHA-256", mp_sha256("abc", 3, digest, NULL), MCPASS_OK);
	CHECK("SHA-256", memcmp(digest, want, sizeof(want)) == 0);
	CHECK_EQ("S256", mp_sha256_b64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", &text, NULL),
	    MCPASS_OK);
	CHECK_STR("RFC 7636 appendix B", text, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	free(text);
}

/* RFC 4231 4.2, 4.3 and 4.7: the last key is longer than the hash's block. */
static void test_mac(void)
{
	static const struct {
		const char *label, *key, *text;
		size_t key_len;
		const char *want;
	} rows[] = {
		{ "RFC 4231 4.2", "\x0b", "Hi There", 20,
		    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "RFC 4231 4.3", "Jefe", "what do ya want for nothing?", 4,
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "RFC 4231 4.7", "\xaa", "Test Using Larger Than Block-Size Key - Hash Key First", 131,
		    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	};
	uint8_t mac[MP_SHA256_LEN];

	for (size_t i = 0; i < COUNT(rows); i++) {
		char key[131], hex[2 * sizeof(mac) + 1];

		for (size_t j = 0; j < rows[i].key_len; j++)
			key[j] = rows[i].key[j % strlen(rows[i].key)];
		CHECK_EQ(rows[i].label, mp_hmac_sha256(key, rows[i].key_len, rows[i].text,
		    strlen(rows[i].text), mac, NULL), MCPASS_OK);
		for (size_t j = 0; j < sizeof(mac); j++)
			snprintf(hex + 2 * j, 3, "%02x", mac[j]);
		CHECK_STR(rows[i].label, hex, rows[i].want);
	}
	memset(mac, 1, sizeof(mac));
	CHECK_EQ("no key", mp_hmac_sha256("", 0, "x", 1, mac, NULL), MCPASS_E_USAGE);
	CHECK("untouched", mac[0] == 1 && mac[MP_SHA256_LEN - 1] == 1);
}

static int count_up(void *ctx, uint8_t *out, size_t len)
{
	uint8_t *next = ctx;

	for (size_t i = 0; i < len; i++)
		out[i] = (*next)++;
	return 0;
}

static int no_randomness(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 0, len);
	return -1;
}

static void test_random(void)
{
	struct mcpass_error err = { 0 };
	struct mp_secret text = { 0 };
	uint8_t next = 0;

	CHECK_EQ("16 bytes", mp_random_text(count_up, &next, 16, &text, NULL), MCPASS_OK);
	CHECK_STR("as base64url", mp_secret_reveal(&text), "AAECAwQFBgcICQoLDA0ODw");
	CHECK_EQ("a failing source", mp_random_text(no_randomness, NULL, 16, &text, &err), MCPASS_E_IO);
	CHECK_STR("untouched", mp_secret_reveal(&text), "AAECAwQFBgcICQoLDA0ODw");
	CHECK_EQ("none", mp_random_text(count_up, &next, 0, &text, NULL), MCPASS_E_USAGE);
	CHECK_EQ("too much", mp_random_text(count_up, &next, MP_MAX_RANDOM + 1, &text, NULL),
	    MCPASS_E_USAGE);
	CHECK_EQ("the most", mp_random_text(count_up, &next, MP_MAX_RANDOM, &text, NULL), MCPASS_OK);
	CHECK_EQ("the most", text.len, 86);
	mp_secret_free(&text);
}

#define SALT_TEXT "AAECAwQFBgcICQoLDA0ODw"
#define HASH_10 "nfkj3u1fRTHCea-fVr03sWV770kp5wLOLoEakziKhqE"
#define LINE_10 "$scrypt$ln=10,r=8,p=1$" SALT_TEXT "$" HASH_10      /* by Python's hashlib */
#define LINE_14 "$scrypt$ln=14,r=8,p=1$" SALT_TEXT "$JbN2hANm9NOw4h5BRHZnbjzQ6Jr0QwNWojTOC2WgIbU"

static const struct {
	const char *label, *password, *line;
	enum mcpass_rc want;
} password_rows[] = {
	{ "right", "correct horse", LINE_10, MCPASS_OK },
	{ "right, at the usual cost", "correct horse", LINE_14, MCPASS_OK },
	{ "wrong", "correct hors", LINE_10, MCPASS_E_DENIED },
	{ "empty", "", LINE_10, MCPASS_E_DENIED },
	{ "another salt", "correct horse", "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0OEA$" HASH_10,
	    MCPASS_E_DENIED },
	{ "another cost", "correct horse", "$scrypt$ln=11,r=8,p=1$" SALT_TEXT "$" HASH_10,
	    MCPASS_E_DENIED },
	{ "no line", "x", "", MCPASS_E_PROTOCOL },
	{ "the password itself", "x", "x", MCPASS_E_PROTOCOL },
	{ "another scheme", "x", "$argon2$ln=10,r=8,p=1$" SALT_TEXT "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "too cheap", "x", "$scrypt$ln=09,r=8,p=1$" SALT_TEXT "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "too cheap, one digit", "x", "$scrypt$ln=9,r=8,p=1$" SALT_TEXT "$" HASH_10,
	    MCPASS_E_PROTOCOL },
	{ "too dear", "x", "$scrypt$ln=18,r=8,p=1$" SALT_TEXT "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "far too dear", "x", "$scrypt$ln=63,r=8,p=1$" SALT_TEXT "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "three digits", "x", "$scrypt$ln=100,r=8,p=1$" SALT_TEXT "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "a sign", "x", "$scrypt$ln=1-,r=8,p=1$" SALT_TEXT "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "cut behind the cost", "x", "$scrypt$ln=1", MCPASS_E_PROTOCOL },
	{ "other parameters", "x", "$scrypt$ln=10,r=9,p=1$" SALT_TEXT "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "no hash", "x", "$scrypt$ln=10,r=8,p=1$" SALT_TEXT, MCPASS_E_PROTOCOL },
	{ "an empty hash", "x", "$scrypt$ln=10,r=8,p=1$" SALT_TEXT "$", MCPASS_E_PROTOCOL },
	{ "a short hash", "x", "$scrypt$ln=10,r=8,p=1$" SALT_TEXT "$" SALT_TEXT, MCPASS_E_PROTOCOL },
	{ "a long salt", "x", "$scrypt$ln=10,r=8,p=1$" HASH_10 "$" HASH_10, MCPASS_E_PROTOCOL },
	{ "a short salt", "x", "$scrypt$ln=10,r=8,p=1$AAEC$" HASH_10, MCPASS_E_PROTOCOL },
	{ "something behind", "x", LINE_10 "$", MCPASS_E_PROTOCOL },
	{ "a line end", "x", LINE_10 "\n", MCPASS_E_PROTOCOL },
};

static void test_password(void)
{
	uint8_t salt[16];
	char *line = NULL;
	unsigned cost = 0;

	for (uint8_t i = 0; i < sizeof(salt); i++)
		salt[i] = i;
	CHECK_EQ("hash", mp_password_hash("correct horse", salt, 10, &line, NULL), MCPASS_OK);
	CHECK_STR("as Python's hashlib", line, LINE_10);
	free(line);
	CHECK_EQ("too cheap", mp_password_hash("x", salt, 9, &line, NULL), MCPASS_E_USAGE);
	CHECK_EQ("too dear", mp_password_hash("x", salt, 18, &line, NULL), MCPASS_E_USAGE);
	for (size_t i = 0; i < COUNT(password_rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(password_rows[i].label, mp_password_check(password_rows[i].password,
		    password_rows[i].line, 0, &err), password_rows[i].want);
		CHECK_EQ(password_rows[i].label, err.rc, password_rows[i].want);
		CHECK_EQ(password_rows[i].label, mp_password_cost(password_rows[i].line, &cost, NULL),
		    password_rows[i].want == MCPASS_E_PROTOCOL ? MCPASS_E_PROTOCOL : MCPASS_OK);
	}
}

/* A cheap line costs as much as a dear one where that is asked for: in time of the processor,
 * 64 times as much, of which an eighth is looked for. */
static void test_cost(void)
{
	unsigned cost = 0;
	clock_t spent[2];

	CHECK_EQ("read", mp_password_cost(LINE_14, &cost, NULL), MCPASS_OK);
	CHECK_EQ("as it says", cost, 14);
	for (unsigned i = 0; i < COUNT(spent); i++) {
		clock_t from = clock();

		CHECK_EQ("the answer is the same", mp_password_check("correct horse", LINE_10, 10 + 6 * i,
		    NULL), MCPASS_OK);
		spent[i] = clock() - from;
	}
	CHECK("it takes longer", spent[1] > 8 * spent[0]);
	CHECK_EQ("no less than its own", mp_password_check("correct horse", LINE_14, 10, NULL),
	    MCPASS_OK);
}

static enum mcpass_rc use_everything(struct mcpass_error *err)
{
	static const uint8_t salt[16];
	struct mp_secret random = { 0 };
	char *digest = NULL, *line = NULL;
	uint8_t next = 0;
	enum mcpass_rc rc;

	rc = mp_sha256_b64url("x", &digest, err);
	if (!rc)
		rc = mp_random_text(count_up, &next, 32, &random, err);
	if (!rc)
		rc = mp_password_hash("x", salt, 10, &line, err);
	if (!rc)
		rc = mp_password_check("x", line, 11, err);
	free(digest);
	free(line);
	mp_secret_free(&random);
	return rc;
}

static void test_out_of_memory(void)
{
	OOM_EACH {
		struct mcpass_error err = { 0 };

		CHECK_OOM("no memory, or done", use_everything(&err), MCPASS_OK);
	}
	CHECK("it allocates", oom_count() > 4);
}

int main(void)
{
	test_digest();
	test_mac();
	test_random();
	test_password();
	test_cost();
	CHECK("OpenSSL's queue is empty", ERR_peek_error() == 0);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	test_out_of_memory();
	return check_done();
}
