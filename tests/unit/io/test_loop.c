/* The loop: timers in their order, tasks, descriptors of every kind, and whatever takes itself
 * or another one out while it is told. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "harness/check.h"
#include "harness/peer.h"
#include "io/clock.h"
#include "io/loop.h"

static struct mp_loop *loop;

/* --- timers --- */

#define TIMERS 300
static struct mp_timer timers[TIMERS];
static int64_t last_due;
static size_t fired, out_of_order;

static void on_timer(void *ctx)
{
	const struct mp_timer *timer = ctx;

	fired++;
	out_of_order += timer->due < last_due;
	last_due = timer->due;
}

/* Some are set twice, some taken out again. */
static void test_timers(void)
{
	size_t left = 0;

	srand(1);
	for (size_t i = 0; i < TIMERS; i++)
		timers[i] = (struct mp_timer){ .fire = on_timer, .ctx = &timers[i] };
	for (size_t n = 0; n < 20 * TIMERS; n++) {
		struct mp_timer *timer = &timers[(size_t)rand() % TIMERS];

		if (rand() % 3 == 0)
			mp_loop_unset(loop, timer);
		else
			mp_loop_set(loop, timer, rand() % 1000);
	}
	for (size_t i = 0; i < TIMERS; i++)
		left += timers[i].is_set;
	mp_loop_turn(loop, 0);
	CHECK_EQ("each that was left", fired, left);
	CHECK_EQ("in their order", out_of_order, 0);
	for (size_t i = 0; i < TIMERS; i++)
		CHECK("none any more", !timers[i].is_set);
}

static void on_set_again(void *ctx)
{
	fired++;
	mp_loop_set(loop, ctx, mp_now_ms() + 3600000);
}

static void test_later(void)
{
	struct mp_timer far = { .fire = on_timer }, again = { .fire = on_set_again, .ctx = &again };
	int64_t begun = mp_now_ms();

	far.ctx = &far;
	fired = 0;
	mp_loop_set(loop, &far, begun + 3600000);
	mp_loop_set(loop, &again, begun + 30);
	while (fired == 0)
		mp_loop_turn(loop, -1);
	CHECK("not before its time", mp_now_ms() >= begun + 30);
	CHECK("set from within", again.is_set);
	CHECK("the other one waits", far.is_set);
	mp_loop_unset(loop, &far);
	mp_loop_unset(loop, &again);
	mp_loop_turn(loop, 0);
	CHECK_EQ("nothing more", fired, 1);
}

/* --- tasks --- */

static char ran[16];
static struct mp_task tasks[3];

static void on_task(void *ctx)
{
	const struct mp_task *task = ctx;

	ran[strlen(ran)] = (char)("abc"[task - tasks]);
	if (task == &tasks[0]) {
		mp_loop_never(loop, &tasks[1]);
		mp_loop_soon(loop, &tasks[0]);
		mp_loop_soon(loop, &tasks[0]);
	}
}

static void test_tasks(void)
{
	for (size_t i = 0; i < COUNT(tasks); i++) {
		tasks[i] = (struct mp_task){ .run = on_task, .ctx = &tasks[i] };
		mp_loop_soon(loop, &tasks[i]);
	}
	mp_loop_turn(loop, -1);
	CHECK_STR("in order, without the one taken out", ran, "ac");
	mp_loop_turn(loop, -1);
	CHECK_STR("once more, in the next turn", ran, "aca");
	mp_loop_never(loop, &tasks[0]);
}

/* --- descriptors --- */

static struct mp_watch watches[2];
static int told[2];

/* The first that is told takes the other one out. */
static void on_ready(void *ctx, unsigned events)
{
	const struct mp_watch *watch = ctx;

	(void)events;
	told[watch - watches]++;
	(void)mp_loop_watch(loop, &watches[watch == &watches[0]], 0, NULL);
}

