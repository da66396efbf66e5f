/* mcp_remote.h - what mcp-remote keeps of a login: files whose names begin with a hash of how it
 * was started. */
#pragma once
#include "base/buf.h"
#include "base/secret.h"
#include "wire/http/http.h"

struct mp_mcp_remote {
	char *folder;                   /* where they were */
	char *client_id, *auth_method, *redirect_uri, *client_scope;
	struct mp_secret client_secret, access_token, refresh_token;
	char *token_type, *scope;
	char *issuer;                   /* NULL: older versions note none */
	int64_t expires_at;             /* Unix time; 0: not noted */
};
/* The newest login for this URL, started with these headers (NAME: VALUE as they were written) and
 * this resource (NULL: none).  Release with mp_mcp_remote_free().
 * MCPASS_E_USAGE  there is none
 * MCPASS_E_IO     its files cannot be read */
enum mcpass_rc mp_mcp_remote_find(const char *url, const char *resource,
    const char *const *headers, size_t header_count, struct mp_mcp_remote *ret_login,
    struct mcpass_error *err);
void mp_mcp_remote_free(struct mp_mcp_remote *login);
