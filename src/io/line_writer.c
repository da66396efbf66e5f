#include "io/line_writer.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Seconds for which the end waits for a reader. */
#define LAST_WAIT_S 1
/* Seconds until it is tried again, where there was no room. */
#define RETRY_S 1

struct mp_line_writer {
	int fd;
	pthread_t thread;
	bool is_running, is_json;
	pthread_mutex_t lock;           /* of what follows */
	pthread_cond_t changed;
	char **lines;                   /* a ring */
	size_t room, first, count;
	size_t left_out;                /* since the last line that was written */
	uint64_t lost;                  /* since the beginning */
	bool is_failing;                /* the last write did */
	bool is_begun;                  /* a part of the first line is written */
	char *writing;                  /* the thread is at this one; or NULL */
	bool is_ending, has_ended;
	/* The thread's: a part of a line stands there; this line is the rest of one. */
	bool is_torn, is_rest;
};

/* Only here the thread may be cancelled: it holds nothing.  Returns how much is missing. */
static size_t write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	int before;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return len;
}

/* False: it is not there, or not all of it.  No other is joined to such a one. */
static bool write_line(struct mp_line_writer *writer, const char *line)
{
	size_t missing;

	if (writer->is_torn && write_all(writer->fd, "\n") > 0)
		return false;
	writer->is_torn = false;
	missing = write_all(writer->fd, line);
	writer->is_torn = missing > 0 && (missing < strlen(line) || writer->is_rest);
	return missing == 0;
}

/* Has the lock.  There may be room again a while later, or at the next line. */
static void wait_for_room(struct mp_line_writer *writer)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RETRY_S;
	if (!writer->is_ending)
		(void)pthread_cond_timedwait(&writer->changed, &writer->lock, &until);
	writer->is_failing = false;
}

static void lose(struct mp_line_writer *writer, size_t left_out, size_t more)
{
	(void)pthread_mutex_lock(&writer->lock);
	writer->left_out += left_out + more;
	writer->lost += more;
	writer->is_failing = true;
	(void)pthread_mutex_unlock(&writer->lock);
}

/* Waits for a line, and takes it out, for the next call to free; NULL: there is none.
 * *ret_left_out were lost behind it. */
static const char *next(struct mp_line_writer *writer, size_t *ret_left_out)
{
	char *line = NULL;

	(void)pthread_mutex_lock(&writer->lock);
	free(writer->writing);
	writer->writing = NULL;
	if (writer->is_failing && writer->is_ending) {
		writer->has_ended = true;
		(void)pthread_cond_broadcast(&writer->changed);
		(void)pthread_mutex_unlock(&writer->lock);
		return NULL;
	}
	if (writer->is_failing)
		wait_for_room(writer);
	while (writer->count == 0 && writer->left_out == 0 && !writer->is_ending)
		(void)pthread_cond_wait(&writer->changed, &writer->lock);
	if (writer->count > 0) {
		line = writer->lines[writer->first];
		writer->lines[writer->first] = NULL;
		writer->first = (writer->first + 1) % writer->room;
		writer->count--;
	}
	writer->is_rest = line != NULL && writer->is_begun;
	writer->is_begun = false;
	writer->writing = line;
	/* Those that stand in the ring came before the ones that were lost. */
	*ret_left_out = writer->count == 0 ? writer->left_out : 0;
	if (writer->count == 0)
		writer->left_out = 0;
	writer->has_ended = line == NULL && *ret_left_out == 0;
	(void)pthread_cond_broadcast(&writer->changed);
	(void)pthread_mutex_unlock(&writer->lock);
	return line;
}

static void *run(void *ctx)
{
	struct mp_line_writer *writer = ctx;
	char note[96];
	int before;

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	for (;;) {
		size_t left_out = 0;
		const char *line = next(writer, &left_out);

		if (line == NULL && left_out == 0)
			return NULL;
		if (line != NULL && !write_line(writer, line)) {
			lose(writer, left_out, 1);
			continue;
		}
		if (writer->is_json)
			(void)snprintf(note, sizeof(note), "{\"event\":\"left_out\",\"count\":%zu}\n", left_out);
		else
			(void)snprintf(note, sizeof(note),
			    "(%zu lines are left out: they could not be written in time)\n", left_out);
		if (left_out > 0 && !write_line(writer, note))
			lose(writer, left_out, 0);
	}
}

/* The thread takes no signals: they are for the program's own. */
static enum mcpass_rc start_thread(struct mp_line_writer *writer, struct mcpass_error *err)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	writer->is_running = pthread_create(&writer->thread, NULL, run, writer) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return writer->is_running ? MCPASS_OK
	    : mp_fail(err, MCPASS_E_IO, NULL, "a thread for the log does not start");
}

