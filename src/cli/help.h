/* help.h - what --help says, made from the tables. */
#pragma once
#include "cli/command.h"

/* The commands, one line each. */
void mp_help_overview(struct mp_buf *buf, const struct mp_term *term);
/* One command: usage, what it does, its options, examples. */
void mp_help_command(struct mp_buf *buf, const struct mp_term *term,
    const struct mp_command *command);
/* To standard output; command NULL: the overview. */
enum mcpass_rc mp_help_print(const struct mp_command *command, struct mcpass_error *err);
