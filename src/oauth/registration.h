/* registration.h - dynamic client registration.
 * spec: RFC 7591; MCP 2026-07-28 client registration (application_type); RFC 7592 */
#pragma once
#include "oauth/clientauth.h"

struct mp_registration {                /* request and response alike */
	char *client_id;                /* response only */
	struct mp_secret client_secret; /* response only */
	int64_t client_secret_expires_at; /* Unix time, 0: never */
	char *client_name, *client_uri, *scope, *application_type;
	char *token_endpoint_auth_method;
	struct mp_strings redirect_uris, grant_types, response_types;
	char *registration_client_uri;  /* response only, RFC 7592 3 */
	struct mp_secret registration_access_token;
	bool dpop_bound_access_tokens;
	char *software_id, *software_version;
	struct mp_strings odd;          /* what was left out of an answer, a sentence each */
};

/* The body of a request, or of the server's response (with a secret comes its expiry);
 * the caller's (mp_free_wiped). */
enum mcpass_rc mp_registration_write(const struct mp_registration *wish, char **ret_body,
    struct mcpass_error *err);
/* Reads what a client sends: a request, at the server's side, or its metadata document.  No
 * rule is checked.  Release: mp_registration_free(). */
enum mcpass_rc mp_registration_parse(const char *data, size_t len,
    struct mp_registration *ret_registration, struct mcpass_error *err);
/* Reads what a server answers, leniently: who we are and how we prove it decides, the rest
 * repeats what we asked for.  No rule is checked.  Release: mp_registration_free(). */
enum mcpass_rc mp_registration_parse_answer(const char *data, size_t len,
    struct mp_registration *ret_registration, struct mcpass_error *err);
/* Judges the answer to a registration.  On 200 or 201: reads it and checks that it has a
 * client_id, that its method is one we can use, and has its secret.  A secret without
 * client_secret_expires_at counts as one that never expires.
 * Anything else is the server's refusal: MCPASS_E_DENIED with the error code and
 * description (whatever the code is called: Keycloak answers 403 insufficient_scope),
 * MCPASS_E_IO for 5xx and 429. */
enum mcpass_rc mp_registration_answer(int status, const char *data, size_t len,
    struct mp_registration *ret_registration, struct mcpass_error *err);
void mp_registration_free(struct mp_registration *registration);

/* "http://127.0.0.1/callback" for "http://127.0.0.1:4711/callback": the form that servers
 * which follow RFC 8252 7.3 match with any port.  *ret_uri: the caller's (free). */
enum mcpass_rc mp_registration_portless(const char *redirect_uri, char **ret_uri,
    struct mcpass_error *err);
