#include "io/http/sigpipe.h"
#include <errno.h>
#include <stddef.h>
#include <time.h>

static sigset_t pipe_only(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	return set;
}

void mp_sigpipe_hold(struct mp_sigpipe *ret_held)
{
	const sigset_t set = pipe_only();
	sigset_t pending;

	(void)sigpending(&pending);
	ret_held->was_pending = sigismember(&pending, SIGPIPE) == 1;
	(void)pthread_sigmask(SIG_BLOCK, &set, &ret_held->before);
}

void mp_sigpipe_release(const struct mp_sigpipe *held)
{
	const struct timespec at_once = { 0, 0 };
	const sigset_t set = pipe_only();

	if (!held->was_pending)
		while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR)
			;
	(void)pthread_sigmask(SIG_SETMASK, &held->before, NULL);
}
