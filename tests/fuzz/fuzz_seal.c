/* A file of keys is read, or a sealed text opened, and nothing else comes of any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"
#include "wire/jose/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char key[] = "mcpass-key-1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

static int counted(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	memset(out, 7, len);
	return 0;
}

/* The bytes are keys, when they are; they are a text that is sealed and opened; and they are
 * opened themselves, which needs the key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct mp_seal seal = { 0 };
	char *text = malloc(len + 1), *sealed = NULL, *opened = NULL;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (mp_seal_read(text, &seal, NULL) != MCPASS_OK && mp_seal_read(key, &seal, NULL) != MCPASS_OK)
		abort();
	if (mp_seal_close(&seal, "here", text, counted, NULL, &sealed, NULL) == MCPASS_OK) {
		if (mp_seal_open(&seal, "there", sealed, &opened, NULL) == MCPASS_OK
		    || mp_seal_open(&seal, "here", sealed, &opened, NULL) != MCPASS_OK
		    || strcmp(opened, text) != 0)
			abort();
	}
	mp_free_wiped(opened);
	opened = NULL;
	if (mp_seal_open(&seal, "here", text, &opened, NULL) == MCPASS_OK && !mp_seal_is(text))
		abort();
	mp_free_wiped(opened);
	mp_free_wiped(sealed);
	mp_free_wiped(text);
	mp_seal_forget(&seal);
	return 0;
}
