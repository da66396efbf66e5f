/* authserver_upstream.h - what the command line says about identity providers. */
#pragma once
#include "serve/authserver/upstream_files.h"

struct mp_authserver_upstream {
	const char *place;              /* an issuer, or a file */
	struct mp_upstream_flags flags;
	int recheck_ms;
};
/* Reads them; none when none are named.  Release with mp_upstreams_free(). */
enum mcpass_rc mp_authserver_upstream_read(const struct mp_authserver_upstream *options,
    struct mp_upstreams *ret_upstreams, struct mcpass_error *err);
/* Whether the rest of the command line goes with them; each may be NULL. */
enum mcpass_rc mp_authserver_upstream_check(const char *users, const char *data, const char *key,
    struct mcpass_error *err);
/* Says what to register there. */
void mp_authserver_upstream_tell(const struct mp_upstreams *upstreams, const char *url);
