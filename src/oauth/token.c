#include "oauth/token.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/answer.h"
#include "oauth/scope.h"
#include "wire/http/http.h"

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

/* Only the token itself decides; the rest is read if it can be, for an answer that is thrown
 * away has cost the code, or the refresh token that was used for it. */
static const struct mp_field fields[] = {
	{ "access_token", MP_FIELD_SECRET, MP_REQUIRED | MP_DECIDES,
	    offsetof(struct mp_token, access_token), "RFC 6749 5.1" },
	{ "token_type", MP_FIELD_STRING, MP_ADVISES, offsetof(struct mp_token, token_type),
	    "RFC 6749 5.1" },
	{ "refresh_token", MP_FIELD_SECRET, MP_ADVISES, offsetof(struct mp_token, refresh_token),
	    "RFC 6749 5.1" },
	{ "scope", MP_FIELD_SCOPE, MP_ADVISES, offsetof(struct mp_token, scope), "RFC 6749 5.1" },
	{ "id_token", MP_FIELD_SECRET, MP_ADVISES, offsetof(struct mp_token, id_token),
	    "OpenID Connect Core 3.1.3.3" },
};

/* Entra v1, SAP and others send "3600", some a fraction, some a number with words behind it.
 * What is no number at all counts as not given, as it is only RECOMMENDED. */
bool mp_token_seconds(const json_t *value, int64_t *ret_seconds)
{
	const char *text = json_string_value(value);
	double seconds = json_number_value(value);      /* 0 for what is no number */
	char *end = NULL;

	if (text != NULL) {
		text += strspn(text, " ");
		if (text[strspn(text, "-+")] < '0' || text[strspn(text, "-+")] > '9')
			return false;           /* strtod() reads "inf" and "nan", too */
		seconds = strtod(text, &end);
		if (end[strspn(end, " ")] != '\0')
			return false;
	} else if (!json_is_number(value)) {
		return false;
	}
	if (seconds < 0)
		seconds = 0;
	*ret_seconds = seconds < MP_MAX_TOKEN_LIFETIME ? (int64_t)seconds : MP_MAX_TOKEN_LIFETIME;
	return true;
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

static enum mcpass_rc say_odd(struct mp_token *token, const char *sentence,
    struct mcpass_error *err)
{
	return mp_strings_add_text(&token->odd, sentence, err);
}

/* Apigee says BearerToken, and some put spaces around it.  No other scheme begins so. */
static bool means_bearer(const char *type)
{
	static const char bearer[] = "Bearer";
	size_t len = sizeof(bearer) - 1;

	type += strspn(type, " ");
	return strnlen(type, len) == len && mp_span_is_nocase((struct mp_span){ type, len }, bearer);
}

/* A type that is not said is the one that was asked for.
 * spec: RFC 6749 7.1 (an unknown type MUST NOT be used), RFC 9449 5 */
static enum mcpass_rc settle_type(struct mp_token *token, const json_t *body, const char *wanted,
    struct mcpass_error *err)
{
	char text[128];
	enum mcpass_rc rc;

	if (token->token_type == NULL) {
		(void)snprintf(text, sizeof(text), "token_type %s: taken for the one that was asked for",
		    mp_json_why_absent(body, "token_type"));
		rc = say_odd(token, text, err);
		return rc ? rc : mp_set(&token->token_type, wanted, err);
	}
	if (mp_eq_nocase(token->token_type, wanted))
		return MCPASS_OK;
	if (mp_eq(wanted, "Bearer") && means_bearer(token->token_type)) {
		rc = say_odd(token, "token_type is not exactly Bearer: taken for that", err);
		return rc ? rc : mp_set(&token->token_type, wanted, err);
	}
	return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 7.1", "token_type is %s, not %s",
	    token->token_type, wanted);
}

static enum mcpass_rc settle_scope(struct mp_token *token, struct mcpass_error *err)
{
	char *clean = NULL;
	bool odd = false;
	enum mcpass_rc rc = mp_scope_clean(token->scope, &clean, &odd, err);

	if (rc)
		return rc;
	free(token->scope);
	token->scope = clean;
	return odd ? say_odd(token, "something in scope can be no scope: left out", err) : MCPASS_OK;
}

static enum mcpass_rc read_lifetime(const json_t *value, struct mp_token *token,
    struct mcpass_error *err)
{
	token->tells_expiry = mp_token_seconds(value, &token->expires_in);
	if (token->tells_expiry)
		return json_is_string(value)
		    ? say_odd(token, "expires_in is a string: read as a number", err) : MCPASS_OK;
	if (value == NULL || (json_is_string(value) && json_string_length(value) == 0))
		return MCPASS_OK;
	return say_odd(token, "expires_in is not a number of seconds: left out", err);
}

static enum mcpass_rc read_token(const json_t *body, const char *wanted_type,
    struct mp_token *ret_token, struct mcpass_error *err)
{
	struct mp_token token = { 0 };
	enum mcpass_rc rc = mp_json_take(body, fields, MP_COUNT(fields), &token, &token.odd, err);

	if (!rc)
		rc = check_access_token(&token.access_token, err);
	if (!rc)
		rc = settle_type(&token, body, wanted_type, err);
	if (!rc)
		rc = settle_scope(&token, err);
	if (!rc)
		rc = read_lifetime(json_object_get(body, "expires_in"), &token, err);
	if (rc)
		mp_token_free(&token);
	else
		*ret_token = token;
	return rc;
}

/* GitHub and others refuse with a 200.  A token beside an error is a token. */
static bool is_granted(const json_t *body)
{
	const json_t *token = json_object_get(body, "access_token");

	if (token != NULL && !json_is_null(token)
	    && (!json_is_string(token) || json_string_length(token) > 0))
		return true;
	return !mp_token_says_error(body);
}

enum mcpass_rc mp_token_answer(int status, const char *data, size_t len,
    const char *wanted_type, struct mp_token *ret_token, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc;

	if (!mp_http_is_answer(status))
		return mp_token_refused(status, data, len, err);
	rc = mp_answer_read(data, len, MP_MAX_TOKEN_RESPONSE, "the token response", &body, err);
	if (!rc && !is_granted(body))
		rc = mp_token_refused(status, data, len, err);
	else if (!rc)
		rc = read_token(body, wanted_type, ret_token, err);
	json_decref(body);
	return mp_doing(err, rc, "reading the token response");
}

void mp_token_free(struct mp_token *token)
{
	mp_json_release(fields, MP_COUNT(fields), token);
	mp_strings_free(&token->odd);
	*token = (struct mp_token){ 0 };
}
