/* plan.h - a configuration, judged: what the server will do, with its secrets read
 * and its rules written out.  No network is needed for it. */
#pragma once
#include "base/secret.h"
#include "serve/resource/config.h"
#include "mcpass/guard.h"
#include "wire/http/host_field.h"

/* Where it listens by default, beside the authorization server's. */
#define MP_SERVE_PORT 8931

struct mp_serve_plan {                  /* { 0 } is none; the config outlives it */
	const struct mp_serve_config *config;
	unsigned port;
	/* What the guard is made from; resource is NULL where it follows from the port. */
	struct mcpass_guard_config guard;
	struct mp_secret exchange_secret;
	const char *exchange_issuer;    /* or NULL: nothing is exchanged */
	struct mp_http_hosts hosts;     /* which it answers to */
	const struct mp_serve_rules *rules;     /* of all issuers that have none of their own */
	struct mp_strings scopes;       /* that are published */
	struct mp_serve_plan_parts *parts; /* what guard points at */
};
/* A URL of a proxy in a configuration, which others may read.  MCPASS_E_USAGE */
enum mcpass_rc mp_serve_plan_check_proxy(const char *url, struct mcpass_error *err);

/* Fills a plan of zeros.
 * MCPASS_E_USAGE   what cannot be meant: no issuer, half of a pair, rules for nothing ...
 * MCPASS_E_POLICY  open to everybody on a far address; a secret that others may read
 * MCPASS_E_IO      a file that cannot be read */
enum mcpass_rc mp_serve_plan_make(const struct mp_serve_config *config,
    struct mp_serve_plan *ret_plan, struct mcpass_error *err);
void mp_serve_plan_free(struct mp_serve_plan *plan);            /* and makes it empty */

/* The i-th issuer's own rules, which count for its tokens alone; NULL: it has none. */
const struct mp_serve_rules *mp_serve_plan_own_rules(const struct mp_serve_plan *plan, size_t i);
/* The i-th issuer's key set, when it is in a file; else NULL. */
const char *mp_serve_plan_jwks(const struct mp_serve_plan *plan, size_t i);
/* A guard for the server at that public URL; NULL: at the one of the configuration. */
enum mcpass_rc mp_serve_plan_guard(const struct mp_serve_plan *plan, const char *url,
    struct mcpass_guard **ret_guard, struct mcpass_error *err);
