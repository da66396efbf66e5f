/* auto_login.h - signs in at our own authorization server as a person would, for the demo
 * without a person.  It reads those pages and no others. */
#pragma once
#include "wire/http/http.h"

/* Loads url, fills in and sends the forms it meets (sign in, allow), and ends with the GET
 * of the redirect URI, which our listener answers.
 * MCPASS_E_PROTOCOL  a page is not one of ours, or there are too many of them */
enum mcpass_rc mp_auto_login_walk(const char *url, const char *username, const char *password,
    struct mcpass_error *err);

/* --- for its tests --- */
struct mp_page_form {
	char *action;
	struct mp_headers fields;       /* name and value as the page has them */
};
/* The one form of a page: its inputs, and the button that allows.
 * Release with mp_auto_login_free_form(). */
enum mcpass_rc mp_auto_login_read_form(const char *html, struct mp_page_form *ret_form,
    struct mcpass_error *err);
void mp_auto_login_free_form(struct mp_page_form *form);
/* Takes what Set-Cookie headers say into a jar of names and values. */
enum mcpass_rc mp_auto_login_take_cookies(const struct mp_headers *headers,
    struct mp_headers *jar, struct mcpass_error *err);
