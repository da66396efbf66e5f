/* The stored credential: used as it is, or found wanting. */
#include <stdlib.h>
#include <string.h>
#include "flow/client.h"
#include "oauth/scope.h"

enum mp_state mp_stored_begin(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	(void)event;
	(void)err;
	client->reason = MP_BECAUSE_EXPIRED;
	client->refreshed = client->registered = client->nonce_used = client->rested = false;
	return S_LOADING;
}

/* Keeps the stored login as the one that stays until there is another. */
static enum mcpass_rc keep_login(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	struct mp_record *kept = &client->kept;
	enum mcpass_rc rc = MCPASS_OK;

	mp_record_free(kept);
	if (event->data != NULL)
		rc = mp_record_parse(event->data, kept, err);
	/* What has run out, or was refused, and cannot be renewed is no login any more. */
	if (!rc && !mp_secret_present(&kept->refresh_token)
	    && (!mp_record_usable(kept, event->now)
	        || mp_secret_equal(&kept->access_token, &client->refused_token)))
		mp_record_free(kept);
	return rc;
}

/* What this run does not use, though it stays stored: a person wants another login, or
 * scopes that this one has not, or the issuer does not renew it. */
static enum mcpass_rc pass_over(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	bool is_dead = mp_secret_present(&client->dead_refresh)
	    && mp_secret_equal(&client->dead_refresh, &record->refresh_token);
	enum mcpass_rc rc;
	char *missing = NULL;

	if (client->flags & MCPASS_NEW_LOGIN && !client->has_new_login) {
		mp_record_forget_tokens(record);
		record->offline_refused = false;
	}
	if (is_dead && client->dead_client)
		mp_record_forget_client(record);
	else if (is_dead)
		mp_record_forget_tokens(record);
	if (!mp_record_has_tokens(record))
		return MCPASS_OK;
	rc = mp_wish_lacking(client, &missing, err);
	if (!rc && missing != NULL && !client->has_new_login) {
		mp_note(client, "RFC 6749 3.3", "The stored login has not all the scopes that are asked for",
		    "scope", record->scope, "missing", missing, NULL);
		mp_record_forget_tokens(record);
	}
	free(missing);
	return rc;
}

/* Takes what the store had; none is an empty record of this server. */
static enum mcpass_rc take_record(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	struct mp_record record = { 0 };
	enum mcpass_rc rc;

	if (event->data != NULL)
		rc = mp_record_parse(event->data, &record, err);
	else
		rc = mp_set(&record.server_url, client->server_url, err);
	if (rc)
		return mp_doing(err, rc, "reading the stored credential");
	if (strcmp(record.server_url, client->server_url) != 0) {
		mp_record_free(&record);
		return mp_fail(err, MCPASS_E_STORE, NULL, "the stored credential is of another server");
	}
	/* What could not be kept is newer than what could. */
	if (client->unsaved && client->record.obtained_at >= record.obtained_at) {
		mp_record_free(&record);
		return MCPASS_OK;
	}
	mp_record_free(&client->record);
	client->record = record;
	client->unsaved = false;
	mp_key_free(client->dpop_key);  /* it was the old record's */
	client->dpop_key = NULL;
	rc = keep_login(client, event, err);
	return rc ? rc : pass_over(client, err);
}

/* What was refused before is refused again: a person is not asked twice for nothing. */
static enum mcpass_rc check_not_denied(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err)
{
	struct mp_strings denied = { 0 }, need = { 0 };
	enum mcpass_rc rc;

	if (client->record.denied_scope == NULL || client->flags & MCPASS_NEW_LOGIN)
		return MCPASS_OK;
	rc = mp_scope_parse(client->record.denied_scope, &denied, err);
	if (!rc)
		rc = mp_scope_parse(scope, &need, err);
	for (size_t i = 0; !rc && i < need.count; i++)
		if (mp_strings_has(&denied, need.items[i]))
			rc = mp_wish_denied(client, need.items[i], err);
	mp_strings_free(&denied);
	mp_strings_free(&need);
	return rc;
}

