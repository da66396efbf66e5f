/* Keys that do not come as JSON: from a PEM file, or fresh. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include "base/limits.h"
#include "wire/jose/key.h"
#include "wire/jose/crypto.h"

/* Without it OpenSSL asks for the pass phrase on the terminal. */
static int no_passphrase(char *text, int size, int is_writing, void *ctx)
{
	(void)text;
	(void)size;
	(void)is_writing;
	(void)ctx;
	return -1;
}

static enum mcpass_rc read_pem(const char *pem, size_t len, EVP_PKEY **ret_pkey,
    struct mcpass_error *err)
{
	EVP_PKEY *pkey;
	BIO *bio;

	if (len > MP_MAX_DOCUMENT)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the PEM text is larger than %zu bytes",
		    MP_MAX_DOCUMENT);
	bio = BIO_new_mem_buf(pem, (int)len);
	if (bio == NULL)
		return mp_nomem(err);
	pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, NULL, NULL, NULL);
	BIO_free(bio);
	if (pkey == NULL) {
		enum mcpass_rc rc = mp_key_fail(err, MCPASS_E_PROTOCOL, "RFC 7468 10",
		    "no private key in PEM");

		mp_hint(err, "Give a PKCS#8 file without a pass phrase "
		    "(\"-----BEGIN PRIVATE KEY-----\").");
		return rc;
	}
	*ret_pkey = pkey;
	return MCPASS_OK;
}

enum mcpass_rc mp_key_from_pem(const char *pem, size_t len, struct mp_key **ret_key,
    struct mcpass_error *err)
{
	struct mp_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	enum mcpass_rc rc = mp_crypto_ready(err);

	if (rc)
		return rc;
	ERR_set_mark();         /* what OpenSSL queues is not for the program's own calls */
	rc = read_pem(pem, len, &pkey, err);
	if (!rc)
		rc = mp_key_wrap(pkey, true, &key, err);
	if (!rc)
		rc = mp_key_prove_pair(key, err);
	if (rc)
		mp_key_free(key);
	else
		*ret_key = key;
	EVP_PKEY_free(pkey);
	ERR_pop_to_mark();
	return rc;
}

static EVP_PKEY *make_pkey(const struct mp_kind_row *row)
{
	if (row->group != NULL)
		return EVP_PKEY_Q_keygen(NULL, NULL, row->type, row->group);
	if (row->field == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, row->type, (size_t)MP_MIN_RSA_BITS);
	return EVP_PKEY_Q_keygen(NULL, NULL, row->type);
}

enum mcpass_rc mp_key_generate(enum mp_alg alg, struct mp_key **ret_key,
    struct mcpass_error *err)
{
	struct mp_key *key = NULL;
	EVP_PKEY *pkey;
	enum mcpass_rc rc;

	if (alg == MP_ALG_NONE)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "no key is made for no algorithm");
	if (mp_crypto_ready(err))
		return MCPASS_E_NOMEM;
	ERR_set_mark();
	pkey = make_pkey(&mp_kinds[mp_algs[alg].kind]);
	if (pkey == NULL) {
		rc = mp_key_fail(err, MCPASS_E_IO, NULL, "OpenSSL makes no key");
		goto out;
	}
	rc = mp_key_wrap(pkey, true, &key, err);
	if (rc)
		goto out;
	key->alg = alg;
	rc = mp_jwk_thumbprint(key, &key->kid, err);
out:
	if (rc)
		mp_key_free(key);
	else
		*ret_key = key;
	EVP_PKEY_free(pkey);
	ERR_pop_to_mark();
	return rc;
}
