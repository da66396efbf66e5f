/* How every public call begins and ends. */
#include <string.h>
#include "base/limits.h"
#include "session/session.h"

enum mcpass_rc mp_public_enter(struct mcpass_session *s, struct mcpass_error *err)
{
	mp_clear(err);
	if (s->failed)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "the session has failed before");
	mp_exchange_reap(s, false);
	return MCPASS_OK;
}

enum mcpass_rc mp_public_leave(struct mcpass_session *s, enum mcpass_rc rc)
{
	if (rc)
		s->failed = true;
	return rc;
}

enum mcpass_rc mp_public_parse(const char *text, const char *what, json_t **ret_json,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	rc = mp_json_parse_by(MP_JSON_REQUEST, text, strlen(text), MP_MAX_MESSAGE, what, ret_json, &why);
	if (rc == MCPASS_OK)
		return MCPASS_OK;
	return mp_fail(err, rc == MCPASS_E_PROTOCOL ? MCPASS_E_USAGE : rc, why.spec, "%s",
	    why.detail);
}

enum mcpass_rc mp_public_object(const char *text, const char *what, json_t **ret_json,
    struct mcpass_error *err)
{
	json_t *json = NULL;
	enum mcpass_rc rc;

	rc = mp_public_parse(text, what, &json, err);
	if (!rc && !json_is_object(json)) {
		json_decref(json);
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s are no JSON object", what);
	}
	if (!rc)
		*ret_json = json;
	return rc;
}
