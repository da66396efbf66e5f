#include "io/system/sigpipe.h"
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
	struct sigaction now;
	sigset_t pending;

	ret_held->is_ignored = sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
	if (ret_held->is_ignored)
		return;
	(void)sigpending(&pending);
	ret_held->was_pending = sigismember(&pending, SIGPIPE) == 1;
	(void)pthread_sigmask(SIG_BLOCK, &set, &ret_held->before);
}

static void take_pending(void)
{
	const sigset_t set = pipe_only();
#ifdef __APPLE__
	sigset_t pending;
	int taken;

	if (sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1)
		(void)sigwait(&set, &taken);    /* there is no sigtimedwait(2) */
#else
	const struct timespec at_once = { 0, 0 };

	while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR)
		;
#endif
}

void mp_sigpipe_release(const struct mp_sigpipe *held)
{
	if (held->is_ignored)
		return;
	if (!held->was_pending)
		take_pending();
	(void)pthread_sigmask(SIG_SETMASK, &held->before, NULL);
}
