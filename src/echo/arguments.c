#include "echo/arguments.h"
#include <string.h>
#include "echo/result.h"

static const struct mp_argument *find(const struct mp_arguments *arguments, const char *name)
{
	for (size_t i = 0; i < arguments->count; i++)
		if (strcmp(arguments->items[i].name, name) == 0)
			return &arguments->items[i];
	return NULL;
}

static json_t *property(const struct mp_argument *argument)
{
	json_t *json = json_object();
	const char *type = argument->is_integer ? "integer" : "string";
	bool ok = mp_result_put(json, "type", json_string(type))
	    && mp_result_put(json, "description", json_string(argument->description));

	if (argument->is_integer)
		ok = ok && mp_result_put(json, "minimum", json_integer(argument->least))
		    && mp_result_put(json, "maximum", json_integer(argument->most))
		    && mp_result_put(json, "default", json_integer(argument->preset));
	if (ok)
		return json;
	json_decref(json);
	return NULL;
}

/* Appends the name when the argument is required; false when memory is out. */
static bool add_required(json_t *required, const struct mp_argument *argument)
{
	return !argument->required
	    || json_array_append_new(required, json_string(argument->name)) == 0;
}

json_t *mp_arguments_schema(const struct mp_arguments *arguments)
{
	json_t *schema = json_object(), *properties = json_object(), *required = json_array();
	bool ok = properties != NULL && required != NULL;

	for (size_t i = 0; ok && i < arguments->count; i++) {
		const struct mp_argument *argument = &arguments->items[i];

		ok = mp_result_put(properties, argument->name, property(argument))
		    && add_required(required, argument);
	}
	ok = ok && mp_result_put(schema, "type", json_string("object"))
	    && json_object_set(schema, "properties", properties) == 0
	    && json_object_set(schema, "required", required) == 0
	    && mp_result_put(schema, "additionalProperties", json_false());
	json_decref(properties);
	json_decref(required);
	if (ok)
		return schema;
	json_decref(schema);
	return NULL;
}

static json_t *list_item(const struct mp_argument *argument)
{
	json_t *json = json_object();

	if (mp_result_put(json, "name", json_string(argument->name))
	    && mp_result_put(json, "description", json_string(argument->description))
	    && mp_result_put(json, "required", json_boolean(argument->required)))
		return json;
	json_decref(json);
	return NULL;
}

json_t *mp_arguments_list(const struct mp_arguments *arguments)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < arguments->count; i++) {
		if (json_array_append_new(list, list_item(&arguments->items[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
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
