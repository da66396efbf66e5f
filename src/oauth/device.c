#include "oauth/device.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/answer.h"
#include "oauth/target.h"
#include "oauth/token.h"
#include "wire/http/http.h"
#include "wire/uri.h"

#define DEFAULT_INTERVAL 5      /* spec: RFC 8628 3.2 */
#define SLOW_DOWN 5             /* spec: RFC 8628 3.5 */

void mp_device_request_form(struct mp_buf *form, const char *scope, const char *resource,
    const struct mcpass_header *extra, size_t extra_count)
{
	mp_form_add(form, "scope", scope);              /* spec: RFC 8628 3.1 */
	mp_form_add(form, "resource", resource);        /* spec: RFC 8707 2 */
	for (size_t i = 0; i < extra_count; i++)
		mp_form_add(form, extra[i].name, extra[i].value);
}

void mp_device_token_form(struct mp_buf *form, const struct mp_secret *device_code,
    const char *resource)
{
	mp_form_add(form, "grant_type", MP_GRANT_DEVICE);       /* spec: RFC 8628 3.4 */
	mp_form_add(form, "device_code", mp_secret_reveal(device_code));
	mp_form_add(form, "resource", resource);        /* spec: RFC 8707 2.2 */
}

#define AT(member) offsetof(struct mp_device, member)
static const struct mp_field fields[] = {
	{ "device_code", MP_FIELD_SECRET, MP_REQUIRED, AT(device_code), "RFC 8628 3.2" },
	{ "user_code", MP_FIELD_STRING, MP_REQUIRED, AT(user_code), "RFC 8628 3.2" },
	/* Not of type URL: what is wrong with it says mp_device_check_uris(). */
	{ "verification_uri", MP_FIELD_STRING, 0, AT(verification_uri), "RFC 8628 3.2" },
	/* It saves typing, and nothing hangs on it. */
	{ "verification_uri_complete", MP_FIELD_STRING, MP_ADVISES, AT(verification_uri_complete),
	    "RFC 8628 3.2" },
};
#undef AT

/* The name that the first drafts had, and that Google and Entra v1 kept. */
static enum mcpass_rc take_old_name(const json_t *body, struct mp_device *device,
    struct mcpass_error *err)
{
	const char *old = mp_json_text(body, "verification_url");

	if ((device->verification_uri == NULL || device->verification_uri[0] == '\0') && old != NULL)
		return mp_set(&device->verification_uri, old, err);
	return MCPASS_OK;
}

/* An address is shown as it is; spec: RFC 8628 3.3 */
static bool is_printable(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] > 0x7e)
			return false;
	return len > 0 && len <= max;
}

/* They make no sentence that a person would take for ours; spec: RFC 8628 6.1 */
static enum mcpass_rc check_user_code(const char *code, struct mcpass_error *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(code);

	if (len == 0 || len > MP_MAX_USER_CODE)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8628 3.2", "user_code is %s",
		    len == 0 ? "empty" : "too long to be shown");
	if (strspn(code, allowed) != len)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8628 6.1",
		    "user_code has characters that are neither letters, digits nor hyphens");
	return MCPASS_OK;
}

static enum mcpass_rc check_texts(const json_t *body, struct mp_device *device,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (device->device_code.len == 0)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8628 3.2", "device_code is empty");
	if (device->verification_uri == NULL || device->verification_uri[0] == '\0')
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8628 3.2", "verification_uri %s",
		    mp_json_why_absent(body, "verification_uri"));
	rc = check_user_code(device->user_code, err);
	if (!rc && !is_printable(device->verification_uri, MP_MAX_URI))
		rc = mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8628 3.2",
		    "verification_uri is too long, or has characters that belong into no address");
	if (!rc && device->verification_uri_complete != NULL
	    && !is_printable(device->verification_uri_complete, MP_MAX_URI))
		(void)mp_set(&device->verification_uri_complete, NULL, NULL);
	return rc;
}

