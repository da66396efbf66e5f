/* Passwords, as scrypt leaves them.  spec: RFC 7914 2, 6 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

#define SALT_LEN 16
#define HASH_LEN 32
#define LINE_LEN 128
#define PREFIX "$scrypt$ln="
#define MIDDLE ",r=8,p=1$"

/* scrypt fills 128 * r * n bytes; memory is OpenSSL's own cap on that, 32 MiB without it. */
static enum mcpass_rc derive(const char *password, const uint8_t *salt, unsigned log2_n,
    uint8_t ret_hash[HASH_LEN], struct mcpass_error *err)
{
	uint64_t n = UINT64_C(1) << log2_n, memory = UINT64_C(2) * 128 * 8 * n;
	uint32_t r = 8, p = 1;
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_KDF_PARAM_PASSWORD, (char *)password, strlen(password)),
		OSSL_PARAM_octet_string(OSSL_KDF_PARAM_SALT, (uint8_t *)salt, SALT_LEN),
		OSSL_PARAM_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
		OSSL_PARAM_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
		OSSL_PARAM_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
		OSSL_PARAM_END
	};
	EVP_KDF *kdf;
	EVP_KDF_CTX *ctx;
	int ok;

	if (mp_crypto_ready(err))
		return MCPASS_E_NOMEM;
	ERR_set_mark();         /* what OpenSSL queues is not for the program's own calls */
	kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_SCRYPT, NULL);
	ctx = EVP_KDF_CTX_new(kdf);
	ok = ctx != NULL ? EVP_KDF_derive(ctx, ret_hash, HASH_LEN, params) : -1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	ERR_pop_to_mark();
	if (ok != 1)            /* with parameters of ours nothing else can fail */
		return mp_nomem(err);
	return MCPASS_OK;
}

enum mcpass_rc mp_password_line(const uint8_t salt[16], const uint8_t hash[32], unsigned log2_n,
    char **ret_line, struct mcpass_error *err)
{
	struct mp_buf line = MP_BUF(LINE_LEN);

	mp_buf_addf(&line, PREFIX "%u" MIDDLE, log2_n);
	mp_b64url_add(&line, salt, SALT_LEN);
	mp_buf_addc(&line, '$');
	mp_b64url_add(&line, hash, HASH_LEN);
	return mp_buf_take(&line, "a password line", ret_line, err);
}

enum mcpass_rc mp_password_hash(const char *password, const uint8_t salt[16], unsigned log2_n,
    char **ret_line, struct mcpass_error *err)
{
	uint8_t hash[HASH_LEN];
	enum mcpass_rc rc;

	if (log2_n < MP_MIN_SCRYPT_LOG2 || log2_n > MP_MAX_SCRYPT_LOG2)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a scrypt cost of %u, not %d to %d", log2_n,
		    MP_MIN_SCRYPT_LOG2, MP_MAX_SCRYPT_LOG2);
	rc = derive(password, salt, log2_n, hash, err);
	if (!rc)
		rc = mp_password_line(salt, hash, log2_n, ret_line, err);
	mp_wipe(hash, sizeof(hash));
	return rc;
}

static bool skip(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

/* Decodes exactly want bytes. */
static enum mcpass_rc decode(struct mp_span text, uint8_t *ret_bytes, size_t want)
{
	struct mp_buf bytes;
	enum mcpass_rc rc;

	mp_buf_init(&bytes, want);
	rc = mp_b64url_decode(&bytes, text, NULL);
	if (!rc && bytes.len != want)
		rc = MCPASS_E_PROTOCOL;
	if (!rc)
		memcpy(ret_bytes, bytes.data, want);
	mp_buf_free(&bytes);
	return rc;
}

/* The cost is two digits, so that a line has one spelling and no overflow. */
static enum mcpass_rc parse(const char *line, unsigned *ret_log2_n, uint8_t *ret_salt,
    uint8_t *ret_hash)
{
	const char *at = line, *dollar;
	unsigned log2_n;
	enum mcpass_rc rc;

	if (!skip(&at, PREFIX) || at[0] != '1' || at[1] < '0' || at[1] > '9')
		return MCPASS_E_PROTOCOL;
	log2_n = 10 + (unsigned)(at[1] - '0');
	at += 2;
	if (log2_n > MP_MAX_SCRYPT_LOG2 || !skip(&at, MIDDLE))
		return MCPASS_E_PROTOCOL;
	dollar = strchr(at, '$');
	if (dollar == NULL)
		return MCPASS_E_PROTOCOL;
	rc = decode((struct mp_span){ at, (size_t)(dollar - at) }, ret_salt, SALT_LEN);
	if (!rc)
		rc = decode((struct mp_span){ dollar + 1, strlen(dollar + 1) }, ret_hash, HASH_LEN);
	if (!rc)
		*ret_log2_n = log2_n;
	return rc;
}

bool mp_password_is_line(const char *line)
{
	return strncmp(line, "$scrypt$", 8) == 0;
}

enum mcpass_rc mp_password_cost(const char *line, unsigned *ret_log2_n,
    struct mcpass_error *err)
{
	uint8_t salt[SALT_LEN], hash[HASH_LEN];
	enum mcpass_rc rc = parse(line, ret_log2_n, salt, hash);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return rc == MCPASS_OK ? MCPASS_OK
	    : mp_fail(err, MCPASS_E_PROTOCOL, NULL, "the stored password is no scrypt line");
}

/* A cost is twice the one below it, so all from one cost up to the next but one make the
 * difference between the two. */
static enum mcpass_rc spend_more(const char *password, const uint8_t *salt, unsigned from,
    unsigned to, struct mcpass_error *err)
{
	uint8_t unused[HASH_LEN];
	enum mcpass_rc rc = MCPASS_OK;

	for (; from < to && !rc; from++)
		rc = derive(password, salt, from, unused, err);
	mp_wipe(unused, sizeof(unused));
	return rc;
}

enum mcpass_rc mp_password_check(const char *password, const char *line, unsigned log2_n,
    struct mcpass_error *err)
{
	uint8_t salt[SALT_LEN], want[HASH_LEN], hash[HASH_LEN];
	unsigned own = 0;
	enum mcpass_rc rc = parse(line, &own, salt, want);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "the stored password is no scrypt line");
	rc = derive(password, salt, own, hash, err);
	if (!rc)
		rc = spend_more(password, salt, own, log2_n, err);
	if (!rc && !mp_bytes_equal(hash, want, HASH_LEN))
		rc = mp_fail(err, MCPASS_E_DENIED, NULL, "the password is wrong");
	mp_wipe(hash, sizeof(hash));
	return rc;
}
