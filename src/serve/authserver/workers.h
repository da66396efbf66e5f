/* workers.h - threads for what would hold up a thread that serves: a password's hash.  Their
 * number is bounded, and so is what waits for them. */
#pragma once
#include "base/err.h"

struct mp_workers;
struct mp_work {
	void (*run)(void *ctx);         /* in a worker's thread */
	void (*done)(void *ctx);        /* in the same thread, right after; or NULL */
	void *ctx;                      /* borrowed until both have returned */
};

/* threads (at least 1) that work, and at most queue pieces of work that wait for them. */
enum mcpass_rc mp_workers_new(size_t threads, size_t queue, struct mp_workers **ret_workers,
    struct mcpass_error *err);
/* Takes a piece of work; from any thread.  MCPASS_E_LIMIT: as much waits as may. */
enum mcpass_rc mp_workers_submit(struct mp_workers *workers, const struct mp_work *work,
    struct mcpass_error *err);
/* Ends the threads: what runs is waited for, what waits is never run.  NULL is fine. */
void mp_workers_stop(struct mp_workers *workers);
void mp_workers_free(struct mp_workers *workers);       /* stops them first; NULL is fine */

/* How many threads suit work that only computes: the processors but one, 1 to 4. */
size_t mp_workers_for_computing(void);
