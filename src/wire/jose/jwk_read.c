#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/key.h"
#include "wire/jose/crypto.h"

struct members {
	char *kty, *crv, *use, *alg, *kid;
	struct mp_strings key_ops;
};
#define MEMBER(name, type, flags, spec) { #name, type, flags, offsetof(struct members, name), spec }
static const struct mp_field fields[] = {
	MEMBER(kty, MP_FIELD_STRING, MP_REQUIRED, "RFC 7517 4.1"),
	MEMBER(use, MP_FIELD_STRING, MP_DECIDES, "RFC 7517 4.2"),
	MEMBER(key_ops, MP_FIELD_STRINGS, MP_DECIDES, "RFC 7517 4.3"),
	MEMBER(alg, MP_FIELD_STRING, MP_DECIDES, "RFC 7517 4.4"),
	MEMBER(kid, MP_FIELD_STRING, MP_DECIDES, "RFC 7517 4.5"),
	MEMBER(crv, MP_FIELD_STRING, MP_DECIDES, "RFC 7518 6.2.1.1"),
};

enum part { PUBLIC, PRIVATE, FACTORS };
static const struct {
	const char *name, *param;
	enum part part;
} rsa_members[] = {
	{ "n", OSSL_PKEY_PARAM_RSA_N, PUBLIC },
	{ "e", OSSL_PKEY_PARAM_RSA_E, PUBLIC },
	{ "d", OSSL_PKEY_PARAM_RSA_D, PRIVATE },
	{ "p", OSSL_PKEY_PARAM_RSA_FACTOR1, FACTORS },
	{ "q", OSSL_PKEY_PARAM_RSA_FACTOR2, FACTORS },
	{ "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, FACTORS },
	{ "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, FACTORS },
	{ "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, FACTORS },
};

/* What OpenSSL builds a key from; all of it has to live until it did. */
struct material {
	OSSL_PARAM_BLD *builder;
	BIGNUM *numbers[MP_COUNT(rsa_members)];
	size_t count;
	struct mp_buf public, private;
};

/* A member that is null is absent. */
static bool has(const json_t *jwk, const char *name)
{
	const json_t *value = json_object_get(jwk, name);

	return value != NULL && !json_is_null(value);
}

/* Appends a member's bytes: exactly len of them, or any number when len is 0. */
static enum mcpass_rc decode(const json_t *jwk, const char *name, size_t len,
    struct mp_buf *bytes, struct mcpass_error *err)
{
	const json_t *value = json_object_get(jwk, name);
	struct mp_span text = { json_string_value(value), json_string_length(value) };
	size_t before = bytes->len;
	enum mcpass_rc rc;

	if (text.data == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6", "%s is missing", name);
	rc = mp_b64url_decode(bytes, text, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6", "%s is no key material", name);
	/* spec: RFC 7518 6.2.1.2, 6.2.2.1; RFC 8037 2: the full length, zeros included */
	if (len != 0 && bytes->len - before != len)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6.2.1.2", "%s has not %zu bytes",
		    name, len);
	return MCPASS_OK;
}

static enum mcpass_rc add_number(struct material *material, const json_t *jwk,
    const char *name, const char *param, size_t len, struct mcpass_error *err)
{
	struct mp_buf bytes;
	BIGNUM *number;
	enum mcpass_rc rc;

	mp_buf_init(&bytes, MP_MAX_RSA_BITS / 8 + 1);   /* some write a leading zero */
	rc = decode(jwk, name, len, &bytes, err);
	if (rc)
		goto out;
	number = BN_bin2bn((const unsigned char *)mp_buf_text(&bytes), (int)bytes.len, NULL);
	if (number == NULL) {
		rc = mp_nomem(err);
		goto out;
	}
	material->numbers[material->count++] = number;
	if (OSSL_PARAM_BLD_push_BN(material->builder, param, number) != 1)
		rc = mp_key_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6", "a number that is none");
out:
	mp_buf_free(&bytes);
	return rc;
}

static enum mcpass_rc add_octets(struct material *material, const char *param,
    const struct mp_buf *bytes, struct mcpass_error *err)
{
	if (OSSL_PARAM_BLD_push_octet_string(material->builder, param, bytes->data,
	    bytes->len) != 1)
		return mp_nomem(err);
	return MCPASS_OK;
}

/* spec: RFC 7518 6.3.  Without its factors a private key works, only slower; with some
 * of them it is broken. */
static enum mcpass_rc add_rsa(struct material *material, const json_t *jwk,
    bool is_private, struct mcpass_error *err)
{
	bool has_factors = has(jwk, "p");
	enum mcpass_rc rc = MCPASS_OK;

	if (has(jwk, "oth"))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6.3.2.7", "more than two primes");
	for (size_t i = 0; !rc && i < MP_COUNT(rsa_members); i++) {
		enum part part = rsa_members[i].part;

		if (part == PUBLIC || (is_private && (part == PRIVATE || has_factors)))
			rc = add_number(material, jwk, rsa_members[i].name, rsa_members[i].param,
			    0, err);
	}
	return rc;
}

/* spec: RFC 7518 6.2; OpenSSL checks that the point is on the curve */
static enum mcpass_rc add_ec(struct material *material, const json_t *jwk,
    bool is_private, const struct mp_kind_row *row, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_buf_addc(&material->public, 4);      /* both coordinates follow (SEC 1 2.3.3) */
	rc = decode(jwk, "x", row->field, &material->public, err);
	if (!rc)
		rc = decode(jwk, "y", row->field, &material->public, err);
	if (!rc)
		rc = add_octets(material, OSSL_PKEY_PARAM_PUB_KEY, &material->public, err);
	if (!rc && is_private)
		rc = add_number(material, jwk, "d", OSSL_PKEY_PARAM_PRIV_KEY, row->field, err);
	if (!rc && OSSL_PARAM_BLD_push_utf8_string(material->builder,
	    OSSL_PKEY_PARAM_GROUP_NAME, row->group, 0) != 1)
		rc = mp_nomem(err);
	return rc;
}

/* spec: RFC 8037 2 */
static enum mcpass_rc add_okp(struct material *material, const json_t *jwk,
    bool is_private, const struct mp_kind_row *row, struct mcpass_error *err)
{
	enum mcpass_rc rc = decode(jwk, "x", row->field, &material->public, err);

	if (!rc)
		rc = add_octets(material, OSSL_PKEY_PARAM_PUB_KEY, &material->public, err);
	if (!rc && is_private)
		rc = decode(jwk, "d", row->field, &material->private, err);
	if (!rc && is_private)
		rc = add_octets(material, OSSL_PKEY_PARAM_PRIV_KEY, &material->private, err);
	return rc;
}

static enum mcpass_rc build(struct material *material, const char *type, bool is_private,
    EVP_PKEY **ret_pkey, struct mcpass_error *err)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(material->builder);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	enum mcpass_rc rc = MCPASS_OK;
	EVP_PKEY *pkey = NULL;

	if (params == NULL || ctx == NULL)
		rc = mp_nomem(err);
	else if (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey,
	    is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
		rc = mp_key_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6", "its members make no key");
	else
		*ret_pkey = pkey;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return rc;
}

static enum mcpass_rc import(const json_t *jwk, enum mp_kind kind, bool is_private,
    EVP_PKEY **ret_pkey, struct mcpass_error *err)
{
	const struct mp_kind_row *row = &mp_kinds[kind];
	struct material material = { .builder = NULL };
	enum mcpass_rc rc = mp_crypto_ready(err);

	if (rc)
		return rc;
	material.builder = OSSL_PARAM_BLD_new();

	mp_buf_init(&material.public, 1 + 2 * MP_MAX_FIELD);
	mp_buf_init(&material.private, MP_MAX_FIELD);
	if (material.builder == NULL)
		rc = mp_nomem(err);
	else if (kind == MP_KIND_RSA)
		rc = add_rsa(&material, jwk, is_private, err);
	else if (kind == MP_KIND_ED25519)
		rc = add_okp(&material, jwk, is_private, row, err);
	else
		rc = add_ec(&material, jwk, is_private, row, err);
	if (!rc)
		rc = build(&material, row->type, is_private, ret_pkey, err);
	for (size_t i = 0; i < material.count; i++)
		BN_clear_free(material.numbers[i]);
	mp_buf_free(&material.public);
	mp_buf_free(&material.private);
	OSSL_PARAM_BLD_free(material.builder);
	return rc;
}

static enum mcpass_rc find_kind(const struct members *members, enum mp_kind *ret_kind,
    struct mcpass_error *err)
{
	for (int kind = 0; kind < MP_KIND_COUNT; kind++) {
		if (mp_eq(members->kty, mp_kinds[kind].kty)
		    && (mp_kinds[kind].crv == NULL || mp_eq(members->crv, mp_kinds[kind].crv))) {
			*ret_kind = (enum mp_kind)kind;
			return MCPASS_OK;
		}
	}
	if (mp_eq(members->kty, "oct"))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6.4", "a symmetric key");
	return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 4.1",
	    "a key of the type %s%s%s, which is not RSA, EC (P-256, P-384, P-521) or Ed25519",
	    members->kty, members->crv != NULL ? " " : "", members->crv != NULL ? members->crv : "");
}

/* A public place that shows a private key is an accident: that key is everybody's. */
static enum mcpass_rc check_public(const json_t *jwk, struct mcpass_error *err)
{
	static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (has(jwk, names[i]))
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 9.2",
			    "a public key that carries the private member %s", names[i]);
	return MCPASS_OK;
}

/* Takes what a JWK says about itself over into key. */
static enum mcpass_rc take_members(struct mp_key *key, const json_t *jwk,
    struct members *members, struct mcpass_error *err)
{
	if (members->use != NULL && !mp_eq(members->use, "sig"))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 4.2",
		    "use is %s: not a key for signatures", members->use);
	if (has(jwk, "key_ops")) {
		key->may_sign = mp_strings_has(&members->key_ops, "sign");
		key->may_verify = mp_strings_has(&members->key_ops, "verify");
	}
	if (!key->may_verify && !(key->is_private && key->may_sign))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 4.3",
		    "key_ops does not permit signatures");
	key->alg = mp_alg_from_name(members->alg);
	if (members->alg != NULL && !mp_key_permits(key, key->alg))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 4.4",
		    "alg is %s, which this key does not fit", members->alg);
	key->kid = members->kid;
	members->kid = NULL;
	return MCPASS_OK;
}

enum mcpass_rc mp_jwk_parse(const json_t *jwk, bool want_private, struct mp_key **ret_key,
    struct mcpass_error *err)
{
	struct members members = { 0 };
	struct mp_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	enum mp_kind kind = MP_KIND_RSA;
	enum mcpass_rc rc;

	ERR_set_mark();         /* what OpenSSL queues is not for the program's own calls */
	rc = mp_json_read(jwk, fields, MP_COUNT(fields), &members, err);
	if (!rc)
		rc = find_kind(&members, &kind, err);
	if (!rc && !want_private)
		rc = check_public(jwk, err);
	if (!rc)
		rc = import(jwk, kind, want_private, &pkey, err);
	if (!rc)
		rc = mp_key_wrap(pkey, want_private, &key, err);
	if (!rc)
		rc = take_members(key, jwk, &members, err);
	if (!rc && want_private)
		rc = mp_key_prove_pair(key, err);
	if (rc)
		mp_key_free(key);
	else
		*ret_key = key;
	EVP_PKEY_free(pkey);
	mp_json_release(fields, MP_COUNT(fields), &members);
	ERR_pop_to_mark();
	return rc;
}
