/* ending.h - how an authorization request ends: with a code, with an error, once.
 * spec: RFC 6749 4.1.2; RFC 9207 2 */
#pragma once
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

/* Remembers that the person was sent to pending->upstream, for the second click. */
enum mcpass_rc mp_ending_keep(const struct mp_turn *turn, const struct mp_ending *ending,
    struct mcpass_error *err);

/* Answers the form of a page of ours, by the ticket that is in it; refuses in words for the
 * person.  The second click on a button gets the same answer as the first. */
typedef enum mcpass_rc mp_form_fn(const struct mp_turn *turn, const struct mp_form *form,
    const struct mp_client *client, struct mp_pending *pending, struct mp_secret *ticket,
    struct mcpass_error *err);
enum mcpass_rc mp_ending_handle_form(const struct mp_turn *turn, mp_form_fn *answer,
    struct mcpass_error *err);

/* --- device_decision.c --- */
/* The ending of an authorization for a device: its next poll learns of it. */
enum mcpass_rc mp_device_finish(const struct mp_turn *turn, const struct mp_pending *pending,
    const char *scope, bool allowed, struct mcpass_error *err);
/* The page that sends the person back to the device. */
enum mcpass_rc mp_device_finished(const struct mp_turn *turn, bool allowed,
    struct mcpass_error *err);