static enum mcpass_rc make(int fd, size_t most, bool is_json,
    struct mp_line_writer **ret_writer, struct mcpass_error *err)
{
	struct mp_line_writer *writer = calloc(1, sizeof(*writer));
	enum mcpass_rc rc;

	if (writer == NULL)
		return mp_nomem(err);
	writer->fd = fd;
	writer->is_json = is_json;
	writer->room = most;
	(void)pthread_mutex_init(&writer->lock, NULL);
	(void)pthread_cond_init(&writer->changed, NULL);
	writer->lines = calloc(most, sizeof(*writer->lines));
	rc = writer->lines == NULL ? mp_nomem(err) : start_thread(writer, err);
	if (rc)
		mp_line_writer_free(writer);
	else
		*ret_writer = writer;
	return rc;
}

enum mcpass_rc mp_line_writer_new(int fd, size_t most, struct mp_line_writer **ret_writer,
    struct mcpass_error *err)
{
	return make(fd, most, false, ret_writer, err);
}

enum mcpass_rc mp_line_writer_new_json(int fd, size_t most, struct mp_line_writer **ret_writer,
    struct mcpass_error *err)
{
	return make(fd, most, true, ret_writer, err);
}

/* What cannot be waited for: a pipe or a terminal that says so has room for that much.  Returns
 * how much of it was written. */
static size_t write_at_once(int fd, const char *text, size_t len)
{
	struct pollfd one = { .fd = fd, .events = POLLOUT };
	ssize_t n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK && len <= PIPE_BUF && poll(&one, 1, 0) == 1
	    && (one.revents & POLLOUT) != 0)
		n = write(fd, text, len);
	return n > 0 ? (size_t)n : 0;
}

/* Has the lock.  True when all of it is written: it stands behind nothing that waits. */
static bool is_written(struct mp_line_writer *writer, struct mp_buf *line)
{
	size_t n;

	if (writer->count > 0 || writer->left_out > 0 || writer->writing != NULL
	    || line->failed != MCPASS_OK)
		return false;
	n = write_at_once(writer->fd, mp_buf_text(line), line->len);
	if (n > 0 && n < line->len) {
		memmove(line->data, line->data + n, line->len - n + 1);
		line->len -= n;
		writer->is_begun = true;
		return false;
	}
	return n == line->len;
}

/* Has the lock. */
static void put_by(struct mp_line_writer *writer, struct mp_buf *line)
{
	char *text = NULL;

	/* Behind one that was left out no other comes before that is told. */
	if (writer->count < writer->room && writer->left_out == 0
	    && mp_buf_take(line, "a line", &text, NULL) == MCPASS_OK)
		writer->lines[(writer->first + writer->count++) % writer->room] = text;
	else {
		writer->left_out++;
		writer->lost++;
	}
	(void)pthread_cond_broadcast(&writer->changed);
}

void mp_line_writer_add(struct mp_line_writer *writer, struct mp_buf *line)
{
	if (line->len == 0 && line->failed == MCPASS_OK)
		return;
	(void)pthread_mutex_lock(&writer->lock);
	if (!is_written(writer, line))
		put_by(writer, line);
	(void)pthread_mutex_unlock(&writer->lock);
	mp_buf_clear(line);
}

uint64_t mp_line_writer_lost(struct mp_line_writer *writer)
{
	uint64_t lost;

	(void)pthread_mutex_lock(&writer->lock);
	lost = writer->lost;
	(void)pthread_mutex_unlock(&writer->lock);
	return lost;
}

/* Waits for the last line to be written, or for long enough. */
static void finish(struct mp_line_writer *writer)
{
	struct timespec until;
	int late = 0;

	(void)clock_gettime(CLOCK_REALTIME, &until);    /* what pthread_cond_timedwait() reads */
	until.tv_sec += LAST_WAIT_S;
	(void)pthread_mutex_lock(&writer->lock);
	writer->is_ending = true;
	(void)pthread_cond_broadcast(&writer->changed);
	while (!writer->has_ended && late == 0)
		late = pthread_cond_timedwait(&writer->changed, &writer->lock, &until);
	(void)pthread_mutex_unlock(&writer->lock);
	if (late != 0)
		(void)pthread_cancel(writer->thread);
	(void)pthread_join(writer->thread, NULL);
}

void mp_line_writer_free(struct mp_line_writer *writer)
{
	if (writer == NULL)
		return;
	if (writer->is_running)
		finish(writer);
	for (size_t i = 0; writer->lines != NULL && i < writer->room; i++)
		free(writer->lines[i]);
	free(writer->writing);          /* by a thread that was cancelled */
	(void)pthread_cond_destroy(&writer->changed);
	(void)pthread_mutex_destroy(&writer->lock);
	free(writer->lines);
	free(writer);
}
