/* person.h - who a grant is for: a user of the file, or a person who signed in at an identity
 * provider. */
#pragma once
#include "issuer/core.h"

/* *ret_person is a copy without a password, for pages: its username is that of the file, or where
 * the person signed in.  session: of the sign-in at an identity provider, or
 * NULL.  *ret_found is false when the user is not in the file any more, or that has ended.
 * Release with mp_person_free(). */
enum mcpass_rc mp_person_load(const struct mp_turn *turn, const char *username,
    const char *session, struct mp_user *ret_person, bool *ret_found, struct mcpass_error *err);
void mp_person_free(struct mp_user *person);
