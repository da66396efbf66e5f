/* pg_url.h - what the URL of a PostgreSQL database says, before libpq reads it. */
#pragma once
#include "base/text.h"

/* "postgresql://..." or "postgres://...": a store in PostgreSQL; anything else is a file. */
bool mp_pg_url_is(const char *place);
/* True when a password stands in it, or may. */
bool mp_pg_url_has_password(const char *url);
/* For messages: without a password, and without what follows a '?'; another place as it is.  The
 * caller's (free). */
enum mcpass_rc mp_pg_url_show(const char *place, char **ret_text, struct mcpass_error *err);
/* For what is given as an argument, which every user of the machine can read; NULL is fine.
 * MCPASS_E_POLICY: a password is in it; the hint says where it may be. */
enum mcpass_rc mp_pg_url_check_argument(const char *place, struct mcpass_error *err);
/* MCPASS_E_USAGE: it is meant as a database, in a form that we do not know: "mysql://...",
 * "host=...".  No file is made of that name; none of it is told, for a password may be in it. */
enum mcpass_rc mp_pg_url_check_place(const char *place, struct mcpass_error *err);
