/* Who we are at the issuer: a client that was given to us, one that we registered
 * before, or a new registration. */
#include "flow/client.h"
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
	mp_provider_hint(client, err);
	return mp_doing(err, MCPASS_E_DENIED, "obtaining a client identity");
}

enum mcpass_rc mp_client_id_listen(struct mcpass_client *client, struct mcpass_error *err)
{
	client->action.type = MCPASS_ACT_LISTEN;
	client->action.url = client->record.client.redirect_uri;
	return check_possible(client, err);
}

bool mp_client_id_is_wanted(const struct mcpass_client *client, const struct mp_asmeta *as)
{
	return client->given_id == NULL && client->record.client.client_id == NULL
	    && !(client->metadata_url != NULL && as != NULL && as->client_id_metadata_document_supported);
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
	if (!rc)
		rc = mp_secret_set(&ours->client_secret, mp_secret_reveal(secret), err);
	return rc;
}

static enum mcpass_rc use_given(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_binding_check(client, err);

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

/* Whether it allows what we ask for: a registered scope is a ceiling. */
static enum mcpass_rc is_wide_enough(const struct mcpass_client *client, bool *ret_wide,
    struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	struct mp_strings ceiling = { 0 };
	enum mcpass_rc rc = mp_scope_parse(ours->scope, &ceiling, err);

	if (rc)
		return rc;
	*ret_wide = ours->scope == NULL || mp_scope_covers(&ceiling, &client->scope);
	mp_strings_free(&ceiling);
	return MCPASS_OK;
}

/* An earlier registration: as it is, changed, or replaced. */
static enum mp_state use_registered(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record_client *ours = &client->record.client;
	bool managed = mp_register_is_managed(&client->record);
	bool fits = false;

	if (is_wide_enough(client, &fits, err))
		return S_BROKEN;
	/* The port is another one: some servers compare it, whatever RFC 8252 7.3 says.  The
	 * registration is changed where that can be done, so that a realm does not fill up with
	 * clients that are not used. */
	if (!fits || !mp_eq(ours->redirect_uri, client->redirect_uri))
		return managed ? S_WIDENING : S_REGISTERING;
	mp_note(client, "RFC 7591 3.2.1", "Using the client that was registered before",
	    "client_id", ours->client_id, NULL);
	return managed ? S_CHECKING : mp_grant_ask_person(client);
}

/* spec: MCP client registration: pre-registered, then metadata document, then dynamic */
static enum mp_state choose(struct mcpass_client *client, struct mcpass_error *err)
{
	if (client->given_id != NULL)
		return use_given(client, err) ? S_BROKEN : mp_grant_ask_person(client);
	if (has_document(client))
		return use_document(client, err) ? S_BROKEN : mp_grant_ask_person(client);
	if (!is_alive(&client->record.client, client->now))
		return S_REGISTERING;
	return use_registered(client, err);
}

enum mp_state mp_client_id_take_address(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	return mp_set(&client->redirect_uri, event->data, err) ? S_BROKEN : choose(client, err);
}

/* A login by a code is answered at no address of ours, but a registration names one, and
 * is to serve a browser's login, too: that one then wishes for its port (RFC 6335 6). */
static enum mcpass_rc imagine_redirect(struct mcpass_client *client, struct mcpass_error *err)
{
	const char *before = client->record.client.redirect_uri;
	struct mp_buf uri = MP_BUF(64);
	uint8_t chance[2];

	if (before != NULL)
		return mp_set(&client->redirect_uri, before, err);
	if (client->random(client->random_ctx, chance, sizeof(chance)) != 0)
		return mp_fail(err, MCPASS_E_IO, NULL, "no random bytes");
	mp_buf_addf(&uri, "http://127.0.0.1:%u/callback",
	    49152u + (256u * chance[0] + chance[1]) % 16384u);
	mp_set(&client->redirect_uri, NULL, NULL);
	return mp_buf_take(&uri, "the redirect URI", &client->redirect_uri, err);
}

/* The grants that ask no person. */
static enum mp_state begin_alone(struct mcpass_client *client, enum mp_state first,
    struct mcpass_error *err)
{
	client->authorizations++;
	mp_secret_free(&client->id_jag);
	return client->given_id != NULL && use_given(client, err) ? S_BROKEN : first;
}

enum mp_state mp_client_id_begin(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_grant *grant = mp_grant_find(client->by);

	if (!grant->asks_person)
		return begin_alone(client, grant->first, err);
	if (grant->first == S_LISTENING)
		return S_LISTENING;
	if (check_possible(client, err) || imagine_redirect(client, err))
		return S_BROKEN;
	return choose(client, err);
}
