#include "io/system/bell.h"
#include <stdint.h>
#include <unistd.h>
#include "io/socket.h"
#if defined(__linux__) && !defined(MP_SYSTEM_PLAIN)
#include <sys/eventfd.h>

bool mp_bell_open(struct mp_bell *ret_bell)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		return false;
	*ret_bell = (struct mp_bell){ fd, fd };
	return true;
}
#else

bool mp_bell_open(struct mp_bell *ret_bell)
{
	int ends[2];

	if (pipe(ends) != 0)
		return false;
	if (!mp_socket_tame(ends[0]) || !mp_socket_tame(ends[1])) {
		(void)close(ends[0]);
		(void)close(ends[1]);
		return false;
	}
	*ret_bell = (struct mp_bell){ ends[0], ends[1] };
	return true;
}
#endif

/* As large as eventfd(2) wants it.  Where it does not fit, it rings already. */
void mp_bell_ring(const struct mp_bell *bell)
{
	static const uint64_t one = 1;

	(void)!write(bell->ring_fd, &one, sizeof(one));
}

void mp_bell_hush(const struct mp_bell *bell)
{
	uint64_t rung[16];
	ssize_t n;

	do
		n = read(bell->fd, rung, sizeof(rung));
	while (n == (ssize_t)sizeof(rung));     /* an eventfd gives one; a pipe may have more */
}

void mp_bell_close(struct mp_bell *bell)
{
	if (bell->fd >= 0)
		(void)close(bell->fd);
	if (bell->ring_fd >= 0 && bell->ring_fd != bell->fd)
		(void)close(bell->ring_fd);
	*bell = (struct mp_bell)MP_NO_BELL;
}
