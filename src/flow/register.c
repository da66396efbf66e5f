/* Registering, and changing what was registered.
 * spec: RFC 7591; RFC 7592 2.2; MCP client registration */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/clientauth.h"
#include "oauth/registration.h"
#include "oauth/scope.h"

static enum mcpass_rc add_item(struct mp_strings *list, const char *item,
    struct mcpass_error *err)
{
	return mp_strings_add(list, (struct mp_span){ item, strlen(item) }, err);
}

/* "none" for a public client, where the server allows it or does not say what it allows;
 * else the first in its list that we can do. */
static const char *choose_method(const struct mp_strings *supported)
{
	enum mp_auth_method method = mp_auth_method_listed(supported);

	if (method == MP_AUTH_UNSET || mp_strings_has(supported, "none"))
		method = MP_AUTH_NONE;
	return mp_auth_method_name(method);
}

/* Both forms: servers that compare exactly take the first, those that follow RFC 8252
 * 7.3 match any port against the second. */
static enum mcpass_rc wish_redirects(const struct mcpass_client *client,
    struct mp_registration *wish, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *portless = NULL;

	rc = add_item(&wish->redirect_uris, client->redirect_uri, err);
	if (rc == MCPASS_OK)
		rc = mp_registration_portless(client->redirect_uri, &portless, err);
	if (rc == MCPASS_OK && strcmp(portless, client->redirect_uri) != 0)
		rc = add_item(&wish->redirect_uris, portless, err);
	free(portless);
	return rc;
}

static bool is_cured(const struct mcpass_client *client, unsigned cure)
{
	return (client->cures & cure) != 0;
}

/* Everything that the resource publishes, for a registered scope is a ceiling, and what
 * we are about to ask for; less where the server refused that much. */
