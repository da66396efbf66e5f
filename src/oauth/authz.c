#include "oauth/authz.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "oauth/refusals.h"
#include "wire/uri.h"

static bool asks_for_offline_access(const char *scope)
{
	size_t len;

	for (; scope != NULL && *scope != '\0'; scope += len + (scope[len] == ' ')) {
		len = strcspn(scope, " ");
		if (mp_span_is((struct mp_span){ scope, len }, "offline_access"))
			return true;
	}
	return false;
}

static bool names_prompt(const struct mp_authz_request *request)
{
	for (size_t i = 0; i < request->extra_count; i++)
		if (strcmp(request->extra[i].name, "prompt") == 0)
			return true;
	return false;
}

bool mp_authz_is_own(const char *name)
{
	static const char *const names[] = { "response_type", "client_id", "redirect_uri", "scope",
		"state", "code_challenge", "code_challenge_method", "resource", "dpop_jkt", "request",
		"request_uri", "client_secret", "client_assertion", "client_assertion_type" };

	for (size_t i = 0; i < MP_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void mp_authz_form(struct mp_buf *form, const struct mp_authz_request *request)
{
	mp_form_add(form, "response_type", "code");     /* spec: RFC 6749 4.1.1 */
	mp_form_add(form, "client_id", request->client_id);
	mp_form_add(form, "redirect_uri", request->redirect_uri);
	mp_form_add(form, "scope", request->scope);
	mp_form_add(form, "state", request->state);
	mp_form_add(form, "code_challenge", request->code_challenge);
	if (request->code_challenge != NULL)            /* spec: RFC 7636 4.3 */
		mp_form_add(form, "code_challenge_method", "S256");
	mp_form_add(form, "resource", request->resource); /* spec: RFC 8707 2.1 */
	for (size_t i = 0; i < request->extra_count; i++)
		if (request->extra[i].value[0] != '\0')  /* spec: RFC 6749 3.1 (as if omitted) */
			mp_form_add(form, request->extra[i].name, request->extra[i].value);
	/* spec: OpenID Connect Core 11 (else the server ignores offline_access) */
	if (asks_for_offline_access(request->scope) && !names_prompt(request))
		mp_form_add(form, "prompt", "consent");
}

enum mcpass_rc mp_authz_open(const char *endpoint, struct mp_buf *url, struct mcpass_error *err)
{
	char *plain = NULL;
	struct mp_uri uri;
	enum mcpass_rc rc = mp_uri_parse(endpoint, &uri, err);

	if (rc)
		return rc;
	/* spec: RFC 6749 3.1 (no fragment; its own query MUST be retained) */
	if (uri.fragment.data != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 3.1",
		    "authorization_endpoint has a fragment: %s", endpoint);
	rc = mp_uri_plain(endpoint, &plain, err);       /* it is an argument of a program soon */
	if (rc)
		return rc;
	mp_buf_adds(url, plain);
	free(plain);
	if (uri.query.data == NULL)
		mp_buf_addc(url, '?');
	return MCPASS_OK;
}

enum mcpass_rc mp_authz_url(const char *endpoint, const struct mp_authz_request *request,
    char **ret_url, struct mcpass_error *err)
{
	struct mp_buf url = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc = mp_authz_open(endpoint, &url, err);

	if (rc) {
		mp_buf_free(&url);
		return rc;
	}
	mp_authz_form(&url, request);
	return mp_buf_take(&url, "the authorization URL", ret_url, err);
}

/* Whether a and b are one '/' apart at the end: the usual reason for a mismatch. */
static bool differ_in_slash(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b), less = a_len < b_len ? a_len : b_len;

	return a_len + b_len == 2 * less + 1 && strncmp(a, b, less) == 0
	    && (a_len > b_len ? a : b)[less] == '/';
}

/* RFC 9207 2.4, as MCP 2026-07-28 tightens it: what is present must match.  What the
 * sender wrote is not shown: its sender is unknown. */
enum mcpass_rc mp_authz_check_iss(const char *sent, const char *recorded, bool promised,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (sent == NULL && promised)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9207 2.4",
		    "iss is missing from the redirect, though %s promises it", recorded);
	if (sent == NULL || strcmp(sent, recorded) == 0)   /* no normalisation, ever */
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, "RFC 9207 2.4", "the redirect's iss is not %s%s", recorded,
	    differ_in_slash(sent, recorded) ? " (a '/' at the end makes the difference)" : "");
	mp_hint(err, "The answer may be meant for another authorization server (a mix-up attack),"
	    " so its code is not used.");
	return rc;
}

