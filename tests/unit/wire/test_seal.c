/* Sealed texts: another program's (Python's cryptography), and each way in which one is spoiled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "harness/check.h"
#include "wire/jose/seal.h"

#define KEY_1 "mcpass-key-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define KEY_2 "mcpass-key-1.__________________________________________8"
#define PLACE "credentials default https://a.example/mcp"
#define TEXT "{\"access_token\":\"abc\"}"
#define SEALED_1 "sealed1.Yw3NKWbE.ZGVmZ2hpamtsbW5vMzm_BRqMJe1hFjCDvwtIx2CjZGmpEdBGfQVYsr9YuCXgVlzeJHY"
#define SEALED_2 "sealed1.r5YTdg9y.ZGVmZ2hpamtsbW5vgVP_J3FmyG0e-2pWj7t7vg"

/* The bytes 100, 101, ...; with ctx: none. */
static int counted(void *ctx, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(100 + i);
	return ctx != NULL ? -1 : 0;
}

static void test_vectors(void)
{
	static const struct {
		const char *label, *keys, *place, *text, *sealed;
	} rows[] = {
		{ "a record", KEY_1 "\n", PLACE, TEXT, SEALED_1 },
		{ "nothing, nowhere", "# ours\r\n\r\n" KEY_2, "", "", SEALED_2 },
		{ "the first key seals", KEY_1 "\n" KEY_2, PLACE, TEXT, SEALED_1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_seal seal = { 0 };
		char *sealed = NULL, *text = NULL;

		CHECK_EQ(rows[i].label, mp_seal_read(rows[i].keys, &seal, NULL), MCPASS_OK);
		CHECK_EQ(rows[i].label, mp_seal_close(&seal, rows[i].place, rows[i].text, counted, NULL,
		    &sealed, NULL), MCPASS_OK);
		CHECK_STR(rows[i].label, sealed, rows[i].sealed);
		CHECK_EQ(rows[i].label, mp_seal_open(&seal, rows[i].place, rows[i].sealed, &text, NULL),
		    MCPASS_OK);
		CHECK_STR(rows[i].label, text, rows[i].text);
		CHECK(rows[i].label, mp_seal_is_current(&seal, sealed));
		mp_free_wiped(sealed);
		mp_free_wiped(text);
		mp_seal_forget(&seal);
	}
}

static const struct {
	const char *label, *place, *sealed, *says;
} spoiled_rows[] = {
	{ "another row's", PLACE "x", SEALED_1, "another row" },
	{ "a byte of it changed", PLACE, "sealed1.Yw3NKWbE.ZGVmZ2hpamtsbA5vMzm_BRqMJe1hFjCDvwtIx2CjZGmpEdBGfQVYsr9YuCXgVlzeJHY", "changed" },
	{ "the tag is cut", PLACE, "sealed1.Yw3NKWbE.ZGVmZ2hpamtsbW5vMzm_BRqMJe1hFjCDvwtIx2CjZGmpEdBGfQVYsr9YuCXgVlz", "changed" },
	{ "a key that is not there", PLACE, "sealed1.AAAAAAAA.AAAA", "the key AAAAAAAA" },
	{ "under another key's name", "", "sealed1.Yw3NKWbE.ZGVmZ2hpamtsbW5vgVP_J3FmyG0e-2pWj7t7vg", "changed" },
	{ "shorter than nonce and tag", PLACE, "sealed1.Yw3NKWbE.AAAAAAAAAAAA", "changed" },
	{ "no base64url", PLACE, "sealed1.Yw3NKWbE.!!!!", "changed" },
	{ "no bytes", PLACE, "sealed1.Yw3NKWbE.", "changed" },
	{ "no key", PLACE, "sealed1.", "changed" },
	{ "another version", PLACE, "sealed2.Yw3NKWbE.AAAA", "changed" },
	{ "a plain text", PLACE, TEXT, "changed" },
};

static void test_spoiled(void)
{
	struct mp_seal seal = { 0 };

	CHECK_EQ("keys", mp_seal_read(KEY_1 "\n" KEY_2 "\n", &seal, NULL), MCPASS_OK);
	for (size_t i = 0; i < COUNT(spoiled_rows); i++) {
		struct mcpass_error err = { 0 };
		char *text = NULL;

		CHECK_EQ(spoiled_rows[i].label, mp_seal_open(&seal, spoiled_rows[i].place,
		    spoiled_rows[i].sealed, &text, &err), MCPASS_E_STORE);
		CHECK_HAS(spoiled_rows[i].label, err.detail, spoiled_rows[i].says);
		CHECK(spoiled_rows[i].label, text == NULL);
	}
	CHECK("an older key's", !mp_seal_is_current(&seal, SEALED_2));
	CHECK("is sealed all the same", mp_seal_is(SEALED_2));
	CHECK("a plain one is not", !mp_seal_is(TEXT) && !mp_seal_is_current(&seal, TEXT));
	mp_seal_forget(&seal);
}

static const struct {
	const char *label, *text, *says;
} file_rows[] = {
	{ "nothing", "", "has none" },
	{ "remarks only", "# one\n\n", "has none" },
	{ "a word", KEY_1 "\nsecret\n", "line 2" },
	{ "a byte too few", "mcpass-key-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\n", "line 1" },
	{ "a byte too many", "mcpass-key-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n", "line 1" },
	{ "no base64url", "mcpass-key-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh=\n", "line 1" },
	{ "a blank behind it", KEY_1 " \n", "line 1" },
	{ "another version", "mcpass-key-2.AAEC\n", "line 1" },
	{ "twice", KEY_1 "\n" KEY_2 "\n" KEY_1 "\n", "line 3" },
};

static void test_files(void)
{
	char many[1024] = "";
	struct mcpass_error last = { 0 };
	struct mp_seal seal = { 0 };
	char *line = NULL;

	for (size_t i = 0; i < COUNT(file_rows); i++) {
		struct mcpass_error err = { 0 };

		CHECK_EQ(file_rows[i].label, mp_seal_read(file_rows[i].text, &seal, &err), MCPASS_E_USAGE);
		CHECK_HAS(file_rows[i].label, err.detail, file_rows[i].says);
		CHECK_EQ(file_rows[i].label, seal.count, 0);
		CHECK(file_rows[i].label, strstr(err.detail, "AAEC") == NULL);
	}
	for (int i = 0; i <= MP_MAX_SEAL_KEYS; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "mcpass-key-1."
		    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh%c\n", "048cgkosw"[i]);
	CHECK_EQ("too many", mp_seal_read(many, &seal, &last), MCPASS_E_USAGE);
	CHECK_HAS("too many", last.detail, "more than 8");
	CHECK_EQ("a new one", mp_seal_new_line(counted, NULL, &line, NULL), MCPASS_OK);
	CHECK_EQ("is one", mp_seal_read(line, &seal, NULL), MCPASS_OK);
	mp_free_wiped(line);
	mp_seal_forget(&seal);
	CHECK_EQ("forgotten", seal.count, 0);
}

static void test_limits(void)
{
	char *large = malloc(MP_MAX_RECORD + 2), *sealed = NULL, *text = NULL;
	struct mp_seal seal = { 0 };

	memset(large, 'x', MP_MAX_RECORD + 1);
	large[MP_MAX_RECORD + 1] = '\0';
	CHECK_EQ("keys", mp_seal_read(KEY_1, &seal, NULL), MCPASS_OK);
	CHECK_EQ("too long", mp_seal_close(&seal, "", large, counted, NULL, &sealed, NULL),
	    MCPASS_E_LIMIT);
	large[MP_MAX_RECORD] = '\0';
	CHECK_EQ("the longest", mp_seal_close(&seal, "", large, counted, NULL, &sealed, NULL),
	    MCPASS_OK);
	CHECK_EQ("opens", mp_seal_open(&seal, "", sealed, &text, NULL), MCPASS_OK);
	CHECK_STR("as it was", text, large);
	mp_free_wiped(text);
	mp_free_wiped(sealed);
	free(large);
	sealed = NULL;
	CHECK_EQ("no randomness", mp_seal_close(&seal, "", "", counted, &seal, &sealed, NULL),
	    MCPASS_E_IO);
	CHECK_EQ("no randomness", mp_seal_new_line(counted, &seal, &sealed, NULL), MCPASS_E_IO);
	mp_seal_forget(&seal);
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mp_seal seal = { 0 };
		char *sealed = NULL, *text = NULL;
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = mp_seal_read(KEY_1 "\n" KEY_2, &seal, &err);
		if (!rc)
			rc = mp_seal_close(&seal, PLACE, TEXT, counted, NULL, &sealed, &err);
		if (!rc)
			rc = mp_seal_open(&seal, PLACE, sealed, &text, &err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		mp_free_wiped(sealed);
		mp_free_wiped(text);
		mp_seal_forget(&seal);
	}
}

int main(void)
{
	test_vectors();
	test_spoiled();
	test_files();
	test_limits();
	test_no_memory();
	return check_done();
}
