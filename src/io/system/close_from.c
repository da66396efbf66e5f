#include "io/system/close_from.h"
#include <unistd.h>
#if defined(__linux__) && !defined(MP_SYSTEM_PLAIN)
#include <sys/syscall.h>
#endif

/* Where the kernel cannot close them all at once: more are not open by accident. */
#define MANY_DESCRIPTORS 4096

void mp_close_from(int first)
{
#if defined(SYS_close_range) && !defined(MP_SYSTEM_PLAIN)
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0)
		return;
#endif
	for (int fd = first; fd < MANY_DESCRIPTORS; fd++)
		(void)close(fd);
}
