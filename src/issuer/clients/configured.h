/* configured.h - whom the operator knows: clients, and issuers whose JWTs are a grant. */
#pragma once
#include "issuer/clients/client.h"

struct mp_trusted {                     /* as struct mp_issuer_trusted */
	char *issuer, *jwks_uri, *audience;
	struct mp_jwks keys;            /* of jwks; empty with a jwks_uri */
	struct mp_strings scopes;
	enum mp_trust what;
	bool reusable;
};

enum mcpass_rc mp_configured_setup(const struct mp_issuer_config *config,
    struct mp_issuer *issuer, struct mcpass_error *err);
void mp_configured_free(struct mp_issuer *issuer);

/* NULL: it is not known. */
const struct mp_client *mp_configured_find(const struct mp_issuer *issuer, const char *client_id);
/* A copy of the client, released like any other; *ret_found says whether it is known. */
enum mcpass_rc mp_configured_load(const struct mp_issuer *issuer, const char *client_id,
    struct mp_client *ret_client, bool *ret_found, struct mcpass_error *err);
/* True when some known client may use the grant. */
bool mp_configured_grants(const struct mp_issuer *issuer, const char *grant_type);

/* True when a client may prove itself with a key: a known one does, or any by its document. */
bool mp_configured_has_keys(const struct mp_issuer *issuer);

/* The issuer of that name that is trusted so, or NULL. */
const struct mp_trusted *mp_configured_trusted(const struct mp_issuer *issuer, const char *name,
    enum mp_trust what);
/* Its keys where they have to be fetched, with the one that the header names if it has
 * it; *ret_keys is the caller's (mp_jwks_free).  MCPASS_E_IO when they cannot be had or
 * used. */
enum mcpass_rc mp_configured_fetch_keys(const struct mp_turn *turn, const struct mp_trusted *trusted,
    const struct mp_jws *jws, struct mp_jwks *ret_keys, struct mcpass_error *err);
/* True when an issuer is trusted so. */
bool mp_configured_trusts(const struct mp_issuer *issuer, enum mp_trust what);
