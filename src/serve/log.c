#include "serve/log.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"

void mp_log_note(void *ctx, const struct mcpass_note *note)
{
	struct mp_log *log = ctx;

	for (size_t i = 0; i < note->fact_count; i++)
		if (strcmp(note->facts[i].name, "reason") == 0)
			(void)snprintf(log->reason, sizeof(log->reason), "%s", note->facts[i].value);
}

static void render(struct mp_buf *buf, const struct mp_log *log, const char *request,
    int status, const char *reason)
{
	time_t now = time(NULL);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	mp_buf_adds(buf, mp_paint(&log->term, MP_DIM));
	mp_buf_addf(buf, "%s ", log->name != NULL ? log->name : clock);
	mp_term_add_line(buf, request, 0);
	mp_buf_addf(buf, " %d", status);
	if (reason[0] != '\0') {
		mp_buf_adds(buf, ": ");
		mp_term_add_line(buf, reason, 0);
	}
	mp_buf_addf(buf, "%s\n", mp_paint(&log->term, MP_PLAIN));
}

void mp_log_request(struct mp_log *log, const char *method, const char *path,
    int status, const struct mcpass_error *err)
{
	const char *reason = err != NULL && err->rc != MCPASS_OK ? err->detail : log->reason;
	struct mp_buf request = MP_BUF(MP_MAX_HEADER_BYTES);
	struct mp_buf line = MP_BUF(2 * MP_MAX_HEADER_BYTES);

	if (log->quiet)
		return;
	mp_buf_addf(&request, "%s %s", method, path);
	render(&line, log, mp_buf_text(&request), status, reason);
	if (log->writer != NULL)
		mp_line_writer_add(log->writer, &line);
	else
		mp_say_text(&line);
	mp_buf_free(&request);
	mp_buf_free(&line);
	log->reason[0] = '\0';
}
