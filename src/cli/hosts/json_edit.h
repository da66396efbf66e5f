/* json_edit.h - one member in a settings file that people keep: put in, or taken out, and every
 * other byte stays.  The file may have comments and commas behind the last member (JSONC). */
#pragma once
#include "base/buf.h"

/* Adds text with that member set to json, whose lines after the first begin without indentation
 * of the file's; text may be empty. */
enum mcpass_rc mp_json_edit_put(struct mp_span text, const char *container, const char *name,
    const char *json, struct mp_buf *buf, struct mcpass_error *err);
/* Adds text without that member; *ret_found: it had it. */
enum mcpass_rc mp_json_edit_remove(struct mp_span text, const char *container, const char *name,
    struct mp_buf *buf, bool *ret_found, struct mcpass_error *err);
