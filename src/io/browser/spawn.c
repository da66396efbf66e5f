#include "io/browser/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "io/system/close_from.h"

/* Where exec's failure is told; the first descriptor after the standard ones. */
#define REPORT_FD 3
/* How long a program is watched that says nothing: what opens a page elsewhere has ended by
 * then, and what runs on is a browser. */
#define PATIENCE_S 10

/* What the overseer tells through its pipe, each in one write: that a program runs, and later
 * that the last one failed.  Its end without a word means that all is well. */
struct report {
	enum { RUNS = 1, NOT_STARTED, EXITED, KILLED } what;
	int value;              /* errno, status, signal */
	char program[64];       /* the end of its path */
};

/* From fork() to exec only async-signal-safe calls: another thread may have held any lock
 * at the fork. */

static void tell(int report, int what, int value, const char *path)
{
	struct report told = { .what = what, .value = value };
	size_t len = 0, name = 0;

	for (; path[len] != '\0'; len++)
		if (path[len] == '/')
			name = len + 1;
	for (size_t i = 0; i < sizeof(told.program) - 1 && path[name + i] != '\0'; i++)
		told.program[i] = path[name + i];
	(void)!write(report, &told, sizeof(told));
}

/* What is not needed goes first: we may have been the ones who used up all there are. */
static bool arrange_descriptors(int *report)
{
	int null;

	if (dup2(*report, REPORT_FD) != REPORT_FD || fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) != 0)
		return false;
	*report = REPORT_FD;
	mp_close_from(REPORT_FD + 1);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < REPORT_FD; fd++)
		if (dup2(null, fd) != fd)
			return false;
	mp_close_from(REPORT_FD + 1);
	return true;
}

/* 0 when the program runs: then exec has closed the pipe without a word. */
static int read_cause(int pipe_end)
{
	int cause = 0;
	ssize_t n;

	do
		n = read(pipe_end, &cause, sizeof(cause));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(cause) ? cause : 0;
}

/* Returns errno when exec failed, else 0 and the child's id. */
static int run(mp_command_line command, char **environment, pid_t *ret_pid)
{
	int ends[2], cause;
	pid_t pid;

	if (pipe(ends) != 0)
		return errno;
	(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		(void)execve(command[0], command, environment);
		cause = errno;
		(void)!write(ends[1], &cause, sizeof(cause));
		_exit(127);
	}
	cause = pid < 0 ? errno : 0;
	(void)close(ends[1]);
	if (cause == 0)
		cause = read_cause(ends[0]);
	(void)close(ends[0]);
	*ret_pid = pid;
	return cause;
}

/* Runs one after the other until one ends well.  The one that does not end is a browser that
 * stays open: then the alarm ends the overseer, and init takes care of the rest. */
static _Noreturn void oversee(const mp_command_line *commands, size_t count, char **environment)
{
	struct report last = { 0 };
	const char *path = "";
	bool has_run = false;

	for (size_t i = 0; i < count; i++) {
		int status = 0;
		pid_t pid = -1;

		path = commands[i][0];
		last = (struct report){ NOT_STARTED, run(commands[i], environment, &pid), "" };
		if (last.value != 0)
			continue;
		if (!has_run)
			tell(REPORT_FD, RUNS, 0, path);
		has_run = true;
		(void)alarm(PATIENCE_S);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		(void)alarm(0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			_exit(0);
		last.what = WIFEXITED(status) ? EXITED : KILLED;
		last.value = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	}
	tell(REPORT_FD, last.what, last.value, path);
	_exit(0);
}

/* A child whose own child belongs to init, which takes care of its end. */
static _Noreturn void step_aside(const mp_command_line *commands, size_t count,
    char **environment, int report)
{
	pid_t pid;

	(void)setsid();         /* Ctrl-C at our terminal does not end the browser */
	pid = fork();
	if (pid < 0)
		tell(report, NOT_STARTED, errno, commands[0][0]);
	if (pid != 0)
		_exit(0);
	mp_child_reset_signals();
	if (arrange_descriptors(&report))
		oversee(commands, count, environment);
	tell(report, NOT_STARTED, errno, commands[0][0]);
	_exit(0);
}

/* False at the end of the pipe. */
static bool read_report(int watch, struct report *ret_report)
{
	ssize_t n;

	do
		n = read(watch, ret_report, sizeof(*ret_report));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*ret_report);
}

static enum mcpass_rc fail_as(const struct report *report, struct mcpass_error *err)
{
	if (report->what == NOT_STARTED)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", report->program, strerror(report->value));
	return mp_fail(err, MCPASS_E_IO, NULL, "%s ended with %s %d", report->program,
	    report->what == EXITED ? "status" : "signal", report->value);
}

enum mcpass_rc mp_spawn_outcome(int watch, struct mcpass_error *err)
{
	struct report report;
	bool told = read_report(watch, &report);

	(void)close(watch);
	return told ? fail_as(&report, err) : MCPASS_OK;
}

/* Takes the first report. */
static enum mcpass_rc read_start(int watch, struct mcpass_error *err)
{
	struct report report;

	if (!read_report(watch, &report))
		return mp_fail(err, MCPASS_E_IO, NULL, "it could not be started");
	return report.what == RUNS ? MCPASS_OK : fail_as(&report, err);
}

enum mcpass_rc mp_spawn_detached(const mp_command_line *commands, size_t count, int *ret_watch,
    struct mcpass_error *err)
{
	char **environment = mp_child_environment();
	int report[2], cause;
	enum mcpass_rc rc;
	pid_t pid;

	if (environment == NULL)
		return mp_nomem(err);
	if (pipe(report) != 0) {
		cause = errno;
		free(environment);
		return mp_fail(err, MCPASS_E_IO, NULL, "a pipe: %s", strerror(cause));
	}
	(void)fcntl(report[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(report[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0)
		step_aside(commands, count, environment, report[1]);
	cause = pid < 0 ? errno : 0;
	free(environment);
	(void)close(report[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	rc = cause != 0 ? mp_fail(err, MCPASS_E_IO, NULL, "a process: %s", strerror(cause))
	    : read_start(report[0], err);
	if (!rc && ret_watch != NULL)
		*ret_watch = report[0];
	else
		(void)close(report[0]);
	return rc;
}