static enum mcpass_rc read_times(const json_t *body, struct mp_device *device,
    struct mcpass_error *err)
{
	int64_t lifetime = 0;

	(void)mp_token_seconds(json_object_get(body, "expires_in"), &lifetime);
	device->expires_in = lifetime < MP_MAX_DEVICE_LIFETIME ? lifetime : MP_MAX_DEVICE_LIFETIME;
	(void)mp_token_seconds(json_object_get(body, "interval"), &device->interval);
	if (device->expires_in == 0)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 8628 3.2",
		    "expires_in %s, or not a number of seconds", mp_json_why_absent(body, "expires_in"));
	if (device->interval == 0)
		device->interval = DEFAULT_INTERVAL;
	return MCPASS_OK;
}

static enum mcpass_rc read_device(const json_t *body, struct mp_device *ret_device,
    struct mcpass_error *err)
{
	struct mp_device device = { 0 };
	enum mcpass_rc rc = mp_json_read(body, fields, MP_COUNT(fields), &device, err);

	if (!rc)
		rc = take_old_name(body, &device, err);
	if (!rc)
		rc = check_texts(body, &device, err);
	if (!rc)
		rc = read_times(body, &device, err);
	if (rc)
		mp_device_free(&device);
	else
		*ret_device = device;
	return rc;
}

/* The refusals that a person can do something about; spec: RFC 8628 3.2, RFC 6749 5.2 */
static const struct { const char *code, *hint; } refusals[] = {
	{ "unauthorized_client", "This client may not use the device grant: have it allowed at the"
	    " authorization server (Keycloak: 'OAuth 2.0 Device Authorization Grant')." },
	{ "invalid_client", "The authorization server does not take this client (any more): log"
	    " out, so that it registers again, or check the client id and secret that were given." },
	{ "invalid_scope", "The server does not grant one of these scopes to this client: ask for"
	    " fewer, or have the client's registration widened." },
	{ "invalid_target", "The authorization server does not know this resource: it has to be"
	    " entered there as an API or audience." },
};

static enum mcpass_rc refuse(int status, const char *data, size_t len, struct mcpass_error *err)
{
	bool refusal = status < 300 || status >= 400;
	enum mcpass_rc rc = mp_token_error(status, data, len, mp_token_is_passing(status)
	    ? MCPASS_E_IO : refusal ? MCPASS_E_DENIED : MCPASS_E_PROTOCOL, "RFC 8628 3.2", err);

	for (size_t i = 0; rc == MCPASS_E_DENIED && err != NULL && i < MP_COUNT(refusals); i++)
		if (strcmp(err->oauth, refusals[i].code) == 0)
			mp_hint(err, "%s", refusals[i].hint);
	return rc;
}

enum mcpass_rc mp_device_answer(int status, const char *data, size_t len,
    struct mp_device *ret_device, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc;

	if (!mp_http_is_answer(status))
		return refuse(status, data, len, err);
	rc = mp_answer_read(data, len, MP_MAX_DOCUMENT, "the device authorization response", &body, err);
	/* Some refuse with a 200, as at their token endpoints. */
	if (!rc && json_object_get(body, "device_code") == NULL && mp_token_says_error(body))
		rc = refuse(status, data, len, err);
	else if (!rc)
		rc = read_device(body, ret_device, err);
	json_decref(body);
	return rc;
}

/* A page may have a fragment, unlike an endpoint; whatever it is, it is not contacted. */
static enum mcpass_rc check_uri(const char *uri, const struct mp_device_rules *rules,
    const char *name, struct mcpass_error *err)
{
	char *page = mp_dup_span((struct mp_span){ uri, strcspn(uri, "#") });
	enum mcpass_rc rc = MCPASS_OK;

	if (page == NULL)
		return mp_nomem(err);
	if (!mp_target_is_allowed_http(page, (const char *const *)rules->http_hosts.items,
	    rules->http_hosts.count))
		rc = mp_target_check(page, rules->server_url, rules->loopback_http, name, err);
	mp_free_wiped(page);
	return rc;
}

