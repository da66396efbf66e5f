/* What stands in for the calls that only some systems have: the same behaviour without them. */
#define MP_SYSTEM_PLAIN
#include "io/system/bell.c"
#include "io/system/close_from.c"
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include "harness/check.h"
#include "io/system/memory.h"
#include "io/system/poller.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif

static bool is_readable(int fd)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };

	return poll(&entry, 1, 0) == 1;
}

static void test_bell(void)
{
	struct mp_bell bell = MP_NO_BELL;

	mp_bell_close(&bell);
	CHECK("it opens", mp_bell_open(&bell));
	CHECK("it is a pipe here", bell.fd != bell.ring_fd);
	CHECK("closed on exec", fcntl(bell.fd, F_GETFD) & FD_CLOEXEC
	    && fcntl(bell.ring_fd, F_GETFD) & FD_CLOEXEC);
	CHECK("silent at first", !is_readable(bell.fd));
	mp_bell_hush(&bell);            /* does not wait */
	for (int i = 0; i < 100000; i++)
		mp_bell_ring(&bell);    /* more than the pipe holds: does not wait */
	CHECK("it rings", is_readable(bell.fd));
	mp_bell_hush(&bell);
	CHECK("heard once, silent", !is_readable(bell.fd));
	mp_bell_ring(&bell);
	CHECK("it rings again", is_readable(bell.fd));
	mp_bell_close(&bell);
	CHECK_EQ("closed", bell.fd, -1);
}

static void test_close_from(void)
{
	int first = open("/dev/null", O_RDONLY), second = dup(first), status = -1;
	pid_t child = fork();

	if (child == 0) {
		mp_close_from(second);
		_exit(fcntl(second, F_GETFD) < 0 && fcntl(first, F_GETFD) >= 0 ? 0 : 1);
	}
	CHECK("the child ended", waitpid(child, &status, 0) == child);
	CHECK_EQ("closed from there on", status, 0);
	close(first);
	close(second);
}

static void test_poller(void)
{
	int poller = mp_poller_new(), file = open("/proc/self/exe", O_RDONLY), mark = 0;
	struct mp_ready ready[MP_POLLER_BATCH];
	struct mp_bell bell;

	CHECK("they open", poller >= 0 && file >= 0 && mp_bell_open(&bell));
	CHECK("a regular file is refused", mp_poller_change(poller, file, 0, MP_POLLER_READ, &mark) != 0);
	CHECK_EQ("watched", mp_poller_change(poller, bell.fd, 0, MP_POLLER_READ, &mark), 0);
	CHECK_EQ("nothing is ready", mp_poller_wait(poller, ready, 0), 0);
	mp_bell_ring(&bell);
	CHECK_EQ("one is", mp_poller_wait(poller, ready, 0), 1);
	CHECK("that one, to be read", ready[0].what == &mark && ready[0].events == MP_POLLER_READ);
	CHECK_EQ("not any more", mp_poller_change(poller, bell.fd, MP_POLLER_READ, 0, &mark), 0);
	CHECK_EQ("nothing is ready", mp_poller_wait(poller, ready, 0), 0);
	mp_bell_close(&bell);
	close(file);
	close(poller);
}

/* What the C library is told has an effect; not where a sanitizer or valgrind is its malloc(). */
static void test_memory_is_kept(void)
{
#ifdef __GLIBC__
	size_t used = mallinfo2().uordblks, mapped = mallinfo2().hblks;
	void *volatile small = malloc(50 * 1024);
	void *volatile large;

	if (mallinfo2().uordblks > used) {
		mp_memory_keep((size_t)64 * 1024);
		large = malloc(100 * 1024);
		CHECK_EQ("a longer block has pages of its own", mallinfo2().hblks, mapped + 1);
		free(large);
	}
	free(small);
#endif
}

int main(void)
{
	test_memory_is_kept();
	test_bell();
	test_close_from();
	test_poller();
	return check_done();
}
