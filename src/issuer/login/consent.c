/* What a person allows.  A client that registered itself is not known to us, so nothing is
 * given to it that this person has not allowed to this client, on a page that shows it.
 * spec: RFC 9700 4.16; MCP 2026-07-28 security considerations (confused deputy) */
#include <stdlib.h>
#include <string.h>
#include "issuer/events.h"
#include "issuer/login/allowed.h"
#include "issuer/login/ending.h"
#include "issuer/login/pages.h"
#include "issuer/person.h"
#include "issuer/upstream/begin.h"
#include "oauth/scope.h"

/* Asked for and permitted to this person: the rest is left out silently, and the token
 * response says what is left.  spec: RFC 6749 3.3 */
static enum mcpass_rc grantable(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mp_strings *ret_scopes, struct mcpass_error *err)
{
	struct mp_strings wanted = { 0 };
	struct mp_user person = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	rc = mp_person_load(turn, pending->username, pending->session, &person, &found, err);
	if (!rc && !found)              /* taken out of the file since */
		rc = mp_response_refuse(err, "access_denied", NULL, "%s",
		    mp_texts_english(MP_TEXT_REFUSED_USER));
	if (!rc)
		rc = mp_scope_parse(pending->scope, &wanted, err);
	if (!rc)
		rc = mp_users_narrow(&person, &wanted, ret_scopes, err);
	mp_strings_free(&wanted);
	mp_person_free(&person);
	return rc;
}

static enum mcpass_rc grant(const struct mp_turn *turn, const struct mp_ending *ending,
    const struct mp_strings *scopes, struct mcpass_error *err)
{
	char *scope = NULL;
	enum mcpass_rc rc = mp_scope_join(scopes, &scope, err);

	if (!rc)
		rc = mp_ending_grant(turn, ending, scope, err);
	if (!rc)
		mp_event_add(turn, &(struct mp_event){ .event = "allowed",
		    .client = ending->client->client_id, .user = ending->pending->username,
		    .what = scope });
	free(scope);
	return rc;
}

static enum mcpass_rc show(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, const struct mp_strings *scopes, const char *problem,
    struct mp_secret *ticket, struct mcpass_error *err)
{
	struct mp_user person = { 0 };
	const struct mp_view view = {
		.client = client, .pending = pending, .ticket = ticket, .scopes = scopes,
		.user = &person, .problem = problem,
	};
	char *digest = NULL;
	bool found = false;
	enum mcpass_rc rc = mp_allowed_digest(turn, client, pending, scopes, &digest, err);

	if (!rc)
		rc = mp_person_load(turn, pending->username, pending->session, &person, &found, err);
	if (!rc)
		rc = mp_set(&pending->shown, digest, err);
	if (!rc)
		rc = mp_pending_save(turn, pending, ticket, err);
	if (!rc)
		rc = mp_pages_consent(turn, &view, err);
	mp_person_free(&person);
	free(digest);
	return rc;
}

/* Whether the page can be left out: this person has allowed all that it would show, and
 * it is this person who has sent the browser here. */
static enum mcpass_rc is_allowed(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, bool *ret_allowed,
    struct mcpass_error *err)
{
	if (pending->asks || !pending->direct || !mp_allowed_lasts(turn, client, pending))
		return MCPASS_OK;
	return mp_allowed_find(turn, client, pending, scopes, ret_allowed, err);
}

enum mcpass_rc mp_consent_begin(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_ending ending = { client, pending, ticket, "login" };
	struct mp_strings scopes = { 0 };
	bool allowed = false, none;
	enum mcpass_rc rc = grantable(turn, pending, &scopes, err);

	if (rc)
		return rc;
	none = pending->scope != NULL && scopes.count == 0;
	if (!none)
		rc = is_allowed(turn, client, pending, &scopes, &allowed, err);
	if (!rc && (none || allowed))
		rc = mp_pending_close(turn, ticket, err);
	if (!rc && none)
		rc = mp_ending_refuse(turn, &ending, "access_denied",
		    "this user may have none of the scopes that were asked for", err);
	else if (!rc && allowed)
		rc = grant(turn, &ending, &scopes, err);
	else if (!rc && pending->wish.none)
		rc = mp_ending_refuse(turn, &ending, "consent_required",
		    "the user has to be asked, and prompt is none", err);
	else if (!rc)
		rc = show(turn, client, pending, &scopes, NULL, ticket, err);
	mp_strings_free(&scopes);
	return rc;
}

/* The client may have changed since its page was shown: its name in a document, its
 * redirect URIs.  What was not shown is not allowed. */
static enum mcpass_rc was_shown(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, const struct mp_strings *scopes, bool *ret_shown,
    struct mcpass_error *err)
{
	char *digest = NULL;
	enum mcpass_rc rc = mp_allowed_digest(turn, client, pending, scopes, &digest, err);

