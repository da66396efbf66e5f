#include "io/child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/secret.h"
#include "io/clock.h"
#include "io/loop.h"
#include "io/system/close_from.h"

/* --- what it is started with --- */

bool mp_child_is_program(const char *path)
{
	struct stat st;

	return path[0] == '/' && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool mp_child_find(const char *name, char *ret_path, size_t room)
{
	const char *dirs = getenv("PATH");

	if (strchr(name, '/') != NULL) {
		int len = snprintf(ret_path, room, "%s", name);

		return len > 0 && (size_t)len < room && mp_child_is_program(ret_path);
	}
	while (dirs != NULL && *dirs != '\0') {
		size_t dir_len = strcspn(dirs, ":");
		int len = snprintf(ret_path, room, "%.*s/%s", (int)dir_len, dirs, name);

		if (len > 0 && (size_t)len < room && mp_child_is_program(ret_path))
			return true;
		dirs += dir_len + (dirs[dir_len] == ':' ? 1 : 0);
	}
	return false;
}

/* Everything that a browser starts would have it, and show it to every reader of /proc. */
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

char **mp_child_environment(void)
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

void mp_child_reset_signals(void)
{
	const int signals[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGALRM };
	sigset_t none;

	for (size_t i = 0; i < MP_COUNT(signals); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* --- one that is asked --- */

#define READ_END 0
#define WRITE_END 1
#define LOOK_AGAIN_MS 5                 /* for the end of one that has closed its output */
struct term { int max_ms; int64_t due; };
struct pipes {
	int in[2], out[2], said[2];     /* -1: closed */
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void close_pipes(struct pipes *pipes)
{
	for (int end = READ_END; end <= WRITE_END; end++) {
		close_end(&pipes->in[end]);
		close_end(&pipes->out[end]);
		close_end(&pipes->said[end]);
	}
}

static bool open_pipe(int ends[2])
{
	return pipe(ends) == 0 && fcntl(ends[READ_END], F_SETFD, FD_CLOEXEC) == 0
	    && fcntl(ends[WRITE_END], F_SETFD, FD_CLOEXEC) == 0;
}

/* The input is in its pipe before there is a reader: no wait, and no signal when that one ends. */
static enum mcpass_rc open_pipes(const char *input, struct pipes *pipes, struct mcpass_error *err)
{
	size_t len = input != NULL ? strlen(input) : 0;

	if (len > MP_CHILD_MAX_INPUT)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "its input is larger than %d bytes", MP_CHILD_MAX_INPUT);
	if (!open_pipe(pipes->in) || !open_pipe(pipes->out) || !open_pipe(pipes->said)
	    || fcntl(pipes->in[WRITE_END], F_SETFL, O_NONBLOCK) != 0
	    || (len > 0 && write(pipes->in[WRITE_END], input, len) != (ssize_t)len))
		return mp_fail(err, MCPASS_E_IO, NULL, "a pipe: %s", strerror(errno));
	close_end(&pipes->in[WRITE_END]);
	return MCPASS_OK;
}

/* In the child.  Our own standard descriptors may have been closed: the pipes' ends move first. */
static _Noreturn void become(mp_command_line command, char **environment, const struct pipes *pipes)
{
	const int ends[] = { pipes->in[READ_END], pipes->out[WRITE_END], pipes->said[WRITE_END] };
	int moved[MP_COUNT(ends)];

	for (size_t i = 0; i < MP_COUNT(ends); i++)
		moved[i] = fcntl(ends[i], F_DUPFD, (int)MP_COUNT(ends));
	for (size_t i = 0; i < MP_COUNT(ends); i++)
		if (moved[i] < 0 || dup2(moved[i], (int)i) != (int)i)
			_exit(127);
	mp_close_from((int)MP_COUNT(ends));
	mp_child_reset_signals();
	(void)execve(command[0], command, environment);
	_exit(127);
}

static enum mcpass_rc start(mp_command_line command, struct pipes *pipes, pid_t *ret_pid,
    struct mcpass_error *err)
{
	char **environment = mp_child_environment();
	pid_t pid;
	int cause;

	if (environment == NULL)
		return mp_nomem(err);
	pid = fork();
	if (pid == 0)
		become(command, environment, pipes);
	cause = errno;
	free(environment);
	close_end(&pipes->in[READ_END]);
	close_end(&pipes->out[WRITE_END]);
	close_end(&pipes->said[WRITE_END]);
	if (pid < 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "a process: %s", strerror(cause));
	*ret_pid = pid;
	return MCPASS_OK;
}

/* What is there; the descriptor is closed at its end. */
static void take(int *fd, struct mp_buf *into)
{
	char part[1024];
	ssize_t n = read(*fd, part, sizeof(part));

	if (n > 0)
		mp_buf_add(into, part, (size_t)n);
	else if (n == 0 || errno != EINTR)
		close_end(fd);
	mp_wipe(part, sizeof(part));
}

static enum mcpass_rc too_late(int max_ms, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_EXPIRED, NULL, "it did not end within %d ms", max_ms);
}

/* Until its output ends: what it started itself may keep the other pipe open. */
static enum mcpass_rc listen_to(struct pipes *pipes, const struct term *term, struct mp_buf *out,
    struct mp_buf *said, struct mcpass_error *err)
{
	while (pipes->out[READ_END] >= 0 && !out->failed) {
		int left = mp_left_ms(term->due);
		unsigned ready = mp_loop_wait_readable(pipes->out[READ_END], pipes->said[READ_END], left);

		if (ready & MP_LOOP_FIRST)
			take(&pipes->out[READ_END], out);
		if (ready & MP_LOOP_SECOND)
			take(&pipes->said[READ_END], said);
		/* However much it says: one that is never silent has no more time. */
		if (left == 0 && pipes->out[READ_END] >= 0)
			return too_late(term->max_ms, err);
	}
	return mp_buf_check(out, "its answer", err);
}

static enum mcpass_rc read_status(int status, int *ret_status, struct mcpass_error *err)
{
	if (WIFSIGNALED(status))
		return mp_fail(err, MCPASS_E_IO, NULL, "signal %d ended it", WTERMSIG(status));
	*ret_status = WEXITSTATUS(status);
	return MCPASS_OK;
}

/* It may go on when its output has ended, and say more.  No descriptor tells of its end alone.
 * *pid is -1 once it has ended. */
static enum mcpass_rc wait_for(pid_t *pid, struct pipes *pipes, const struct term *term,
    struct mp_buf *said, int *ret_status, struct mcpass_error *err)
{
	int status = 0;
	pid_t ended;

	while ((ended = waitpid(*pid, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
		int left = mp_left_ms(term->due);

		if (left == 0)
			return too_late(term->max_ms, err);
		if (mp_loop_wait_readable(pipes->said[READ_END], -1, left < LOOK_AGAIN_MS ? left
		    : LOOK_AGAIN_MS) != 0)
			take(&pipes->said[READ_END], said);
	}
	*pid = -1;
	if (ended < 0)                  /* a program that uses us takes no notice of its children */
		return mp_fail(err, MCPASS_E_IO, NULL, "its end: %s", strerror(errno));
	while (pipes->said[READ_END] >= 0 && !said->failed
	    && mp_loop_wait_readable(pipes->said[READ_END], -1, 0) != 0)
		take(&pipes->said[READ_END], said);
	return read_status(status, ret_status, err);
}

static void end_at_once(pid_t pid)
{
	if (pid < 0)
		return;
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

enum mcpass_rc mp_child_ask(mp_command_line command, const char *input, int max_ms,
    struct mp_child_answer *ret_answer, struct mcpass_error *err)
{
	struct pipes pipes = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	const struct term term = { max_ms, mp_deadline_ms(max_ms) };
	struct mp_buf said = MP_BUF(4096);
	pid_t pid = -1;
	enum mcpass_rc rc = open_pipes(input, &pipes, err);

	if (!rc)
		rc = start(command, &pipes, &pid, err);
	if (!rc)
		rc = listen_to(&pipes, &term, &ret_answer->out, &said, err);
	if (!rc)
		rc = wait_for(&pid, &pipes, &term, &said, &ret_answer->status, err);
	end_at_once(pid);
	if (!rc && said.failed == MCPASS_E_NOMEM)
		rc = mp_nomem(err);
	(void)snprintf(ret_answer->said, sizeof(ret_answer->said), "%.*s",
	    (int)strcspn(mp_buf_text(&said), "\r\n"), mp_buf_text(&said));
	close_pipes(&pipes);
	mp_buf_free(&said);
	return rc;
}
