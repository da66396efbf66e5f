#include "oauth/pkce.h"
#include "wire/uri.h"
#include <string.h>

/* 32 bytes are 43 characters, the least that RFC 7636 4.1 takes and 256 bits. */
#define VERIFIER_BYTES 32
#define VERIFIER_MIN 43
#define VERIFIER_MAX 128

enum mcpass_rc mp_pkce_new(mcpass_random_fn *random, void *ctx, struct mp_secret *ret_verifier,
    char **ret_challenge, struct mcpass_error *err)
{
	struct mp_secret verifier = { 0 };
	enum mcpass_rc rc = mp_random_text(random, ctx, VERIFIER_BYTES, &verifier, err);

	if (!rc)        /* spec: RFC 7636 4.2 */
		rc = mp_sha256_b64url(mp_secret_reveal(&verifier), ret_challenge, err);
	if (rc)
		mp_secret_free(&verifier);
	else
		*ret_verifier = verifier;
	return rc;
}

/* spec: RFC 7636 4.1 */
static bool is_verifier(const char *text)
{
	size_t len = strlen(text);

	if (len < VERIFIER_MIN || len > VERIFIER_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!mp_uri_is_unreserved(text[i]))
			return false;
	return true;
}

static enum mcpass_rc deny(const char *spec, const char *why, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_DENIED, spec, "%s", why);

	mp_oauth_code(err, "invalid_grant");
	return rc;
}

enum mcpass_rc mp_pkce_check(const char *verifier, const char *challenge,
    struct mcpass_error *err)
{
	char *made = NULL;
	enum mcpass_rc rc;
	bool equal;

	/* spec: RFC 9700 2.1.1 (a verifier without a challenge is a downgrade) */
	if (challenge == NULL)
		return deny("RFC 9700 2.1.1", "no code_challenge was given for this code", err);
	if (verifier == NULL)   /* spec: RFC 7636 4.5 */
		return deny("RFC 7636 4.5", "code_verifier is missing", err);
	if (!is_verifier(verifier))
		return deny("RFC 7636 4.1", "code_verifier is malformed", err);
	rc = mp_sha256_b64url(verifier, &made, err);
	if (rc)
		return rc;
	equal = strlen(made) == strlen(challenge)
	    && mp_bytes_equal(made, challenge, strlen(challenge));
	mp_free_wiped(made);
	if (!equal)     /* spec: RFC 7636 4.6 */
		return deny("RFC 7636 4.6", "code_verifier does not fit the code_challenge", err);
	return MCPASS_OK;
}
