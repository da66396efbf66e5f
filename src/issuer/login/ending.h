/* ending.h - how an authorization request ends: with a code, with an error, once.
 * spec: RFC 6749 4.1.2; RFC 9207 2 */
#ifndef MP_ISSUER_LOGIN_ENDING_H
#define MP_ISSUER_LOGIN_ENDING_H
#include "issuer/login/pending.h"

/* What is decided about pending, and where: decision is the button ("allow", "deny"), or
 * "login" when the login page was the last one.  ticket may be absent: no page was shown. */
struct mp_ending {
	const struct mp_client *client;
	const struct mp_pending *pending;
	const struct mp_secret *ticket;
	const char *decision;
};

/* Ends it with an error; description is static or borrowed.  It redirects at once where the
 * operator knows the client, or the person has answered a page of ours; otherwise it shows
 * the error, and a link.  spec: RFC 6749 4.1.2.1; RFC 9700 4.11.2 */
enum mcpass_rc mp_ending_refuse(const struct mp_turn *turn, const struct mp_ending *ending,
    const char *error, const char *description, struct mcpass_error *err);
/* Redirects with a code for scope, which pending->username allowed.  spec: 4.1.2 */
enum mcpass_rc mp_ending_grant(const struct mp_turn *turn, const struct mp_ending *ending,
    const char *scope, struct mcpass_error *err);

/* The second click on a button: a form that was answered gets the same answer again, as
 * long as the code has not been used, and the page that says so afterwards.  *ret_done is
 * false for a form that has no answer yet. */
enum mcpass_rc mp_ending_repeat(const struct mp_turn *turn, const struct mp_form *form,
    bool *ret_done, struct mcpass_error *err);

/* --- device_decision.c --- */
/* The ending of an authorization for a device: its next poll learns of it. */
enum mcpass_rc mp_device_finish(const struct mp_turn *turn, const struct mp_pending *pending,
    const char *scope, bool allowed, struct mcpass_error *err);
/* The page that sends the person back to the device. */
enum mcpass_rc mp_device_finished(const struct mp_turn *turn, bool allowed,
    struct mcpass_error *err);

#endif
