#include "guard/reply.h"
#include <stdio.h>
#include "wire/challenge.h"

/* A denial without a code is one that RFC 6750 3.1 gives none: the client did nothing
 * wrong, it was just not told yet. */
static const struct {
	int status;
	const char *error;
} denials[] = {
	[MP_DENY_UNAVAILABLE] = { 503, NULL },
	[MP_DENY_NO_TOKEN] = { 401, NULL },
	[MP_DENY_REQUEST] = { 400, "invalid_request" },
	[MP_DENY_TOKEN] = { 401, "invalid_token" },
	[MP_DENY_SCOPE] = { 403, "insufficient_scope" },
};

int mp_reply_status(enum mp_denial denial)
{
	return denials[denial].status;
}

/* spec: RFC 6750 3: the characters that error_description may have */
static void make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
			*text = *text == '"' ? '\'' : '?';
}

enum mcpass_rc mp_reply_challenge(enum mp_denial denial, const char *metadata_url,
    const char *scope, const char *why, struct mp_buf *challenge, struct mcpass_error *err)
{
	char plain[256];

	if (denial == MP_DENY_UNAVAILABLE)      /* a token would not help */
		return MCPASS_OK;
	mp_buf_adds(challenge, "Bearer ");
	mp_challenge_add(challenge, "resource_metadata", metadata_url); /* spec: RFC 9728 5.1 */
	mp_challenge_add(challenge, "scope", scope);
	if (denials[denial].error != NULL) {
		mp_challenge_add(challenge, "error", denials[denial].error);
		(void)snprintf(plain, sizeof(plain), "%s", why != NULL ? why : "");
		make_plain(plain);
		mp_challenge_add(challenge, "error_description", plain[0] != '\0' ? plain : NULL);
	}
	return mp_buf_check(challenge, "the challenge", err);
}
