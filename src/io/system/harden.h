/* harden.h - keeps a process that holds tokens from being read by others. */
#pragma once

/* No core file, and no other process of the same person may attach or read our memory.
 * Best effort: where the system does not offer it, nothing happens. */
void mp_harden(void);

/* First of all: where standard input, output or error is closed, /dev/null takes its place, so
 * that nothing which is opened later is mistaken for it: a token would be written there. */
void mp_keep_standard(void);
