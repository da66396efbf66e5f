/* from.h - the command line of mcp-remote, as ours. */
#pragma once
#include "base/buf.h"

/* The words of a command as a shell or a host's file has it: blanks between them, held together by
 * quotes of both kinds and backslashes.  Release with mp_strings_free(). */
enum mcpass_rc mp_from_split(const char *command, struct mp_strings *ret_words,
    struct mcpass_error *err);
/* Words of a line "npx -y mcp-remote URL ..." or only what follows the program's name.
 * *ret_ours: "bridge", options, URL; *ret_notes: a sentence for each thing that is not carried
 * over.  MCPASS_E_USAGE: there is no URL. */
enum mcpass_rc mp_from_mcp_remote(const struct mp_strings *words, struct mp_strings *ret_ours,
    struct mp_strings *ret_notes, struct mcpass_error *err);
