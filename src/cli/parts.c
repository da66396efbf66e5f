#include "cli/parts.h"
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "wire/b64url.h"

/* A tool has content, a resource contents, a prompt messages with a content each. */
static const json_t *list_of(const json_t *result)
{
	static const char *const names[] = { "content", "contents", "messages" };

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (json_is_array(json_object_get(result, names[i])))
			return json_object_get(result, names[i]);
	return NULL;
}

size_t mp_parts_count(const json_t *result)
{
	return json_array_size(list_of(result));
}

static const json_t *text_in(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_string(value) ? value : NULL;
}

struct mp_part mp_parts_at(const json_t *result, size_t i)
{
	const json_t *block = json_array_get(list_of(result), i);
	struct mp_part part;

	if (json_is_object(json_object_get(block, "content")))
		block = json_object_get(block, "content");
	if (json_is_object(json_object_get(block, "resource")))
		block = json_object_get(block, "resource");
	part.text = text_in(block, "text");
	part.base64 = text_in(block, "blob");
	if (part.base64 == NULL)
		part.base64 = text_in(block, "data");
	if (part.text != NULL)
		part.base64 = NULL;
	part.media_type = json_string_value(json_object_get(block, "mimeType"));
	return part;
}

size_t mp_parts_with_bytes(const json_t *result)
{
	size_t count = 0;

	for (size_t i = 0; i < mp_parts_count(result); i++)
		count += mp_parts_at(result, i).base64 != NULL;
	return count;
}

size_t mp_parts_with_text(const json_t *result)
{
	size_t count = 0;

	for (size_t i = 0; i < mp_parts_count(result); i++)
		count += json_string_length(mp_parts_at(result, i).text) > 0;
	return count;
}

/* The same digits in the classic alphabet, padded, without white space. */
static void add_usual(struct mp_buf *buf, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '-')
			mp_buf_addc(buf, '+');
		else if (*text == '_')
			mp_buf_addc(buf, '/');
		else if (strchr(" \t\r\n=", *text) == NULL)
			mp_buf_addc(buf, *text);
	while (buf->len % 4 != 0 && !buf->failed)
		mp_buf_addc(buf, '=');
}

enum mcpass_rc mp_part_decode(struct mp_buf *buf, const json_t *base64,
    struct mcpass_error *err)
{
	struct mp_span text = { json_string_value(base64), json_string_length(base64) };
	struct mp_buf usual;
	enum mcpass_rc rc;

	mp_buf_init(&usual, MP_MAX_MESSAGE);
	if (strlen(text.data) == text.len && (strpbrk(text.data, "-_ \t\r\n") != NULL
	        || text.len % 4 != 0)) {
		add_usual(&usual, text.data);
		text = (struct mp_span){ mp_buf_text(&usual), usual.len };
	}
	rc = mp_buf_check(&usual, "the base64", err);
	if (!rc)
		rc = mp_b64_decode(buf, text, err);
	mp_buf_free(&usual);
	return rc;
}

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
