#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "issuer/core.h"
#include "issuer/login/texts.h"
#include "oauth/scope.h"

enum mcpass_rc mp_request_header(const struct mp_turn *turn, const char *name,
    const char **ret_value, struct mcpass_error *err)
{
	const struct mp_http_request *request = turn->request;

	/* Two of them are read differently by different programs.  spec: RFC 9110 5.3 */
	if (mp_header_count(request->headers, request->header_count, name) > 1)
		return mp_response_refuse(err, "invalid_request", "RFC 9110 5.3",
		    "the %s header stands there twice", name);
	*ret_value = mp_header_get(request->headers, request->header_count, name);
	return MCPASS_OK;
}

enum mcpass_rc mp_request_form(const struct mp_turn *turn, struct mp_form *ret_form,
    struct mcpass_error *err)
{
	const struct mp_http_request *request = turn->request;
	const char *type = NULL;
	enum mcpass_rc rc = mp_request_header(turn, "Content-Type", &type, err);

	if (rc)
		return rc;
	/* spec: RFC 6749 3.2 */
	if (type == NULL || !mp_media_type_is(type, "application/x-www-form-urlencoded"))
		return mp_response_refuse(err, "invalid_request", "RFC 6749 3.2",
		    "the body has to be application/x-www-form-urlencoded");
	if (request->body_len > MP_MAX_FORM)
		return mp_response_refuse(err, "invalid_request", NULL,
		    "the form is larger than %zu bytes", MP_MAX_FORM);
	return mp_form_parse(request->body, request->body_len, ret_form, err);
}

enum mcpass_rc mp_request_query(const struct mp_turn *turn, struct mp_form *ret_query,
    struct mcpass_error *err)
{
	const char *text = turn->request->query != NULL ? turn->request->query : "";

	if (strlen(text) > MP_MAX_URI)
		return mp_response_refuse(err, "invalid_request", NULL,
		    "%s", mp_texts_english(MP_TEXT_REFUSED_LINK_LONG));
	return mp_form_parse(text, strlen(text), ret_query, err);
}

enum mcpass_rc mp_request_scopes(const char *text, struct mp_strings *ret_scopes,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_scope_parse(text, ret_scopes, err);

	if (rc == MCPASS_E_PROTOCOL)
		mp_oauth_code(err, "invalid_scope");
	return rc;
}

enum mcpass_rc mp_request_required(const struct mp_form *form, const char *name,
    const char **ret_value, struct mcpass_error *err)
{
	const char *value;
	enum mcpass_rc rc = mp_form_get(form, name, &value, err);

	if (rc)
		return rc;
	/* An empty value counts as omitted.  spec: RFC 6749 3.1, 3.2 */
	if (value == NULL || value[0] == '\0')
		return mp_response_refuse(err, "invalid_request", "RFC 6749 5.2",
		    "%s is missing", name);
	*ret_value = value;
	return MCPASS_OK;
}

enum mcpass_rc mp_request_resource(const struct mp_form *form, const char **ret_resource,
    struct mcpass_error *err)
{
	const char *resource = NULL;
	struct mp_uri uri;

	for (size_t i = 0; i < form->count; i++) {
		if (strcmp(form->pairs[i].name, "resource") != 0)
			continue;
		/* One token for two servers would let each play the other's client. */
		if (resource != NULL)
			return mp_response_refuse(err, "invalid_target", "RFC 8707 2.1",
			    "one resource at a time");
		resource = form->pairs[i].value;
	}
	/* spec: RFC 8707 2 (an absolute URI without a fragment) */
	if (resource != NULL && (mp_uri_parse(resource, &uri, NULL) != MCPASS_OK
	    || uri.fragment.data != NULL))
		return mp_response_refuse(err, "invalid_target", "RFC 8707 2",
		    "resource is not an absolute URI without a fragment");
	*ret_resource = resource;
	return MCPASS_OK;
}

/* 32 random bytes as base64url: the only form that our cookies have. */
static bool is_ours(struct mp_span value)
{
	if (value.len != 43)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.data[i];

		if (!mp_is_letter(c) && !mp_is_digit(c) && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Looks for name in one Cookie header; counts how often it occurs.
 * spec: RFC 6265 4.2.1 */
static size_t find_cookie(const char *header, const char *name, struct mp_span *value)
{
	size_t name_len = strlen(name), count = 0;

	while (*header != '\0') {
		size_t len;

		header += strspn(header, " \t;");
		len = strcspn(header, ";");
		if (len > name_len && strncmp(header, name, name_len) == 0
		    && header[name_len] == '=') {
			*value = (struct mp_span){ header + name_len + 1, len - name_len - 1 };
			count++;
		}
		header += len;
	}
	return count;
}

enum mcpass_rc mp_request_cookie(const struct mp_turn *turn, const char *name,
    struct mp_secret *ret_value, struct mcpass_error *err)
{
	const struct mp_http_request *request = turn->request;
	struct mp_span value = { NULL, 0 };
	size_t count = 0;
	char full[64];

	(void)snprintf(full, sizeof(full), "%smcpass-%s",
	    turn->issuer->is_https ? "__Host-" : "", name);
	for (size_t i = 0; i < request->header_count; i++)
		if (mp_eq_nocase(request->headers[i].name, "Cookie"))
			count += find_cookie(request->headers[i].value, full, &value);
	/* Two of one name: another host of the domain set one of them, so neither is believed. */
	if (count != 1 || !is_ours(value)) {
		mp_secret_free(ret_value);
		return MCPASS_OK;
	}
	return mp_secret_set_span(ret_value, value, err);
}

bool mp_request_same_origin(const struct mp_turn *turn)
{
	const struct mp_http_request *request = turn->request;
	size_t count = mp_header_count(request->headers, request->header_count, "Origin");

	/* A browser that sends none is held back by the cookie and the form's token. */
	if (count == 0)
		return true;
	return count == 1 && mp_eq(turn->issuer->origin,
	    mp_header_get(request->headers, request->header_count, "Origin"));
}

/* spec: W3C Fetch Metadata Request Headers 2.1 to 2.3; one of two values is none */
static bool says(const struct mp_http_request *request, const char *name, const char *value)
{
	return mp_header_count(request->headers, request->header_count, name) == 1
	    && mp_eq(mp_header_get(request->headers, request->header_count, name), value);
}

bool mp_request_is_direct(const struct mp_turn *turn)
{
	static const char *const sites[] = { "none", "same-origin", "same-site" };
	static const char *const purposes[] = { "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz" };
	const struct mp_http_request *request = turn->request;
	bool near = false;

	for (size_t i = 0; i < MP_COUNT(sites); i++)
		near = near || says(request, "Sec-Fetch-Site", sites[i]);
	/* A page that is fetched ahead is one that the person has not asked for yet. */
	for (size_t i = 0; i < MP_COUNT(purposes); i++)
		if (mp_header_count(request->headers, request->header_count, purposes[i]) > 0)
			return false;
	return near && says(request, "Sec-Fetch-Mode", "navigate")
	    && says(request, "Sec-Fetch-Dest", "document");
}
