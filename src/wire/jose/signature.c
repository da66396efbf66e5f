/* Signing and verifying with one key; the tokens around it are jws.c's.
 * spec: RFC 7518 3.3, 3.4, 3.5; RFC 8037 3.1 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include "base/limits.h"
#include "wire/jose/key.h"

/* EVP_DigestSignInit_ex or EVP_DigestVerifyInit_ex. */
typedef int init_fn(EVP_MD_CTX *, EVP_PKEY_CTX **, const char *, OSSL_LIB_CTX *,
    const char *, EVP_PKEY *, const OSSL_PARAM *);

/* A context for one algorithm with one key; NULL when OpenSSL refuses. */
static EVP_MD_CTX *make_context(init_fn *init, const struct mp_key *key, enum mp_alg alg)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *inner = NULL;     /* ctx's */

	if (ctx == NULL)
		return NULL;
	if (init(ctx, &inner, mp_algs[alg].digest, NULL, NULL, key->pkey, NULL) == 1
	    && (!mp_algs[alg].is_pss
	    || (EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING) == 1
	    /* spec: RFC 7518 3.5: the salt is as long as the hash */
	    && EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST) == 1))) {
		/* It serves once: what it holds need not be copied to be ended. */
		EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
		return ctx;
	}
	EVP_MD_CTX_free(ctx);
	return NULL;
}

/* r and s, each of the curve's length, as the DER that OpenSSL takes; the caller's
 * (OPENSSL_free), or NULL when out of memory.  spec: RFC 7518 3.4 */
static unsigned char *sides_to_der(struct mp_span sides, int *ret_len)
{
	const unsigned char *bytes = (const unsigned char *)sides.data;
	int half = (int)(sides.len / 2);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(bytes, half, NULL), *s = BN_bin2bn(bytes + half, half, NULL);
	unsigned char *der = NULL;

	if (sig == NULL || r == NULL || s == NULL) {
		BN_free(r);
		BN_free(s);
	} else {
		(void)ECDSA_SIG_set0(sig, r, s);        /* r and s are sig's now */
		*ret_len = i2d_ECDSA_SIG(sig, &der);
	}
	ECDSA_SIG_free(sig);
	return der;
}

static enum mcpass_rc add_sides(struct mp_buf *buf, const unsigned char *der, size_t len,
    size_t field, struct mcpass_error *err)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	unsigned char sides[2 * MP_MAX_FIELD];
	enum mcpass_rc rc = MCPASS_OK;

	if (sig == NULL
	    || BN_bn2binpad(ECDSA_SIG_get0_r(sig), sides, (int)field) != (int)field
	    || BN_bn2binpad(ECDSA_SIG_get0_s(sig), sides + field, (int)field) != (int)field)
		rc = mp_key_fail(err, MCPASS_E_IO, NULL, "OpenSSL makes no signature");
	else
		mp_buf_add(buf, sides, 2 * field);
	ECDSA_SIG_free(sig);
	return rc;
}

static bool is_ecdsa(const struct mp_key *key)
{
	return mp_kinds[key->kind].group != NULL;
}

static enum mcpass_rc sign(const struct mp_key *key, enum mp_alg alg, struct mp_span input,
    struct mp_buf *signature, struct mcpass_error *err)
{
	EVP_MD_CTX *ctx = make_context(EVP_DigestSignInit_ex, key, alg);
	unsigned char bytes[MP_MAX_SIGNATURE];
	size_t len = sizeof(bytes);
	enum mcpass_rc rc = MCPASS_OK;

	if (ctx == NULL || EVP_DigestSign(ctx, bytes, &len, (const unsigned char *)input.data,
	    input.len) != 1)
		rc = mp_key_fail(err, MCPASS_E_IO, NULL, "OpenSSL makes no signature");
	else if (is_ecdsa(key))
		rc = add_sides(signature, bytes, len, mp_kinds[key->kind].field, err);
	else
		mp_buf_add(signature, bytes, len);
	EVP_MD_CTX_free(ctx);
	return rc ? rc : mp_buf_check(signature, "the signature", err);
}

/* The same as EVP_DigestVerify(): 1 when the signature is right. */
static int verify_with(EVP_MD_CTX *ctx, const struct mp_key *key, struct mp_span input,
    struct mp_span signature)
{
	const unsigned char *bytes = (const unsigned char *)signature.data;
	const unsigned char *message = (const unsigned char *)input.data;
	unsigned char *der;
	int len = 0, ok;

	if (!is_ecdsa(key))
		return EVP_DigestVerify(ctx, bytes, signature.len, message, input.len);
	/* spec: RFC 7518 3.4: exactly two numbers of the curve's length */
	if (signature.len != 2 * mp_kinds[key->kind].field)
		return 0;
	der = sides_to_der(signature, &len);
	ok = der != NULL ? EVP_DigestVerify(ctx, der, (size_t)len, message, input.len) : -1;
	OPENSSL_free(der);
	return ok;
}

static enum mcpass_rc verify(const struct mp_key *key, enum mp_alg alg, struct mp_span input,
    struct mp_span signature, struct mcpass_error *err)
{
	EVP_MD_CTX **template = &key->templates[alg], *ctx;
	enum mcpass_rc rc = MCPASS_OK;

	if (*template == NULL)
		*template = make_context(EVP_DigestVerifyInit_ex, key, alg);
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || *template == NULL || EVP_MD_CTX_copy_ex(ctx, *template) != 1)
		rc = mp_key_fail(err, MCPASS_E_IO, NULL, "OpenSSL cannot verify");
	else if (verify_with(ctx, key, input, signature) != 1)
		rc = mp_key_fail(err, MCPASS_E_POLICY, "RFC 7515 5.2",
		    "the signature is not the key's");
	EVP_MD_CTX_free(ctx);
	return rc;
}

enum mcpass_rc mp_key_sign(const struct mp_key *key, enum mp_alg alg, struct mp_span input,
    struct mp_buf *signature, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (!key->is_private || !key->may_sign || !mp_key_permits(key, alg))
		return mp_fail(err, MCPASS_E_USAGE, "RFC 8725 3.1",
		    "the key does not sign with %s", mp_alg_name(alg));
	ERR_set_mark();         /* what OpenSSL queues is not for the program's own calls */
	rc = sign(key, alg, input, signature, err);
	ERR_pop_to_mark();
	return rc;
}

enum mcpass_rc mp_key_verify(const struct mp_key *key, enum mp_alg alg, struct mp_span input,
    struct mp_span signature, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (!key->may_verify || !mp_key_permits(key, alg))
		return mp_fail(err, MCPASS_E_POLICY, "RFC 8725 3.1",
		    "the key does not permit %s", mp_alg_name(alg));
	ERR_set_mark();
	rc = verify(key, alg, input, signature, err);
	ERR_pop_to_mark();
	return rc;
}

/* A signature of the one that verifies with the other is the shortest proof, and the
 * same for every kind of key. */
enum mcpass_rc mp_key_prove_pair(const struct mp_key *key, struct mcpass_error *err)
{
	enum mp_alg alg = mp_kinds[key->kind].usual;
	struct mp_span input = { "one pair", 8 };
	struct mp_buf signature = MP_BUF(MP_MAX_SIGNATURE);
	enum mcpass_rc rc = sign(key, alg, input, &signature, NULL);

	if (!rc)
		rc = verify(key, alg, input, (struct mp_span){ signature.data, signature.len }, NULL);
	mp_buf_free(&signature);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7517 4",
		    "the private part of the key does not belong to its public part");
	return MCPASS_OK;
}
