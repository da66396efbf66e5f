/* JSON that the program gives: what is wrong with it is the program's fault. */
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

enum mcpass_rc mp_given_check(enum mcpass_rc rc, const struct mcpass_error *why,
    struct mcpass_error *err)
{
	if (!rc)
		return MCPASS_OK;
	return mp_fail(err, rc == MCPASS_E_PROTOCOL ? MCPASS_E_USAGE : rc, why->spec, "%s", why->detail);
}

enum mcpass_rc mp_given_object(const char *text, const char *what, json_t **ret_json,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_REQUEST, text, strlen(text), MP_MAX_MESSAGE, what, &json, &why);
	if (!rc && !json_is_object(json)) {
		json_decref(json);
		rc = mp_fail(&why, MCPASS_E_USAGE, NULL, "%s are no JSON object", what);
	}
	if (rc)
		return mp_given_check(rc, &why, err);
	*ret_json = json;
	return MCPASS_OK;
}

enum mcpass_rc mp_given_message(const char *text, const char *what,
    struct mp_message *ret_message, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	rc = mp_message_read((struct mp_span){ text, strlen(text) }, what, ret_message, &why);
	return mp_given_check(rc, &why, err);
}
