/* The first byte says in what chunks the rest comes: what is told of each byte must not depend on
 * them, and what is called whole must not end within an escape. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "wire/json/cut.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void cut(const char *bytes, size_t len, size_t chunk, char *kinds)
{
	struct mp_cut state = { .front = 8 };
	size_t at = 0;

	while (at < len) {
		size_t part = len - at < chunk ? len - at : chunk, done = 0;
		char *copy = malloc(part);      /* so that a read past its end is seen */

		require(copy != NULL);
		memcpy(copy, bytes + at, part);
		while (done < part) {
			enum mp_cut_kind kind = MP_CUT_OUTSIDE;
			size_t n = mp_cut_step(&state, (struct mp_span){ copy + done, part - done }, &kind);

			require(n > 0 && n <= part - done);
			memset(kinds + at + done, (int)kind, n);
			done += n;
		}
		free(copy);
		at += part;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *bytes = (const char *)data + 1;
	char *whole, *parts;
	size_t end;

	if (len < 2)
		return 0;
	len--;
	whole = malloc(len);
	parts = malloc(len);
	require(whole != NULL && parts != NULL);
	cut(bytes, len, len, whole);
	cut(bytes, len, data[0] % 16u + 1, parts);
	require(memcmp(whole, parts, len) == 0);
	for (size_t i = 0; i < len; i++)        /* the rest comes after a front */
		require(whole[i] != MP_CUT_REST || (i > 0 && whole[i - 1] != MP_CUT_OUTSIDE));
	end = mp_cut_whole(bytes, len);
	require(end <= len && len - end < 12);
	free(whole);
	free(parts);
	return 0;
}
