#include "oauth/registration.h"
#include <string.h>
#include "base/limits.h"
#include "oauth/refusals.h"
#include "oauth/token.h"
#include "wire/http/http.h"
#include "wire/uri.h"

#define MEMBER(type, flags, member, spec) \
	{ #member, type, flags, offsetof(struct mp_registration, member), spec }

#define IN_REQUESTS 0x100u      /* advises there, too: it is only shown */

/* What decides in an answer is who we are and how we prove it; the rest repeats our request,
 * or helps with what can be done without.  In a request every member decides. */
static const struct mp_field fields[] = {
	MEMBER(MP_FIELD_STRING, MP_DECIDES, client_id, "RFC 7591 3.2.1"),
	MEMBER(MP_FIELD_SECRET, MP_DECIDES, client_secret, "RFC 7591 3.2.1"),
	MEMBER(MP_FIELD_INT, MP_ADVISES, client_secret_expires_at, "RFC 7591 3.2.1"),
	MEMBER(MP_FIELD_STRING, MP_ADVISES | IN_REQUESTS, client_name, "RFC 7591 2"),
	MEMBER(MP_FIELD_STRING, MP_ADVISES | IN_REQUESTS, client_uri, "RFC 7591 2"),
	MEMBER(MP_FIELD_SCOPE, MP_ADVISES, scope, "RFC 7591 2"),
	MEMBER(MP_FIELD_STRING, MP_ADVISES, application_type, "OpenID Connect Registration 2"),
	MEMBER(MP_FIELD_STRING, MP_DECIDES, token_endpoint_auth_method, "RFC 7591 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, redirect_uris, "RFC 7591 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, grant_types, "RFC 7591 2"),
	MEMBER(MP_FIELD_STRINGS, MP_ADVISES, response_types, "RFC 7591 2"),
	MEMBER(MP_FIELD_URL, MP_ADVISES, registration_client_uri, "RFC 7592 3"),
	MEMBER(MP_FIELD_SECRET, MP_ADVISES, registration_access_token, "RFC 7592 3"),
	MEMBER(MP_FIELD_BOOL, MP_ADVISES, dpop_bound_access_tokens, "RFC 9449 5.2"),
	MEMBER(MP_FIELD_STRING, MP_ADVISES | IN_REQUESTS, software_id, "RFC 7591 2"),
	MEMBER(MP_FIELD_STRING, MP_ADVISES | IN_REQUESTS, software_version, "RFC 7591 2"),
};

enum mcpass_rc mp_registration_write(const struct mp_registration *wish, char **ret_body,
    struct mcpass_error *err)
{
	json_t *json = json_object();
	enum mcpass_rc rc = json == NULL ? mp_nomem(err)
	    : mp_json_write(json, fields, MP_COUNT(fields), wish, err);

	/* spec: RFC 7591 3.2.1 (beside a secret the 0, for never, is REQUIRED too) */
	if (!rc && mp_secret_present(&wish->client_secret)
	    && json_object_set_new(json, "client_secret_expires_at",
	    json_integer(wish->client_secret_expires_at)) != 0)
		rc = mp_nomem(err);
	return mp_json_end(json, rc, ret_body, err);
}

static enum mcpass_rc parse(unsigned rules, const char *data, size_t len,
    const struct mp_field *table, struct mp_registration *ret_registration,
    struct mcpass_error *err)
{
	struct mp_span text = mp_json_without_mark(data, len);
	struct mp_registration registration = { 0 };
	json_t *json = NULL;
	enum mcpass_rc rc = mp_json_parse_by(rules, text.data, text.len, MP_MAX_DOCUMENT,
	    "the client metadata", &json, err);

	if (!rc)
		rc = mp_json_take(json, table, MP_COUNT(fields), &registration, &registration.odd, err);
	json_decref(json);
	if (rc)
		mp_registration_free(&registration);
	else
		*ret_registration = registration;
	return mp_doing(err, rc, "reading the client metadata");
}

enum mcpass_rc mp_registration_parse(const char *data, size_t len,
    struct mp_registration *ret_registration, struct mcpass_error *err)
{
	struct mp_field strict[MP_COUNT(fields)];

	memcpy(strict, fields, sizeof(strict));
	for (size_t i = 0; i < MP_COUNT(strict); i++)
		if ((strict[i].flags & IN_REQUESTS) == 0)
			strict[i].flags = 0;
	return parse(0, data, len, strict, ret_registration, err);
}

enum mcpass_rc mp_registration_parse_answer(const char *data, size_t len,
    struct mp_registration *ret_registration, struct mcpass_error *err)
{
	struct mp_field needed[MP_COUNT(fields)];

	memcpy(needed, fields, sizeof(needed));
	for (size_t i = 0; i < MP_COUNT(needed); i++)
		if (mp_eq(needed[i].name, "client_id"))         /* spec: RFC 7591 3.2.1 */
			needed[i].flags |= MP_REQUIRED;
	return parse(MP_JSON_ANSWER, data, len, needed, ret_registration, err);
}

/* The server may have put another method in place of the one asked for: what it says
 * counts, if we can do it; spec: RFC 7591 3.2.1 */
static enum mcpass_rc check_method(const struct mp_registration *registration,
    struct mcpass_error *err)
{
	const char *name = registration->token_endpoint_auth_method;
	bool has_secret = mp_secret_present(&registration->client_secret);
	enum mcpass_rc rc;

	if (name == NULL)
		return MCPASS_OK;
	switch (mp_auth_method_from_name(name)) {
	case MP_AUTH_NONE:
		return MCPASS_OK;
	case MP_AUTH_BASIC:
	case MP_AUTH_POST:
		if (has_secret)
			return MCPASS_OK;
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7591 3.2.1",
		    "registered for %s, but no client_secret came with it", name);
	case MP_AUTH_PRIVATE_KEY_JWT:   /* no key was registered */
	case MP_AUTH_UNSET:
		break;
	}
	rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7591 3.2.1",
	    "registered for %s, which was not asked for", name);
	mp_hint(err, "Register a client by hand at the authorization server, with the method none"
	    " or client_secret_basic, and give its client id.");
	return rc;
}

