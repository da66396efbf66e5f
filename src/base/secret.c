#include "base/secret.h"
#include <stdlib.h>
#include <string.h>

/* A compiler that cannot know which function this is does not leave the call out. */
static void *(*const volatile fill)(void *bytes, int value, size_t len) = memset;

void mp_wipe(void *bytes, size_t len)
{
	if (bytes != NULL)
		(void)fill(bytes, 0, len);
}

void mp_free_wiped(char *text)
{
	if (text != NULL)
		mp_wipe(text, strlen(text));
	free(text);
}

enum mcpass_rc mp_secret_set_span(struct mp_secret *secret, struct mp_span text,
    struct mcpass_error *err)
{
	char *copy = mp_dup_span(text);

	if (copy == NULL)
		return mp_nomem(err);
	mp_secret_free(secret);
	secret->bytes = copy;
	secret->len = text.len;
	return MCPASS_OK;
}

enum mcpass_rc mp_secret_set(struct mp_secret *secret, const char *text,
    struct mcpass_error *err)
{
	if (text != NULL)
		return mp_secret_set_span(secret, (struct mp_span){ text, strlen(text) }, err);
	mp_secret_free(secret);
	return MCPASS_OK;
}

const char *mp_secret_reveal(const struct mp_secret *secret)
{
	return secret->bytes;
}

bool mp_secret_present(const struct mp_secret *secret)
{
	return secret->bytes != NULL;
}

bool mp_bytes_equal(const void *a, const void *b, size_t len)
{
	const volatile unsigned char *x = a, *y = b;
	unsigned char differs = 0;

	for (size_t i = 0; i < len; i++)
		differs |= x[i] ^ y[i];
	return differs == 0;
}

bool mp_secret_equal(const struct mp_secret *a, const struct mp_secret *b)
{
	if (a->bytes == NULL || b->bytes == NULL || a->len != b->len)
		return false;
	return mp_bytes_equal(a->bytes, b->bytes, a->len);
}

void mp_secret_free(struct mp_secret *secret)
{
	if (secret->bytes != NULL)
		mp_wipe(secret->bytes, secret->len);
	free(secret->bytes);
	*secret = (struct mp_secret){ 0 };
}
