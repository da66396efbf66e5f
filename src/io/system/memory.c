#include "io/system/memory.h"
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void mp_memory_return(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}
