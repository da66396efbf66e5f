/* terms.h - rules as the guard takes them, and what is said of one issuer's tokens
 * alone. */
#pragma once
#include "serve/resource/config.h"
#include "mcpass/guard.h"

struct mp_serve_rule_set {              /* { 0 } is none */
	struct mp_serve_rules rules;    /* with every scope written out */
	struct mcpass_scope_rule *list; /* the same for the guard; points into rules */
	const char ***roles;            /* one list a rule, each ends with NULL */
};
/* Rules as an operator gives them, and below them what this server would ask for by itself (a
 * gateway asks for nothing).
 * Free ret_set in any case. */
enum mcpass_rc mp_serve_rule_set_make(const struct mp_serve_rules *given, bool gateway,
    struct mp_serve_rule_set *ret_set, struct mcpass_error *err);
void mp_serve_rule_set_free(struct mp_serve_rule_set *set);

struct mp_serve_terms {                 /* { 0 } is none; the configuration outlives it */
	struct mcpass_issuer_terms *items;      /* one an issuer */
	struct mp_serve_rule_set *rules;        /* likewise */
	size_t count;
};
enum mcpass_rc mp_serve_terms_make(const struct mp_serve_config *config,
    struct mp_serve_terms *ret_terms, struct mcpass_error *err);
void mp_serve_terms_free(struct mp_serve_terms *terms);
