/* auth_server.h - the authorization server, in a thread of its own until it is stopped. */
#pragma once
#include <jansson.h>
#include "base/secret.h"
#include "issuer/issuer.h"
#include "serve/log.h"

struct mp_auth_server;
struct mp_auth_server_options {
	const char *bind_address;
	unsigned port;
	const char *issuer;             /* its URL; NULL: where it listens */
	const char *users;              /* JSON text, as of issuer.h */
	const char *users_file;         /* where that was read, or NULL */
	const char *signing_key;        /* a private JWK; NULL: the stored one, or a new one */
	const char *data;               /* a SQLite file; NULL: memory */
	const char *data_key;           /* a file of keys that it is sealed with, or NULL */
	const char *fault;              /* or NULL: behave */
	const char *default_resource;   /* aud where a client asks for none; NULL: the issuer */
	int refresh_grace;              /* as of struct mp_issuer_config */
	int device_interval;            /* seconds between a device's polls; 0: the default */
	bool require_par, require_dpop_nonce, opaque_tokens;
	const char *const *origins;     /* of pages that may register and fetch tokens (CORS) */
	size_t origin_count;
	const char *const *proxies;     /* as of issuer.h */
	size_t proxy_count;
	const char *const *allowed_hosts;       /* names that it answers to, besides its own */
	size_t allowed_host_count;
	const char *const *resolve;     /* as of io/http/http.h */
	size_t resolve_count;
	const struct mp_issuer_client *clients; /* as of issuer.h */
	const struct mp_issuer_trusted *trusted;
	size_t client_count, trusted_count;
	const struct mp_idp *upstreams; /* as of issuer.h */
	size_t upstream_count;
	int64_t upstream_recheck;
	struct mp_issuer_brand brand;   /* as of issuer.h, these too */
	const struct mp_issuer_translation *translations;
	size_t translation_count;
	const char *audit, *admin_bind; /* as of admin_server.h */
	bool metrics_public;
	struct mp_log *log;
};
enum mcpass_rc mp_auth_server_start(const struct mp_auth_server_options *options,
    struct mp_auth_server **ret_service, struct mcpass_error *err);
const char *mp_auth_server_url(const struct mp_auth_server *service);
/* Where operators ask; NULL: nowhere. */
const char *mp_auth_server_admin_url(const struct mp_auth_server *service);
void mp_auth_server_stop(struct mp_auth_server *service);         /* NULL is fine */

/* A new private JWK as text; the caller's (mp_free_wiped). */
enum mcpass_rc mp_auth_server_new_key(char **ret_jwk, struct mcpass_error *err);

struct mp_auth_server_minting {                /* all borrowed */
	const char *username, *scope, *resource;
	const json_t *claims;           /* over the usual ones, or NULL */
};
/* A token without a server: from the same data (or key).  `issuer` NULL: what the data
 * says the last server called itself, else what one calls itself by default.  `users` NULL:
 * for any name, with any scope. */
enum mcpass_rc mp_auth_server_mint(const struct mp_auth_server_options *options,
    const struct mp_auth_server_minting *mint, struct mp_secret *ret_token, struct mcpass_error *err);
