/* sized.h - configurations of programs that were compiled against an older header. */
#pragma once
#include "mcpass/error.h"

/* Copies a configuration whose first member is its own size, as the calling program knows it.
 * A program compiled against an older header gives fewer bytes: the members that it does not
 * know are zero.  One compiled against a newer header gives more: they must be zero.
 *
 * cfg       borrowed; starts with a size_t
 * ret_copy  size bytes, all filled on MCPASS_OK; its first member is size
 *
 * MCPASS_E_USAGE  cfg is NULL, its size cannot be one, or it asks for something that only a
 *                 newer library has */
enum mcpass_rc mp_sized_read(const void *cfg, void *ret_copy, size_t size,
    struct mcpass_error *err);
