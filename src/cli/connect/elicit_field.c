#include "cli/connect/elicit_field.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "cli/show/advice.h"

#define LONGEST_TYPE 24u        /* columns of what a server calls it */

/* Several may be chosen. */
static bool is_list(const json_t *schema)
{
	return mp_eq(mp_json_text(schema, "type"), "array");
}

const char *mp_elicit_field_title(const json_t *schema, const char *name)
{
	const char *title = mp_json_text(schema, "title");

	return title != NULL && title[0] != '\0' ? title : name;
}

bool mp_elicit_field_is_required(const json_t *schema, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(schema, "required"), i, item)
		if (mp_eq(json_string_value(item), name))
			return true;
	return false;
}

/* spec: SEP-1330: enum, with enumNames in older servers; oneOf or anyOf of const and title */
size_t mp_elicit_field_choices(const json_t *schema, struct mp_choice choices[MP_FIELD_CHOICES])
{
	const json_t *source = is_list(schema) ? json_object_get(schema, "items") : schema;
	const json_t *values = json_object_get(source, "enum"), *item;
	const json_t *titles = json_object_get(source, "enumNames");
	const json_t *titled = json_object_get(source, "oneOf");
	size_t i, count = 0;

	if (titled == NULL)
		titled = json_object_get(source, "anyOf");
	json_array_foreach (values, i, item)
		if (json_is_string(item) && count < MP_FIELD_CHOICES)
			choices[count++] = (struct mp_choice){ json_string_value(item),
				json_string_value(json_array_get(titles, i)) };
	json_array_foreach (titled, i, item)
		if (mp_json_text(item, "const") != NULL && count < MP_FIELD_CHOICES)
			choices[count++] = (struct mp_choice){ mp_json_text(item, "const"), mp_json_text(item, "title") };
	return count;
}

static bool is_choice(const json_t *schema, const json_t *value)
{
	struct mp_choice choices[MP_FIELD_CHOICES];
	size_t count = mp_elicit_field_choices(schema, choices);

	for (size_t i = 0; i < count; i++)
		if (mp_eq(choices[i].value, json_string_value(value)))
			return true;
	return count == 0 || count == MP_FIELD_CHOICES;
}

/* least and most of the schema, where it has them */
static bool is_within(const json_t *schema, const char *least, const char *most, size_t size)
{
	const json_t *min = json_object_get(schema, least), *max = json_object_get(schema, most);

	return !(json_is_integer(min) && (json_int_t)size < json_integer_value(min))
	    && !(json_is_integer(max) && (json_int_t)size > json_integer_value(max));
}

static bool list_fits(const json_t *schema, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (!json_is_string(item) || !is_choice(schema, item))
			return false;
	return is_within(schema, "minItems", "maxItems", json_array_size(list));
}

bool mp_elicit_field_fits(const json_t *schema, const json_t *value)
{
	if (!mp_advice_fits(schema, value))
		return false;
	if (json_is_array(value))
		return list_fits(schema, value);
	if (!json_is_string(value))
		return true;
	return is_choice(schema, value) && is_within(schema, "minLength", "maxLength",
	    mp_term_columns(json_string_value(value)));
}

/* What a word of a person's means among the choices. */
static const char *choose(const struct mp_choice *choices, size_t count, struct mp_span word)
{
	char *end = NULL;
	unsigned long number;

	for (size_t i = 0; i < count; i++)
		if (mp_span_is(word, choices[i].value)
		    || (choices[i].title != NULL && mp_span_is_nocase(word, choices[i].title)))
			return choices[i].value;
	number = word.len > 0 && word.len < 4 ? strtoul(word.data, &end, 10) : 0;
	return number >= 1 && number <= count && end == word.data + word.len
	    ? choices[number - 1].value : NULL;
}

