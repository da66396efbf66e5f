#include "io/system/environment.h"
#include <stdlib.h>

const char *mp_environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}
