/* upstream_files.h - the identity providers that people sign in at, as an operator names them. */
#pragma once
#include "issuer/upstream/idp.h"

struct mp_upstreams {
	struct mp_idp *items;
	size_t count;
};
/* Reads a list of entries, and the files with secrets and keys that they name, beside it.
 * MCPASS_E_USAGE   what is wrong, in which entry
 * MCPASS_E_POLICY  others may read a secret */
enum mcpass_rc mp_upstreams_read(const char *path, struct mp_upstreams *ret_upstreams,
    struct mcpass_error *err);

/* One provider without a file. */
#define MP_UPSTREAM_NAME "idp"          /* what it is called then */
struct mp_upstream_flags { const char *issuer, *client_id, *secret_file, *key_file; };
enum mcpass_rc mp_upstreams_from_flags(const struct mp_upstream_flags *flags,
    struct mp_upstreams *ret_upstreams, struct mcpass_error *err);
void mp_upstreams_free(struct mp_upstreams *upstreams);
