#include "cli/demo/auto_login.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "io/http/http.h"
#include "wire/form.h"
#include "wire/uri.h"

/* Sign in, allow, be sent back: anything longer is not our server. */
#define MAX_PAGES 8

/* A browser's memory. */
struct walk {
	struct mp_http *http;
	struct mp_headers jar;
	const char *username, *password;
	char *url;                      /* where it is, or goes next */
	struct mp_buf body;             /* what it sends there; empty: GET */
};

static enum mcpass_rc add_cookies(const struct mp_headers *jar, struct mp_headers *headers,
    struct mcpass_error *err)
{
	struct mp_buf line = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < jar->count; i++)
		mp_buf_addf(&line, "%s%s=%s", i > 0 ? "; " : "", jar->items[i].name,
		    jar->items[i].value);
	if (line.len > 0) {
		rc = mp_buf_check(&line, "the cookies", err);
		if (!rc)
			rc = mp_headers_add(headers, "Cookie", mp_buf_text(&line), err);
	}
	mp_buf_free(&line);
	return rc;
}

static enum mcpass_rc load(struct walk *walk, struct mp_http_response *response,
    struct mcpass_error *err)
{
	bool is_post = walk->body.len > 0;
	struct mp_headers headers = { 0 };
	enum mcpass_rc rc = add_cookies(&walk->jar, &headers, err);

	if (!rc && is_post)
		rc = mp_headers_add(&headers, "Content-Type", "application/x-www-form-urlencoded", err);
	if (!rc)
		rc = mp_http_perform(walk->http, is_post ? "POST" : "GET", walk->url, headers.items,
		    headers.count, is_post ? walk->body.data : NULL, walk->body.len, MP_MAX_DOCUMENT,
		    response, err);
	if (!rc)
		rc = mp_auto_login_take_cookies(&response->headers, &walk->jar, err);
	mp_headers_free(&headers);
	mp_buf_clear(&walk->body);
	return rc;
}

static enum mcpass_rc go_to(struct walk *walk, const char *reference, struct mcpass_error *err)
{
	struct mp_uri here;
	char *url = NULL;
	enum mcpass_rc rc = mp_uri_parse(walk->url, &here, err);

	if (!rc)
		rc = mp_uri_resolve(&here, reference, &url, err);
	if (rc)
		return rc;
	free(walk->url);
	walk->url = url;
	return MCPASS_OK;
}

static const char *fill_in(const struct walk *walk, const struct mcpass_header *field)
{
	if (strcmp(field->name, "username") == 0)
		return walk->username;
	if (strcmp(field->name, "password") == 0)
		return walk->password;
	return field->value;
}

static enum mcpass_rc send_form(struct walk *walk, const char *html, struct mcpass_error *err)
{
	struct mp_page_form form = { 0 };
	enum mcpass_rc rc = mp_auto_login_read_form(html, &form, err);

	for (size_t i = 0; !rc && i < form.fields.count; i++)
		mp_form_add(&walk->body, form.fields.items[i].name,
		    fill_in(walk, &form.fields.items[i]));
	if (!rc)
		rc = mp_buf_check(&walk->body, "the form", err);
	if (!rc)
		rc = go_to(walk, form.action, err);
	mp_auto_login_free_form(&form);
	return rc;
}

/* One page; *ret_done once a page has neither a form nor a redirect: the listener's. */
static enum mcpass_rc step(struct walk *walk, bool *ret_done, struct mcpass_error *err)
{
	struct mp_http_response response = { 0 };
	const char *location, *html;
	enum mcpass_rc rc = load(walk, &response, err);

	if (rc)
		return rc;
	html = mp_buf_text(&response.body);
	location = mp_header_get(response.headers.items, response.headers.count, "Location");
	if (response.status >= 300 && response.status < 400 && location != NULL)
		rc = go_to(walk, location, err);
	else if (response.status == 200 && strstr(html, "<form ") != NULL)
		rc = send_form(walk, html, err);
	else if (response.status == 200)
		*ret_done = true;
	else
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "the page answered %d", response.status);
	mp_http_response_free(&response);
	return rc;
}

enum mcpass_rc mp_auto_login_walk(const char *url, const char *username, const char *password,
    struct mcpass_error *err)
{
	struct walk walk = { .username = username, .password = password };
	const struct mp_http_options options = { 0 };
	bool done = false;
	enum mcpass_rc rc;

	mp_buf_init(&walk.body, MP_MAX_FORM);
	rc = mp_set(&walk.url, url, err);
	if (!rc)
		rc = mp_http_new(&options, NULL, &walk.http, err);
	for (int i = 0; !rc && !done && i < MAX_PAGES; i++)
		rc = step(&walk, &done, err);
	if (!rc && !done)
		rc = mp_fail(err, MCPASS_E_PROTOCOL, NULL, "more than %d pages", MAX_PAGES);
	mp_http_free(walk.http);
	mp_headers_free(&walk.jar);
	mp_buf_free(&walk.body);
	free(walk.url);
	return mp_doing(err, rc, "walking the pages of the demo");
}
