#include "guard/nonce.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

static enum mcpass_rc add_for_slot(const struct mp_secret *secret, int64_t slot,
    struct mp_buf *nonce, struct mcpass_error *err)
{
	uint8_t mac[MP_SHA256_LEN];
	char text[48];          /* the words keep it apart from other uses of the secret */
	enum mcpass_rc rc;

	(void)snprintf(text, sizeof(text), "mcpass DPoP-Nonce %" PRId64, slot);
	rc = mp_hmac_sha256(mp_secret_reveal(secret), secret->len, text, strlen(text), mac, err);
	if (rc)
		return rc;
	mp_b64url_add(nonce, mac, sizeof(mac));
	return mp_buf_check(nonce, "a nonce", err);
}

enum mcpass_rc mp_nonce_add(const struct mp_secret *secret, int64_t now, struct mp_buf *nonce,
    struct mcpass_error *err)
{
	return add_for_slot(secret, now / MP_DPOP_NONCE_SLOT, nonce, err);
}

static enum mcpass_rc is_of_slot(const struct mp_secret *secret, const char *nonce,
    int64_t slot, bool *ret_is, struct mcpass_error *err)
{
	struct mp_buf right;
	enum mcpass_rc rc;

	mp_buf_init(&right, (size_t)2 * MP_SHA256_LEN);
	rc = add_for_slot(secret, slot, &right, err);
	if (!rc)
		*ret_is = strlen(nonce) == right.len
		    && mp_bytes_equal(nonce, right.data, right.len);
	mp_buf_free(&right);
	return rc;
}

enum mcpass_rc mp_nonce_judge(const struct mp_secret *secret, const char *nonce, int64_t now,
    enum mp_nonce_age *ret_age, struct mcpass_error *err)
{
	int64_t slot = now / MP_DPOP_NONCE_SLOT;
	bool is_current = false, is_old = false;
	enum mcpass_rc rc = MCPASS_OK;

	if (nonce != NULL)
		rc = is_of_slot(secret, nonce, slot, &is_current, err);
	/* What was handed out just now must serve for a while, so the slot before counts. */
	if (!rc && nonce != NULL && !is_current)
		rc = is_of_slot(secret, nonce, slot - 1, &is_old, err);
	if (!rc)
		*ret_age = is_current ? MP_NONCE_CURRENT : is_old ? MP_NONCE_OLD : MP_NONCE_NONE;
	return rc;
}
