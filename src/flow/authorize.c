/* The user's consent, and the code that it yields. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/authz.h"
#include "oauth/par.h"
#include "oauth/pkce.h"
#include "oauth/refusals.h"
#include "oauth/scope.h"

#define STATE_BYTES 16          /* 128 bits: nobody guesses it (RFC 6749 10.10) */

/* Fresh for every authorization; spec: RFC 7636 4.1, RFC 6749 10.12 */
static enum mcpass_rc new_secrets(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	client->strayed = false;
	mp_secret_free(&client->state_param);
	mp_secret_free(&client->verifier);
	mp_set(&client->challenge, NULL, NULL);
	rc = mp_random_text(client->random, client->random_ctx, STATE_BYTES, &client->state_param, err);
	if (rc == MCPASS_OK)
		rc = mp_pkce_new(client->random, client->random_ctx, &client->verifier,
		    &client->challenge, err);
	return rc;
}

/* Shows url, which becomes the client's, to the user. */
static void browse(struct mcpass_client *client, char *url, struct mcpass_action *action)
{
	client->state = S_BROWSING;
	mp_free_wiped(client->url);
	client->url = url;
	action->type = MCPASS_ACT_BROWSE;
	action->url = url;
}

/* The request goes to the server directly, and the browser carries a reference to it. */
static enum mcpass_rc push(struct mcpass_client *client, const struct mp_authz_request *request,
    int64_t now, struct mcpass_action *action, struct mcpass_error *err)
{
	struct mp_authz_request body = *request;

	client->state = S_PUSHING;
	mp_act_reset(client, MP_MAX_FORM);
	body.client_id = NULL;          /* it comes with our proof; spec: RFC 9126 2.1 */
	mp_authz_form(&client->body, &body);
	return mp_act_form(client, client->record.as.pushed_authorization_request_endpoint, now,
	    action, err);
}

static enum mcpass_rc ask(struct mcpass_client *client, const struct mp_authz_request *request,
    int64_t now, struct mcpass_action *action, struct mcpass_error *err)
{
	const struct mp_asmeta *as = &client->record.as;
	enum mcpass_rc rc;
	char *url = NULL;

	mp_note(client, "OAuth 2.1 4.1.1, RFC 7636 4.3, RFC 8707 2",
	    "Asking the user, in the browser", "authorization_endpoint", as->authorization_endpoint,
	    "client_id", request->client_id, "redirect_uri", request->redirect_uri,
	    "scope", request->scope, "resource", request->resource, "code_challenge_method", "S256",
	    "state", "(random, kept here)", NULL);
	if (as->require_pushed_authorization_requests
	    && as->pushed_authorization_request_endpoint != NULL)
		return push(client, request, now, action, err);
	rc = mp_authz_url(as->authorization_endpoint, request, &url, err);
	if (rc == MCPASS_OK)
		browse(client, url, action);
	return rc;
}

