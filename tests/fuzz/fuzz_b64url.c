/* What decodes is the one spelling that its bytes encode to. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "wire/jose/b64url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

typedef enum mcpass_rc decode_fn(struct mp_buf *, struct mp_span, struct mcpass_error *);
typedef void encode_fn(struct mp_buf *, const void *, size_t);

static void check(decode_fn *decode, encode_fn *encode, const uint8_t *data, size_t len)
{
	struct mp_buf bytes, text;

	mp_buf_init(&bytes, len);
	mp_buf_init(&text, 2 * len + 4);
	if (decode(&bytes, (struct mp_span){ (const char *)data, len }, NULL) == MCPASS_OK) {
		encode(&text, bytes.data, bytes.len);
		require(text.len == len && (len == 0 || memcmp(text.data, data, len) == 0));
	}
	mp_buf_clear(&text);
	mp_buf_clear(&bytes);
	encode(&text, data, len);
	require(decode(&bytes, (struct mp_span){ mp_buf_text(&text), text.len }, NULL) == MCPASS_OK);
	require(bytes.len == len && (len == 0 || memcmp(bytes.data, data, len) == 0));
	mp_buf_free(&bytes);
	mp_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check(mp_b64url_decode, mp_b64url_add, data, len);
	check(mp_b64_decode, mp_b64_add, data, len);
	return 0;
}
