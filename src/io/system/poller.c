#include "io/system/poller.h"
#include <errno.h>
#include <stddef.h>
#if defined(__linux__)
#include <sys/epoll.h>

int mp_poller_new(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

int mp_poller_change(int poller, int fd, unsigned before, unsigned events, void *what)
{
	struct epoll_event event = { .data.ptr = what };
	int change = before == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	event.events = (events & MP_POLLER_READ ? EPOLLIN : 0u)
	    | (events & MP_POLLER_WRITE ? EPOLLOUT : 0u);
	return epoll_ctl(poller, change, fd, &event);
}

int mp_poller_wait(int poller, struct mp_ready *ret_ready, int max_ms)
{
	struct epoll_event batch[MP_POLLER_BATCH];
	int n = epoll_wait(poller, batch, MP_POLLER_BATCH, max_ms);

	for (int i = 0; i < n; i++) {
		unsigned both = batch[i].events & (EPOLLERR | EPOLLHUP);

		ret_ready[i].what = batch[i].data.ptr;
		ret_ready[i].events = (both || batch[i].events & EPOLLIN ? MP_POLLER_READ : 0u)
		    | (both || batch[i].events & EPOLLOUT ? MP_POLLER_WRITE : 0u);
	}
	return n > 0 ? n : 0;
}

bool mp_poller_is_inherited(void)
{
	return true;
}
#else
#include <fcntl.h>
#include <sys/types.h>
#include <sys/event.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int mp_poller_new(void)
{
	int poller = kqueue();

	if (poller >= 0)
		(void)fcntl(poller, F_SETFD, FD_CLOEXEC);
	return poller;
}

/* kqueue(2) waits for a regular file's end rather than refuse it. */
static int refuse_file(int fd)
{
	struct stat info;

	if (fstat(fd, &info) != 0)
		return -1;
	if (!S_ISREG(info.st_mode))
		return 0;
	errno = EPERM;
	return -1;
}

int mp_poller_change(int poller, int fd, unsigned before, unsigned events, void *what)
{
	static const struct {
		unsigned event;
		short filter;
	} kinds[] = { { MP_POLLER_READ, EVFILT_READ }, { MP_POLLER_WRITE, EVFILT_WRITE } };
	struct kevent changes[2];
	int count = 0;

	if (before == 0 && refuse_file(fd) != 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if ((before ^ events) & kinds[i].event) {
			EV_SET(&changes[count], (uintptr_t)fd, kinds[i].filter,
			    events & kinds[i].event ? EV_ADD : EV_DELETE, 0, 0, what);
			count++;
		}
	return kevent(poller, changes, count, NULL, 0, NULL);
}

int mp_poller_wait(int poller, struct mp_ready *ret_ready, int max_ms)
{
	const struct timespec most = { max_ms / 1000, (long)(max_ms % 1000) * 1000000 };
	struct kevent batch[MP_POLLER_BATCH];
	int n = kevent(poller, NULL, 0, batch, MP_POLLER_BATCH, max_ms < 0 ? NULL : &most);

	for (int i = 0; i < n; i++) {
		ret_ready[i].what = batch[i].udata;
		ret_ready[i].events = batch[i].filter == EVFILT_READ ? MP_POLLER_READ : MP_POLLER_WRITE;
	}
	return n > 0 ? n : 0;
}

bool mp_poller_is_inherited(void)
{
	return false;           /* kqueue(2) */
}
#endif