/* spec: RFC 7591 3.2.1 */
static enum mcpass_rc check_response(struct mp_registration *registration,
    struct mcpass_error *err)
{
	if (registration->client_id == NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 7591 3.2.1", "client_id is missing");
	/* Absent counts as never: REQUIRED beside a secret, yet many servers forget it, and
	 * a secret that does run out is answered with invalid_client.  Some say never by -1. */
	if (registration->client_secret_expires_at < 0)
		registration->client_secret_expires_at = 0;
	return check_method(registration, err);
}

static void add_hint(int status, struct mcpass_error *err)
{
	mp_refusal_hint(MP_REFUSED_REGISTRATION, err);
	if (status == 401 || status == 403)     /* spec: RFC 7591 3 (a protected endpoint) */
		mp_hint(err, "Registration may need an initial access token of this server: give one,"
		    " or register a client by hand and give its client id.");
	mp_hint(err, "Register a client by hand at the authorization server, and give its id:"
	    " --client-id ID.");
}

enum mcpass_rc mp_registration_answer(int status, const char *data, size_t len,
    struct mp_registration *ret_registration, struct mcpass_error *err)
{
	struct mp_registration registration = { 0 };
	bool passing = status == 429 || status >= 500;
	enum mcpass_rc rc;

	if (!mp_http_is_answer(status)) {
		/* spec: RFC 7591 3.2.2; whatever the code is called, even insufficient_scope */
		rc = mp_token_error(status, data, len, passing ? MCPASS_E_IO : MCPASS_E_DENIED,
		    "RFC 7591 3.2.2", err);
		if (rc == MCPASS_E_DENIED)
			add_hint(status, err);
		if (rc == MCPASS_E_IO)
			mp_hint(err, "It may pass: try again in a while.");
		return rc;
	}
	rc = mp_registration_parse_answer(data != NULL ? data : "", len, &registration, err);
	if (!rc)
		rc = check_response(&registration, err);
	if (rc)
		mp_registration_free(&registration);
	else
		*ret_registration = registration;
	return mp_doing(err, rc, "reading the registration response");
}

void mp_registration_free(struct mp_registration *registration)
{
	mp_json_release(fields, MP_COUNT(fields), registration);
	mp_strings_free(&registration->odd);
}

enum mcpass_rc mp_registration_portless(const char *redirect_uri, char **ret_uri,
    struct mcpass_error *err)
{
	struct mp_uri uri;
	struct mp_buf text = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc = mp_uri_parse(redirect_uri, &uri, err);

	if (rc)
		return rc;
	/* spec: RFC 8252 7.3 (any port is for http on loopback only) */
	if (uri.is_https || !mp_uri_is_loopback(&uri))
		return mp_fail(err, MCPASS_E_USAGE, "RFC 8252 7.3",
		    "not a redirect URI on loopback: %s", redirect_uri);
	mp_buf_adds(&text, uri.is_ipv6 ? "http://[" : "http://");
	mp_buf_add(&text, uri.host.data, uri.host.len);
	mp_buf_adds(&text, uri.is_ipv6 ? "]" : "");
	mp_buf_add(&text, uri.path.data, uri.path.len);
	if (uri.query.data != NULL) {
		mp_buf_addc(&text, '?');
		mp_buf_add(&text, uri.query.data, uri.query.len);
	}
	return mp_buf_take(&text, "the redirect URI", ret_uri, err);
}
