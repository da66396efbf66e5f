/* recent.h - how long ago something was, by a clock that may have been set back. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Whether then lies less than seconds back.  A time in the future does not: a clock that
 * was set back must not stop us from asking, nor keep an old answer alive. */
static inline bool mp_is_recent(int64_t then, int64_t now, int64_t seconds)
{
	return now >= then && now - then < seconds;
}