	if (!rc)
		*ret_shown = mp_eq(digest, pending->shown);
	free(digest);
	return rc;
}

static enum mcpass_rc allow(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_ending ending = { client, pending, ticket, "allow" };
	struct mp_strings scopes = { 0 };
	bool shown = false;
	enum mcpass_rc rc = grantable(turn, pending, &scopes, err);

	if (!rc)
		rc = was_shown(turn, client, pending, &scopes, &shown, err);
	if (!rc && !shown)
		rc = show(turn, client, pending, &scopes,
		    mp_texts_english(MP_TEXT_CONSENT_CHANGED), ticket, err);
	if (!rc && shown)
		rc = mp_allowed_remember(turn, client, pending, &scopes, err);
	if (!rc && shown)
		rc = grant(turn, &ending, &scopes, err);
	mp_strings_free(&scopes);
	return rc;
}

static enum mcpass_rc switch_user(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_browser_session_end(turn, err);

	if (!rc)
		rc = mp_set(&pending->username, NULL, err);
	if (!rc)
		rc = mp_set(&pending->shown, NULL, err);
	if (!rc)
		rc = mp_set(&pending->login_hint, NULL, err);
	if (!rc)
		rc = mp_set(&pending->session, NULL, err);
	pending->again = true;
	if (!rc && turn->issuer->upstream_count > 0)
		return mp_idp_page(turn, client, pending, ticket, NULL, err);
	return rc ? rc : mp_login_page_show(turn, client, pending, ticket, err);
}

/* Before it is known who it is: the browser is sent to an identity provider now. */
static enum mcpass_rc allow_before(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, const char *decision,
    struct mcpass_error *err)
{
	const struct mp_ending ending = { client, pending, ticket, decision };
	bool gone = false;
	enum mcpass_rc rc = mp_idp_begin(turn, client, pending, ticket, decision, &gone, err);

	return rc || !gone ? rc : mp_ending_keep(turn, &ending, err);
}

enum mcpass_rc mp_consent_finish(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, const char *username, const char *session,
    struct mcpass_error *err)
{
	struct mp_secret none = { 0 };
	const struct mp_ending ending = { client, pending, &none, "sign in" };
	struct mp_strings scopes = { 0 };
	bool shown = false;
	enum mcpass_rc rc = mp_idp_was_shown(turn, client, pending, &shown, err);

	if (!rc)
		rc = mp_set(&pending->username, username, err);
	if (!rc)
		rc = mp_set(&pending->session, session, err);
	if (!rc)
		rc = grantable(turn, pending, &scopes, err);
	if (!rc && pending->scope != NULL && scopes.count == 0)
		rc = mp_ending_refuse(turn, &ending, "access_denied",
		    "this user may have none of the scopes that were asked for", err);
	else if (!rc && !shown)
		rc = show(turn, client, pending, &scopes,
		    mp_texts_english(MP_TEXT_CONSENT_CHANGED), &none, err);
	else if (!rc) {
		rc = mp_allowed_remember(turn, client, pending, &scopes, err);
		if (!rc)
			rc = grant(turn, &ending, &scopes, err);
	}
	mp_strings_free(&scopes);
	mp_secret_free(&none);
	return rc;
}

static enum mcpass_rc decide(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mp_pending *pending, struct mp_secret *ticket,
    struct mcpass_error *err)
{
	const struct mp_ending denied = { client, pending, ticket, "deny" };
	bool before = pending->username == NULL && turn->issuer->upstream_count > 0;
	const char *decision;
	enum mcpass_rc rc = mp_request_required(form, "decision", &decision, err);

	if (rc)
		return rc;
	if (before && strcmp(decision, "deny") != 0)
		return allow_before(turn, client, pending, ticket, decision, err);
	/* The login page's ticket alone decides nothing. */
	if (pending->username == NULL && !before)
		return mp_response_refuse(err, "access_denied", NULL,
		    "%s", mp_texts_english(MP_TEXT_REFUSED_DECISION));
	if (strcmp(decision, "allow") == 0)
		return allow(turn, client, pending, ticket, err);
	if (strcmp(decision, "deny") == 0) {
		mp_event_add(turn, &(struct mp_event){ .event = "denied", .client = client->client_id,
		    .user = pending->username, .what = pending->scope });
		return mp_ending_refuse(turn, &denied, "access_denied", "the user did not allow it", err);
	}
	if (strcmp(decision, "switch") == 0)
		return switch_user(turn, client, pending, ticket, err);
	return mp_response_refuse(err, "invalid_request", NULL,
	    "%s", mp_texts_english(MP_TEXT_REFUSED_FORM));
}

enum mcpass_rc mp_consent_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	return mp_ending_handle_form(turn, decide, err);
}
