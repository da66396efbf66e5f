/* clientauth.h - how a client proves itself at the token endpoint.
 * spec: RFC 6749 2.3.1; RFC 7523 2.2, 3; OpenID Connect Core 9 */
#pragma once
#include "wire/form.h"
#include "wire/http/http.h"
#include "wire/jose/jws.h"

/* spec: RFC 7523 2.2 */
#define MP_CLIENT_ASSERTION_JWT "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

enum mp_auth_method {
	MP_AUTH_UNSET = 0, MP_AUTH_NONE, MP_AUTH_BASIC, MP_AUTH_POST, MP_AUTH_PRIVATE_KEY_JWT
};
enum mp_auth_method mp_auth_method_from_name(const char *name);  /* UNSET when unknown */
const char *mp_auth_method_name(enum mp_auth_method method);

struct mp_client_id {                   /* a client's identity at one issuer */
	char *client_id;
	struct mp_secret client_secret;
	enum mp_auth_method method;     /* what the registration response said */
	const struct mp_key *key;       /* for private_key_jwt; borrowed */
};
void mp_client_id_free(struct mp_client_id *client);

/* The first method with a secret that the server lists, or UNSET.  Its order counts: the
 * Python SDK lists post before basic, and then takes no basic without a client_id in the form. */
enum mp_auth_method mp_auth_method_listed(const struct mp_strings *supported);
/* Which method to use where the registration did not say: private_key_jwt with a key, the
 * first of basic and post that supported lists (basic when the list is absent, RFC 8414 2) with a
 * secret, none without one. */
enum mp_auth_method mp_auth_method_choose(const struct mp_client_id *client,
    const struct mp_strings *supported);

/* Adds the client's proof to a token request: an Authorization header (Basic: both
 * halves form-encoded first, RFC 6749 2.3.1), or members of the form.
 * issuer is the assertion's aud; now in seconds; random for its jti. */
struct mp_auth_inputs {
	const char *issuer;
	int64_t now;
	mcpass_random_fn *random;
	void *random_ctx;
};
enum mcpass_rc mp_clientauth_apply(const struct mp_client_id *client,
    const struct mp_auth_inputs *inputs, struct mp_headers *headers, struct mp_buf *form,
    struct mcpass_error *err);

/* The server's side: who claims to be calling, and with what; nothing is believed yet.
 * MCPASS_E_DENIED with oauth "invalid_client" without a usable proof or name,
 * "invalid_request" for more than one method or a parameter given twice (RFC 6749 2.3,
 * 5.2).  header is the Authorization header's value or NULL.  Release with
 * mp_client_id_free(); an assertion (form member client_assertion) gives its sub as
 * client_id, its signature and claims are left to the caller. */
enum mcpass_rc mp_clientauth_read(const char *header, const struct mp_form *form,
    struct mp_client_id *ret_client, struct mcpass_error *err);
