/* authz.h - the authorization request and what comes back with the redirect.
 * spec: RFC 6749 4.1.1, 4.1.2; RFC 7636 4.3; RFC 8707 2; RFC 9207 2;
 * OpenID Connect Core 11 (with offline_access goes prompt=consent, unless extra has a prompt) */
#pragma once
#include "base/secret.h"
#include "wire/form.h"

struct mp_authz_request {               /* all borrowed; NULL members are left out */
	const char *client_id, *redirect_uri, *scope, *state, *code_challenge;
	const char *resource;           /* exactly as the metadata says, RFC 8707 2 */
	const struct mcpass_header *extra; /* provider quirks: access_type=offline ... */
	size_t extra_count;
};
/* The URL to open: endpoint, with its own query kept (RFC 6749 3.1), and the parameters;
 * the caller's (free). */
enum mcpass_rc mp_authz_url(const char *endpoint, const struct mp_authz_request *request,
    char **ret_url, struct mcpass_error *err);
/* Begins such a URL: the endpoint, ready for mp_form_add(). */
enum mcpass_rc mp_authz_open(const char *endpoint, struct mp_buf *url, struct mcpass_error *err);
/* Whether the login itself writes that parameter: with another one of its name the request would
 * have it twice (RFC 6749 3.1). */
bool mp_authz_is_own(const char *name);
/* The same parameters as a form, for PAR. */
void mp_authz_form(struct mp_buf *form, const struct mp_authz_request *request);

struct mp_authz_expect {                /* what was recorded before the browser opened */
	const char *state, *issuer;
	bool iss_promised;     /* authorization_response_iss_parameter_supported */
};
/* *ret_ours: whether the query has one state, and it is the one that was sent.  Fails only
 * when out of memory. */
enum mcpass_rc mp_authz_is_ours(const char *query, size_t len, const char *state,
    bool *ret_ours, struct mcpass_error *err);

/* Judges the redirect's query: state first, then iss (for errors too: on a mismatch
 * nothing the sender wrote is shown), then error, then code.
 * MCPASS_E_POLICY   state absent or not ours; iss of another issuer, or promised and absent
 * MCPASS_E_DENIED   the user or the server said no: err->oauth and the description
 * MCPASS_E_PROTOCOL neither code nor error, or a parameter twice
 * ret_code: the caller's (mp_secret_free). */
enum mcpass_rc mp_authz_answer(const char *query, size_t len,
    const struct mp_authz_expect *expect, struct mp_secret *ret_code,
    struct mcpass_error *err);

/* The query of a redirect that a person copied: a whole URL, or the query alone.  *ret_query is
 * the caller's (mp_free_wiped), NULL when it is neither. */
enum mcpass_rc mp_authz_read_pasted(const char *line, char **ret_query,
    struct mcpass_error *err);

/* RFC 9207 2.4 alone; sent is NULL when absent. */
enum mcpass_rc mp_authz_check_iss(const char *sent, const char *recorded, bool promised,
    struct mcpass_error *err);
