#include "ui/parts.h"
#include <stdlib.h>
#include <string.h>
#include "wire/json/raw.h"

/* Room for so much and more is made at once. */
#define LONG ((size_t)256 * 1024)

enum { CONTENT, CONTENTS, MESSAGES, STRUCTURED, IS_ERROR, RESULT_MEMBERS };
static const char *const result_names[RESULT_MEMBERS] = {
	[CONTENT] = "content", [CONTENTS] = "contents", [MESSAGES] = "messages",
	[STRUCTURED] = "structuredContent", [IS_ERROR] = "isError",
};
enum { TYPE, TEXT, DATA, BLOB, URI, MEDIA_TYPE, RESOURCE, ROLE, MESSAGE_CONTENT, PART_MEMBERS };
static const char *const part_names[PART_MEMBERS] = {
	[TYPE] = "type", [TEXT] = "text", [DATA] = "data", [BLOB] = "blob", [URI] = "uri",
	[MEDIA_TYPE] = "mimeType", [RESOURCE] = "resource", [ROLE] = "role",
	[MESSAGE_CONTENT] = "content",
};

/* As some servers write it. */
static bool says_true(struct mp_span value)
{
	return mp_span_is(value, "\"true\"") || mp_span_is(value, "\"True\"") || mp_span_is(value, "1");
}

static bool is_text(struct mp_span value)
{
	return value.len > 1 && value.data[0] == '"';
}

/* Some servers write the text where the block should be, or leave its type out. */
static void read_part(struct mp_span item, bool is_resource, struct mp_part *part)
{
	struct mp_span values[PART_MEMBERS];

	if (is_text(item)) {
		part->text = item;
		return;
	}

	mp_raw_values(item, part_names, PART_MEMBERS, values);
	if (!is_resource && mp_span_is(values[TYPE], "\"resource\"")) {
		is_resource = true;
		mp_raw_values(values[RESOURCE], part_names, PART_MEMBERS, values);
	}
	part->is_resource = is_resource;
	part->type = values[TYPE];
	if (is_resource || values[TYPE].data == NULL || mp_span_is(values[TYPE], "\"text\""))
		part->text = is_text(values[TEXT]) ? values[TEXT] : part->text;
	part->bytes = values[is_resource ? BLOB : DATA];
	if (!is_text(part->bytes))
		part->bytes = (struct mp_span){ NULL, 0 };
	part->uri = values[URI];
	part->media_type = values[MEDIA_TYPE];
}

static void read_message(struct mp_span item, struct mp_part *part)
{
	struct mp_span values[PART_MEMBERS];

	mp_raw_values(item, part_names, PART_MEMBERS, values);
	read_part(values[MESSAGE_CONTENT], false, part);
	part->is_message = true;
	part->role = values[ROLE];
}

/* The next item of a list; what is no list, but a text or an object, is its only item. */
static bool next_item(struct mp_span list, const char **at, struct mp_span *ret_item)
{
	if (list.data == NULL || *at == list.data + list.len)
		return false;
	if (*list.data == '[')
		return mp_raw_item(at, list.data + list.len, ret_item);
	*at = list.data + list.len;
	*ret_item = list;
	return is_text(list) || *list.data == '{';
}

static enum mcpass_rc add_part(struct mp_parts *parts, struct mp_part **ret_part,
    struct mcpass_error *err)
{
	struct mp_part *grown;

	if ((parts->count & (parts->count - 1)) == 0) {       /* at 0, 1, 2, 4, 8 ... it is full */
		grown = realloc(parts->items, (parts->count * 2 + 1) * sizeof(*grown));
		if (grown == NULL) {
			(void)mp_nomem(err);
			return MCPASS_E_NOMEM;
		}
		parts->items = grown;
	}
	*ret_part = &parts->items[parts->count++];
	**ret_part = (struct mp_part){ .is_message = false };
	return MCPASS_OK;
}

enum mcpass_rc mp_parts_read(const char *text, struct mp_parts *ret_parts,
    struct mcpass_error *err)
{
	struct mp_parts parts = { 0 };
	struct mp_span values[RESULT_MEMBERS], list, item;
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_part *part = NULL;
	const char *at;

	mp_raw_values((struct mp_span){ text, strlen(text) }, result_names, RESULT_MEMBERS, values);
	list = values[CONTENTS].data != NULL ? values[CONTENTS]
	    : values[MESSAGES].data != NULL ? values[MESSAGES] : values[CONTENT];
	at = list.data;
	while (!rc && next_item(list, &at, &item)) {
		rc = add_part(&parts, &part, err);
		if (!rc && list.data == values[MESSAGES].data)
			read_message(item, part);
		else if (!rc)
			read_part(item, list.data == values[CONTENTS].data, part);
	}
	parts.structured = mp_span_is(values[STRUCTURED], "null") ? (struct mp_span){ NULL, 0 }
	    : values[STRUCTURED];
	parts.is_odd_error = says_true(values[IS_ERROR]);
	parts.is_error = parts.is_odd_error || mp_span_is(values[IS_ERROR], "true");
	parts.len = strlen(text);
	if (rc)
		mp_parts_free(&parts);
	else
		*ret_parts = parts;
	return rc;
}

