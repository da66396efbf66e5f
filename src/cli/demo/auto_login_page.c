/* A page's form and a response's cookies.  Only as much HTML as our pages are made of:
 * attributes in double quotes, the five entities that they escape with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/secret.h"
#include "cli/demo/auto_login.h"

static enum mcpass_rc not_ours(struct mcpass_error *err, const char *what)
{
	return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "the page is not one of our own: %s", what);
}

/* The value of an attribute of the tag that begins at tag; *ret_value stays NULL when it
 * has none. */
static enum mcpass_rc read_attribute(const char *tag, const char *name, char **ret_value,
    struct mcpass_error *err)
{
	static const struct { const char *entity; char c; } entities[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' },
		{ "&#39;", '\'' },
	};
	struct mp_span inside = { tag, strcspn(tag, ">") };
	const char *at = tag, *end;
	struct mp_buf value;
	char start[32];

	(void)snprintf(start, sizeof(start), " %s=\"", name);
	at = strstr(tag, start);
	if (at == NULL || at > inside.data + inside.len)
		return MCPASS_OK;
	at += strlen(start);
	end = strchr(at, '"');
	if (end == NULL)
		return not_ours(err, "an attribute has no end");
	mp_buf_init(&value, MP_MAX_DOCUMENT);
	while (at < end) {
		size_t i = 0;

		while (i < MP_COUNT(entities)
		    && strncmp(at, entities[i].entity, strlen(entities[i].entity)) != 0)
			i++;
		mp_buf_addc(&value, i < MP_COUNT(entities) ? entities[i].c : *at);
		at += i < MP_COUNT(entities) ? strlen(entities[i].entity) : 1;
	}
	return mp_buf_take(&value, "an attribute", ret_value, err);
}

/* Of the buttons, the one that allows is pressed. */
static enum mcpass_rc add_control(const char *tag, bool is_button, struct mp_headers *fields,
    struct mcpass_error *err)
{
	char *name = NULL, *value = NULL;
	enum mcpass_rc rc = read_attribute(tag, "name", &name, err);

	if (!rc)
		rc = read_attribute(tag, "value", &value, err);
	if (!rc && name != NULL && (!is_button || mp_eq(value, "allow")))
		rc = mp_headers_add(fields, name, value != NULL ? value : "", err);
	free(name);
	mp_free_wiped(value);
	return rc;
}

enum mcpass_rc mp_auto_login_read_form(const char *html, struct mp_page_form *ret_form,
    struct mcpass_error *err)
{
	struct mp_page_form form = { 0 };
	const char *tag = strstr(html, "<form "), *end;
	enum mcpass_rc rc;

	if (tag == NULL)
		return not_ours(err, "it has no form");
	end = strstr(tag, "</form>");
	rc = end == NULL ? not_ours(err, "its form has no end")
	    : read_attribute(tag, "action", &form.action, err);
	if (!rc && form.action == NULL)
		rc = not_ours(err, "its form goes nowhere");
	while (!rc && (tag = strchr(tag + 1, '<')) != NULL && tag < end) {
		bool is_button = strncmp(tag, "<button ", 8) == 0;

		if (is_button || strncmp(tag, "<input ", 7) == 0)
			rc = add_control(tag, is_button, &form.fields, err);
	}
	if (rc)
		mp_auto_login_free_form(&form);
	else
		*ret_form = form;
	return rc;
}

void mp_auto_login_free_form(struct mp_page_form *form)
{
	free(form->action);
	form->action = NULL;
	mp_headers_free(&form->fields);
}

/* A cookie of that name is replaced: the jar is made anew without it. */
static enum mcpass_rc put_cookie(struct mp_headers *jar, const char *name, const char *value,
    struct mcpass_error *err)
{
	struct mp_headers kept = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < jar->count && !rc; i++)
		if (strcmp(jar->items[i].name, name) != 0)
			rc = mp_headers_add(&kept, jar->items[i].name, jar->items[i].value, err);
	if (!rc && value[0] != '\0')
		rc = mp_headers_add(&kept, name, value, err);
	if (rc) {
		mp_headers_free(&kept);
		return rc;
	}
	mp_headers_free(jar);
	*jar = kept;
	return MCPASS_OK;
}

enum mcpass_rc mp_auto_login_take_cookies(const struct mp_headers *headers,
    struct mp_headers *jar, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < headers->count && !rc; i++) {
		const char *text = headers->items[i].value, *equals;
		char *name, *value;

		if (!mp_eq_nocase(headers->items[i].name, "Set-Cookie"))
			continue;
		equals = strchr(text, '=');
		if (equals == NULL)
			return not_ours(err, "a cookie has no value");
		name = mp_dup_span((struct mp_span){ text, (size_t)(equals - text) });
		value = mp_dup_span((struct mp_span){ equals + 1, strcspn(equals + 1, ";") });
		rc = name == NULL || value == NULL ? mp_nomem(err) : put_cookie(jar, name, value, err);
		free(name);
		mp_free_wiped(value);
	}
	return rc;
}
