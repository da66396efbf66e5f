/* Dates and waits of HTTP: any text is read or refused, and a wait is within a day. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "wire/http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	struct mcpass_header header = { "Retry-After", text };
	int64_t time = 0, wait;

	if (text == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (mp_http_date(text, &time) && (time < 0 || time > 253402300800))
		abort();
	wait = mp_http_retry_after(&header, 1, 1800000000);
	if (wait < 0 || wait > 86400)
		abort();
	free(text);
	return 0;
}
