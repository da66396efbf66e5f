/* Results of MCP requests as text. */
#include "ui/mcp_result.h"
#include "base/limits.h"
#include "ui/humanize.h"
#include "wire/json/raw.h"

/* Room for a text of that many bytes and more is made at once. */
#define LONG ((size_t)256 * 1024)

/* Text that is decoded; false: it is absent, or something else. */
static bool get(struct mp_span value, struct mp_buf *ret_text)
{
	mp_buf_init(ret_text, value.len * 3 + 16);
	return mp_raw_text(ret_text, value);
}

static void end_line(struct mp_buf *buf)
{
	if (buf->len > 0 && buf->data[buf->len - 1] != '\n')
		mp_buf_addc(buf, '\n');
}

/* Memory that ran out on the way is told by the buffer at the end. */
static void fail_with(struct mp_buf *buf, const struct mp_buf *part)
{
	if (part->failed && !buf->failed)
		buf->failed = part->failed;
}

/* The bytes that a base64 text stands for. */
static uint64_t decoded_size(struct mp_span base64)
{
	size_t len = base64.len - 2;

	while (len > 0 && base64.data[len] == '=')
		len--;
	return (uint64_t)len * 3 / 4;
}

static void add_named(struct mp_buf *buf, struct mp_span value, bool *any)
{
	struct mp_buf text;

	if (get(value, &text)) {
		mp_buf_adds(buf, *any ? ", " : " ");
		mp_term_add_line(buf, mp_buf_text(&text), 0);
		*any = true;
	}
	fail_with(buf, &text);
	mp_buf_free(&text);
}

/* "[image: image/png, 12.3 kB]" */
static void add_summary(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_part *part)
{
	char size[MP_WORDS_ROOM];
	bool any = false;
	struct mp_buf type;

	mp_buf_init(&type, part->type.len * 3 + 16);
	if (part->is_resource)
		mp_buf_adds(&type, "resource");
	else if (!mp_raw_text(&type, part->type))
		mp_buf_adds(&type, "unknown");
	mp_buf_addf(buf, "%s[", mp_paint(term, MP_DIM));
	mp_term_add_line(buf, mp_buf_text(&type), 0);
	mp_buf_addc(buf, ':');
	add_named(buf, part->uri, &any);
	add_named(buf, part->media_type, &any);
	if (part->bytes.data != NULL) {
		mp_humanize_size(size, decoded_size(part->bytes));
		mp_buf_addf(buf, "%s %s", any ? "," : "", size);
	}
	mp_buf_addf(buf, "]%s\n", mp_paint(term, MP_PLAIN));
	fail_with(buf, &type);
	mp_buf_free(&type);
}

/* As it is into a pipe, made harmless for a terminal. */
static void add_text(struct mp_buf *buf, const struct mp_term *term, struct mp_span text)
{
	struct mp_buf decoded;

	if (!term->is_terminal) {
		(void)mp_raw_text(buf, text);
		return;
	}
	mp_buf_init(&decoded, text.len * 3 + 16);
	(void)mp_raw_text(&decoded, text);
	mp_term_add(buf, term, mp_buf_text(&decoded));
	fail_with(buf, &decoded);
	mp_buf_free(&decoded);
}

void mp_mcp_result_line(struct mp_buf *buf, const struct mp_term *term, struct mp_span text)
{
	if (text.len <= 2)      /* nothing between its quotes */
		return;
	add_text(buf, term, text);
	end_line(buf);
}

static void add_role(struct mp_buf *buf, const struct mp_term *term, struct mp_span role)
{
	struct mp_buf text;

	if (!get(role, &text))
		mp_buf_adds(&text, "?");
	mp_buf_adds(buf, mp_paint(term, MP_BOLD));
	mp_term_add_line(buf, mp_buf_text(&text), 0);
	mp_buf_addf(buf, ":%s ", mp_paint(term, MP_PLAIN));
	fail_with(buf, &text);
	mp_buf_free(&text);
}

void mp_mcp_result_show(struct mp_buf *buf, const struct mp_term *term, const struct mp_parts *parts)
{
	if (!term->is_terminal && parts->len > LONG && parts->len <= MP_MAX_MESSAGE)
		mp_buf_reserve(buf, parts->len);       /* text is shorter than its JSON, mostly */
	for (size_t i = 0; i < parts->count; i++) {
		const struct mp_part *part = &parts->items[i];

		if (part->is_message)
			add_role(buf, term, part->role);
		if (part->text.data == NULL)
			add_summary(buf, term, part);
		else
			add_text(buf, term, part->text);
		end_line(buf);
	}
	if (parts->count > 0 || parts->structured.data == NULL)
		return;
	mp_term_add_json(buf, term, parts->structured);
	mp_buf_addc(buf, '\n');
}
