/* sigpipe.h - a peer that closed its connection is an error, not the end of the process.
 *
 * OpenSSL writes to sockets in a way that raises SIGPIPE, and a library does not change
 * the program's signal handling.  So the signal is held back while libcurl works, unless the program
 * ignores it anyway. */
#pragma once
#include <signal.h>
#include <stdbool.h>

struct mp_sigpipe {
	sigset_t before;        /* this thread's mask */
	bool was_pending;       /* then it was not ours, and stays */
	bool is_ignored;
};
void mp_sigpipe_hold(struct mp_sigpipe *ret_held);
void mp_sigpipe_release(const struct mp_sigpipe *held);
