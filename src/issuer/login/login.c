/* Who is there: a password once, a session cookie afterwards.  Cookies do not know ports:
 * any program that listens on the same host is sent them on plain http, so there no
 * session is kept.  spec: RFC 6265 8.5 */
#include <stdlib.h>
#include "base/limits.h"
#include "issuer/bounds.h"
#include "issuer/login/ending.h"
#include "issuer/login/pages.h"
#include "issuer/login/pending.h"
#include "wire/jose/crypto.h"

struct session {
	char *username;
	int64_t since;                  /* Unix time of the login */
};
static const struct mp_field fields[] = {
	{ "username", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct session, username), NULL },
	{ "since", MP_FIELD_INT, 0, offsetof(struct session, since), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

/* Whose session the browser is in: parked->username stays NULL when in none that will do. */
static enum mcpass_rc find_session(const struct mp_turn *turn, struct mp_parked *parked,
    struct mcpass_error *err)
{
	struct mp_slot slot = { "session", NULL, "", 0 };
	struct session session = { 0 };
	struct mp_secret cookie = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc;

	if (!turn->issuer->is_https)
		return MCPASS_OK;
	rc = mp_ask_cookie(turn, "session", &cookie, err);
	if (rc || !mp_secret_present(&cookie))
		goto out;
	rc = mp_record_key(&cookie, &key, err);
	slot.key = key;
	if (!rc)
		rc = mp_record_get(turn, &slot, &shape, &session, &found, err);
	/* A user who was taken out of the file is logged out. */
	if (!rc && found && mp_users_find(turn->issuer, session.username) != NULL
	    && mp_prompt_takes_session(parked, session.since, turn->request->now))
		rc = mp_set(&parked->username, session.username, err);
out:
	mp_record_release(&shape, &session);
	mp_secret_free(&cookie);
	free(key);
	return rc;
}

/* A new cookie for each login, so that none from before is worth anything. */
static enum mcpass_rc start_session(const struct mp_turn *turn, const struct mp_user *user,
    struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_slot slot = { "session", NULL, user->username,
		turn->request->now + MP_SESSION_LIFETIME };
	struct session session = { user->username, turn->request->now };
	struct mp_secret cookie = { 0 };
	char *key = NULL;
	enum mcpass_rc rc;

	if (!issuer->is_https)
		return MCPASS_OK;
	rc = mp_random_text(issuer->random, issuer->random_ctx, 32, &cookie, err);
	if (!rc)
		rc = mp_record_key(&cookie, &key, err);
	slot.key = key;
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, &session, err);
	if (!rc)
		rc = mp_reply_cookie(turn, "session", &cookie, MP_SESSION_LIFETIME, err);
	mp_secret_free(&cookie);
	free(key);
	return rc;
}

enum mcpass_rc mp_login_end(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_slot slot = { "session", NULL, "", 0 };
	struct session session = { 0 };
	struct mp_secret cookie = { 0 };
	bool found = false;
	char *key = NULL;
	enum mcpass_rc rc;

	rc = mp_ask_cookie(turn, "session", &cookie, err);
	if (rc || !mp_secret_present(&cookie))
		return rc;
	rc = mp_record_key(&cookie, &key, err);
	slot.key = key;
	if (!rc)
		rc = mp_record_take(turn, &slot, &shape, &session, &found, err);
	if (!rc)
		rc = mp_reply_cookie(turn, "session", NULL, 0, err);
	mp_record_release(&shape, &session);
	mp_secret_free(&cookie);
	free(key);
	return rc;
}

enum mcpass_rc mp_login_show(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_parked *parked, struct mp_secret *ticket, struct mcpass_error *err)
{
	const struct mp_view view = { .client = client, .parked = parked, .ticket = ticket,
		.typed = parked->login_hint };
	enum mcpass_rc rc = mp_parked_save(turn, parked, ticket, err);

	return rc ? rc : mp_pages_login(turn, &view, err);
}

enum mcpass_rc mp_login_begin(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_parked *parked, struct mcpass_error *err)
{
	struct mp_secret ticket = { 0 };
	const struct mp_ending ending = { client, parked, &ticket, "" };
	enum mcpass_rc rc;

