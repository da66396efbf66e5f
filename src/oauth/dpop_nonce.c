#include "oauth/dpop_nonce.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "wire/jose/b64url.h"
#include "wire/jose/crypto.h"

static enum mcpass_rc add_for_slot(struct mp_span key, int64_t slot, struct mp_buf *nonce,
    struct mcpass_error *err)
{
	uint8_t mac[MP_SHA256_LEN];
	char text[48];          /* the words keep it apart from other uses of the key */
	enum mcpass_rc rc;

	(void)snprintf(text, sizeof(text), "mcpass DPoP-Nonce %" PRId64, slot);
	rc = mp_hmac_sha256(key.data, key.len, text, strlen(text), mac, err);
	if (rc)
		return rc;
	mp_b64url_add(nonce, mac, sizeof(mac));
	return mp_buf_check(nonce, "a nonce", err);
}

enum mcpass_rc mp_dpop_nonce_add(struct mp_span key, int64_t now, struct mp_buf *nonce,
    struct mcpass_error *err)
{
	return add_for_slot(key, now / MP_DPOP_NONCE_SLOT, nonce, err);
}

static enum mcpass_rc is_of_slot(struct mp_span key, const char *nonce, int64_t slot,
    bool *ret_is, struct mcpass_error *err)
{
	struct mp_buf right = MP_BUF((size_t)2 * MP_SHA256_LEN);
	enum mcpass_rc rc = add_for_slot(key, slot, &right, err);

	if (!rc)
		*ret_is = strlen(nonce) == right.len
		    && mp_bytes_equal(nonce, right.data, right.len);
	mp_buf_free(&right);
	return rc;
}

enum mcpass_rc mp_dpop_nonce_judge(struct mp_span key, const char *nonce, int64_t now,
    enum mp_dpop_nonce_age *ret_age, struct mcpass_error *err)
{
	int64_t slot = now / MP_DPOP_NONCE_SLOT;
	bool is_current = false, is_old = false;
	enum mcpass_rc rc = MCPASS_OK;

	if (nonce != NULL)
		rc = is_of_slot(key, nonce, slot, &is_current, err);
	/* What was handed out just now must serve for a while, so the slot before counts. */
	if (!rc && nonce != NULL && !is_current)
		rc = is_of_slot(key, nonce, slot - 1, &is_old, err);
	if (!rc)
		*ret_age = is_current ? MP_DPOP_NONCE_CURRENT
		    : is_old ? MP_DPOP_NONCE_OLD : MP_DPOP_NONCE_NONE;
	return rc;
}
