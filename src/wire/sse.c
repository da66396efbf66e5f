#include "wire/sse.h"
#include <string.h>

#define BOM "\xef\xbb\xbf"
/* A stream may idle for hours after one large event: its room is not kept. */
#define KEPT_ROOM ((size_t)64 * 1024)

void mp_sse_init(struct mp_sse *sse, size_t max_event)
{
	*sse = (struct mp_sse){ .retry_ms = -1 };
	mp_buf_init(&sse->line, max_event);
	mp_buf_init(&sse->data, max_event);
	mp_buf_init(&sse->type, max_event);
	mp_buf_init(&sse->id, max_event);
	mp_buf_init(&sse->last_id, max_event);
}

void mp_sse_free(struct mp_sse *sse)
{
	mp_buf_free(&sse->line);
	mp_buf_free(&sse->data);
	mp_buf_free(&sse->type);
	mp_buf_free(&sse->id);
	mp_buf_free(&sse->last_id);
}

static void forget(struct mp_buf *buf)
{
	if (buf->room > KEPT_ROOM)
		mp_buf_free(buf);
	else
		mp_buf_clear(buf);
}

static enum mcpass_rc replace(struct mp_buf *buf, struct mp_span value,
    struct mcpass_error *err)
{
	mp_buf_clear(buf);
	mp_buf_add(buf, value.data, value.len);
	return mp_buf_check(buf, "an event of the stream", err);
}

/* One more line of data; the lines are joined by "\n". */
static enum mcpass_rc add_data(struct mp_sse *sse, struct mp_span value,
    struct mcpass_error *err)
{
	if (sse->has_data)
		mp_buf_addc(&sse->data, '\n');
	sse->has_data = true;
	mp_buf_add(&sse->data, value.data, value.len);
	return mp_buf_check(&sse->data, "an event of the stream", err);
}

/* Digits only, and some; a number beyond all sense stays one that can be added to. */
static void set_retry(struct mp_sse *sse, struct mp_span value)
{
	int64_t ms = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return;
		ms = ms * 10 + (value.data[i] - '0');
		if (ms > INT32_MAX)
			ms = INT32_MAX;
	}
	if (value.len > 0)
		sse->retry_ms = ms;
}

/* WHATWG leaves out an id with a NUL; one with another control character could not be sent
 * back either (Last-Event-ID). */
static bool fits_header(struct mp_span value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f)
			return false;
	return true;
}

/* spec: WHATWG HTML 9.2.6, "process the field" */
static enum mcpass_rc take_field(struct mp_sse *sse, struct mp_span name,
    struct mp_span value, struct mcpass_error *err)
{
	if (mp_span_is(name, "data"))
		return add_data(sse, value, err);
	if (mp_span_is(name, "event"))
		return replace(&sse->type, value, err);
	if (mp_span_is(name, "id") && fits_header(value)) {
		sse->has_id = true;
		return replace(&sse->id, value, err);
	}
	if (mp_span_is(name, "retry"))
		set_retry(sse, value);
	return MCPASS_OK;       /* "otherwise the field is ignored" */
}

/* spec: WHATWG HTML 9.2.6, "dispatch the event" */
static enum mcpass_rc dispatch(struct mp_sse *sse, mp_sse_fn *fn, void *ctx,
    struct mcpass_error *err)
{
	struct mp_span id = { mp_buf_text(&sse->id), sse->id.len };
	struct mp_sse_event event;
	enum mcpass_rc rc = MCPASS_OK;

	/* An id counts from the end of its event on: one that was cut short left no id. */
	if (sse->has_id)
		rc = replace(&sse->last_id, id, err);
	event = (struct mp_sse_event){
		.type = sse->type.len > 0 ? sse->type.data : "message",
		.data = mp_buf_text(&sse->data),
		.data_len = sse->data.len,
		.last_id = mp_buf_text(&sse->last_id)
	};
	if (!rc && (sse->has_data || sse->has_id))
		rc = fn(ctx, &event, err);
	forget(&sse->data);
	forget(&sse->type);
	sse->has_data = sse->has_id = false;
	return rc;
}

static enum mcpass_rc take_line(struct mp_sse *sse, struct mp_span line, mp_sse_fn *fn,
    void *ctx, struct mcpass_error *err)
{
	struct mp_span value = { line.data + line.len, 0 };
	const char *colon;

	/* No byte of a BOM ends a line, so it stands at the front of the first. */
	if (!sse->past_bom && line.len >= strlen(BOM) && memcmp(line.data, BOM, strlen(BOM)) == 0) {
		line.data += strlen(BOM);
		line.len -= strlen(BOM);
	}
	sse->past_bom = true;
	if (line.len == 0)
		return dispatch(sse, fn, ctx, err);
	colon = memchr(line.data, ':', line.len);
	if (colon != NULL) {
		value = (struct mp_span){ colon + 1, line.len - (size_t)(colon - line.data) - 1 };
		line.len = (size_t)(colon - line.data);
		if (value.len > 0 && value.data[0] == ' ') {    /* one, not all */
			value.data++;
			value.len--;
		}
	}
	return take_field(sse, line, value, err);   /* a comment is a field without a name */
}

/* Takes a line whose last bytes are these; earlier chunks may have brought its front. */
static enum mcpass_rc end_line(struct mp_sse *sse, struct mp_span tail, mp_sse_fn *fn,
    void *ctx, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (tail.len > sse->line.max)           /* the cap does not depend on the chunks */
		return mp_fail(err, MCPASS_E_LIMIT, NULL,
		    "a line of the stream is larger than %zu bytes", sse->line.max);
	if (sse->line.len == 0)
		return take_line(sse, tail, fn, ctx, err);
	mp_buf_add(&sse->line, tail.data, tail.len);
	rc = mp_buf_check(&sse->line, "a line of the stream", err);
	tail = (struct mp_span){ mp_buf_text(&sse->line), sse->line.len };
	if (!rc)
		rc = take_line(sse, tail, fn, ctx, err);
	forget(&sse->line);
	return rc;
}

static size_t line_len(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && bytes[i] != '\n' && bytes[i] != '\r')
		i++;
	return i;
}

enum mcpass_rc mp_sse_step(struct mp_sse *sse, struct mp_span *bytes, mp_sse_fn *fn, void *ctx,
    struct mcpass_error *err)
{
	const char *at = bytes->data, *end = at + bytes->len;
	struct mp_span line;

	if (sse->after_cr && at < end && *at == '\n')   /* the second half of a CRLF */
		at++;
	sse->after_cr = sse->after_cr && bytes->len == 0;
	line = (struct mp_span){ at, line_len(at, (size_t)(end - at)) };
	at += line.len;
	*bytes = (struct mp_span){ at, (size_t)(end - at) };
	if (at == end) {
		mp_buf_add(&sse->line, line.data, line.len);
		return mp_buf_check(&sse->line, "a line of the stream", err);
	}
	sse->after_cr = *at == '\r';
	*bytes = (struct mp_span){ at + 1, bytes->len - 1 };
	return end_line(sse, line, fn, ctx, err);
}

enum mcpass_rc mp_sse_feed(struct mp_sse *sse, const char *bytes, size_t len, mp_sse_fn *fn,
    void *ctx, struct mcpass_error *err)
{
	struct mp_span rest = { bytes, len };
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && rest.len > 0)
		rc = mp_sse_step(sse, &rest, fn, ctx, err);
	return rc;
}
