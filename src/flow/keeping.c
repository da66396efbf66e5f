/* The login that a new one replaces stays in the store until the new one is there; only then
 * is it given back, if the person asked for another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/scope.h"
#include "wire/jose/jws.h"

enum mcpass_rc mp_keep_login(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	struct mp_record *kept = &client->kept;
	enum mcpass_rc rc = MCPASS_OK;

	mp_record_free(kept);
	if (event->data != NULL)
		rc = mp_record_parse(event->data, kept, err);
	/* What has run out, or was refused, and cannot be renewed is no login any more. */
	if (rc == MCPASS_OK && !mp_secret_present(&kept->refresh_token)
	    && (!mp_record_usable(kept, event->now)
	        || mp_secret_equal(&kept->access_token, &client->refused_token)))
		mp_record_free(kept);
	return rc;
}

enum mcpass_rc mp_take_up_next(struct mcpass_client *client, struct mcpass_error *err)
{
	struct mp_record *record = &client->record;
	enum mcpass_rc rc = MCPASS_OK;

	if (record->next.client_id == NULL)
		return MCPASS_OK;
	if (mp_asmeta_same_issuer(record->next_issuer, client->issuer))
		rc = mp_set_aside(client, err);
	if (rc == MCPASS_OK)
		mp_record_take_next(record, client->issuer);
	return rc;
}

enum mcpass_rc mp_scope_lacking(const char *asked, const char *granted, char **ret_text,
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

/* offline_access is no permission at the server: that there is a refresh token is the answer
 * to it, and many do not name it.  spec: OpenID Connect Core 11 */
enum mcpass_rc mp_wish_lacking(const struct mcpass_client *client, char **ret_text,
    struct mcpass_error *err)
{
	const struct mp_record *record = &client->record;
	struct mp_buf have;
	enum mcpass_rc rc;

	*ret_text = NULL;
	if (client->wished_scope == NULL)
		return MCPASS_OK;
	mp_buf_init(&have, MP_MAX_TOKEN_RESPONSE);
	mp_buf_addf(&have, "offline_access %s", record->scope != NULL ? record->scope : "");
	rc = mp_buf_check(&have, "the scopes", err);
	if (rc == MCPASS_OK)
		rc = mp_scope_lacking(client->wished_scope, mp_buf_text(&have), ret_text, err);
	mp_buf_free(&have);
	return rc;
}

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
	rc = mp_set(ret_sid, json_string_value(json_object_get(jws.payload, "sid")), err);
	mp_jws_free(&jws);
	return rc;
}

/* Keycloak ends what a client has in a session when one of its tokens is revoked: the new
 * login would go with the old one, where the browser's session served both. */
static enum mcpass_rc is_same_session(const struct mcpass_client *client, bool *ret_same,
    struct mcpass_error *err)
{
	char *before = NULL, *now = NULL;
	enum mcpass_rc rc;

	rc = session_of(&client->kept.access_token, &before, err);
	if (rc == MCPASS_OK)
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
	if ((client->flags & MCPASS_NEW_LOGIN) == 0 || !mp_can_revoke(&client->kept)
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
static enum mcpass_rc finish(struct mcpass_client *client, struct mcpass_action *action,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	char *missing = NULL;

	mp_record_free(&client->kept);
	rc = mp_wish_lacking(client, &missing, err);
	if (rc == MCPASS_OK && missing != NULL)
		rc = mp_scope_denied(client, missing, err);
	free(missing);
	if (rc)
		return mp_doing(err, rc, "asking for the scopes that were chosen");
	mp_finish(client, action);
	return MCPASS_OK;
}

/* The registration of the login before, which nothing needs any more; spec: RFC 7592 2.3 */
static enum mcpass_rc discard_or_finish(struct mcpass_client *client,
    struct mcpass_action *action, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (client->retired_url == NULL)
		return finish(client, action, err);
	client->state = S_DISCARDING;
	mp_act_reset(client, 0);
	rc = mp_act_bearer(client, &client->retired_token, err);
	if (rc == MCPASS_OK)
		rc = mp_act_request(client, "DELETE", client->retired_url, MP_MAX_DOCUMENT, action, err);
	return mp_doing(err, rc, "giving back the old registration");
}

MP_HANDLER(mp_hand_over)
{
	enum mcpass_rc rc;
	bool revoke = false;

	client->unsaved = event->data != NULL;
	if (client->unsaved) {
		/* What the store has is the login before: that one must stay good. */
		mp_note(client, NULL, "The token could not be kept: it serves this run only",
		    "why", event->data, NULL);
		return finish(client, action, err);
	}
	rc = should_revoke(client, &revoke, err);
	if (rc)
		return rc;
	if (!revoke)
		return discard_or_finish(client, action, err);
	client->state = S_REVOKING;
	rc = mp_act_revoke(client, &client->kept, event->now, action, err);
	return mp_doing(err, rc, "revoking the login that was replaced");
}

/* A courtesy: its answer decides nothing. */
static void note_status(struct mcpass_client *client, const struct mcpass_event *event,
    const char *spec, const char *what)
{
	char status[16];

	(void)snprintf(status, sizeof(status), "%d", event->status);
	mp_note(client, spec, what, "url", client->url,
	    "status", event->status != 0 ? status : "no answer", NULL);
}

MP_HANDLER(mp_take_revoked)
{
	note_status(client, event, "RFC 7009 2.2", "Asked the authorization server to revoke the login"
	    " that was replaced");
	return discard_or_finish(client, action, err);
}

MP_HANDLER(mp_take_discarded)
{
	note_status(client, event, "RFC 7592 2.3", "Asked the authorization server to forget the old"
	    " registration");
	mp_set(&client->retired_url, NULL, NULL);
	mp_secret_free(&client->retired_token);
	return finish(client, action, err);
}

/* It is in the record now, for the next run. */
MP_HANDLER(mp_tell_denial)
{
	(void)event;
	(void)action;
	return mp_doing(err, mp_scope_denied(client, client->record.denied_scope, err),
	    "asking for more permissions");
}

enum mcpass_rc mp_scope_denied(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err)
{
	const char *granted = client->record.scope;
	enum mcpass_rc rc;

	rc = mp_fail(err, MCPASS_E_DENIED, "RFC 6749 3.3",
	    "the authorization server did not grant %s: this user may not have it%s%s", scope,
	    granted != NULL ? "; granted: " : "", granted != NULL ? granted : "");
	mp_hint(err, "ask the operator of %s for that permission, then: mcpass login --again %s",
	    client->record.as.issuer, client->server_url);
	return rc;
}
