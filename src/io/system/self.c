#include "io/system/self.h"
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

bool mp_self_path(char *ret_path, size_t room)
{
#ifdef __APPLE__
	uint32_t size = (uint32_t)room;

	return _NSGetExecutablePath(ret_path, &size) == 0;
#else
	ssize_t len = readlink("/proc/self/exe", ret_path, room - 1);

	ret_path[len > 0 ? len : 0] = '\0';
	return len > 0 && (size_t)len < room - 1 && access(ret_path, X_OK) == 0;
#endif
}
