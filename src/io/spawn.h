/* spawn.h - starts a program that lives on its own. */
#ifndef MP_IO_SPAWN_H
#define MP_IO_SPAWN_H
#include "base/err.h"

/* Runs path (absolute) with one argument, without a shell: in a session of its own, its
 * input and output /dev/null, no other descriptor of ours, signals as at start.  It does
 * not wait for its end, and leaves no zombie.
 * MCPASS_E_IO  it could not be started */
enum mcpass_rc mp_spawn_detached(const char *path, const char *argument,
    struct mcpass_error *err);

#endif
