#include "io/clock.h"
#include <limits.h>
#include <time.h>

int64_t mp_now_s(void)
{
	return (int64_t)time(NULL);
}

int64_t mp_now_ms(void)
{
	struct timespec now;

	/* Cannot fail: the clock exists and the pointer is good. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int mp_left_ms(int64_t deadline)
{
	int64_t left;

	if (deadline < 0)
		return -1;
	left = deadline - mp_now_ms();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int64_t mp_deadline_ms(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : mp_now_ms() + timeout_ms;
}
