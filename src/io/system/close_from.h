/* close_from.h - closes what a child process must not have. */
#pragma once

/* All descriptors from first on; only what may be called between fork and exec. */
void mp_close_from(int first);
