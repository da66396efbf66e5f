/* poller.h - which of many descriptors are ready: epoll(7), or kqueue(2). */
#pragma once

#include <stdbool.h>

#define MP_POLLER_READ 1u
#define MP_POLLER_WRITE 2u
struct mp_ready {
	void *what;             /* as it was given; NULL: not any more */
	unsigned events;        /* errors and hang-ups are both */
};
#define MP_POLLER_BATCH 256

/* A descriptor that is itself readable when one of its is ready; -1 with errno. */
int mp_poller_new(void);
/* From the events that were waited for (0: none) to others (0: none any more).  -1 with errno;
 * EPERM: a descriptor that never lets anything wait, as that of a regular file. */
int mp_poller_change(int poller, int fd, unsigned before, unsigned events, void *what);
/* Fills in MP_POLLER_BATCH at most; one descriptor may come twice.  How many. */
int mp_poller_wait(int poller, struct mp_ready *ret_ready, int max_ms);

/* Whether a child process has it after fork(). */
bool mp_poller_is_inherited(void);
