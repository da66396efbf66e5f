/* private_dir.h - files that only their owner may touch. */
#pragma once
#include "base/text.h"

/* Opens the folder of a file.  create: makes it and what leads to it, 0700; otherwise
 * *ret_fd is -1 when it is not there.  *ret_name is the file's name in it, borrowed from
 * path.
 * MCPASS_E_POLICY  it is another person's, or others may put files there
 * MCPASS_E_STORE   it cannot be opened or made */
enum mcpass_rc mp_private_dir_open(const char *path, bool create, int *ret_fd,
    const char **ret_name, struct mcpass_error *err);

/* Looks at a file without opening it.  *ret_there: it exists.
 * MCPASS_E_POLICY  it is a symbolic link, another person's, or others may read it (the
 *                  hint has the chmod to run) */
enum mcpass_rc mp_private_file_check(int dir_fd, const char *name, const char *path,
    bool *ret_there, struct mcpass_error *err);

/* Creates an empty file, 0600 from its first moment; one that is there is left alone. */
enum mcpass_rc mp_private_file_create(int dir_fd, const char *name, const char *path,
    struct mcpass_error *err);
