/* The token endpoint.  spec: OAuth 2.1 3.2, 4.1.3, 4.3; RFC 8707 2.2; RFC 9068 3;
 *                     RFC 9449 5 */
#include <stdlib.h>
#include <string.h>
#include "issuer/faults/faults.h"
#include "issuer/grants/token_endpoint.h"
#include "issuer/person.h"
#include "issuer/upstream/renew.h"
#include "oauth/device.h"
#include "oauth/pkce.h"
#include "oauth/scope.h"

static enum mcpass_rc check_owner(const struct mp_grant *grant,
    const struct mp_client *client, struct mcpass_error *err)
{
	/* spec: RFC 6749 4.1.3, 6 */
	if (mp_eq(grant->client_id, client->client_id))
		return MCPASS_OK;
	return mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
	    "it was issued to another client");
}

/* spec: RFC 9449 5 (the refresh token of a public client is bound to its key), 10 (and a code
 * to the key of dpop_jkt) */
static enum mcpass_rc check_key(const struct mp_grant *grant, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	if (grant->thumbprint == NULL || mp_eq(grant->thumbprint, ask->thumbprint))
		return MCPASS_OK;
	return mp_response_refuse(err, "invalid_grant", "RFC 9449 5",
	    "it is bound to another key than the DPoP proof's");
}

static enum mcpass_rc check_redirect(const struct mp_form *form,
    const struct mp_grant *grant, struct mcpass_error *err)
{
	const char *uri;
	enum mcpass_rc rc = mp_form_get(form, "redirect_uri", &uri, err);

	/* OAuth 2.1 does not ask for it any more; when it is there it has to be the one.
	 * spec: RFC 6749 4.1.3, OAuth 2.1 10.2 */
	if (!rc && uri != NULL && !mp_eq(uri, grant->redirect_uri))
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 4.1.3",
		    "redirect_uri is not the one of the authorization request");
	return rc;
}

static enum mcpass_rc check_verifier(const struct mp_form *form,
    const struct mp_grant *grant, struct mcpass_error *err)
{
	const char *verifier;
	enum mcpass_rc rc = mp_form_get(form, "code_verifier", &verifier, err);

	return rc ? rc : mp_pkce_check(verifier, grant->code_challenge, err);
}

/* Any mistake costs the code: a thief may not try again. */
static enum mcpass_rc exchange_code(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	const struct mp_client *client = ask->client;
	const struct mp_form *form = ask->form;
	struct mp_grant grant = { 0 };
	struct mp_secret code = { 0 };
	const char *text;
	enum mcpass_rc rc = mp_request_required(form, "code", &text, err);

	if (!rc)
		rc = mp_secret_set(&code, text, err);
	if (!rc)
		rc = mp_grant_redeem_code(turn, &code, &grant, err);
	if (!rc)
		rc = check_owner(&grant, client, err);
	if (!rc)
		rc = check_key(&grant, ask, err);
	if (!rc)
		rc = check_redirect(form, &grant, err);
	if (!rc)
		rc = check_verifier(form, &grant, err);
	if (!rc)
		rc = mp_token_check_target(form, &grant, err);
	if (!rc)
		rc = mp_token_answer_grant(turn, ask, &grant, grant.scope,
		    mp_strings_has(&client->grant_types, "refresh_token"), err);
	mp_secret_free(&code);
	mp_grant_free(&grant);
	return rc;
}

/* The scope of a refreshed token: what is asked for among what was granted, as far as
 * the user may still have it.  spec: RFC 6749 6 */
static enum mcpass_rc narrow_scope(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_grant *grant, char **ret_scope, struct mcpass_error *err)
{
	struct mp_user person = { 0 };
	bool found = false;
	struct mp_strings granted = { 0 }, wanted = { 0 }, scopes = { 0 };
	const char *text = NULL;
	enum mcpass_rc rc;

	rc = mp_person_load(turn, grant->username, grant->session, &person, &found, err);
	if (!rc && !found)
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "the user is not known any more");
	if (!rc)
		rc = mp_form_get(form, "scope", &text, err);
	if (text == NULL || text[0] == '\0')
		text = grant->scope;
	if (!rc)
		rc = mp_scope_parse(grant->scope, &granted, err);
	if (!rc)
		rc = mp_request_scopes(text, &wanted, err);
	if (!rc && !mp_scope_covers(&granted, &wanted))
		rc = mp_response_refuse(err, "invalid_scope", "RFC 6749 6",
		    "the scope is more than was granted");
	if (!rc)
		rc = mp_users_narrow(&person, &wanted, &scopes, err);
	if (!rc && wanted.count > 0 && scopes.count == 0)
		rc = mp_response_refuse(err, "invalid_grant", "RFC 6749 5.2",
		    "the user may have none of the scopes any more");
	if (!rc)
		rc = mp_scope_join(&scopes, ret_scope, err);
	mp_person_free(&person);
	mp_strings_free(&granted);
	mp_strings_free(&wanted);
	mp_strings_free(&scopes);
	return rc;
}

