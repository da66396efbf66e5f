#include "serve/resource/rules.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "ui/options.h"
#include "serve/resource/config_reader.h"
#include "echo/echo.h"

#define AT(member) offsetof(struct mp_serve_rule, member)
static const struct mp_field fields[] = {
	{ "method", MP_FIELD_STRING, MP_REQUIRED, AT(method), NULL },
	{ "name", MP_FIELD_STRING, 0, AT(name), NULL },
	{ "scope", MP_FIELD_STRING, 0, AT(scope), "RFC 6749 3.3" },
	{ "roles", MP_FIELD_STRINGS, 0, AT(roles), NULL },
};
static const struct mp_config_reader rule_object = { fields, MP_COUNT(fields), NULL };

void mp_serve_rules_free(struct mp_serve_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		mp_json_release(fields, MP_COUNT(fields), &rules->items[i]);
	free(rules->items);
	*rules = (struct mp_serve_rules){ 0 };
}

static enum mcpass_rc grow(struct mp_serve_rules *rules, struct mp_serve_rule **ret_rule,
    struct mcpass_error *err)
{
	struct mp_serve_rule *items;

	if (rules->count == MP_MAX_ITEMS) {
		(void)mp_fail(err, MCPASS_E_USAGE, NULL, "more than %d rules", MP_MAX_ITEMS);
		return MCPASS_E_USAGE;
	}
	items = realloc(rules->items, (rules->count + 1) * sizeof(*items));
	if (items == NULL) {
		(void)mp_nomem(err);
		return MCPASS_E_NOMEM;
	}
	rules->items = items;
	items[rules->count] = (struct mp_serve_rule){ 0 };
	*ret_rule = &items[rules->count++];
	return MCPASS_OK;
}

enum mcpass_rc mp_serve_rules_read(void *ctx, const json_t *item, const char *path,
    struct mcpass_error *err)
{
	struct mp_serve_rule *rule = NULL;
	enum mcpass_rc rc = grow(ctx, &rule, err);

	if (!rc)
		rc = mp_config_reader_read(item, path, &rule_object, rule, err);
	if (!rc && rule->scope == NULL && rule->roles.count == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL,
		    "%s asks for nothing: give it a scope (\"\" for none) or roles", path);
	return rc;
}

/* Roles, split at spaces. */
static enum mcpass_rc add_words(struct mp_strings *list, const char *text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	while (*(text += strspn(text, " ")) != '\0' && !rc) {
		size_t len = strcspn(text, " ");

		rc = mp_strings_add(list, (struct mp_span){ text, len }, err);
		text += len;
	}
	return rc;
}

enum mcpass_rc mp_serve_rules_parse(struct mp_serve_rules *rules, const char *text, bool roles,
    struct mcpass_error *err)
{
	const char *equals = strchr(text, '='), *option = roles ? "--role" : "--rule";
	size_t method_len = strcspn(text, ":=");
	struct mp_serve_rule *rule = NULL;
	enum mcpass_rc rc;

	if (equals == NULL || method_len == 0) {
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "%s %s: not METHOD[:NAME]=%s", option, text,
		    roles ? "ROLES" : "SCOPES");
		mp_hint(err, "such as %s '%s'", option,
		    roles ? "tools/call=staff" : "tools/call:echo=mcp:tools");
		return rc;
	}
	rc = grow(rules, &rule, err);
	if (!rc)
		rc = mp_set_span(&rule->method, (struct mp_span){ text, method_len }, err);
	if (!rc && text[method_len] == ':')
		rc = mp_set_span(&rule->name, (struct mp_span){ text + method_len + 1,
			(size_t)(equals - text) - method_len - 1 }, err);
	if (!rc && roles)
		rc = add_words(&rule->roles, equals + 1, err);
	else if (!rc)
		rc = mp_set(&rule->scope, equals + 1, err);
	if (!rc && roles && rule->roles.count == 0)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "--role %s: no role", text);
	return rc;
}

enum mcpass_rc mp_serve_rules_add(struct mp_serve_rules *rules,
    const struct mcpass_scope_rule *given, struct mcpass_error *err)
{
	struct mp_serve_rule *rule = NULL;
	enum mcpass_rc rc = grow(rules, &rule, err);

	if (!rc)
		rc = mp_set(&rule->method, given->method, err);
	if (!rc)
		rc = mp_set(&rule->name, given->name, err);
	if (!rc)
		rc = mp_set(&rule->scope, given->scope, err);
	for (size_t i = 0; !rc && given->roles != NULL && given->roles[i] != NULL; i++)
		rc = mp_strings_add_text(&rule->roles, given->roles[i], err);
	return rc;
}

enum mcpass_rc mp_serve_rules_append(struct mp_serve_rules *rules, struct mp_serve_rules *more,
    struct mcpass_error *err)
{
	struct mp_serve_rule *rule = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < more->count && !rc; i++) {
		rc = grow(rules, &rule, err);
		if (!rc) {
			*rule = more->items[i];
			more->items[i] = (struct mp_serve_rule){ 0 };
		}
	}
	mp_serve_rules_free(more);
	return rc;
}

void mp_serve_rule_spell(struct mp_buf *buf, const struct mp_serve_rule *rule)
{
	mp_buf_addf(buf, "%s%s%s", rule->method, rule->name != NULL ? ":" : "",
	    rule->name != NULL ? rule->name : "");
}

/* --- which operations a rule is about, as sets --- */
bool mp_serve_covers(const char *pattern, const char *other)
{
	size_t fixed = strcspn(pattern, "*");

	return pattern[fixed] == '\0' ? strcmp(pattern, other) == 0
	    : strncmp(pattern, other, fixed) == 0;
}

