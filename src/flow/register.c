/* Registering; and what is done with a registration: looked at, changed, given back.
 * spec: RFC 7591; RFC 7592 2.2; MCP client registration */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/clientauth.h"
#include "oauth/registration.h"
#include "oauth/scope.h"
#include "wire/http/http.h"

#define REGISTERING "registering as a client"
#define CHECKING "checking the registered client"
#define CHANGING "changing the registration"

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
	char *portless = NULL;
	enum mcpass_rc rc = mp_strings_add_text(&wish->redirect_uris, client->redirect_uri, err);

	if (!rc)
		rc = mp_registration_portless(client->redirect_uri, &portless, err);
	if (!rc && strcmp(portless, client->redirect_uri) != 0)
		rc = mp_strings_add_text(&wish->redirect_uris, portless, err);
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
	if (!rc)
		rc = mp_scope_merge(&all, &client->scope, err);
	if (!rc)
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
	rc = mp_strings_add_text(&wish->grant_types, "authorization_code", err);
	/* Also where the metadata does not list it: glewlwyd gives refresh tokens, lists no grant
	 * for them, and takes them of a client only that registered for it.  spec: SEP-2207 */
	if (!rc)
		rc = mp_strings_add_text(&wish->grant_types, "refresh_token", err);
	/* Once for both: the next login by a code needs it (RFC 7591 2). */
	if (!rc && !is_cured(client, MP_CURED_FEWER_FIELDS)
	    && mp_grant_offers_device(&client->record.as))
		rc = mp_strings_add_text(&wish->grant_types, MP_GRANT_DEVICE, err);
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
	if (!rc)    /* spec: MCP client registration (application_type, SEP-837) */
		rc = mp_set(&wish->application_type, "native", err);
	if (!rc)
		rc = mp_strings_add_text(&wish->response_types, "code", err);
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
	if (!rc)
		rc = wish_redirects(client, wish, err);
	if (!rc)
		rc = wish_optional(client, wish, err);
	if (!rc)
		rc = wish_scope(client, wish, err);
	return rc ? rc : wish_grants(client, wish, err);
}

/* A request with a registration as its body, and token, or without one. */
static enum mcpass_rc send_wish(struct mcpass_client *client, const char *method, const char *url,
    const struct mp_registration *wish, const struct mp_secret *token, struct mcpass_error *err)
{
	char *body = NULL;
	enum mcpass_rc rc = mp_registration_write(wish, &body, err);

	if (rc)
		return rc;
	mp_action_reset(client, MP_MAX_DOCUMENT);
	mp_buf_adds(&client->body, body);
	mp_free_wiped(body);
	rc = mp_headers_add(&client->headers, "Content-Type", "application/json", err);
	if (!rc && mp_secret_present(token))
		rc = mp_action_add_bearer(client, token, err);
	return rc ? rc : mp_action_request(client, method, url, MP_MAX_DOCUMENT, err);
}

enum mcpass_rc mp_register_ask(struct mcpass_client *client, struct mcpass_error *err)
{
	const char *endpoint = client->record.as.registration_endpoint;
	struct mp_registration wish = { 0 };
	enum mcpass_rc rc = mp_register_set_aside(client, err);

	if (!rc && endpoint == NULL)
		rc = mp_asmeta_lacks(&client->record.as, "registration_endpoint", err);
	if (!rc && mp_secret_present(&client->initial_access_token))
		rc = mp_binding_check(client, err);
	if (rc)
		return mp_doing(err, rc, REGISTERING);
	mp_record_forget_client(&client->record);
	rc = fill_wish(client, &wish, err);
	if (!rc)
		rc = send_wish(client, "POST", endpoint, &wish, &client->initial_access_token, err);
	mp_registration_free(&wish);
	return mp_doing(err, rc, REGISTERING);
}

/* Whether url is at the origin where we registered: a registration is managed nowhere else. */
static bool is_managed_at(const struct mp_record *record, const char *url)
{
	const char *endpoint = record->as.registration_endpoint;
	struct mp_uri here, there;

	return endpoint != NULL && mp_uri_parse(url, &here, NULL) == MCPASS_OK
	    && mp_uri_parse(endpoint, &there, NULL) == MCPASS_OK && mp_uri_same_origin(&here, &there);
}

