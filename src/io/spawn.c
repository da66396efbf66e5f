#include "io/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/text.h"

/* Where exec's failure is told; the first descriptor after the standard ones. */
#define REPORT_FD 3
/* Where the kernel cannot close them all at once: nobody has more open by accident. */
#define MANY_DESCRIPTORS 4096

/* What was put into our environment for us alone: everything that a browser starts would
 * have it, and show it to whoever looks into /proc. */
static const char *const private_names[] = { "MCPASS_CLIENT_SECRET" };

extern char **environ;

static bool is_private(const char *entry)
{
	struct mp_span name = { entry, strcspn(entry, "=") };

	for (size_t i = 0; i < MP_COUNT(private_names); i++)
		if (mp_span_is(name, private_names[i]))
			return true;
	return false;
}

/* Our environment without that; the entries are borrowed.  NULL: out of memory. */
static char **public_environment(void)
{
	size_t count = 0, kept = 0;
	char **entries;

	while (environ[count] != NULL)
		count++;
	entries = calloc(count + 1, sizeof(*entries));
	for (size_t i = 0; entries != NULL && i < count; i++)
		if (!is_private(environ[i]))
			entries[kept++] = environ[i];
	return entries;
}

/* From fork() to exec only async-signal-safe calls: another thread may have held any lock
 * at the fork. */

static bool arrange_descriptors(int report)
{
	int null;

	report = fcntl(report, F_DUPFD, REPORT_FD + 1);         /* out of the way */
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < REPORT_FD; fd++)
		if (dup2(null, fd) != fd)
			return false;
	if (dup2(report, REPORT_FD) != REPORT_FD || fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC) != 0)
		return false;
#ifdef SYS_close_range
	if (syscall(SYS_close_range, REPORT_FD + 1u, ~0u, 0u) == 0)
		return true;
#endif
	for (int fd = REPORT_FD + 1; fd < MANY_DESCRIPTORS; fd++)
		(void)close(fd);
	return true;
}

static void reset_signals(void)
{
	const int signals[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	sigset_t none;

	for (size_t i = 0; i < MP_COUNT(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_program(const char *path, const char *argument, char **environment,
    int report)
{
	const char *const argv[] = { path, argument, NULL };
	int cause;

	if (arrange_descriptors(report)) {
		reset_signals();
		(void)execve(path, (char *const *)argv, environment);   /* exec promises not to write */
	}
	cause = errno;
	(void)!write(REPORT_FD, &cause, sizeof(cause));
	_exit(127);
}

/* A child whose child is nobody's: init takes care of its end. */
static _Noreturn void step_aside(const char *path, const char *argument, char **environment,
    int report)
{
	pid_t pid;
	int cause;

	(void)setsid();         /* Ctrl-C at our terminal does not end the browser */
	pid = fork();
	if (pid == 0)
		run_program(path, argument, environment, report);
	cause = errno;
	if (pid < 0)
		(void)!write(report, &cause, sizeof(cause));
	_exit(0);
}

/* 0 when the program runs: then exec has closed the pipe without a word. */
static int read_cause(int report)
{
	int cause = 0;
	ssize_t n;

	do
		n = read(report, &cause, sizeof(cause));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(cause) ? cause : 0;
}

enum mcpass_rc mp_spawn_detached(const char *path, const char *argument,
    struct mcpass_error *err)
{
	char **environment = public_environment();
	int report[2], cause;
	pid_t pid;

	if (environment == NULL)
		return mp_nomem(err);
	if (pipe(report) != 0) {
		cause = errno;
		free(environment);
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(cause));
	}
	(void)fcntl(report[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(report[1], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (pid == 0)
		step_aside(path, argument, environment, report[1]);
	cause = pid < 0 ? errno : 0;
	free(environment);
	close(report[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (cause == 0)
		cause = read_cause(report[0]);
	close(report[0]);
	if (cause != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(cause));
	return MCPASS_OK;
}