static enum mcpass_rc check_wish(const struct mcpass_client *client, struct mcpass_error *err)
{
	char *missing = NULL;
	enum mcpass_rc rc = mp_wish_lacking(client, &missing, err);

	if (!rc && missing != NULL && mp_record_has_tokens(&client->kept))
		rc = check_not_denied(client, missing, err);
	free(missing);
	return mp_doing(err, rc, "asking for the scopes that were chosen");
}

enum mp_state mp_stored_take(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	if (take_record(client, event, err) || check_wish(client, err))
		return S_BROKEN;
	if (mp_record_usable(&client->record, event->now)) {
		mp_note(client, "RFC 6749 5.1", "Using the stored access token",
		    "issuer", client->record.as.issuer, "scope", client->record.scope, NULL);
		return mp_done(client, true);
	}
	if (!mp_secret_present(&client->record.refresh_token))
		return mp_done(client, false);
	mp_note(client, "RFC 6749 6", "The stored access token has expired; it will be refreshed",
	    "issuer", client->record.as.issuer, NULL);
	return S_LOCKING;
}

/* Whether another process has stored a token that answers our reason. */
static enum mcpass_rc is_renewed(const struct mcpass_client *client, bool *ret_renewed,
    struct mcpass_error *err)
{
	*ret_renewed = mp_record_usable(&client->record, client->now)
	    && !mp_secret_equal(&client->record.access_token, &client->refused_token);
	if (!*ret_renewed || client->reason != MP_BECAUSE_SCOPE)
		return MCPASS_OK;
	return mp_scope_has_all(client->record.scope, client->challenged_scope, ret_renewed, err);
}

/* A new token was tried at the server, and lacks the scope still, whatever its scopes are
 * called: this person may not have it, and asking again would loop.  *ret_text is what it
 * lacks, or NULL: then there is hope. */
static enum mcpass_rc was_tried(const struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool asked = false;

	*ret_text = NULL;
	if (!client->unproven || !mp_record_usable(&client->record, 0))
		return MCPASS_OK;
	rc = mp_scope_has_all(client->record.requested_scope, client->challenged_scope, &asked, err);
	if (rc || !asked)
		return rc;
	return mp_scope_lacking(client->record.scope, client->challenged_scope, ret_text, err);
}

/* More permissions are needed: refused before, or now, or to be asked for. */
static enum mp_state step_up(struct mcpass_client *client, struct mcpass_error *err)
{
	char *lacks = NULL;
	enum mcpass_rc rc = check_not_denied(client, client->challenged_scope, err);

	if (!rc)
		rc = was_tried(client, &lacks, err);
	if (rc)
		return mp_broken(err, "asking for more permissions");
	if (lacks == NULL)
		return S_PRM;
	free(client->record.denied_scope);
	client->record.denied_scope = lacks;
	mp_record_free(&client->kept);          /* it is this one */
	return S_SAVING_DENIAL;
}

enum mp_state mp_stored_take_again(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	bool renewed = false;

	if (take_record(client, event, err) || check_wish(client, err)
	    || is_renewed(client, &renewed, err))
		return S_BROKEN;
	if (renewed) {
		mp_note(client, NULL, "Another process has got a new token meanwhile; using that one", NULL);
		client->unproven = true;
		return mp_done(client, true);
	}
	if (client->reason == MP_BECAUSE_SCOPE)
		return step_up(client, err);
	if (client->reason != MP_BECAUSE_EXPIRED)
		return S_PRM;
	if (mp_secret_present(&client->record.refresh_token))
		return S_REFRESHING;
	return mp_done(client, false);          /* logged out meanwhile */
}

/* It is in the record now, for the next run. */
enum mp_state mp_stored_tell_denial(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)event;
	(void)mp_wish_denied(client, client->record.denied_scope, err);
	return mp_broken(err, "asking for more permissions");
}
