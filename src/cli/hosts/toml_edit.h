/* toml_edit.h - one table in a TOML file that people keep: put in at the end, or taken out, and
 * every other byte stays. */
#pragma once
#include "base/buf.h"

/* Adds text with the table [CONTAINER.NAME] that has these lines, in place of one of that name. */
void mp_toml_edit_put(struct mp_span text, const char *container, const char *name,
    const char *lines, struct mp_buf *buf);
/* Adds text without it, and without the tables in it; *ret_found: it had it. */
void mp_toml_edit_remove(struct mp_span text, const char *container, const char *name,
    struct mp_buf *buf, bool *ret_found);