static enum mcpass_rc wish_scope(const struct mcpass_client *client,
    struct mp_registration *wish, struct mcpass_error *err)
{
	struct mp_strings all = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (is_cured(client, MP_CURED_BARE | MP_CURED_NO_SCOPE))
		return MCPASS_OK;
	if (!is_cured(client, MP_CURED_LESS_SCOPE) && mp_scope_fits(&client->prm.scopes_supported))
		rc = mp_scope_merge(&all, &client->prm.scopes_supported, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_merge(&all, &client->scope, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_join(&all, &wish->scope, err);
	mp_strings_free(&all);
	return rc;
}

/* Absent means authorization_code alone; spec: RFC 7591 2 */
static enum mcpass_rc wish_grants(const struct mcpass_client *client,
    struct mp_registration *wish, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (is_cured(client, MP_CURED_BARE))
		return MCPASS_OK;
	rc = add_item(&wish->grant_types, "authorization_code", err);
	/* Also where the metadata does not list it: glewlwyd gives refresh tokens, lists no grant
	 * for them, and takes them of a client only that registered for it.  spec: SEP-2207 */
	if (rc == MCPASS_OK)
		rc = add_item(&wish->grant_types, "refresh_token", err);
	/* Once for both: whoever signs in by a code next time needs it (RFC 7591 2). */
	if (rc == MCPASS_OK && !is_cured(client, MP_CURED_FEWER_FIELDS)
	    && mp_device_is_offered(&client->record.as))
		rc = add_item(&wish->grant_types, MP_GRANT_DEVICE, err);
	return rc;
}

/* What may be left out, and is where the server stumbles over it. */
static enum mcpass_rc wish_optional(const struct mcpass_client *client,
    struct mp_registration *wish, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (is_cured(client, MP_CURED_FEWER_FIELDS | MP_CURED_BARE))
		return MCPASS_OK;
	rc = mp_set(&wish->client_name, client->client_name, err);
	if (rc == MCPASS_OK)    /* spec: MCP client registration (application_type, SEP-837) */
		rc = mp_set(&wish->application_type, "native", err);
	if (rc == MCPASS_OK)
		rc = add_item(&wish->response_types, "code", err);
	return rc;
}

/* The method and the binding to a key are what security needs: they always stay.
 * spec: RFC 7591 2 */
static enum mcpass_rc fill_wish(const struct mcpass_client *client,
    struct mp_registration *wish, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	wish->dpop_bound_access_tokens = client->dpop_key != NULL;      /* spec: RFC 9449 5.2 */
	rc = mp_set(&wish->token_endpoint_auth_method,
	    choose_method(&client->record.as.token_endpoint_auth_methods_supported), err);
	if (rc == MCPASS_OK)
		rc = wish_redirects(client, wish, err);
	if (rc == MCPASS_OK)
		rc = wish_optional(client, wish, err);
	if (rc == MCPASS_OK)
		rc = wish_scope(client, wish, err);
	return rc ? rc : wish_grants(client, wish, err);
}

enum mcpass_rc mp_begin_register(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	const char *endpoint = client->record.as.registration_endpoint;
	struct mp_registration wish = { 0 };
	enum mcpass_rc rc;
	char *body = NULL;

	rc = mp_set_aside(client, err);
	if (rc == MCPASS_OK && endpoint == NULL)
		rc = mp_asmeta_lacks(&client->record.as, "registration_endpoint", err);
	if (rc == MCPASS_OK && mp_secret_present(&client->initial_access_token))
		rc = mp_check_vouched(client, err);
	if (rc)
		return mp_doing(err, rc, "registering as a client");
	mp_record_forget_client(&client->record);
	client->state = S_REGISTERING;
	rc = fill_wish(client, &wish, err);
	if (rc == MCPASS_OK)
		rc = mp_registration_write(&wish, &body, err);
	if (rc)
		goto out;
	mp_act_reset(client, MP_MAX_DOCUMENT);
	mp_buf_adds(&client->body, body);
	rc = mp_headers_add(&client->headers, "Content-Type", "application/json", err);
	if (rc == MCPASS_OK && mp_secret_present(&client->initial_access_token))
		rc = mp_act_bearer(client, &client->initial_access_token, err);
	if (rc == MCPASS_OK)
		rc = mp_act_request(client, "POST", endpoint, MP_MAX_DOCUMENT, action, err);
out:
	free(body);
	mp_registration_free(&wish);
	return mp_doing(err, rc, "registering as a client");
}

/* Where the registration is managed: asked with a token, changed, deleted, each time without
 * a look at the metadata, so it has to be where we registered.  It is a convenience: a URL
 * that must not be used makes no login fail.
 * spec: RFC 7592 3; MCP security considerations (SSRF) */
static enum mcpass_rc keep_management(struct mcpass_client *client,
    const struct mp_registration *answer, struct mcpass_error *err)
{
	struct mp_record_client *ours = &client->record.client;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (answer->registration_client_uri == NULL)
		return MCPASS_OK;
	rc = mp_check_target(client, answer->registration_client_uri, "registration_client_uri", &why);
	if (rc == MCPASS_OK && !mp_is_managed_there(&client->record, answer->registration_client_uri))
		rc = mp_fail(&why, MCPASS_E_POLICY, "RFC 7592 3", "registration_client_uri is not of the"
		    " origin of the registration endpoint: %s", answer->registration_client_uri);
	if (rc == MCPASS_OK)
		return mp_set(&ours->configuration_url, answer->registration_client_uri, err);
	mp_note(client, why.spec, "The registration cannot be managed from here", "why", why.detail, NULL);
	return mp_set(&ours->configuration_url, NULL, err);
}

/* Copies what the server answered; the response is obeyed, whatever we asked for.  The
 * answer to a change need not repeat the secret: the one that we have stays.
 * spec: RFC 7591 3.2.1, RFC 7592 3 */
static enum mcpass_rc keep_registration(struct mcpass_client *client,
    const struct mp_registration *answer, struct mcpass_error *err)
{
	struct mp_record_client *ours = &client->record.client;
	bool has_secret = mp_secret_present(&answer->client_secret), odd = false;
	char *scope = NULL;
	enum mcpass_rc rc;

	mp_note_odd(client, "The registration response is odd", &answer->odd);
	rc = mp_set(&ours->client_id, answer->client_id, err);
	if (rc == MCPASS_OK && answer->token_endpoint_auth_method != NULL)
		rc = mp_set(&ours->auth_method, answer->token_endpoint_auth_method, err);
	if (rc == MCPASS_OK && has_secret)
		rc = mp_secret_set(&ours->client_secret, mp_secret_reveal(&answer->client_secret), err);
	if (has_secret)
		ours->secret_expires_at = answer->client_secret_expires_at;
	if (rc == MCPASS_OK)
		rc = mp_set(&ours->redirect_uri, client->redirect_uri, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_clean(answer->scope, &scope, &odd, err);
	if (rc == MCPASS_OK) {
		free(ours->scope);
		ours->scope = scope;
		rc = keep_management(client, answer, err);
	}
	if (rc == MCPASS_OK && mp_secret_present(&answer->registration_access_token))
		rc = mp_secret_set(&ours->configuration_token,
		    mp_secret_reveal(&answer->registration_access_token), err);
	return rc;
}

/* The same registration with a wider scope, or another redirect URI; what the server gave us
 * is not sent back, and the way in which we authenticate stays.  spec: RFC 7592 2.2 */
enum mcpass_rc mp_begin_widening(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	struct mp_registration wish = { 0 };
	enum mcpass_rc rc;
	char *body = NULL;

	client->state = S_WIDENING;
	rc = fill_wish(client, &wish, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&wish.client_id, ours->client_id, err);
	if (rc == MCPASS_OK && ours->auth_method != NULL)
		rc = mp_set(&wish.token_endpoint_auth_method, ours->auth_method, err);
	if (rc == MCPASS_OK)
		rc = mp_registration_write(&wish, &body, err);
	if (rc)
		goto out;
	mp_act_reset(client, MP_MAX_DOCUMENT);
	mp_buf_adds(&client->body, body);
	rc = mp_headers_add(&client->headers, "Content-Type", "application/json", err);
	if (rc == MCPASS_OK)
		rc = mp_act_bearer(client, &ours->configuration_token, err);
	if (rc == MCPASS_OK)
		rc = mp_act_request(client, "PUT", ours->configuration_url, MP_MAX_DOCUMENT, action, err);
out:
	mp_free_wiped(body);
	mp_registration_free(&wish);
	return mp_doing(err, rc, "changing the registration");
}

/* A 5xx says nothing about the registration, so another one would only be one more. */
static enum mcpass_rc change_failed(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_action *action, struct mcpass_error *err)
{
	if (event->status == 0)
		return mp_no_answer(client, event, err);
	if (event->status >= 500 || event->status == 429)
		return mp_registration_answer(event->status, event->data, event->data_len, NULL, err);
	/* spec: RFC 7592 2.2 (the token is of no client any more) */
	if (event->status == 401 || event->status == 404)
		mp_record_forget_client(&client->record);
	mp_note(client, "RFC 7592 2.2", "The registration cannot be changed: a new one does as well",
	    NULL);
	return mp_begin_register(client, action, err);
}

MP_HANDLER(mp_take_widened)
{
	struct mp_registration answer = { 0 };
	enum mcpass_rc rc = MCPASS_E_DENIED;

	if (event->status == 200)       /* spec: RFC 7592 2.2, 3 */
		rc = mp_registration_parse_answer(event->data, event->data_len, &answer, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc || !mp_eq(answer.client_id, client->record.client.client_id)) {
		mp_registration_free(&answer);
		return mp_doing(err, change_failed(client, event, action, err), "changing the registration");
	}
	rc = keep_registration(client, &answer, err);
	mp_note(client, "RFC 7592 2.2", "The registration now allows more",
	    "client_id", answer.client_id, "redirect_uri", client->redirect_uri, "scope", answer.scope,
	    NULL);
	mp_registration_free(&answer);
	if (rc)
		return mp_doing(err, rc, "changing the registration");
	client->state = S_SAVING_CLIENT;
	return mp_act_save(client, action, err);
}

/* Where the provider is known to want a token, that is the remedy. */
static void hint_refused(const struct mcpass_client *client, int status,
    struct mcpass_error *err)
{
	if (err == NULL || (client->quirk.changes & MP_QUIRK_TOKEN_FOR_DCR) == 0
	    || (status != 401 && status != 403))
		return;
	err->hint[0] = '\0';            /* the general one */
	mp_hint_by_hand(client, err);
}

MP_HANDLER(mp_take_registration)
{
	struct mp_registration answer = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (event->status == 0)
		return mp_doing(err, mp_no_answer(client, event, err), "registering as a client");
	rc = mp_registration_answer(event->status, event->data, event->data_len, &answer, &why);
	if (rc != MCPASS_OK && mp_cure_registration(client, &why))
		return mp_begin_register(client, action, err);
	if (rc != MCPASS_OK && err != NULL)
		*err = why;
	if (rc == MCPASS_E_DENIED)
		hint_refused(client, event->status, err);
	if (rc == MCPASS_OK)
		rc = keep_registration(client, &answer, err);
	mp_registration_free(&answer);
	if (rc)
		return mp_doing(err, rc, "registering as a client");
	client->registered = true;
	mp_note(client, "RFC 7591 3.2.1", "Registered as a client",
	    "registration_endpoint", client->url, "client_id", client->record.client.client_id,
	    "redirect_uri", client->redirect_uri, "scope", client->record.client.scope,
	    "token_endpoint_auth_method", client->record.client.auth_method, NULL);
	client->state = S_SAVING_CLIENT;
	return mp_act_save(client, action, err);
}
