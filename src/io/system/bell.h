/* bell.h - a descriptor that another thread makes readable: eventfd(2), or a pipe. */
#pragma once
#include <stdbool.h>

struct mp_bell {
	int fd, ring_fd;        /* fd: to be waited for; -1: there is none */
};
#define MP_NO_BELL { -1, -1 }

/* False: no descriptor is left. */
bool mp_bell_open(struct mp_bell *ret_bell);
/* From any thread, in a signal handler too; once or often is the same. */
void mp_bell_ring(const struct mp_bell *bell);
/* It has been heard. */
void mp_bell_hush(const struct mp_bell *bell);
void mp_bell_close(struct mp_bell *bell);       /* MP_NO_BELL is fine */
