/* A new access token for a refresh token, one process at a time.  spec: RFC 6749 6 */
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/token.h"

#define REFRESHING "refreshing the access token"

/* spec: RFC 6749 6; RFC 8707 2.2 (the same resource again) */
enum mcpass_rc mp_refresh_ask(struct mcpass_client *client, struct mcpass_error *err)
{
	const struct mp_record *record = &client->record;
	enum mcpass_rc rc = MCPASS_OK;

	client->refreshed = true;
	if (record->as.issuer != NULL)
		rc = mp_provider_know(client, record->as.issuer, err);
	if (rc)
		return rc;
	mp_action_reset(client, MP_MAX_FORM);
	mp_token_refresh_form(&client->body, &record->refresh_token, NULL,
	    mp_provider_resource(client));
	rc = mp_dpop_ready(client, err);
	return rc ? rc : mp_action_token_form(client, err);
}

enum mcpass_rc mp_refresh_rest(struct mcpass_client *client, struct mcpass_error *err)
{
	(void)err;
	(void)snprintf(client->notice, sizeof(client->notice), "the authorization server is busy;"
	    " trying again in %d s, as it says", (int)client->pause);
	client->action.type = MCPASS_ACT_PAUSE;
	client->action.seconds = client->pause;
	return MCPASS_OK;
}

/* Passing: the server is asked once more where it says when, and that is soon. */
static enum mp_state rest_or_give_up(struct mcpass_client *client,
    const struct mcpass_event *event, const struct mcpass_error *why, struct mcpass_error *err)
{
	int64_t seconds = mp_http_retry_after(event->headers, event->header_count, event->now);

	if (event->status != 0 && seconds > 0 && seconds <= MP_MAX_RETRY_AFTER && !client->rested) {
		client->rested = true;
		client->pause = seconds;
		return S_RESTING;
	}
	*err = *why;
	if (event->status == 0 || seconds > 0)
		err->hint[0] = '\0';
	if (event->status == 0)
		mp_hint(err, "The stored login is kept, but the server may have used up its refresh token:"
		    " if the next try is refused, sign in again.");
	else if (seconds > 0)
		mp_hint(err, "Nothing that is stored was dropped: the server asks to wait %lld s.",
		    (long long)seconds);
	return mp_broken(err, REFRESHING);
}

enum mp_state mp_refresh_do_without(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	(void)event;
	(void)err;
	return client->reason != MP_BECAUSE_EXPIRED ? S_ASMETA : mp_done(client, false);
}

/* Refused for good.  Only invalid_grant says that the refresh token is gone; with anything
 * else it stays stored until there is another login.  spec: RFC 6749 5.2 */
static enum mp_state give_up(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *why, struct mcpass_error *err)
{
	bool denied = why->rc == MCPASS_E_DENIED;
	struct mp_record *record = &client->record;

	mp_redact(client, why);
	mp_note(client, "RFC 6749 5.2", "The authorization server no longer accepts the refresh token",
	    "error", why->oauth[0] != '\0' ? why->oauth : NULL, "said", why->detail, NULL);
	(void)snprintf(client->notice, sizeof(client->notice), "the login that is stored could not be"
	    " renewed: %.250s", why->detail);
	if (denied && strcmp(why->oauth, "invalid_grant") == 0) {
		mp_record_forget_tokens(record);
		mp_record_free(&client->kept);
		return S_DROPPING;
	}
	if (mp_secret_set(&client->dead_refresh, mp_secret_reveal(&record->refresh_token), err))
		return S_BROKEN;
	client->dead_client = denied && client->given_id == NULL
	    && (strcmp(why->oauth, "invalid_client") == 0
	        || strcmp(why->oauth, "unauthorized_client") == 0);
	if (client->dead_client)
		mp_record_forget_client(record);
	else
		mp_record_forget_tokens(record);
	return mp_refresh_do_without(client, event, err);
}

enum mp_state mp_refresh_take(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = mp_keep_token_take(client, event, NULL, &why);
	bool again;

	if (mp_dpop_nonce(client, event, why.oauth, &client->as_nonce, &again, err))
		return S_BROKEN;
	if (again)
		return S_REFRESHING;
	if (!rc) {
		mp_note(client, "RFC 6749 6", "The authorization server gave a new access token",
		    "scope", client->record.scope, NULL);
		return S_SAVING_TOKEN;
	}
	if (rc == MCPASS_E_NOMEM)
		return mp_broken_by(err, &why, REFRESHING);
	if (rc == MCPASS_E_IO)
		return rest_or_give_up(client, event, &why, err);
	return give_up(client, event, &why, err);
}
