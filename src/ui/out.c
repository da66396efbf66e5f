#include "ui/out.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "io/file/write_all.h"
#include "wire/json/raw.h"

enum mcpass_rc mp_out(const struct mp_buf *buf, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(buf, "the output", err);

	/* A reader that has gone has read enough. */
	if (rc || mp_write_all(STDOUT_FILENO, mp_buf_text(buf), buf->len) || errno == EPIPE)
		return rc;
	return mp_doing(err, mp_fail(err, MCPASS_E_IO, NULL, "%s", strerror(errno)), "writing the output");
}

enum mcpass_rc mp_out_end(struct mp_buf *buf, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_out(buf, err);

	mp_buf_free(buf);
	return rc;
}

enum mcpass_rc mp_out_line(const char *text, struct mcpass_error *err)
{
	struct mp_buf line = MP_BUF(strlen(text) + 1);

	mp_buf_addf(&line, "%s\n", text);
	return mp_out_end(&line, err);
}

enum mcpass_rc mp_out_json(const json_t *json, struct mcpass_error *err)
{
	char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
	enum mcpass_rc rc;

	if (text == NULL)
		return mp_nomem(err);
	rc = mp_out_json_text(text, err);
	mp_free_wiped(text);            /* `token --json` comes this way */
	return rc;
}

enum mcpass_rc mp_out_json_new(json_t *json, struct mcpass_error *err)
{
	enum mcpass_rc rc = json == NULL ? mp_nomem(err) : mp_out_json(json, err);

	json_decref(json);
	return rc;
}

enum mcpass_rc mp_out_json_text(const char *text, struct mcpass_error *err)
{
	struct mp_term term = mp_term_of(STDOUT_FILENO);
	struct mp_span raw = { text, strlen(text) };
	char *compact = NULL;
	struct mp_buf buf;
	enum mcpass_rc rc = MCPASS_OK;

	mp_buf_init(&buf, 8 * MP_MAX_MESSAGE);  /* white space is not the server's */
	if (term.is_terminal) {
		mp_term_add_json(&buf, &term, raw);
	} else {
		rc = mp_raw_compact(raw, &compact, err);
		if (!rc)
			mp_buf_adds(&buf, compact);
	}
	mp_buf_addc(&buf, '\n');
	if (!rc)
		rc = mp_out(&buf, err);
	mp_free_wiped(compact);
	mp_buf_free(&buf);
	return rc;
}

void mp_say(bool quiet, const char *fmt, ...)
{
	char line[MP_MAX_URI + 512];    /* a sentence with a URL in it */
	va_list ap;
	size_t len;

	if (quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	mp_one_line(line);
	len = strlen(line);
	line[len] = '\n';
	(void)mp_write_all(STDERR_FILENO, line, len + 1);
}

void mp_say_text(const struct mp_buf *buf)
{
	(void)mp_write_all(STDERR_FILENO, mp_buf_text(buf), buf->len);
}
