/* flags.h - the options of `mcpass serve` that say what its file may say, too. */
#pragma once
#include "ui/options.h"
#include "serve/resource/config.h"

struct mp_serve_flags {
	struct mp_texts issuers, audiences, rules, roles, role_claims, implies, origins, allowed_hosts;
	const char *jwks_uri, *jwks_file, *introspect, *introspect_secret;
	const char *introspection_endpoint;
	const char *resource, *resource_name, *scopes;
	const char *dpop, *dpop_nonce_secret;
	const char *exchange, *exchange_secret, *exchange_audience, *exchange_resource;
	const char *exchange_scope, *call_on;
	const char *bind_address, *ca_file, *proxy, *path;
	struct mp_port port;
	bool open, fixtures, challenge_needed, issuer_metadata;
};
extern const struct mp_option_table mp_serve_tokens_table, mp_serve_rules_table,
    mp_serve_exchange_table, mp_serve_listen_table;

/* Puts what is given over what the file said: a list replaces the file's list, and rules
 * stand before the file's, so that they decide first.
 * MCPASS_E_USAGE  a text that cannot be read; --jwks-uri, --jwks-file or --introspect with
 *                 other than one issuer */
enum mcpass_rc mp_serve_flags_apply(const struct mp_serve_flags *flags,
    struct mp_serve_config *config, struct mcpass_error *err);
