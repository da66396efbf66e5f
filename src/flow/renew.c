/* The stored credential: used, refreshed one process at a time, or found wanting. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/machine.h"
#include "oauth/scope.h"
#include "oauth/token.h"

void mp_finish(struct mcpass_client *client, struct mcpass_action *action)
{
	const struct mp_record *record = &client->record;

	client->token = (struct mcpass_token){
		.access_token = mp_secret_reveal(&record->access_token),
		.token_type = record->token_type,
		.scope = record->scope,
		.issuer = record->as.issuer,
		.resource = record->resource,
		.expires_at = record->expires_at,
	};
	client->state = S_DONE;
	action->type = MCPASS_ACT_DONE;
	action->token = &client->token;
}

void mp_finish_without(struct mcpass_client *client, struct mcpass_action *action)
{
	client->token = (struct mcpass_token){ 0 };
	client->state = S_DONE;
	action->type = MCPASS_ACT_DONE;
}

MP_HANDLER(mp_ask_store)
{
	(void)event;
	(void)err;
	client->reason = MP_BECAUSE_EXPIRED;
	client->refreshed = client->registered = client->nonce_used = false;
	client->state = S_LOADING;
	mp_act_load(client, action);
	return MCPASS_OK;
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
	mp_record_free(&client->record);
	client->record = record;
	mp_key_free(client->dpop_key);  /* it was the old record's */
	client->dpop_key = NULL;
	if (client->flags & MCPASS_NEW_LOGIN && client->authorizations == 0) {
		mp_record_forget_tokens(&client->record);
		client->record.offline_refused = false;
	}
	return MCPASS_OK;
}

MP_HANDLER(mp_use_or_renew)
{
	enum mcpass_rc rc = take_record(client, event, err);

	if (rc)
		return rc;
	if (mp_record_usable(&client->record, event->now)) {
		mp_note(client, "RFC 6749 5.1", "Using the stored access token",
		    "issuer", client->record.as.issuer, "scope", client->record.scope, NULL);
		mp_finish(client, action);
	} else if (mp_secret_present(&client->record.refresh_token)) {
		mp_note(client, "RFC 6749 6", "The stored access token has expired; it will be refreshed",
		    "issuer", client->record.as.issuer, NULL);
		mp_act_lock(client, action);
	} else {
		mp_finish_without(client, action);
	}
	return MCPASS_OK;
}

MP_HANDLER(mp_read_again)
{
	(void)event;
	(void)err;
	client->state = S_RELOADING;
	mp_act_load(client, action);
	return MCPASS_OK;
}