	if (parked->expires_at == 0)    /* a pushed request has its own end */
		parked->expires_at = turn->request->now + MP_PARKED_LIFETIME;
	parked->direct = mp_ask_is_direct(turn);
	rc = mp_parked_bind(turn, parked, err);
	if (!rc)
		rc = find_session(turn, parked, err);
	if (!rc && parked->username != NULL)
		rc = mp_consent_begin(turn, client, parked, &ticket, err);
	else if (!rc && parked->wish.none)      /* spec: OpenID Connect Core 3.1.2.6 */
		rc = mp_ending_refuse(turn, &ending, "login_required",
		    "the user has to sign in, and prompt is none", err);
	else if (!rc)
		rc = mp_login_show(turn, client, parked, &ticket, err);
	mp_secret_free(&ticket);
	return rc;
}

/* It was not looked at, and is no attempt: the person may send the same form later. */
static enum mcpass_rc show_wait(const struct mp_turn *turn, struct mp_view *view,
    struct mp_parked *parked, struct mcpass_error *err)
{
	struct mcpass_error why = *err;
	struct mp_secret ticket = *view->ticket;        /* there already, so it stays as it is */
	enum mcpass_rc rc;

	mp_reply_note(turn, &why);
	mp_clear(err);
	parked->attempts--;
	rc = mp_parked_save(turn, parked, &ticket, err);
	view->problem = why.detail;
	if (!rc)
		rc = mp_pages_login(turn, view, err);
	view->problem = NULL;
	turn->response->status = turn->wait->status;
	return rc ? rc : mp_wait_tell(turn, err);
}

static enum mcpass_rc log_in(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mp_parked *parked, struct mp_secret *ticket,
    struct mcpass_error *err)
{
	struct mp_view view = { .client = client, .parked = parked, .ticket = ticket };
	const struct mp_user *user = NULL;
	const char *username = NULL, *password = NULL;
	enum mcpass_rc rc;

	if (parked->attempts >= MP_MAX_LOGIN_ATTEMPTS)
		return mp_reply_refuse(err, "access_denied", "RFC 9700 4.16",
		    "There were too many attempts to sign in.");
	/* Counted and put back before the password is looked at: of two guesses at once,
	 * neither goes uncounted. */
	parked->attempts++;
	rc = mp_parked_save(turn, parked, ticket, err);
	if (!rc)
		rc = mp_form_get(form, "username", &username, err);
	if (!rc)
		rc = mp_form_get(form, "password", &password, err);
	if (!rc && username != NULL && password != NULL)
		rc = mp_attempt_password(turn, username, password, &user, err);
	if (mp_reply_is_refusal(rc) && turn->wait->status != 0) {
		view.typed = username;
		return show_wait(turn, &view, parked, err);
	}
	if (rc)
		return rc;
	if (user == NULL) {
		view.problem = "The user name or the password is not right.";
		view.typed = username;
		return mp_pages_login(turn, &view, err);
	}
	rc = mp_set(&parked->username, user->username, err);
	if (!rc)
		rc = start_session(turn, user, err);
	return rc ? rc : mp_consent_begin(turn, client, parked, ticket, err);
}

enum mcpass_rc mp_login_handle(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	struct mp_client client = { 0 };
	struct mp_parked parked = { 0 };
	struct mp_secret ticket = { 0 };
	bool done = false;
	enum mcpass_rc rc;

	rc = mp_ask_form(turn, &form, err);
	if (!rc)
		rc = mp_ending_repeat(turn, &form, &done, err);
	if (!rc && !done)
		rc = mp_parked_open(turn, &form, &client, &parked, &ticket, err);
	if (!rc && !done)
		rc = log_in(turn, &form, &client, &parked, &ticket, err);
	if (mp_reply_is_refusal(rc))
		rc = mp_pages_refusal(turn, 403, err);
	mp_form_free(&form);
	mp_client_free(&client);
	mp_parked_free(&parked);
	mp_secret_free(&ticket);
	return rc;
}
