/* What the MCP server says about our request. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "flow/client.h"
#include "oauth/scope.h"
#include "wire/challenge.h"

enum mp_state mp_challenge_take_accepted(struct mcpass_client *client,
    const struct mcpass_event *event, struct mcpass_error *err)
{
	client->unproven = false;
	client->authorizations = 0;
	if (mp_dpop_nonce(client, event, NULL, &client->server_nonce, NULL, err))
		return S_BROKEN;
	return mp_done(client, mp_secret_present(&client->record.access_token));
}

/* What the challenges of one scheme say; each NULL when absent, borrowed from them. */
struct said {
	const char *metadata, *scope, *error, *description;
	const char *words;              /* of the body; spec: RFC 9457 3.1 */
};

/* The longest reason: its code, what the challenge says and what the body says. */
#define REASON_ROOM 240
/* Why, in the server's own words; spec: RFC 6750 3 */
static void tell_reason(char reason[REASON_ROOM], const struct said *said)
{
	const char *description = said->description != NULL ? said->description : "";
	bool more = said->words != NULL && strstr(description, said->words) == NULL;
	const char *texts[] = { said->error, said->description, more ? said->words : NULL };
	size_t used = 0;

	reason[0] = '\0';
	for (size_t i = 0; i < MP_COUNT(texts) && used < REASON_ROOM - 1; i++) {
		if (texts[i] == NULL || texts[i][0] == '\0')
			continue;
		(void)snprintf(reason + used, REASON_ROOM - used, "%s%s", used > 0 ? ": " : "", texts[i]);
		used = strlen(reason);
	}
	if (used == 0)
		(void)snprintf(reason, REASON_ROOM, "no reason given");
}

/* A challenge only advises: a scope that can be none is left out.  *ret_scope is the
 * caller's (free), and lives as long as what it is put into.  spec: RFC 6749 3.3 */
static enum mcpass_rc read_scope(struct mcpass_client *client, const char *text,
    char **ret_scope, struct mcpass_error *err)
{
	bool odd = false;
	enum mcpass_rc rc = mp_scope_clean(text, ret_scope, &odd, err);

	if (!rc && odd)
		mp_note(client, "RFC 6749 3.3", "Something in the challenge's scope can be no scope: left out",
		    NULL);
	return rc;
}

/* Whether the token was granted all that the challenge names. */
static enum mcpass_rc is_granted(const struct mcpass_client *client, const char *scope,
    bool *ret_granted, struct mcpass_error *err)
{
	return mp_scope_has_all(client->record.scope, scope, ret_granted, err);
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
	char reason[REASON_ROOM];
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
	tell_reason(reason, said);
	(void)mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6750 3.1",
	    "the server refuses a token that was issued for it a moment ago (%s)", reason);
	mp_hint(err, "compare the token's aud and iss with what the server expects; "
	    "--explain shows what was asked for");
	return MCPASS_E_PROTOCOL;
}

/* A choice of scopes stands: to ask for the same again would change nothing. */
static enum mcpass_rc check_choice(const struct mcpass_client *client, const char *scope,
    struct mcpass_error *err)
{
	bool covered = true;
	enum mcpass_rc rc = MCPASS_OK;

	if (client->wished_scope != NULL)
		rc = mp_scope_has_all(client->wished_scope, scope, &covered, err);
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
	char reason[REASON_ROOM];
	enum mcpass_rc rc;
	bool granted = true;

	tell_reason(reason, said);
	rc = said->scope != NULL ? is_granted(client, said->scope, &granted, err) : MCPASS_OK;
	if (rc)
		return rc;
	if (said->error == NULL || strcmp(said->error, "insufficient_scope") != 0
	    || said->scope == NULL) {
		rc = mp_fail(err, MCPASS_E_DENIED, "RFC 9110 15.5.4", "the server forbids it (403: %s)",
		    reason);
		if (!granted)
			mp_hint(err, "It names the scope %.200s, which the token does not have in full:"
			    " ask for it with --scope.", said->scope);
		return rc;
	}
	if (granted)
		return mp_fail(err, MCPASS_E_DENIED, "MCP step-up authorization flow",
		    "the token already has %.100s, and the server still says %s", said->scope, reason);
	rc = check_choice(client, said->scope, err);
	return rc ? rc : not_this_token(client, MP_BECAUSE_SCOPE, err);
}

/* The URL of the metadata that the challenge names, or NULL where it cannot be one: then the
 * well-known places are asked.  A relative one is taken as of the server's URL (RFC 3986 5),
 * and a fragment is left out, for it is never sent.  spec: RFC 9728 5.1 */
static enum mcpass_rc read_metadata_url(struct mcpass_client *client, const char *said,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	struct mp_uri base;
	char *bare, *url = NULL;
	enum mcpass_rc rc;

	mp_set(&client->challenged_metadata, NULL, NULL);
	if (said == NULL)
		return MCPASS_OK;
	bare = mp_dup_span((struct mp_span){ said, strcspn(said, "#") });
	if (bare == NULL)
		return mp_nomem(err);
	rc = mp_uri_parse(client->server_url, &base, &why);
	if (!rc && bare[0] == '\0')
		rc = mp_fail(&why, MCPASS_E_PROTOCOL, "RFC 9728 5.1", "there is nothing but a fragment");
	if (!rc)
		rc = mp_uri_resolve(&base, bare, &url, &why);
	if (!rc)
		rc = mp_action_check_target(client, url, "resource_metadata", &why);
	if (!rc && strcmp(url, said) != 0)
		mp_note(client, "RFC 9728 5.1", "The challenge names no whole URL: taken as of the server's",
		    "resource_metadata", said, "read as", url, NULL);
	free(bare);
	if (!rc) {
		client->challenged_metadata = url;
		return MCPASS_OK;
	}
	free(url);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc == MCPASS_E_POLICY) {    /* the server names a place that is not permitted */
		if (err != NULL)
			*err = why;
		return rc;
	}
	mp_note(client, "RFC 9728 5.1", "The challenge names its metadata by no URL that can be used: the"
	    " well-known places are asked", "why", why.detail, NULL);
	return MCPASS_OK;
}

