#include "base/sized.h"
#include <string.h>
#include "base/err.h"

#define MOST 65536              /* bytes; no configuration comes near it */

enum mcpass_rc mp_sized_read(const void *cfg, void *ret_copy, size_t size,
    struct mcpass_error *err)
{
	const unsigned char *bytes = cfg;
	size_t given;

	if (cfg == NULL)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "there is no configuration");
	memcpy(&given, cfg, sizeof(given));
	if (given <= sizeof(given) || given > MOST || given % sizeof(void *) != 0)
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "the configuration's size is %zu: set it to sizeof(the configuration)", given);
	for (size_t i = size; i < given; i++)
		if (bytes[i] != 0)
			return mp_fail(err, MCPASS_E_USAGE, NULL, "the configuration has a member that"
			    " this library does not know: it is older than the header");
	memset(ret_copy, 0, size);
	memcpy(ret_copy, cfg, given < size ? given : size);
	memcpy(ret_copy, &size, sizeof(size));
	return MCPASS_OK;
}
