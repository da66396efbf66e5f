/* sid.h - where the sign-ins of one session at an identity provider are found. */
#pragma once
#include "issuer/core.h"

/* Notes that the sign-in of an id began in the session sid (NULL: it is not known) at upstream. */
enum mcpass_rc mp_sid_note(const struct mp_turn *turn, const char *id, const char *upstream,
    const char *sid, struct mcpass_error *err);
enum mcpass_rc mp_sid_forget(const struct mp_turn *turn, const char *id, struct mcpass_error *err);
/* Adds the ids of those that were noted.  *ret_all is false, and nothing added, while there may be
 * sign-ins that were not. */
enum mcpass_rc mp_sid_find(const struct mp_turn *turn, const char *upstream, const char *sid,
    struct mp_strings *ret_ids, bool *ret_all, struct mcpass_error *err);
