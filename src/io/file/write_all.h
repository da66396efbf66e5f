/* write_all.h - writing until all is written. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* False: errno says why not. */
bool mp_write_all(int fd, const char *bytes, size_t len);
