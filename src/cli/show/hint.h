/* hint.h - a hint that names a command says it with what this run was given. */
#pragma once
#include "cli/command.h"

/* "mcpass login URL" and "mcpass logout URL" in err's hint become a command for the same
 * credential: with --config, --profile and --store as in options, which command's tables have
 * filled, and with server (NULL: as it stands) as the person wrote it. */
void mp_hint_complete(const struct mp_command *command, const void *options, const char *server,
    struct mcpass_error *err);
