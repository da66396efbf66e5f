/* grants.h - the grants that ask no person: forms for the token endpoint.
 * spec: RFC 6749 4.4; RFC 7523 2.1; RFC 8693 2.1; MCP extensions SEP-1046, SEP-990,
 *       SEP-1933 */
#pragma once
#include "oauth/token_exchange.h"

#define MP_GRANT_JWT_BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"

/* Machine to machine: our own credentials are the grant (SEP-1046). */
void mp_grant_client_credentials_form(struct mp_buf *form, const char *scope,
    const char *resource);
/* A JWT of an issuer that the authorization server trusts: a platform's workload token
 * (SEP-1933) or an ID-JAG (SEP-990). */
void mp_grant_jwt_bearer_form(struct mp_buf *form, const struct mp_secret *assertion,
    const char *scope, const char *resource);
/* At the enterprise's identity provider: the id token for an ID-JAG that is meant for
 * the authorization server audience (SEP-990). */
void mp_grant_id_jag_form(struct mp_buf *form, const struct mp_secret *id_token,
    const char *audience, const char *scope, const char *resource);

/* Judges the answer to that exchange; ret_id_jag: the caller's (mp_secret_free).
 * Errors as of mp_token_answer(); MCPASS_E_PROTOCOL for another issued_token_type. */
enum mcpass_rc mp_grant_id_jag_answer(int status, const char *data, size_t len,
    struct mp_secret *ret_id_jag, struct mcpass_error *err);