static void test_both_ready(void)
{
	int ends[2][2];

	for (size_t i = 0; i < 2; i++) {
		if (pipe(ends[i]) != 0 || write(ends[i][1], "x", 1) != 1)
			die("pipe");
		watches[i] = (struct mp_watch){ .fd = ends[i][0], .ready = on_ready, .ctx = &watches[i] };
		CHECK_EQ("watched", mp_loop_watch(loop, &watches[i], MP_LOOP_READ, NULL), MCPASS_OK);
	}
	mp_loop_turn(loop, -1);
	CHECK_EQ("one of them", told[0] + told[1], 1);
	for (size_t i = 0; i < 2; i++) {
		(void)mp_loop_watch(loop, &watches[i], 0, NULL);
		close(ends[i][0]);
		close(ends[i][1]);
	}
}

static void on_again(void *ctx)
{
	mp_loop_soon(loop, ctx);
}

/* A task that is queued in each turn keeps no descriptor from being told. */
static void test_busy(void)
{
	struct mp_task again = { .run = on_again, .ctx = &again };
	int ends[2], turns = 0;

	told[0] = 0;
	if (pipe(ends) != 0 || write(ends[1], "x", 1) != 1)
		die("pipe");
	watches[0] = (struct mp_watch){ .fd = ends[0], .ready = on_ready, .ctx = &watches[0] };
	CHECK_EQ("watched", mp_loop_watch(loop, &watches[0], MP_LOOP_READ, NULL), MCPASS_OK);
	mp_loop_soon(loop, &again);
	for (; told[0] < 2 && turns < 100; turns++)
		mp_loop_turn(loop, -1);
	CHECK("told again and again", turns <= 8);
	told[0] = 0;
	mp_loop_turn(loop, 0);
	CHECK_EQ("at once, where only that is asked for", told[0], 1);
	mp_loop_never(loop, &again);
	CHECK_EQ("not watched", mp_loop_watch(loop, &watches[0], 0, NULL), MCPASS_OK);
	close(ends[0]);
	close(ends[1]);
}

/* epoll(7) does not take these: a program's input may be any of them. */
static void test_files(void)
{
	static const char *const paths[] = { "/dev/null", "/etc/hostname", "/dev/zero" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		told[0] = 0;
		watches[0] = (struct mp_watch){ .fd = open(paths[i], O_RDONLY | O_CLOEXEC),
			.ready = on_ready, .ctx = &watches[0] };
		watches[1] = (struct mp_watch){ .fd = -1 };
		CHECK_EQ(paths[i], mp_loop_watch(loop, &watches[0], MP_LOOP_READ, NULL), MCPASS_OK);
		mp_loop_turn(loop, -1);
		mp_loop_turn(loop, -1);
		CHECK_EQ(paths[i], told[0], 2);
		CHECK_EQ(paths[i], mp_loop_watch(loop, &watches[0], 0, NULL), MCPASS_OK);
		mp_loop_turn(loop, 0);
		CHECK_EQ("not any more", told[0], 2);
		close(watches[0].fd);
	}
}

static void test_wait(void)
{
	int ends[2];

	if (pipe(ends) != 0)
		die("pipe");
	CHECK_EQ("no time", mp_loop_wait_readable(ends[0], -1, 0), 0);
	if (write(ends[1], "x", 1) != 1)
		die("write");
	CHECK_EQ("the first", mp_loop_wait_readable(ends[0], -1, -1), MP_LOOP_FIRST);
	CHECK_EQ("the second", mp_loop_wait_readable(-1, ends[0], -1), MP_LOOP_SECOND);
	close(ends[0]);
	close(ends[1]);
}

/* --- the bell, and the end --- */

static int rings;

static void on_bell(void *ctx)
{
	rings++;
	mp_loop_end(*(struct mp_loop **)ctx);
}

static void *ring(void *ctx)
{
	mp_loop_ring(ctx);
	mp_loop_ring(ctx);
	return NULL;
}

static void test_bell(void)
{
	struct mp_loop *other = NULL;
	pthread_t thread;

	CHECK_EQ("a loop", mp_loop_new(on_bell, &other, &other, NULL), MCPASS_OK);
	if (pthread_create(&thread, NULL, ring, other) != 0)
		die("thread");
	mp_loop_run(other);
	pthread_join(thread, NULL);
	CHECK("it rang", rings >= 1);
	mp_loop_free(other);
	mp_loop_free(NULL);
}

int main(void)
{
	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	test_timers();
	test_later();
	test_tasks();
	test_both_ready();
	test_busy();
	test_files();
	test_wait();
	test_bell();
	mp_loop_free(loop);
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
