/* The session of a browser in which a person has signed in: a cookie.  Cookies do not know
 * ports: any program that listens on the same host is sent them on plain http, so there no
 * session is kept.  spec: RFC 6265 8.5 */
#include "base/limits.h"
#include "issuer/events.h"
#include "issuer/login/pending.h"
#include "issuer/person.h"
#include "issuer/upstream/renew.h"
#include "wire/jose/crypto.h"

struct session {
	char *username;
	int64_t since;                  /* Unix time of the login */
	char *upstream;                 /* the session of a sign-in at an identity provider, or NULL */
};
static const struct mp_field fields[] = {
	{ "username", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct session, username), NULL },
	{ "since", MP_FIELD_INT, 0, offsetof(struct session, since), NULL },
	{ "upstream", MP_FIELD_STRING, 0, offsetof(struct session, upstream), NULL },
};
static const struct mp_shape shape = { fields, MP_COUNT(fields) };

/* Of a sign-in at an identity provider: whether that still says so.  Where it says no, or nothing
 * now, the person signs in anew, as though there were no session. */
static enum mcpass_rc check_upstream(const struct mp_turn *turn, const char *id, bool *ret_good,
    struct mcpass_error *err)
{
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc = id != NULL ? mp_idp_renew(turn, id, &why) : MCPASS_OK;

	*ret_good = rc == MCPASS_OK;
	if (mp_response_is_refusal(rc)) {
		mp_response_note(turn, &why);
		*turn->wait = (struct mp_wait){ 0 };
		return MCPASS_OK;
	}
	if (rc)
		*err = why;
	return rc;
}

enum mcpass_rc mp_browser_session_find(const struct mp_turn *turn, struct mp_pending *pending,
    struct mcpass_error *err)
{
	struct mp_secret cookie = { 0 };
	const struct mp_slot slot = { .kind = "session", .secret = &cookie };
	struct session session = { 0 };
	struct mp_user person = { 0 };
	bool found = false;
	enum mcpass_rc rc;

	if (!turn->issuer->is_https)
		return MCPASS_OK;
	rc = mp_request_cookie(turn, "session", &cookie, err);
	if (rc || !mp_secret_present(&cookie))
		goto out;
	rc = mp_record_get(turn, &slot, &shape, &session, &found, err);
	/* A user who was taken out of the file is logged out. */
	if (!rc && found)
		rc = mp_person_load(turn, session.username, session.upstream, &person, &found, err);
	found = !rc && found && mp_prompt_takes_session(pending, session.since, turn->request->now);
	if (found)
		rc = check_upstream(turn, session.upstream, &found, err);
	if (found)
		rc = mp_set(&pending->username, session.username, err);
	if (found && !rc)
		rc = mp_set(&pending->session, session.upstream, err);
out:
	mp_person_free(&person);
	mp_record_release(&shape, &session);
	mp_secret_free(&cookie);
	return rc;
}

/* A new cookie for each login, so that none from before is worth anything. */
enum mcpass_rc mp_browser_session_start(const struct mp_turn *turn, const char *username,
    const char *upstream, struct mcpass_error *err)
{
	const struct mp_issuer *issuer = turn->issuer;
	struct mp_secret cookie = { 0 };
	const struct mp_slot slot = { .kind = "session", .secret = &cookie, .group = username,
		.expires_at = turn->request->now + MP_SESSION_LIFETIME };
	struct session session = { (char *)username, turn->request->now, (char *)upstream };
	enum mcpass_rc rc;

	if (!issuer->is_https)
		return MCPASS_OK;
	rc = mp_random_text(issuer->random, issuer->random_ctx, 32, &cookie, err);
	if (!rc)
		rc = mp_record_put(turn, &slot, &shape, &session, err);
	if (!rc)
		rc = mp_response_cookie(turn, "session", &cookie, MP_SESSION_LIFETIME, err);
	mp_secret_free(&cookie);
	return rc;
}

enum mcpass_rc mp_browser_session_end(const struct mp_turn *turn, struct mcpass_error *err)
{
	struct mp_secret cookie = { 0 };
	const struct mp_slot slot = { .kind = "session", .secret = &cookie };
	struct session session = { 0 };
	bool found = false;
	enum mcpass_rc rc = mp_request_cookie(turn, "session", &cookie, err);

	if (rc || !mp_secret_present(&cookie))
		return rc;
	rc = mp_record_take(turn, &slot, &shape, &session, &found, err);
	if (!rc)
		rc = mp_response_cookie(turn, "session", NULL, 0, err);
	if (!rc && found)
		mp_event_add(turn, &(struct mp_event){ .event = "ended", .user = session.username });
	mp_record_release(&shape, &session);
	mp_secret_free(&cookie);
	return rc;
}
