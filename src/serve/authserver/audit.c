#include "serve/authserver/audit.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/printable.h"
#include "io/clock.h"
#include "io/line_writer.h"
#include "serve/authserver/fold.h"

struct mp_audit {
	char *path;                     /* NULL: standard output */
	int fd;
	struct mp_line_writer *writer;
	pthread_mutex_t lock;           /* of what follows */
	struct mp_fold *fold;
};

static int open_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
}

enum mcpass_rc mp_audit_new(const char *path, struct mp_audit **ret_audit,
    struct mcpass_error *err)
{
	bool is_output = strcmp(path, "-") == 0;
	struct mp_audit *audit = calloc(1, sizeof(*audit));
	enum mcpass_rc rc;

	if (audit == NULL)
		return mp_nomem(err);
	(void)pthread_mutex_init(&audit->lock, NULL);
	audit->fd = is_output ? dup(STDOUT_FILENO) : open_file(path);
	rc = audit->fd < 0 ? mp_fail(err, MCPASS_E_IO, NULL, "%s: %s", path, strerror(errno))
	    : MCPASS_OK;
	if (!rc && !is_output)
		rc = mp_set(&audit->path, path, err);
	if (!rc)
		rc = mp_fold_new(&audit->fold, err);
	if (!rc)
		rc = mp_line_writer_new_json(audit->fd, MP_MAX_LOG_LINES, &audit->writer, err);
	if (rc)
		mp_audit_free(audit);
	else
		*ret_audit = audit;
	return mp_doing(err, rc, "opening the audit log");
}

/* The descriptor stays, and leads to the new file: the writer need not know. */
static void follow(const struct mp_audit *audit)
{
	struct stat ours, there;
	int fd;

	if (audit->path == NULL || fstat(audit->fd, &ours) != 0 || (stat(audit->path, &there) == 0
	    && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino))
		return;
	fd = open_file(audit->path);
	if (fd < 0)                     /* no room, no right: the old file goes on */
		return;
	(void)dup2(fd, audit->fd);
	(void)fcntl(audit->fd, F_SETFD, FD_CLOEXEC);
	(void)close(fd);
}

/* What drives a terminal or reorders a line is escaped, for the log is looked at on one.
 * spec: RFC 8259 7 */
static void add_json(struct mp_buf *line, const char *text)
{
	for (struct mp_char c = mp_char_first(text); c.len > 0; c = mp_char_first(text)) {
		if (c.is_shown)
			mp_buf_add(line, text, c.len);
		else if (c.code < 0x10000)
			mp_buf_addf(line, "\\u%04x", (unsigned)c.code);
		else
			mp_buf_addf(line, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c.code >> 10)),
			    (unsigned)(0xdc00 + (c.code & 0x3ff)));
		text += c.len;
	}
	mp_buf_addc(line, '\n');
}

/* Has the lock, so that events stand in their order. */
static void write_line(struct mp_audit *audit, const json_t *event)
{
	char *text = mp_json_dump(event);
	struct mp_buf line = MP_BUF(MP_MAX_RECORD);

	if (text != NULL)
		add_json(&line, text);
	else
		line.failed = MCPASS_E_NOMEM;   /* counted as left out */
	follow(audit);
	mp_line_writer_add(audit->writer, &line);
	mp_buf_free(&line);
	mp_free_wiped(text);
}

/* Has the lock. */
static void settle(struct mp_audit *audit, int64_t now)
{
	json_t *event;

	while ((event = mp_fold_due(audit->fold, now)) != NULL) {
		write_line(audit, event);
		json_decref(event);
	}
}

void mp_audit_add(struct mp_audit *audit, const json_t *event)
{
	int64_t now = mp_now_s();

	(void)pthread_mutex_lock(&audit->lock);
	settle(audit, now);
	if (!mp_fold_takes(audit->fold, event, now))
		write_line(audit, event);
	(void)pthread_mutex_unlock(&audit->lock);
}

void mp_audit_settle(struct mp_audit *audit)
{
	(void)pthread_mutex_lock(&audit->lock);
	settle(audit, mp_now_s());
	(void)pthread_mutex_unlock(&audit->lock);
}

uint64_t mp_audit_lost(struct mp_audit *audit)
{
	return mp_line_writer_lost(audit->writer);
}

void mp_audit_free(struct mp_audit *audit)
{
	if (audit == NULL)
		return;
	if (audit->writer != NULL)
		settle(audit, INT64_MAX);
	mp_line_writer_free(audit->writer);
	mp_fold_free(audit->fold);
	(void)pthread_mutex_destroy(&audit->lock);
	if (audit->fd >= 0)
		(void)close(audit->fd);
	free(audit->path);
	free(audit);
}
