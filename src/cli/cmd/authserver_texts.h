/* authserver_texts.h - what the issuer's pages say in a language, as a file for translators. */
#pragma once
#include "base/err.h"

/* tag: "de"; folder: of more languages, or NULL.  A language that is not there yet begins with
 * the English texts. */
enum mcpass_rc mp_authserver_texts(const char *tag, const char *folder, struct mcpass_error *err);
