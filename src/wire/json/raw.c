#include "wire/json/raw.h"
#include <stdlib.h>
#include <string.h>
#include "wire/json/scan.h"
#include "base/printable.h"

/* Behind the string that begins at its opening quote. */
static const char *skip_string(const char *at, const char *end)
{
	const char *first = at + 1, *quote = first, *before;

	while (quote < end && (quote = memchr(quote, '"', (size_t)(end - quote))) != NULL) {
		before = quote;
		while (before > first && before[-1] == '\\')
			before--;
		quote++;
		if ((quote - before) % 2 != 0)  /* no backslash, or pairs of them */
			return quote;
	}
	return end;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && is_space(*at))
		at++;
	return at;
}

static struct mp_span trim(struct mp_span value)
{
	while (value.len > 0 && is_space(value.data[0]))
		value = (struct mp_span){ value.data + 1, value.len - 1 };
	while (value.len > 0 && is_space(value.data[value.len - 1]))
		value.len--;
	return value;
}

/* At the ',' or the bracket that ends the value. */
static const char *skip_value(const char *at, const char *end)
{
	size_t depth = 0;

	while (at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
			break;
		if (*at == '{' || *at == '[')
			depth++;
		if (*at == '}' || *at == ']')
			depth--;
		at++;
	}
	return at;
}

bool mp_raw_pair(const char **at, const char *end, struct mp_span *ret_key,
    struct mp_span *ret_value)
{
	const char *p = skip_space(*at, end);

	if (p == end || (*p != '{' && *p != ','))
		return false;
	ret_key->data = skip_space(p + 1, end);
	if (ret_key->data == end || *ret_key->data != '"')
		return false;
	p = skip_string(ret_key->data, end);
	ret_key->len = (size_t)(p - ret_key->data);
	p = skip_space(p, end);
	ret_value->data = p < end ? p + 1 : end;        /* behind the ':' */
	*at = skip_value(ret_value->data, end);
	ret_value->len = (size_t)(*at - ret_value->data);
	return true;
}

bool mp_raw_item(const char **at, const char *end, struct mp_span *ret_item)
{
	const char *p = skip_space(*at, end);

	if (p == end || (*p != '[' && *p != ','))
		return false;
	ret_item->data = skip_space(p + 1, end);
	*at = skip_value(ret_item->data, end);
	ret_item->len = (size_t)(*at - ret_item->data);
	*ret_item = trim(*ret_item);
	return ret_item->len > 0;       /* of an empty array */
}

/* key has its quotes */
static bool is_key(struct mp_span key, const char *name)
{
	return key.len == strlen(name) + 2 && memcmp(key.data + 1, name, strlen(name)) == 0;
}

struct mp_span mp_raw_member(struct mp_span object, const char *name)
{
	struct mp_span key, value, found = { NULL, 0 };
	const char *end, *at = object.data;

	if (at == NULL)
		return found;
	end = at + object.len;
	while (mp_raw_pair(&at, end, &key, &value))
		if (is_key(key, name))
			found = value;          /* of two the last counts, as MP_JSON_LAST has it */
	return found;
}

struct mp_span mp_raw_value(struct mp_span object, const char *name)
{
	return trim(mp_raw_member(object, name));
}

void mp_raw_values(struct mp_span object, const char *const *names, size_t count,
    struct mp_span *ret_values)
{
	const char *end = object.data + object.len, *at = object.data;
	struct mp_span key, value;

	for (size_t i = 0; i < count; i++)
		ret_values[i] = (struct mp_span){ NULL, 0 };
	while (mp_raw_pair(&at, end, &key, &value))
		for (size_t i = 0; i < count; i++)
			if (is_key(key, names[i]))
				ret_values[i] = trim(value);
}

bool mp_raw_text(struct mp_buf *buf, struct mp_span json)
{
	struct mp_scan scan = { .begin = json.data, .at = json.data + 1, .end = json.data + json.len,
		.what = "a text", .mend = true, .text = *buf };

	if (json.len < 2 || json.data[0] != '"')
		return false;
	(void)mp_scan_more_text(&scan);         /* a failure sticks in the buffer */
	*buf = scan.text;
	return true;
}

/* The same of a name that may be written with escapes; quotes and all. */
static bool is_name(struct mp_buf *buf, struct mp_span key, const char *name)
{
	struct mp_buf text;
	bool is;

	if (memchr(key.data, '\\', key.len) == NULL)
		return is_key(key, name);
	mp_buf_init(&text, 3 * key.len);
	(void)mp_raw_text(&text, key);
	is = mp_span_is((struct mp_span){ mp_buf_text(&text), text.len }, name);
	if (text.failed && !buf->failed)
		buf->failed = text.failed;
	mp_buf_free(&text);
	return is;
}

static bool is_any(struct mp_buf *buf, struct mp_span key, const struct mp_member *members,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_name(buf, key, members[i].name))
			return true;
	return false;
}

void mp_raw_put(struct mp_buf *buf, struct mp_span object, const struct mp_member *members,
    size_t count)
{
	const char *end = object.data + object.len, *at = object.data;
	struct mp_span key, value;
	char separator = '{';

	while (mp_raw_pair(&at, end, &key, &value)) {
		if (is_any(buf, key, members, count))
			continue;
		mp_buf_addc(buf, separator);
		mp_buf_add(buf, key.data, (size_t)(value.data + value.len - key.data));
		separator = ',';
	}
	for (size_t i = 0; i < count; i++) {
		if (members[i].json.data == NULL)
			continue;
		mp_buf_addf(buf, "%c\"%s\":", separator, members[i].name);
		mp_buf_add(buf, members[i].json.data, members[i].json.len);
		separator = ',';
	}
	mp_buf_adds(buf, separator == '{' ? "{}" : "}");
}

