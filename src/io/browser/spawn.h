/* spawn.h - starts a program that lives on its own. */
#pragma once
#include "io/child.h"

/* Runs the first of these that can be started, without a shell: in a session of its own, its
 * input and output /dev/null, no other descriptor of ours, signals as at start.  When it ends
 * soon and says that it failed, the next one is run.  Nothing waits here, and no zombie is
 * left.  *ret_watch becomes readable when it is known how that ended: mp_spawn_outcome()
 * reads and closes it; NULL: not wanted.
 * MCPASS_E_IO  none could be started */
enum mcpass_rc mp_spawn_detached(const mp_command_line *commands, size_t count, int *ret_watch,
    struct mcpass_error *err);
/* MCPASS_E_IO: the last one said that it failed.  Otherwise it ended well, or runs on. */
enum mcpass_rc mp_spawn_outcome(int watch, struct mcpass_error *err);
