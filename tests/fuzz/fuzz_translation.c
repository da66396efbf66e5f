/* A file of texts for the pages: what is taken has the places of the English texts, once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "issuer/login/texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t count_places(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '{' || *text == '}' ? 1 : 0;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *json = malloc(len + 1);
	const struct mp_issuer_translation file = { "fr", json, NULL };
	struct mp_languages *texts = NULL;
	struct mcpass_error err = { 0 };

	if (json == NULL)
		return 0;
	memcpy(json, data, len);
	json[len] = '\0';
	if (mp_texts_new(&file, 1, &texts, &err) == MCPASS_OK) {
		const struct mp_language *language = mp_texts_pick(texts, "fr");

		for (size_t i = 0; i < MP_TEXT_COUNT; i++) {
			const char *text = mp_texts_get(language, (enum mp_text)i);

			if (count_places(text) != count_places(mp_texts_table[i].english)
			    || mp_texts_parts(text).before.len > strlen(text))
				abort();
		}
	}
	mp_texts_free(texts);
	free(json);
	return 0;
}