/* Whether the server lets us change and delete it; spec: RFC 7592 2 */
bool mp_register_is_managed(const struct mp_record *record)
{
	const struct mp_record_client *ours = &record->client;

	return ours->configuration_url != NULL && mp_secret_present(&ours->configuration_token)
	    && is_managed_at(record, ours->configuration_url);
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
	rc = mp_action_check_target(client, answer->registration_client_uri, "registration_client_uri", &why);
	if (!rc && !is_managed_at(&client->record, answer->registration_client_uri))
		rc = mp_fail(&why, MCPASS_E_POLICY, "RFC 7592 3", "registration_client_uri is not of the"
		    " origin of the registration endpoint: %s", answer->registration_client_uri);
	if (!rc)
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
	if (!rc && answer->token_endpoint_auth_method != NULL)
		rc = mp_set(&ours->auth_method, answer->token_endpoint_auth_method, err);
	if (!rc && has_secret)
		rc = mp_secret_set(&ours->client_secret, mp_secret_reveal(&answer->client_secret), err);
	if (has_secret)
		ours->secret_expires_at = answer->client_secret_expires_at;
	if (!rc)
		rc = mp_set(&ours->redirect_uri, client->redirect_uri, err);
	if (!rc)
		rc = mp_scope_clean(answer->scope, &scope, &odd, err);
	if (!rc) {
		free(ours->scope);
		ours->scope = scope;
		rc = keep_management(client, answer, err);
	}
	if (!rc && mp_secret_present(&answer->registration_access_token))
		rc = mp_secret_set(&ours->configuration_token,
		    mp_secret_reveal(&answer->registration_access_token), err);
	return rc;
}

/* Where the provider is known to want a token, that is the remedy. */
static void hint_refused(const struct mcpass_client *client, int status,
    struct mcpass_error *err)
{
	if ((client->quirk.changes & MP_QUIRK_TOKEN_FOR_DCR) == 0
	    || (status != 401 && status != 403))
		return;
	err->hint[0] = '\0';            /* the general one */
	mp_provider_hint(client, err);
}

/* Neither the server nor its origin says a word about logins, and where a server of 2025-03-26
 * registers clients there is nothing either. */
static void say_no_logins(const struct mcpass_client *client, int status,
    struct mcpass_error *err)
{
	(void)mp_fail(err, MCPASS_E_DENIED, "MCP authorization server metadata discovery",
	    "%s wants authorization and publishes nothing about how: no metadata, and HTTP %d at %s",
	    client->server_url, status, client->url);
	mp_hint(err, "If it wants a key or a token that you have from its operator, send that:"
	    " -H 'Authorization: Bearer ${KEY}'. Otherwise check the URL.");
}

enum mp_state mp_register_take(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	struct mp_registration answer = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_action_check_answered(client, event, err);

	if (rc)
		return mp_broken(err, REGISTERING);
	rc = mp_registration_answer(event->status, event->data, event->data_len, &answer, &why);
	if (rc && mp_retry_registration(client, &why))
		return S_REGISTERING;
	if (rc && client->assumed && rc != MCPASS_E_NOMEM && rc != MCPASS_E_IO && why.oauth[0] == '\0') {
		say_no_logins(client, event->status, err);
		return mp_broken(err, REGISTERING);
	}
	if (rc) {
		*err = why;
		if (rc == MCPASS_E_DENIED)
			hint_refused(client, event->status, err);
		return mp_broken(err, REGISTERING);
	}
	rc = keep_registration(client, &answer, err);
	mp_registration_free(&answer);
	if (rc)
		return mp_broken(err, REGISTERING);
	client->registered = true;
	mp_note(client, "RFC 7591 3.2.1", "Registered as a client",
	    "registration_endpoint", client->url, "client_id", client->record.client.client_id,
	    "redirect_uri", client->redirect_uri, "scope", client->record.client.scope,
	    "token_endpoint_auth_method", client->record.client.auth_method, NULL);
	return S_SAVING_CLIENT;
}

/* Asks the server whether it still knows us: an authorization page for an unknown client
 * never comes back to us, so this is the only way to find out.  spec: RFC 7592 2.1 */
enum mcpass_rc mp_register_check(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;

	return mp_action_with_token(client, "GET", ours->configuration_url,
	    &ours->configuration_token, err);
}

/* The description of our client; its token may have been replaced by the very request. */
static enum mcpass_rc take_description(struct mcpass_client *client,
    const struct mp_registration *answer, struct mcpass_error *err)
{
	struct mp_record_client *ours = &client->record.client;

	if (!mp_eq(answer->client_id, ours->client_id))
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7592 3", "it describes another client");
	if (!mp_secret_present(&answer->registration_access_token))
		return MCPASS_OK;
	return mp_secret_set(&ours->configuration_token,
	    mp_secret_reveal(&answer->registration_access_token), err);
}

