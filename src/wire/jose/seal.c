#include "wire/jose/seal.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

#define PREFIX "sealed1."
#define KEY_PREFIX "mcpass-key-1."
#define ID_LEN 8
#define NONCE_LEN 12
#define TAG_LEN 16
#define MAX_TEXT (MP_MAX_RECORD + NONCE_LEN + TAG_LEN)

/* --- keys --- */

static enum mcpass_rc name_key(struct mp_seal_key *key, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	struct mp_buf text;
	enum mcpass_rc rc = mp_sha256(key->bytes, sizeof(key->bytes), digest, err);

	if (rc)
		return rc;
	mp_buf_init(&text, 2 * sizeof(digest));
	mp_b64url_add(&text, digest, sizeof(digest));
	rc = mp_buf_check(&text, "a key's name", err);
	if (!rc) {
		memcpy(key->id, mp_buf_text(&text), ID_LEN);
		key->id[ID_LEN] = '\0';
	}
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc read_key(struct mp_span line, size_t number, struct mp_seal_key *key,
    struct mcpass_error *err)
{
	const size_t prefix = strlen(KEY_PREFIX);
	struct mp_buf bytes = MP_BUF(MP_SEAL_KEY_LEN);
	enum mcpass_rc rc = MCPASS_E_PROTOCOL;

	if (line.len > prefix && memcmp(line.data, KEY_PREFIX, prefix) == 0)
		rc = mp_b64url_decode(&bytes, (struct mp_span){ line.data + prefix, line.len - prefix },
		    NULL);
	if (rc == MCPASS_E_NOMEM) {
		rc = mp_nomem(err);
	} else if (rc || bytes.len != MP_SEAL_KEY_LEN) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "line %zu of the file of keys is no key", number);
		mp_hint(err, "A key is made by 'mcpass store key FILE'.");
	} else {
		memcpy(key->bytes, bytes.data, MP_SEAL_KEY_LEN);
		rc = name_key(key, err);
	}
	mp_buf_free(&bytes);
	return rc;
}

static const struct mp_seal_key *find_key(const struct mp_seal *seal, const char *id)
{
	for (size_t i = 0; i < seal->count; i++)
		if (strncmp(seal->keys[i].id, id, ID_LEN) == 0)
			return &seal->keys[i];
	return NULL;
}

static enum mcpass_rc add_key(struct mp_seal *seal, struct mp_span line, size_t number,
    struct mcpass_error *err)
{
	struct mp_seal_key key = { 0 };
	enum mcpass_rc rc;

	if (seal->count == MP_MAX_SEAL_KEYS)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the file has more than %d keys",
		    MP_MAX_SEAL_KEYS);
	rc = read_key(line, number, &key, err);
	if (!rc && find_key(seal, key.id) != NULL)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "line %zu of the file of keys is there twice",
		    number);
	if (!rc)
		seal->keys[seal->count++] = key;
	mp_wipe(&key, sizeof(key));
	return rc;
}

enum mcpass_rc mp_seal_read(const char *text, struct mp_seal *ret_seal, struct mcpass_error *err)
{
	struct mp_seal seal = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t number = 1; *text != '\0' && !rc; number++) {
		struct mp_span line = { text, strcspn(text, "\r\n") };

		if (line.len > 0 && line.data[0] != '#')
			rc = add_key(&seal, line, number, err);
		text += line.len;
		text += strncmp(text, "\r\n", 2) == 0 ? 2 : *text != '\0';
	}
	if (!rc && seal.count == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the file of keys has none");
	if (!rc)
		*ret_seal = seal;
	mp_seal_forget(&seal);
	return rc;
}

enum mcpass_rc mp_seal_new_line(mcpass_random_fn *random, void *ctx, char **ret_line,
    struct mcpass_error *err)
{
	uint8_t bytes[MP_SEAL_KEY_LEN];
	struct mp_buf line = MP_BUF(128);
	enum mcpass_rc rc;

	if (random(ctx, bytes, sizeof(bytes)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the source of randomness fails");
	mp_buf_adds(&line, KEY_PREFIX);
	mp_b64url_add(&line, bytes, sizeof(bytes));
	mp_wipe(bytes, sizeof(bytes));
	rc = mp_buf_take(&line, "a key", ret_line, err);
	return rc;
}

void mp_seal_forget(struct mp_seal *seal)
{
	mp_wipe(seal, sizeof(*seal));
}

/* --- texts --- */

bool mp_seal_is(const char *text)
{
	return strncmp(text, PREFIX, strlen(PREFIX)) == 0;
}

bool mp_seal_is_current(const struct mp_seal *seal, const char *sealed)
{
	return mp_seal_is(sealed)
	    && strncmp(sealed + strlen(PREFIX), seal->keys[0].id, ID_LEN) == 0;
}

/* Begins to seal or to open: the key, the nonce, and what is bound to the text: which key that
 * is, and the place. */
static EVP_CIPHER_CTX *start(const struct mp_seal_key *key, const uint8_t nonce[NONCE_LEN],
    const char *place, bool seals)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int len;

	if (cipher == NULL)
		return NULL;
	if (EVP_CipherInit_ex2(cipher, EVP_aes_256_gcm(), key->bytes, nonce, seals, NULL) == 1
	    && EVP_CipherUpdate(cipher, NULL, &len, (const uint8_t *)key->id, ID_LEN + 1) == 1
	    && EVP_CipherUpdate(cipher, NULL, &len, (const uint8_t *)place, (int)strlen(place)) == 1)
		return cipher;
	EVP_CIPHER_CTX_free(cipher);
	return NULL;
}

/* bytes: the nonce; appended are the ciphertext and the tag. */
static enum mcpass_rc encrypt(const struct mp_seal_key *key, const char *place, const char *text,
    struct mp_buf *bytes, struct mcpass_error *err)
{
	size_t text_len = strlen(text);
	uint8_t *out = malloc(text_len + TAG_LEN);
	EVP_CIPHER_CTX *cipher = start(key, (const uint8_t *)bytes->data, place, true);
	enum mcpass_rc rc = MCPASS_OK;
	int len = 0, more = 0;

