#include "cli/connect/progress.h"
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "ui/out.h"

#define LONGEST_WORDS 4096u
#define LONGEST_LEVEL 16u       /* columns; the longest one that there is has nine */
#define PATIENCE_S 5            /* no word before that */

void mp_progress_render(struct mp_buf *buf, const struct mp_term *term, const json_t *params)
{
	const json_t *done = json_object_get(params, "progress");
	double total = json_number_value(json_object_get(params, "total"));
	const char *words = mp_json_text(params, "message");
	size_t start = buf->len, used;

	/* spec: MCP progress: total may be unknown, and progress may be no share of it */
	if (total > 0 && json_number_value(done) >= 0 && json_number_value(done) <= total)
		mp_buf_addf(buf, "%3.0f%%", 100 * json_number_value(done) / total);
	else if (json_is_number(done))
		mp_buf_addf(buf, "%g", json_number_value(done));
	if (words == NULL)
		return;
	mp_buf_adds(buf, "  ");
	used = buf->len - start;
	mp_term_add_line(buf, words, used + 4 < term->width ? term->width - (unsigned)used : 4);
}

void mp_progress_render_log(struct mp_buf *buf, const struct mp_term *term,
    const json_t *params)
{
	const char *level = mp_json_text(params, "level");
	const json_t *data = json_object_get(params, "data");
	char *text = json_is_string(data) ? NULL : mp_json_dump(data);
	const char *words = text != NULL ? text : json_string_value(data);

	struct mp_buf line;

	mp_buf_init(&line, MP_MAX_DOCUMENT);
	mp_buf_adds(&line, "server");
	if (level != NULL) {
		mp_buf_adds(&line, ", ");
		mp_term_add_line(&line, level, LONGEST_LEVEL);
	}
	mp_buf_addf(&line, ": %s", words != NULL ? words : "");
	mp_buf_adds(buf, mp_paint(term, MP_DIM));
	mp_term_quote(buf, term, "| ", mp_buf_text(&line));
	mp_buf_adds(buf, mp_paint(term, MP_PLAIN));
	mp_buf_free(&line);
	mp_free_wiped(text);
}

void mp_progress_clear(struct mp_progress *progress)
{
	struct mp_buf buf = MP_BUF(LONGEST_WORDS);

	if (!progress->shown)
		return;
	mp_buf_adds(&buf, MP_CLEAR_LINE);
	mp_say_text(&buf);
	mp_buf_free(&buf);
	progress->shown = false;
}

void mp_progress_wait(struct mp_progress *progress, int seconds)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	struct mp_buf buf = MP_BUF(LONGEST_WORDS);

	if (!progress->on || progress->told || seconds < PATIENCE_S)
		return;
	mp_buf_addf(&buf, MP_CLEAR_LINE "%sstill waiting, %d s (Ctrl-C to stop)%s",
	    mp_paint(&term, MP_DIM), seconds, mp_paint(&term, MP_PLAIN));
	mp_say_text(&buf);
	mp_buf_free(&buf);
	progress->shown = true;
}

void mp_progress_take(struct mp_progress *progress, const char *json)
{
	struct mp_term term = mp_term_of(STDERR_FILENO);
	json_t *message = NULL;
	const char *method;
	const json_t *params;
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);

	if (!progress->on || mp_json_parse_by(MP_JSON_MESSAGE, json, strlen(json), MP_MAX_MESSAGE,
	    "a message",
	        &message, NULL) != MCPASS_OK)
		return;
	method = mp_json_text(message, "method");
	params = json_object_get(message, "params");
	if (mp_eq(method, "notifications/progress")) {
		mp_buf_adds(&buf, MP_CLEAR_LINE);
		mp_progress_render(&buf, &term, params);
		progress->shown = progress->told = true;
	} else if (mp_eq(method, "notifications/message")) {
		mp_progress_clear(progress);
		mp_progress_render_log(&buf, &term, params);
	}
	if (!buf.failed)
		mp_say_text(&buf);
	mp_buf_free(&buf);
	json_decref(message);
}
