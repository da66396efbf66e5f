/* A server calls on as its caller: the token that it was shown, for one with which it
 * may call another server.  The new token says less, or as much, and ends no later.
 *
 * It is impersonation (RFC 8693 1.1): who asked for it stands in client_id, and there is no
 * act, which would say that both are named to the next server.
 * Who: a client that the operator knows, with a secret, and that is the audience of the
 * token: for other clients, to have found a token would be enough to widen it.
 * spec: RFC 8693 2.1, 2.2, 4.1, 5; RFC 9068 */
#include <stdlib.h>
#include <string.h>
#include "issuer/grants/token_endpoint.h"
#include "oauth/scope.h"

static enum mcpass_rc refuse(struct mcpass_error *err, const char *why)
{
	/* spec: RFC 8693 2.2.2 */
	return mp_response_refuse(err, "invalid_request", "RFC 8693 2.2.2", "subject_token %s", why);
}

static enum mcpass_rc check_types(const struct mp_form *form, struct mcpass_error *err)
{
	const char *subject = NULL, *actor = NULL;
	enum mcpass_rc rc = mp_request_required(form, "subject_token_type", &subject, err);

	if (!rc)
		rc = mp_form_get(form, "actor_token", &actor, err);
	if (!rc && strcmp(subject, MP_TOKEN_TYPE_ACCESS) != 0)
		rc = mp_response_refuse(err, "invalid_request", "RFC 8693 2.1",
		    "an access token is exchanged for another, not %s", subject);
	if (!rc && actor != NULL)       /* spec: RFC 8693 2.1: what we do not do, we do not ignore */
		rc = mp_response_refuse(err, "invalid_request", "RFC 8693 2.1",
		    "there is no delegation here: leave actor_token out");
	return rc;
}

/* The server that it is for is written down with the client, or it is called like it. */
static bool is_audience(const struct mp_client *client, const json_t *claims)
{
	const char *aud = mp_json_text(claims, "aud");

	return aud != NULL && (mp_strings_has(&client->introspects, aud)
	    || strcmp(aud, client->client_id) == 0);
}

static enum mcpass_rc read_subject(const struct mp_turn *turn, const struct mp_token_ask *ask,
    json_t **ret_claims, struct mcpass_error *err)
{
	json_t *claims = NULL;
	const char *text;
	enum mcpass_rc rc = mp_request_required(ask->form, "subject_token", &text, err);

	if (!rc)
		rc = mp_access_read(turn, text, &claims, err);
	if (!rc && claims == NULL)
		rc = refuse(err, "is no access token of ours that is good now");
	else if (!rc && !is_audience(ask->client, claims))
		rc = refuse(err, "is not for this client");
	if (rc)
		json_decref(claims);
	else
		*ret_claims = claims;
	return rc;
}

/* For whom: by either name of it.  Nothing said: for whom the token is already, which is
 * how a server takes away what it does not need.  spec: RFC 8693 2.1; RFC 8707 2 */
static enum mcpass_rc read_target(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const json_t *claims, const char **ret_target, struct mcpass_error *err)
{
	const char *audience = NULL, *resource = NULL;
	enum mcpass_rc rc = mp_form_get(ask->form, "audience", &audience, err);

	if (!rc)
		rc = mp_request_resource(ask->form, &resource, err);
	if (!rc && audience != NULL && resource != NULL && strcmp(audience, resource) != 0)
		rc = mp_response_refuse(err, "invalid_target", "RFC 8693 2.2.2",
		    "a token of ours is for one audience: ask for %s and %s apart", audience, resource);
	if (!rc && audience == NULL && resource == NULL) {
		*ret_target = mp_json_text(claims, "aud");
		return MCPASS_OK;
	}
	if (rc)
		return rc;
	*ret_target = resource != NULL ? resource : audience;
	return mp_client_check_resource(turn->issuer, ask->client, *ret_target, err);
}

