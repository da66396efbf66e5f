/* shell_word.h - a word of a command line that a person may copy. */
#pragma once
#include "base/buf.h"

/* Adds it as a shell reads it back: in quotes where it has to be. */
void mp_shell_word_add(struct mp_buf *buf, const char *word);
