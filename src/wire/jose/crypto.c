#include "wire/jose/crypto.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"

/* OpenSSL sets itself up at its first use; where memory ran out in that, the next use would
 * follow a null pointer.  Once it is set up, it stays so. */
enum mcpass_rc mp_crypto_ready(struct mcpass_error *err)
{
	return OSSL_LIB_CTX_get0_global_default() != NULL ? MCPASS_OK : mp_nomem(err);
}

/* EVP_sha256() is looked for among the providers at each use, which costs as much as a short text;
 * what was found stays until the process ends. */
static const EVP_MD *sha256_found;

static void find_sha256(void)
{
	const EVP_MD *found = EVP_MD_fetch(NULL, "SHA2-256", NULL);

	sha256_found = found != NULL ? found : EVP_sha256();
}

enum mcpass_rc mp_sha256(const void *bytes, size_t len, uint8_t ret_digest[MP_SHA256_LEN],
    struct mcpass_error *err)
{
	static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
	uint8_t digest[MP_SHA256_LEN];
	enum mcpass_rc rc = mp_crypto_ready(err);

	if (rc)
		return rc;
	if (CRYPTO_THREAD_run_once(&once, find_sha256) != 1
	    || EVP_Digest(bytes, len, digest, NULL, sha256_found, NULL) != 1)
		return mp_fail(err, MCPASS_E_IO, NULL, "OpenSSL makes no SHA-256");
	memcpy(ret_digest, digest, sizeof(digest));
	return MCPASS_OK;
}

enum mcpass_rc mp_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
    uint8_t ret_mac[MP_SHA256_LEN], struct mcpass_error *err)
{
	uint8_t mac[MP_SHA256_LEN];
	enum mcpass_rc rc = mp_crypto_ready(err);

	if (rc)
		return rc;
	if (key_len == 0)       /* it would be no secret */
		return mp_fail(err, MCPASS_E_USAGE, "RFC 2104 3", "an HMAC without a key");
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, bytes, len, mac,
	    sizeof(mac), NULL) == NULL)
		return mp_fail(err, MCPASS_E_IO, NULL, "OpenSSL makes no HMAC");
	memcpy(ret_mac, mac, sizeof(mac));
	return MCPASS_OK;
}

enum mcpass_rc mp_sha256_b64url(const char *text, char **ret_text, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	struct mp_buf buf = MP_BUF((size_t)2 * MP_SHA256_LEN);
	enum mcpass_rc rc = mp_sha256(text, strlen(text), digest, err);

	if (rc)
		return rc;
	mp_b64url_add(&buf, digest, sizeof(digest));
	return mp_buf_take(&buf, "a digest", ret_text, err);
}

enum mcpass_rc mp_sha256_b64url_buf(struct mp_buf *buf, const char *what, char **ret_text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(buf, what, err);

	if (!rc)
		rc = mp_sha256_b64url(mp_buf_text(buf), ret_text, err);
	mp_buf_free(buf);
	return rc;
}

enum mcpass_rc mp_random_text(mcpass_random_fn *random, void *ctx, size_t len,
    struct mp_secret *ret_text, struct mcpass_error *err)
{
	uint8_t bytes[MP_MAX_RANDOM];
	struct mp_buf buf = MP_BUF((size_t)2 * MP_MAX_RANDOM);
	enum mcpass_rc rc;

	if (len == 0 || len > sizeof(bytes))
		return mp_fail(err, MCPASS_E_USAGE, NULL, "random text of %zu bytes", len);
	if (random(ctx, bytes, len) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the source of randomness fails");
	mp_b64url_add(&buf, bytes, len);
	mp_wipe(bytes, sizeof(bytes));
	rc = mp_buf_check(&buf, "random text", err);
	if (!rc)
		rc = mp_secret_set_span(ret_text, (struct mp_span){ buf.data, buf.len }, err);
	mp_buf_free(&buf);
	return rc;
}
