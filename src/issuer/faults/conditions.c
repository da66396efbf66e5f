/* When a fault is met: what the request has, and what the authorization request had before
 * it.  Real servers misbehave towards some requests only. */
#include <string.h>
#include "base/limits.h"
#include "issuer/faults/faults.h"

/* --- memory --- */
enum mcpass_rc mp_faults_remember(struct mp_issuer *issuer, const struct mp_http_request *request,
    enum mp_fault_at at, struct mcpass_error *err)
{
	bool is_push = at == MP_AT_PUSH;
	const char *text = is_push ? request->body : request->query;

	if (issuer->fault == NULL || text == NULL
	    || (!is_push && (at != MP_AT_AUTHORIZE || strcmp(request->method, "GET") != 0))
	    || strstr(text, "request_uri=") != NULL)    /* it refers to the one that was pushed */
		return MCPASS_OK;
	mp_faults_forget(issuer);
	/* What cannot be read is the honest code's to refuse. */
	if (mp_form_parse(text, is_push ? request->body_len : strlen(text), &issuer->fault_asked,
	    NULL) == MCPASS_E_NOMEM)
		return mp_nomem(err);
	return MCPASS_OK;
}

void mp_faults_forget(struct mp_issuer *issuer)
{
	mp_form_free(&issuer->fault_asked);
}

static const char *value_in(const struct mp_form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->pairs[i].name, name) == 0)
			return form->pairs[i].value;
	return NULL;
}

const char *mp_faults_asked(const struct mp_issuer *issuer, const char *name)
{
	return value_in(&issuer->fault_asked, name);
}

/* --- a request --- */
static bool has_word(const char *value, const char *word)
{
	size_t len;

	if (value == NULL || word == NULL)
		return value != NULL;
	len = strlen(word);
	for (const char *at = strstr(value, word); at != NULL; at = strstr(at + 1, word))
		if ((at == value || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

static bool is_in_header(const struct mp_http_request *request, const char *name)
{
	return strcmp(name, "Authorization") == 0
	    && mp_header_count(request->headers, request->header_count, name) > 0;
}

static enum mcpass_rc is_in_json(const struct mp_http_request *request,
    const struct mp_fault_sign *sign, bool *ret_there, struct mcpass_error *err)
{
	const json_t *member;
	json_t *body = NULL;
	enum mcpass_rc rc = mp_json_parse(request->body, request->body_len, MP_MAX_REGISTRATION,
	    "the request", &body, NULL);

	if (rc)
		return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
	member = json_object_get(body, sign->name);
	*ret_there = member != NULL
	    && (sign->word == NULL || has_word(json_string_value(member), sign->word));
	json_decref(body);
	return MCPASS_OK;
}

static enum mcpass_rc is_in_form(const struct mp_http_request *request,
    const struct mp_fault_sign *sign, bool *ret_there, struct mcpass_error *err)
{
	const char *text = request->body_len > 0 ? request->body : request->query;
	size_t len = request->body_len > 0 ? request->body_len : text != NULL ? strlen(text) : 0;
	struct mp_form form = { 0 };
	enum mcpass_rc rc = mp_form_parse(text != NULL ? text : "", len, &form, NULL);

	if (rc)
		return rc == MCPASS_E_NOMEM ? mp_nomem(err) : MCPASS_OK;
	*ret_there = has_word(value_in(&form, sign->name), sign->word);
	mp_form_free(&form);
	return MCPASS_OK;
}

static enum mcpass_rc is_there(const struct mp_turn *turn, const struct mp_fault_sign *sign,
    bool *ret_there, struct mcpass_error *err)
{
	const struct mp_http_request *request = turn->request;

	*ret_there = is_in_header(request, sign->name)
	    || has_word(mp_faults_asked(turn->issuer, sign->name), sign->word);
	if (*ret_there)
		return MCPASS_OK;
	return request->body_len > 0 && request->body[0] == '{'
	    ? is_in_json(request, sign, ret_there, err) : is_in_form(request, sign, ret_there, err);
}

enum mcpass_rc mp_faults_concerns(const struct mp_turn *turn, const struct mp_fault_how *how,
    bool *ret_concerns, struct mcpass_error *err)
{
	bool when = true, unless = false;
	enum mcpass_rc rc = MCPASS_OK;

	if (how->when.name != NULL)
		rc = is_there(turn, &how->when, &when, err);
	if (!rc && how->unless.name != NULL)
		rc = is_there(turn, &how->unless, &unless, err);
	*ret_concerns = !rc && when && !unless;
	return rc;
}
