/* Who we are at the issuer: a client that was given to us, one that we registered
 * before, or a new registration. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/registration.h"
#include "oauth/scope.h"

/* Without a client there is no point in binding a port; spec: MCP client registration */
static enum mcpass_rc check_possible(const struct mcpass_client *client,
    struct mcpass_error *err)
{
	if (client->given_id != NULL || client->record.client.client_id != NULL
	    || (client->metadata_url != NULL && client->record.as.client_id_metadata_document_supported)
	    || client->record.as.registration_endpoint != NULL)
		return MCPASS_OK;
	(void)mp_fail(err, MCPASS_E_DENIED, "MCP client registration",
	    "%s lets no client register itself", client->issuer);
	mp_hint_by_hand(client, err);
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

/* An identity that needs no registration counts as ours at this issuer. */
static enum mcpass_rc use_identity(struct mcpass_client *client, const char *id,
    const struct mp_secret *secret, struct mcpass_error *err)
{
	struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;

	if (!mp_eq(ours->client_id, id))
		mp_record_forget_client(&client->record);
	rc = mp_set(&ours->client_id, id, err);
	if (rc == MCPASS_OK)
		rc = mp_secret_set(&ours->client_secret, mp_secret_reveal(secret), err);
	return rc;
}

enum mcpass_rc mp_use_given(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_check_vouched(client, err);

	if (rc)
		return rc;
	mp_note(client, "MCP client registration", "Using the client that was given",
	    "client_id", client->given_id, NULL);
	return use_identity(client, client->given_id, &client->given_secret, err);
}

/* Our metadata document's URL is the client id; spec: MCP client registration (SEP-991) */
static bool has_document(const struct mcpass_client *client)
{
	return client->metadata_url != NULL && client->record.as.client_id_metadata_document_supported;
}

static enum mcpass_rc use_document(struct mcpass_client *client, struct mcpass_error *err)
{
	static const struct mp_secret none;

