/* write_all.h - writing until all is written. */
#ifndef MP_IO_FILE_WRITE_ALL_H
#define MP_IO_FILE_WRITE_ALL_H
#include <stdbool.h>
#include <stddef.h>

/* False: errno says why not. */
bool mp_write_all(int fd, const char *bytes, size_t len);

#endif