static struct mp_span trim(const char *text, size_t len)
{
	while (len > 0 && text[0] == ' ') {
		text++;
		len--;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return (struct mp_span){ text, len };
}

/* "a, 2, Third choice"; new, or NULL when there is no such choice, or no memory. */
static json_t *read_list(const struct mp_choice *choices, size_t count, const char *typed)
{
	json_t *list = json_array();

	while (list != NULL && *typed != '\0') {
		size_t len = strcspn(typed, ",");
		struct mp_span word = trim(typed, len);
		const char *value = choose(choices, count, word);

		if (word.len > 0 && (value == NULL
		    || json_array_append_new(list, json_string(value)) != 0)) {
			json_decref(list);
			return NULL;
		}
		typed += len + (typed[len] == ',');
	}
	return list;
}

static json_t *read_boolean(const char *typed)
{
	static const char *const words[][4] = { { "no", "n", "false", "0" },
		{ "yes", "y", "true", "1" } };

	for (size_t i = 0; i < MP_COUNT(words[0]); i++) {
		if (mp_eq_nocase(typed, words[0][i]))
			return json_false();
		if (mp_eq_nocase(typed, words[1][i]))
			return json_true();
	}
	return NULL;
}

static json_t *convert(const json_t *schema, const char *typed)
{
	struct mp_choice choices[MP_FIELD_CHOICES];
	size_t count = mp_elicit_field_choices(schema, choices);
	const char *type = mp_json_text(schema, "type");
	json_t *json = NULL;
	const char *value;

	if (is_list(schema))
		return read_list(choices, count, typed);
	value = choose(choices, count, trim(typed, strlen(typed)));
	if (value != NULL)
		return json_string(value);
	if (type == NULL || mp_eq(type, "string"))
		return json_string(typed);
	if (mp_eq(type, "boolean"))
		return read_boolean(typed);
	return mp_json_parse_by(MP_JSON_REQUEST, typed, strlen(typed), MP_MAX_ANSWER_LINE,
	    "the answer", &json, NULL)
	    == MCPASS_OK ? json : NULL;
}

enum mcpass_rc mp_elicit_field_read(const json_t *schema, const char *typed, json_t **ret_value,
    struct mcpass_error *err)
{
	json_t *value = convert(schema, typed);
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER_LINE);
	enum mcpass_rc rc;

	if (value != NULL && mp_elicit_field_fits(schema, value)) {
		*ret_value = value;
		return MCPASS_OK;
	}
	json_decref(value);
	mp_elicit_field_describe(&buf, schema);
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "that does not fit; wanted: %s", mp_buf_text(&buf));
	mp_buf_free(&buf);
	return rc;
}

static void add_number(struct mp_buf *buf, const json_t *number)
{
	if (json_is_integer(number))
		mp_buf_addf(buf, "%lld", (long long)json_integer_value(number));
	else
		mp_buf_addf(buf, "%g", json_real_value(number));
}

/* ", 1 to 10", ", at least 1", ", at most 10" */
static void add_range(struct mp_buf *buf, const json_t *schema, const char *least,
    const char *most, const char *unit)
{
	const json_t *min = json_object_get(schema, least), *max = json_object_get(schema, most);
	bool has_min = json_is_number(min), has_max = json_is_number(max);

	if (!has_min && !has_max)
		return;
	mp_buf_adds(buf, !has_max ? ", at least " : has_min ? ", " : ", at most ");
	if (has_min)
		add_number(buf, min);
	if (has_min && has_max)
		mp_buf_adds(buf, " to ");
	if (has_max)
		add_number(buf, max);
	mp_buf_adds(buf, unit);
}

void mp_elicit_field_describe(struct mp_buf *buf, const json_t *schema)
{
	const char *type = mp_json_text(schema, "type"), *format = mp_json_text(schema, "format");
	struct mp_choice choices[MP_FIELD_CHOICES];
	size_t count = mp_elicit_field_choices(schema, choices);

	if (is_list(schema)) {
		mp_buf_adds(buf, "some of these, with commas");
		add_range(buf, schema, "minItems", "maxItems", "");
	} else if (count > 0) {
		mp_buf_adds(buf, "one of these");
	} else if (mp_eq(type, "boolean")) {
		mp_buf_adds(buf, "yes or no");
	} else {
		mp_term_add_line(buf, format != NULL ? format : type != NULL ? type : "text",
		    LONGEST_TYPE);
		add_range(buf, schema, "minimum", "maximum", "");
		add_range(buf, schema, "minLength", "maxLength", " characters");
	}
}

void mp_elicit_field_render(struct mp_buf *buf, const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_string(value))
		mp_term_add_line(buf, json_string_value(value), 0);
	else if (json_is_boolean(value))
		mp_buf_adds(buf, json_is_true(value) ? "yes" : "no");
	else if (json_is_number(value))
		add_number(buf, value);
	json_array_foreach (value, i, item) {
		mp_buf_adds(buf, i > 0 ? ", " : "");
		mp_elicit_field_render(buf, item);
	}
}
