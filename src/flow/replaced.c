/* The login that a new one replaces stays in the store until the new one is there; only then
 * is it given back, if the person asked for another. */
#include <stdlib.h>
#include "flow/client.h"
#include "wire/jose/jws.h"

/* The session at the authorization server that a token says it is of, or NULL; unverified,
 * for it only makes us careful. */
static enum mcpass_rc session_of(const struct mp_secret *token, char **ret_sid,
    struct mcpass_error *err)
{
	struct mp_jws jws = { 0 };
	enum mcpass_rc rc;

	if (!mp_secret_present(token))
		return MCPASS_OK;
	rc = mp_jws_parse((struct mp_span){ token->bytes, token->len }, &jws, NULL);
	if (rc)
		return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
	rc = mp_set(ret_sid, mp_json_text(jws.payload, "sid"), err);
	mp_jws_free(&jws);
	return rc;
}

/* Keycloak ends what a client has in a session when one of its tokens is revoked: the new
 * login would go with the old one, where the browser's session served both. */
static enum mcpass_rc is_same_session(const struct mcpass_client *client, bool *ret_same,
    struct mcpass_error *err)
{
	char *before = NULL, *now = NULL;
	enum mcpass_rc rc = session_of(&client->kept.access_token, &before, err);

	if (!rc)
		rc = session_of(&client->record.access_token, &now, err);
	*ret_same = before != NULL && mp_eq(before, now);
	free(before);
	free(now);
	return rc;
}

/* The tokens that the store had until now. */
static enum mcpass_rc should_revoke(struct mcpass_client *client, bool *ret_revoke,
    struct mcpass_error *err)
{
	bool same = false;
	enum mcpass_rc rc = MCPASS_OK;

	*ret_revoke = false;
	if ((client->flags & MCPASS_NEW_LOGIN) == 0 || !mp_action_can_revoke(&client->kept)
	    || mp_secret_equal(&client->kept.refresh_token, &client->record.refresh_token))
		return MCPASS_OK;
	rc = is_same_session(client, &same, err);
	if (same)
		mp_note(client, "RFC 7009 2.1", "The old login is of the same session at the authorization"
		    " server: it is not revoked, for the new one would go with it", NULL);
	*ret_revoke = !same;
	return rc;
}

/* What the person asked for by name is there, or they are told. */
static enum mp_state finish(struct mcpass_client *client, struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *missing = NULL;

	mp_record_free(&client->kept);
	rc = mp_wish_lacking(client, &missing, err);
	if (!rc && missing != NULL)
		rc = mp_wish_denied(client, missing, err);
	free(missing);
	return rc ? mp_broken(err, "asking for the scopes that were chosen") : mp_done(client, true);
}

/* The registration of the login before, which nothing needs any more; spec: RFC 7592 2.3 */
static enum mp_state discard_or_finish(struct mcpass_client *client, struct mcpass_error *err)
{
	return client->retired_url != NULL ? S_DISCARDING : finish(client, err);
}

enum mp_state mp_replaced_begin(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	bool revoke = false;

	client->unsaved = event->data != NULL;
	if (client->unsaved) {
		/* What the store has is the login before: that one must stay good. */
		mp_note(client, NULL, "The token could not be kept: it serves this run only",
		    "why", event->data, NULL);
		return finish(client, err);
	}
	if (should_revoke(client, &revoke, err))
		return S_BROKEN;
	return revoke ? S_REVOKING : discard_or_finish(client, err);
}

enum mcpass_rc mp_replaced_revoke(struct mcpass_client *client, struct mcpass_error *err)
{
	return mp_doing(err, mp_action_revoke(client, &client->kept, err),
	    "revoking the login that was replaced");
}

enum mp_state mp_replaced_take_revoked(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	mp_note_status(client, event, "RFC 7009 2.2", "Asked the authorization server to revoke the"
	    " login that was replaced");
	return discard_or_finish(client, err);
}

enum mp_state mp_replaced_take_discarded(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	mp_register_note_discarded(client, event);
	return finish(client, err);
}
