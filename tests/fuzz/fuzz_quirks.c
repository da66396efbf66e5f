/* An issuer against the table: whoever matches a row with hosts is really below one of its
 * domains, and nothing is weakened anywhere else. */
#include <stdlib.h>
#include <string.h>
#include "oauth/quirks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* The plain text after the last wildcard of a pattern. */
static bool ends_like(struct mp_span host, const char *pattern)
{
	const char *star = strrchr(pattern, '*'), *angle = strrchr(pattern, '>');
	const char *tail = angle != NULL ? angle + 1 : star != NULL ? star + 1 : pattern;
	size_t tail_len = strlen(tail);

	return host.len >= tail_len && mp_span_is_nocase((struct mp_span){ host.data + host.len
	    - tail_len, tail_len }, tail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_quirk_choice choice = { 0 };
	struct mp_uri uri;
	char *issuer = malloc(len + 1);
	bool below = false;

	require(issuer != NULL);
	if (len > 0)
		memcpy(issuer, data, len);
	issuer[len] = '\0';
	require(mp_quirk_apply(NULL, issuer, &choice, NULL) == MCPASS_OK);
	if (choice.row != NULL) {
		require(mp_uri_parse(issuer, &uri, NULL) == MCPASS_OK && uri.is_https);
		for (size_t i = 0; i < MP_QUIRK_PATTERNS && choice.row->hosts[i] != NULL; i++)
			below = below || ends_like(uri.host, choice.row->hosts[i]);
		require(below || choice.row->hosts[0] == NULL);
		require(below || (choice.changes & MP_QUIRK_NO_S256) == 0);
	}
	free(issuer);
	return 0;
}
