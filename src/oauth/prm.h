/* prm.h - OAuth 2.0 Protected Resource Metadata.  spec: RFC 9728 */
#pragma once
#include "wire/challenge.h"
#include "wire/json/json.h"

struct mp_prm {
	char *resource;                 /* bytes: sent back exactly so */
	char *resource_name;            /* or NULL */
	char *resource_documentation;   /* or NULL */
	struct mp_strings authorization_servers;
	struct mp_strings scopes_supported;
	struct mp_strings bearer_methods_supported;
	struct mp_strings dpop_signing_alg_values_supported;
	bool dpop_bound_access_tokens_required;
	struct mp_strings odd;          /* what was left out, a sentence each; not written */
};

/* Where to look, in order: what the challenge names (resource_metadata; NULL: nothing),
 * the well-known URL with the server's path inserted, then the one at the root; no URL
 * twice.  spec: RFC 9728 3.1, 5.1; MCP 2025-11-25 and later, "Protected Resource
 * Metadata Discovery Requirements".  ret_urls: the caller's (mp_strings_free). */
enum mcpass_rc mp_prm_places(const char *from_challenge, const char *server_url,
    struct mp_strings *ret_urls, struct mcpass_error *err);

/* Reads the document: for whom it is, who authorizes, and whether tokens are bound decides.
 * MCPASS_E_PROTOCOL: not JSON, no resource.  Release: mp_prm_free(). */
enum mcpass_rc mp_prm_parse(const char *data, size_t len, struct mp_prm *ret_prm,
    struct mcpass_error *err);

/* MCPASS_E_POLICY unless prm->resource is the server's URL or a parent of it.  The
 * comparison forgives one thing: a terminating '/' (RFC 9728 3.3; MCP canonical URIs). */
enum mcpass_rc mp_prm_check_resource(const struct mp_prm *prm, const char *server_url,
    struct mcpass_error *err);
void mp_prm_free(struct mp_prm *prm);

/* The server's side: the document as JSON text, the caller's (free). */
enum mcpass_rc mp_prm_write(const struct mp_prm *prm, char **ret_text,
    struct mcpass_error *err);
