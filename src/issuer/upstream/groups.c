#include "issuer/upstream/groups.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/upstream/errand.h"
#include "wire/uri.h"

/* Groups alone that are for security, as in tokens: others may be open to all who want to join. */
#define QUESTION "{\"securityEnabledOnly\":true}"

static enum mcpass_rc wrong(const struct mp_idp *upstream, const char *why, struct mcpass_error *err)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 5.6.2", "%s: %s",
	    upstream->groups_endpoint, why);
}

static enum mcpass_rc read_list(const struct mp_idp *upstream, const json_t *body, json_t *groups,
    struct mcpass_error *err)
{
	json_t *list = json_object_get(body, "value"), *group;
	size_t i;

	if (!json_is_array(list))
		return wrong(upstream, "the answer has no list of groups", err);
	json_array_foreach(list, i, group) {
		if (!json_is_string(group))
			return wrong(upstream, "the answer has a group that is no text", err);
		if (json_array_append(groups, group) != 0)
			return mp_nomem(err);
	}
	return MCPASS_OK;
}

/* The person's token goes to no other place than the configured one.
 * spec: OData 4.01 Protocol 11.2.6.7 */
static enum mcpass_rc read_next(const struct mp_idp *upstream, const json_t *body, char **ret_next,
    struct mcpass_error *err)
{
	const json_t *link = mp_json_get(body, "@odata.nextLink");
	const char *next = json_string_value(link);
	struct mp_uri here, there;
	enum mcpass_rc rc;

	if (link == NULL || (next != NULL && next[0] == '\0'))
		return MCPASS_OK;
	if (next == NULL)
		return wrong(upstream, "where the other groups are is no text", err);
	rc = mp_uri_parse(upstream->groups_endpoint, &here, err);
	if (!rc && (mp_uri_parse(next, &there, NULL) != MCPASS_OK || !mp_uri_same_origin(&here, &there)))
		rc = wrong(upstream, "the other groups are at another host", err);
	return rc ? rc : mp_set(ret_next, next, err);
}

enum mcpass_rc mp_groups_read(const struct mp_idp *upstream, const char *data, size_t len,
    json_t *groups, char **ret_next, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc = mp_json_parse_by(MP_JSON_DOCUMENT, data, len, MP_MAX_UPSTREAM_ANSWER,
	    "the answer about groups", &body, err);

	if (!rc)
		rc = read_list(upstream, body, groups, err);
	if (!rc)
		rc = read_next(upstream, body, ret_next, err);
	json_decref(body);
	return rc;
}

/* The claims are complete now, and say so. */
static enum mcpass_rc put(json_t *claims, json_t *groups, struct mcpass_error *err)
{
	(void)json_object_del(claims, "hasgroups");
	(void)json_object_del(json_object_get(claims, "_claim_names"), "groups");
	return json_object_set(claims, "groups", groups) == 0 ? MCPASS_OK : mp_nomem(err);
}

/* One page, of which the first is asked for by a question. */
static enum mcpass_rc ask(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, const char *url, json_t *groups, char **ret_next,
    struct mcpass_error *err)
{
	const char *question = url == upstream->groups_endpoint ? QUESTION : NULL;
	struct mp_errand_answer answer = { 0 };
	enum mcpass_rc rc = mp_errand_ask(turn, &token->access_token, url, question, &answer, err);

	if (!rc && !mp_http_is_answer(answer.status))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "OpenID Connect Core 5.6.2",
		    "%s answered %d: may our client there read the person's groups (User.Read)?",
		    upstream->groups_endpoint, answer.status);
	if (!rc)
		rc = mp_groups_read(upstream, mp_buf_text(&answer.body), answer.body.len, groups, ret_next,
		    err);
	mp_errand_answer_free(&answer);
	return rc;
}

/* A page that was read is asked for no more, or there would be no end. */
static enum mcpass_rc note(const struct mp_idp *upstream, struct mp_strings *pages, const char *next,
    struct mcpass_error *err)
{
	if (mp_strings_has(pages, next) || mp_eq(next, upstream->groups_endpoint))
		return wrong(upstream, "a page of groups leads back to itself", err);
	if (pages->count + 1 >= MP_MAX_GROUP_PAGES)
		return wrong(upstream, "the person's groups have too many pages", err);
	return mp_strings_add(pages, (struct mp_span){ next, strlen(next) }, err);
}

/* All of them, or none. */
static enum mcpass_rc collect(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t *groups, struct mcpass_error *err)
{
	const char *url = upstream->groups_endpoint;
	struct mp_strings pages = { 0 };        /* after the first */
	enum mcpass_rc rc = MCPASS_OK;

	while (url != NULL && !rc) {
		char *next = NULL;

		rc = ask(turn, upstream, token, url, groups, &next, err);
		url = NULL;
		if (!rc && next != NULL)
			rc = note(upstream, &pages, next, err);
		if (!rc && next != NULL)
			url = pages.items[pages.count - 1];
		free(next);
	}
	mp_strings_free(&pages);
	return rc;
}

enum mcpass_rc mp_groups_add(const struct mp_turn *turn, const struct mp_idp *upstream,
    const struct mp_token *token, json_t *claims, struct mcpass_error *err)
{
	json_t *groups = json_array();
	enum mcpass_rc rc = groups == NULL ? mp_nomem(err)
	    : collect(turn, upstream, token, groups, err);

	if (!rc)
		rc = put(claims, groups, err);
	json_decref(groups);
	return mp_doing(err, rc, "asking for the person's groups");
}
