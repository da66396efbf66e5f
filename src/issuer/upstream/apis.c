/* Which token of a provider's a server behind us may have.  spec: RFC 8693 2.1, 2.2.2 */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/upstream/entry.h"
#include "oauth/scope.h"

/* --- the configuration --- */
struct api {
	char *audience, *by;
	struct mp_strings clients, scopes, needs;
};
#define AT(member) offsetof(struct api, member)
static const struct mp_field fields[] = {
	{ "audience", MP_FIELD_STRING, MP_REQUIRED, AT(audience), NULL },
	{ "clients", MP_FIELD_STRINGS, MP_REQUIRED, AT(clients), NULL },
	{ "scopes", MP_FIELD_STRINGS, 0, AT(scopes), NULL },
	{ "needs", MP_FIELD_STRINGS, 0, AT(needs), NULL },
	{ "by", MP_FIELD_STRING, 0, AT(by), NULL },
};
#undef AT

static enum mcpass_rc check_scopes(const struct mp_strings *scopes, const char *what,
    struct mcpass_error *err)
{
	struct mp_strings one = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < scopes->count && !rc; i++) {
		rc = mp_scope_parse(scopes->items[i], &one, err);
		if (!rc && one.count != 1)
			rc = mp_entry_wrong(err, what, "has an item that is not one scope");
		mp_strings_free(&one);
	}
	return rc;
}

static enum mcpass_rc check(const struct api *api, struct mcpass_error *err)
{
	bool refreshes = api->by == NULL || strcmp(api->by, "refresh_token") == 0;

	if (!refreshes && strcmp(api->by, "token_exchange") != 0)
		return mp_entry_wrong(err, "by", "is refresh_token or token_exchange");
	if (api->audience[0] == '\0')
		return mp_entry_wrong(err, "audience", "is empty");
	if (api->clients.count == 0)
		return mp_entry_wrong(err, "clients", "names none");
	/* A refresh token would give all that the person allowed us there. */
	if (refreshes && api->scopes.count == 0)
		return mp_entry_wrong(err, "scopes", "names none: a refreshed token has to be for some");
	return MCPASS_OK;
}

static enum mcpass_rc read_api(const json_t *object, struct mp_idp_api *api,
    struct mcpass_error *err)
{
	struct api read = { 0 };
	enum mcpass_rc rc = mp_entry_read(object, fields, MP_COUNT(fields), NULL, &read, err);

	if (!rc)
		rc = check(&read, err);
	if (!rc)
		rc = check_scopes(&read.scopes, "scopes", err);
	if (!rc)
		rc = check_scopes(&read.needs, "needs", err);
	*api = (struct mp_idp_api){ read.audience, read.clients, read.scopes, read.needs,
		mp_eq(read.by, "token_exchange") };
	free(read.by);
	return rc;
}

enum mcpass_rc mp_entry_apis(const json_t *list, struct mp_idp *upstream, struct mcpass_error *err)
{
	size_t count = json_array_size(list);
	enum mcpass_rc rc = MCPASS_OK;

	if (list == NULL)
		return MCPASS_OK;
	if (!json_is_array(list) || count > MP_MAX_ITEMS)
		return mp_entry_wrong(err, "apis", "is no list, or too long a one");
	upstream->apis = calloc(count + 1, sizeof(*upstream->apis));
	if (upstream->apis == NULL)
		return mp_nomem(err);
	for (size_t i = 0; i < count && !rc; i++) {
		struct mp_idp_api *api = &upstream->apis[upstream->api_count++];

		rc = json_is_object(json_array_get(list, i)) ? read_api(json_array_get(list, i), api, err)
		    : mp_entry_wrong(err, "apis", "has an item that is no object");
		if (!rc && mp_idp_api_named(upstream, api->audience) != api)
			rc = mp_entry_wrong(err, "apis", "names an audience twice");
	}
	return rc;
}

void mp_entry_apis_free(struct mp_idp *upstream)
{
	for (size_t i = 0; i < upstream->api_count; i++) {
		struct mp_idp_api *api = &upstream->apis[i];

		free(api->audience);
		mp_strings_free(&api->clients);
		mp_strings_free(&api->scopes);
		mp_strings_free(&api->needs);
	}
	free(upstream->apis);
}

/* --- who may have it --- */
const struct mp_idp_api *mp_idp_api_named(const struct mp_idp *upstream, const char *audience)
{
	for (size_t i = 0; i < upstream->api_count; i++)
		if (mp_eq(upstream->apis[i].audience, audience))
			return &upstream->apis[i];
	return NULL;
}

static enum mcpass_rc deny(struct mcpass_error *err, const char *code, const char *spec,
    const char *why)
{
	mp_oauth_code(err, code);
	return mp_fail(err, MCPASS_E_DENIED, spec, "%s", why);
}

/* spec: RFC 8693 2.2.2: a subject_token that policy does not accept is an invalid request */
enum mcpass_rc mp_idp_api_needs(const struct mp_idp_api *api, const char *has,
    struct mcpass_error *err)
{
	struct mp_strings scopes = { 0 };
	enum mcpass_rc rc = mp_scope_parse(has, &scopes, err);

	if (!rc && !mp_scope_covers(&scopes, &api->needs))
		rc = deny(err, "invalid_request", "RFC 8693 2.2.2",
		    "the subject_token has not the scopes that this audience needs");
	mp_strings_free(&scopes);
	return rc;
}

/* spec: RFC 6749 3.3, 5.2: what is asked for among what there is; nothing: all of it */
static enum mcpass_rc choose_scope(const struct mp_idp_api *api, const char *asked,
    char **ret_scope, struct mcpass_error *err)
{
	struct mp_strings wanted = { 0 };
	bool all = asked == NULL || asked[0] == '\0';
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = all ? MCPASS_OK : mp_scope_parse(asked, &wanted, &why);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc || !mp_scope_covers(&api->scopes, &wanted))
		rc = deny(err, "invalid_scope", "RFC 6749 5.2",
		    "the scope is more than may be handed out for this audience");
	if (!rc)
		rc = mp_scope_join(all ? &api->scopes : &wanted, ret_scope, err);
	mp_strings_free(&wanted);
	return rc;
}

enum mcpass_rc mp_idp_api_choose(const struct mp_idp *upstream, const struct mp_idp_ask *ask,
    const struct mp_idp_api **ret_api, char **ret_scope, struct mcpass_error *err)
{
	const struct mp_idp_api *api = mp_idp_api_named(upstream, ask->audience);
	enum mcpass_rc rc;

	/* The same for both: a server learns nothing of what others may have. */
	if (api == NULL || !mp_strings_has(&api->clients, ask->client_id))
		return deny(err, "invalid_target", "RFC 8693 2.2.2",
		    "this client may have no token of the identity provider for this audience");
	rc = mp_idp_api_needs(api, ask->has, err);
	if (!rc)
		rc = choose_scope(api, ask->scope, ret_scope, err);
	if (!rc)
		*ret_api = api;
	return rc;
}

enum mcpass_rc mp_idp_api_check(const struct mp_idp_api *api, const char *scope,
    struct mcpass_error *err)
{
	struct mp_strings has = { 0 };
	enum mcpass_rc rc = mp_scope_parse(scope, &has, err);

	for (size_t i = 0; i < has.count && api->scopes.count > 0 && !rc; i++)
		if (!mp_strings_has(&api->scopes, has.items[i]))
			rc = mp_fail(err, MCPASS_E_POLICY, "RFC 6749 5.1",
			    "the identity provider's token has the scope %s, which \"apis\" does not name",
			    has.items[i]);
	mp_strings_free(&has);
	return rc;
}
