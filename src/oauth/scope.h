/* scope.h - scopes as sets.  spec: RFC 6749 3.3; MCP 2026-07-28 scope selection */
#pragma once
#include "base/text.h"

/* Splits "a b" into its tokens, each once, in order.  NULL is the empty set.
 * MCPASS_E_PROTOCOL: a byte that RFC 6749 3.3 does not allow. */
enum mcpass_rc mp_scope_parse(const char *text, struct mp_strings *ret_set,
    struct mcpass_error *err);
/* The same, of which nothing is kept. */
enum mcpass_rc mp_scope_check(const char *text, struct mcpass_error *err);
/* What another party wrote only advises: the tokens of text that can be scopes, each once,
 * the caller's (free), NULL for none.  *ret_odd: something was left out. */
enum mcpass_rc mp_scope_clean(const char *text, char **ret_text, bool *ret_odd,
    struct mcpass_error *err);
/* The same for a list, in place; an item may be several tokens. */
enum mcpass_rc mp_scope_clean_list(struct mp_strings *list, bool *ret_odd,
    struct mcpass_error *err);
/* Whether all of list can be asked for at once: an authorization request is a URL. */
bool mp_scope_fits(const struct mp_strings *list);
/* "a b", the caller's (free); NULL for the empty set, so that no empty scope is sent. */
enum mcpass_rc mp_scope_join(const struct mp_strings *set, char **ret_text,
    struct mcpass_error *err);
/* Adds what set lacks, in order. */
enum mcpass_rc mp_scope_merge(struct mp_strings *set, const struct mp_strings *more,
    struct mcpass_error *err);
/* True when every item of some is in set. */
bool mp_scope_covers(const struct mp_strings *set, const struct mp_strings *some);
/* The items of wanted that set lacks; the caller's. */
enum mcpass_rc mp_scope_missing(const struct mp_strings *set, const struct mp_strings *wanted,
    struct mp_strings *ret_missing, struct mcpass_error *err);
/* The same two of texts: whether text has every scope of some; and what of wanted text lacks,
 * the caller's (free), NULL for nothing. */
enum mcpass_rc mp_scope_has_all(const char *text, const char *some, bool *ret_all,
    struct mcpass_error *err);
enum mcpass_rc mp_scope_lacking(const char *text, const char *wanted, char **ret_text,
    struct mcpass_error *err);

/* What to ask for: the user's choice, else the challenge's scope, else all that the
 * resource publishes, if it fits, else nothing; then what was asked for before is added (step-up,
 * SEP-2350), and offline_access where the authorization server lists it (SEP-2207) and
 * something else is asked for; where it does not, no server's suggestion brings it in.
 * chosen, challenged may be NULL; published, before, as_supported may be empty sets. */
struct mp_scope_inputs {
	const char *chosen, *challenged;
	const struct mp_strings *published, *before, *as_supported;
};
enum mcpass_rc mp_scope_choose(const struct mp_scope_inputs *inputs,
    struct mp_strings *ret_set, struct mcpass_error *err);
