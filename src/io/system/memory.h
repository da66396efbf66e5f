/* memory.h - memory that is not needed any more, back to the system. */
#pragma once
#include <stddef.h>

/* For a program that had much to do, and waits now.  Where the C library keeps nothing, or cannot
 * be told, nothing happens. */
void mp_memory_return(void);
/* For a program that passes long messages on: what one of up to block bytes leaves behind serves the
 * next one, and does not go back to the system in between to come again page by page.  Called once,
 * before there is a second thread. */
void mp_memory_keep(size_t block);
