/* close_from.h - closes what a child process must not have. */
#ifndef MP_IO_SYSTEM_CLOSE_FROM_H
#define MP_IO_SYSTEM_CLOSE_FROM_H

/* All descriptors from first on; only what may be called between fork and exec. */
void mp_close_from(int first);

#endif
