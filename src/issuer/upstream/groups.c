#include "issuer/upstream/groups.h"
#include "base/limits.h"
#include "issuer/upstream/errand.h"

/* Groups alone that are for security, as in tokens: others may be open to all who want to join. */
#define QUESTION "{\"securityEnabledOnly\":true}"

static enum mcpass_rc wrong(const struct mp_idp *upstream, const char *why, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 5.6.2", "%s: %s",
	    upstream->groups_endpoint, why);
}

/* All of them, or none: *ret_list is borrowed of body. */
static enum mcpass_rc read_list(const struct mp_idp *upstream, const json_t *body, json_t **ret_list,
    struct mcpass_error *err)
{
	json_t *list = json_object_get(body, "value"), *group;
	size_t i;

	if (!json_is_array(list))
		return wrong(upstream, "the answer has no list of groups", err);
	if (json_object_get(body, "@odata.nextLink") != NULL)
		return wrong(upstream, "the person is in more groups than one answer has", err);
	json_array_foreach(list, i, group)
		if (!json_is_string(group))
			return wrong(upstream, "the answer has a group that is no text", err);
	*ret_list = list;
	return MCPASS_OK;
}

/* The claims are complete now, and say so. */
static enum mcpass_rc put(json_t *claims, json_t *list, struct mcpass_error *err)
{
	(void)json_object_del(claims, "hasgroups");
	(void)json_object_del(json_object_get(claims, "_claim_names"), "groups");
	return json_object_set(claims, "groups", list) == 0 ? MCPASS_OK : mp_nomem(err);
}

enum mcpass_rc mp_groups_read(const struct mp_idp *upstream, const char *data, size_t len,
    json_t *claims, struct mcpass_error *err)
{
	json_t *body = NULL, *list = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_DOCUMENT, data, len, MP_MAX_UPSTREAM_ANSWER,
	    "the answer about groups", &body, err);

	if (!rc)
		rc = read_list(upstream, body, &list, err);
	if (!rc)
		rc = put(claims, list, err);
	json_decref(body);
	return rc;
}

enum mcpass_rc mp_groups_add(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t *claims, struct mcpass_error *err)
{
	struct mp_errand_answer answer = { 0 };
	enum mcpass_rc rc = mp_errand_ask(turn, &token->access_token, upstream->groups_endpoint,
	    QUESTION, &answer, err);

	if (!rc && !mp_http_is_answer(answer.status))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 5.6.2",
		    "%s answered %d: may our client there read the person's groups (User.Read)?",
		    upstream->groups_endpoint, answer.status);
	if (!rc)
		rc = mp_groups_read(upstream, mp_buf_text(&answer.body), answer.body.len, claims, err);
	mp_errand_answer_free(&answer);
	return mp_doing(err, rc, "asking for the person's groups");
}
