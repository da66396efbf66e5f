/* What happens, for people: standard error, which a host need not read, or a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/limits.h"
#include "cli/bridge/run_parts.h"
#include "io/clock.h"

enum mcpass_rc mp_run_log_open(struct mp_run *run, struct mcpass_error *err)
{
	const char *path = run->options->log;
	int fd = STDERR_FILENO;

	run->log_fd = -1;
	if (path != NULL) {
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return mp_fail(err, MCPASS_E_IO, NULL, "--log %s: %s", path, strerror(errno));
		run->log_fd = fd;
	}
	return mp_line_writer_new(fd, MP_MAX_LOG_LINES, &run->log, err);
}

void mp_run_log_close(struct mp_run *run)
{
	mp_line_writer_free(run->log);
	run->log = NULL;
	if (run->log_fd >= 0)
		(void)close(run->log_fd);
}

static void begin_line(const struct mp_run *run, struct mp_buf *line)
{
	char stamp[32] = "";
	time_t now = (time_t)mp_now_s();
	struct tm parts;

	if (run->log_fd >= 0 && gmtime_r(&now, &parts) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ ", &parts);
	mp_buf_addf(line, "%smcpass[%ld]: ", stamp, (long)getpid());
}

void mp_run_log(struct mp_run *run, const char *fmt, ...)
{
	char text[2048];
	struct mp_buf line = MP_BUF(4096);
	va_list ap;

	if (run->log == NULL || (run->common->quiet && run->log_fd < 0))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mp_one_line(text);
	begin_line(run, &line);
	mp_buf_addf(&line, "%s\n", text);
	mp_line_writer_add(run->log, &line);
	mp_buf_free(&line);
}

/* Secrets were taken out before a note gets here. */
void mp_run_trace(void *ctx, const struct mcpass_note *note)
{
	struct mp_run *run = ctx;
	struct mp_buf text = MP_BUF(MP_MAX_DOCUMENT);

	mp_buf_adds(&text, note->what);
	for (size_t i = 0; i < note->fact_count; i++)
		mp_buf_addf(&text, "%s%s: %s", i > 0 ? ", " : " | ", note->facts[i].name,
		    note->facts[i].value != NULL ? note->facts[i].value : "-");
	if (!text.failed)
		mp_run_log(run, "%s", mp_buf_text(&text));
	mp_buf_free(&text);
}
