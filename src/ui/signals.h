/* signals.h - Ctrl-C, TERM and HUP as something to wait for.
 *
 * A signal belongs to the process, so this is the one piece of global state of the
 * program.  The first signal asks to stop; the second ends the process at once. */
#pragma once
#include <stdbool.h>
#include "base/err.h"

/* A descriptor that is readable once SIGINT, SIGTERM or SIGHUP came; the first call begins to
 * catch them.  -1 when there are no descriptors left: then they end the process. */
int mp_signals_fd(void);
/* The signal that came last, or 0. */
int mp_signals_last(void);
/* Waits until one comes. */
void mp_signals_wait(void);
/* Forgets the one that came, for what is left to do after it; the next one asks again. */
void mp_signals_forget(void);
