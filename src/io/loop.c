#include "io/loop.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/text.h"
#include "io/clock.h"
#include "io/system/bell.h"
#include "io/system/poller.h"

_Static_assert(MP_LOOP_READ == MP_POLLER_READ && MP_LOOP_WRITE == MP_POLLER_WRITE, "one set");

/* What is due already costs less than to ask the system what else there is: so many turns may
 * go by without that. */
#define MOST_UNASKED 3

struct mp_loop {
	int poller;
	struct mp_bell bell;
	struct mp_watch bell_watch;
	void (*ring)(void *ctx);
	void *ring_ctx;
	struct mp_timer *timers;        /* the root: due first */
	struct mp_task *first, *last;
	unsigned turn, unasked;         /* unasked: turns in a row without a look at descriptors */
	struct mp_watch *files, *file_at;       /* file_at: told next */
	struct mp_ready batch[MP_POLLER_BATCH]; /* what is being told */
	int batch_at, batch_count;
	bool has_ended;
};

/* --- timers: a pairing heap, whose links are the timers' own --- */

/* Joins two heaps; before of a first child is its parent. */
static struct mp_timer *join(struct mp_timer *a, struct mp_timer *b)
{
	struct mp_timer *top = a, *below = b;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	if (b->due < a->due) {
		top = b;
		below = a;
	}
	below->before = top;
	below->next = top->child;
	if (top->child != NULL)
		top->child->before = below;
	top->child = below;
	return top;
}

/* Makes one heap of a list of them: in pairs first, which keeps it flat. */
static struct mp_timer *join_all(struct mp_timer *list)
{
	struct mp_timer *pairs = NULL, *heap = NULL;

	while (list != NULL) {
		struct mp_timer *a = list, *b = a->next, *pair;

		list = b != NULL ? b->next : NULL;
		a->next = a->before = NULL;
		if (b != NULL)
			b->next = b->before = NULL;
		pair = join(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		struct mp_timer *pair = pairs;

		pairs = pair->next;
		pair->next = NULL;
		heap = join(heap, pair);
	}
	return heap;
}

static void cut(struct mp_timer *timer)
{
	struct mp_timer **slot = timer->before->child == timer ? &timer->before->child
	    : &timer->before->next;

	*slot = timer->next;
	if (timer->next != NULL)
		timer->next->before = timer->before;
}

void mp_loop_unset(struct mp_loop *loop, struct mp_timer *timer)
{
	struct mp_timer *children;

	if (!timer->is_set)
		return;
	children = join_all(timer->child);
	if (timer == loop->timers) {
		loop->timers = children;
	} else {
		cut(timer);
		loop->timers = join(loop->timers, children);
	}
	timer->child = timer->next = timer->before = NULL;
	timer->is_set = false;
}

void mp_loop_set(struct mp_loop *loop, struct mp_timer *timer, int64_t due)
{
	mp_loop_unset(loop, timer);
	timer->due = due;
	timer->is_set = true;
	loop->timers = join(loop->timers, timer);
}

static void fire_timers(struct mp_loop *loop)
{
	int64_t now = mp_now_ms();

	while (loop->timers != NULL && loop->timers->due <= now && !loop->has_ended) {
		struct mp_timer *timer = loop->timers;

		mp_loop_unset(loop, timer);
		timer->fire(timer->ctx);
	}
}

/* --- tasks --- */

void mp_loop_soon(struct mp_loop *loop, struct mp_task *task)
{
	if (task->is_queued)
		return;
	task->next = NULL;
	task->before = loop->last;
	*(loop->last != NULL ? &loop->last->next : &loop->first) = task;
	loop->last = task;
	task->turn = loop->turn;
	task->is_queued = true;
}

void mp_loop_never(struct mp_loop *loop, struct mp_task *task)
{
	if (!task->is_queued)
		return;
	*(task->before != NULL ? &task->before->next : &loop->first) = task->next;
	*(task->next != NULL ? &task->next->before : &loop->last) = task->before;
	task->is_queued = false;
}

/* Those that are queued meanwhile have their turn with the next one. */
static void run_tasks(struct mp_loop *loop)
{
	loop->turn++;
	while (loop->first != NULL && loop->first->turn != loop->turn && !loop->has_ended) {
		struct mp_task *task = loop->first;

		mp_loop_never(loop, task);
		task->run(task->ctx);
	}
}

/* --- descriptors --- */

/* What was found ready and is not told yet: not any more. */
static void forget_ready(struct mp_loop *loop, const struct mp_watch *watch)
{
	for (int i = loop->batch_at; i < loop->batch_count; i++)
		if (loop->batch[i].what == watch)
			loop->batch[i].what = NULL;
}

static void add_file(struct mp_loop *loop, struct mp_watch *watch)
{
	watch->is_file = true;
	watch->next_file = loop->files;
	loop->files = watch;
}

static void remove_file(struct mp_loop *loop, struct mp_watch *watch)
{
	struct mp_watch **slot = &loop->files;

	while (*slot != watch)
		slot = &(*slot)->next_file;
	*slot = watch->next_file;
	if (loop->file_at == watch)
		loop->file_at = watch->next_file;
	watch->is_file = false;
}

static bool change_poller(struct mp_loop *loop, struct mp_watch *watch, unsigned events)
{
	if (mp_poller_change(loop->poller, watch->fd, watch->events, events, watch) == 0 || events == 0)
		return true;
	if (watch->events != 0 || errno != EPERM)
		return false;
	add_file(loop, watch);
	return true;
}

enum mcpass_rc mp_loop_watch(struct mp_loop *loop, struct mp_watch *watch, unsigned events,
    struct mcpass_error *err)
{
	if (watch->events == events)
		return MCPASS_OK;
	if (events == 0)
		forget_ready(loop, watch);
	if (watch->is_file && events == 0)
		remove_file(loop, watch);
	else if (!watch->is_file && !change_poller(loop, watch, events))
		return errno == ENOMEM ? mp_nomem(err) : mp_fail(err, MCPASS_E_IO, NULL,
		    "a descriptor cannot be watched: %s", strerror(errno));
	watch->events = events;
	return MCPASS_OK;
}

static void tell_ready(struct mp_loop *loop)
{
	while (loop->batch_at < loop->batch_count && !loop->has_ended) {
		const struct mp_ready *ready = &loop->batch[loop->batch_at++];
		struct mp_watch *watch = ready->what;
		unsigned events = watch != NULL ? ready->events & watch->events : 0;

		if (events != 0)
			watch->ready(watch->ctx, events);
	}
}

static void tell_files(struct mp_loop *loop)
{
	loop->file_at = loop->files;
	while (loop->file_at != NULL && !loop->has_ended) {
		struct mp_watch *watch = loop->file_at;

		loop->file_at = watch->next_file;
		watch->ready(watch->ctx, watch->events);
	}
}

unsigned mp_loop_wait_readable(int first, int second, int max_ms)
{
	struct pollfd fds[] = { { .fd = first, .events = POLLIN }, { .fd = second, .events = POLLIN } };

	if (poll(fds, MP_COUNT(fds), max_ms) <= 0)
		return 0;
	return (fds[0].revents != 0 ? MP_LOOP_FIRST : 0) | (fds[1].revents != 0 ? MP_LOOP_SECOND : 0);
}

/* --- the bell --- */

static void on_bell(void *ctx, unsigned events)
{
	struct mp_loop *loop = ctx;

	(void)events;
	mp_bell_hush(&loop->bell);
	loop->ring(loop->ring_ctx);
}

void mp_loop_ring(struct mp_loop *loop)
{
	mp_bell_ring(&loop->bell);
}

static enum mcpass_rc hang_bell(struct mp_loop *loop, void (*bell)(void *ctx), void *ctx,
    struct mcpass_error *err)
{
	loop->ring = bell;
	loop->ring_ctx = ctx;
	if (!mp_bell_open(&loop->bell))
		return mp_fail(err, MCPASS_E_IO, NULL, "no descriptor is left");
	loop->bell_watch.fd = loop->bell.fd;
	return mp_loop_watch(loop, &loop->bell_watch, MP_LOOP_READ, err);
}

/* --- a life --- */

enum mcpass_rc mp_loop_new(void (*bell)(void *ctx), void *ctx, struct mp_loop **ret_loop,
    struct mcpass_error *err)
{
	struct mp_loop *loop = calloc(1, sizeof(*loop));
	enum mcpass_rc rc = MCPASS_OK;