void mp_parts_free(struct mp_parts *parts)
{
	free(parts->items);
	*parts = (struct mp_parts){ 0 };
}

size_t mp_parts_with_bytes(const struct mp_parts *parts)
{
	size_t count = 0;

	for (size_t i = 0; i < parts->count; i++)
		count += parts->items[i].bytes.data != NULL ? 1 : 0;
	return count;
}

size_t mp_parts_with_text(const struct mp_parts *parts)
{
	size_t count = 0;

	for (size_t i = 0; i < parts->count; i++)
		count += parts->items[i].text.len > 2 ? 1 : 0;  /* more than its quotes */
	return count;
}

/* --- base64 --- */

/* The value of a character of either alphabet, -1: of none.  spec: RFC 4648 4, 5 */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

static enum mcpass_rc put_bytes(struct mp_part_decoder *d, struct mcpass_error *err)
{
	size_t len = d->len;

	d->len = 0;
	return len > 0 ? d->put(d->ctx, d->bytes, len, err) : MCPASS_OK;
}

static enum mcpass_rc put_group(struct mp_part_decoder *d, unsigned bytes, struct mcpass_error *err)
{
	for (; bytes > 0; bytes--, d->bits <<= 8)
		d->bytes[d->len++] = (char)(d->bits >> 16 & 0xff);
	d->bits = 0;
	d->count = 0;
	return d->len + 3 > sizeof(d->bytes) ? put_bytes(d, err) : MCPASS_OK;
}

static enum mcpass_rc no_base64(struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 4648 4", "what should be bytes is no base64");
}

static enum mcpass_rc take(struct mp_part_decoder *d, char c, struct mcpass_error *err)
{
	int value = value_of(c);

	if (c == '=') {
		d->ended = true;
		return MCPASS_OK;
	}
	if (value < 0 || d->ended)
		return no_base64(err);
	d->bits |= (uint32_t)value << (18 - 6 * d->count);
	return ++d->count == 4 ? put_group(d, 3, err) : MCPASS_OK;
}

/* White space of JSON text, where line ends are escapes. */
static bool is_blank(bool is_escape, char c)
{
	return is_escape ? c == 'n' || c == 'r' || c == 't' : c == ' ';
}

enum mcpass_rc mp_part_decoder_add(struct mp_part_decoder *d, struct mp_span piece,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < piece.len; i++) {
		bool is_escape = d->is_escape;
		char c = piece.data[i];

		d->is_escape = !is_escape && c == '\\';
		if (d->is_escape || is_blank(is_escape, c))
			continue;
		rc = is_escape && c != '/' ? no_base64(err) : take(d, c, err);
	}
	return rc;
}

enum mcpass_rc mp_part_decoder_end(struct mp_part_decoder *d, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (d->count == 1 || d->is_escape)
		return no_base64(err);
	if (d->count > 1)
		rc = put_group(d, d->count - 1, err);
	return rc ? rc : put_bytes(d, err);
}

static enum mcpass_rc add_bytes(void *ctx, const char *bytes, size_t len, struct mcpass_error *err)
{
	mp_buf_add(ctx, bytes, len);
	return mp_buf_check(ctx, "the bytes", err);
}

enum mcpass_rc mp_part_decode(struct mp_buf *buf, struct mp_span base64, struct mcpass_error *err)
{
	struct mp_part_decoder d = { .put = add_bytes, .ctx = buf };
	enum mcpass_rc rc;

	if (base64.len > LONG)
		mp_buf_reserve(buf, base64.len / 4 * 3);
	rc = mp_part_decoder_add(&d, (struct mp_span){ base64.data + 1, base64.len - 2 }, err);
	if (!rc)
		rc = mp_part_decoder_end(&d, err);
	return rc ? rc : mp_buf_check(buf, "the bytes", err);
}

/* --- files --- */

/* Where the name's extension begins, or where the name ends: "a/x.png", "a.b/x", ".x" */
static size_t stem_length(const char *path)
{
	const char *name = strrchr(path, '/'), *dot;

	name = name != NULL ? name + 1 : path;
	dot = strrchr(name, '.');
	return dot != NULL && dot != name ? (size_t)(dot - path) : strlen(path);
}

char *mp_parts_path(const char *path, size_t nth)
{
	size_t stem = stem_length(path);
	struct mp_buf buf;
	char *text = NULL;

	mp_buf_init(&buf, strlen(path) + 32);
	mp_buf_add(&buf, path, stem);
	if (nth > 1)
		mp_buf_addf(&buf, "-%zu", nth);
	mp_buf_adds(&buf, path + stem);
	(void)mp_buf_take(&buf, "a name", &text, NULL);
	return text;
}
