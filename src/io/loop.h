/* loop.h - the one wait of the program: descriptors, timers, tasks, and a bell for other
 * threads.
 *
 * Watches, timers and tasks are members of what they belong to: the loop owns nothing of them,
 * and each has to be taken out before its owner goes.  One thread runs a loop; only
 * mp_loop_ring() may be called from others. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct mp_loop;

#define MP_LOOP_READ 1u
#define MP_LOOP_WRITE 2u                /* errors and hang-ups come as what was waited for */
struct mp_watch {
	int fd;
	unsigned events;                /* the loop's: what is waited for; 0: not watched */
	void (*ready)(void *ctx, unsigned events);
	void *ctx;
	struct mp_watch *next_file;     /* the loop's: a regular file, which is always ready */
	bool is_file;
};
struct mp_timer {
	int64_t due;                    /* the loop's; of mp_now_ms() */
	struct mp_timer *child, *next, *before; /* the loop's: a pairing heap */
	bool is_set;                    /* the loop's */
	void (*fire)(void *ctx);
	void *ctx;
};
struct mp_task {
	struct mp_task *next, *before;  /* the loop's */
	unsigned turn;                  /* the loop's */
	bool is_queued;                 /* the loop's */
	void (*run)(void *ctx);
	void *ctx;
};

/* bell is called in the loop's thread after mp_loop_ring(), once for any number of them; NULL:
 * no other thread rings. */
enum mcpass_rc mp_loop_new(void (*bell)(void *ctx), void *ctx, struct mp_loop **ret_loop,
    struct mcpass_error *err);
void mp_loop_free(struct mp_loop *loop);        /* NULL is fine */

/* Waits for these events from now on, in place of those before; 0: for none.  A descriptor is
 * watched once only; it is taken out before it is closed.
 * MCPASS_E_IO, _E_NOMEM: the system has no room. */
enum mcpass_rc mp_loop_watch(struct mp_loop *loop, struct mp_watch *watch, unsigned events,
    struct mcpass_error *err);
/* Sets, or sets anew; fires once. */
void mp_loop_set(struct mp_loop *loop, struct mp_timer *timer, int64_t due);
void mp_loop_unset(struct mp_loop *loop, struct mp_timer *timer);      /* not set: fine */
/* Runs a task once, in this turn of the loop or the next, after what called this has returned.
 * One that is queued already stays where it is. */
void mp_loop_soon(struct mp_loop *loop, struct mp_task *task);
void mp_loop_never(struct mp_loop *loop, struct mp_task *task);        /* not queued: fine */

void mp_loop_ring(struct mp_loop *loop);
/* Runs until mp_loop_end() was called in it. */
void mp_loop_run(struct mp_loop *loop);
void mp_loop_end(struct mp_loop *loop);
/* One turn: waits until something is due or ready, max_ms at most (-1: for ever), and tells it.
 * A call that blocks is a loop around this one. */
void mp_loop_turn(struct mp_loop *loop, int max_ms);

/* For a host that waits by itself: a descriptor that is readable when something is ready, and in
 * how many ms something is due (-1: nothing).  Then it gives the loop a turn, of 0 ms. */
int mp_loop_fd(const struct mp_loop *loop);
int mp_loop_due(const struct mp_loop *loop);

/* Without a loop: waits for one of two descriptors (-1: none), max_ms at most (-1: for ever).
 * Which: MP_LOOP_FIRST, MP_LOOP_SECOND, both, or 0 when time ran out or a signal came. */
#define MP_LOOP_FIRST 1u
#define MP_LOOP_SECOND 2u
unsigned mp_loop_wait_readable(int first, int second, int max_ms);
