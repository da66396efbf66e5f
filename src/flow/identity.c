/* Who we are at the issuer: a client that was given to us, one that we registered
 * before, or a new registration. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/machine.h"
#include "oauth/registration.h"
#include "oauth/scope.h"

/* Without a client there is no point in binding a port; spec: MCP client registration */
static enum mcpass_rc check_possible(const struct mcpass_client *client,
    struct mcpass_error *err)
{
	if (client->given_id != NULL || client->record.client.client_id != NULL
	    || client->record.as.registration_endpoint != NULL)
		return MCPASS_OK;
	(void)mp_fail(err, MCPASS_E_DENIED, "MCP client registration",
	    "%s lets no client register itself", client->issuer);
	mp_hint(err, "register a client there by hand, then: mcpass login --client-id ID %s",
	    client->server_url);
	return mp_doing(err, MCPASS_E_DENIED, "obtaining a client identity");
}

enum mcpass_rc mp_begin_listen(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = check_possible(client, err);

	if (rc)
		return rc;
	client->state = S_LISTENING;
	action->type = MCPASS_ACT_LISTEN;
	action->url = client->record.client.redirect_uri;
	return MCPASS_OK;
}

/* The client that the person gave us counts as ours at this issuer. */
static enum mcpass_rc use_given(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;

	if (!mp_eq(ours->client_id, client->given_id))
		mp_record_forget_client(&client->record);
	rc = mp_set(&ours->client_id, client->given_id, err);
	if (rc == MCPASS_OK)
		rc = mp_secret_set(&ours->client_secret, mp_secret_reveal(&client->given_secret), err);
	mp_note(client, "MCP client registration", "Using the client that was given",
	    "client_id", client->given_id, NULL);
	return rc;
}

/* Whether the registration still fits: the same redirect URI (some servers compare it
 * exactly), a secret that is still good, and a scope that allows what we ask for. */
static enum mcpass_rc registration_fits(const struct mcpass_client *client, int64_t now,
    bool *ret_fits, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	struct mp_strings ceiling = { 0 };
	enum mcpass_rc rc;

	rc = mp_scope_parse(ours->scope, &ceiling, err);
	if (rc)
		return rc;
	*ret_fits = ours->client_id != NULL && mp_eq(ours->redirect_uri, client->redirect_uri)
	    && (ours->secret_expires_at == 0 || ours->secret_expires_at > now)
	    && (ours->scope == NULL || mp_scope_covers(&ceiling, &client->scope));
	mp_strings_free(&ceiling);
	return MCPASS_OK;
}

/* Asks the server whether it still knows us: an authorization page for an unknown client
 * never comes back to us, so this is the only way to find out.  spec: RFC 7592 2.1 */
static enum mcpass_rc begin_check(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	struct mp_buf value;
	enum mcpass_rc rc;

	client->state = S_CHECKING;
	mp_act_reset(client, 0);
	mp_buf_init(&value, MP_MAX_TOKEN);
	mp_buf_addf(&value, "Bearer %s", mp_secret_reveal(&ours->configuration_token));
	rc = mp_buf_check(&value, "the registration access token", err);
	if (rc == MCPASS_OK)
		rc = mp_headers_add(&client->headers, "Authorization", mp_buf_text(&value), err);
	mp_buf_free(&value);
	if (rc)
		return rc;
	return mp_act_request(client, "GET", ours->configuration_url, MP_MAX_DOCUMENT, action, err);
}

MP_HANDLER(mp_choose_client)
{
	const struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;
	bool fits = false;

	rc = mp_set(&client->redirect_uri, event->data, err);
	if (rc)
		return rc;
	if (client->given_id != NULL) {
		rc = use_given(client, err);
		return rc ? rc : mp_ask_user(client, event, action, err);
	}
	rc = registration_fits(client, event->now, &fits, err);
	if (rc)
		return rc;
	if (!fits)
		return mp_begin_register(client, action, err);
	mp_note(client, "RFC 7591 3.2.1", "Using the client that was registered before",
	    "client_id", ours->client_id, NULL);
	if (ours->configuration_url != NULL && mp_secret_present(&ours->configuration_token))
		return begin_check(client, action, err);
	return mp_ask_user(client, event, action, err);
}

/* Copies what the server answered; the response is obeyed, whatever we asked for.
 * spec: RFC 7591 3.2.1 */
static enum mcpass_rc keep_registration(struct mcpass_client *client,
    const struct mp_registration *answer, struct mcpass_error *err)
{
	struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;

	ours->secret_expires_at = answer->client_secret_expires_at;
	rc = mp_set(&ours->client_id, answer->client_id, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&ours->auth_method, answer->token_endpoint_auth_method, err);
	if (rc == MCPASS_OK)
		rc = mp_secret_set(&ours->client_secret, mp_secret_reveal(&answer->client_secret), err);
	if (rc == MCPASS_OK)
		rc = mp_set(&ours->redirect_uri, client->redirect_uri, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&ours->scope, answer->scope, err);
	if (rc == MCPASS_OK && answer->registration_client_uri != NULL)
		rc = mp_set(&ours->configuration_url, answer->registration_client_uri, err);
	if (rc == MCPASS_OK && mp_secret_present(&answer->registration_access_token))
		rc = mp_secret_set(&ours->configuration_token,
		    mp_secret_reveal(&answer->registration_access_token), err);
	return rc;
}