	if (out == NULL || cipher == NULL)
		rc = mp_nomem(err);
	else if (EVP_CipherUpdate(cipher, out, &len, (const uint8_t *)text, (int)text_len) != 1
	    || EVP_CipherFinal_ex(cipher, out + len, &more) != 1
	    || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, out + text_len) != 1)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "OpenSSL does not seal");
	else
		mp_buf_add(bytes, out, text_len + TAG_LEN);
	EVP_CIPHER_CTX_free(cipher);
	free(out);
	return rc;
}

enum mcpass_rc mp_seal_close(const struct mp_seal *seal, const char *place, const char *text,
    mcpass_random_fn *random, void *ctx, char **ret_sealed, struct mcpass_error *err)
{
	uint8_t nonce[NONCE_LEN];
	struct mp_buf bytes, word;
	enum mcpass_rc rc = mp_crypto_ready(err);

	if (rc)
		return rc;
	if (strlen(text) > MP_MAX_RECORD)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "a text of more than %zu bytes is not sealed",
		    MP_MAX_RECORD);
	if (random(ctx, nonce, sizeof(nonce)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "the source of randomness fails");
	mp_buf_init(&bytes, MAX_TEXT);
	mp_buf_init(&word, 2 * MAX_TEXT);
	mp_buf_add(&bytes, nonce, sizeof(nonce));
	rc = mp_buf_check(&bytes, "a sealed text", err);
	if (!rc)
		rc = encrypt(&seal->keys[0], place, text, &bytes, err);
	if (!rc)
		rc = mp_buf_check(&bytes, "a sealed text", err);
	mp_buf_addf(&word, PREFIX "%s.", seal->keys[0].id);
	mp_b64url_add(&word, bytes.data, bytes.len);
	if (!rc)
		rc = mp_buf_take(&word, "a sealed text", ret_sealed, err);
	mp_buf_free(&word);
	mp_buf_free(&bytes);
	return rc;
}

static enum mcpass_rc spoiled(struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_STORE, NULL,
	    "a sealed text does not open: it was changed, or is another row's");
}

/* bytes: nonce, ciphertext, tag; the last is checked before a byte goes out. */
static enum mcpass_rc decrypt(const struct mp_seal_key *key, const char *place,
    struct mp_buf *bytes, char **ret_text, struct mcpass_error *err)
{
	uint8_t *data = (uint8_t *)bytes->data;
	size_t text_len = bytes->len - NONCE_LEN - TAG_LEN;
	EVP_CIPHER_CTX *cipher = start(key, data, place, false);
	char *text = calloc(1, text_len + 1);
	enum mcpass_rc rc = MCPASS_OK;
	int len = 0, more = 0;

	if (text == NULL || cipher == NULL)
		rc = mp_nomem(err);
	else if (EVP_CipherUpdate(cipher, (uint8_t *)text, &len, data + NONCE_LEN, (int)text_len) != 1
	    || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, data + NONCE_LEN + text_len)
	        != 1
	    || EVP_CipherFinal_ex(cipher, (uint8_t *)text + len, &more) != 1
	    || strlen(text) != text_len)
		rc = spoiled(err);
	EVP_CIPHER_CTX_free(cipher);
	if (rc && text != NULL) {
		mp_wipe(text, text_len);
		free(text);
	} else if (!rc) {
		*ret_text = text;
	}
	return rc;
}

enum mcpass_rc mp_seal_open(const struct mp_seal *seal, const char *place, const char *sealed,
    char **ret_text, struct mcpass_error *err)
{
	const size_t head = strlen(PREFIX) + ID_LEN + 1;
	size_t len = strlen(sealed);
	const struct mp_seal_key *key;
	struct mp_buf bytes = MP_BUF(MAX_TEXT);
	enum mcpass_rc rc = mp_crypto_ready(err);

	if (rc)
		return rc;
	if (!mp_seal_is(sealed) || len <= head || sealed[head - 1] != '.')
		return spoiled(err);
	key = find_key(seal, sealed + strlen(PREFIX));
	if (key == NULL)
		return mp_fail(err, MCPASS_E_STORE, NULL, "it is sealed with the key %.*s, which is not"
		    " among ours", ID_LEN, sealed + strlen(PREFIX));
	rc = mp_b64url_decode(&bytes, (struct mp_span){ sealed + head, len - head }, NULL);
	if (rc == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	else if (rc || bytes.len < NONCE_LEN + TAG_LEN)
		rc = spoiled(err);
	else
		rc = decrypt(key, place, &bytes, ret_text, err);
	mp_buf_free(&bytes);
	return rc;
}
