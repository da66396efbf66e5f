/* The request for a token: by the code of a person's login, or by a grant that asks no person. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/grants.h"
#include "oauth/refusals.h"
#include "oauth/scope.h"

#define VOUCHING "asking the identity provider to vouch for the user"

/* The client that we are at the identity provider, if we are one. */
static enum mcpass_rc add_idp_client(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_auth_inputs inputs = { client->idp_token_endpoint, client->now,
		client->random, client->random_ctx };
	struct mp_client_id id = { 0 };
	enum mcpass_rc rc;

	if (client->idp_client_id == NULL)
		return MCPASS_OK;
	rc = mp_set(&id.client_id, client->idp_client_id, err);
	if (!rc)
		rc = mp_secret_set(&id.client_secret, mp_secret_reveal(&client->idp_client_secret), err);
	/* The provider's metadata is not read, so its absent list means Basic (RFC 8414 2). */
	id.method = mp_secret_present(&id.client_secret) ? MP_AUTH_BASIC : MP_AUTH_NONE;
	if (!rc)
		rc = mp_clientauth_apply(&id, &inputs, &client->headers, &client->body, err);
	mp_client_id_free(&id);
	return rc;
}

/* The id token for an ID-JAG; spec: RFC 8693 2.1; MCP enterprise-managed authorization */
enum mcpass_rc mp_token_request_ask_idp(struct mcpass_client *client, struct mcpass_error *err)
{
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_join(&client->scope, &scope, err);

	if (rc)
		return rc;
	mp_action_reset(client, MP_MAX_FORM);
	mp_grant_id_jag_form(&client->body, &client->assertion, client->record.as.issuer, scope,
	    mp_provider_resource(client));
	free(scope);
	rc = add_idp_client(client, err);
	if (!rc)
		rc = mp_action_bare_form(client, client->idp_token_endpoint, err);
	return mp_doing(err, rc, VOUCHING);
}

enum mp_state mp_token_request_take_id_jag(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_action_check_answered(client, event, err);

	if (!rc)
		rc = mp_grant_id_jag_answer(event->status, event->data, event->data_len, &client->id_jag, err);
	if (rc)
		return mp_broken(err, VOUCHING);
	mp_note(client, "RFC 8693 2.2.1", "The identity provider vouches for the user",
	    "audience", client->record.as.issuer, "assertion", "(redacted)", NULL);
	return S_EXCHANGING;
}

enum mcpass_rc mp_token_request_ask(struct mcpass_client *client, struct mcpass_error *err)
{
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_join(&client->scope, &scope, err);

	if (rc)
		return rc;
	mp_action_reset(client, MP_MAX_FORM);
	mp_grant_find(client->by)->fill_form(client, scope, mp_provider_resource(client));
	free(scope);
	return mp_doing(err, mp_action_token_form(client, err), "preparing the token request");
}

/* A client from an earlier run that the server has forgotten: register again, once. */
static bool client_is_gone(const struct mcpass_client *client, const struct mcpass_error *why)
{
	return why->rc == MCPASS_E_DENIED && strcmp(why->oauth, "invalid_client") == 0
	    && client->by == MCPASS_GRANT_CODE && client->given_id == NULL && !client->registered
	    && !mp_eq(client->record.client.client_id, client->metadata_url);
}

/* The request again, or with less, or a client again, or the end. */
static enum mp_state mend(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *why, struct mcpass_error *err)
{
	bool again;

	if (mp_dpop_nonce(client, event, why->oauth, &client->as_nonce, &again, err))
		return S_BROKEN;
	if (again) {
		mp_note(client, "RFC 9449 8", "The authorization server wants its nonce in the proof: "
		    "once more", NULL);
		return S_EXCHANGING;
	}
	if (mp_retry_without_offline(client, MP_REFUSED_TOKEN, why))
		return S_LISTENING;
	if (!client_is_gone(client, why))
		return mp_broken_by(err, why, "asking for a token");
	mp_note(client, "RFC 6749 5.2", "The authorization server no longer knows this client",
	    "client_id", client->record.client.client_id, NULL);
	mp_record_forget_client(&client->record);
	return S_LISTENING;
}

enum mp_state mp_token_request_take(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };

	if (mp_keep_token_take_new(client, event, &why))
		return mend(client, event, &why, err);
	mp_secret_free(&client->code);          /* used up, and so is the verifier */
	mp_secret_free(&client->verifier);
	return mp_dpop_nonce(client, event, NULL, &client->as_nonce, NULL, err) ? S_BROKEN
	    : S_SAVING_TOKEN;
}
