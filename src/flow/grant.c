/* The token, by whichever grant. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/grants.h"
#include "oauth/refusals.h"
#include "oauth/scope.h"
#include "oauth/token.h"

static const char *const grant_names[] = {
	[MCPASS_GRANT_CODE] = "authorization_code",
	[MCPASS_GRANT_CLIENT_CREDENTIALS] = "client_credentials",
	[MCPASS_GRANT_JWT_BEARER] = "jwt-bearer, a workload's own JWT",
	[MCPASS_GRANT_ID_JAG] = "jwt-bearer, with the identity provider's ID-JAG",
	[MCPASS_GRANT_DEVICE] = "device_code",
};

/* The id token for an ID-JAG; spec: RFC 8693 2.1; MCP enterprise-managed authorization */
static enum mcpass_rc begin_vouching(struct mcpass_client *client, const char *scope,
    int64_t now, struct mcpass_action *action, struct mcpass_error *err)
{
	struct mp_client_id id = { 0 };
	const struct mp_auth_inputs inputs = { client->idp_token_endpoint, now, client->random,
		client->random_ctx };
	enum mcpass_rc rc;

	client->state = S_VOUCHING;
	mp_act_reset(client, MP_MAX_FORM);
	mp_grant_id_jag_form(&client->body, &client->assertion, client->record.as.issuer, scope,
	    mp_resource_to_send(client));
	rc = mp_set(&id.client_id, client->idp_client_id, err);
	if (rc == MCPASS_OK)
		rc = mp_secret_set(&id.client_secret, mp_secret_reveal(&client->idp_client_secret), err);
	/* The provider's metadata is not read, so its absent list means Basic (RFC 8414 2). */
	id.method = mp_secret_present(&id.client_secret) ? MP_AUTH_BASIC : MP_AUTH_NONE;
	if (rc == MCPASS_OK && id.client_id != NULL)
		rc = mp_clientauth_apply(&id, &inputs, &client->headers, &client->body, err);
	if (rc == MCPASS_OK)
		rc = mp_act_bare_form(client, client->idp_token_endpoint, action, err);
	mp_client_id_free(&id);
	return mp_doing(err, rc, "asking the identity provider to vouch for the user");
}

MP_HANDLER(mp_take_id_jag)
{
	enum mcpass_rc rc;

	if (event->status == 0)
		rc = mp_no_answer(client, event, err);
	else
		rc = mp_grant_id_jag_answer(event->status, event->data, event->data_len, &client->id_jag, err);
	if (rc)
		return mp_doing(err, rc, "asking the identity provider to vouch for the user");
	mp_note(client, "RFC 8693 2.2.1", "The identity provider vouches for the user",
	    "audience", client->record.as.issuer, "assertion", "(redacted)", NULL);
	return mp_begin_exchange(client, event->now, action, err);
}

/* The grants that ask no person. */
enum mcpass_rc mp_begin_grant(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;
	char *scope = NULL;

	client->authorizations++;
	mp_secret_free(&client->id_jag);
	if (client->given_id != NULL)
		rc = mp_use_given(client, err);
	if (rc || client->grant != MCPASS_GRANT_ID_JAG)
		return rc ? rc : mp_begin_exchange(client, now, action, err);
	rc = mp_scope_join(&client->scope, &scope, err);
	if (rc == MCPASS_OK)
		rc = begin_vouching(client, scope, now, action, err);
	free(scope);
	return rc;
}

static void fill_form(struct mcpass_client *client, const char *scope)
{
	const char *resource = mp_resource_to_send(client);
	struct mp_buf *form = &client->body;

	switch (client->by) {
	case MCPASS_GRANT_CODE:
		mp_token_code_form(form, &client->code, &client->verifier, client->redirect_uri, resource);
		break;
	case MCPASS_GRANT_CLIENT_CREDENTIALS:
		mp_grant_client_credentials_form(form, scope, resource);
		break;
	case MCPASS_GRANT_JWT_BEARER:
		mp_grant_jwt_bearer_form(form, &client->assertion, scope, resource);
		break;
	case MCPASS_GRANT_ID_JAG:
		/* The scope stands in the ID-JAG, signed; resource is owed by every token request. */
		mp_grant_jwt_bearer_form(form, &client->id_jag, NULL, resource);
		break;
	case MCPASS_GRANT_DEVICE:       /* polled for: device.c */
		break;
	}
}

enum mcpass_rc mp_begin_exchange(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err)
{
	const char *endpoint = client->record.as.token_endpoint;
	enum mcpass_rc rc;
	char *scope = NULL;

	client->state = S_EXCHANGING;
	rc = mp_scope_join(&client->scope, &scope, err);
	if (rc)
		return rc;
	mp_act_reset(client, MP_MAX_FORM);
	fill_form(client, scope);
	free(scope);
	rc = mp_dpop_add(client, endpoint, now, err);
	if (rc == MCPASS_OK)
		rc = mp_act_form(client, endpoint, now, action, err);
	return mp_doing(err, rc, "preparing the token request");
}

static void note_token(struct mcpass_client *client)
{
	mp_note(client, "RFC 6749 5.1", "The authorization server gave an access token",
	    "grant", grant_names[client->by], "token_endpoint", client->record.as.token_endpoint,
	    "token_type", client->record.token_type, "scope", client->record.scope,
	    "access_token", "(redacted)", "refresh_token",
	    mp_secret_present(&client->record.refresh_token) ? "(redacted)" : "(none)", NULL);
}

/* A client from an earlier run that the server has forgotten: register again, once. */
static bool client_is_gone(const struct mcpass_client *client, const struct mcpass_error *why)
{
	return why->rc == MCPASS_E_DENIED && strcmp(why->oauth, "invalid_client") == 0
	    && client->by == MCPASS_GRANT_CODE && client->given_id == NULL && !client->registered
	    && !mp_eq(client->record.client.client_id, client->metadata_url);
}

/* The request again, or with less, or a client again, or the end. */
static enum mcpass_rc mend(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *why, struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool again;

	rc = mp_dpop_nonce(client, event, why->oauth, &client->as_nonce, &again, err);
	if (rc)
		return rc;
	if (again) {
		mp_note(client, "RFC 9449 8", "The authorization server wants its nonce in the proof: "
		    "once more", NULL);
		return mp_begin_exchange(client, event->now, action, err);
	}
	if (mp_cure_offline(client, MP_REFUSED_TOKEN, why))
		return mp_begin_listen(client, action, err);
	if (!client_is_gone(client, why)) {
		if (err != NULL)
			*err = *why;
		return mp_doing(err, why->rc, "asking for a token");
	}
	mp_note(client, "RFC 6749 5.2", "The authorization server no longer knows this client",
	    "client_id", client->record.client.client_id, NULL);
	mp_record_forget_client(&client->record);
	return mp_begin_listen(client, action, err);
}

enum mcpass_rc mp_take_answer(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *scope = NULL;

	rc = mp_scope_join(&client->scope, &scope, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&client->record.requested_scope, scope, err);
	if (rc == MCPASS_OK)
		rc = mp_keep_token(client, event, scope, action, err);
	if (rc == MCPASS_OK)
		note_token(client);
	free(scope);
	return rc;
}

MP_HANDLER(mp_take_token)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_take_answer(client, event, action, &why);

	if (rc)
		return mend(client, event, &why, action, err);
	mp_secret_free(&client->code);          /* used up, and so is the verifier */
	mp_secret_free(&client->verifier);
	return mp_dpop_nonce(client, event, NULL, &client->as_nonce, NULL, err);
}
