/* Proofs of possession: nothing proves but what a key signed; "header\nclaims" is signed
 * here, as the fuzzer cannot, with the key of RFC 7515 A.3, and anything else goes as it is. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/dpop.h"
#include "wire/uri.h"

#define NOW 1700000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char private[] = "{\"kty\":\"EC\",\"crv\":\"P-256\","
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\","
	"\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}";

static void require(bool truth)
{
	if (!truth)
		abort();
}

static const struct mp_key *signer(void)
{
	static struct mp_key *key;
	json_t *jwk = NULL;

	if (key == NULL) {
		require(mp_json_parse(private, strlen(private), MP_MAX_DOCUMENT, "", &jwk, NULL)
		    == MCPASS_OK);
		require(mp_jwk_parse(jwk, true, &key, NULL) == MCPASS_OK);
		json_decref(jwk);
	}
	return key;
}

/* json null says nothing. */
static bool has(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return value != NULL && !json_is_null(value);
}

/* Query and fragment do not count, nor does the way to write it. */
static void require_url(const char *htu)
{
	struct mp_uri proven, asked;
	bool same = false;

	require(htu != NULL && mp_uri_parse(htu, &proven, NULL) == MCPASS_OK
	    && mp_uri_parse("https://a/b", &asked, NULL) == MCPASS_OK);
	require(mp_uri_same_target(&proven, &asked, &same, NULL) == MCPASS_OK && same);
	require(mp_span_is_nocase(proven.host, "a") && proven.is_https && proven.port == 443);
}

/* What was accepted says all that it has to. */
static void require_claims(const char *proof, const struct mp_dpop_proof *found)
{
	struct mp_jws jws = { 0 };
	const json_t *jwk;
	double iat;

	require(found->thumbprint != NULL && found->jti != NULL);
	require(strlen(found->jti) <= MP_MAX_JTI);
	require(mp_jws_parse((struct mp_span){ proof, strlen(proof) }, &jws, NULL) == MCPASS_OK);
	jwk = json_object_get(jws.header, "jwk");
	require(!has(jwk, "d") && !has(jwk, "k"));
	iat = json_number_value(json_object_get(jws.payload, "iat"));
	require(iat >= NOW - MP_DPOP_WINDOW && iat <= NOW + MP_DPOP_WINDOW);
	require(mp_eq(jws.typ, "dpop+jwt"));
	require(mp_eq(json_string_value(json_object_get(jws.payload, "htm")), "POST"));
	require_url(json_string_value(json_object_get(jws.payload, "htu")));
	require(!has(jws.payload, "exp")
	    || json_number_value(json_object_get(jws.payload, "exp")) > NOW - MP_CLOCK_SKEW);
	require(found->until >= NOW && found->until <= NOW + 2 * MP_DPOP_WINDOW);
	mp_jws_free(&jws);
}

static void check(const char *proof)
{
	struct mp_span token = { "at-1", 4 };
	struct mp_dpop_expect expect = { "POST", "https://a/b?c", NULL, NULL, NOW };
	struct mp_dpop_proof found = { 0 };
	struct mcpass_error err = { 0 };
	enum mcpass_rc rc = mp_dpop_check(proof, &expect, &found, &err);

	require(rc == MCPASS_OK || rc == MCPASS_E_DENIED);
	require(err.rc == rc);
	require(mp_eq(err.oauth, rc == MCPASS_OK ? "" : "invalid_dpop_proof"));
	if (rc == MCPASS_OK)
		require_claims(proof, &found);
	mp_dpop_proof_free(&found);
	expect.access_token = &token;           /* the stricter question: no more is accepted */
	require(mp_dpop_check(proof, &expect, &found, NULL) == MCPASS_E_DENIED || rc == MCPASS_OK);
	mp_dpop_proof_free(&found);
}

static json_t *read_object(const char *text, size_t len)
{
	json_t *json = NULL;

	if (mp_json_parse(text, len, MP_MAX_TOKEN, "", &json, NULL) == MCPASS_OK
	    && json_is_object(json))
		return json;
	json_decref(json);
	return NULL;
}

/* A proof with any header and claims, rightly signed; header "{}" gets the right one. */
static void check_signed(const char *text, const char *newline)
{
	json_t *header = read_object(text, (size_t)(newline - text));
	json_t *claims = read_object(newline + 1, strlen(newline + 1)), *jwk = NULL;
	struct mp_secret proof = { 0 };

	if (header != NULL && claims != NULL) {
		require(mp_jwk_write(signer(), false, &jwk, NULL) == MCPASS_OK);
		if (json_object_get(header, "typ") == NULL)
			json_object_set_new(header, "typ", json_string("dpop+jwt"));
		if (json_object_get(header, "jwk") == NULL)
			json_object_set(header, "jwk", jwk);
		if (mp_jws_sign(signer(), MP_ES256, header, claims, &proof, NULL) == MCPASS_OK)
			check(mp_secret_reveal(&proof));
		mp_secret_free(&proof);
		json_decref(jwk);
	}
	json_decref(header);
	json_decref(claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = mp_dup_span((struct mp_span){ (const char *)data, len });
	const char *newline;

	if (text == NULL)
		return 0;
	check(text);
	newline = strchr(text, '\n');
	if (newline != NULL)
		check_signed(text, newline);
	free(text);
	return 0;
}
