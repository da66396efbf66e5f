#include "wire/cors.h"
#include <string.h>
#include "base/text.h"
#include "wire/uri.h"

#define ALLOW_ORIGIN "Access-Control-Allow-Origin"
#define ALLOW_HEADERS "Access-Control-Allow-Headers"

/* spec: RFC 6454 6.2 (what a browser sends), in lower case as it sends it */
static bool is_origin(const char *text)
{
	struct mp_uri uri;

	return mp_uri_parse(text, &uri, NULL) == MCPASS_OK && uri.origin.len == strlen(text)
	    && strpbrk(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

enum mcpass_rc mp_cors_check(const struct mp_cors *cors, struct mcpass_error *err)
{
	for (size_t i = 0; i < cors->count; i++)
		if (!is_origin(cors->origins[i])) {
			enum mcpass_rc rc = mp_fail(err, MCPASS_E_USAGE, "RFC 6454 6.2",
			    "'%s' is not the origin of a page", cors->origins[i]);

			mp_hint(err, "https://HOST or http://HOST:PORT, in lower case, without a path");
			return rc;
		}
	return MCPASS_OK;
}

/* The page's origin when it is on the list, else NULL. */
static const char *find_origin(const struct mp_cors *cors, const struct mp_http_request *request)
{
	const char *origin = mp_header_get(request->headers, request->header_count, "Origin");

	if (origin == NULL || mp_header_count(request->headers, request->header_count, "Origin") > 1)
		return NULL;
	for (size_t i = 0; i < cors->count; i++)
		if (strcmp(cors->origins[i], origin) == 0)
			return cors->origins[i];
	return NULL;
}

struct pair { const char *name, *value; };
static enum mcpass_rc add_all(struct mp_headers *headers, const struct pair *pairs,
    size_t count, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	for (size_t i = 0; i < count && !rc; i++)
		rc = mp_headers_add(headers, pairs[i].name, pairs[i].value, err);
	return rc;
}

enum mcpass_rc mp_cors_allow(const struct mp_cors *cors, const struct mp_http_request *request,
    struct mp_headers *headers, struct mcpass_error *err)
{
	const char *origin = find_origin(cors, request);
	const struct pair pairs[] = {
		{ "Vary", "Origin" },
		{ ALLOW_ORIGIN, origin },
		/* Without the challenge a client in a page cannot find where to log in. */
		{ "Access-Control-Expose-Headers",
		    "WWW-Authenticate, Mcp-Session-Id, DPoP-Nonce, Retry-After" },
	};

	if (cors->count == 0)
		return MCPASS_OK;
	/* Also for the others, lest a cache hands a page what was meant for another one. */
	return add_all(headers, pairs, origin != NULL ? MP_COUNT(pairs) : 1, err);
}

enum mcpass_rc mp_cors_preflight(const struct mp_cors *cors,
    const struct mp_http_request *request, const char *methods,
    struct mp_http_response *response, bool *ret_done, struct mcpass_error *err)
{
	const char *origin = find_origin(cors, request);
	const struct pair pairs[] = {
		{ "Vary", "Origin" },
		{ ALLOW_ORIGIN, origin },
		{ "Access-Control-Allow-Methods", methods },
		/* '*' does not stand for Authorization.  spec: Fetch 3.2.3 */
		{ ALLOW_HEADERS, "*, Authorization" },
	};
	enum mcpass_rc rc;

	*ret_done = false;
	if (origin == NULL || strcmp(request->method, "OPTIONS") != 0)
		return MCPASS_OK;
	rc = add_all(&response->headers, pairs, MP_COUNT(pairs), err);
	if (rc)
		return rc;
	response->status = 204;
	*ret_done = true;
	return MCPASS_OK;
}

enum mcpass_rc mp_cors_allow_all(struct mp_headers *headers, struct mcpass_error *err)
{
	return mp_headers_add(headers, ALLOW_ORIGIN, "*", err);
}

enum mcpass_rc mp_cors_preflight_all(struct mp_http_response *response,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_cors_allow_all(&response->headers, err);

	/* Clients announce their MCP-Protocol-Version here, too. */
	if (!rc)
		rc = mp_headers_add(&response->headers, ALLOW_HEADERS, "*", err);
	if (!rc)
		response->status = 204;
	return rc;
}
