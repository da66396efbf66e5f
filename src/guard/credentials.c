#include "guard/credentials.h"
#include <string.h>
#include "base/limits.h"
#include "wire/form.h"
#include "wire/http/http.h"

static enum mcpass_rc refuse(enum mp_denial denial, enum mp_scheme scheme,
    struct mp_misfit *ret_misfit, const char *spec, const char *why, struct mcpass_error *err)
{
	*ret_misfit = (struct mp_misfit){ denial, scheme };
	return mp_fail(err, MCPASS_E_POLICY, spec, "%s", why);
}

/* A token in a URL ends up in logs and histories, so it is not even looked at.
 * spec: MCP 2026-07-28 "Token Requirements" 2; RFC 6750 2.3 */
static enum mcpass_rc check_query(const char *query, struct mp_misfit *ret_misfit,
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
	if (rc)         /* it may have a token in it */
		return refuse(MP_DENY_REQUEST, MP_SCHEME_NONE, ret_misfit, "RFC 6750 3.1",
		    "the query cannot be read", err);
	for (size_t i = 0; i < form.count; i++)
		has_token = has_token || mp_eq(form.pairs[i].name, "access_token");
	mp_form_free(&form);
	if (has_token)
		return refuse(MP_DENY_REQUEST, MP_SCHEME_NONE, ret_misfit, "RFC 6750 2.3",
		    "a token must not be sent in the query", err);
	return MCPASS_OK;
}

/* spec: RFC 9110 11.1 (case-insensitive) */
static enum mp_scheme scheme_of(struct mp_span name, enum mcpass_dpop_mode dpop)
{
	if (mp_span_is_nocase(name, "Bearer"))
		return MP_SCHEME_BEARER;
	if (dpop != MCPASS_DPOP_OFF && mp_span_is_nocase(name, "DPoP"))
		return MP_SCHEME_DPOP;
	return MP_SCHEME_NONE;
}

/* The one Authorization header, taken apart. */
static enum mcpass_rc read_authorization(const struct mcpass_guard_request *request,
    enum mcpass_dpop_mode dpop, struct mp_credentials *presented, struct mp_misfit *ret_misfit,
    struct mcpass_error *err)
{
	size_t count = mp_header_count(request->headers, request->header_count, "Authorization");
	const char *value = mp_header_get(request->headers, request->header_count,
	    "Authorization");
	size_t len;

	if (count == 0)
		return refuse(MP_DENY_NO_TOKEN, MP_SCHEME_NONE, ret_misfit, "RFC 6750 3.1",
		    "no token was sent", err);
	/* spec: RFC 6750 3.1 (more than one): a server behind might take the other one */
	if (count > 1)
		return refuse(MP_DENY_REQUEST, MP_SCHEME_NONE, ret_misfit, "RFC 6750 3.1",
		    "Authorization was sent more than once", err);
	len = strcspn(value, " ");
	presented->scheme = scheme_of((struct mp_span){ value, len }, dpop);
	/* spec: RFC 6750 3.1: a method that is not ours counts as no token */
	if (presented->scheme == MP_SCHEME_NONE)
		return refuse(MP_DENY_NO_TOKEN, MP_SCHEME_NONE, ret_misfit, "RFC 6750 3.1",
		    "the scheme of Authorization is not one that is accepted", err);
	presented->token.data = value + len + strspn(value + len, " ");
	presented->token.len = strlen(presented->token.data);
	if (presented->token.len > MP_MAX_TOKEN)
		return refuse(MP_DENY_TOKEN, presented->scheme, ret_misfit, "RFC 6750 3.1",
		    "the token is too long", err);
	/* spec: RFC 6750 2.1, its b64token, is RFC 9110's token68 */
	if (presented->token.len == 0
	    || mp_http_token68_len(presented->token.data) != presented->token.len)
		return refuse(MP_DENY_TOKEN, presented->scheme, ret_misfit, "RFC 6750 2.1",
		    "the token is empty or has characters that none may have", err);
	return MCPASS_OK;
}

/* spec: RFC 9449 4.3 (1): exactly one, or a server behind might judge the other one */
static enum mcpass_rc find_proof(const struct mcpass_guard_request *request,
    struct mp_credentials *presented, struct mp_misfit *ret_misfit, struct mcpass_error *err)
{
	size_t count = mp_header_count(request->headers, request->header_count, "DPoP");

	if (count == 0)
		return refuse(MP_DENY_PROOF, MP_SCHEME_DPOP, ret_misfit, "RFC 9449 7.1",
		    "no DPoP proof was sent with the token", err);
	if (count > 1)
		return refuse(MP_DENY_PROOF, MP_SCHEME_DPOP, ret_misfit, "RFC 9449 4.3",
		    "DPoP was sent more than once", err);
	presented->proof = mp_header_get(request->headers, request->header_count, "DPoP");
	return MCPASS_OK;
}

enum mcpass_rc mp_credentials_find(const struct mcpass_guard_request *request,
    enum mcpass_dpop_mode dpop, struct mp_credentials *ret_presented,
    struct mp_misfit *ret_misfit, struct mcpass_error *err)
{
	struct mp_credentials presented = { 0 };
	enum mcpass_rc rc = check_query(request->query, ret_misfit, err);

	if (!rc)
		rc = read_authorization(request, dpop, &presented, ret_misfit, err);
	if (rc)
		return rc;
	/* spec: RFC 9449 7.2; RFC 9728 2 (dpop_bound_access_tokens_required) */
	if (presented.scheme == MP_SCHEME_BEARER && dpop == MCPASS_DPOP_REQUIRED)
		return refuse(MP_DENY_TOKEN, MP_SCHEME_BEARER, ret_misfit, "RFC 9449 7.2",
		    "the token must come with a DPoP proof", err);
	if (presented.scheme == MP_SCHEME_DPOP)
		rc = find_proof(request, &presented, ret_misfit, err);
	if (!rc)
		*ret_presented = presented;
	return rc;
}
