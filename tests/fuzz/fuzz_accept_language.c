/* The languages that a browser asks for: any header gives one of ours, or none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "wire/http/accept_language.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const tags[] = { "en", "de", "pt-BR", "zh-Hant", "zh-Hant-TW" };
	char *text = malloc(len + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (mp_accept_language_pick(text, tags, 5) > 5)
		abort();
	if (mp_language_is_tag(text) && strpbrk(text, "\"'<>/. \n") != NULL)
		abort();
	free(text);
	return 0;
}