/* Keeps what the challenge says; spec: RFC 9728 5.1, RFC 6750 3 */
static enum mcpass_rc take_challenge(struct mcpass_client *client,
    const struct mcpass_event *event, const char *scheme, const struct said *said,
    struct mcpass_error *err)
{
	/* Without a token there was none to refuse: some servers say 403 for 401. */
	bool unauthorized = event->status == 401
	    || (scheme != NULL && !mp_secret_present(&client->record.access_token));
	char description[256] = "";     /* the server may repeat in it what it was sent */
	enum mcpass_rc rc;

	(void)snprintf(description, sizeof(description), "%s",
	    said->description != NULL ? said->description : said->words != NULL ? said->words : "");
	mcpass_client_redact(client, description);
	mp_note(client, "RFC 9728 5.1", unauthorized ? "The server asks for authorization"
	    : "The server says that the token does not allow this",
	    "status", event->status == 401 ? "401" : "403",
	    "scheme", scheme != NULL ? scheme : "(no Bearer challenge)",
	    "error", said->error, "error_description",
	    description[0] != '\0' ? description : NULL, "scope", said->scope,
	    "resource_metadata", said->metadata, NULL);
	rc = unauthorized ? refused(client, said, err) : short_of_scope(client, said, err);
	if (!rc)
		rc = read_metadata_url(client, said->metadata, err);
	return rc ? rc : mp_set(&client->challenged_scope, said->scope, err);
}

/* The scheme that is for us, or NULL.  DPoP first: a server that offers both prefers it.
 * spec: RFC 9449 7.1, 7.2 */
static const char *choose(struct mcpass_client *client, const struct mp_challenges *list)
{
	bool dpop = mp_challenge_find(list, "DPoP") != NULL;
	bool bearer = mp_challenge_find(list, "Bearer") != NULL;

	client->wants_dpop = (client->flags & MCPASS_DPOP) != 0 || (dpop && !bearer)
	    || (dpop && client->dpop_key != NULL);
	if (client->wants_dpop && dpop)
		return "DPoP";
	return bearer ? "Bearer" : NULL;
}

/* What the challenges say, and whether the same request is wanted once more with a nonce. */
static enum mcpass_rc take_challenges(struct mcpass_client *client,
    const struct mcpass_event *event, const struct mp_challenges *list, bool *ret_again,
    struct mcpass_error *err)
{
	const char *scheme = choose(client, list);
	struct said said = { 0 };
	char *scope = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	if (list->odd)
		mp_note(client, "RFC 9110 11.6.1", "The challenge breaks its grammar: read as far as it can be",
		    NULL);
	if (scheme != NULL) {
		said.metadata = mp_challenges_get(list, scheme, "resource_metadata");
		said.error = mp_challenges_get(list, scheme, "error");
		said.description = mp_challenges_get(list, scheme, "error_description");
		rc = read_scope(client, mp_challenges_get(list, scheme, "scope"), &scope, err);
	}
	if (event->data_len > 0)
		said.words = event->data;
	said.scope = scope;
	if (!rc)
		rc = mp_dpop_nonce(client, event, said.error, &client->server_nonce, ret_again, err);
	if (!rc && !*ret_again)
		rc = take_challenge(client, event, scheme, &said, err);
	free(scope);
	return rc;
}

/* Nothing was refused: a person wants to be signed in. */
static enum mp_state want_login(struct mcpass_client *client, struct mcpass_error *err)
{
	client->refreshed = client->registered = false;
	mp_set(&client->challenged_metadata, NULL, NULL);
	mp_set(&client->challenged_scope, NULL, NULL);
	return not_this_token(client, MP_BECAUSE_REFUSED, err) ? S_BROKEN : S_LOCKING;
}

enum mp_state mp_challenge_take(struct mcpass_client *client, const struct mcpass_event *event,
    struct mcpass_error *err)
{
	struct mp_challenges list = { 0 };
	enum mcpass_rc rc = MCPASS_OK;
	bool again = false;

	client->if_published = event->status == 0;
	if (client->if_published)
		return want_login(client, err);
	if (event->status != 401 && event->status != 403)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "a challenge has status 401 or 403, not %d",
		    event->status);
	else if (client->authorizations >= MP_MAX_AUTHORIZATIONS)
		rc = mp_fail(err, MCPASS_E_DENIED, "MCP step-up authorization flow",
		    "the server still refuses after %d authorizations", MP_MAX_AUTHORIZATIONS);
	if (rc)
		return S_BROKEN;
	client->refreshed = client->registered = false;
	rc = mp_challenges_parse(event->headers, event->header_count, &list, err);
	if (!rc)
		rc = take_challenges(client, event, &list, &again, err);
	mp_challenges_free(&list);
	if (rc)
		return mp_broken(err, "reading the server's challenge");
	if (!again)
		return S_LOCKING;
	mp_note(client, "RFC 9449 9", "The server wants another proof: once more", NULL);
	return mp_done(client, true);
}
