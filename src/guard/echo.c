#include "guard/echo.h"
#include <string.h>
#include "wire/mask.h"

#define LEAST 16                        /* of a token that may be cut off */

static bool is_token(const char *text, size_t len, const uint8_t digest[MP_SHA256_LEN])
{
	uint8_t hash[MP_SHA256_LEN];

	return mp_sha256(text, len, hash, NULL) != MCPASS_OK || memcmp(hash, digest, MP_SHA256_LEN) == 0;
}

/* A run of the characters of a token, which may end in those of a sentence. */
static bool has_token(const char *run, size_t len, const uint8_t digest[MP_SHA256_LEN])
{
	size_t padding = strspn(run + len, "=");

	for (size_t i = 1; i <= padding; i++)
		if (is_token(run, len + i, digest))
			return true;
	for (; len > 0; len--) {
		if (is_token(run, len, digest))
			return true;
		if (run[len - 1] != '.')
			break;
	}
	return false;
}

/* spec: RFC 6750 2.1 (b64token) */
static void mask_token(struct mcpass_error *why, const uint8_t digest[MP_SHA256_LEN])
{
	static const char b64token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
	bool is_full = strlen(why->detail) == sizeof(why->detail) - 1;

	for (char *at = strpbrk(why->detail, b64token); at != NULL; at = strpbrk(at, b64token)) {
		size_t len = strspn(at, b64token);

		if ((is_full && len >= LEAST && at[len] == '\0') || has_token(at, len, digest))
			memset(at, '*', len);
		at += len;
	}
}

void mp_echo_mask(struct mcpass_error *why, const uint8_t digest[MP_SHA256_LEN],
    const struct mp_secret *client_secret)
{
	mask_token(why, digest);
	if (mp_secret_present(client_secret))
		(void)mp_mask_secret(why->detail, mp_secret_reveal(client_secret));
}
