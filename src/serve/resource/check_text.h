/* check_text.h - what a server would do, for people. */
#pragma once
#include "ui/term.h"
#include "wire/json/json.h"

/* Prints, as a text, the account of `serve --check --json`. */
enum mcpass_rc mp_check_text_print(const json_t *account, struct mcpass_error *err);
