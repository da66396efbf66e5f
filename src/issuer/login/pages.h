/* pages.h - what a person sees. */
#pragma once
#include "issuer/login/pending.h"
#include "issuer/login/texts.h"

struct mp_view {
	const struct mp_client *client;
	const struct mp_pending *pending;
	const struct mp_secret *ticket;
	const char *problem;            /* shown above the form, or NULL */
	const char *typed;              /* the user name that was typed, or NULL */
	const struct mp_user *user;             /* consent only; NULL: who signs in upstream afterwards */
	const struct mp_strings *scopes;        /* consent only: what Allow gives */
};
enum mcpass_rc mp_pages_login(const struct mp_turn *turn, const struct mp_view *view,
    struct mcpass_error *err);
enum mcpass_rc mp_pages_consent(const struct mp_turn *turn, const struct mp_view *view,
    struct mcpass_error *err);
/* Sends the browser to url, where label is: as a page, since form-action would stop a redirect
 * that answers a form. */
enum mcpass_rc mp_pages_go(const struct mp_turn *turn, const char *label, const char *url,
    struct mcpass_error *err);
/* A mistake in the client's request, view->problem, and a link to location, by which the
 * person tells the client. */
enum mcpass_rc mp_pages_mistake(const struct mp_turn *turn, const struct mp_view *view,
    const char *location, struct mcpass_error *err);
/* login_page.c: parks it and shows the form to sign in; the same again when there is no room
 * for an attempt now: it was not looked at, and the person may send the same form later. */
enum mcpass_rc mp_login_page_show(const struct mp_turn *turn, const struct mp_client *client,
    const struct mp_pending *pending, struct mp_secret *ticket, struct mcpass_error *err);
enum mcpass_rc mp_login_page_wait(const struct mp_turn *turn, struct mp_view *view,
    struct mp_pending *pending, struct mcpass_error *err);
/* The form for the code that a device shows; typed and problem may be NULL. */
enum mcpass_rc mp_pages_code(const struct mp_turn *turn, const char *typed,
    const char *problem, struct mcpass_error *err);
/* A page that ends here; the texts as of mp_page_say_english(). */
enum mcpass_rc mp_pages_message(const struct mp_turn *turn, int status, const char *title,
    const char *text, const char *advice, struct mcpass_error *err);
/* The page of an address that is none. */
enum mcpass_rc mp_pages_nothing(const struct mp_turn *turn, struct mcpass_error *err);
/* The same for a refusal in err, in place of whatever was answered; clears err.  One whose
 * code is MP_PAGES_ANSWERED is no failure for the person, and is said so. */
#define MP_PAGES_ANSWERED "answered"
enum mcpass_rc mp_pages_refusal(const struct mp_turn *turn, int status,
    struct mcpass_error *err);
