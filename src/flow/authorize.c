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

#define PREPARING "preparing the authorization request"
#define PUSHING "pushing the authorization request"
#define STATE_BYTES 16          /* 128 bits cannot be guessed (RFC 6749 10.10) */

/* Fresh for every authorization; spec: RFC 7636 4.1, RFC 6749 10.12 */
static enum mcpass_rc new_secrets(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_secret_free(&client->state_param);
	mp_secret_free(&client->verifier);
	mp_set(&client->challenge, NULL, NULL);
	rc = mp_random_text(client->random, client->random_ctx, STATE_BYTES, &client->state_param, err);
	if (!rc)
		rc = mp_pkce_new(client->random, client->random_ctx, &client->verifier,
		    &client->challenge, err);
	return rc;
}

/* A new request, which borrows from the client and from *ret_scope, the caller's (free). */
static enum mcpass_rc new_request(struct mcpass_client *client,
    struct mp_authz_request *ret_request, char **ret_scope, struct mcpass_error *err)
{
	const struct mp_asmeta *as = &client->record.as;
	enum mcpass_rc rc;

	client->authorizations++;
	rc = new_secrets(client, err);
	if (!rc)
		rc = mp_provider_gather_params(client, err);
	if (!rc)
		rc = mp_scope_join(&client->scope, ret_scope, err);
	if (rc)
		return rc;
	*ret_request = (struct mp_authz_request){
		.client_id = client->record.client.client_id,
		.redirect_uri = client->redirect_uri,
		.scope = *ret_scope,
		.state = mp_secret_reveal(&client->state_param),
		.code_challenge = client->challenge,
		.resource = mp_provider_resource(client),
		.extra = client->asked.items,
		.extra_count = client->asked.count,
	};
	mp_note(client, "OAuth 2.1 4.1.1, RFC 7636 4.3, RFC 8707 2",
	    "Asking the user, in the browser", "authorization_endpoint", as->authorization_endpoint,
	    "client_id", ret_request->client_id, "redirect_uri", ret_request->redirect_uri,
	    "scope", ret_request->scope, "resource", ret_request->resource,
	    "code_challenge_method", "S256", "state", "(random, kept here)", NULL);
	return MCPASS_OK;
}

/* The request goes to the server directly, and the browser carries a reference to it. */
enum mcpass_rc mp_authorize_push(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_authz_request request;
	char *scope = NULL;
	enum mcpass_rc rc = new_request(client, &request, &scope, err);

	if (!rc) {
		mp_action_reset(client, MP_MAX_FORM);
		request.client_id = NULL;       /* it comes with our proof; spec: RFC 9126 2.1 */
		mp_authz_form(&client->body, &request);
		rc = mp_action_form(client, client->record.as.pushed_authorization_request_endpoint, err);
	}
	free(scope);
	return mp_doing(err, rc, PREPARING);
}

/* The page that the user is shown: for the request that was pushed, or for a new one. */
static enum mcpass_rc make_url(struct mcpass_client *client, char **ret_url,
    struct mcpass_error *err)
{
	const char *endpoint = client->record.as.authorization_endpoint;
	struct mp_authz_request request;
	enum mcpass_rc rc;
	char *scope = NULL;

	if (client->request_uri != NULL) {
		rc = mp_par_url(endpoint, client->record.client.client_id, client->request_uri, ret_url, err);
		mp_set(&client->request_uri, NULL, NULL);
		return mp_doing(err, rc, PUSHING);
	}
	rc = new_request(client, &request, &scope, err);
	if (!rc)
		rc = mp_authz_url(endpoint, &request, ret_url, err);
	free(scope);
	return mp_doing(err, rc, PREPARING);
}

enum mcpass_rc mp_authorize_browse(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *url = NULL;

	client->action.type = client->strayed ? MCPASS_ACT_WAIT : MCPASS_ACT_BROWSE;
	if (client->strayed)
		return MCPASS_OK;
	rc = make_url(client, &url, err);
	if (rc)
		return rc;
	mp_free_wiped(client->url);
	client->action.url = client->url = url;
	return MCPASS_OK;
}

/* The same without offline_access, where that is why; else the refusal stands. */
static enum mp_state ask_again_or_fail(struct mcpass_client *client, struct mcpass_error *why,
    const char *doing, struct mcpass_error *err)
{
	return mp_retry_without_offline(client, MP_REFUSED_AUTHORIZATION, why) ? S_LISTENING
	    : mp_broken_by(err, why, doing);
}

enum mp_state mp_authorize_take_pushed(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_action_check_answered(client, event, &why);

	if (!rc)
		rc = mp_par_answer(event->status, event->data, event->data_len, &client->request_uri, &why);
	if (rc)
		return ask_again_or_fail(client, &why, PUSHING, err);
	mp_note(client, "RFC 9126 2.2", "The authorization server took the request in advance",
	    "pushed_authorization_request_endpoint",
	    client->record.as.pushed_authorization_request_endpoint, NULL);
	return S_BROWSING;
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
static enum mp_state time_is_over(const struct mcpass_client *client, struct mcpass_error *err)
{
	(void)mp_fail(err, client->strayed ? MCPASS_E_POLICY : MCPASS_E_EXPIRED,
	    client->strayed ? "RFC 6749 10.12" : NULL,
	    "the login was not finished in the browser in time%s", client->strayed
	    ? "; what came to the redirect URI had no state, or not the one of this login" : "");
	if (client->strayed)
		mp_hint(err, "What came was no answer to this login: an old browser tab, or another"
		    " program's doing.  Start again.");
	else
		hint_no_redirect(client, err);
	return mp_broken(err, "waiting for the user's consent");
}

/* Another's: any program on this machine can send it, however often, and it must not end the
 * login; only the time does.  spec: RFC 6749 10.12; RFC 8252 8.9 */
static enum mp_state wait_on(struct mcpass_client *client)
{
	if (!client->strayed)
		mp_note(client, "RFC 6749 10.12", "Something else came to the redirect URI: waiting on",
		    "state", "not ours", NULL);
	client->strayed = true;
	return S_BROWSING;
}

enum mp_state mp_authorize_take_redirect(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	const struct mp_asmeta *as = &client->record.as;
	const struct mp_authz_expect expect = { mp_secret_reveal(&client->state_param), as->issuer,
		as->authorization_response_iss_parameter_supported };
	struct mcpass_error why = { 0 };
	bool ours = false;

	if (event->data == NULL)
		return time_is_over(client, err);
	if (mp_authz_is_ours(event->data, event->data_len, expect.state, &ours, err))
		return S_BROKEN;
	if (!ours)
		return wait_on(client);
	client->strayed = false;
	mp_secret_free(&client->code);
	if (mp_authz_answer(event->data, event->data_len, &expect, &client->code, &why))
		return ask_again_or_fail(client, &why, "reading the authorization response", err);
	mp_note(client, "RFC 6749 4.1.2, RFC 9207 2.4", "The user agreed: the redirect carries a code",
	    "state", "ours", "iss", expect.iss_promised ? "the right issuer" : "not promised by this server",
	    "code", "(redacted)", NULL);
	return S_EXCHANGING;
}
