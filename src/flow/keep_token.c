/* What an answer of the token endpoint leaves in the record. */
#include <stdlib.h>
#include "flow/client.h"
#include "oauth/scope.h"
#include "oauth/token.h"

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
	if (!rc) {
		free(record->denied_scope);
		record->denied_scope = denied;
	}
	return rc;
}

static enum mcpass_rc keep_answer(struct mcpass_client *client, const struct mp_token *token,
    const char *requested, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc;

	record->obtained_at = client->now;
	record->expires_at = token->tells_expiry ? client->now + token->expires_in : 0;
	rc = mp_secret_set(&record->access_token, mp_secret_reveal(&token->access_token), err);
	/* No new refresh token: the old one stays good (RFC 6749 6). */
	if (!rc && mp_secret_present(&token->refresh_token))
		rc = mp_secret_set(&record->refresh_token, mp_secret_reveal(&token->refresh_token), err);
	if (!rc)
		rc = mp_set(&record->token_type, token->token_type, err);
	if (!rc)
		rc = keep_scope(client, token->scope, requested, err);
	return rc;
}

enum mcpass_rc mp_keep_token_take(struct mcpass_client *client, const struct mcpass_event *event,
    const char *requested, struct mcpass_error *err)
{
	bool renews = client->state == S_REFRESHING;
	struct mp_token token = { 0 };
	enum mcpass_rc rc = mp_action_check_answered(client, event, err);

	if (!rc)
		rc = mp_token_answer(event->status, event->data, event->data_len,
		    client->dpop_key != NULL ? "DPoP" : "Bearer", &token, err);
	if (rc == MCPASS_E_PROTOCOL)
		mp_hint(err, "It came from %s, which is the token endpoint by the metadata of %s: ask its"
		    " operator.", client->url, client->record.as.issuer != NULL ? client->record.as.issuer
		    : "the authorization server");
	if (rc)
		return rc;
	mp_note_odd(client, "The token response is odd, and the token is taken all the same", &token.odd);
	rc = keep_answer(client, &token, requested, err);
	mp_token_free(&token);
	if (rc)
		return rc;
	if (!renews)
		mp_record_forget_next(&client->record);
	client->unproven = true;
	client->has_new_login |= !renews;
	return MCPASS_OK;
}

static void note_token(struct mcpass_client *client)
{
	mp_note(client, "RFC 6749 5.1", "The authorization server gave an access token",
	    "grant", mp_grant_find(client->by)->name,
	    "token_endpoint", client->record.as.token_endpoint,
	    "token_type", client->record.token_type, "scope", client->record.scope,
	    "access_token", "(redacted)", "refresh_token",
	    mp_secret_present(&client->record.refresh_token) ? "(redacted)" : "(none)", NULL);
}

enum mcpass_rc mp_keep_token_take_new(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_join(&client->scope, &scope, err);

	if (!rc)
		rc = mp_set(&client->record.requested_scope, scope, err);
	if (!rc)
		rc = mp_keep_token_take(client, event, scope, err);
	if (!rc)
		note_token(client);
	free(scope);
	return rc;
}
