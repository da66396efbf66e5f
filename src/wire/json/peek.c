#include "wire/json/peek.h"
#include <stdint.h>
#include <string.h>
#include "base/limits.h"
#include "wire/json/scan.h"
#include "wire/json/utf8.h"

#define BOM "\xef\xbb\xbf"
#define REPLACEMENT "\xef\xbf\xbd"

struct peek {
	struct mp_scan scan;
	uint8_t is_object[MP_MAX_MESSAGE_DEPTH / 8 + 1];        /* a bit for each level */
	size_t depth;
	const char *const *names;
	struct mp_span *values;
	size_t count;
	bool seen[8];           /* of names */
	size_t wanted;          /* which of them the value at hand belongs to; count: none */
};

static bool in_object(const struct peek *c)
{
	return c->depth > 0 && (c->is_object[(c->depth - 1) / 8] >> (c->depth - 1) % 8 & 1) != 0;
}

static void push(struct peek *c, bool is_object)
{
	uint8_t bit = (uint8_t)(1u << c->depth % 8), *byte = &c->is_object[c->depth / 8];

	*byte = (uint8_t)(is_object ? *byte | bit : *byte & ~bit);
	c->depth++;
}

/* Which of the names stands between first and the scan's place, quotes and all. */
static enum mcpass_rc find_wanted(struct peek *c, const char *first)
{
	struct mp_span name = { first + 1, (size_t)(c->scan.at - first) - 2 };
	bool has_escape = memchr(name.data, '\\', name.len) != NULL;
	size_t i = 0;

	if (has_escape) {       /* it may be one of them all the same */
		enum mcpass_rc rc;

		c->scan.at = first + 1;
		c->scan.mend = true;
		rc = mp_scan_text(&c->scan);
		if (rc)
			return rc;
		name = (struct mp_span){ mp_buf_text(&c->scan.text), c->scan.text.len };
	}
	while (i < c->count && !mp_span_is(name, c->names[i]))
		i++;
	c->wanted = i;
	if (i == c->count)
		return MCPASS_OK;
	if (c->seen[i])         /* two readers, two meanings */
		return mp_scan_refuse(&c->scan, "RFC 7493 2.3", "a member name given twice");
	c->seen[i] = true;
	return MCPASS_OK;
}

static enum mcpass_rc check_name(struct peek *c)
{
	struct mp_scan *scan = &c->scan;
	const char *first;
	enum mcpass_rc rc;

	mp_scan_skip_space(scan);
	first = scan->at;
	if (!mp_scan_take(scan, '"'))
		return mp_scan_refuse(scan, "RFC 8259 4", "no member name");
	rc = mp_scan_skip_text(scan);
	if (!rc && c->depth == 1)
		rc = find_wanted(c, first);
	if (rc)
		return rc;
	mp_scan_skip_space(scan);
	return mp_scan_take(scan, ':') ? MCPASS_OK : mp_scan_refuse(scan, "RFC 8259 4", "no ':'");
}

/* The value of a member that is asked for has ended. */
static void note_end(struct peek *c)
{
	struct mp_span *value;

	if (c->depth != 1 || c->wanted == c->count)
		return;
	value = &c->values[c->wanted];
	value->len = (size_t)(c->scan.at - value->data);
	if (mp_span_is(*value, "null"))
		*value = (struct mp_span){ NULL, 0 };
	c->wanted = c->count;
}

static bool take_end(struct peek *c)
{
	mp_scan_skip_space(&c->scan);
	if (!mp_scan_take(&c->scan, in_object(c) ? '}' : ']'))
		return false;
	c->depth--;
	return true;
}

static enum mcpass_rc begin_item(struct peek *c)
{
	return in_object(c) ? check_name(c) : MCPASS_OK;
}

/* Behind a value: the next one's front, or the end of what is open. */
static enum mcpass_rc next_item(struct peek *c)
{
	note_end(c);
	while (c->depth > 0) {
		bool is_object = in_object(c);

		mp_scan_skip_space(&c->scan);
		if (mp_scan_take(&c->scan, ','))
			return begin_item(c);
		if (!take_end(c))
			return mp_scan_refuse(&c->scan, is_object ? "RFC 8259 4" : "RFC 8259 5",
			    is_object ? "no ',' or '}'" : "no ',' or ']'");
		note_end(c);
	}
	return MCPASS_OK;
}

static enum mcpass_rc check_value(struct peek *c)
{
	struct mp_scan *scan = &c->scan;
	bool is_object;
	enum mcpass_rc rc;

	mp_scan_skip_space(scan);
	if (c->depth == 1 && c->wanted < c->count)
		c->values[c->wanted].data = scan->at;
	is_object = mp_scan_take(scan, '{');
	if (!is_object && !mp_scan_take(scan, '[')) {
		rc = mp_scan_skip_scalar(scan);
		return rc ? rc : next_item(c);
	}
	if (c->depth >= MP_MAX_MESSAGE_DEPTH)
		return mp_fail(scan->err, MCPASS_E_LIMIT, NULL, "%s is nested deeper than %d levels",
		    scan->what, MP_MAX_MESSAGE_DEPTH);
	push(c, is_object);
	return take_end(c) ? next_item(c) : begin_item(c);
}

enum mcpass_rc mp_json_peek(struct mp_span text, const char *what, const char *const *names,
    size_t count, struct mp_span *ret_values, struct mcpass_error *err)
{
	struct peek c = { .names = names, .values = ret_values, .count = count, .wanted = count,
		.scan = { .begin = text.data, .at = text.data, .end = text.data + text.len,
		    .what = what, .err = err } };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count; i++)
		ret_values[i] = (struct mp_span){ NULL, 0 };
	mp_buf_init(&c.scan.text, 3 * text.len + 16);
	do
		rc = check_value(&c);
	while (!rc && c.depth > 0);
	mp_scan_skip_space(&c.scan);
	if (!rc && c.scan.at < c.scan.end)
		rc = mp_scan_refuse(&c.scan, "RFC 8259 2", "something after the value");
	mp_buf_free(&c.scan.text);
	if (rc && text.len > 0 && text.data[0] == '<')
		mp_hint(err, "A web page came instead of JSON: check the URL.");
	return rc;
}

enum mcpass_rc mp_json_utf8(struct mp_span text, struct mp_buf *room, struct mp_span *ret_text,
    struct mcpass_error *err)
{
	size_t good;
	enum mcpass_rc rc;

	if (text.len >= strlen(BOM) && memcmp(text.data, BOM, strlen(BOM)) == 0)
		text = (struct mp_span){ text.data + strlen(BOM), text.len - strlen(BOM) };
	good = mp_utf8_prefix(text.data, text.len);
	if (good == text.len) {
		*ret_text = text;
		return MCPASS_OK;
	}
	mp_buf_init(room, 3 * text.len);
	while (good < text.len) {
		mp_buf_add(room, text.data, good);
		mp_buf_adds(room, REPLACEMENT);
		text = (struct mp_span){ text.data + good + 1, text.len - good - 1 };
		good = mp_utf8_prefix(text.data, text.len);
	}
	mp_buf_add(room, text.data, text.len);
	rc = mp_buf_check(room, "the text", err);
	if (!rc)
		*ret_text = (struct mp_span){ mp_buf_text(room), room->len };
	return rc;
}
