/* config.h - what `mcpass serve` is told: by one file of JSON, and by options. */
#pragma once
#include "base/text.h"
#include "serve/resource/rules.h"
#include "wire/json/json.h"

struct mp_serve_introspection {         /* RFC 7662, for tokens that are no JWTs */
	char *endpoint;                 /* NULL: found by discovery */
	char *client_id, *client_secret_file;
	char *auth_method, *token_prefix;       /* as of struct mcpass_introspection */
	bool jwts, audience_optional;   /* jwts: it is asked about them, too */
	int64_t lifetime;               /* seconds; 0: the default */
};
struct mp_serve_issuer {
	char *issuer, *jwks_uri;        /* jwks_uri NULL: found by discovery */
	char *jwks_file;                /* its keys, or NULL; then it is never asked */
	struct mp_serve_introspection introspection;
	/* For its tokens alone, as of struct mcpass_issuer_terms. */
	struct mp_strings audiences, clients, role_claims;
	struct mp_serve_rules rules;
	bool id_token_claims;
};
struct mp_serve_exchange {              /* RFC 8693, for the tool call_on; in nginx for what is behind */
	char *issuer;                   /* one of the issuers; NULL: the only one */
	char *client_id, *client_secret_file;
	char *audience, *resource, *scope;
	char *call_on;                  /* the MCP server that is called with it, or NULL */
};
struct mp_serve_dpop {
	char *mode;                     /* "off", "accepted", "required"; NULL: off */
	char *nonce_secret_file;
};
struct mp_serve_implication { char *scope, *implied; };

struct mp_serve_config {                /* { 0 } is a configuration that says nothing */
	char *bind, *resource, *resource_name, *resource_documentation, *ca_file, *proxy;
	char *path;                     /* of the endpoint, where a proxy strips a prefix; or NULL */
	int64_t port;
	bool gateway;                   /* the host's: another server is behind, so no rule is there but these */
	bool has_port, open, fixtures, challenge_needed, issuer_metadata;
	struct mp_serve_issuer *issuers;
	struct mp_serve_implication *implications;
	size_t issuer_count, implication_count;
	struct mp_strings audiences, scopes_supported, role_claims;
	struct mp_strings cors_origins; /* of pages that may call it */
	struct mp_strings allowed_hosts; /* names that it answers to, besides its own */
	struct mp_serve_rules rules;
	struct mp_serve_dpop dpop;
	struct mp_serve_exchange exchange;
};
void mp_serve_config_free(struct mp_serve_config *config);      /* and makes it empty */

/* Reads the document into a configuration of zeros.  folder is where relative names of
 * files begin, or NULL: where we are.
 * MCPASS_E_USAGE: what is wrong, with the member's path. */
enum mcpass_rc mp_serve_config_parse(const char *text, const char *folder,
    struct mp_serve_config *ret_config, struct mcpass_error *err);
/* The same from a file, whose folder is where relative names begin. */
enum mcpass_rc mp_serve_config_load(const char *path, struct mp_serve_config *ret_config,
    struct mcpass_error *err);

/* One more issuer, or implication: of zeros, to be filled in. */
enum mcpass_rc mp_serve_add_issuer(struct mp_serve_config *config,
    struct mp_serve_issuer **ret_issuer, struct mcpass_error *err);
enum mcpass_rc mp_serve_add_implication(struct mp_serve_config *config,
    struct mp_serve_implication **ret_implication, struct mcpass_error *err);
void mp_serve_drop_issuers(struct mp_serve_config *config);
void mp_serve_drop_implications(struct mp_serve_config *config);
void mp_serve_drop_exchange(struct mp_serve_config *config);