/* A mistake leaves the refresh token as it was; success uses it up.
 * spec: OAuth 2.1 4.3.1, RFC 9700 4.14.2 (rotation) */
static enum mcpass_rc refresh(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	const struct mp_form *form = ask->form;
	bool rotate = !mp_faults_is(turn->issuer, "refresh-no-rotation")
	    && !mp_faults_is(turn->issuer, "like-google");
	struct mp_grant grant = { 0 };
	struct mp_secret token = { 0 };
	const char *text;
	char *scope = NULL;
	enum mcpass_rc rc = mp_request_required(form, "refresh_token", &text, err);

	if (!rc)
		rc = mp_secret_set(&token, text, err);
	if (!rc)
		rc = mp_grant_read_refresh(turn, &token, &grant, err);
	if (!rc)
		rc = check_owner(&grant, ask->client, err);
	if (!rc)
		rc = check_key(&grant, ask, err);
	if (!rc)
		rc = mp_token_check_target(form, &grant, err);
	if (!rc && grant.session != NULL)
		rc = mp_idp_renew(turn, grant.session, err);
	if (!rc)
		rc = narrow_scope(turn, form, &grant, &scope, err);
	grant.before = &token;
	if (!rc)
		rc = mp_token_answer_grant(turn, ask, &grant, scope, rotate, err);
	/* Last, so that a failure of this machine costs no login. */
	if (!rc && rotate)
		rc = mp_grant_spend_refresh(turn, &token, err);
	free(scope);
	mp_secret_free(&token);
	mp_grant_free(&grant);
	return rc;
}

static const struct {
	const char *type;
	mp_token_fn *answer;
} grants[] = {
	{ "authorization_code", exchange_code },
	{ "refresh_token", refresh },
	{ MP_GRANT_DEVICE, mp_device_grant },
	{ "client_credentials", mp_client_credentials_grant },
	{ MP_GRANT_JWT_BEARER, mp_jwt_bearer_grant },
	{ MP_GRANT_TOKEN_EXCHANGE, mp_token_exchange_grant },
};

static enum mcpass_rc answer_grant(const struct mp_turn *turn, const struct mp_token_ask *ask,
    struct mcpass_error *err)
{
	const char *type;
	enum mcpass_rc rc = mp_request_required(ask->form, "grant_type", &type, err);

	for (size_t i = 0; i < MP_COUNT(grants) && !rc; i++) {
		if (strcmp(type, grants[i].type) != 0)
			continue;
		if (ask->client != NULL)
			rc = mp_client_check_grant(ask->client, type, err);
		return rc ? rc : grants[i].answer(turn, ask, err);
	}
	return rc ? rc : mp_response_refuse(err, "unsupported_grant_type", "RFC 6749 5.2",
	    "there is no such grant type here");
}

/* A workload comes with its platform's JWT alone: it is no client.  spec: SEP-1933 */
static bool is_workload(const struct mp_turn *turn, const struct mp_form *form)
{
	const struct mp_http_request *request = turn->request;
	bool bearer = false;

	if (mp_header_count(request->headers, request->header_count, "Authorization") > 0)
		return false;
	for (size_t i = 0; i < form->count; i++) {
		const struct mp_form_pair *pair = &form->pairs[i];

		if (strcmp(pair->name, "client_id") == 0 || strcmp(pair->name, "client_assertion") == 0)
			return false;
		bearer = bearer || (strcmp(pair->name, "grant_type") == 0
		    && strcmp(pair->value, MP_GRANT_JWT_BEARER) == 0);
	}
	return bearer;
}

static enum mcpass_rc handle(const struct mp_turn *turn, const struct mp_form *form,
    struct mp_client *client, struct mcpass_error *err)
{
	bool workload = is_workload(turn, form);
	struct mp_token_ask ask = { .form = form, .client = workload ? NULL : client };
	char *thumbprint = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (!workload)
		rc = mp_client_authenticate(turn, form, client, err);
	if (!rc)        /* before a code is looked at: a proof without the nonce costs nothing */
		rc = mp_dpop_check_request(turn, "/token", &thumbprint, err);
	ask.thumbprint = thumbprint;
	/* spec: RFC 9449 5.2 */
	if (!rc && client->dpop_bound_access_tokens && thumbprint == NULL)
		rc = mp_response_refuse(err, "invalid_dpop_proof", "RFC 9449 5.2",
		    "the client registered dpop_bound_access_tokens and sent no DPoP proof");
	if (!rc)
		rc = answer_grant(turn, &ask, err);
	free(thumbprint);
	return rc;
}

enum mcpass_rc mp_token_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_client client = { 0 };
	struct mp_form form = { 0 };
	enum mcpass_rc rc = mp_request_form(turn, &form, err);

	if (!rc)
		rc = handle(turn, &form, &client, err);
	if (mp_response_is_refusal(rc))
		rc = mp_response_refusal(turn, err);
	if (!rc)
		rc = mp_dpop_add_nonce(turn, err);
	mp_form_free(&form);
	mp_client_free(&client);
	return rc;
}