MP_HANDLER(mp_ask_user)
{
	struct mp_authz_request request = { 0 };
	enum mcpass_rc rc;
	char *scope = NULL;

	client->authorizations++;
	rc = new_secrets(client, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_join(&client->scope, &scope, err);
	if (rc == MCPASS_OK)
		rc = mp_gather_params(client, err);
	if (rc)
		goto out;
	request.client_id = client->record.client.client_id;
	request.redirect_uri = client->redirect_uri;
	request.scope = scope;
	request.state = mp_secret_reveal(&client->state_param);
	request.code_challenge = client->challenge;
	request.resource = mp_resource_to_send(client);
	request.extra = client->asked.items;
	request.extra_count = client->asked.count;
	rc = ask(client, &request, event->now, action, err);
out:
	free(scope);
	return mp_doing(err, rc, "preparing the authorization request");
}

/* The same without offline_access, where that is why; else the refusal stands. */
static enum mcpass_rc ask_again_or_fail(struct mcpass_client *client, struct mcpass_error *why,
    const char *doing, struct mcpass_action *action, struct mcpass_error *err)
{
	if (mp_cure_offline(client, MP_REFUSED_AUTHORIZATION, why))
		return mp_begin_listen(client, action, err);
	if (err != NULL)
		*err = *why;
	return mp_doing(err, why->rc, doing);
}

MP_HANDLER(mp_take_pushed)
{
	const struct mp_asmeta *as = &client->record.as;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;
	char *reference = NULL, *url = NULL;

	if (event->status == 0)
		rc = mp_no_answer(client, event, &why);
	else
		rc = mp_par_answer(event->status, event->data, event->data_len, &reference, &why);
	if (rc != MCPASS_OK)
		return ask_again_or_fail(client, &why, "pushing the authorization request", action, err);
	rc = mp_par_url(as->authorization_endpoint, client->record.client.client_id, reference,
	    &url, err);
	free(reference);
	if (rc)
		return mp_doing(err, rc, "pushing the authorization request");
	mp_note(client, "RFC 9126 2.2", "The authorization server took the request in advance",
	    "pushed_authorization_request_endpoint", as->pushed_authorization_request_endpoint, NULL);
	browse(client, url, action);
	return MCPASS_OK;
}

/* The pages of Keycloak that end a login without a redirect say which of these it is. */
static void hint_no_redirect(const struct mcpass_client *client, struct mcpass_error *err)
{
	const char *issuer = client->record.as.issuer;

	if (issuer != NULL && strstr(issuer, "/realms/") != NULL)
		mp_hint(err, "Run the command again. What an error page in the browser said is the reason:"
		    " 'Client not found': mcpass logout %s first; 'Invalid parameter: redirect_uri': its"
		    " client wants another --callback-port or --callback-host.", client->server_url);
	else
		mp_hint(err, "Run the command again, with a longer --login-timeout where it takes long; if"
		    " the browser showed an error, that is the reason.");
}

/* What came instead of an answer is the reason, where something did: it may be an attack. */
static enum mcpass_rc nobody_came(const struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_fail(err, client->strayed ? MCPASS_E_POLICY : MCPASS_E_EXPIRED,
	    client->strayed ? "RFC 6749 10.12" : NULL,
	    "the login was not finished in the browser in time%s", client->strayed
	    ? "; what came to the redirect URI had no state, or not the one of this login" : "");
	if (client->strayed)
		mp_hint(err, "What came was no answer to this login: an old browser tab, or another"
		    " program's doing.  Start again.");
	else
		hint_no_redirect(client, err);
	return mp_doing(err, rc, "waiting for the user's consent");
}

/* Another's: any program on this machine can send it, however often, and it must not end the
 * login; only the time does.  spec: RFC 6749 10.12; RFC 8252 8.9 */
static enum mcpass_rc wait_on(struct mcpass_client *client, struct mcpass_action *action)
{
	if (!client->strayed)
		mp_note(client, "RFC 6749 10.12", "Something else came to the redirect URI: waiting on",
		    "state", "not ours", NULL);
	client->strayed = true;
	action->type = MCPASS_ACT_WAIT;
	return MCPASS_OK;
}

MP_HANDLER(mp_take_redirect)
{
	const struct mp_asmeta *as = &client->record.as;
	struct mcpass_error why = { 0 };
	struct mp_authz_expect expect = { mp_secret_reveal(&client->state_param), as->issuer,
		as->authorization_response_iss_parameter_supported };
	bool ours = false;
	enum mcpass_rc rc;

	if (event->data == NULL)
		return nobody_came(client, err);
	rc = mp_authz_is_ours(event->data, event->data_len, expect.state, &ours, err);
	if (rc)
		return rc;
	if (!ours)
		return wait_on(client, action);
	mp_secret_free(&client->code);
	rc = mp_authz_answer(event->data, event->data_len, &expect, &client->code, &why);
	if (rc)
		return ask_again_or_fail(client, &why, "reading the authorization response", action, err);
	mp_note(client, "RFC 6749 4.1.2, RFC 9207 2.4", "The user agreed: the redirect carries a code",
	    "state", "ours", "iss", expect.iss_promised ? "the right issuer" : "not promised by this server",
	    "code", "(redacted)", NULL);
	return mp_begin_exchange(client, event->now, action, err);
}
