#include "oauth/introspection.h"
#include "base/limits.h"
#include "oauth/token.h"
#include "wire/http/http.h"

void mp_introspection_form(struct mp_buf *form, const struct mp_secret *token)
{
	mp_form_add(form, "token", mp_secret_reveal(token));    /* spec: RFC 7662 2.1 */
	mp_form_add(form, "token_type_hint", "access_token");
}

static const struct mp_field fields[] = {
	{ "active", MP_FIELD_BOOL, MP_REQUIRED, offsetof(struct mp_introspection, active),
	    "RFC 7662 2.2" },
};

/* spec: RFC 7662 2.2 (of an inactive token nothing else is said; what is said all the same
 * is not listened to) */
static enum mcpass_rc read_answer(json_t *body, struct mp_introspection *ret_answer,
    struct mcpass_error *err)
{
	struct mp_introspection answer = { 0 };
	enum mcpass_rc rc = mp_json_read(body, fields, MP_COUNT(fields), &answer, err);

	if (rc)
		return rc;
	if (answer.active)
		answer.members = json_incref(body);
	*ret_answer = answer;
	return MCPASS_OK;
}

/* A 400 is about the asker only when it says so; about the token there is nothing to
 * complain (RFC 7662 2.2: an unknown one is inactive). */
static bool is_about_asker(int status, const struct mcpass_error *why)
{
	return status == 401 || status == 403 || (status == 400
	    && (mp_eq(why->oauth, "invalid_client") || mp_eq(why->oauth, "unauthorized_client")));
}

static enum mcpass_rc refuse(int status, const char *data, size_t len, struct mcpass_error *err)
{
	bool passing = status == 429 || status >= 500;
	struct mcpass_error why = { 0 };
	enum mcpass_rc rc;

	/* MCPASS_E_DENIED makes it keep the code, which is looked at here. */
	rc = mp_token_error(status, data, len, passing ? MCPASS_E_IO : MCPASS_E_DENIED,
	    "RFC 7662 2.3", &why);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc == MCPASS_E_DENIED && !is_about_asker(status, &why))
		rc = MCPASS_E_PROTOCOL;
	rc = mp_fail(err, rc, why.spec, "%s", why.detail);
	if (rc == MCPASS_E_DENIED)
		mp_hint(err, "It does not take this server's client id and secret, or does not let"
		    " that client introspect: check both there.");
	else if (passing)
		mp_hint(err, "It is busy or broken: look there.");
	else
		mp_hint(err, "Check that this is the address of its introspection endpoint.");
	return rc;
}

enum mcpass_rc mp_introspection_answer(int status, const char *data, size_t len,
    struct mp_introspection *ret_answer, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc;

	if (!mp_http_is_answer(status))
		return mp_doing(err, refuse(status, data, len, err), "asking about a token");
	rc = mp_json_parse(data, len, MP_MAX_INTROSPECTION, "the answer about a token", &body, err);
	if (!rc)
		rc = read_answer(body, ret_answer, err);
	if (rc && rc != MCPASS_E_NOMEM)
		mp_hint(err, "Check that this is the address of its introspection endpoint.");
	json_decref(body);
	return mp_doing(err, rc, "asking about a token");
}

void mp_introspection_free(struct mp_introspection *answer)
{
	mp_json_release(fields, MP_COUNT(fields), answer);
	json_decref(answer->members);
	answer->members = NULL;
}