/* Whether the store has a token that answers our reason: then somebody was faster. */
static enum mcpass_rc somebody_was_faster(const struct mcpass_client *client, int64_t now,
    bool *ret_faster, struct mcpass_error *err)
{
	struct mp_strings have = { 0 }, need = { 0 };
	enum mcpass_rc rc;

	*ret_faster = mp_record_usable(&client->record, now)
	    && !mp_secret_equal(&client->record.access_token, &client->refused_token);
	if (!*ret_faster || client->reason != MP_BECAUSE_SCOPE)
		return MCPASS_OK;
	rc = mp_scope_parse(client->record.scope, &have, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_parse(client->challenged_scope, &need, err);
	if (rc == MCPASS_OK)
		*ret_faster = mp_scope_covers(&have, &need);
	mp_strings_free(&have);
	mp_strings_free(&need);
	return rc;
}

/* A step-up that failed before fails again: nobody is asked twice for nothing. */
static enum mcpass_rc check_not_denied(const struct mcpass_client *client,
    struct mcpass_error *err)
{
	struct mp_strings denied = { 0 }, need = { 0 };
	enum mcpass_rc rc;

	if (client->record.denied_scope == NULL || client->flags & MCPASS_NEW_LOGIN)
		return MCPASS_OK;
	rc = mp_scope_parse(client->record.denied_scope, &denied, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_parse(client->challenged_scope, &need, err);
	for (size_t i = 0; rc == MCPASS_OK && i < need.count; i++)
		if (mp_strings_has(&denied, need.items[i]))
			rc = mp_scope_denied(client, need.items[i], err);
	mp_strings_free(&denied);
	mp_strings_free(&need);
	return rc;
}

MP_HANDLER(mp_renew_or_discover)
{
	enum mcpass_rc rc = take_record(client, event, err);
	bool faster = false;

	if (rc == MCPASS_OK)
		rc = somebody_was_faster(client, event->now, &faster, err);
	if (rc)
		return rc;
	if (faster) {
		mp_note(client, NULL, "Another process has got a new token meanwhile; using that one", NULL);
		client->unproven = true;
		mp_finish(client, action);
		return MCPASS_OK;
	}
	if (client->reason == MP_BECAUSE_SCOPE)
		rc = check_not_denied(client, err);
	if (rc)
		return mp_doing(err, rc, "asking for more permissions");
	if (client->reason != MP_BECAUSE_EXPIRED)
		return mp_begin_prm(client, action, err);
	if (mp_secret_present(&client->record.refresh_token))
		return mp_begin_refresh(client, event->now, action, err);
	mp_finish_without(client, action);      /* logged out meanwhile */
	return MCPASS_OK;
}

/* spec: RFC 6749 6; RFC 8707 2.2 (the same resource again) */
enum mcpass_rc mp_begin_refresh(struct mcpass_client *client, int64_t now,
    struct mcpass_action *action, struct mcpass_error *err)
{
	const struct mp_record *record = &client->record;
	enum mcpass_rc rc;

	client->refreshed = true;
	client->state = S_REFRESHING;
	rc = record->as.issuer != NULL ? mp_know_provider(client, record->as.issuer, err) : MCPASS_OK;
	if (rc)
		return rc;
	mp_act_reset(client, MP_MAX_FORM);
	mp_token_refresh_form(&client->body, &record->refresh_token, NULL,
	    mp_resource_to_send(client));
	rc = mp_dpop_ready(client, err);
	if (rc == MCPASS_OK)
		rc = mp_dpop_add(client, record->as.token_endpoint, now, err);
	if (rc == MCPASS_OK)
		rc = mp_act_form(client, record->as.token_endpoint, now, action, err);
	return rc;
}

/* Of what was asked for, what was not granted: the person may not have it, and another
 * login would not change that.  NULL in *ret_text: all was granted. */
static enum mcpass_rc not_granted(const char *asked, const char *granted, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_strings have = { 0 }, need = { 0 }, missing = { 0 };
	enum mcpass_rc rc;

	rc = mp_scope_parse(granted, &have, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_parse(asked, &need, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_missing(&have, &need, &missing, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_join(&missing, ret_text, err);
	mp_strings_free(&missing);
	mp_strings_free(&need);
	mp_strings_free(&have);
	return rc;
}

/* granted NULL: as asked (RFC 6749 5.1); requested NULL: a refresh, nothing was asked. */
static enum mcpass_rc keep_scope(struct mcpass_client *client, const char *granted,
    const char *requested, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc;
	char *denied = NULL;

	if (granted == NULL)
		granted = requested;
	rc = granted != NULL ? mp_set(&record->scope, granted, err) : MCPASS_OK;
	if (rc || requested == NULL)
		return rc;
	rc = not_granted(requested, record->scope, &denied, err);
	if (rc == MCPASS_OK) {
		free(record->denied_scope);
		record->denied_scope = denied;
	}
	return rc;
}

enum mcpass_rc mp_keep_token(struct mcpass_client *client, const struct mcpass_event *event,
    const char *requested, struct mcpass_action *action, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	struct mp_token token = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	if (event->status == 0)
		return mp_no_answer(client, event, err);
	if (event->status == 200)
		rc = mp_check_json(client, event, "RFC 6749 5.1", err);
	if (rc)
		return rc;
	rc = mp_token_answer(event->status, event->data, event->data_len,
	    client->dpop_key != NULL ? "DPoP" : "Bearer", &token, err);
	if (rc)
		return rc;
	record->obtained_at = event->now;
	record->expires_at = token.expires_in > 0 ? event->now + token.expires_in : 0;
	rc = mp_secret_set(&record->access_token, mp_secret_reveal(&token.access_token), err);
	/* No new refresh token: the old one stays good (RFC 6749 6). */
	if (rc == MCPASS_OK && mp_secret_present(&token.refresh_token))
		rc = mp_secret_set(&record->refresh_token, mp_secret_reveal(&token.refresh_token), err);
	if (rc == MCPASS_OK)
		rc = mp_set(&record->token_type, token.token_type, err);
	if (rc == MCPASS_OK)
		rc = keep_scope(client, token.scope, requested, err);
	if (rc == MCPASS_OK)
		rc = mp_act_save(client, action, err);
	mp_token_free(&token);
	if (rc)
		return rc;
	client->unproven = true;
	client->state = S_SAVING_TOKEN;
	return MCPASS_OK;
}

static bool is_one_of(const char *code, const char *const *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

MP_HANDLER(mp_take_refreshed)
{
	static const char *const client_gone[] = { "invalid_client", "unauthorized_client" };
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc, nonce_rc;
	bool again;

	rc = mp_keep_token(client, event, NULL, action, &why);
	nonce_rc = mp_dpop_nonce(client, event, why.oauth, &client->as_nonce, &again, err);
	if (nonce_rc)
		return nonce_rc;
	if (again)
		return mp_begin_refresh(client, event->now, action, err);
	if (rc == MCPASS_OK) {
		mp_note(client, "RFC 6749 6", "The authorization server gave a new access token",
		    "scope", client->record.scope, NULL);
		return MCPASS_OK;
	}
	/* Only these two end a login; a 5xx or a timeout is not a logout. */
	if (rc == MCPASS_E_DENIED && strcmp(why.oauth, "invalid_grant") == 0) {
		mp_record_forget_tokens(&client->record);
	} else if (rc == MCPASS_E_DENIED && client->given_id == NULL
	    && is_one_of(why.oauth, client_gone, MP_COUNT(client_gone))) {
		mp_record_forget_client(&client->record);
	} else {
		if (err != NULL)
			*err = why;
		mp_hint(err, "nothing was dropped: try again later");
		return mp_doing(err, rc, "refreshing the access token");
	}
	mp_note(client, "RFC 6749 5.2", "The authorization server no longer accepts the refresh token",
	    "error", why.oauth, NULL);
	client->state = S_DROPPING;
	return mp_act_save(client, action, err);
}

MP_HANDLER(mp_go_on_without)
{
	(void)event;
	if (client->reason != MP_BECAUSE_EXPIRED)
		return mp_begin_asmeta(client, action, err);
	mp_finish_without(client, action);
	return MCPASS_OK;
}

/* After a step-up, a token without the scope means that the person may not have it:
 * asking again would loop. */
MP_HANDLER(mp_hand_over)
{
	enum mcpass_rc rc = MCPASS_OK;
	char *missing = NULL;

	(void)event;
	if (client->reason == MP_BECAUSE_SCOPE)
		rc = not_granted(client->challenged_scope, client->record.scope, &missing, err);
	if (rc == MCPASS_OK && missing != NULL)
		rc = mp_scope_denied(client, missing, err);
	free(missing);
	if (rc)
		return mp_doing(err, rc, "asking for more permissions");
	mp_finish(client, action);
	return MCPASS_OK;
}

enum mcpass_rc mp_scope_denied(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	rc = mp_fail(err, MCPASS_E_DENIED, "RFC 6749 3.3",
	    "the authorization server did not grant %s: this user may not have it", scope);
	mp_hint(err, "ask whoever runs %s for that permission, then: mcpass login --again %s",
	    client->record.as.issuer, client->server_url);
	return rc;
}
