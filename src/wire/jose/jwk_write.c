#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"
#include "wire/jose/key.h"

static const struct {
	const char *name, *param;
	bool is_private;
} rsa_members[] = {
	{ "n", OSSL_PKEY_PARAM_RSA_N, false },
	{ "e", OSSL_PKEY_PARAM_RSA_E, false },
	{ "d", OSSL_PKEY_PARAM_RSA_D, true },
	{ "p", OSSL_PKEY_PARAM_RSA_FACTOR1, true },
	{ "q", OSSL_PKEY_PARAM_RSA_FACTOR2, true },
	{ "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true },
	{ "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true },
	{ "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true },
};

static enum mcpass_rc set_text(json_t *jwk, const char *name, const char *text,
    struct mcpass_error *err)
{
	if (json_object_set_new(jwk, name, json_string(text)) != 0)
		return mp_nomem(err);
	return MCPASS_OK;
}

static enum mcpass_rc set_bytes(json_t *jwk, const char *name, const unsigned char *bytes,
    size_t len, struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF((size_t)2 * MP_MAX_SIGNATURE);
	enum mcpass_rc rc;

	mp_b64url_add(&text, bytes, len);
	rc = mp_buf_check(&text, name, err);
	if (!rc)
		rc = set_text(jwk, name, mp_buf_text(&text), err);
	mp_buf_free(&text);
	return rc;
}

/* A number in len bytes, or in as few as it takes when len is 0. */
static enum mcpass_rc set_number(json_t *jwk, const char *name, const struct mp_key *key,
    const char *param, size_t len, struct mcpass_error *err)
{
	unsigned char bytes[MP_MAX_SIGNATURE];
	BIGNUM *number = NULL;
	enum mcpass_rc rc;

	if (EVP_PKEY_get_bn_param(key->pkey, param, &number) != 1)
		return mp_key_fail(err, MCPASS_E_USAGE, NULL, "the key lacks a part of it");
	if (len == 0)
		len = (size_t)BN_num_bytes(number);
	if (len > sizeof(bytes) || BN_bn2binpad(number, bytes, (int)len) < 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a number of the key is too large");
	else
		rc = set_bytes(jwk, name, bytes, len, err);
	BN_clear_free(number);
	mp_wipe(bytes, sizeof(bytes));
	return rc;
}

/* spec: RFC 7518 6.3; a key that came without its factors goes without them */
static enum mcpass_rc set_rsa(json_t *jwk, const struct mp_key *key, bool with_private,
    struct mcpass_error *err)
{
	bool has_factors = false;
	BIGNUM *factor = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (with_private)
		has_factors = EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_FACTOR1,
		    &factor) == 1;
	BN_clear_free(factor);
	for (size_t i = 0; !rc && i < MP_COUNT(rsa_members); i++) {
		bool is_d = mp_eq(rsa_members[i].name, "d");

		if (!rsa_members[i].is_private || (with_private && (is_d || has_factors)))
			rc = set_number(jwk, rsa_members[i].name, key, rsa_members[i].param, 0, err);
	}
	return rc;
}

/* spec: RFC 7518 6.2 */
static enum mcpass_rc set_ec(json_t *jwk, const struct mp_key *key, bool with_private,
    struct mcpass_error *err)
{
	size_t field = mp_kinds[key->kind].field;
	enum mcpass_rc rc = set_number(jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, field, err);

	if (!rc)
		rc = set_number(jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, field, err);
	if (!rc && with_private)
		rc = set_number(jwk, "d", key, OSSL_PKEY_PARAM_PRIV_KEY, field, err);
	return rc;
}

/* spec: RFC 8037 2 */
static enum mcpass_rc set_okp(json_t *jwk, const struct mp_key *key, bool with_private,
    struct mcpass_error *err)
{
	unsigned char bytes[MP_MAX_FIELD];
	size_t len = sizeof(bytes);
	enum mcpass_rc rc;

	if (EVP_PKEY_get_raw_public_key(key->pkey, bytes, &len) != 1)
		return mp_key_fail(err, MCPASS_E_USAGE, NULL, "the key lacks its public part");
	rc = set_bytes(jwk, "x", bytes, len, err);
	if (rc || !with_private)
		return rc;
	len = sizeof(bytes);
	if (EVP_PKEY_get_raw_private_key(key->pkey, bytes, &len) != 1)
		rc = mp_key_fail(err, MCPASS_E_USAGE, NULL, "the key lacks its private part");
	else
		rc = set_bytes(jwk, "d", bytes, len, err);
	mp_wipe(bytes, sizeof(bytes));
	return rc;
}

/* The members that make the key, and nothing about it. */
static enum mcpass_rc set_material(json_t *jwk, const struct mp_key *key, bool with_private,
    struct mcpass_error *err)
{
	const struct mp_kind_row *row = &mp_kinds[key->kind];
	enum mcpass_rc rc = set_text(jwk, "kty", row->kty, err);

	if (!rc && row->crv != NULL)
		rc = set_text(jwk, "crv", row->crv, err);
	if (rc)
		return rc;
	if (key->kind == MP_KIND_RSA)
		return set_rsa(jwk, key, with_private, err);
	if (key->kind == MP_KIND_ED25519)
		return set_okp(jwk, key, with_private, err);
	return set_ec(jwk, key, with_private, err);
}

enum mcpass_rc mp_jwk_write(const struct mp_key *key, bool with_private, json_t **ret_jwk,
    struct mcpass_error *err)
{
	json_t *jwk;
	enum mcpass_rc rc;

	if (with_private && !key->is_private)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the key has no private part");
	jwk = json_object();
	if (jwk == NULL)
		return mp_nomem(err);
	ERR_set_mark();         /* what OpenSSL queues is not for the program's own calls */
	rc = set_material(jwk, key, with_private, err);
	ERR_pop_to_mark();
	if (!rc)
		rc = set_text(jwk, "use", "sig", err);
	if (!rc && key->alg != MP_ALG_NONE)
		rc = set_text(jwk, "alg", mp_alg_name(key->alg), err);
	if (!rc && key->kid != NULL)
		rc = set_text(jwk, "kid", key->kid, err);
	if (rc)
		json_decref(jwk);
	else
		*ret_jwk = jwk;
	return rc;
}

/* spec: RFC 7638 3.2, 3.3: the required members, in alphabetical order, no white space */
enum mcpass_rc mp_jwk_thumbprint(const struct mp_key *key, char **ret_text,
    struct mcpass_error *err)
{
	static const char *const names[] = { "crv", "e", "kty", "n", "x", "y" };
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);
	json_t *jwk = NULL;
	enum mcpass_rc rc = mp_jwk_write(key, false, &jwk, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < MP_COUNT(names); i++) {
		const char *value = mp_json_text(jwk, names[i]);

		if (value != NULL)
			mp_buf_addf(&text, "%c\"%s\":\"%s\"", text.len == 0 ? '{' : ',', names[i],
			    value);
	}
	mp_buf_addc(&text, '}');
	rc = mp_sha256_b64url_buf(&text, "the thumbprint's input", ret_text, err);
	json_decref(jwk);
	return rc;
}
