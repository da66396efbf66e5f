#include "io/loop.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/text.h"
#include "io/clock.h"

#define BATCH 256

struct mp_loop {
	int epoll_fd;
	struct mp_watch bell;
	void (*ring)(void *ctx);
	void *ring_ctx;
	struct mp_timer **heap;         /* heap[0] is due first */
	size_t count, room;
	struct epoll_event batch[BATCH];        /* what is being told */
	int batch_at, batch_count;
	bool has_ended;
};

/* --- timers: a binary heap, in which each timer knows its place --- */

static void put_at(struct mp_loop *loop, size_t i, struct mp_timer *timer)
{
	loop->heap[i] = timer;
	timer->place = i + 1;
}

static void move_up(struct mp_loop *loop, size_t i)
{
	struct mp_timer *timer = loop->heap[i];

	while (i > 0 && timer->due < loop->heap[(i - 1) / 2]->due) {
		put_at(loop, i, loop->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_at(loop, i, timer);
}

static void move_down(struct mp_loop *loop, size_t i)
{
	struct mp_timer *timer = loop->heap[i];

	for (size_t child = 2 * i + 1; child < loop->count; child = 2 * i + 1) {
		if (child + 1 < loop->count && loop->heap[child + 1]->due < loop->heap[child]->due)
			child++;
		if (timer->due <= loop->heap[child]->due)
			break;
		put_at(loop, i, loop->heap[child]);
		i = child;
	}
	put_at(loop, i, timer);
}

enum mcpass_rc mp_loop_set(struct mp_loop *loop, struct mp_timer *timer, int64_t due,
    struct mcpass_error *err)
{
	if (timer->place == 0 && loop->count == loop->room) {
		size_t room = loop->room > 0 ? loop->room * 2 : 16;
		struct mp_timer **grown = realloc(loop->heap, room * sizeof(struct mp_timer *));

		if (grown == NULL)
			return mp_nomem(err);
		loop->heap = grown;
		loop->room = room;
	}
	timer->due = due;
	if (timer->place == 0)
		put_at(loop, loop->count++, timer);
	move_up(loop, timer->place - 1);
	move_down(loop, timer->place - 1);
	return MCPASS_OK;
}

void mp_loop_unset(struct mp_loop *loop, struct mp_timer *timer)
{
	size_t i = timer->place - 1;
	struct mp_timer *last;

	if (timer->place == 0)
		return;
	timer->place = 0;
	last = loop->heap[--loop->count];
	if (last == timer)
		return;
	put_at(loop, i, last);
	move_up(loop, i);
	move_down(loop, last->place - 1);
}

static void fire_timers(struct mp_loop *loop)
{
	int64_t now = mp_now_ms();

	while (loop->count > 0 && loop->heap[0]->due <= now && !loop->has_ended) {
		struct mp_timer *timer = loop->heap[0];

		mp_loop_unset(loop, timer);
		timer->fire(timer->ctx);
	}
}

/* --- descriptors --- */

/* What was found ready and is not told yet: not any more. */
static void forget_ready(struct mp_loop *loop, const struct mp_watch *watch)
{
	for (int i = loop->batch_at; i < loop->batch_count; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].data.ptr = NULL;
}

enum mcpass_rc mp_loop_watch(struct mp_loop *loop, struct mp_watch *watch, unsigned events,
    struct mcpass_error *err)
{
	struct epoll_event event = { .data.ptr = watch };
	int change = watch->events == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;

	if (watch->events == events)
		return MCPASS_OK;
	if (events == 0)
		forget_ready(loop, watch);
	event.events = (events & MP_LOOP_READ ? EPOLLIN : 0u) | (events & MP_LOOP_WRITE ? EPOLLOUT : 0u);
	if (epoll_ctl(loop->epoll_fd, change, watch->fd, &event) != 0)
		return errno == ENOMEM ? mp_nomem(err) : mp_fail(err, MCPASS_E_IO, NULL,
		    "a descriptor cannot be watched: %s", strerror(errno));
	watch->events = events;
	return MCPASS_OK;
}

static void tell(struct mp_loop *loop)
{
	while (loop->batch_at < loop->batch_count && !loop->has_ended) {
		const struct epoll_event *event = &loop->batch[loop->batch_at++];
		struct mp_watch *watch = event->data.ptr;
		unsigned events = 0;

		if (watch == NULL)
			continue;
		if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
			events |= MP_LOOP_READ;
		if (event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			events |= MP_LOOP_WRITE;
		events &= watch->events;
		if (events != 0)
			watch->ready(watch->ctx, events);
	}
}

/* --- the bell --- */

static void on_bell(void *ctx, unsigned events)
{
	struct mp_loop *loop = ctx;
	uint64_t count;

	(void)events;
	(void)!read(loop->bell.fd, &count, sizeof(count));
	loop->ring(loop->ring_ctx);
}

void mp_loop_ring(struct mp_loop *loop)
{
	static const uint64_t one = 1;

	(void)!write(loop->bell.fd, &one, sizeof(one));
}

/* --- a life --- */

enum mcpass_rc mp_loop_new(void (*bell)(void *ctx), void *ctx, struct mp_loop **ret_loop,
    struct mcpass_error *err)
{
	struct mp_loop *loop = calloc(1, sizeof(*loop));
	enum mcpass_rc rc = MCPASS_OK;

	if (loop == NULL)
		return mp_nomem(err);
	loop->ring = bell;
	loop->ring_ctx = ctx;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->bell = (struct mp_watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.ready = on_bell, .ctx = loop };
	if (loop->epoll_fd < 0 || loop->bell.fd < 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "no descriptor is left");
	if (!rc)
		rc = mp_loop_watch(loop, &loop->bell, MP_LOOP_READ, err);
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
	if (loop->epoll_fd >= 0)
		(void)close(loop->epoll_fd);
	if (loop->bell.fd >= 0)
		(void)close(loop->bell.fd);
	free(loop->heap);
	free(loop);
}

void mp_loop_run(struct mp_loop *loop)
{
	while (!loop->has_ended) {
		int wait = loop->count > 0 ? mp_left_ms(loop->heap[0]->due) : -1;
		int n = epoll_wait(loop->epoll_fd, loop->batch, BATCH, wait);

		loop->batch_at = 0;
		loop->batch_count = n > 0 ? n : 0;
		tell(loop);
		loop->batch_count = 0;
		fire_timers(loop);
	}
}

void mp_loop_end(struct mp_loop *loop)
{
	loop->has_ended = true;
}
