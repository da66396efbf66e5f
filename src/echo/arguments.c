#include "echo/arguments.h"
#include <string.h>
#include "wire/json/json.h"

static const struct mp_argument *find(const struct mp_arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->count; i++)
		if (strcmp(arguments->items[i].name, name) == 0)
			return &arguments->items[i];
	return NULL;
}

static void add_property(const struct mp_argument *argument, struct mp_writer *w)
{
	mp_writer_object(w, argument->name);
	mp_writer_text(w, "type", argument->is_integer ? "integer" : "string");
	mp_writer_text(w, "description", argument->description);
	if (argument->is_integer) {
		mp_writer_int(w, "minimum", argument->least);
		mp_writer_int(w, "maximum", argument->most);
		mp_writer_int(w, "default", argument->preset);
	}
	mp_writer_end(w, '}');
}

void mp_arguments_schema(const struct mp_arguments *arguments, struct mp_writer *w,
    const char *name)
{
	mp_writer_object(w, name);
	mp_writer_text(w, "type", "object");
	mp_writer_object(w, "properties");
	for (size_t i = 0; i < arguments->count; i++)
		add_property(&arguments->items[i], w);
	mp_writer_end(w, '}');
	mp_writer_array(w, "required");
	for (size_t i = 0; i < arguments->count; i++)
		if (arguments->items[i].required)
			mp_writer_text(w, NULL, arguments->items[i].name);
	mp_writer_end(w, ']');
	mp_writer_bool(w, "additionalProperties", false);
	mp_writer_end(w, '}');
}

void mp_arguments_list(const struct mp_arguments *arguments, struct mp_writer *w,
    const char *name)
{
	mp_writer_array(w, name);
	for (size_t i = 0; i < arguments->count; i++) {
		mp_writer_object(w, NULL);
		mp_writer_text(w, "name", arguments->items[i].name);
		mp_writer_text(w, "description", arguments->items[i].description);
		mp_writer_bool(w, "required", arguments->items[i].required);
		mp_writer_end(w, '}');
	}
	mp_writer_end(w, ']');
}

/* 3.0 is an integer too; spec: JSON Schema 2020-12 validation 6.1.1 */
static bool is_integer_within(const json_t *value, int least, int most)
{
	double number = json_number_value(value);

	return json_is_number(value) && number >= least && number <= most
	    && number == (double)(int)number;
}

static enum mcpass_rc check_one(const struct mp_argument *argument, const json_t *value,
    struct mcpass_error *err)
{
	if (value == NULL && argument->required)
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "%s is missing", argument->name);
	if (value == NULL)
		return MCPASS_OK;
	if (argument->is_integer && !is_integer_within(value, argument->least, argument->most))
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "%s must be an integer from %d to %d",
		    argument->name, argument->least, argument->most);
	if (!argument->is_integer && !json_is_string(value))
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "%s must be a string", argument->name);
	return MCPASS_OK;
}

enum mcpass_rc mp_arguments_check(const struct mp_arguments *arguments, const json_t *given,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	const char *name;
	json_t *value;

	if (given != NULL && !json_is_object(given))
		return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "arguments must be an object");
	json_object_foreach((json_t *)given, name, value)
		if (find(arguments, name) == NULL)
			return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "there is no argument %s",
			    name);
	for (size_t i = 0; !rc && i < arguments->count; i++) {
		const struct mp_argument *argument = &arguments->items[i];

		rc = check_one(argument, mp_json_get(given, argument->name), err);
	}
	return rc;
}

const char *mp_arguments_text(const json_t *given, const char *name)
{
	return json_string_value(mp_json_get(given, name));
}

int mp_arguments_integer(const struct mp_arguments *arguments, const json_t *given,
    const char *name)
{
	const json_t *value = mp_json_get(given, name);

	return value != NULL ? (int)json_number_value(value) : find(arguments, name)->preset;
}
