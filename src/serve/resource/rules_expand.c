/* Rules that add roles to those below them, written out. */
#include <string.h>
#include "serve/resource/rules.h"

/* Methods that both are about, as a pattern; NULL: none.  Of two patterns with a star, one
 * contains the other or they have nothing in common. */
static const char *meet_methods(const char *a, const char *b)
{
	if (mp_serve_covers(a, b))
		return b;
	return mp_serve_covers(b, a) ? a : NULL;
}

/* What both are about: false when it is nothing.  All borrowed. */
static bool meet(const struct mp_serve_rule *a, const struct mp_serve_rule *b,
    struct mcpass_scope_rule *ret_both)
{
	const char *method = meet_methods(a->method, b->method);

	if (method == NULL || (a->name != NULL && b->name != NULL && strcmp(a->name, b->name) != 0))
		return false;
	*ret_both = (struct mcpass_scope_rule){ .method = method,
		.name = a->name != NULL ? a->name : b->name };
	return true;
}

static enum mcpass_rc add(struct mp_serve_rules *list, const struct mcpass_scope_rule *what,
    const char *scope, const struct mp_strings *roles, struct mcpass_error *err)
{
	struct mcpass_scope_rule rule = { .method = what->method, .name = what->name,
		.scope = scope };
	enum mcpass_rc rc = mp_serve_rules_add(list, &rule, err);

	for (size_t i = 0; i < roles->count && !rc; i++)
		rc = mp_strings_add_text(&list->items[list->count - 1].roles, roles->items[i], err);
	return rc;
}

/* The part of the rules below that lies within this one, with its roles where they have
 * none, in their order: so whatever they decided among themselves, they decide still. */
static enum mcpass_rc overlay(struct mp_serve_rules *list, const struct mp_serve_rule *rule,
    const struct mp_serve_rules *below, struct mcpass_error *err)
{
	const struct mcpass_scope_rule rest = { .method = rule->method, .name = rule->name };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < below->count && !rc; i++) {
		const struct mp_serve_rule *other = &below->items[i];
		struct mcpass_scope_rule both;

		if (!meet(rule, other, &both))
			continue;
		rc = add(list, &both, other->scope,
		    other->roles.count > 0 ? &other->roles : &rule->roles, err);
		if (!rc && mp_eq(both.method, rule->method) && mp_eq(both.name, rule->name))
			return MCPASS_OK;       /* nothing of it is left */
	}
	return rc ? rc : add(list, &rest, "", &rule->roles, err);
}

static bool is_reached(const struct mp_serve_rules *list, const struct mp_serve_rule *rule)
{
	for (size_t i = 0; i < list->count; i++)
		if (mp_serve_covers(list->items[i].method, rule->method)
		    && (list->items[i].name == NULL || mp_eq(list->items[i].name, rule->name)))
			return false;
	return true;
}

static enum mcpass_rc add_reached(struct mp_serve_rules *list, const struct mp_serve_rules *more,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < more->count && !rc; i++) {
		const struct mp_serve_rule *rule = &more->items[i];
		const struct mcpass_scope_rule what = { .method = rule->method, .name = rule->name };

		if (is_reached(list, rule))
			rc = add(list, &what, rule->scope, &rule->roles, err);
	}
	return rc;
}

/* From the last to the first, as each needs those below it written out. */
enum mcpass_rc mp_serve_rules_expand(const struct mp_serve_rules *rules,
    struct mp_serve_rules *ret_whole, struct mcpass_error *err)
{
	struct mp_serve_rules below = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = rules->count; i-- > 0 && !rc;) {
		const struct mp_serve_rule *rule = &rules->items[i];
		const struct mcpass_scope_rule what = { .method = rule->method, .name = rule->name };
		struct mp_serve_rules now = { 0 };

		rc = rule->scope != NULL ? add(&now, &what, rule->scope, &rule->roles, err)
		    : overlay(&now, rule, &below, err);
		if (!rc)
			rc = add_reached(&now, &below, err);
		mp_serve_rules_free(&below);
		below = now;
	}
	if (rc)
		mp_serve_rules_free(&below);
	else
		*ret_whole = below;
	return rc;
}