/* True when everything that other is about, rule is about too. */
static bool covers(const struct mp_serve_rule *rule, const struct mp_serve_rule *other)
{
	return mp_serve_covers(rule->method, other->method)
	    && (rule->name == NULL || mp_eq(rule->name, other->name));
}

/* --- does each decide something? --- */
static enum mcpass_rc fail_for(const struct mp_serve_rule *rule, const char *problem,
    struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	mp_serve_rule_spell(&text, rule);
	rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the rule for %s %s", mp_buf_text(&text), problem);
	mp_buf_free(&text);
	return rc;
}

static enum mcpass_rc check_reach(const struct mp_serve_rules *rules, size_t at,
    struct mcpass_error *err)
{
	const struct mp_serve_rule *rule = &rules->items[at];
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < at && !rc; i++) {
		const struct mp_serve_rule *before = &rules->items[i];
		bool same = covers(before, rule) && covers(rule, before);

		/* One without a scope hands on to those below it. */
		if (covers(before, rule) && (before->scope != NULL || (same && rule->scope == NULL))) {
			rc = fail_for(rule, "is never reached", err);
			mp_hint(err, "the first rule that matches decides: put it before that for %s",
			    before->method);
		}
	}
	return rc;
}

typedef const char *list_fn(size_t i);

static enum mcpass_rc check_among(const char *word, list_fn *list,
    const struct mp_serve_rule *rule, const char *problem, struct mcpass_error *err)
{
	const char *names[MP_MAX_REPEATS], *near;
	size_t count = 0;
	enum mcpass_rc rc;

	for (; count < MP_COUNT(names) && list(count) != NULL; count++) {
		names[count] = list(count);
		if (strcmp(names[count], word) == 0)
			return MCPASS_OK;
	}
	rc = fail_for(rule, problem, err);
	near = mp_nearest(word, names, count);
	if (near != NULL)
		mp_hint(err, "did you mean %s?", near);
	return rc;
}

static enum mcpass_rc check_method(const struct mp_serve_rule *rule, struct mcpass_error *err)
{
	const char *notes = "notifications/";

	if (strncmp(rule->method, notes, strlen(notes)) == 0)
		return MCPASS_OK;
	for (size_t i = 0; mp_echo_method(i) != NULL; i++)
		if (mp_serve_covers(rule->method, mp_echo_method(i)))
			return MCPASS_OK;
	return check_among(rule->method, mp_echo_method, rule, "is about no method that there is",
	    err);
}

static enum mcpass_rc check_name(const struct mp_serve_rule *rule, bool names,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (rule->name == NULL)
		return MCPASS_OK;
	if (strchr(rule->name, '*') != NULL) {
		rc = fail_for(rule, "has a '*' in its name, which is compared as it is", err);
		mp_hint(err, "leave the name out for a rule about all of them, or have one rule for each");
		return rc;
	}
	if (strcmp(rule->method, "tools/call") == 0)
		return names ? check_among(rule->name, mp_echo_tool, rule,
		    "is about a tool that is not there", err) : MCPASS_OK;
	if (strcmp(rule->method, "prompts/get") == 0)
		return names ? check_among(rule->name, mp_echo_prompt, rule,
		    "is about a prompt that is not there", err) : MCPASS_OK;
	if (strcmp(rule->method, "resources/read") == 0)
		return MCPASS_OK;
	rc = fail_for(rule, "has a name, which only tools/call, prompts/get and resources/read have", err);
	mp_hint(err, "leave the name out, or have a rule for that one method");
	return rc;
}

enum mcpass_rc mp_serve_rules_check(const struct mp_serve_rules *rules, bool names,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < rules->count && !rc; i++) {
		rc = check_method(&rules->items[i], err);
		if (!rc)
			rc = check_name(&rules->items[i], names, err);
		if (!rc)
			rc = check_reach(rules, i, err);
	}
	return rc;
}

/* Two letters too many or too few; of other letters only one, or two that changed places: "rooms/list"
 * is a word of its own. */
static bool is_misspelt(const char *method, const char *name)
{
	return mp_eq_nocase(method, name)
	    || mp_is_near(method, name, strlen(method) == strlen(name) ? 1 : 2);
}

/* A server behind may have methods of its own: but one that looks like MCP's is misspelt, and the
 * rule would be about nothing. */
static enum mcpass_rc check_spelling(const struct mp_serve_rule *rule, struct mcpass_error *err)
{
	static const char *const more[] = { "tools/*", "prompts/*", "resources/*", "tasks/get",
		"tasks/list", "tasks/result", "tasks/cancel", "tasks/update", "tasks/*" };
	const char *near = NULL, *name;
	enum mcpass_rc rc;

	for (size_t i = 0; (name = i < MP_COUNT(more) ? more[i]
	    : mp_echo_method(i - MP_COUNT(more))) != NULL; i++) {
		if (mp_serve_covers(rule->method, name))
			return MCPASS_OK;
		if (is_misspelt(rule->method, name))
			near = name;
	}
	if (near == NULL || strncmp(rule->method, "notifications/", strlen("notifications/")) == 0)
		return MCPASS_OK;
	rc = fail_for(rule, "is about no method that MCP has", err);
	mp_hint(err, "did you mean %s?", near);
	return rc;
}

enum mcpass_rc mp_serve_rules_check_gateway(const struct mp_serve_rules *rules,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < rules->count && !rc; i++) {
		rc = check_spelling(&rules->items[i], err);
		if (!rc)
			rc = check_name(&rules->items[i], false, err);
		if (!rc)
			rc = check_reach(rules, i, err);
	}
	return rc;
}
