#include "bridge/lines.h"
#include <string.h>
#include "base/limits.h"

void mp_lines_init(struct mp_lines *lines, size_t max)
{
	*lines = (struct mp_lines){ .max = max };
	mp_buf_init(&lines->held, max + 1);
}

void mp_lines_free(struct mp_lines *lines)
{
	mp_buf_free(&lines->held);
}

/* --- a line that is too long --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void keep_tail(struct mp_lines *lines, struct mp_span part)
{
	size_t kept;

	if (part.len >= MP_LINE_END) {
		memcpy(lines->tail, part.data + part.len - MP_LINE_END, MP_LINE_END);
		lines->tail_len = MP_LINE_END;
		return;
	}
	kept = lines->tail_len + part.len > MP_LINE_END ? MP_LINE_END - part.len : lines->tail_len;
	memmove(lines->tail, lines->tail + lines->tail_len - kept, kept);
	memcpy(lines->tail + kept, part.data, part.len);
	lines->tail_len = kept + part.len;
}

static void keep_head(struct mp_lines *lines, struct mp_span part)
{
	size_t more = MP_LINE_END - lines->head_len;

	more = part.len < more ? part.len : more;
	memcpy(lines->head + lines->head_len, part.data, more);
	lines->head_len += more;
}

static void begin_skipping(struct mp_lines *lines)
{
	struct mp_span held = { mp_buf_text(&lines->held), lines->held.len };

	lines->is_skipping = true;
	lines->tail_len = lines->head_len = 0;
	keep_head(lines, held);
	keep_tail(lines, held);
	mp_buf_free(&lines->held);
	mp_buf_init(&lines->held, lines->max + 1);
}

/* The value that begins there: a number or a string. */
static struct mp_span value_at(const char *at, const char *end)
{
	const char *last = at;

	if (at < end && *at == '"') {
		for (last = at + 1; last < end && *last != '"'; last++)
			if (*last == '\\')
				last++;
		last++;
	} else {
		while (last < end && *last != '\0' && strchr("-+.eE0123456789", *last) != NULL)
			last++;
	}
	return last <= end && last > at ? (struct mp_span){ at, (size_t)(last - at) }
	    : (struct mp_span){ NULL, 0 };
}

static struct mp_span id_in_head(const struct mp_lines *lines)
{
	static const char *const begins[] = { "{\"jsonrpc\":\"2.0\",\"id\":", "{\"id\":",
		"{\"jsonrpc\": \"2.0\", \"id\": ", "{\"id\": " };

	for (size_t i = 0; i < MP_COUNT(begins); i++) {
		size_t len = strlen(begins[i]);

		if (lines->head_len > len && memcmp(lines->head, begins[i], len) == 0)
			return value_at(lines->head + len, lines->head + lines->head_len);
	}
	return (struct mp_span){ NULL, 0 };
}

/* Only as the very last member: what stands before it may be an argument of the same name. */
static struct mp_span id_in_tail(const struct mp_lines *lines)
{
	const char *end = lines->tail + lines->tail_len;

	for (const char *at = end; at > lines->tail; at--) {
		struct mp_span id;

		if (end - at < 6 || memcmp(at - 1, ",\"id\":", 6) != 0)
			continue;
		id = value_at(at + 5, end);
		return id.data != NULL && end - (id.data + id.len) == 1 && end[-1] == '}' ? id
		    : (struct mp_span){ NULL, 0 };
	}
	return (struct mp_span){ NULL, 0 };
}

struct mp_span mp_lines_find_id(const struct mp_lines *lines)
{
	struct mp_span id = id_in_head(lines);

	return id.data != NULL ? id : id_in_tail(lines);
}

/* --- lines --- */

static struct mp_span trim(struct mp_span line)
{
	while (line.len > 0 && is_blank(line.data[line.len - 1]))
		line.len--;
	while (line.len > 0 && is_blank(line.data[0]))
		line = (struct mp_span){ line.data + 1, line.len - 1 };
	return line;
}

static enum mcpass_rc hold(struct mp_lines *lines, struct mp_span part, struct mcpass_error *err)
{
	if (!lines->is_skipping && lines->held.len + part.len > lines->max)
		begin_skipping(lines);
	if (lines->is_skipping) {
		keep_head(lines, part);
		keep_tail(lines, part);
		return MCPASS_OK;
	}
	mp_buf_add(&lines->held, part.data, part.len);
	return mp_buf_check(&lines->held, "a line of the host", err);
}

static void forget(struct mp_lines *lines)
{
	mp_buf_free(&lines->held);
	mp_buf_init(&lines->held, lines->max + 1);
	lines->is_given = false;
}

void mp_lines_rest(struct mp_lines *lines)
{
	if (lines->is_given || lines->held.len == 0)
		forget(lines);
}

/* The line that was given out is not needed any more. */
static void let_go(struct mp_lines *lines)
{
	if (lines->held.room > MP_KEPT_ROOM)
		forget(lines);
	mp_buf_clear(&lines->held);
	lines->is_given = false;
}

static enum mp_line_kind end_line(struct mp_lines *lines, struct mp_span *ret_line)
{
	if (lines->is_skipping) {
		lines->is_skipping = false;
		while (lines->tail_len > 0 && is_blank(lines->tail[lines->tail_len - 1]))
			lines->tail_len--;
		return MP_LINE_TOO_LONG;
	}
	lines->is_given = true;
	*ret_line = trim((struct mp_span){ mp_buf_text(&lines->held), lines->held.len });
	return ret_line->len > 0 ? MP_LINE_WHOLE : MP_LINE_NONE;
}

/* Up to the next newline, or all of it.  True: there was one. */
static bool take_part(struct mp_span *input, struct mp_span *ret_part)
{
	const char *newline = memchr(input->data, '\n', input->len);
	size_t len = newline != NULL ? (size_t)(newline - input->data) : input->len;
	size_t step = newline != NULL ? len + 1 : len;

	*ret_part = (struct mp_span){ input->data, len };
	*input = (struct mp_span){ input->data + step, input->len - step };
	return newline != NULL;
}

enum mcpass_rc mp_lines_next(struct mp_lines *lines, struct mp_span *input,
    enum mp_line_kind *ret_kind, struct mp_span *ret_line, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_span part;

	*ret_kind = MP_LINE_NONE;
	while (!rc && *ret_kind == MP_LINE_NONE && input->len > 0) {
		bool ends = take_part(input, &part);

		if (lines->is_given)
			let_go(lines);
		if (ends && lines->held.len == 0 && !lines->is_skipping && part.len <= lines->max) {
			*ret_line = trim(part);         /* no copy: it is all there */
			*ret_kind = ret_line->len > 0 ? MP_LINE_WHOLE : MP_LINE_NONE;
			continue;
		}
		rc = hold(lines, part, err);
		if (!rc && ends)
			*ret_kind = end_line(lines, ret_line);
	}
	return rc;
}

enum mcpass_rc mp_lines_last(struct mp_lines *lines, enum mp_line_kind *ret_kind,
    struct mp_span *ret_line, struct mcpass_error *err)
{
	struct mp_span end = { "\n", 1 };

	return mp_lines_next(lines, &end, ret_kind, ret_line, err);
}
