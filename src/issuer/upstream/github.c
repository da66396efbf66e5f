#include "issuer/upstream/github.h"
#include "base/limits.h"
#include "issuer/upstream/errand.h"

static enum mcpass_rc get_json(const struct mp_turn *turn, const struct mp_token *token,
    const char *url, int *ret_status, json_t **ret_json, struct mcpass_error *err)
{
	struct mp_errand_answer answer = { 0 };
	enum mcpass_rc rc = mp_errand_ask(turn, &token->access_token, url, NULL, &answer, err);

	*ret_status = answer.status;
	if (!rc && mp_http_is_answer(answer.status))
		rc = mp_json_parse_by(MP_JSON_DOCUMENT, mp_buf_text(&answer.body), answer.body.len,
		    MP_MAX_UPSTREAM_ANSWER, url, ret_json, err);
	mp_errand_answer_free(&answer);
	return rc;
}

/* The address in the user's profile is whatever the person wrote: it counts only as one of the
 * verified. */
static enum mcpass_rc add_email(json_t *claims, const json_t *emails, struct mcpass_error *err)
{
	(void)json_object_del(claims, "email");
	(void)json_object_del(claims, "email_verified");
	for (size_t i = 0; i < json_array_size(emails); i++) {
		const json_t *one = json_array_get(emails, i);

		if (!json_is_true(json_object_get(one, "primary"))
		    || !json_is_true(json_object_get(one, "verified"))
		    || !json_is_string(json_object_get(one, "email")))
			continue;
		if (json_object_set(claims, "email", json_object_get(one, "email")) != 0
		    || json_object_set_new(claims, "email_verified", json_true()) != 0)
			return mp_nomem(err);
		break;
	}
	return MCPASS_OK;
}

static enum mcpass_rc add_organizations(json_t *claims, const json_t *organizations,
    struct mcpass_error *err)
{
	json_t *names = json_array();

	if (names == NULL || json_object_set_new(claims, "organizations", names) != 0)
		return mp_nomem(err);
	for (size_t i = 0; i < json_array_size(organizations); i++) {
		json_t *login = json_object_get(json_array_get(organizations, i), "login");

		if (json_is_string(login) && json_array_append(names, login) != 0)
			return mp_nomem(err);
	}
	return MCPASS_OK;
}

/* What is refused, since the person gave fewer scopes, is nothing: no address, no organization. */
static enum mcpass_rc complete(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t *claims, struct mcpass_error *err)
{
	json_t *emails = NULL, *organizations = NULL;
	int status = 0;
	enum mcpass_rc rc = MCPASS_OK;

	if (upstream->emails_endpoint != NULL)
		rc = get_json(turn, token, upstream->emails_endpoint, &status, &emails, err);
	if (!rc && upstream->organizations_endpoint != NULL)
		rc = get_json(turn, token, upstream->organizations_endpoint, &status, &organizations, err);
	if (!rc)
		rc = add_email(claims, emails, err);
	if (!rc)
		rc = add_organizations(claims, organizations, err);
	json_decref(emails);
	json_decref(organizations);
	return rc;
}

enum mcpass_rc mp_github_user(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t **ret_claims, struct mcpass_error *err)
{
	json_t *claims = NULL;
	int status = 0;
	enum mcpass_rc rc = get_json(turn, token, upstream->user_endpoint, &status, &claims, err);

	if (!rc && !json_is_object(claims))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "%s answered %d, and no user",
		    upstream->user_endpoint, status);
	if (!rc)
		rc = complete(turn, upstream, token, claims, err);
	if (rc)
		json_decref(claims);
	else
		*ret_claims = claims;
	return rc;
}
