/* rules.h - the rules of `mcpass serve`: as an operator gives them, and as the guard
 * takes them.
 *
 * A rule may leave out its scope: then it adds roles to whatever the rules below it say,
 * so that "everybody who calls a tool is of the staff" does not have to repeat which tool
 * wants which scope. */
#pragma once
#include "base/text.h"
#include "mcpass/guard.h"
#include "wire/json/json.h"

struct mp_serve_rule {
	char *method, *name;            /* as of struct mcpass_scope_rule */
	char *scope;                    /* NULL: what the rules below say; "": none */
	struct mp_strings roles;        /* any of them; empty: as the rules below say */
};
struct mp_serve_rules {
	struct mp_serve_rule *items;
	size_t count;
};
void mp_serve_rules_free(struct mp_serve_rules *rules);         /* and makes it empty */

/* A mp_config_reader_item_fn; ctx is a struct mp_serve_rules: appends one of the file's.
 * {"method": "tools/call", "name": "echo", "scope": "mcp:tools", "roles": ["staff"]} */
enum mcpass_rc mp_serve_rules_read(void *ctx, const json_t *item, const char *path,
    struct mcpass_error *err);
/* Appends "METHOD[:NAME]=SCOPE ..." (--rule), or "METHOD[:NAME]=ROLE ..." (--role). */
enum mcpass_rc mp_serve_rules_parse(struct mp_serve_rules *rules, const char *text, bool roles,
    struct mcpass_error *err);
/* One more, as the guard has them. */
enum mcpass_rc mp_serve_rules_add(struct mp_serve_rules *rules,
    const struct mcpass_scope_rule *rule, struct mcpass_error *err);
/* Moves all of more behind those of rules. */
enum mcpass_rc mp_serve_rules_append(struct mp_serve_rules *rules, struct mp_serve_rules *more,
    struct mcpass_error *err);

/* Whether each of them decides something: there is such a method, tool or prompt, and no
 * rule before it takes everything away from it.  names: also what they are called.
 * MCPASS_E_USAGE otherwise, with the nearest name. */
enum mcpass_rc mp_serve_rules_check(const struct mp_serve_rules *rules, bool names,
    struct mcpass_error *err);
/* The same where what the server behind offers is not known: methods are any. */
enum mcpass_rc mp_serve_rules_check_gateway(const struct mp_serve_rules *rules,
    struct mcpass_error *err);

/* The same rules with every scope written out, and none that is never reached.  The first
 * that matches decides.  ret_whole: of zeros; mp_serve_rules_free(). */
enum mcpass_rc mp_serve_rules_expand(const struct mp_serve_rules *rules,
    struct mp_serve_rules *ret_whole, struct mcpass_error *err);

/* True when a method, or each that another pattern stands for, is one of the pattern's. */
bool mp_serve_covers(const char *pattern, const char *other);
/* Appends "tools/call:echo". */
void mp_serve_rule_spell(struct mp_buf *buf, const struct mp_serve_rule *rule);
