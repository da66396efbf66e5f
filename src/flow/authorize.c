/* The user's consent, the code it yields, and the token for it. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/machine.h"
#include "oauth/authz.h"
#include "oauth/pkce.h"
#include "oauth/scope.h"
#include "oauth/token.h"

#define STATE_BYTES 16          /* 128 bits: nobody guesses it (RFC 6749 10.10) */

static const char *resource_to_send(const struct mcpass_client *client)
{
	return client->flags & MCPASS_OMIT_RESOURCE ? NULL : client->record.resource;
}

/* Fresh for every authorization; spec: RFC 7636 4.1, RFC 6749 10.12 */
static enum mcpass_rc new_secrets(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_secret_free(&client->state_param);
	mp_secret_free(&client->verifier);
	mp_set(&client->challenge, NULL, NULL);
	rc = mp_random_text(client->random, client->random_ctx, STATE_BYTES, &client->state_param, err);
	if (rc == MCPASS_OK)
		rc = mp_pkce_new(client->random, client->random_ctx, &client->verifier,
		    &client->challenge, err);
	return rc;
}

MP_HANDLER(mp_ask_user)
{
	struct mp_authz_request request = { 0 };
	const char *endpoint = client->record.as.authorization_endpoint;
	enum mcpass_rc rc;
	char *url = NULL, *scope = NULL;

	(void)event;
	client->authorizations++;
	client->state = S_BROWSING;
	rc = new_secrets(client, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_join(&client->scope, &scope, err);
	if (rc)
		goto out;
	request.client_id = client->record.client.client_id;
	request.redirect_uri = client->redirect_uri;
	request.scope = scope;
	request.state = mp_secret_reveal(&client->state_param);
	request.code_challenge = client->challenge;
	request.resource = resource_to_send(client);
	request.extra = client->extra.items;
	request.extra_count = client->extra.count;
	rc = mp_authz_url(endpoint, &request, &url, err);
	if (rc)
		goto out;
	mp_note(client, "OAuth 2.1 4.1.1, RFC 7636 4.3, RFC 8707 2",
	    "Asking the user, in the browser", "authorization_endpoint", endpoint,
	    "client_id", request.client_id, "redirect_uri", request.redirect_uri,
	    "scope", scope, "resource", request.resource, "code_challenge_method", "S256",
	    "state", "(random, kept here)", NULL);
	mp_free_wiped(client->url);
	client->url = url;
	action->type = MCPASS_ACT_BROWSE;
	action->url = url;
out:
	free(scope);
	return mp_doing(err, rc, "preparing the authorization request");
}

MP_HANDLER(mp_take_redirect)
{
	const struct mp_asmeta *as = &client->record.as;
	struct mp_authz_expect expect = { mp_secret_reveal(&client->state_param), as->issuer,
		as->authorization_response_iss_parameter_supported };
	struct mp_secret code = { 0 };
	enum mcpass_rc rc;

	if (event->data == NULL) {
		rc = mp_fail(err, MCPASS_E_EXPIRED, NULL, "nobody finished the login in the browser in time");
		mp_hint(err, "run the command again; if the browser showed an error page, what it said "
		    "is the reason");
		return mp_doing(err, rc, "waiting for the user's consent");
	}
	rc = mp_authz_answer(event->data, event->data_len, &expect, &code, err);
	if (rc)
		return mp_doing(err, rc, "reading the authorization response");
	mp_note(client, "RFC 6749 4.1.2, RFC 9207 2.4", "The user agreed: the redirect carries a code",
	    "state", "ours", "iss", expect.iss_promised ? "the right issuer" : "not promised by this server",
	    "code", "(redacted)", NULL);
	client->state = S_EXCHANGING;
	mp_act_reset(client, MP_MAX_FORM);
	mp_token_code_form(&client->body, &code, &client->verifier, client->redirect_uri,
	    resource_to_send(client));
	mp_secret_free(&code);
	mp_secret_free(&client->verifier);
	rc = mp_act_form(client, as->token_endpoint, event->now, action, err);
	return mp_doing(err, rc, "preparing the token request");
}

MP_HANDLER(mp_take_token)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;
	char *scope = NULL;

	rc = mp_scope_join(&client->scope, &scope, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&client->record.requested_scope, scope, err);
	if (rc)
		goto out;
	if (event->status == 0)
		rc = mp_fail(&why, MCPASS_E_IO, NULL, "no answer from %s: %s", client->url,
		    event->data != NULL ? event->data : "unknown reason");
	else
		rc = mp_keep_token(client, event, scope, action, &why);
	if (rc == MCPASS_OK) {
		mp_note(client, "RFC 6749 5.1", "The code was exchanged for an access token",
		    "token_endpoint", client->record.as.token_endpoint,
		    "token_type", client->record.token_type, "scope", client->record.scope,
		    "access_token", "(redacted)", "refresh_token",
		    mp_secret_present(&client->record.refresh_token) ? "(redacted)" : "(none)", NULL);
		goto out;
	}
	/* A client from an earlier run that the server has forgotten: register again, once. */
	if (rc == MCPASS_E_DENIED && strcmp(why.oauth, "invalid_client") == 0
	    && client->given_id == NULL && !client->registered) {
		mp_note(client, "RFC 6749 5.2", "The authorization server no longer knows this client",
		    "client_id", client->record.client.client_id, NULL);
		mp_record_forget_client(&client->record);
		rc = mp_begin_listen(client, action, err);
		goto out;
	}
	if (err != NULL)
		*err = why;
	rc = mp_doing(err, rc, "exchanging the code for a token");
out:
	free(scope);
	return rc;
}