/* spec: RFC 6749 10.12; MCP 2026-07-28 open redirection */
static bool is_state(const char *sent, const char *recorded)
{
	return sent != NULL && strlen(sent) == strlen(recorded)
	    && mp_bytes_equal(sent, recorded, strlen(recorded));
}

enum mcpass_rc mp_authz_is_ours(const char *query, size_t len, const char *state,
    bool *ret_ours, struct mcpass_error *err)
{
	const char *sent = NULL;
	struct mp_form form = { 0 };
	enum mcpass_rc rc = mp_form_read(query, len, &form, NULL);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (!rc)
		rc = mp_form_get(&form, "state", &sent, NULL);
	*ret_ours = rc == MCPASS_OK && is_state(sent, state);
	mp_form_free(&form);
	return MCPASS_OK;
}

static enum mcpass_rc check_state(const char *sent, const char *recorded,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	if (is_state(sent, recorded))
		return MCPASS_OK;
	rc = mp_fail(err, MCPASS_E_POLICY, "RFC 6749 10.12", "%s", sent == NULL
	    ? "the redirect has no state" : "the redirect's state is not the one of this login");
	mp_hint(err, "It is not the answer to this login: an old browser tab, or another person's"
	    " doing.  Start again.");
	return rc;
}

static enum mcpass_rc refuse(const char *error, const char *description,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_DENIED, "RFC 6749 4.1.2.1",
	    "the authorization server answered %s%s%s", error, description != NULL ? ": " : "",
	    description != NULL ? description : "");

	mp_oauth_code(err, error);
	mp_refusal_hint(MP_REFUSED_AUTHORIZATION, err);
	return rc;
}

/* Judges a form whose parameters are read one by one; those that decide stand there once at
 * most, and what is odd in them equals nothing of ours. */
static enum mcpass_rc judge(const struct mp_form *form, const struct mp_authz_expect *expect,
    struct mp_secret *ret_code, struct mcpass_error *err)
{
	const char *state = NULL, *iss = NULL, *error = NULL, *description = NULL, *code = NULL;
	struct mp_secret copy = { 0 };
	enum mcpass_rc rc = mp_form_get(form, "state", &state, err);

	if (!rc)
		rc = check_state(state, expect->state, err);
	if (!rc)
		rc = mp_form_get(form, "iss", &iss, err);
	if (!rc)        /* before error is looked at; spec: MCP 2026-07-28 response validation */
		rc = mp_authz_check_iss(iss, expect->issuer, expect->iss_promised, err);
	if (!rc)
		rc = mp_form_get(form, "error", &error, err);
	if (mp_form_get(form, "error_description", &description, NULL))
		description = NULL;             /* it is for show */
	if (!rc)
		rc = mp_form_get(form, "code", &code, err);
	if (rc)
		return rc;
	if (error != NULL && error[0] != '\0')
		return refuse(error, description, err);
	rc = mp_form_check(form, "code", err);
	if (rc)
		return rc;
	if (code == NULL || code[0] == '\0')    /* spec: RFC 6749 4.1.2 */
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 4.1.2",
		    "the redirect has neither code nor error");
	rc = mp_secret_set(&copy, code, err);
	if (!rc)
		*ret_code = copy;
	return rc;
}

enum mcpass_rc mp_authz_answer(const char *query, size_t len,
    const struct mp_authz_expect *expect, struct mp_secret *ret_code,
    struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	enum mcpass_rc rc = mp_form_read(query, len, &form, err);

	if (!rc)
		rc = judge(&form, expect, ret_code, err);
	mp_form_free(&form);
	return mp_doing(err, rc, "reading the answer to the authorization request");
}

enum mcpass_rc mp_authz_read_pasted(const char *line, char **ret_query, struct mcpass_error *err)
{
	const char *mark = strchr(line, '?');
	const char *query = mark != NULL ? mark + 1 : line + strspn(line, " \t");
	char *copy;

	if (strstr(query, "state=") == NULL) {
		*ret_query = NULL;
		return MCPASS_OK;
	}
	copy = mp_dup_span((struct mp_span){ query, strcspn(query, "# \t\r\n") });
	if (copy == NULL)
		return mp_nomem(err);
	*ret_query = copy;
	return MCPASS_OK;
}
