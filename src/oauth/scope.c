#include "oauth/scope.h"
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"

static const char offline_access[] = "offline_access";

/* spec: RFC 6749 3.3, scope-token */
static bool is_scope_char(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 0x21 && byte <= 0x7e && byte != '"' && byte != '\\';
}

/* Adds one token unless set has it. */
static enum mcpass_rc add_once(struct mp_strings *set, struct mp_span token,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < set->count; i++)
		if (mp_span_is(token, set->items[i]))
			return MCPASS_OK;
	return mp_strings_add(set, token, err);
}

/* Adds the tokens of text.  Spaces may be doubled: servers join lists with empty items. */
static enum mcpass_rc add_text(struct mp_strings *set, const char *text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	while (!rc && *text != '\0') {
		size_t len = strcspn(text, " ");

		for (size_t i = 0; i < len; i++)
			if (!is_scope_char(text[i]))
				return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 3.3",
				    "a scope has a byte that none may have: %s", text);
		if (len > 0)
			rc = add_once(set, (struct mp_span){ text, len }, err);
		text += len;
		text += strspn(text, " ");
	}
	return rc;
}

enum mcpass_rc mp_scope_parse(const char *text, struct mp_strings *ret_set,
    struct mcpass_error *err)
{
	struct mp_strings set = { 0 };
	enum mcpass_rc rc;

	rc = add_text(&set, text != NULL ? text : "", err);
	if (rc)
		mp_strings_free(&set);
	else
		*ret_set = set;
	return rc;
}

enum mcpass_rc mp_scope_join(const struct mp_strings *set, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_buf buf;

	if (set->count == 0) {
		*ret_text = NULL;
		return MCPASS_OK;
	}
	mp_buf_init(&buf, MP_MAX_FORM);
	for (size_t i = 0; i < set->count; i++) {
		if (i > 0)
			mp_buf_addc(&buf, ' ');
		mp_buf_adds(&buf, set->items[i]);
	}
	return mp_buf_take(&buf, "the scope", ret_text, err);
}

enum mcpass_rc mp_scope_merge(struct mp_strings *set, const struct mp_strings *more,
    struct mcpass_error *err)
{
	size_t before = set->count;
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < more->count; i++)
		rc = add_once(set, (struct mp_span){ more->items[i], strlen(more->items[i]) }, err);
	while (rc && set->count > before)       /* all of it or nothing */
		free(set->items[--set->count]);
	return rc;
}

bool mp_scope_covers(const struct mp_strings *set, const struct mp_strings *some)
{
	for (size_t i = 0; i < some->count; i++)
		if (!mp_strings_has(set, some->items[i]))
			return false;
	return true;
}

enum mcpass_rc mp_scope_missing(const struct mp_strings *set, const struct mp_strings *wanted,
    struct mp_strings *ret_missing, struct mcpass_error *err)
{
	struct mp_strings missing = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < wanted->count; i++) {
		const char *item = wanted->items[i];

		if (!mp_strings_has(set, item))
			rc = add_once(&missing, (struct mp_span){ item, strlen(item) }, err);
	}
	if (rc)
		mp_strings_free(&missing);
	else
		*ret_missing = missing;
	return rc;
}

/* Adds what a server suggests.  offline_access asks for more than access to the resource,
 * so it is taken over only where the authorization server lists it. */
static enum mcpass_rc add_suggested(struct mp_strings *set, const char *text, bool offline,
    struct mcpass_error *err)
{
	struct mp_strings tokens = { 0 };
	enum mcpass_rc rc;

	rc = add_text(&tokens, text, err);
	for (size_t i = 0; !rc && i < tokens.count; i++) {
		const char *item = tokens.items[i];

		if (offline || strcmp(item, offline_access) != 0)
			rc = add_once(set, (struct mp_span){ item, strlen(item) }, err);
	}
	mp_strings_free(&tokens);
	return rc;
}

/* spec: MCP 2026-07-28 scope selection strategy */
static enum mcpass_rc select_source(const struct mp_scope_inputs *inputs, bool offline,
    struct mp_strings *set, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (inputs->chosen != NULL)     /* a person's word is taken as it is, even "" */
		return add_text(set, inputs->chosen, err);
	if (inputs->challenged != NULL && inputs->challenged[0] != '\0')
		return add_suggested(set, inputs->challenged, offline, err);
	for (size_t i = 0; !rc && i < inputs->published->count; i++)
		rc = add_suggested(set, inputs->published->items[i], offline, err);
	return rc;
}

enum mcpass_rc mp_scope_choose(const struct mp_scope_inputs *inputs,
    struct mp_strings *ret_set, struct mcpass_error *err)
{
	/* spec: MCP 2026-07-28 refresh tokens (SEP-2207) */
	bool offline = mp_strings_has(inputs->as_supported, offline_access);
	struct mp_strings set = { 0 };
	enum mcpass_rc rc;

	rc = select_source(inputs, offline, &set, err);
	if (!rc)        /* spec: MCP 2026-07-28 step-up authorization flow (SEP-2350) */
		rc = mp_scope_merge(&set, inputs->before, err);
	/* Alone it would stand in place of the scopes that the server grants by default. */
	if (!rc && offline && set.count > 0)
		rc = add_once(&set, (struct mp_span){ offline_access, strlen(offline_access) }, err);
	if (rc)
		mp_strings_free(&set);
	else
		*ret_set = set;
	return rc;
}
