/* authserver_texts.h - what the issuer's pages say in a language, as a file for translators. */
#ifndef MP_CLI_CMD_AUTHSERVER_TEXTS_H
#define MP_CLI_CMD_AUTHSERVER_TEXTS_H
#include "base/err.h"

/* tag: "de"; folder: of more languages, or NULL.  A language that is not there yet begins with
 * the English texts. */
enum mcpass_rc mp_authserver_texts(const char *tag, const char *folder, struct mcpass_error *err);

#endif
