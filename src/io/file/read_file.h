/* read_file.h - a file that a person names: whole, or an error that says its name. */
#pragma once
#include "base/err.h"

/* The whole of a text file ("-": standard input) of at most max bytes, the caller's
 * (mp_free_wiped).  *ret_len may be NULL; then a NUL inside is refused.
 * MCPASS_E_USAGE  it is too long, or no text
 * MCPASS_E_IO     it cannot be read */
enum mcpass_rc mp_read_file(const char *path, size_t max, char **ret_text,
    size_t *ret_len, struct mcpass_error *err);
