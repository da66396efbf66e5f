/* What the MCP server says about our request. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/machine.h"
#include "oauth/scope.h"
#include "oauth/target.h"
#include "wire/challenge.h"

MP_HANDLER(mp_note_accepted)
{
	enum mcpass_rc rc;

	client->unproven = false;
	client->authorizations = 0;
	rc = mp_dpop_nonce(client, event, NULL, &client->server_nonce, NULL, err);
	if (rc)
		return rc;
	if (mp_secret_present(&client->record.access_token))
		mp_finish(client, action);
	else
		mp_finish_without(client, action);
	return MCPASS_OK;
}

/* What a challenge says; each NULL when absent, all borrowed from it. */
struct said {
	const char *metadata, *scope, *error, *description;
};

static struct said read_challenge(const struct mp_challenge *challenge)
{
	if (challenge == NULL)
		return (struct said){ 0 };
	return (struct said){
		.metadata = mp_challenge_get(challenge, "resource_metadata"),
		.scope = mp_challenge_get(challenge, "scope"),
		.error = mp_challenge_get(challenge, "error"),
		.description = mp_challenge_get(challenge, "error_description"),
	};
}

/* Whether the token was granted all that the challenge names. */
static enum mcpass_rc is_granted(const struct mcpass_client *client, const char *scope,
    bool *ret_granted, struct mcpass_error *err)
{
	struct mp_strings have = { 0 }, need = { 0 };
	enum mcpass_rc rc;

	rc = mp_scope_parse(client->record.scope, &have, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_parse(scope, &need, err);
	if (rc == MCPASS_OK)
		*ret_granted = mp_scope_covers(&have, &need);
	mp_strings_free(&have);
	mp_strings_free(&need);
	return rc;
}

static enum mcpass_rc not_this_token(struct mcpass_client *client, enum mp_reason reason,
    struct mcpass_error *err)
{
	client->reason = reason;
	return mp_secret_set(&client->refused_token,
	    mp_secret_reveal(&client->record.access_token), err);
}

/* 401: whatever we sent is not wanted.  Once with a new token, never in a loop. */
static enum mcpass_rc refused(struct mcpass_client *client, const struct said *said,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool granted = true;

	if (!client->unproven)
		return not_this_token(client, MP_BECAUSE_REFUSED, err);
	/* Keycloak leaves out a scope that the user has no role for, and with it the audience
	 * that hangs on it: the token is refused as a whole, and what it lacks is the scope. */
	if (client->wished_scope == NULL) {
		rc = is_granted(client, said->scope, &granted, err);
		if (rc)
			return rc;
	}
	if (!granted)
		return not_this_token(client, MP_BECAUSE_SCOPE, err);
	(void)mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6750 3.1",
	    "the server refuses a token that was issued for it a moment ago (%s%s%s)",
	    said->error != NULL ? said->error : "no reason given",
	    said->description != NULL ? ": " : "", said->description != NULL ? said->description : "");
	mp_hint(err, "compare the token's aud and iss with what the server expects; "
	    "--explain shows what was asked for");
	return MCPASS_E_PROTOCOL;
}

static bool asks_nobody(enum mcpass_grant grant)
{
	return grant == MCPASS_GRANT_CLIENT_CREDENTIALS || grant == MCPASS_GRANT_JWT_BEARER
	    || grant == MCPASS_GRANT_ID_JAG;
}

/* A person's choice of scopes stands: to ask for the same again would change nothing. */
static enum mcpass_rc check_choice(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err)
{
	struct mp_strings chosen = { 0 }, need = { 0 };
	enum mcpass_rc rc;
	bool covered = true;

	if (client->wished_scope == NULL || asks_nobody(client->grant))
		return MCPASS_OK;
	rc = mp_scope_parse(client->wished_scope, &chosen, err);
	if (rc == MCPASS_OK)
		rc = mp_scope_parse(scope, &need, err);
	if (rc == MCPASS_OK)
		covered = mp_scope_covers(&chosen, &need);
	mp_strings_free(&chosen);
	mp_strings_free(&need);
	if (rc || covered)
		return rc;
	rc = mp_fail(err, MCPASS_E_DENIED, "MCP step-up authorization flow",
	    "the server wants %s for this, which the chosen scopes leave out", scope);
	mp_oauth_code(err, "insufficient_scope");
	mp_hint(err, "add it to --scope, or leave --scope out and it is asked for");
	return rc;
}

