/* PKCE: the RFC's example, and what a server refuses. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/pkce.h"

/* spec: RFC 7636 B */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static const struct {
	const char *label, *verifier, *challenge;
	enum mcpass_rc want;
	const char *spec;
} rows[] = {
	{ "the RFC's example", VERIFIER, CHALLENGE, MCPASS_OK, NULL },
	{ "another verifier", "eBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", CHALLENGE,
	    MCPASS_E_DENIED, "RFC 7636 4.6" },
	{ "the challenge is the verifier (plain)", VERIFIER, VERIFIER, MCPASS_E_DENIED,
	    "RFC 7636 4.6" },
	{ "a prefix of the challenge", VERIFIER, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",
	    MCPASS_E_DENIED, "RFC 7636 4.6" },
	{ "an empty challenge", VERIFIER, "", MCPASS_E_DENIED, "RFC 7636 4.6" },
	{ "the last byte differs", VERIFIER, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",
	    MCPASS_E_DENIED, "RFC 7636 4.6" },
	{ "no verifier", NULL, CHALLENGE, MCPASS_E_DENIED, "RFC 7636 4.5" },
	{ "a verifier without a challenge", VERIFIER, NULL, MCPASS_E_DENIED, "RFC 9700 2.1.1" },
	{ "42 characters", "BjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", CHALLENGE,
	    MCPASS_E_DENIED, "RFC 7636 4.1" },
	{ "a character that is reserved", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX+",
	    CHALLENGE, MCPASS_E_DENIED, "RFC 7636 4.1" },
	{ "128 characters are well-formed", /* and another's */
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	    "0123456789ABCDEF0123456789ABCDEF0123456789-._~~~0123456789abcdef", CHALLENGE,
	    MCPASS_E_DENIED, "RFC 7636 4.6" },
	{ "129 characters",
	    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	    "0123456789ABCDEF0123456789ABCDEF0123456789-._~~~0123456789abcdef0", CHALLENGE,
	    MCPASS_E_DENIED, "RFC 7636 4.1" },
};

static void test_check(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(rows[i].label, mp_pkce_check(rows[i].verifier, rows[i].challenge, &err),
		    rows[i].want);
		CHECK_STR(rows[i].label, err.spec, rows[i].spec);
		CHECK_STR(rows[i].label, err.oauth, rows[i].spec != NULL ? "invalid_grant" : "");
	}
}

static int count_up(void *ctx, uint8_t *out, size_t len)
{
	uint8_t *next = ctx;

	for (size_t i = 0; i < len; i++)
		out[i] = (*next)++;
	return 0;
}

static int no_entropy(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	(void)out;
	(void)len;
	return -1;
}

static void test_new(void)
{
	struct mp_secret first = { 0 }, second = { 0 };
	char *challenge = NULL, *other = NULL;
	uint8_t next = 0;

	CHECK_EQ("made", mp_pkce_new(count_up, &next, &first, &challenge, NULL), MCPASS_OK);
	CHECK_EQ("made", mp_pkce_new(count_up, &next, &second, &other, NULL), MCPASS_OK);
	CHECK_EQ("spec: RFC 7636 4.1, 256 bits", first.len, 43);
	CHECK("each its own", !mp_secret_equal(&first, &second));
	CHECK_EQ("they fit", mp_pkce_check(mp_secret_reveal(&first), challenge, NULL), MCPASS_OK);
	CHECK_EQ("not across", mp_pkce_check(mp_secret_reveal(&first), other, NULL),
	    MCPASS_E_DENIED);
	free(challenge);
	free(other);
	mp_secret_free(&first);
	mp_secret_free(&second);

	challenge = NULL;
	CHECK("no entropy", mp_pkce_new(no_entropy, NULL, &first, &challenge, NULL) != MCPASS_OK);
	CHECK("untouched", !mp_secret_present(&first) && challenge == NULL);
}

/* One allocation after the other fails; returns when a run needed no more. */
static void test_no_memory(void)
{
	OOM_EACH {
		struct mp_secret verifier = { 0 };
		char *challenge = NULL;
		uint8_t next = 0;
		enum mcpass_rc rc;

		rc = mp_pkce_new(count_up, &next, &verifier, &challenge, NULL);
		if (!rc)
			rc = mp_pkce_check(mp_secret_reveal(&verifier), challenge, NULL);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mp_secret_free(&verifier);
		free(challenge);
	}
}

int main(void)
{
	test_check();
	test_new();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
