/* The stored credential: used, refreshed one process at a time, or found wanting. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
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
	client->refreshed = client->registered = client->nonce_used = client->rested = false;
	client->state = S_LOADING;
	mp_act_load(client, action);
	return MCPASS_OK;
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
	if (rc == MCPASS_OK && missing != NULL && !client->has_new_login) {
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
	rc = mp_keep_login(client, event, err);
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
	if (rc == MCPASS_OK)
		rc = mp_scope_parse(scope, &need, err);
	for (size_t i = 0; rc == MCPASS_OK && i < need.count; i++)
		if (mp_strings_has(&denied, need.items[i]))
			rc = mp_scope_denied(client, need.items[i], err);
	mp_strings_free(&denied);
	mp_strings_free(&need);
	return rc;
}

static enum mcpass_rc check_wish(const struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *missing = NULL;

	rc = mp_wish_lacking(client, &missing, err);
	if (rc == MCPASS_OK && missing != NULL && mp_record_has_tokens(&client->kept))
		rc = check_not_denied(client, missing, err);
	free(missing);
	return mp_doing(err, rc, "asking for the scopes that were chosen");
}

MP_HANDLER(mp_use_or_renew)
{
	enum mcpass_rc rc = take_record(client, event, err);

	if (rc == MCPASS_OK)
		rc = check_wish(client, err);
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

/* A new token was tried at the server, and lacks the scope still, whatever its scopes are
 * called: this person may not have it, and asking again would loop.  *ret_text is what it
 * lacks, or NULL: then there is hope. */
static enum mcpass_rc was_tried(const struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err)
{
	char *unasked = NULL;
	enum mcpass_rc rc;

	*ret_text = NULL;
	if (!client->unproven || !mp_record_usable(&client->record, 0))
		return MCPASS_OK;
	rc = mp_scope_lacking(client->challenged_scope, client->record.requested_scope, &unasked, err);
	if (rc == MCPASS_OK && unasked == NULL)
		rc = mp_scope_lacking(client->challenged_scope, client->record.scope, ret_text, err);
	free(unasked);
	return rc;
}

/* More permissions are needed: refused before, or now, or to be asked for. */
static enum mcpass_rc step_up(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *lacks = NULL;

	rc = check_not_denied(client, client->challenged_scope, err);
	if (rc == MCPASS_OK)
		rc = was_tried(client, &lacks, err);
	if (rc)
		return mp_doing(err, rc, "asking for more permissions");
	if (lacks == NULL)
		return mp_begin_prm(client, action, err);
	free(client->record.denied_scope);
	client->record.denied_scope = lacks;
	mp_record_free(&client->kept);          /* it is this one */
	client->state = S_SAVING_DENIAL;
	return mp_act_save(client, action, err);
}

MP_HANDLER(mp_renew_or_discover)
{
	enum mcpass_rc rc = take_record(client, event, err);
	bool faster = false;

	if (rc == MCPASS_OK)
		rc = check_wish(client, err);
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
		return step_up(client, action, err);
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

/* granted NULL: as asked (RFC 6749 5.1); requested NULL: a refresh, nothing was asked.  What
 * a person asked for by name and did not get is remembered; of what a server asked for only
 * that server knows whether it is there under another name. */
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
	rc = mp_wish_lacking(client, &denied, err);
	if (rc == MCPASS_OK) {
		free(record->denied_scope);
		record->denied_scope = denied;
	}
	return rc;
}

static enum mcpass_rc keep_answer(struct mcpass_client *client, const struct mp_token *token,
    const char *requested, int64_t now, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc;

	record->obtained_at = now;
	record->expires_at = token->tells_expiry ? now + token->expires_in : 0;
	rc = mp_secret_set(&record->access_token, mp_secret_reveal(&token->access_token), err);
	/* No new refresh token: the old one stays good (RFC 6749 6). */
	if (rc == MCPASS_OK && mp_secret_present(&token->refresh_token))
		rc = mp_secret_set(&record->refresh_token, mp_secret_reveal(&token->refresh_token), err);
	if (rc == MCPASS_OK)
		rc = mp_set(&record->token_type, token->token_type, err);
	if (rc == MCPASS_OK)
		rc = keep_scope(client, token->scope, requested, err);
	return rc;
}