	if (loop == NULL)
		return mp_nomem(err);
	loop->bell = (struct mp_bell)MP_NO_BELL;
	loop->bell_watch = (struct mp_watch){ .fd = -1, .ready = on_bell, .ctx = loop };
	loop->poller = mp_poller_new();
	if (loop->poller < 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "no descriptor is left");
	else if (bell != NULL)
		rc = hang_bell(loop, bell, ctx, err);
	if (rc)
		mp_loop_free(loop);
	else
		*ret_loop = loop;
	return rc;
}

void mp_loop_free(struct mp_loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->poller >= 0)
		(void)close(loop->poller);
	mp_bell_close(&loop->bell);
	free(loop);
}

/* How long nothing will be due. */
static int patience(const struct mp_loop *loop, int max_ms)
{
	int left;

	if (loop->first != NULL || loop->files != NULL)
		return 0;
	if (loop->timers == NULL)
		return max_ms;
	left = mp_left_ms(loop->timers->due > 0 ? loop->timers->due : 0);
	return max_ms >= 0 && max_ms < left ? max_ms : left;
}

int mp_loop_fd(const struct mp_loop *loop)
{
	return loop->poller;
}

int mp_loop_due(const struct mp_loop *loop)
{
	return patience(loop, -1);
}

void mp_loop_turn(struct mp_loop *loop, int max_ms)
{
	bool may_wait = max_ms != 0 && loop->unasked < MOST_UNASKED && patience(loop, -1) == 0;

	loop->unasked = may_wait ? loop->unasked + 1 : 0;
	loop->batch_at = 0;
	loop->batch_count = may_wait ? 0
	    : mp_poller_wait(loop->poller, loop->batch, patience(loop, max_ms));
	tell_ready(loop);
	loop->batch_count = 0;
	tell_files(loop);
	fire_timers(loop);
	run_tasks(loop);
}

void mp_loop_run(struct mp_loop *loop)
{
	while (!loop->has_ended)
		mp_loop_turn(loop, -1);
}

void mp_loop_end(struct mp_loop *loop)
{
	loop->has_ended = true;
}
