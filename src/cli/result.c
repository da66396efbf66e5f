#include "cli/result.h"
#include <string.h>
#include "cli/words.h"
#include "wire/json_raw.h"

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void end_line(struct mp_buf *buf)
{
	if (buf->len > 0 && buf->data[buf->len - 1] != '\n')
		mp_buf_addc(buf, '\n');
}

/* The bytes that a base64 text stands for. */
static uint64_t decoded_size(const json_t *base64)
{
	const char *text = json_string_value(base64);
	size_t len = json_string_length(base64);

	while (len > 0 && text[len - 1] == '=')
		len--;
	return (uint64_t)len * 3 / 4;
}

/* "[image: image/png, 12.3 kB]" */
static void add_summary(struct mp_buf *buf, const struct mp_term *term, const char *kind,
    const char *what, const char *media_type, const json_t *base64)
{
	char size[MP_WORDS_ROOM];

	mp_buf_addf(buf, "%s[", mp_paint(term, MP_DIM));
	mp_term_add_line(buf, kind, 0);
	mp_buf_addc(buf, ':');
	if (what != NULL) {
		mp_buf_addc(buf, ' ');
		mp_term_add_line(buf, what, 0);
	}
	if (media_type != NULL) {
		mp_buf_adds(buf, what != NULL ? ", " : " ");
		mp_term_add_line(buf, media_type, 0);
	}
	if (json_is_string(base64)) {
		mp_words_size(size, decoded_size(base64));
		mp_buf_addf(buf, "%s %s", what != NULL || media_type != NULL ? "," : "", size);
	}
	mp_buf_addf(buf, "]%s\n", mp_paint(term, MP_PLAIN));
}

static void add_contents(struct mp_buf *buf, const struct mp_term *term, const json_t *part)
{
	const char *text = text_of(part, "text");

	if (text != NULL)
		mp_term_add(buf, term, text);
	else
		add_summary(buf, term, "resource", text_of(part, "uri"), text_of(part, "mimeType"),
		    json_object_get(part, "blob"));
	end_line(buf);
}

static void add_block(struct mp_buf *buf, const struct mp_term *term, const json_t *block)
{
	const char *type = text_of(block, "type"), *text = text_of(block, "text");

	if (type == NULL)
		type = "unknown";
	if (strcmp(type, "text") == 0 && text != NULL) {
		mp_term_add(buf, term, text);
		end_line(buf);
	} else if (strcmp(type, "resource") == 0) {
		add_contents(buf, term, json_object_get(block, "resource"));
	} else {
		add_summary(buf, term, type, text_of(block, "uri"), text_of(block, "mimeType"),
		    json_object_get(block, "data"));
	}
}

static void add_json(struct mp_buf *buf, const struct mp_term *term, const json_t *json)
{
	char *text = json_dumps(json, JSON_ENCODE_ANY);

	if (text != NULL)
		mp_term_add_json(buf, term, (struct mp_span){ text, strlen(text) });
	else
		buf->failed = MCPASS_E_NOMEM;
	mp_free_wiped(text);
	mp_buf_addc(buf, '\n');
}

void mp_result_tool(struct mp_buf *buf, const struct mp_term *term, const json_t *result,
    const char *text)
{
	struct mp_span raw = { NULL, 0 };
	const json_t *content = json_object_get(result, "content"), *block;
	const json_t *structured = json_object_get(result, "structuredContent");
	size_t i;

	json_array_foreach (content, i, block)
		add_block(buf, term, block);
	if (json_array_size(content) > 0 || structured == NULL || json_is_null(structured))
		return;
	if (text != NULL)
		raw = mp_raw_member((struct mp_span){ text, strlen(text) }, "structuredContent");
	if (raw.data != NULL) {
		mp_term_add_json(buf, term, raw);
		mp_buf_addc(buf, '\n');
	} else {
		add_json(buf, term, structured);
	}
}

void mp_result_prompt(struct mp_buf *buf, const struct mp_term *term, const json_t *result)
{
	const json_t *messages = json_object_get(result, "messages"), *message;
	size_t i;

	json_array_foreach (messages, i, message) {
		const char *role = text_of(message, "role");

		mp_buf_adds(buf, mp_paint(term, MP_BOLD));
		mp_term_add_line(buf, role != NULL ? role : "?", 0);
		mp_buf_addf(buf, ":%s ", mp_paint(term, MP_PLAIN));
		add_block(buf, term, json_object_get(message, "content"));
	}
}

void mp_result_resource(struct mp_buf *buf, const struct mp_term *term, const json_t *result)
{
	const json_t *contents = json_object_get(result, "contents"), *part;
	size_t i;

	json_array_foreach (contents, i, part)
		add_contents(buf, term, part);
}

bool mp_result_is_error(const json_t *result)
{
	return json_is_true(json_object_get(result, "isError"));
}
