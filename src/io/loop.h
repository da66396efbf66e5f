/* loop.h - one wait for everything: descriptors, timers, and a bell for other threads.
 *
 * Watches and timers are members of what they belong to: the loop owns nothing of them.  One
 * thread runs a loop; only mp_loop_ring() may be called from others. */
#ifndef MP_IO_LOOP_H
#define MP_IO_LOOP_H
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
};
struct mp_timer {
	int64_t due;                    /* the loop's; of mp_now_ms() */
	size_t place;                   /* the loop's: 1 and on; 0: not set */
	void (*fire)(void *ctx);
	void *ctx;
};

/* bell is called in the loop's thread after mp_loop_ring(), once for any number of them. */
enum mcpass_rc mp_loop_new(void (*bell)(void *ctx), void *ctx, struct mp_loop **ret_loop,
    struct mcpass_error *err);
void mp_loop_free(struct mp_loop *loop);        /* NULL is fine */

/* Waits for these events from now on, in place of those before; 0: for none.
 * MCPASS_E_IO, _E_NOMEM: the system has no room. */
enum mcpass_rc mp_loop_watch(struct mp_loop *loop, struct mp_watch *watch, unsigned events,
    struct mcpass_error *err);
/* Sets, or sets anew; fires once.  MCPASS_E_NOMEM. */
enum mcpass_rc mp_loop_set(struct mp_loop *loop, struct mp_timer *timer, int64_t due,
    struct mcpass_error *err);
void mp_loop_unset(struct mp_loop *loop, struct mp_timer *timer);      /* not set: fine */

void mp_loop_ring(struct mp_loop *loop);
/* Runs until mp_loop_end() was called in it. */
void mp_loop_run(struct mp_loop *loop);
void mp_loop_end(struct mp_loop *loop);

#endif
