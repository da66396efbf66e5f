/* opener.h - the command that opens a page, as BROWSER says it.  No I/O here. */
#pragma once
#include "base/text.h"

#define MP_OPENER_WORDS 32
struct mp_opener {
	char *words[MP_OPENER_WORDS + 1];       /* owned; behind the last one is NULL */
	size_t count;
};
/* Reads one command of BROWSER: words with blanks between them, which quotes hold together;
 * %s is the URL, %c a colon, %% a percent sign.  Without %s the URL is the last word.  An
 * '&' at the end says what happens anyway: nothing waits for the browser.
 * Release with mp_opener_free().
 * MCPASS_E_IO  a shell, or another program that reads its arguments as commands; nothing at
 *              all; a quote that does not end; too many words */
enum mcpass_rc mp_opener_read(struct mp_span command, const char *url,
    struct mp_opener *ret_opener, struct mcpass_error *err);
/* program with the URL as its only argument. */
enum mcpass_rc mp_opener_plain(const char *program, const char *url,
    struct mp_opener *ret_opener, struct mcpass_error *err);
void mp_opener_free(struct mp_opener *opener);

/* True for sh, cmd.exe, PowerShell, ssh and their like, by path or by name: a URL that they
 * are given is a command. */
bool mp_opener_is_shell(const char *program);
