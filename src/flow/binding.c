/* Which authorization server is asked, and whether it may see what a person gave us.
 *
 * A client secret, a key's assertion, a workload's JWT and an initial access token are good
 * at one issuer.  The MCP server names an issuer, and may name its own: so they are sent
 * only to the one that the person named, by client_issuer or by a yes to its name.
 * spec: MCP 2026-07-28 client registration (authorization server binding) */
#include "flow/client.h"

#define BINDING "MCP authorization server binding"

static bool presents_jwt(const struct mcpass_client *client)
{
	return client->grant == MCPASS_GRANT_JWT_BEARER;
}

static bool gives_secrets(const struct mcpass_client *client)
{
	bool of_client = client->given_id != NULL
	    && (mp_secret_present(&client->given_secret) || client->given_key != NULL);

	return of_client || presents_jwt(client) || mp_secret_present(&client->initial_access_token);
}

/* Whose binding it is: a client's id, or what else was given. */
static const char *name_of_given(const struct mcpass_client *client)
{
	if (client->given_id != NULL)
		return client->given_id;
	return presents_jwt(client) ? "(workload)" : "(registration)";
}

/* Whether the record's issuer has had it already, because a person wanted that. */
static bool is_bound(const struct mcpass_client *client)
{
	const struct mp_record *record = &client->record;

	return record->as.issuer != NULL && mp_eq(record->vouched, name_of_given(client));
}

/* Whether the person named this issuer, now or before. */
static bool may_give(const struct mcpass_client *client, const char *issuer)
{
	if (client->given_issuer != NULL)
		return mp_asmeta_same_issuer(client->given_issuer, issuer);
	return mp_eq(client->confirmed, issuer)
	    || (is_bound(client) && mp_asmeta_same_issuer(client->record.as.issuer, issuer));
}

static enum mcpass_rc not_vouched(const struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_fail(err, MCPASS_E_POLICY, BINDING, "%s names the authorization server %s, and it is not"
	    " known that the %s that was given is for that one", client->server_url, issuer,
	    client->given_id != NULL ? "client" : "credential");
	mp_hint(err, "If it is: --client-issuer %s", issuer);
	return rc;
}

enum mcpass_rc mp_binding_check(const struct mcpass_client *client, struct mcpass_error *err)
{
	const char *issuer = client->record.as.issuer;

	if (!gives_secrets(client) || (issuer != NULL && may_give(client, issuer)))
		return MCPASS_OK;
	return not_vouched(client, issuer != NULL ? issuer : "(none)", err);
}

/* A client id alone is no secret, and may be tried at the first issuer; from then on it is
 * that one's. */
static bool has_seen_given(const struct mcpass_client *client)
{
	if (client->given_id != NULL)
		return mp_eq(client->record.client.client_id, client->given_id);
	return is_bound(client);
}

/* What belongs to one issuer is not moved to another by the MCP server's word. */
static enum mcpass_rc check_given(const struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err)
{
	const char *owner = client->given_issuer;
	enum mcpass_rc rc;

	if (owner == NULL && has_seen_given(client))
		owner = client->record.as.issuer;
	if (owner == NULL || mp_asmeta_same_issuer(owner, issuer))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, BINDING,
	    "the %s that was given is of %s, and the server names %s",
	    client->given_id != NULL ? "client" : "credential", owner, issuer);
	mp_hint(err, "If the server has moved, get one from the new issuer and give that one, with"
	    " --client-issuer %s; otherwise ask who runs %s.", issuer, client->server_url);
	return rc;
}

/* Sets the issuer to ask; what another one gave is of no use there and never goes there.
 * spec: MCP 2026-07-28 client registration (SEP-2352: credentials bound to the issuer) */
static enum mcpass_rc settle(struct mcpass_client *client, const char *issuer,
    struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc = check_given(client, issuer, err);

	if (rc)
		return rc;
	if (record->as.issuer != NULL && !mp_asmeta_same_issuer(record->as.issuer, issuer)) {
		mp_note(client, BINDING,
		    "The server names another authorization server; what the old one gave is dropped",
		    "old", record->as.issuer, "new", issuer, NULL);
		mp_record_forget_client(record);
		mp_asmeta_free(&record->as);
		mp_set(&record->requested_scope, NULL, NULL);
		mp_set(&record->scope, NULL, NULL);
		mp_set(&record->vouched, NULL, NULL);
		record->offline_refused = false;
	}
	rc = mp_set(&client->issuer, issuer, err);
	return rc ? rc : mp_provider_know(client, issuer, err);
}

/* The issuer may be asked.  With the same one as before, and a refresh token of it, there is
 * no need to ask a person.  A missing scope cannot be had that way (RFC 6749 6). */
static enum mp_state go_on(struct mcpass_client *client, struct mcpass_error *err)
{
	if (gives_secrets(client) && mp_set(&client->record.vouched, name_of_given(client), err))
		return S_BROKEN;
	return client->reason == MP_BECAUSE_REFUSED && !client->refreshed
	    && mp_secret_present(&client->record.refresh_token) ? S_REFRESHING : S_ASMETA;
}

enum mcpass_rc mp_binding_ask(struct mcpass_client *client, struct mcpass_error *err)
{
	(void)err;
	client->action.type = MCPASS_ACT_CONFIRM;
	client->action.url = client->issuer;
	return MCPASS_OK;
}

enum mp_state mp_binding_choose(struct mcpass_client *client, struct mcpass_error *err)
{
	const char *issuer = client->issuers.items[client->issuer_at];

	if (settle(client, issuer, err))
		return S_BROKEN;
	if (!gives_secrets(client) || may_give(client, issuer))
		return go_on(client, err);
	if (client->flags & MCPASS_ASK_ISSUER)
		return S_CONFIRMING;
	(void)not_vouched(client, issuer, err);
	return S_BROKEN;
}

enum mp_state mp_binding_take(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	if (event->status != 1) {
		(void)not_vouched(client, client->issuer, err);
		return mp_broken(err, "asking whether the authorization server is the right one");
	}
	mp_note(client, BINDING, "The authorization server was confirmed", "issuer", client->issuer, NULL);
	return mp_set(&client->confirmed, client->issuer, err) ? S_BROKEN : go_on(client, err);
}

/* spec: RFC 9728 7.6 (the choice is the client's) */
enum mp_state mp_binding_next(struct mcpass_client *client, const struct mcpass_error *why,
    struct mcpass_error *err)
{
	bool known = client->given_issuer != NULL || client->record.as.issuer != NULL;

	if (why->rc == MCPASS_E_NOMEM || known || client->issuer_at + 1 >= client->issuers.count) {
		*err = *why;
		return S_BROKEN;
	}
	mp_note(client, why->spec, "This authorization server is of no use: the next one is tried",
	    "issuer", client->issuer, "why", why->detail, NULL);
	client->issuer_at++;
	return mp_binding_choose(client, err);
}
