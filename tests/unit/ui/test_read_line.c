/* A line of standard input: what else is on the loop goes on while it is waited for, and Ctrl-C
 * ends that at once. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/secret.h"
#include "harness/check.h"
#include "harness/peer.h"
#include "io/clock.h"
#include "ui/read_line.h"
#include "ui/signals.h"

/* Milliseconds that a person does not notice. */
#define AT_ONCE 100

static int typing = -1;                 /* the keyboard's end of standard input */
static int64_t pressed_at;

static void open_input(void)
{
	int ends[2];

	if (pipe(ends) != 0 || dup2(ends[0], STDIN_FILENO) != STDIN_FILENO)
		die("no input");
	close(ends[0]);
	typing = ends[1];
}

static void on_timer(void *ctx)
{
	peer_write(typing, ctx);
}

static void on_press(void *ctx)
{
	(void)ctx;
	pressed_at = mp_now_ms();
	(void)raise(SIGINT);
}

static const struct {
	const char *label, *typed, *want;       /* want NULL: the end */
} rows[] = {
	{ "a line", "hello\n", "hello" },
	{ "a line as terminals of other systems end it", "hello\r\n", "hello" },
	{ "an empty line", "\n", "" },
};

static void read_rows(struct mp_loop *loop)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_timer timer = { .fire = on_timer, .ctx = (void *)rows[i].typed };
		char *line = NULL;

		if (loop != NULL)
			mp_loop_set(loop, &timer, mp_now_ms() + 1);
		else
			on_timer(timer.ctx);
		CHECK_EQ(rows[i].label, mp_read_line(loop, &line, NULL), MCPASS_OK);
		CHECK_STR(rows[i].label, line, rows[i].want);
		mp_free_wiped(line);
	}
}

static void test_lines(struct mp_loop *loop)
{
	char *line = NULL;

	open_input();
	read_rows(loop);
	read_rows(NULL);
	peer_write(typing, "one\ntwo\nrest");
	close(typing);
	CHECK_EQ("the first", mp_read_line(loop, &line, NULL), MCPASS_OK);
	CHECK_STR("not a byte more", line, "one");
	mp_free_wiped(line);
	CHECK_EQ("the second", mp_read_line(loop, &line, NULL), MCPASS_OK);
	mp_free_wiped(line);
	CHECK_EQ("without its end", mp_read_line(loop, &line, NULL), MCPASS_OK);
	CHECK_STR("without its end", line, "rest");
	mp_free_wiped(line);
	line = NULL;
	CHECK_EQ("the end", mp_read_line(loop, &line, NULL), MCPASS_OK);
	CHECK("is no line", line == NULL);
}

/* How long it took from Ctrl-C to the end. */
static int64_t interrupt_once(struct mp_loop *loop)
{
	struct mp_timer timer = { .fire = on_press };
	struct mcpass_error err = { 0 };
	char *line = NULL;
	int64_t took;

	open_input();
	CHECK("signals are caught", mp_signals_fd() >= 0);
	mp_loop_set(loop, &timer, mp_now_ms() + 1);
	CHECK_EQ("Ctrl-C", mp_read_line(loop, &line, &err), MCPASS_E_DENIED);
	took = mp_now_ms() - pressed_at;
	CHECK_STR("says so", err.detail, "interrupted");
	mp_signals_forget();
	close(typing);
	return took;
}

/* A busy machine may be slow once; what waits for something else is slow each time. */
static void test_interrupt(struct mp_loop *loop)
{
	int64_t took = AT_ONCE;

	for (int i = 0; i < 5 && took >= AT_ONCE; i++)
		took = interrupt_once(loop);
	CHECK("at once", took < AT_ONCE);
}

int main(void)
{
	struct mp_loop *loop = NULL;

	CHECK_EQ("a loop", mp_loop_new(NULL, NULL, &loop, NULL), MCPASS_OK);
	test_lines(loop);
	test_interrupt(loop);
	mp_loop_free(loop);
	return check_done();
}
