#include "io/harden.h"
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

void mp_harden(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	/* Also for core_pattern handlers that are pipes: they ignore the limit. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
