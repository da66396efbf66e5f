#include "io/system/memory.h"
#include <stdlib.h>                     /* says __GLIBC__ */
#ifdef __GLIBC__
#include <malloc.h>
#endif

void mp_memory_return(void)
{
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}

void mp_memory_keep(size_t block)
{
#ifdef __GLIBC__
	(void)mallopt(M_MMAP_THRESHOLD, (int)block);
	(void)mallopt(M_TRIM_THRESHOLD, (int)(2 * block));
	(void)mallopt(M_ARENA_MAX, 1);
#else
	(void)block;
#endif
}
