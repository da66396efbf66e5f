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

static bool is_scope_token(struct mp_span token)
{
	for (size_t i = 0; i < token.len; i++)
		if (!is_scope_char(token.data[i]))
			return false;
	return token.len > 0;
}

/* Adds one token unless set has it. */
static enum mcpass_rc add_once(struct mp_strings *set, struct mp_span token,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < set->count; i++)
		if (mp_span_is(token, set->items[i]))
			return MCPASS_OK;
	return mp_strings_add_upto(set, token, MP_MAX_SCOPES, err);
}

/* The next token of text; false at its end.  Spaces may be doubled: servers join lists with
 * empty items. */
static bool next_token(const char **text, struct mp_span *ret_token)
{
	const char *start = *text + strspn(*text, " ");

	*ret_token = (struct mp_span){ start, strcspn(start, " ") };
	*text = start + ret_token->len;
	return ret_token->len > 0;
}

static enum mcpass_rc add_text(struct mp_strings *set, const char *text,
    struct mcpass_error *err)
{
	struct mp_span token;
	enum mcpass_rc rc = MCPASS_OK;

	for (const char *at = text; !rc && next_token(&at, &token);)
		rc = is_scope_token(token) ? add_once(set, token, err)
		    : mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 3.3",
		    "a scope has a byte that none may have: %s", text);
	return rc;
}

/* The tokens of text that can be scopes, as far as there is room. */
static enum mcpass_rc add_readable(struct mp_strings *set, const char *text, size_t most,
    bool *odd, struct mcpass_error *err)
{
	struct mp_span token;
	enum mcpass_rc rc = MCPASS_OK;

	for (const char *at = text; !rc && next_token(&at, &token);) {
		char *copy;

		if (!is_scope_token(token) || set->count >= most) {
			*odd = true;
			continue;
		}
		copy = mp_dup_span(token);
		if (copy == NULL)
			return mp_nomem(err);
		if (!mp_strings_has(set, copy))
			rc = mp_strings_add_upto(set, token, most, err);
		free(copy);
	}
	return rc;
}

enum mcpass_rc mp_scope_clean(const char *text, char **ret_text, bool *ret_odd,
    struct mcpass_error *err)
{
	struct mp_strings set = { 0 };
	bool odd = false;
	enum mcpass_rc rc = add_readable(&set, text != NULL ? text : "", MP_MAX_SCOPES, &odd, err);

	if (!rc)
		rc = mp_scope_join(&set, ret_text, err);
	if (!rc)
		*ret_odd = odd;
	mp_strings_free(&set);
	return rc;
}

enum mcpass_rc mp_scope_clean_list(struct mp_strings *list, bool *ret_odd,
    struct mcpass_error *err)
{
	struct mp_strings set = { 0 };
	bool odd = false;
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; !rc && i < list->count; i++)
		rc = add_readable(&set, list->items[i], MP_MAX_LISTED_SCOPES, &odd, err);
	if (rc) {
		mp_strings_free(&set);
		return rc;
	}
	mp_strings_free(list);
	*list = set;
	*ret_odd = odd;
	return MCPASS_OK;
}

bool mp_scope_fits(const struct mp_strings *list)
{
	size_t len = 0;

	for (size_t i = 0; i < list->count; i++)
		len += strlen(list->items[i]) + 1;
	return len <= MP_MAX_ASKED_SCOPES && list->count <= MP_MAX_SCOPES;
}

enum mcpass_rc mp_scope_parse(const char *text, struct mp_strings *ret_set,
    struct mcpass_error *err)
{
	struct mp_strings set = { 0 };
	enum mcpass_rc rc = add_text(&set, text != NULL ? text : "", err);

	if (rc)
		mp_strings_free(&set);
	else
		*ret_set = set;
	return rc;
}

enum mcpass_rc mp_scope_check(const char *text, struct mcpass_error *err)
{
	struct mp_strings set = { 0 };
	enum mcpass_rc rc = mp_scope_parse(text, &set, err);

	mp_strings_free(&set);
	return rc;
}

enum mcpass_rc mp_scope_join(const struct mp_strings *set, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_FORM);

	if (set->count == 0) {
		*ret_text = NULL;
		return MCPASS_OK;
	}
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

enum mcpass_rc mp_scope_has_all(const char *text, const char *some, bool *ret_all,
    struct mcpass_error *err)
{
	struct mp_strings have = { 0 }, need = { 0 };
	enum mcpass_rc rc = mp_scope_parse(text, &have, err);

	if (!rc)
		rc = mp_scope_parse(some, &need, err);
	if (!rc)
		*ret_all = mp_scope_covers(&have, &need);
	mp_strings_free(&have);
	mp_strings_free(&need);
	return rc;
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

enum mcpass_rc mp_scope_lacking(const char *text, const char *wanted, char **ret_text,
    struct mcpass_error *err)
{
	struct mp_strings have = { 0 }, need = { 0 }, missing = { 0 };
	enum mcpass_rc rc = mp_scope_parse(text, &have, err);

	if (!rc)
		rc = mp_scope_parse(wanted, &need, err);
	if (!rc)
		rc = mp_scope_missing(&have, &need, &missing, err);
	if (!rc)
		rc = mp_scope_join(&missing, ret_text, err);
	mp_strings_free(&missing);
	mp_strings_free(&need);
	mp_strings_free(&have);
	return rc;
}

/* Adds what a server suggests.  offline_access asks for more than access to the resource,
 * so it is taken over only where the authorization server lists it. */
static enum mcpass_rc add_suggested(struct mp_strings *set, const char *text, bool offline,
    struct mcpass_error *err)
{
	struct mp_strings tokens = { 0 };
	bool odd = false;
	enum mcpass_rc rc = add_readable(&tokens, text, MP_MAX_SCOPES, &odd, err);

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
	if (!mp_scope_fits(inputs->published))  /* the server grants what it does by default */
		return MCPASS_OK;
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
