#include "guard/bearer.h"
#include <string.h>
#include "base/limits.h"
#include "wire/form.h"
#include "wire/http.h"

static enum mcpass_rc refuse(enum mp_denial denial, enum mp_denial *ret_denial,
    const char *spec, const char *why, struct mcpass_error *err)
{
	*ret_denial = denial;
	return mp_fail(err, MCPASS_E_POLICY, spec, "%s", why);
}

/* A token in a URL ends up in logs and histories, so it is not even looked at.
 * spec: MCP 2026-07-28 "Token Requirements" 2; RFC 6750 2.3 */
static enum mcpass_rc check_query(const char *query, enum mp_denial *ret_denial,
    struct mcpass_error *err)
{
	struct mp_form form = { 0 };
	enum mcpass_rc rc;
	bool has_token = false;

	if (query == NULL || query[0] == '\0')
		return MCPASS_OK;
	rc = mp_form_parse(query, strlen(query), &form, NULL);
	if (rc == MCPASS_E_NOMEM)
		return mp_nomem(err);
	if (rc)         /* nobody can say that there is no token in it */
		return refuse(MP_DENY_REQUEST, ret_denial, "RFC 6750 3.1",
		    "the query cannot be read", err);
	for (size_t i = 0; i < form.count; i++)
		has_token = has_token || mp_eq(form.pairs[i].name, "access_token");
	mp_form_free(&form);
	if (has_token)
		return refuse(MP_DENY_REQUEST, ret_denial, "RFC 6750 2.3",
		    "a token must not be sent in the query", err);
	return MCPASS_OK;
}

/* spec: RFC 9110 11.2, token68: also the b64token of RFC 6750 2.1 */
static bool is_token68(struct mp_span text)
{
	size_t i = 0;

	while (i < text.len && text.data[i] != '\0' && strchr("-._~+/0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", text.data[i]) != NULL)
		i++;
	if (i == 0)
		return false;
	while (i < text.len && text.data[i] == '=')
		i++;
	return i == text.len;
}

enum mcpass_rc mp_bearer_find(const struct mcpass_guard_request *request,
    struct mp_span *ret_token, enum mp_denial *ret_denial, struct mcpass_error *err)
{
	size_t count = mp_header_count(request->headers, request->header_count, "Authorization");
	const char *value = mp_header_get(request->headers, request->header_count,
	    "Authorization");
	struct mp_span token;
	enum mcpass_rc rc;
	size_t scheme;

	rc = check_query(request->query, ret_denial, err);
	if (rc)
		return rc;
	if (count == 0)
		return refuse(MP_DENY_NO_TOKEN, ret_denial, "RFC 6750 3.1", "no token was sent",
		    err);
	/* spec: RFC 6750 3.1 (more than one): a server behind might take the other one */
	if (count > 1)
		return refuse(MP_DENY_REQUEST, ret_denial, "RFC 6750 3.1",
		    "Authorization was sent more than once", err);
	/* spec: RFC 9110 11.1 (case-insensitive); RFC 6750 3.1: a method that is not ours
	 * counts as no token */
	scheme = strcspn(value, " ");
	if (!mp_span_is_nocase((struct mp_span){ value, scheme }, "Bearer"))
		return refuse(MP_DENY_NO_TOKEN, ret_denial, "RFC 6750 3.1",
		    "the scheme of Authorization is not Bearer", err);
	token.data = value + scheme + strspn(value + scheme, " ");
	token.len = strlen(token.data);
	if (token.len > MP_MAX_TOKEN)
		return refuse(MP_DENY_TOKEN, ret_denial, "RFC 6750 3.1", "the token is too long",
		    err);
	if (!is_token68(token))
		return refuse(MP_DENY_TOKEN, ret_denial, "RFC 6750 2.1",
		    "the token is empty or has characters that none may have", err);
	*ret_token = token;
	return MCPASS_OK;
}
