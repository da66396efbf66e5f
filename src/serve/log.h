/* log.h - the two servers of the program: the protected echo server and the
 * authorization server.  Each runs in a thread of its own until it is stopped. */
#ifndef MP_SERVE_LOG_H
#define MP_SERVE_LOG_H
#include <jansson.h>
#include "base/secret.h"
#include "ui/term.h"
#include "io/http/http.h"
#include "serve/fetches.h"
#include "wire/http/host_field.h"
#include "serve/http/httpd.h"
#include "io/line_writer.h"
#include "issuer/issuer.h"

/* The requests that a server answered, a line each on standard error. */
struct mp_service_log {
	const char *name;               /* before each line, when there are two; NULL: a time */
	struct mp_term term;
	bool quiet;
	struct mp_line_writer *writer;  /* NULL: each line is written at once, and waited for */
	char reason[320];               /* why the request at hand is refused, or "" */
};
/* A mcpass_trace_fn; ctx is a struct mp_service_log: takes a reason. */
void mp_service_note(void *ctx, const struct mcpass_note *note);
/* mp_httpd_options.log; ctx is a struct mp_service_log. */
void mp_service_log(struct mp_service_log *log, const char *method, const char *path,
    int status, const struct mcpass_error *err);

/* Begins to fetch what a guard asks for; ctx is a struct mp_fetches.  Always MP_HTTP_LATER:
 * when too much is under way, the request waits until it can be asked for. */
enum mcpass_rc mp_service_fetch_later(void *ctx, const struct mcpass_fetch *fetch,
    int *ret_status, struct mp_buf *body, struct mcpass_error *err);

/* True for 127.x.y.z and ::1, and for NULL: the default. */
bool mp_service_is_loopback(const char *bind_address);
/* Which Hosts a server there answers to: a page in a browser can reach one on loopback by
 * rebinding its own name.  url: its public one, or NULL.  names (borrowed): what the operator
 * allows besides.  MCPASS_E_USAGE: one of them is no name. */
enum mcpass_rc mp_service_hosts(const char *bind_address, const char *url,
    const char *const *names, size_t count, struct mp_http_hosts *ret_hosts,
    struct mcpass_error *err);
/* How many connections one address may hold there (struct mp_httpd_options): where TLS is a
 * proxy's, everything comes from its address. */
size_t mp_service_per_address(const char *url);
/* http://ADDRESS:PORT and path; the caller's (free). */
enum mcpass_rc mp_service_url(const char *bind_address, unsigned port, const char *path,
    char **ret_url, struct mcpass_error *err);

struct mp_echo_server;
struct mp_serve_plan;
/* plan and log are borrowed until the end.
 * MCPASS_E_IO: the address cannot be had. */
enum mcpass_rc mp_echo_server_start(const struct mp_serve_plan *plan,
    struct mp_service_log *log, struct mp_echo_server **ret_service, struct mcpass_error *err);
const char *mp_echo_server_url(const struct mp_echo_server *service);
void mp_echo_server_stop(struct mp_echo_server *service);             /* NULL is fine */

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
	struct mp_service_log *log;
};
enum mcpass_rc mp_auth_server_start(const struct mp_auth_server_options *options,
    struct mp_auth_server **ret_service, struct mcpass_error *err);
const char *mp_auth_server_url(const struct mp_auth_server *service);
/* Where operators ask; NULL: nowhere. */
const char *mp_auth_server_admin_url(const struct mp_auth_server *service);
void mp_auth_server_stop(struct mp_auth_server *service);         /* NULL is fine */

/* A new private JWK as text; the caller's (mp_free_wiped). */
enum mcpass_rc mp_auth_server_new_key(char **ret_jwk, struct mcpass_error *err);

struct mp_service_mint {                /* all borrowed */
	const char *username, *scope, *resource;
	const json_t *claims;           /* over the usual ones, or NULL */
};
/* A token without a server: from the same data (or key).  `issuer` NULL: what the data
 * says the last server called itself, else what one calls itself by default.  `users` NULL:
 * for any name, with any scope. */
enum mcpass_rc mp_auth_server_mint(const struct mp_auth_server_options *options,
    const struct mp_service_mint *mint, struct mp_secret *ret_token, struct mcpass_error *err);

#endif
