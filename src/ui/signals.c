#include "ui/signals.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "io/loop.h"

static int ends[2] = { -1, -1 };        /* a pipe: read, write */
static volatile sig_atomic_t came;      /* and was not forgotten */
static volatile sig_atomic_t last;

static void on_signal(int number)
{
	int saved = errno;

	came = number;
	last = number;
	(void)!write(ends[1], "", 1);
	errno = saved;
}

static void catch(int number)
{
	struct sigaction action = { .sa_handler = on_signal };

	action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(number, &action, NULL);
}

/* HUP, too: a terminal that is closed, unless nohup(1) has it ignored. */
static void catch_all(void)
{
	struct sigaction before;

	catch(SIGINT);
	catch(SIGTERM);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		catch(SIGHUP);
}

int mp_signals_fd(void)
{
	if (ends[0] >= 0)
		return ends[0];
	if (pipe(ends) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		(void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(ends[i], F_SETFL, O_NONBLOCK);
	}
	catch_all();
	return ends[0];
}

int mp_signals_last(void)
{
	return last;
}

void mp_signals_forget(void)
{
	char byte;

	while (read(ends[0], &byte, 1) == 1)
		continue;
	came = 0;
	catch_all();
}

void mp_signals_wait(void)
{
	int fd = mp_signals_fd();

	while (!came && fd >= 0)
		(void)mp_loop_wait_readable(fd, -1, -1);
}
