/* Who is there: a password once, a session of the browser afterwards. */
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/events.h"
#include "issuer/login/ending.h"
#include "issuer/login/pages.h"
#include "issuer/login/pending.h"
#include "issuer/upstream/begin.h"

enum mcpass_rc mp_login_begin(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mcpass_error *err)
{
	struct mp_secret ticket = { 0 };
	const struct mp_ending ending = { client, pending, &ticket, "" };
	enum mcpass_rc rc;

	if (pending->expires_at == 0)    /* a pushed request has its own end */
		pending->expires_at = turn->request->now + MP_PENDING_LIFETIME;
	pending->direct = mp_request_is_direct(turn);
	pending->again = pending->wish.login || pending->wish.has_max_age;
	rc = mp_pending_bind(turn, pending, err);
	if (!rc)
		rc = mp_browser_session_find(turn, pending, err);
	if (!rc && pending->username != NULL)
		rc = mp_consent_begin(turn, client, pending, &ticket, err);
	else if (!rc && pending->wish.none)      /* spec: OpenID Connect Core 3.1.2.6 */
		rc = mp_ending_refuse(turn, &ending, "login_required",
		    "the user has to sign in, and prompt is none", err);
	else if (!rc)
		rc = turn->issuer->upstream_count > 0
		    ? mp_idp_page(turn, client, pending, &ticket, NULL, err)
		    : mp_login_page_show(turn, client, pending, &ticket, err);
	if (!rc && turn->response->status == 200)
		mp_event_add(turn, &(struct mp_event){ .event = "asked", .client = client->client_id,
		    .user = pending->username, .what = pending->scope });
	mp_secret_free(&ticket);
	return rc;
}

static enum mcpass_rc log_in(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mp_pending *pending, struct mp_secret *ticket,
    struct mcpass_error *err)
{
	struct mp_view view = { .client = client, .pending = pending, .ticket = ticket };
	const struct mp_user *user = NULL;
	const char *username = NULL, *password = NULL;
	enum mcpass_rc rc;

	if (turn->issuer->upstream_count > 0)
		return mp_response_refuse(err, "access_denied", NULL, "%s",
		    mp_texts_english(MP_TEXT_LOGIN_ELSEWHERE));
	if (pending->attempts >= MP_MAX_LOGIN_ATTEMPTS)
		return mp_response_refuse(err, "access_denied", "RFC 9700 4.16",
		    "%s", mp_texts_english(MP_TEXT_REFUSED_ATTEMPTS));
	/* Counted and put back before the password is looked at: of two guesses at once,
	 * neither goes uncounted. */
	pending->attempts++;
	rc = mp_pending_save(turn, pending, ticket, err);
	if (!rc)
		rc = mp_form_get(form, "username", &username, err);
	if (!rc)
		rc = mp_form_get(form, "password", &password, err);
	if (!rc && username != NULL && password != NULL)
		rc = mp_attempts_password(turn, username, password, &user, err);
	if (mp_response_is_refusal(rc) && turn->wait->status != 0) {
		view.typed = username;
		return mp_login_page_wait(turn, &view, pending, err);
	}
	if (rc)
		return rc;
	mp_event_add(turn, &(struct mp_event){ .event = user == NULL ? "password" : "signed_in",
	    .client = client->client_id, .user = user == NULL ? NULL : user->username,
	    .outcome = user == NULL ? "wrong" : NULL });
	if (user == NULL) {
		view.problem = mp_texts_english(MP_TEXT_LOGIN_WRONG);
		view.typed = username;
		return mp_pages_login(turn, &view, err);
	}
	rc = mp_set(&pending->username, user->username, err);
	if (!rc)
		rc = mp_browser_session_start(turn, user->username, NULL, err);
	return rc ? rc : mp_consent_begin(turn, client, pending, ticket, err);
}

enum mcpass_rc mp_login_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	return mp_ending_handle_form(turn, log_in, err);
}
