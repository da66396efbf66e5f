/* shell_word.h - a word of a command line that a person may copy. */
#ifndef MP_UI_SHELL_WORD_H
#define MP_UI_SHELL_WORD_H
#include "base/buf.h"

/* Adds it as a shell reads it back: in quotes where it has to be. */
void mp_shell_word_add(struct mp_buf *buf, const char *word);

#endif
