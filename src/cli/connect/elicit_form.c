/* The content of a form, without a question. */
#include "cli/connect/elicit.h"
#include "cli/connect/elicit_field.h"

static enum mcpass_rc refuse(const json_t *property, const char *name, const char *problem,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);

	mp_elicit_field_describe(&buf, property);
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the server's question: %s %s; wanted: %s", name,
	    problem, mp_buf_text(&buf));
	mp_hint(err, "--elicit '{\"%s\": ...}'", name);
	mp_buf_free(&buf);
	return rc;
}

/* spec: SEP-1034: a field that is not filled in has its default */
static enum mcpass_rc fill_field(const json_t *schema, const char *name, json_t *property,
    const json_t *given, json_t *content, struct mcpass_error *err)
{
	json_t *value = json_object_get(given, name);
	bool is_given = value != NULL;

	if (!is_given)
		value = json_object_get(property, "default");
	if (value == NULL && mp_elicit_field_is_required(schema, name))
		return refuse(property, name, "has no default", err);
	if (is_given && !mp_elicit_field_fits(property, value))
		return refuse(property, name, "has another value", err);
	if (value != NULL && json_object_set(content, name, value) != 0)
		return mp_nomem(err);
	return MCPASS_OK;
}

enum mcpass_rc mp_elicit_fill(const json_t *schema, const json_t *given, json_t **ret_content,
    struct mcpass_error *err)
{
	json_t *properties = json_object_get(schema, "properties"), *content = json_object(), *value;
	enum mcpass_rc rc = content == NULL ? mp_nomem(err) : MCPASS_OK;
	const char *name;

	json_object_foreach (properties, name, value)
		if (!rc)
			rc = fill_field(schema, name, value, given, content, err);
	json_object_foreach ((json_t *)given, name, value)
		if (!rc && json_object_get(properties, name) == NULL)
			rc = mp_fail(err, MCPASS_E_USAGE, NULL,
			    "the server's question has no field \"%s\"", name);
	if (rc)
		json_decref(content);
	else
		*ret_content = content;
	return rc;
}

bool mp_elicit_is_url(const json_t *params)
{
	return mp_eq(mp_json_text(params, "mode"), "url");
}

enum mcpass_rc mp_elicit_result(const char *action, json_t *content, json_t **ret_answer,
    struct mcpass_error *err)
{
	json_t *answer = json_object();

	if (json_object_set_new(answer, "action", json_string(action)) != 0
	    || (content != NULL && json_object_set(answer, "content", content) != 0)) {
		json_decref(content);
		json_decref(answer);
		return mp_nomem(err);
	}
	json_decref(content);
	*ret_answer = answer;
	return MCPASS_OK;
}
