#include "wire/json/writer.h"
#include <string.h>
#include "wire/bytes.h"
#include "wire/json/utf8.h"

/* spec: RFC 8259 7 */
static void add_escape(struct mp_buf *buf, char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = memchr(plain, c, sizeof(plain) - 1);

	if (at != NULL)
		mp_buf_addf(buf, "\\%c", letters[at - plain]);
	else
		mp_buf_addf(buf, "\\u%04X", (unsigned)(unsigned char)c);
}

static void add_valid(struct mp_buf *buf, const char *text, size_t len)
{
	while (len > 0) {
		size_t plain = mp_bytes_plain(text, len);

		mp_buf_add(buf, text, plain);
		if (plain == len)
			return;
		add_escape(buf, text[plain]);
		text += plain + 1;
		len -= plain + 1;
	}
}

void mp_writer_escaped(struct mp_buf *buf, const char *text)
{
	size_t len = strlen(text), good;

	while ((good = mp_utf8_prefix(text, len)) < len) {
		add_valid(buf, text, good);
		mp_buf_adds(buf, "\xef\xbf\xbd");
		text += good + 1;
		len -= good + 1;
	}
	add_valid(buf, text, len);
}

static void begin(struct mp_writer *w, const char *name)
{
	if (w->more)
		mp_buf_addc(w->buf, ',');
	if (name != NULL) {
		mp_buf_addc(w->buf, '"');
		mp_writer_escaped(w->buf, name);
		mp_buf_adds(w->buf, "\":");
	}
	w->more = true;
}

static void open_bracket(struct mp_writer *w, const char *name, char bracket)
{
	begin(w, name);
	mp_buf_addc(w->buf, bracket);
	w->more = false;
}

void mp_writer_object(struct mp_writer *w, const char *name)
{
	open_bracket(w, name, '{');
}

void mp_writer_array(struct mp_writer *w, const char *name)
{
	open_bracket(w, name, '[');
}

void mp_writer_end(struct mp_writer *w, char bracket)
{
	mp_buf_addc(w->buf, bracket);
	w->more = true;
}

void mp_writer_text(struct mp_writer *w, const char *name, const char *text)
{
	if (text == NULL)
		return;
	begin(w, name);
	mp_buf_addc(w->buf, '"');
	mp_writer_escaped(w->buf, text);
	mp_buf_addc(w->buf, '"');
}

void mp_writer_int(struct mp_writer *w, const char *name, int64_t number)
{
	begin(w, name);
	mp_buf_addf(w->buf, "%lld", (long long)number);
}

void mp_writer_bool(struct mp_writer *w, const char *name, bool value)
{
	begin(w, name);
	mp_buf_adds(w->buf, value ? "true" : "false");
}

void mp_writer_raw(struct mp_writer *w, const char *name, struct mp_span json)
{
	if (json.data == NULL)
		return;
	begin(w, name);
	mp_buf_add(w->buf, json.data, json.len);
}

static int add_bytes(const char *bytes, size_t len, void *buf)
{
	mp_buf_add(buf, bytes, len);
	return ((struct mp_buf *)buf)->failed ? -1 : 0;
}

void mp_writer_json(struct mp_writer *w, const char *name, const json_t *json)
{
	if (json == NULL)
		return;
	begin(w, name);
	if (json_dump_callback(json, add_bytes, w->buf, JSON_COMPACT | JSON_ENCODE_ANY) != 0
	    && !w->buf->failed)
		w->buf->failed = MCPASS_E_NOMEM;
}
