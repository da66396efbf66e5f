#include "oauth/token.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/refusals.h"

void mp_token_code_form(struct mp_buf *form, const struct mp_secret *code,
    const struct mp_secret *verifier, const char *redirect_uri, const char *resource)
{
	mp_form_add(form, "grant_type", "authorization_code");  /* spec: RFC 6749 4.1.3 */
	mp_form_add(form, "code", mp_secret_reveal(code));
	mp_form_add(form, "redirect_uri", redirect_uri);
	mp_form_add(form, "code_verifier", mp_secret_reveal(verifier)); /* spec: RFC 7636 4.5 */
	mp_form_add(form, "resource", resource);        /* spec: RFC 8707 2.2 */
}

void mp_token_refresh_form(struct mp_buf *form, const struct mp_secret *refresh_token,
    const char *scope, const char *resource)
{
	mp_form_add(form, "grant_type", "refresh_token");       /* spec: RFC 6749 6 */
	mp_form_add(form, "refresh_token", mp_secret_reveal(refresh_token));
	mp_form_add(form, "scope", scope);
	mp_form_add(form, "resource", resource);        /* spec: RFC 8707 2.2 */
}

void mp_token_revoke_form(struct mp_buf *form, const struct mp_secret *token,
    const char *hint)
{
	mp_form_add(form, "token", mp_secret_reveal(token));    /* spec: RFC 7009 2.1 */
	mp_form_add(form, "token_type_hint", hint);
}

static const struct mp_field fields[] = {
	{ "access_token", MP_FIELD_SECRET, MP_REQUIRED, offsetof(struct mp_token, access_token),
	    "RFC 6749 5.1" },
	{ "token_type", MP_FIELD_STRING, MP_REQUIRED, offsetof(struct mp_token, token_type),
	    "RFC 6749 5.1" },
	{ "refresh_token", MP_FIELD_SECRET, 0, offsetof(struct mp_token, refresh_token),
	    "RFC 6749 5.1" },
	{ "scope", MP_FIELD_STRING, 0, offsetof(struct mp_token, scope), "RFC 6749 5.1" },
	/* Lenient: we never read it for authorization; a broken one must not cost the login. */
	{ "id_token", MP_FIELD_SECRET, MP_ADVISES, offsetof(struct mp_token, id_token),
	    "OpenID Connect Core 3.1.3.3" },
};

/* expires_in is not in the table: Entra v1, SAP and others send "3600", some a fraction.
 * What is no number at all counts as not given, as it is only RECOMMENDED. */
int64_t mp_token_seconds(const json_t *value)
{
	const char *text = json_string_value(value);
	double seconds = json_number_value(value);      /* 0 for what is no number */

	if (text != NULL && strspn(text, "0123456789") == strlen(text))
		seconds = strtod(text, NULL);
	if (seconds <= 0)
		return 0;
	return seconds < MP_MAX_TOKEN_LIFETIME ? (int64_t)seconds : MP_MAX_TOKEN_LIFETIME;
}

/* What goes into an Authorization header has to fit there; spec: RFC 6750 2.1 */
static enum mcpass_rc check_access_token(const struct mp_secret *token,
    struct mcpass_error *err)
{
	const char *text = mp_secret_reveal(token);

	if (token->len == 0)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 5.1", "access_token is empty");
	if (token->len > MP_MAX_TOKEN)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "access_token is larger than %zu bytes",
		    MP_MAX_TOKEN);
	for (size_t i = 0; i < token->len; i++)
		if (text[i] <= 0x20 || text[i] >= 0x7f)
			return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6750 2.1",
			    "access_token has a byte that no header may carry");
	return MCPASS_OK;
}

/* spec: RFC 6749 7.1 (an unknown type MUST NOT be used), RFC 9449 5 */
static enum mcpass_rc check_type(const char *type, const char *wanted,
    struct mcpass_error *err)
{
	if (mp_eq_nocase(type, wanted))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 7.1", "token_type is %s, not %s", type,
	    wanted);
}

static void drop_empty(struct mp_secret *secret)
{
	if (secret->len == 0)
		mp_secret_free(secret);
}

static enum mcpass_rc read_token(const json_t *body, const char *wanted_type,
    struct mp_token *ret_token, struct mcpass_error *err)
{
	struct mp_token token = { 0 };
	enum mcpass_rc rc;

	rc = mp_json_read(body, fields, MP_COUNT(fields), &token, err);
	if (!rc)
		rc = check_access_token(&token.access_token, err);
	if (!rc)
		rc = check_type(token.token_type, wanted_type, err);
	if (rc) {
		mp_token_free(&token);
		return rc;
	}
	drop_empty(&token.refresh_token);
	drop_empty(&token.id_token);
	token.expires_in = mp_token_seconds(json_object_get(body, "expires_in"));
	*ret_token = token;
	return MCPASS_OK;
}

