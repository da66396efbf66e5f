/* Lists as text.  Every word of them was written by a server. */
#include <string.h>
#include "base/limits.h"
#include "cli/show/listing.h"

#define INDENT 4u
#define MAX_NAME 24u            /* columns; longer names push their line to the right */
#define MAX_TYPE 20u

/* "integer 1-10", "string", "string|null", "a|b|c" for an enumeration */
static void add_type(struct mp_buf *buf, const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type"), *item;
	const json_t *choices = json_object_get(schema, "enum"), *among = choices;
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *most = json_object_get(schema, "maximum");
	size_t i;

	if (!json_is_array(among))
		among = type;
	json_array_foreach (among, i, item) {
		mp_buf_adds(buf, i > 0 ? "|" : "");
		mp_term_add_line(buf, json_is_string(item) ? json_string_value(item) : "?", MAX_TYPE);
	}
	if (!json_is_array(among))
		mp_term_add_line(buf, json_is_string(type) ? json_string_value(type) : "any", MAX_TYPE);
	if (json_is_integer(least) && json_is_integer(most))
		mp_buf_addf(buf, " %" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT,
		    json_integer_value(least), json_integer_value(most));
}

static bool is_required(const json_t *required, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (required, i, item)
		if (mp_eq(json_string_value(item), name))
			return true;
	return false;
}

struct columns {
	unsigned name, type;            /* type 0: there are no types (a prompt) */
};

/* Pads what was added since start to columns, and two more. */
static void pad_from(struct mp_buf *buf, size_t start, unsigned columns)
{
	unsigned used = buf->failed || buf->len == start ? 0 : mp_term_columns(buf->data + start);

	mp_term_pad(buf, used < columns ? columns - used + 2 : 2);
}

/* "    message*  string  What to say"; the * says that it is required. */
static void add_argument(struct mp_buf *buf, const struct mp_term *term,
    const struct columns *columns, const char *name, const json_t *schema, bool required)
{
	const char *about = mp_json_text(schema, "description");
	unsigned used = INDENT + columns->name + columns->type + 4;
	size_t start;

	mp_term_pad(buf, INDENT);
	start = buf->len;
	mp_term_add_line(buf, name, 0);
	mp_buf_adds(buf, required ? "*" : "");
	if (columns->type > 0) {
		pad_from(buf, start, columns->name);
		start = buf->len;
		add_type(buf, schema);
	}
	if (about != NULL) {
		pad_from(buf, start, columns->type > 0 ? columns->type : columns->name);
		mp_term_add_line(buf, about, term->is_terminal && used + 20 < term->width
		    ? term->width - used : 0);
	}
	mp_buf_addc(buf, '\n');
}

static void widen(unsigned *column, unsigned columns, unsigned most)
{
	if (columns > *column)
		*column = columns < most ? columns : most;
}

static void widen_type(struct mp_buf *buf, unsigned *column, const json_t *schema)
{
	struct mp_buf type = MP_BUF(MP_MAX_DOCUMENT);

	add_type(&type, schema);
	widen(column, mp_term_columns(mp_buf_text(&type)), MAX_TYPE);
	if (type.failed)
		buf->failed = type.failed;
	mp_buf_free(&type);
}

/* A tool has a JSON Schema. */
static void add_properties(struct mp_buf *buf, const struct mp_term *term, const json_t *tool)
{
	const json_t *input = json_object_get(tool, "inputSchema"), *schema;
	const json_t *properties = json_object_get(input, "properties");
	const json_t *required = json_object_get(input, "required");
	struct columns columns = { 0, 0 };
	const char *name;

	json_object_foreach ((json_t *)properties, name, schema) {
		widen(&columns.name, mp_term_columns(name) + is_required(required, name), MAX_NAME);
		widen_type(buf, &columns.type, schema);
	}
	json_object_foreach ((json_t *)properties, name, schema)
		add_argument(buf, term, &columns, name, schema, is_required(required, name));
}

/* A prompt has a list of arguments, all of them texts. */
static void add_arguments(struct mp_buf *buf, const struct mp_term *term, const json_t *prompt)
{
	const json_t *arguments = json_object_get(prompt, "arguments"), *argument;
	struct columns columns = { 0, 0 };
	size_t i;

	json_array_foreach (arguments, i, argument) {
		const char *name = mp_json_text(argument, "name");

		if (name != NULL)
			widen(&columns.name, mp_term_columns(name)
			    + json_is_true(json_object_get(argument, "required")), MAX_NAME);
	}
	json_array_foreach (arguments, i, argument) {
		const char *name = mp_json_text(argument, "name");

		if (name != NULL)
			add_argument(buf, term, &columns, name, argument,
			    json_is_true(json_object_get(argument, "required")));
	}
}

/* All of a description for one item, its first line in a list. */
static void add_about(struct mp_buf *buf, const struct mp_term *term, const json_t *item,
    bool whole, unsigned used)
{
	const char *about = mp_json_text(item, "description");

	if (about == NULL)
		about = mp_json_text(item, "title");
	if (about == NULL)
		return;
	if (whole) {
		mp_buf_addc(buf, '\n');
		mp_term_add(buf, term, about);
		return;
	}
	mp_buf_adds(buf, "  ");
	mp_term_add_line(buf, about, term->is_terminal && used + 22 < term->width
	    ? term->width - used - 2 : 0);
}

static void add_item(struct mp_buf *buf, const struct mp_term *term, const json_t *item,
    const char *kind, bool whole)
{
	bool is_resource = strcmp(kind, "resources") == 0;
	const char *name = mp_json_text(item, is_resource ? "uri" : "name");
	const char *type = mp_json_text(item, "mimeType");

	if (name == NULL)
		return;
	mp_buf_adds(buf, mp_paint(term, MP_BOLD));
	mp_term_add_line(buf, name, 0);
	mp_buf_adds(buf, mp_paint(term, MP_PLAIN));
	if (is_resource && type != NULL) {
		mp_buf_adds(buf, "  ");
		mp_term_add_line(buf, type, 0);
	}
	add_about(buf, term, item, whole, mp_term_columns(name));
	mp_buf_addc(buf, '\n');
	if (strcmp(kind, "tools") == 0)
		add_properties(buf, term, item);
	else
		add_arguments(buf, term, item);
}

void mp_listing_render_item(struct mp_buf *buf, const struct mp_term *term, const json_t *item,
    const char *kind)
{
	add_item(buf, term, item, kind, true);
}

void mp_listing_render(struct mp_buf *buf, const struct mp_term *term, const json_t *list,
    const char *kind)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(list, kind), i, item)
		add_item(buf, term, item, kind, false);
}

bool mp_listing_render_argument(struct mp_buf *buf, const struct mp_term *term,
    const json_t *tool, const char *name)
{
	const json_t *input = json_object_get(tool, "inputSchema");
	const json_t *schema = json_object_get(json_object_get(input, "properties"), name);
	struct columns columns = { 0, 1 };      /* a line alone lines up with nothing */

	if (schema == NULL)
		return false;
	add_argument(buf, term, &columns, name, schema,
	    is_required(json_object_get(input, "required"), name));
	return true;
}
