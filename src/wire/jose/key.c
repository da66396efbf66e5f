#include "wire/jose/key.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdlib.h>
#include "base/limits.h"

const struct mp_kind_row mp_kinds[MP_KIND_COUNT] = {
	[MP_KIND_RSA] = { "RSA", NULL, "RSA", NULL, 0, MP_RS256 },
	[MP_KIND_P256] = { "EC", "P-256", "EC", "prime256v1", 32, MP_ES256 },
	[MP_KIND_P384] = { "EC", "P-384", "EC", "secp384r1", 48, MP_ES384 },
	[MP_KIND_P521] = { "EC", "P-521", "EC", "secp521r1", 66, MP_ES512 },
	[MP_KIND_ED25519] = { "OKP", "Ed25519", "ED25519", NULL, 32, MP_EDDSA },
};

/* spec: RFC 7518 3.1; RFC 8037 3.1.  One algorithm, one kind: RFC 8725 3.1. */
const struct mp_alg_row mp_algs[MP_ALG_COUNT] = {
	[MP_ALG_NONE] = { "none", NULL, MP_KIND_COUNT, false },
	[MP_RS256] = { "RS256", "SHA256", MP_KIND_RSA, false },
	[MP_RS384] = { "RS384", "SHA384", MP_KIND_RSA, false },
	[MP_RS512] = { "RS512", "SHA512", MP_KIND_RSA, false },
	[MP_PS256] = { "PS256", "SHA256", MP_KIND_RSA, true },
	[MP_PS384] = { "PS384", "SHA384", MP_KIND_RSA, true },
	[MP_PS512] = { "PS512", "SHA512", MP_KIND_RSA, true },
	[MP_ES256] = { "ES256", "SHA256", MP_KIND_P256, false },
	[MP_ES384] = { "ES384", "SHA384", MP_KIND_P384, false },
	[MP_ES512] = { "ES512", "SHA512", MP_KIND_P521, false },
	[MP_EDDSA] = { "EdDSA", NULL, MP_KIND_ED25519, false },
};

enum mp_alg mp_alg_from_name(const char *name)
{
	for (int alg = MP_ALG_NONE + 1; alg < MP_ALG_COUNT; alg++)
		if (mp_eq(name, mp_algs[alg].name))
			return (enum mp_alg)alg;
	if (mp_eq(name, "Ed25519"))     /* its name since RFC 9864 2.2 */
		return MP_EDDSA;
	return MP_ALG_NONE;
}

const char *mp_alg_name(enum mp_alg alg)
{
	return mp_algs[alg].name;
}

enum mcpass_rc mp_key_fail(struct mcpass_error *err, enum mcpass_rc rc, const char *spec,
    const char *problem)
{
	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		return mp_nomem(err);
	return mp_fail(err, rc, spec, "%s", problem);
}

/* spec: RFC 7518 3.3, 3.5: 2048 bits or more.  The caps keep a verification cheap: its
 * time grows with the square of the modulus and with the exponent's length. */
static enum mcpass_rc check_rsa(EVP_PKEY *pkey, struct mcpass_error *err)
{
	int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *exponent = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (bits < MP_MIN_RSA_BITS || bits > MP_MAX_RSA_BITS)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 3.3",
		    "an RSA key of %d bits: between %d and %d are accepted", bits,
		    MP_MIN_RSA_BITS, MP_MAX_RSA_BITS);
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1)
		return mp_key_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 6.3.1.2", "no RSA exponent");
	if (!BN_is_odd(exponent) || BN_is_one(exponent)
	    || BN_num_bits(exponent) > MP_MAX_RSA_EXPONENT_BITS)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8017 3.1", "a bad RSA exponent");
	BN_free(exponent);
	return rc;
}

static bool is_of_kind(EVP_PKEY *pkey, const struct mp_kind_row *row)
{
	char group[32] = "";

	if (EVP_PKEY_is_a(pkey, row->type) != 1)
		return false;
	if (row->group == NULL)
		return true;
	return EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1
	    && mp_eq(group, row->group);
}

static enum mcpass_rc find_kind(EVP_PKEY *pkey, enum mp_kind *ret_kind,
    struct mcpass_error *err)
{
	for (int kind = 0; kind < MP_KIND_COUNT; kind++) {
		if (is_of_kind(pkey, &mp_kinds[kind])) {
			*ret_kind = (enum mp_kind)kind;
			return MCPASS_OK;
		}
	}
	return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7518 3.1",
	    "a key that is not RSA, EC (P-256, P-384, P-521) or Ed25519");
}

enum mcpass_rc mp_key_wrap(EVP_PKEY *pkey, bool is_private, struct mp_key **ret_key,
    struct mcpass_error *err)
{
	struct mp_key *key;
	enum mp_kind kind = MP_KIND_RSA;
	enum mcpass_rc rc = find_kind(pkey, &kind, err);

	if (!rc && kind == MP_KIND_RSA)
		rc = check_rsa(pkey, err);
	if (rc)
		return rc;
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return mp_nomem(err);
	key->templates = calloc(MP_ALG_COUNT, sizeof(EVP_MD_CTX *));
	if (key->templates == NULL || EVP_PKEY_up_ref(pkey) != 1) {
		mp_key_free(key);
		return mp_nomem(err);
	}
	key->pkey = pkey;
	key->kind = kind;
	key->is_private = is_private;
	key->may_sign = key->may_verify = true;
	*ret_key = key;
	return MCPASS_OK;
}

const char *mp_key_kid(const struct mp_key *key)
{
	return key->kid;
}

/* spec: RFC 8725 3.1: an algorithm goes with the keys that are meant for it */
bool mp_key_permits(const struct mp_key *key, enum mp_alg alg)
{
	if (alg == MP_ALG_NONE || mp_algs[alg].kind != key->kind)
		return false;
	if (key->alg != MP_ALG_NONE && key->alg != alg)
		return false;
	return key->may_verify || (key->is_private && key->may_sign);
}

void mp_key_free(struct mp_key *key)
{
	if (key == NULL)
		return;
	for (size_t i = 0; key->templates != NULL && i < MP_ALG_COUNT; i++)
		EVP_MD_CTX_free(key->templates[i]);
	free(key->templates);
	EVP_PKEY_free(key->pkey);       /* wipes the private part */
	free(key->kid);
	free(key);
}

/* A key permits the algorithms of its type; the first of these is the usual one. */
enum mp_alg mp_key_usual_alg(const struct mp_key *key)
{
	static const enum mp_alg usual[] = {
		MP_ES256, MP_ES384, MP_ES512, MP_EDDSA, MP_RS256, MP_PS256, MP_RS384, MP_PS384,
		MP_RS512, MP_PS512,
	};

	for (size_t i = 0; i < MP_COUNT(usual); i++)
		if (mp_key_permits(key, usual[i]))
			return usual[i];
	return MP_ALG_NONE;
}
