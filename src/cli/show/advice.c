#include "cli/show/advice.h"
#include <string.h>
#include "base/limits.h"
#include "ui/options.h"

/* spec: JSON Schema 2020-12 validation 6.1.1 (a number without a fraction is an integer) */
static bool is_of_type(const json_t *value, const char *type)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "object", [JSON_ARRAY] = "array", [JSON_STRING] = "string",
		[JSON_INTEGER] = "integer", [JSON_REAL] = "number", [JSON_TRUE] = "boolean",
		[JSON_FALSE] = "boolean", [JSON_NULL] = "null",
	};

	if (json_is_number(value) && strcmp(type, "number") == 0)
		return true;
	if (json_is_real(value) && strcmp(type, "integer") == 0)
		return json_real_value(value) == (double)(json_int_t)json_real_value(value);
	return strcmp(type, names[json_typeof(value)]) == 0;
}

static bool type_fits(const json_t *type, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_string(type))
		return is_of_type(value, json_string_value(type));
	if (!json_is_array(type))
		return true;
	json_array_foreach (type, i, item)
		if (json_is_string(item) && is_of_type(value, json_string_value(item)))
			return true;
	return false;
}

static bool is_among(const json_t *choices, const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach (choices, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

bool mp_advice_fits(const json_t *schema, const json_t *value)
{
	const json_t *choices = json_object_get(schema, "enum");
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *most = json_object_get(schema, "maximum");

	if (!type_fits(json_object_get(schema, "type"), value))
		return false;
	if (json_is_array(choices) && !is_among(choices, value))
		return false;
	if (!json_is_number(value))
		return true;
	return !(json_is_number(least) && json_number_value(value) < json_number_value(least))
	    && !(json_is_number(most) && json_number_value(value) > json_number_value(most));
}

/* "  repeat_count does not fit:" and its line. */
static void add(struct mp_buf *buf, const struct mp_term *term, const json_t *tool,
    const char *name, const char *problem)
{
	mp_buf_adds(buf, "  ");
	mp_term_add_line(buf, name, 0);
	mp_buf_addf(buf, " %s:\n", problem);
	(void)mp_listing_render_argument(buf, term, tool, name);
}

/* key=3 is the text "3", where a number was wanted. */
static void add_correction(struct mp_buf *buf, const json_t *property, const char *name,
    const json_t *given)
{
	const char *text = json_string_value(given);
	json_t *json = NULL;
	enum mcpass_rc rc;

	if (text == NULL)
		return;
	rc = mp_json_parse(text, strlen(text), MP_MAX_MESSAGE, "it", &json, NULL);
	if (rc == MCPASS_E_NOMEM)
		buf->failed = rc;
	if (!rc && mp_advice_fits(property, json)) {
		mp_buf_adds(buf, "    '=' gives text; write ");
		mp_term_add_line(buf, name, 0);
		mp_buf_adds(buf, ":=");
		mp_term_add_line(buf, text, 0);
		mp_buf_addc(buf, '\n');
	}
	json_decref(json);
}

static void add_unknown(struct mp_buf *buf, const json_t *properties, const char *name)
{
	const char *names[MP_MAX_ITEMS], *key, *near;
	const json_t *value;
	size_t count = 0;

	json_object_foreach ((json_t *)properties, key, value)
		if (count < MP_COUNT(names))
			names[count++] = key;
	near = mp_nearest(name, names, count);
	mp_buf_adds(buf, "  the tool knows no argument ");
	mp_term_add_line(buf, name, 0);
	if (near != NULL) {
		mp_buf_adds(buf, "; did you mean ");
		mp_term_add_line(buf, near, 0);
		mp_buf_addc(buf, '?');
	}
	mp_buf_addc(buf, '\n');
}

void mp_advice_arguments(struct mp_buf *buf, const struct mp_term *term, const json_t *tool,
    const json_t *given)
{
	const json_t *schema = json_object_get(tool, "inputSchema"), *item, *value;
	const json_t *properties = json_object_get(schema, "properties"), *property;
	const char *name;
	size_t i;

	json_array_foreach (json_object_get(schema, "required"), i, item) {
		name = json_string_value(item);
		if (name != NULL && json_object_get(given, name) == NULL)
			add(buf, term, tool, name, "is missing");
	}
	json_object_foreach ((json_t *)given, name, value) {
		property = json_object_get(properties, name);
		if (property == NULL && json_is_object(properties))
			add_unknown(buf, properties, name);
		else if (property != NULL && !mp_advice_fits(property, value)) {
			add(buf, term, tool, name, "does not fit");
			add_correction(buf, property, name, value);
		}
	}
}

void mp_advice_name(struct mp_buf *buf, const struct mp_term *term, const json_t *list,
    const char *name)
{
	const char *near = mp_listing_nearest(list, "tools", name);

	mp_buf_adds(buf, "  there is no tool ");
	mp_term_add_line(buf, name, 0);
	if (near != NULL) {
		mp_buf_adds(buf, "; did you mean ");
		mp_buf_adds(buf, mp_paint(term, MP_BOLD));
		mp_term_add_line(buf, near, 0);
		mp_buf_addf(buf, "%s?\n", mp_paint(term, MP_PLAIN));
	} else {
		mp_buf_adds(buf, "; 'mcpass tools SERVER' lists them\n");
	}
}
