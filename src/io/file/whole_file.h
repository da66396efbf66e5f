/* whole_file.h - a file that is there as a whole, or as it was before. */
#pragma once
#include "base/text.h"

struct mp_whole_file;
/* A new file beside path, which takes its place at the end, with its mode and through its symbolic
 * link.  What is no file (a pipe, a device), or is writable in a folder that is not, is written as
 * bytes come.
 * MCPASS_E_IO  it cannot be written */
enum mcpass_rc mp_whole_file_new(const char *path, struct mp_whole_file **ret_file,
    struct mcpass_error *err);
enum mcpass_rc mp_whole_file_add(struct mp_whole_file *file, const char *bytes, size_t len,
    struct mcpass_error *err);
/* The bytes so far, and the last of them; 0: there is none. */
uint64_t mp_whole_file_size(const struct mp_whole_file *file);
char mp_whole_file_last(const struct mp_whole_file *file);
/* All of it is there. */
enum mcpass_rc mp_whole_file_end(struct mp_whole_file *file, struct mcpass_error *err);
/* Without an end nothing is left of it.  NULL is fine. */
void mp_whole_file_free(struct mp_whole_file *file);
