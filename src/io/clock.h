/* clock.h - the only place that reads a clock. */
#pragma once
#include <stdint.h>

int64_t mp_now_s(void);    /* Unix time, seconds */
int64_t mp_now_ms(void);   /* milliseconds of a steady clock: for waiting, not for dates */

/* What is left until deadline (of mp_now_ms()) as poll() takes it: 0 when it is over;
 * deadline -1 is never, and yields -1. */
int mp_left_ms(int64_t deadline);
/* The deadline timeout_ms from now; -1 yields -1: never. */
int64_t mp_deadline_ms(int timeout_ms);