MP_HANDLER(mp_take_client_check)
{
	struct mp_registration answer = { 0 };
	enum mcpass_rc rc;

	if (event->status >= 400 && event->status < 500 && event->status != 429) {
		mp_note(client, "RFC 7592 2.1", "The authorization server no longer knows this client",
		    "client_id", client->record.client.client_id, NULL);
		mp_record_forget_client(&client->record);
		return mp_begin_register(client, action, err);
	}
	/* No clear answer is no reason to forget a client. */
	if (event->status != 200)
		return mp_ask_user(client, event, action, err);
	rc = mp_registration_parse(event->data, event->data_len, &answer, err);
	if (rc == MCPASS_OK && !mp_eq(answer.client_id, client->record.client.client_id))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7592 3", "it describes another client");
	/* The registration access token may have been replaced by this very request. */
	if (rc == MCPASS_OK && mp_secret_present(&answer.registration_access_token))
		rc = mp_secret_set(&client->record.client.configuration_token,
		    mp_secret_reveal(&answer.registration_access_token), err);
	mp_registration_free(&answer);
	if (rc)
		return mp_doing(err, rc, "checking the registered client");
	client->state = S_SAVING_CLIENT;
	return mp_act_save(client, action, err);
}

static enum mcpass_rc add_item(struct mp_strings *list, const char *item,
    struct mcpass_error *err)
{
	return mp_strings_add(list, (struct mp_span){ item, strlen(item) }, err);
}

/* "none" for a public client, where the server allows it or does not say what it allows;
 * else the first that we can do. */
static const char *choose_method(const struct mp_strings *supported)
{
	static const char *const methods[] = { "none", "client_secret_basic", "client_secret_post" };

	for (size_t i = 0; i < MP_COUNT(methods); i++)
		if (mp_strings_has(supported, methods[i]))
			return methods[i];
	return methods[0];
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

/* Everything that the resource publishes, for a registered scope is a ceiling, and what
 * we are about to ask for. */
static enum mcpass_rc wish_scope(const struct mcpass_client *client,
    struct mp_registration *wish, struct mcpass_error *err)
{
	struct mp_strings all = { 0 };
	enum mcpass_rc rc;

	rc = mp_scope_merge(&all, &client->prm.scopes_supported, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_merge(&all, &client->scope, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_join(&all, &wish->scope, err);
	mp_strings_free(&all);
	return rc;
}

/* spec: RFC 7591 2; MCP client registration (application_type, SEP-837) */
static enum mcpass_rc fill_wish(const struct mcpass_client *client,
    struct mp_registration *wish, struct mcpass_error *err)
{
	const struct mp_asmeta *as = &client->record.as;
	enum mcpass_rc rc;

	rc = mp_set(&wish->client_name, client->client_name, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&wish->application_type, "native", err);
	if (rc == MCPASS_OK)
		rc = mp_set(&wish->token_endpoint_auth_method,
		    choose_method(&as->token_endpoint_auth_methods_supported), err);
	if (rc == MCPASS_OK)
		rc = wish_redirects(client, wish, err);
	if (rc == MCPASS_OK)
		rc = wish_scope(client, wish, err);
	if (rc == MCPASS_OK)
		rc = add_item(&wish->grant_types, "authorization_code", err);
	if (rc == MCPASS_OK && (as->grant_types_supported.count == 0
	    || mp_strings_has(&as->grant_types_supported, "refresh_token")))
		rc = add_item(&wish->grant_types, "refresh_token", err);
	if (rc == MCPASS_OK)
		rc = add_item(&wish->response_types, "code", err);
	return rc;
}

static enum mcpass_rc add_initial_token(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_buf value;
	enum mcpass_rc rc;

	if (!mp_secret_present(&client->initial_access_token))
		return MCPASS_OK;
	mp_buf_init(&value, MP_MAX_TOKEN);
	mp_buf_addf(&value, "Bearer %s", mp_secret_reveal(&client->initial_access_token));
	rc = mp_buf_check(&value, "the initial access token", err);
	if (rc == MCPASS_OK)
		rc = mp_headers_add(&client->headers, "Authorization", mp_buf_text(&value), err);
	mp_buf_free(&value);
	return rc;
}

enum mcpass_rc mp_begin_register(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	const char *endpoint = client->record.as.registration_endpoint;
	struct mp_registration wish = { 0 };
	enum mcpass_rc rc;
	char *body = NULL;

	mp_record_forget_client(&client->record);
	rc = check_possible(client, err);
	if (rc)
		return rc;
	client->state = S_REGISTERING;
	rc = fill_wish(client, &wish, err);
	if (rc == MCPASS_OK)
		rc = mp_registration_write(&wish, &body, err);
	if (rc)
		goto out;
	mp_act_reset(client, MP_MAX_DOCUMENT);
	mp_buf_adds(&client->body, body);
	rc = mp_headers_add(&client->headers, "Content-Type", "application/json", err);
	if (rc == MCPASS_OK)
		rc = add_initial_token(client, err);
	if (rc == MCPASS_OK)
		rc = mp_act_request(client, "POST", endpoint, MP_MAX_DOCUMENT, action, err);
out:
	free(body);
	mp_registration_free(&wish);
	return mp_doing(err, rc, "registering as a client");
}

MP_HANDLER(mp_take_registration)
{
	struct mp_registration answer = { 0 };
	enum mcpass_rc rc;

	if (event->status == 0) {
		rc = mp_fail(err, MCPASS_E_IO, NULL, "no answer from %s: %s", client->url,
		    event->data != NULL ? event->data : "unknown reason");
		return mp_doing(err, rc, "registering as a client");
	}
	rc = mp_registration_answer(event->status, event->data, event->data_len, &answer, err);
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
