/* notes.h - facts beside a store, a file each: how a server speaks, which tools it has.
 *
 * None is a credential, and what is lost is learned again.  So no note waits for the disk, and
 * none is in the database, whose other contents would have to wait with it. */
#pragma once
#include "base/err.h"

/* Puts the note of that name beside the store at that path, in place of an older one; the oldest
 * ones beyond MP_MAX_NOTES go. */
enum mcpass_rc mp_notes_write(const char *store, const char *name, const char *text,
    struct mcpass_error *err);
void mp_notes_remove(const char *store, const char *name);
/* *ret_text is the caller's (mp_free_wiped); NULL: there is none, or what is left of it after a
 * power failure is not what was written. */
enum mcpass_rc mp_notes_read(const char *store, const char *name, char **ret_text,
    struct mcpass_error *err);
