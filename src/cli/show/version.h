/* version.h - what this program is, and what it was built from. */
#pragma once
#include <stdbool.h>
#include "base/err.h"

/* The version, and the libraries at work, as text or as one JSON object. */
enum mcpass_rc mp_version_print(bool as_json, struct mcpass_error *err);