enum mp_state mp_register_take_check(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mp_registration answer = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (event->status >= 400 && event->status < 500 && event->status != 429) {
		mp_note(client, "RFC 7592 2.1", "The authorization server no longer knows this client",
		    "client_id", client->record.client.client_id, NULL);
		mp_record_forget_client(&client->record);
		return S_REGISTERING;
	}
	/* No clear answer is no reason to forget a client. */
	if (!mp_http_is_answer(event->status))
		return mp_grant_ask_person(client);
	rc = mp_registration_parse_answer(event->data, event->data_len, &answer, &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_broken_by(err, &why, CHECKING);
	if (rc) {
		/* Known it is, or there were no 200; glewlwyd describes clients in a form of its own. */
		mp_note(client, why.spec, "The authorization server knows this client, and describes it"
		    " in a way that cannot be read", "why", why.detail, NULL);
		return mp_grant_ask_person(client);
	}
	rc = take_description(client, &answer, err);
	mp_registration_free(&answer);
	return rc ? mp_broken(err, CHECKING) : S_SAVING_CLIENT;
}

/* The same registration with a wider scope, or another redirect URI; what the server gave us
 * is not sent back, and the way in which we authenticate stays.  spec: RFC 7592 2.2 */
enum mcpass_rc mp_register_change(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	struct mp_registration wish = { 0 };
	enum mcpass_rc rc = fill_wish(client, &wish, err);

	if (!rc)
		rc = mp_set(&wish.client_id, ours->client_id, err);
	if (!rc && ours->auth_method != NULL)
		rc = mp_set(&wish.token_endpoint_auth_method, ours->auth_method, err);
	if (!rc)
		rc = send_wish(client, "PUT", ours->configuration_url, &wish, &ours->configuration_token, err);
	mp_registration_free(&wish);
	return mp_doing(err, rc, CHANGING);
}

/* A 5xx says nothing about the registration, so another one would only be one more. */
static enum mp_state change_failed(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_action_check_answered(client, event, err);

	if (!rc && (event->status >= 500 || event->status == 429))
		rc = mp_registration_answer(event->status, event->data, event->data_len, NULL, err);
	if (rc)
		return mp_broken(err, CHANGING);
	/* spec: RFC 7592 2.2 (the token is of no client any more) */
	if (event->status == 401 || event->status == 404)
		mp_record_forget_client(&client->record);
	mp_note(client, "RFC 7592 2.2", "The registration cannot be changed: a new one does as well",
	    NULL);
	return S_REGISTERING;
}

enum mp_state mp_register_take_change(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mp_registration answer = { 0 };
	enum mcpass_rc rc = MCPASS_E_DENIED;

	if (mp_http_is_answer(event->status))   /* spec: RFC 7592 2.2, 3 */
		rc = mp_registration_parse_answer(event->data, event->data_len, &answer, NULL);
	if (rc == MCPASS_E_NOMEM) {
		(void)mp_nomem(err);
		return S_BROKEN;
	}
	if (rc || !mp_eq(answer.client_id, client->record.client.client_id)) {
		mp_registration_free(&answer);
		return change_failed(client, event, err);
	}
	rc = keep_registration(client, &answer, err);
	mp_note(client, "RFC 7592 2.2", "The registration now allows more",
	    "client_id", answer.client_id, "redirect_uri", client->redirect_uri, "scope", answer.scope,
	    NULL);
	mp_registration_free(&answer);
	return rc ? mp_broken(err, CHANGING) : S_SAVING_CLIENT;
}

/* --- the registration that a new one replaces is given back, for some servers count their
 *     clients; last, for while the new one is not there the old one may still be of use --- */

enum mcpass_rc mp_register_set_aside(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;

	if (!mp_register_is_managed(&client->record))
		return MCPASS_OK;
	rc = mp_set(&client->retired_url, ours->configuration_url, err);
	if (!rc)
		rc = mp_secret_set(&client->retired_token, mp_secret_reveal(&ours->configuration_token), err);
	return rc;
}

enum mp_state mp_register_take_saved(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)event;
	(void)err;
	/* A login that works is of the old one: it is given back when there is another. */
	return client->retired_url != NULL && !mp_record_has_tokens(&client->kept) ? S_RETIRING
	    : mp_grant_ask_person(client);
}

/* spec: RFC 7592 2.3 */
enum mcpass_rc mp_register_discard(struct mcpass_client *client, struct mcpass_error *err)
{
	return mp_doing(err, mp_action_with_token(client, "DELETE", client->retired_url,
	    &client->retired_token, err), "giving back the old registration");
}

void mp_register_note_discarded(struct mcpass_client *client, const struct mcpass_event *event)
{
	mp_note_status(client, event, "RFC 7592 2.3", "Asked the authorization server to forget the old"
	    " registration");
	mp_set(&client->retired_url, NULL, NULL);
	mp_secret_free(&client->retired_token);
}

enum mp_state mp_register_take_discarded(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)err;
	mp_register_note_discarded(client, event);
	return mp_grant_ask_person(client);
}
