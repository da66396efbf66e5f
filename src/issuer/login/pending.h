/* pending.h - an authorization request while its person logs in and decides. */
#pragma once
#include "issuer/clients/client.h"

struct mp_pending {
	char *client_id;
	char *redirect_uri, *code_challenge;    /* NULL: the answer goes to a device, */
	char *device, *user_code;       /* which shows this code, and has that device code (hash) */
	char *state, *resource;         /* or NULL */
	char *thumbprint;               /* of the key that the code is for, or NULL */
	char *pushed;                   /* what the pushed request is kept by (par.h), or NULL */
	char *scope;                    /* asked for, or the default; NULL: none */
	char *browser;                  /* hash of the cookie of the browser that asked */
	char *username;                 /* who has logged in, or NULL */
	char *shown;                    /* digest of the consent page that was shown, or NULL */
	bool direct;                    /* the person sent the browser here: mp_request_is_direct() */
	char *upstream;                 /* where the person signs in now, or NULL */
	char *session;                  /* of a sign-in there, or NULL (upstream/session.h) */
	bool again;                     /* no sign-in of before counts there */
	bool asks;                      /* the question is asked, whatever was allowed before */
	char *login_hint;               /* whom the client expects, or NULL */
	int64_t attempts;               /* passwords tried */
	int64_t expires_at;
	/* Of the first request only, not written down (prompt.c): */
	struct {
		bool none;              /* no page is to be shown */
		bool login;             /* no session counts */
		bool has_max_age;
		int64_t max_age;        /* seconds since the login of the session */
	} wish;
};
void mp_pending_free(struct mp_pending *pending);

/* Remembers it under the ticket, which is the secret in the page's form: no other page posts
 * that form who has not read the page.  For a new one *ticket is absent and is made. */
enum mcpass_rc mp_pending_save(const struct mp_turn *turn, const struct mp_pending *pending,
    struct mp_secret *ticket, struct mcpass_error *err);
/* The same of another kind, under a secret that is there; what is there, and what is there no
 * more afterwards. */
enum mcpass_rc mp_pending_keep(const struct mp_turn *turn, const char *kind,
    const struct mp_pending *pending, const struct mp_secret *secret, struct mcpass_error *err);
enum mcpass_rc mp_pending_peek(const struct mp_turn *turn, const char *kind,
    const struct mp_secret *secret, struct mp_pending *ret_pending, bool *ret_found,
    struct mcpass_error *err);
enum mcpass_rc mp_pending_pick(const struct mp_turn *turn, const char *kind,
    const struct mp_secret *secret, struct mp_pending *ret_pending, bool *ret_found,
    struct mcpass_error *err);
/* What a posted form is about, taken out of the store: it is answered once.  Refuses a
 * form of another site, another browser, a ticket that is none or is used up.  Release
 * all three, whatever is returned: mp_client_free(), mp_pending_free(), mp_secret_free(). */
enum mcpass_rc mp_pending_open(const struct mp_turn *turn, const struct mp_form *form,
    struct mp_client *ret_client, struct mp_pending *ret_parked, struct mp_secret *ret_ticket,
    struct mcpass_error *err);

/* Forgets what is pending under the ticket, which may be absent: it has its answer. */
enum mcpass_rc mp_pending_close(const struct mp_turn *turn, const struct mp_secret *ticket,
    struct mcpass_error *err);

/* Binds it to this browser, whose cookie is made where it has none. */
enum mcpass_rc mp_pending_bind(const struct mp_turn *turn, struct mp_pending *pending,
    struct mcpass_error *err);

/* Refuses another browser than the one whose hash is given: the consent of one is no consent
 * of another.  spec: RFC 9700 4.7 */
enum mcpass_rc mp_pending_check_browser(const struct mp_turn *turn, const char *browser,
    struct mcpass_error *err);

/* --- prompt.c --- */
/* Reads prompt, max_age and login_hint; refuses with invalid_request. */
enum mcpass_rc mp_prompt_read(const struct mp_form *query, struct mp_pending *pending,
    struct mcpass_error *err);
/* Whether a session that began at since (Unix time, seconds) will do. */
bool mp_prompt_takes_session(const struct mp_pending *pending, int64_t since, int64_t now);

/* Refuses what was answered before, in words for the person. */
enum mcpass_rc mp_pending_answered(struct mcpass_error *err);

/* --- browser_session.c --- */
/* Whose session the browser is in: pending->username stays NULL when in none that will do. */
enum mcpass_rc mp_browser_session_find(const struct mp_turn *turn, struct mp_pending *pending,
    struct mcpass_error *err);
/* session: of a sign-in at an identity provider, or NULL. */
enum mcpass_rc mp_browser_session_start(const struct mp_turn *turn, const char *username,
    const char *session, struct mcpass_error *err);
/* Ends the one that the browser is in, if any. */
enum mcpass_rc mp_browser_session_end(const struct mp_turn *turn, struct mcpass_error *err);

/* --- the steps on the way --- */
/* login.c: begins with a request that authorize.c has checked. */
enum mcpass_rc mp_login_begin(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mcpass_error *err);
/* consent.c: goes on when pending->username is known.  ticket may be absent: not pending
 * yet. */
enum mcpass_rc mp_consent_begin(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, struct mp_secret *ticket, struct mcpass_error *err);
/* The same for a person who allowed it before they signed in at an identity provider: it ends, or,
 * where the client has changed since, is asked again. */
enum mcpass_rc mp_consent_finish(const struct mp_turn *turn, const struct mp_client *client,
    struct mp_pending *pending, const char *username, const char *session,
    struct mcpass_error *err);