enum mcpass_rc mp_keep_token(struct mcpass_client *client, const struct mcpass_event *event,
    const char *requested, struct mcpass_action *action, struct mcpass_error *err)
{
	bool renews = client->state == S_REFRESHING;
	struct mp_record before = client->kept;
	struct mp_token token = { 0 };
	enum mcpass_rc rc;

	if (event->status == 0)
		return mp_no_answer(client, event, err);
	rc = mp_token_answer(event->status, event->data, event->data_len,
	    client->dpop_key != NULL ? "DPoP" : "Bearer", &token, err);
	if (rc)
		return rc;
	mp_note_odd(client, "The token response is odd, and the token is taken all the same", &token.odd);
	rc = keep_answer(client, &token, requested, event->now, err);
	mp_token_free(&token);
	if (rc)
		return rc;
	if (!renews)
		mp_record_forget_next(&client->record);
	client->kept = (struct mp_record){ 0 };         /* from here on it is the new one that stays */
	rc = mp_act_save(client, action, err);
	client->kept = before;
	client->unproven = true;
	client->has_new_login |= !renews;
	client->state = S_SAVING_TOKEN;
	return rc;
}

static bool is_one_of(const char *code, const char *const *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(code, codes[i]) == 0)
			return true;
	return false;
}

/* Passing: the server is asked once more where it says when, and that is soon. */
static enum mcpass_rc rest_or_give_up(struct mcpass_client *client,
    const struct mcpass_event *event, const struct mcpass_error *why,
    struct mcpass_action *action, struct mcpass_error *err)
{
	int64_t seconds = mp_http_retry_after(event->headers, event->header_count, event->now);

	if (event->status != 0 && seconds > 0 && seconds <= MP_MAX_RETRY_AFTER && !client->rested) {
		client->rested = true;
		client->state = S_RESTING;
		(void)snprintf(client->notice, sizeof(client->notice), "the authorization server is busy;"
		    " trying again in %d s, as it says", (int)seconds);
		action->type = MCPASS_ACT_PAUSE;
		action->seconds = seconds;
		return MCPASS_OK;
	}
	if (err != NULL)
		*err = *why;
	if (err != NULL && event->status == 0) {
		err->hint[0] = '\0';
		mp_hint(err, "The stored login is kept, but the server may have used up its refresh token:"
		    " if the next try is refused, sign in again.");
	} else if (err != NULL && seconds > 0) {
		err->hint[0] = '\0';
		mp_hint(err, "Nothing that is stored was dropped: the server asks to wait %lld s.",
		    (long long)seconds);
	}
	return mp_doing(err, why->rc, "refreshing the access token");
}

/* Refused for good.  Only invalid_grant says that the refresh token is gone; with anything
 * else it stays stored until there is another login.  spec: RFC 6749 5.2 */
static enum mcpass_rc give_up_refreshing(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *why, struct mcpass_action *action,
    struct mcpass_error *err)
{
	static const char *const client_gone[] = { "invalid_client", "unauthorized_client" };
	struct mp_record *record = &client->record;
	enum mcpass_rc rc;

	mp_redact(client, why);
	mp_note(client, "RFC 6749 5.2", "The authorization server no longer accepts the refresh token",
	    "error", why->oauth[0] != '\0' ? why->oauth : NULL, "said", why->detail, NULL);
	if (why->rc == MCPASS_E_DENIED && strcmp(why->oauth, "invalid_grant") == 0) {
		mp_record_forget_tokens(record);
		mp_record_free(&client->kept);
		client->state = S_DROPPING;
		return mp_act_save(client, action, err);
	}
	rc = mp_secret_set(&client->dead_refresh, mp_secret_reveal(&record->refresh_token), err);
	if (rc)
		return rc;
	client->dead_client = why->rc == MCPASS_E_DENIED && client->given_id == NULL
	    && is_one_of(why->oauth, client_gone, MP_COUNT(client_gone));
	if (client->dead_client)
		mp_record_forget_client(record);
	else
		mp_record_forget_tokens(record);
	return mp_go_on_without(client, event, action, err);
}

MP_HANDLER(mp_take_refreshed)
{
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
	if (rc == MCPASS_E_NOMEM)
		return mp_doing(err, mp_nomem(err), "refreshing the access token");
	if (rc == MCPASS_E_IO)
		return rest_or_give_up(client, event, &why, action, err);
	return give_up_refreshing(client, event, &why, action, err);
}

MP_HANDLER(mp_refresh_again)
{
	return mp_begin_refresh(client, event->now, action, err);
}

MP_HANDLER(mp_go_on_without)
{
	(void)event;
	if (client->reason != MP_BECAUSE_EXPIRED)
		return mp_begin_asmeta(client, action, err);
	mp_finish_without(client, action);
	return MCPASS_OK;
}
