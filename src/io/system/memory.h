/* memory.h - memory that is not needed any more, back to the system. */
#ifndef MP_IO_SYSTEM_MEMORY_H
#define MP_IO_SYSTEM_MEMORY_H

/* For a program that had much to do, and waits now.  Where the C library keeps nothing, or cannot
 * be told, nothing happens. */
void mp_memory_return(void);

#endif