	mp_note(client, "MCP client ID metadata documents",
	    "The authorization server reads our client metadata document",
	    "client_id", client->metadata_url, NULL);
	return use_identity(client, client->metadata_url, &none, err);
}

/* Whether there is a registration, with a secret that has not run out. */
static bool is_alive(const struct mp_record_client *ours, int64_t now)
{
	return ours->client_id != NULL
	    && (ours->secret_expires_at == 0 || ours->secret_expires_at > now);
}

bool mp_is_managed_there(const struct mp_record *record, const char *url)
{
	const char *endpoint = record->as.registration_endpoint;
	struct mp_uri here, there;

	return endpoint != NULL && mp_uri_parse(url, &here, NULL) == MCPASS_OK
	    && mp_uri_parse(endpoint, &there, NULL) == MCPASS_OK && mp_uri_same_origin(&here, &there);
}

/* Whether the server lets us change and delete it; spec: RFC 7592 2 */
bool mp_is_managed(const struct mp_record *record)
{
	const struct mp_record_client *ours = &record->client;

	return ours->configuration_url != NULL && mp_secret_present(&ours->configuration_token)
	    && mp_is_managed_there(record, ours->configuration_url);
}

/* Whether it allows what we ask for: a registered scope is a ceiling. */
static enum mcpass_rc is_wide_enough(const struct mcpass_client *client, bool *ret_wide,
    struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	struct mp_strings ceiling = { 0 };
	enum mcpass_rc rc;

	rc = mp_scope_parse(ours->scope, &ceiling, err);
	if (rc)
		return rc;
	*ret_wide = ours->scope == NULL || mp_scope_covers(&ceiling, &client->scope);
	mp_strings_free(&ceiling);
	return MCPASS_OK;
}

/* Asks the server whether it still knows us: an authorization page for an unknown client
 * never comes back to us, so this is the only way to find out.  spec: RFC 7592 2.1 */
static enum mcpass_rc begin_check(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	enum mcpass_rc rc;

	client->state = S_CHECKING;
	mp_act_reset(client, 0);
	rc = mp_act_bearer(client, &ours->configuration_token, err);
	if (rc)
		return rc;
	return mp_act_request(client, "GET", ours->configuration_url, MP_MAX_DOCUMENT, action, err);
}

/* An earlier registration: as it is, changed, or replaced. */
static enum mcpass_rc use_registered(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_action *action, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	bool managed = mp_is_managed(&client->record);
	enum mcpass_rc rc;
	bool fits = false;

	rc = is_wide_enough(client, &fits, err);
	if (rc)
		return rc;
	/* The port is another one: some servers compare it, whatever RFC 8252 7.3 says.  The
	 * registration is changed where that can be done, so that a realm does not fill up with
	 * clients that nobody uses. */
	if (!fits || !mp_eq(ours->redirect_uri, client->redirect_uri))
		return managed ? mp_begin_widening(client, action, err) : mp_begin_register(client, action, err);
	mp_note(client, "RFC 7591 3.2.1", "Using the client that was registered before",
	    "client_id", ours->client_id, NULL);
	return managed ? begin_check(client, action, err)
	    : mp_begin_asking(client, event, action, err);
}

/* spec: MCP client registration: pre-registered, then metadata document, then dynamic */
static enum mcpass_rc choose(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (client->given_id != NULL || has_document(client)) {
		rc = client->given_id != NULL ? mp_use_given(client, err) : use_document(client, err);
		return rc ? rc : mp_begin_asking(client, event, action, err);
	}
	if (!is_alive(&client->record.client, event->now))
		return mp_begin_register(client, action, err);
	return use_registered(client, event, action, err);
}

MP_HANDLER(mp_choose_client)
{
	enum mcpass_rc rc = mp_set(&client->redirect_uri, event->data, err);

	return rc ? rc : choose(client, event, action, err);
}

/* A login by a code is answered at no address of ours, but a registration names one, and
 * is to serve a browser's login, too: that one then wishes for its port (RFC 6335 6). */
static enum mcpass_rc imagine_redirect(struct mcpass_client *client, struct mcpass_error *err)
{
	const char *before = client->record.client.redirect_uri;
	struct mp_buf uri;
	uint8_t chance[2];

	if (before != NULL)
		return mp_set(&client->redirect_uri, before, err);
	if (client->random(client->random_ctx, chance, sizeof(chance)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "no random bytes");
	mp_buf_init(&uri, 64);
	mp_buf_addf(&uri, "http://127.0.0.1:%u/callback",
	    49152u + (256u * chance[0] + chance[1]) % 16384u);
	mp_set(&client->redirect_uri, NULL, NULL);
	return mp_buf_take(&uri, "the redirect URI", &client->redirect_uri, err);
}

enum mcpass_rc mp_begin_client(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc = check_possible(client, err);

	if (rc == MCPASS_OK)
		rc = imagine_redirect(client, err);
	return rc ? rc : choose(client, event, action, err);
}

MP_HANDLER(mp_take_client_check)
{
	struct mp_registration answer = { 0 };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	if (event->status >= 400 && event->status < 500 && event->status != 429) {
		mp_note(client, "RFC 7592 2.1", "The authorization server no longer knows this client",
		    "client_id", client->record.client.client_id, NULL);
		mp_record_forget_client(&client->record);
		return mp_begin_register(client, action, err);
	}
	/* No clear answer is no reason to forget a client. */
	if (event->status != 200)
		return mp_begin_asking(client, event, action, err);
	rc = mp_registration_parse_answer(event->data, event->data_len, &answer, &why);
	if (rc != MCPASS_OK && rc != MCPASS_E_NOMEM) {
		/* Known it is, or there were no 200; glewlwyd describes clients in a form of its own. */
		mp_note(client, why.spec, "The authorization server knows this client, and describes it"
		    " in a way that cannot be read", "why", why.detail, NULL);
		return mp_begin_asking(client, event, action, err);
	}
	if (rc == MCPASS_E_NOMEM)
		(void)mp_nomem(err);
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
