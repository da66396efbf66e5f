/* An organisation's style and logo: the first byte says which.  No style that is taken ends the
 * element that it stands in, and none is read otherwise than it was hashed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "issuer/login/brand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text, *css = NULL;

	if (len == 0)
		return 0;
	if (data[0] & 1) {
		(void)mp_brand_logo_type(data + 1, len - 1);
		return 0;
	}
	text = malloc(len);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	if (mp_brand_read_css(text, &css, NULL) == MCPASS_OK
	    && (strstr(css, "</") != NULL || strchr(css, '\r') != NULL))
		abort();
	free(css);
	free(text);
	return 0;
}
