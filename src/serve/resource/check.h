/* check.h - `mcpass serve --check`: what the server would do, in words, and whether
 * those whom it depends on answer. */
#pragma once
#include "serve/resource/plan.h"

/* Asks each issuer for its metadata and keys, and whether it knows us where we will ask it
 * about tokens or exchange them; then prints the account.
 * MCPASS_OK: the server could start, and would serve.  Otherwise the first problem; all of
 * them stand in the account. */
enum mcpass_rc mp_serve_check(const struct mp_serve_plan *plan, bool json,
    struct mcpass_error *err);