/* 403: only a missing scope can be mended, and only when the token really lacks it. */
static enum mcpass_rc short_of_scope(struct mcpass_client *client, const struct said *said,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;
	bool granted = false;

	if (said->error == NULL || strcmp(said->error, "insufficient_scope") != 0
	    || said->scope == NULL)
		return mp_fail(err, MCPASS_E_DENIED, "RFC 9110 15.5.4", "the server forbids it (%s%s%s)",
		    said->error != NULL ? said->error : "403, no reason given",
		    said->description != NULL ? ": " : "",
		    said->description != NULL ? said->description : "");
	rc = is_granted(client, said->scope, &granted, err);
	if (rc)
		return rc;
	if (granted)
		return mp_fail(err, MCPASS_E_DENIED, "MCP step-up authorization flow",
		    "the token already has %s, and the server still says insufficient_scope", said->scope);
	rc = check_choice(client, said->scope, err);
	return rc ? rc : not_this_token(client, MP_BECAUSE_SCOPE, err);
}

/* Keeps what the challenge says; spec: RFC 9728 5.1, RFC 6750 3 */
static enum mcpass_rc take_challenge(struct mcpass_client *client,
    const struct mcpass_event *event, const struct mp_challenge *challenge,
    struct mcpass_error *err)
{
	struct said said = read_challenge(challenge);
	enum mcpass_rc rc;

	mp_note(client, "RFC 9728 5.1", event->status == 401 ? "The server asks for authorization"
	    : "The server says that the token does not allow this",
	    "status", event->status == 401 ? "401" : "403",
	    "scheme", challenge != NULL ? challenge->scheme : "(no Bearer challenge)",
	    "error", said.error, "error_description", said.description, "scope", said.scope,
	    "resource_metadata", said.metadata, NULL);
	if (event->status == 401)
		rc = refused(client, &said, err);
	else
		rc = short_of_scope(client, &said, err);
	if (rc == MCPASS_OK && said.metadata != NULL)
		rc = mp_target_check(said.metadata, client->server_url,
		    (client->flags & MCPASS_LOOPBACK_HTTP) != 0, "resource_metadata", err);
	if (rc == MCPASS_OK)
		rc = mp_set(&client->challenged_metadata, said.metadata, err);
	if (rc == MCPASS_OK)
		rc = mp_set(&client->challenged_scope, said.scope, err);
	return rc;
}

/* The challenge that is for us.  DPoP first: a server that offers both prefers it.
 * spec: RFC 9449 7.1, 7.2 */
static const struct mp_challenge *choose(struct mcpass_client *client,
    const struct mp_challenges *list)
{
	const struct mp_challenge *dpop = mp_challenge_find(list, "DPoP");
	const struct mp_challenge *bearer = mp_challenge_find(list, "Bearer");

	client->wants_dpop = (client->flags & MCPASS_DPOP) != 0
	    || (dpop != NULL && bearer == NULL)
	    || (dpop != NULL && client->dpop_key != NULL);
	return client->wants_dpop && dpop != NULL ? dpop : bearer;
}

MP_HANDLER(mp_read_challenge)
{
	struct mp_challenges list = { 0 };
	const struct mp_challenge *challenge;
	enum mcpass_rc rc;
	bool again = false;

	if (event->status != 401 && event->status != 403)
		return mp_fail(err, MCPASS_E_USAGE, NULL, "a challenge has status 401 or 403, not %d",
		    event->status);
	if (client->authorizations >= MP_MAX_AUTHORIZATIONS)
		return mp_fail(err, MCPASS_E_DENIED, "MCP step-up authorization flow",
		    "the server still refuses after %d authorizations", MP_MAX_AUTHORIZATIONS);
	client->refreshed = client->registered = false;
	rc = mp_challenges_parse(event->headers, event->header_count, &list, err);
	if (rc == MCPASS_OK) {
		challenge = choose(client, &list);
		rc = mp_dpop_nonce(client, event,
		    challenge != NULL ? mp_challenge_get(challenge, "error") : NULL,
		    &client->server_nonce, &again, err);
		if (rc == MCPASS_OK && !again)
			rc = take_challenge(client, event, challenge, err);
	}
	mp_challenges_free(&list);
	if (rc)
		return mp_doing(err, rc, "reading the server's challenge");
	if (again) {
		mp_note(client, "RFC 9449 9", "The server wants its nonce in the proof: once more", NULL);
		mp_finish(client, action);
	} else {
		mp_act_lock(client, action);
	}
	return MCPASS_OK;
}