/* Where servers without OAuth errors put their sentence: Okta, gateways, FastAPI. */
static const char *const sentence_members[] = {
	"error_description", "errorSummary", "message", "detail",
};

struct refusal {                        /* borrowed from the body; NULL when absent */
	const char *code, *text;
};

static struct refusal read_refusal(const json_t *body)
{
	struct refusal refusal = { json_string_value(json_object_get(body, "error")), NULL };

	for (size_t i = 0; refusal.text == NULL && i < MP_COUNT(sentence_members); i++)
		refusal.text = json_string_value(json_object_get(body, sentence_members[i]));
	/* Keycloak's registration answers with a sentence in error; a code has no space. */
	if (refusal.code != NULL && strpbrk(refusal.code, " \"") != NULL) {
		if (refusal.text == NULL)
			refusal.text = refusal.code;
		refusal.code = NULL;
	}
	if (refusal.code != NULL && refusal.code[0] == '\0')
		refusal.code = NULL;
	return refusal;
}

/* body is NULL when it was no JSON. */
static enum mcpass_rc report(int status, const json_t *body, enum mcpass_rc rc,
    const char *spec, struct mcpass_error *err)
{
	struct refusal refusal = read_refusal(body);

	if (refusal.code == NULL && refusal.text == NULL)
		return mp_fail(err, rc, spec, "the server answered %d, %s", status,
		    body == NULL ? "not with JSON" : "without an OAuth error");
	rc = mp_fail(err, rc, spec, "the server answered %d%s%s%s%s", status,
	    refusal.code != NULL ? " " : "", refusal.code != NULL ? refusal.code : "",
	    refusal.text != NULL ? ": " : "", refusal.text != NULL ? refusal.text : "");
	/* Only a refusal has a code: nobody may act on one that came with a 500. */
	if (rc == MCPASS_E_DENIED)
		mp_oauth_code(err, refusal.code);
	return rc;
}

/* *ret_body is NULL for what is no JSON: the status says more than a syntax error would,
 * and a proxy's web page is not shown. */
static enum mcpass_rc parse_error_body(const char *data, size_t len, json_t **ret_body,
    struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc;

	rc = mp_json_parse(data != NULL ? data : "", len, MP_MAX_TOKEN_RESPONSE, "the error", &body,
	    NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_body = rc ? NULL : body;
	return MCPASS_OK;
}

enum mcpass_rc mp_token_error(int status, const char *data, size_t len, enum mcpass_rc rc,
    const char *spec, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc failed;

	failed = parse_error_body(data, len, &body, err);
	if (!failed)
		failed = report(status, body, rc, spec, err);
	json_decref(body);
	return failed;
}

static enum mcpass_rc refuse(int status, const json_t *body, struct mcpass_error *err)
{
	bool says_error = json_string_length(json_object_get(body, "error")) > 0;
	enum mcpass_rc rc = MCPASS_E_PROTOCOL;

	if (status == 429 || status >= 500)             /* passing, whatever it says */
		rc = MCPASS_E_IO;
	else if (says_error && (status == 200 || status == 400 || status == 401 || status == 403))
		rc = MCPASS_E_DENIED;                   /* spec: RFC 6749 5.2 */
	rc = report(status, body, rc, "RFC 6749 5.2", err);
	if (rc == MCPASS_E_IO)
		mp_hint(err, "It may pass: nothing that is stored was dropped; try again in a while.");
	if (rc == MCPASS_E_DENIED)
		mp_refusal_hint(MP_REFUSED_TOKEN, err);
	return rc;
}

/* GitHub and others refuse with a 200. */
static bool is_granted(const json_t *body)
{
	return json_object_get(body, "access_token") != NULL
	    || json_string_length(json_object_get(body, "error")) == 0;
}

enum mcpass_rc mp_token_answer(int status, const char *data, size_t len,
    const char *wanted_type, struct mp_token *ret_token, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc;

	if (status == 200)
		rc = mp_doing(err, mp_json_parse(data != NULL ? data : "", len, MP_MAX_TOKEN_RESPONSE,
		    "the token response", &body, err), "reading the token response");
	else
		rc = parse_error_body(data, len, &body, err);
	if (!rc && status == 200 && is_granted(body))
		rc = mp_doing(err, read_token(body, wanted_type, ret_token, err),
		    "reading the token response");
	else if (!rc)
		rc = refuse(status, body, err);
	json_decref(body);
	return rc;
}

void mp_token_free(struct mp_token *token)
{
	mp_json_release(fields, MP_COUNT(fields), token);
	token->expires_in = 0;
}
