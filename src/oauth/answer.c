/* JSON or a form: one reader for what was asked for, and for what was refused. */
#include "oauth/answer.h"
#include <string.h>
#include "wire/form.h"

/* Any text may read as a form: an answer has one of these, and none of them twice. */
static bool is_answer(const struct mp_form *form)
{
	static const char *const names[] = { "access_token", "device_code", "error" };
	const char *value = NULL;
	bool found = false;

	for (size_t i = 0; i < MP_COUNT(names); i++) {
		if (mp_form_get(form, names[i], &value, NULL) != MCPASS_OK)
			return false;
		found |= value != NULL;
	}
	return found;
}

/* What had to be mended counts for a sentence only. */
static bool counts(const struct mp_form_pair *pair)
{
	return !pair->odd || mp_eq(pair->name, "error_description");
}

static json_t *make_object(const struct mp_form *form)
{
	json_t *body = json_object();

	for (size_t i = 0; body != NULL && i < form->count; i++)
		if (counts(&form->pairs[i]) && json_object_set_new(body, form->pairs[i].name,
		    json_string(form->pairs[i].value)) != 0) {
			json_decref(body);
			body = NULL;
		}
	return body;
}

/* *ret_body NULL: it is none. */
static enum mcpass_rc read_form(const char *data, size_t len, json_t **ret_body,
    struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	json_t *body = NULL;

	if (memchr(data, '<', len) == NULL)     /* else it is a page, which is not shown */
		rc = mp_form_read(data, len, &form, NULL);
	if (rc == MCPASS_OK && is_answer(&form)) {
		body = make_object(&form);
		rc = body == NULL ? MCPASS_E_NOMEM : MCPASS_OK;
	}
	mp_form_free(&form);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_body = body;
	return MCPASS_OK;
}

enum mcpass_rc mp_answer_read(const char *data, size_t len, size_t max, const char *what,
    json_t **ret_body, struct mcpass_error *err)
{
	struct mp_span text = mp_json_without_mark(data != NULL ? data : "", data != NULL ? len : 0);
	struct mcpass_error why = { 0 };
	json_t *body = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_ANSWER, text.data, text.len, max, what, &body,
	    &why);

	if (rc == MCPASS_E_PROTOCOL) {
		rc = read_form(text.data, text.len, &body, err);
		if (!rc && body == NULL)
			rc = MCPASS_E_PROTOCOL;
	}
	if (!rc)
		*ret_body = body;
	else if (err != NULL && err->rc == MCPASS_OK)
		*err = why;
	return rc;
}
