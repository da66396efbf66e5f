/* What a server says when it refuses, in whichever shape it does. */
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "oauth/answer.h"
#include "oauth/refusals.h"
#include "oauth/token.h"

/* The members of RFC 6749 5.2 first; then where servers without OAuth errors put theirs: Okta,
 * Google, Microsoft, gateways, FastAPI. */
static const char *const code_members[] = {
	"error", "error_code", "errorCode", "code", "status", "type",
};
static const char *const sentence_members[] = {
	"error_description", "errorSummary", "message", "detail", "error_message", "description",
	"msg", "title",
};
/* Where another object has them. */
static const char *const inner_members[] = { "error", "errors", "detail", "error_description" };

struct refusal {                        /* borrowed from the body; NULL when absent */
	const char *code, *text;
};

/* The first of those members that is a text. */
static const char *find_text(const json_t *object, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(object, names[i]);

		if (json_is_array(value))
			value = json_array_get(value, 0);
		if (json_string_length(value) > 0)
			return json_string_value(value);
	}
	return NULL;
}

static void read_object(const json_t *object, bool is_inner, struct refusal *refusal)
{
	/* Outside, status and type say something of the message, not of the refusal. */
	size_t codes = is_inner ? MP_COUNT(code_members) : MP_COUNT(code_members) - 2;

	if (refusal->code == NULL)
		refusal->code = find_text(object, code_members, codes);
	if (refusal->text == NULL)
		refusal->text = find_text(object, sentence_members, MP_COUNT(sentence_members));
}

static struct refusal read_refusal(const json_t *body)
{
	struct refusal refusal = { NULL, NULL };

	read_object(body, false, &refusal);
	for (size_t i = 0; i < MP_COUNT(inner_members); i++) {
		const json_t *inner = json_object_get(body, inner_members[i]);

		read_object(json_is_array(inner) ? json_array_get(inner, 0) : inner, true, &refusal);
	}
	/* Keycloak's registration answers with a sentence in error; a code has no space. */
	if (refusal.code != NULL && strpbrk(refusal.code, " \"") != NULL) {
		if (refusal.text == NULL)
			refusal.text = refusal.code;
		refusal.code = NULL;
	}
	return refusal;
}

bool mp_token_says_error(const json_t *body)
{
	const json_t *error = json_object_get(body, "error");

	return json_string_length(error) > 0 || json_object_size(error) > 0
	    || json_array_size(error) > 0 || json_is_true(error) || json_number_value(error) != 0
	    || read_refusal(body).code != NULL;
}

/* The codes of the specifications are lower case; some servers write upper case. */
static void keep_code(const char *code, struct mcpass_error *err)
{
	char small[sizeof(err->oauth)];

	if (code == NULL)
		return;
	(void)snprintf(small, sizeof(small), "%s", code);
	mp_lower_case(small);
	mp_oauth_code(err, small);
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
	keep_code(refusal.code, err);
	return rc;
}

/* *ret_body is NULL for what cannot be read: the status says more than a syntax error would,
 * and a proxy's web page is not shown. */
static enum mcpass_rc parse_error_body(const char *data, size_t len, json_t **ret_body,
    struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc = mp_answer_read(data, len, MP_MAX_TOKEN_RESPONSE, "the error", &body, NULL);

	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	*ret_body = rc ? NULL : body;
	return MCPASS_OK;
}

enum mcpass_rc mp_token_error(int status, const char *data, size_t len, enum mcpass_rc rc,
    const char *spec, struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc failed = parse_error_body(data, len, &body, err);

	if (!failed)
		failed = report(status, body, rc, spec, err);
	json_decref(body);
	return failed;
}

/* spec: RFC 9110 15.5.9, 15.6; RFC 8470 5.2; RFC 6585 4 */
bool mp_token_is_passing(int status)
{
	return status >= 500 || status == 429 || status == 408 || status == 425;
}

static enum mcpass_rc judge(int status, const json_t *body)
{
	if (mp_token_is_passing(status)
	    || mp_eq_nocase(read_refusal(body).code, "temporarily_unavailable"))
		return MCPASS_E_IO;
	/* Whichever 4xx it is, and with a 2xx, too; spec: RFC 6749 5.2 */
	if (mp_token_says_error(body) && (status < 300 || status >= 400))
		return MCPASS_E_DENIED;
	return MCPASS_E_PROTOCOL;
}

enum mcpass_rc mp_token_refused(int status, const char *data, size_t len,
    struct mcpass_error *err)
{
	json_t *body = NULL;
	enum mcpass_rc rc = parse_error_body(data, len, &body, err);

	if (!rc)
		rc = report(status, body, judge(status, body), "RFC 6749 5.2", err);
	json_decref(body);
	if (rc == MCPASS_E_IO)
		mp_hint(err, "It may pass: nothing that is stored was dropped; try again in a while.");
	if (rc == MCPASS_E_DENIED)
		mp_refusal_hint(MP_REFUSED_TOKEN, err);
	return rc;
}
