/* asmeta.h - authorization server metadata.
 * spec: RFC 8414; OpenID Connect Discovery 1.0; MCP 2026-07-28 authorization server
 *       discovery */
#pragma once
#include "wire/json/json.h"

struct mp_asmeta {
	char *issuer;
	char *authorization_endpoint, *token_endpoint, *registration_endpoint;
	char *revocation_endpoint, *introspection_endpoint, *jwks_uri;
	char *pushed_authorization_request_endpoint, *device_authorization_endpoint;
	struct mp_strings scopes_supported, response_types_supported, grant_types_supported;
	struct mp_strings token_endpoint_auth_methods_supported;
	struct mp_strings token_endpoint_auth_signing_alg_values_supported;
	struct mp_strings code_challenge_methods_supported;
	struct mp_strings dpop_signing_alg_values_supported;
	struct mp_strings authorization_grant_profiles_supported;
	struct mp_strings introspection_endpoint_auth_methods_supported;
	bool authorization_response_iss_parameter_supported;
	bool client_id_metadata_document_supported;
	bool require_pushed_authorization_requests;
	struct mp_strings odd;          /* what was left out, a sentence each; not written */
};

/* Where to look, in order.  With a path in the issuer: RFC 8414 inserted, OIDC inserted,
 * OIDC appended, RFC 8414 appended (some servers have only that).  Without: RFC 8414,
 * OIDC.  ret_urls: the caller's (mp_strings_free).  MCPASS_E_PROTOCOL: issuer is no URL,
 * or has a query or fragment (RFC 8414 2). */
enum mcpass_rc mp_asmeta_places(const char *issuer, struct mp_strings *ret_urls,
    struct mcpass_error *err);

/* Reads the document.  The issuer decides, and whether iss is promised; all else advises,
 * for a login needs few of the endpoints and none of the lists.  Release: mp_asmeta_free(). */
enum mcpass_rc mp_asmeta_parse(const char *data, size_t len, struct mp_asmeta *ret_meta,
    struct mcpass_error *err);

/* What must hold before any endpoint in it is used for the authorization code grant:
 *   issuer equals the one asked for, byte for byte; the one tolerance is a terminating
 *   '/', which RFC 8414 3.1 strips when it builds the URL: then *ret_slash is true, and
 *   callers say so (spec: RFC 8414 3.3)                               MCPASS_E_POLICY
 *   the endpoints it needs are there (RFC 8414 2)                      MCPASS_E_PROTOCOL
 *   S256 is among code_challenge_methods_supported, unless allow_no_s256 and the list is
 *   absent (MCP: "MUST refuse to proceed")                             MCPASS_E_POLICY */
enum mcpass_rc mp_asmeta_check_issuer(const struct mp_asmeta *meta, const char *issuer,
    bool *ret_slash, struct mcpass_error *err);
/* Moves into meta what it lacks and more, a document of the same issuer, has. */
void mp_asmeta_complete(struct mp_asmeta *meta, struct mp_asmeta *more);
/* MCPASS_E_PROTOCOL: the member is not there, or why it was left out; spec: RFC 8414 2 */
enum mcpass_rc mp_asmeta_lacks(const struct mp_asmeta *meta, const char *member,
    struct mcpass_error *err);
/* Whether two names are of one issuer, with the same tolerance: their metadata is one. */
bool mp_asmeta_same_issuer(const char *a, const char *b);
enum mcpass_rc mp_asmeta_check_code_flow(const struct mp_asmeta *meta, bool allow_no_s256,
    struct mcpass_error *err);
void mp_asmeta_free(struct mp_asmeta *meta);

/* The server's side, and the record's: every present member into object. */
enum mcpass_rc mp_asmeta_write(const struct mp_asmeta *meta, json_t *object,
    struct mcpass_error *err);
/* The way back from a record that mp_asmeta_write() wrote. */
enum mcpass_rc mp_asmeta_read(const json_t *object, struct mp_asmeta *ret_meta,
    struct mcpass_error *err);
