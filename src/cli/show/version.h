/* version.h - what this program is, and what it was built from. */
#ifndef MP_CLI_SHOW_VERSION_H
#define MP_CLI_SHOW_VERSION_H
#include <stdbool.h>
#include "base/err.h"

/* The version, and the libraries at work, as text or as one JSON object. */
enum mcpass_rc mp_version_print(bool as_json, struct mcpass_error *err);

#endif
