/* settings.h - a host's own file: read, changed as a whole, with the one before beside it. */
#pragma once
#include "base/buf.h"
#include "cli/hosts/table.h"

/* How a file would be called if it stood where the host looks; the caller's (free).
 * MCPASS_E_USAGE: the host has no file in a project */
enum mcpass_rc mp_settings_path(const struct mp_host_file *host, bool in_project, char **ret_path,
    struct mcpass_error *err);
/* "" when it is not there.  The caller's (mp_free_wiped). */
enum mcpass_rc mp_settings_read(const char *path, char **ret_text, struct mcpass_error *err);
/* Replaces it in one rename; its mode stays, and what it was is kept in PATH.mcpass-backup. */
enum mcpass_rc mp_settings_write(const char *path, const struct mp_buf *text,
    struct mcpass_error *err);
/* The lines that differ, with '-' and '+' before them. */
void mp_settings_compare(struct mp_buf *buf, const char *before, const char *after);
