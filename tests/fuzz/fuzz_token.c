/* A token endpoint's answer, with each kind of status. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

static void check_token(const struct mp_token *token)
{
	const char *text = mp_secret_reveal(&token->access_token);

	require(text != NULL && token->access_token.len == strlen(text));
	for (size_t i = 0; text[i] != '\0'; i++)
		require(text[i] > 0x20 && text[i] < 0x7f);
	require(token->expires_in >= 0 && token->expires_in <= MP_MAX_TOKEN_LIFETIME);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int statuses[] = { 200, 202, 302, 400, 429, 502 };

	for (size_t i = 0; i < MP_COUNT(statuses); i++) {
		struct mp_token token = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_token_answer(statuses[i], (const char *)data, len, "Bearer",
		    &token, &err);

		require(rc == err.rc && (rc != MCPASS_OK || statuses[i] <= 202));
		require((rc == MCPASS_OK) == mp_secret_present(&token.access_token));
		require(rc != MCPASS_OK || err.oauth[0] == '\0');
		require(statuses[i] < 429 || rc == MCPASS_E_IO);
		if (rc == MCPASS_OK)
			check_token(&token);
		mp_token_free(&token);
	}
	return 0;
}
