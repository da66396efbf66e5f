/* mcpass/login.h - a token by one call that waits, for programs that send their requests by
 * themselves.  mcpass/link.h sends them, too, and has the options of the mcpass program.
 *
 * Threads may call these at once: one of them logs in, the others use its token. */
#ifndef MCPASS_LOGIN_H
#define MCPASS_LOGIN_H
#include "mcpass/client.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Blocks until there is a token for cfg->server_url: from the store, refreshed, or after
 * a login in the system's browser.  Uses libcurl, a loopback listener and the file store
 * of the mcpass program.  cfg->random may be NULL: OpenSSL's.
 * *ret_token is NULL when the server wants none; release it with mcpass_token_free().
 * Errors as of mcpass_client_step(), MCPASS_E_STORE besides. */
MCPASS_API enum mcpass_rc mcpass_login(const struct mcpass_client_config *cfg,
    struct mcpass_token **ret_token, struct mcpass_error *err);

/* Shows a person action->user_code and action->url (or action->url_complete, which has both
 * in it), good until action->expires_at, and returns at once; all borrowed for the call. */
typedef void mcpass_show_code_fn(void *ctx, const struct mcpass_action *action);
/* The same for programs where no browser can be opened: the person signs in on another
 * device, by a code (RFC 8628), where the authorization server offers that.  With cfg->grant
 * MCPASS_GRANT_DEVICE it fails where it does not (MCPASS_E_DENIED); otherwise the browser is
 * tried after all.
 * MCPASS_E_EXPIRED  the code was not entered in time */
MCPASS_API enum mcpass_rc mcpass_login_by_code(const struct mcpass_client_config *cfg,
    mcpass_show_code_fn *show, void *ctx, struct mcpass_token **ret_token,
    struct mcpass_error *err);
MCPASS_API void mcpass_token_free(struct mcpass_token *token);   /* wipes; NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
