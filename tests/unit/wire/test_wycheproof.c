/* Signatures that broke other implementations: what is valid must verify, what is not
 * must not; "acceptable" may go either way.  See tests/vectors/README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "wire/jose/b64url.h"
#include "wire/jose/key.h"

#define MAX_FILE (1024u * 1024)
#define MAX_MESSAGE (64u * 1024)

static const struct {
	const char *name;
	long valid, invalid;    /* tests inside, so that none gets lost */
} file_rows[] = {
	{ "ecdsa_secp256r1_sha256_p1363", 173, 89 },
	{ "ecdsa_secp384r1_sha384_p1363", 193, 87 },
	{ "ecdsa_secp521r1_sha512_p1363", 231, 87 },
	{ "ed25519", 88, 63 },
	{ "rsa_pss_2048_sha256_mgf1_0", 0, 61 },
	{ "rsa_pss_2048_sha256_mgf1_32", 63, 45 },
	{ "rsa_pss_2048_sha384_mgf1_48", 95, 46 },
	{ "rsa_pss_3072_sha256_mgf1_32", 63, 45 },
	{ "rsa_pss_4096_sha256_mgf1_32", 63, 45 },
	{ "rsa_pss_4096_sha384_mgf1_48", 95, 46 },
	{ "rsa_pss_4096_sha512_mgf1_32", 0, 132 },
	{ "rsa_pss_4096_sha512_mgf1_64", 132, 47 },
	{ "rsa_pss_misc", 3, 87 },
	{ "rsa_signature_2048_sha256", 9, 249 },
	{ "rsa_signature_2048_sha384", 7, 250 },
	{ "rsa_signature_2048_sha512", 8, 250 },
	{ "rsa_signature_3072_sha256", 8, 250 },
	{ "rsa_signature_3072_sha384", 7, 251 },
	{ "rsa_signature_3072_sha512", 8, 251 },
	{ "rsa_signature_4096_sha256", 7, 250 },
	{ "rsa_signature_4096_sha384", 7, 251 },
	{ "rsa_signature_4096_sha512", 7, 251 },
	{ "rsa_signature_8192_sha256", 7, 250 },
};

struct counts { long valid, invalid, acceptable, taken; };

static struct mp_buf decode(const json_t *text)
{
	struct mp_buf bytes;

	mp_buf_init(&bytes, MAX_MESSAGE);
	CHECK_EQ("base64url", mp_b64url_decode(&bytes, (struct mp_span){ json_string_value(text),
	    json_string_length(text) }, NULL), MCPASS_OK);
	return bytes;
}

/* One test: [tcId, message, signature, verdict]. */
static void run_test(const char *file, const struct mp_key *key, enum mp_alg alg,
    const json_t *test, struct counts *counts)
{
	const char *verdict = json_string_value(json_array_get(test, 3));
	struct mp_buf message = decode(json_array_get(test, 1));
	struct mp_buf signature = decode(json_array_get(test, 2));
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc;
	char label[128];

	snprintf(label, sizeof(label), "%s tcId %lld: %s", file,
	    (long long)json_integer_value(json_array_get(test, 0)), verdict);
	rc = mp_key_verify(key, alg, (struct mp_span){ message.data, message.len },
	    (struct mp_span){ signature.data, signature.len }, &err);
	if (strcmp(verdict, "valid") == 0) {
		CHECK_EQ(label, rc, MCPASS_OK);
		counts->valid++;
	} else if (strcmp(verdict, "invalid") == 0) {
		CHECK_EQ(label, rc, MCPASS_E_POLICY);
		counts->invalid++;
	} else {
		counts->acceptable++;
		counts->taken += rc == MCPASS_OK;
	}
	mp_buf_free(&message);
	mp_buf_free(&signature);
}

static void run_group(const char *file, const json_t *group, struct counts *counts)
{
	enum mp_alg alg = mp_alg_from_name(json_string_value(json_object_get(group, "alg")));
	const json_t *tests = json_object_get(group, "tests");
	struct mp_key *key = NULL;

	if (!CHECK_EQ(file, mp_jwk_parse(json_object_get(group, "jwk"), false, &key, NULL),
	    MCPASS_OK))
		return;
	for (size_t i = 0; i < json_array_size(tests); i++)
		run_test(file, key, alg, json_array_get(tests, i), counts);
	mp_key_free(key);
}

static struct counts run_file(const char *name)
{
	struct counts counts = { 0 };
	json_t *groups = NULL;
	char path[128], *text;
	size_t len;

	snprintf(path, sizeof(path), "wycheproof/%s.json", name);
	text = check_read(path, &len);
	CHECK_EQ(name, mp_json_parse(text, len, MAX_FILE, name, &groups, NULL), MCPASS_OK);
	for (size_t i = 0; i < json_array_size(groups); i++)
		run_group(name, json_array_get(groups, i), &counts);
	json_decref(groups);
	free(text);
	return counts;
}

int main(void)
{
	struct counts all = { 0 };

	for (size_t i = 0; i < COUNT(file_rows); i++) {
		struct counts counts = run_file(file_rows[i].name);

		CHECK_EQ(file_rows[i].name, counts.valid, file_rows[i].valid);
		CHECK_EQ(file_rows[i].name, counts.invalid, file_rows[i].invalid);
		all.valid += counts.valid;
		all.invalid += counts.invalid;
		all.acceptable += counts.acceptable;
		all.taken += counts.taken;
	}
	printf("%ld valid, %ld invalid, %ld acceptable (%ld of them taken)\n", all.valid, all.invalid,
	    all.acceptable, all.taken);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
