/* Header values: what is encoded is safe and decodes to itself; decoding takes anything. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "mcp/headers.h"
#include "wire/json/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), *value = NULL, *back = NULL;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (mp_header_value_decode(text, &back, NULL) == MCPASS_OK && !mp_utf8_valid(back, strlen(back)))
		abort();
	free(back);
	back = NULL;
	if (mp_header_value_encode(text, &value, NULL) != MCPASS_OK)
		abort();
	for (const char *c = value; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			abort();
	if (mp_utf8_valid(text, strlen(text))
	    && (mp_header_value_decode(value, &back, NULL) != MCPASS_OK || strcmp(back, text) != 0))
		abort();
	free(back);
	free(value);
	free(text);
	return 0;
}
