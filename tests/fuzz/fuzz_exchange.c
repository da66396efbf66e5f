/* The answer to a token exchange, and the token in it as it is shown. */
#include <stdlib.h>
#include <string.h>
#include "oauth/grants.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* Whatever the token says, it is one line for a person. */
static void check_words(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void show(const struct mp_secret *token)
{
	struct mp_token_exchange_words words = { 0 };

	require(mp_token_exchange_read(token, &words, NULL) == MCPASS_OK);
	check_words(words.issuer);
	check_words(words.subject);
	check_words(words.username);
	check_words(words.client);
	check_words(words.audience);
	check_words(words.scope);
	mp_token_exchange_words_free(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int statuses[] = { 200, 400, 503 };

	for (size_t i = 0; i < MP_COUNT(statuses); i++) {
		struct mp_token token = { 0 };
		struct mp_secret jag = { 0 };
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_token_exchange_answer(statuses[i], (const char *)data, len, &token,
		    &err);

		require(rc == err.rc && (rc != MCPASS_OK || statuses[i] == 200));
		require((rc == MCPASS_OK) == mp_secret_present(&token.access_token));
		if (rc == MCPASS_OK) {
			require(mp_eq_nocase(token.token_type, "Bearer"));
			show(&token.access_token);
		}
		mp_token_free(&token);
		rc = mp_grant_id_jag_answer(statuses[i], (const char *)data, len, &jag, NULL);
		require((rc == MCPASS_OK) == mp_secret_present(&jag));
		mp_secret_free(&jag);
	}
	return 0;
}
