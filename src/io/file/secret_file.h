/* secret_file.h - a secret that is kept in a file: never in argv, where everybody on the
 * machine can read it. */
#pragma once
#include "base/secret.h"

/* The first line of the file ("-": standard input).
 * MCPASS_E_POLICY  it is ours and others may read it: as ssh does, it is not used (a file of
 *                  another user's, as containers mount them, is that user's business)
 * MCPASS_E_IO      it cannot be read
 * MCPASS_E_USAGE   its first line is empty */
enum mcpass_rc mp_secret_file_line(const char *path, struct mp_secret *ret_secret,
    struct mcpass_error *err);
/* The same for the whole file, as bytes; one line end at its end does not count. */
enum mcpass_rc mp_secret_file_bytes(const char *path, size_t max, struct mp_secret *ret_secret,
    struct mcpass_error *err);
/* The whole file as a text, line ends and all; the caller's (mp_free_wiped). */
enum mcpass_rc mp_secret_file_text(const char *path, size_t max, char **ret_text,
    struct mcpass_error *err);
/* Only the first half: who may read it. */
enum mcpass_rc mp_secret_file_check(const char *path, struct mcpass_error *err);

/* Creates the file, 0600 from its first moment, with text and a line end.
 * MCPASS_E_USAGE: it is there already. */
enum mcpass_rc mp_secret_file_create(const char *path, const char *text,
    struct mcpass_error *err);
/* Puts one file in the place of another, in one step that outlives a power failure. */
enum mcpass_rc mp_secret_file_rename(const char *from, const char *to, struct mcpass_error *err);
