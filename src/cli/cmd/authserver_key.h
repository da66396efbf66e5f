/* authserver_key.h - `mcpass authserver key FILE`: a key to sign tokens with, for tests that
 * want no server. */
#pragma once
#include "base/err.h"

/* Makes a private JWK in the file, 0600, unless there is one, and prints the key set with its
 * public half: what `serve --jwks-file` takes.
 * MCPASS_E_USAGE  the file holds something else, MCPASS_E_POLICY others may read it */
enum mcpass_rc mp_authserver_key(const char *path, struct mcpass_error *err);
