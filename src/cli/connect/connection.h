/* connection.h - a connection to the SERVER that a command names, from its options. */
#pragma once
#include "cli/command.h"
#include "cli/connect/explain.h"
#include "cli/show/listing.h"
#include "cli/connect/servers.h"
#include "cli/connect/rounds.h"
#include "cli/connect/sign_in_text.h"
#include "link/blocking.h"

/* The default of --client-metadata-url. */
#define MP_CLIENT_METADATA_VARIABLE "MCPASS_CLIENT_METADATA_URL"

struct mp_connection_options {
	const char *config, *profile, *scope, *client_id, *client_issuer, *client_secret_file;
	const char *initial_access_token_file, *ca_file, *proxy, *store, *protocol;
	const char *callback_host, *callback_bind, *callback_path, *provider, *resource;
	struct mp_port callback_port;
	struct mp_texts headers, auth_params, resolve, allow_http;
	int timeout_ms, connect_timeout_ms, login_timeout_ms;
	bool ipv4, no_login, no_browser, device, omit_resource, allow_no_s256, dpop;
	/* for programs that act for themselves, or with an assertion about a person */
	const char *grant, *client_key_file, *client_metadata_url, *assertion_file;
	const char *idp_token_endpoint, *idp_client_id, *idp_client_secret_file;
};
extern const struct mp_option_table mp_connection_table, mp_login_table, mp_service_table;

/* For a command whose struct has members `common` and `conn`: their places. */
#define MP_CONNECTION_PLACES(type) \
	{ &mp_connection_table, offsetof(type, conn) }, \
	{ &mp_login_table, offsetof(type, conn) }, \
	{ &mp_service_table, offsetof(type, conn) }, \
	{ &mp_common_table, offsetof(type, common) }

/* What a command wants besides. */
struct mp_connection_wish {
	unsigned client_flags;          /* MCPASS_NEW_LOGIN */
	bool stdin_is_taken;            /* by data, so nothing can be pasted */
	bool no_list;                   /* as of struct mp_link_options */
	const struct mp_elicit_options *elicit; /* the server may ask back; NULL: it may not */
	mcpass_trace_fn *trace;         /* NULL: --explain decides */
	void *trace_ctx;
	/* As of struct mp_link_options; NULL: --no-browser decides. */
	enum mcpass_rc (*open_browser)(void *ctx, const char *url, int *ret_watch,
	    struct mcpass_error *err);
	void *open_browser_ctx;
	/* For a host in front, without a terminal: the loop, the callbacks, its initialize. */
	struct mp_loop *loop;
	const struct mp_link_ui *ui;
	const char *initialize;
	size_t max_message;
	struct mp_spool *spool;         /* as of struct mp_link_options; mp_save_begin() */
};
struct mp_connection {
	struct mp_server server;
	struct mp_headers headers, extra;
	enum mcpass_grant grant;
	struct mp_secret client_secret, client_key, initial_access_token;
	struct mp_secret assertion, idp_client_secret;
	struct mp_explain explain;
	struct mp_sign_in_text wait;
	struct mp_rounds talk;
	struct mp_link *link;
	struct mp_asker asker;          /* mp_blocking_request() on link, by way of talk */
};
/* Fills a struct of zeros, which must stay where it is; mp_connection_close() releases it,
 * whatever came of it.  wish NULL: nothing. */
enum mcpass_rc mp_connection_open(const struct mp_connection_options *options,
    const struct mp_common *common, const char *server, const struct mp_connection_wish *wish,
    struct mp_connection *conn, struct mcpass_error *err);
void mp_connection_close(struct mp_connection *conn);

/* --- inputs.c --- */
/* Files that hold a secret are read as secret_file.h says: one of ours that others may read is
 * MCPASS_E_POLICY. */
/* "N: v" each, or with @FILE the lines of a file. */
enum mcpass_rc mp_connection_read_headers(const struct mp_texts *texts, struct mp_headers *headers,
    struct mcpass_error *err);
/* "N=V" each. */
enum mcpass_rc mp_connection_read_params(const struct mp_texts *texts, struct mp_headers *params,
    struct mcpass_error *err);
/* The first line of a file, or of the environment variable when path is NULL (then
 * absent is fine); never from argv, which everybody on the machine can read. */
enum mcpass_rc mp_connection_read_secret(const char *path, const char *variable,
    struct mp_secret *ret_secret, struct mcpass_error *err);
/* The whole of a file; absent when path is NULL. */
enum mcpass_rc mp_connection_read_key(const char *path, struct mp_secret *ret_key,
    struct mcpass_error *err);
/* "code", "client-credentials", "jwt-bearer", "id-jag", "device"; NULL: the first. */
enum mcpass_rc mp_connection_read_grant(const char *name, enum mcpass_grant *ret_grant,
    struct mcpass_error *err);
/* The hosts that plain http is allowed to: checked, and said loudly. */
enum mcpass_rc mp_connection_allow_http(const struct mp_texts *hosts, struct mcpass_error *err);
/* "none" or a name of `mcpass providers`; names the nearest.  NULL is fine. */
enum mcpass_rc mp_connection_check_provider(const char *name, struct mcpass_error *err);
/* A profile is one word of the record's name; NULL is fine. */
enum mcpass_rc mp_connection_check_profile(const char *profile, struct mcpass_error *err);
/* Of the redirect URI; NULL: the usual one. */
enum mcpass_rc mp_connection_check_callback(const char *host, const char *path,
    struct mcpass_error *err);