/* Whether both lead to the same place, for a person who compares what is shown. */
static bool same_origin(const char *a, const char *b)
{
	struct mp_uri one, other;

	return mp_uri_parse(a, &one, NULL) == MCPASS_OK && mp_uri_parse(b, &other, NULL) == MCPASS_OK
	    && mp_uri_same_origin(&one, &other);
}

enum mcpass_rc mp_device_check_uris(struct mp_device *device,
    const struct mp_device_rules *rules, struct mcpass_error *err)
{
	const char *complete = device->verification_uri_complete;
	enum mcpass_rc rc;

	/* spec: RFC 8628 3.2, 5.5 (what a person is sent to is what an endpoint may be) */
	rc = check_uri(device->verification_uri, rules, "verification_uri", err);
	if (rc || complete == NULL)
		return rc;
	rc = check_uri(complete, rules, "verification_uri_complete", NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc || !same_origin(complete, device->verification_uri))
		(void)mp_set(&device->verification_uri_complete, NULL, NULL);
	return MCPASS_OK;
}

bool mp_device_is_elsewhere(const char *uri, const char *issuer)
{
	struct mp_uri page, known;
	bool same = false;
	char *host;

	if (issuer == NULL || mp_uri_parse(uri, &page, NULL) != MCPASS_OK
	    || mp_uri_parse(issuer, &known, NULL) != MCPASS_OK)
		return true;
	host = mp_dup_span(known.host);
	same = host != NULL && mp_span_is_nocase(page.host, host);
	free(host);
	return !same;
}

void mp_device_free(struct mp_device *device)
{
	mp_json_release(fields, MP_COUNT(fields), device);
	device->expires_in = device->interval = 0;
}

static enum mcpass_rc end(const struct mcpass_error *why, enum mcpass_rc rc, const char *hint,
    struct mcpass_error *err)
{
	if (err != NULL) {
		*err = *why;
		err->rc = rc;
		err->spec = "RFC 8628 3.5";
		err->hint[0] = '\0';
		mp_hint(err, "%s", hint);
	}
	return rc;
}

/* A server that does not answer is asked half as often each time; spec: RFC 8628 3.5
 * ("MUST unilaterally reduce polling frequency"). */
static enum mcpass_rc back_off(struct mp_device_pace *pace)
{
	pace->interval = 2 * pace->interval;
	return MCPASS_OK;
}

/* Whichever status it came with: servers have pending with 428, 412, 202 and others. */
static bool says(const struct mcpass_error *why, const char *code)
{
	return strcmp(why->oauth, code) == 0;
}

enum mcpass_rc mp_device_judge(int status, const struct mcpass_error *why,
    struct mp_device_pace *pace, struct mcpass_error *err)
{
	bool pending = says(why, "authorization_pending") || (status == 202 && why->oauth[0] == '\0');

	if (why->rc == MCPASS_E_IO && status == 0)
		return back_off(pace);
	if (why->rc != MCPASS_E_NOMEM && pending) {
		pace->failures = 0;
		return MCPASS_OK;               /* spec: RFC 8628 3.5 */
	}
	if (says(why, "slow_down")) {
		pace->failures = 0;
		pace->interval += SLOW_DOWN;    /* spec: RFC 8628 3.5 (this and all later ones) */
		return MCPASS_OK;
	}
	if (says(why, "access_denied"))
		return end(why, MCPASS_E_DENIED, "The authorization server or the person refused.", err);
	if (says(why, "expired_token"))
		return end(why, MCPASS_E_EXPIRED, "The code was not entered in time: run the command"
		    " again for a new one.", err);
	if (why->rc == MCPASS_E_IO && ++pace->failures <= MP_MAX_POLL_FAILURES)
		return back_off(pace);
	pace->failures = 0;
	if (err != NULL)
		*err = *why;
	return why->rc;
}
