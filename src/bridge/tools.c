#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "bridge/parts.h"

/* '*' is any text, also none. */
static bool matches(const char *pattern, const char *name)
{
	const char *star = NULL, *after = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			after = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star + 1;
			name = ++after;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool is_among(const char *const *patterns, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (matches(patterns[i], name))
			return true;
	return false;
}

static bool is_allowed(const struct mp_bridge *b, const char *name)
{
	const struct mp_bridge_config *config = b->config;

	if (is_among(config->deny, config->deny_count, name))
		return false;
	return config->allow_count == 0 || is_among(config->allow, config->allow_count, name);
}

bool mp_tools_are_changed(const struct mp_bridge *b)
{
	return b->config->allow_count > 0 || b->config->deny_count > 0 || b->config->prefix != NULL
	    || b->config->server_count > 1;
}

/* What stands before the names of this server's tools and prompts. */
static enum mcpass_rc prefix_of(const struct mp_bridge *b, size_t server, bool is_tool,
    char **ret_prefix, struct mcpass_error *err)
{
	struct mp_buf buf = MP_BUF(MP_MAX_DOCUMENT);

	if (is_tool && b->config->prefix != NULL)
		mp_buf_adds(&buf, b->config->prefix);
	if (b->config->server_count > 1)
		mp_buf_addf(&buf, "%s_", b->config->names[server]);
	return mp_buf_take(&buf, "a name", ret_prefix, err);
}

/* Adds an item under the name that the host sees; not one that is denied. */
static enum mcpass_rc show_item(const struct mp_bridge *b, struct mp_span item, bool is_tool,
    const char *prefix, struct mp_buf *list, struct mcpass_error *err)
{
	struct mp_change edit = { "name", NULL };
	char *name = NULL, *text = NULL;
	struct mp_buf shown = MP_BUF(MP_MAX_MESSAGE);
	enum mcpass_rc rc;

	if (item.len == 0 || item.data[0] != '{')
		return MCPASS_OK;
	rc = mp_splice_text(mp_raw_value(item, "name"), &name, err);
	if (rc || name == NULL || (is_tool && !is_allowed(b, name))) {
		free(name);
		return rc;
	}
	mp_buf_adds(&shown, prefix);
	mp_buf_adds(&shown, name);
	rc = mp_buf_check(&shown, "a name", err);
	free(name);
	if (!rc) {
		struct mp_buf json = MP_BUF(MP_MAX_MESSAGE);

		mp_splice_string(&json, mp_buf_text(&shown));
		rc = mp_buf_check(&json, "a name", err);
		edit.json = mp_buf_text(&json);
		if (!rc)
			rc = mp_splice(item, &edit, prefix[0] != '\0' ? 1 : 0, &text, err);
		mp_buf_free(&json);
	}
	if (!rc && list->len > 0)
		mp_buf_addc(list, ',');
	if (!rc)
		mp_buf_adds(list, text);
	free(text);
	mp_buf_free(&shown);
	return rc;
}

enum mcpass_rc mp_tools_add(const struct mp_bridge *b, size_t server, const char *member,
    const char *result, struct mp_buf *list, struct mcpass_error *err)
{
	struct mp_span items = mp_raw_value((struct mp_span){ result, strlen(result) }, member), item;
	bool is_tool = mp_eq(member, "tools");
	char *prefix = NULL;
	const char *at, *end;
	enum mcpass_rc rc;

	if (items.len == 0 || items.data[0] != '[')
		return MCPASS_OK;
	at = items.data;
	end = at + items.len;
	rc = prefix_of(b, server, is_tool, &prefix, err);
	if (!rc && strncmp(member, "resource", 8) == 0)
		prefix[0] = '\0';               /* they are told apart by their URIs */
	while (!rc && mp_raw_item(&at, end, &item))
		rc = show_item(b, item, is_tool, prefix, list, err);
	free(prefix);
	return rc ? rc : mp_buf_check(list, "a list", err);
}

enum mcpass_rc mp_tools_show(const struct mp_bridge *b, size_t server, const char *result,
    char **ret_result, struct mcpass_error *err)
{
	struct mp_change edit = { "tools", NULL };
	struct mp_buf list = MP_BUF(MP_MAX_ANSWER), text = MP_BUF(MP_MAX_ANSWER);
	enum mcpass_rc rc = mp_tools_add(b, server, "tools", result, &list, err);

	if (!rc) {
		mp_buf_addf(&text, "[%s]", mp_buf_text(&list));
		rc = mp_buf_check(&text, "a list", err);
	}
	edit.json = mp_buf_text(&text);
	if (!rc)
		rc = mp_splice((struct mp_span){ result, strlen(result) }, &edit, 1, ret_result, err);
	mp_buf_free(&list);
	mp_buf_free(&text);
	return rc;
}

/* --- and back --- */

static enum mcpass_rc rename_in(struct mp_request *r, const char *name, struct mcpass_error *err)
{
	struct mp_change edit = { "name", NULL };
	struct mp_buf json = MP_BUF(MP_MAX_MESSAGE);
	char *params = NULL;
	enum mcpass_rc rc;

	mp_splice_string(&json, name);
	rc = mp_buf_check(&json, "a name", err);
	edit.json = mp_buf_text(&json);
	if (!rc)
		rc = mp_splice((struct mp_span){ r->params, strlen(r->params) }, &edit, 1, &params, err);
	mp_buf_free(&json);
	if (rc)
		return rc;
	free(r->params);
	r->params = params;
	return MCPASS_OK;
}

enum mcpass_rc mp_tools_find(struct mp_bridge *b, struct mp_request *r, bool *ret_found,
    struct mcpass_error *err)
{
	bool is_tool = mp_eq(r->method, "tools/call");
	char *name = NULL;
	enum mcpass_rc rc = MCPASS_OK;

	*ret_found = false;
	if (r->params != NULL)
		rc = mp_splice_text(mp_raw_value((struct mp_span){ r->params, strlen(r->params) }, "name"), &name,
		    err);
	for (size_t i = 0; !rc && name != NULL && !*ret_found && i < b->config->server_count; i++) {
		char *prefix = NULL;
		size_t len;

		rc = prefix_of(b, i, is_tool, &prefix, err);
		len = prefix != NULL ? strlen(prefix) : 0;
		if (prefix != NULL && strncmp(name, prefix, len) == 0 && (!is_tool || is_allowed(b, name + len))) {
			*ret_found = true;
			r->server = i;
			rc = len > 0 ? rename_in(r, name + len, err) : MCPASS_OK;
		}
		free(prefix);
	}
	free(name);
	return rc;
}