/* What the token permits, as far as the client and the person still may. */
static enum mcpass_rc limit(const struct mp_turn *turn, const struct mp_client *client,
    const json_t *claims, const struct mp_user *user, struct mp_strings *ret_ceiling,
    struct mcpass_error *err)
{
	struct mp_strings has = { 0 }, ceiling = { 0 };
	enum mcpass_rc rc = mp_client_ceiling(turn->issuer, client, &ceiling, err);

	if (!rc && mp_json_text(claims, "scope") != NULL)
		rc = mp_scope_parse(mp_json_text(claims, "scope"), &has, err);
	for (size_t i = 0; i < has.count && !rc; i++) {
		const char *scope = has.items[i];
		bool may = mp_strings_has(&ceiling, scope) && (user == NULL || user->all_scopes
		    || mp_strings_has(&user->scopes, scope));

		if (may)
			rc = mp_strings_add_text(ret_ceiling, scope, err);
	}
	mp_strings_free(&has);
	mp_strings_free(&ceiling);
	return rc;
}

static enum mcpass_rc answer(const struct mp_turn *turn, const struct mp_token_ask *ask,
    const json_t *claims, struct mcpass_error *err)
{
	const char *username = mp_json_text(claims, "preferred_username");
	struct mp_token_give give = { .subject = mp_json_text(claims, "sub"),
		.client_id = ask->client->client_id, .machine = username == NULL,
		.issued_type = MP_TOKEN_TYPE_ACCESS,
		.not_after = json_integer_value(json_object_get(claims, "exp")) };
	const struct mp_user *user = username != NULL ? mp_users_find(turn->issuer, username) : NULL;
	struct mp_strings ceiling = { 0 };
	char *scope = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (username != NULL && user == NULL)
		rc = refuse(err, "is about a user who is not known any more");
	if (!rc)
		rc = read_target(turn, ask, claims, &give.resource, err);
	if (!rc)
		rc = limit(turn, ask->client, claims, user, &ceiling, err);
	if (!rc)
		rc = mp_token_scope(ask->form, &ceiling, &scope, err);
	give.scope = scope;
	if (!rc)        /* without a refresh token: the caller comes again with his own */
		rc = mp_token_give(turn, ask, &give, err);
	mp_strings_free(&ceiling);
	free(scope);
	return rc;
}

static enum mcpass_rc exchange(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	const char *api = NULL;
	json_t *claims = NULL;
	enum mcpass_rc rc = check_types(ask->form, err);

	/* spec: RFC 8693 5: the finder of a token must not be able to exchange it */
	if (!rc && ask->client->secret_hash == NULL && ask->client->jwks == NULL)
		rc = mp_response_refuse(err, "unauthorized_client", "RFC 8693 5",
		    "a client without a secret may not exchange tokens");
	if (!rc)
		rc = read_subject(turn, ask, &claims, err);
	if (!rc)
		rc = mp_api_exchange_find(turn, ask->form, &api, err);
	if (!rc)
		rc = api != NULL ? mp_api_exchange(turn, ask, claims, api, err)
		    : answer(turn, ask, claims, err);
	json_decref(claims);
	return rc;
}

/* What is wanted says which of the two exchanges it is. */
enum mcpass_rc mp_token_exchange_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	const char *wanted = NULL;
	enum mcpass_rc rc = mp_form_get(ask->form, "requested_token_type", &wanted, err);

	if (rc)
		return rc;
	if (mp_eq(wanted, MP_TOKEN_TYPE_ID_JAG))
		return mp_id_jag_grant(turn, ask, err);
	if (wanted == NULL || strcmp(wanted, MP_TOKEN_TYPE_ACCESS) == 0)
		return exchange(turn, ask, err);
	return mp_response_refuse(err, "invalid_request", "RFC 8693 2.1",
	    "an access token or an ID-JAG is to be had, not %s", wanted);
}
