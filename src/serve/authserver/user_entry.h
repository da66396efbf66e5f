/* user_entry.h - entries of a file of users or clients, and users that are made up. */
#pragma once
#include "base/secret.h"
#include "wire/json/json.h"

/* {"username": ..., "password_hash": ...}: an entry of a users file; the caller's
 * (json_decref).  Takes a moment: that is what protects a stolen file. */
enum mcpass_rc mp_user_entry_make(const char *username, const struct mp_secret *password,
    json_t **ret_entry, struct mcpass_error *err);

/* {"client_id": ..., "client_secret_hash": ...}: the same for a file of clients. */
enum mcpass_rc mp_user_entry_make_client(const char *client_id, const struct mp_secret *secret,
    json_t **ret_entry, struct mcpass_error *err);

/* A new random password that a person can type: "k7mq-xw3d-9hfe". */
enum mcpass_rc mp_user_entry_new_password(struct mp_secret *ret_password,
    struct mcpass_error *err);

#define MP_INVENTED 2
struct mp_invented_users {                      /* alice and bob, each with a new password */
	const char *names[MP_INVENTED];
	struct mp_secret passwords[MP_INVENTED];
	char *json;                     /* a users file */
};
/* Release with mp_user_entry_free(). */
enum mcpass_rc mp_user_entry_invent(struct mp_invented_users *ret_people, struct mcpass_error *err);
void mp_user_entry_free(struct mp_invented_users *people);      /* and makes it empty */

/* Asks for a password: on a terminal twice and without echo, else the first line of
 * standard input.  MCPASS_E_USAGE  empty, too long, or the two differ */
enum mcpass_rc mp_user_entry_ask_password(struct mp_secret *ret_password,
    struct mcpass_error *err);
