/* serve_account.h - what a server would do, for people. */
#ifndef MP_CLI_SERVE_ACCOUNT_H
#define MP_CLI_SERVE_ACCOUNT_H
#include "cli/term.h"
#include "wire/json.h"

/* Renders the account of `serve --check --json`. */
void mp_serve_account_render(struct mp_buf *buf, const struct mp_term *term,
    const json_t *account);
enum mcpass_rc mp_serve_account_print(const json_t *account, struct mcpass_error *err);

#endif