static int by_place(const void *a, const void *b)
{
	const char *first = ((const struct mp_edit *)a)->from.data;
	const char *second = ((const struct mp_edit *)b)->from.data;

	return (first > second) - (first < second);
}

void mp_raw_edit(struct mp_buf *buf, struct mp_span text, struct mp_edit *edits, size_t count)
{
	const char *at = text.data;

	qsort(edits, count, sizeof(*edits), by_place);
	for (size_t i = 0; i < count; i++) {
		mp_buf_add(buf, at, (size_t)(edits[i].from.data - at));
		mp_buf_add(buf, edits[i].to.data, edits[i].to.len);
		at = edits[i].from.data + edits[i].from.len;
	}
	mp_buf_add(buf, at, (size_t)(text.data + text.len - at));
}

bool mp_raw_is_empty(struct mp_span object)
{
	const char *end = object.data + object.len, *at = skip_space(object.data, end);

	return skip_space(at + 1, end) + 1 >= end || *skip_space(at + 1, end) == '}';
}

size_t mp_raw_one_line(char *text, size_t len)
{
	char *to = text, *end = text + len;

	if (memchr(text, '\n', len) == NULL && memchr(text, '\r', len) == NULL)
		return len;
	for (const char *from = text; from < end; from++)
		if (*from != '\n' && *from != '\r')
			*to++ = *from;
	return (size_t)(to - text);
}

enum mcpass_rc mp_raw_line(struct mp_span json, char **ret_text, struct mcpass_error *err)
{
	char *text = malloc(json.len + 1);

	if (text == NULL)
		return mp_nomem(err);
	memcpy(text, json.data, json.len);
	text[mp_raw_one_line(text, json.len)] = '\0';
	*ret_text = text;
	return MCPASS_OK;
}

/* No line end is left: a line of a stdio transport is a message. */
enum mcpass_rc mp_raw_compact(struct mp_span json, char **ret_text, struct mcpass_error *err)
{
	const char *at = json.data, *end = json.data + json.len;
	char *text = malloc(json.len + 1);
	size_t len = 0;

	if (text == NULL)
		return mp_nomem(err);
	while (at < end) {
		const char *first = at = skip_space(at, end);

		while (at < end && !is_space(*at))
			at = *at == '"' ? skip_string(at, end) : at + 1;
		memcpy(text + len, first, (size_t)(at - first));
		len += (size_t)(at - first);
	}
	text[len] = '\0';
	*ret_text = text;
	return MCPASS_OK;
}

static void break_line(struct mp_buf *buf, size_t depth)
{
	mp_buf_addc(buf, '\n');
	for (size_t i = 0; i < depth; i++)
		mp_buf_adds(buf, "  ");
}

/* A bracket, and what it does to the line; returns behind it, and behind the other one of
 * an empty pair. */
static const char *indent_bracket(struct mp_buf *buf, const char *at, const char *end,
    size_t *depth)
{
	bool opens = *at == '{' || *at == '[';
	const char *next = skip_space(at + 1, end);

	if (opens && next < end && (*next == '}' || *next == ']')) {
		mp_buf_addc(buf, *at);
		mp_buf_addc(buf, *next);
		return next + 1;
	}
	if (!opens)
		break_line(buf, --*depth);
	mp_buf_addc(buf, *at);
	if (opens)
		break_line(buf, ++*depth);
	return at + 1;
}

void mp_raw_indent(struct mp_buf *buf, struct mp_span json)
{
	const char *end = json.data + json.len, *at = skip_space(json.data, end), *first;
	size_t depth = 0;

	while (at < end) {
		first = at;
		if (strchr("{[}]", *at) != NULL) {
			at = indent_bracket(buf, at, end, &depth);
		} else if (*at == '"') {
			at = skip_string(at, end);
			mp_buf_add(buf, first, (size_t)(at - first));
		} else {
			mp_buf_addc(buf, *at++);
			if (*first == ',')
				break_line(buf, depth);
			else if (*first == ':')
				mp_buf_addc(buf, ' ');
		}
		at = skip_space(at, end);
	}
}

/* spec: RFC 8259 7 (two units of UTF-16 beyond U+FFFF) */
static void add_escape(struct mp_buf *buf, uint32_t code)
{
	if (code > 0xffff) {
		code -= 0x10000;
		mp_buf_addf(buf, "\\u%04x\\u%04x", 0xd800 + (unsigned)(code >> 10),
		    0xdc00 + (unsigned)(code & 0x3ff));
	} else {
		mp_buf_addf(buf, "\\u%04x", (unsigned)code);
	}
}

void mp_raw_visible(struct mp_buf *buf, const char *json)
{
	struct mp_char c = mp_char_first(json);

	for (; c.len > 0; c = mp_char_first(json)) {
		/* Of the controls JSON has white space only, between its values. */
		if (c.is_shown || is_space(*json))
			mp_buf_add(buf, json, c.len);
		else
			add_escape(buf, c.code);
		json += c.len;
	}
}
