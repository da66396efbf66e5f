/* What is refused before a token is looked at, and what before a body is.
 * spec: MCP 2026-07-28 streamable HTTP, "Security & Endpoint", "Sending Messages" */
#include <string.h>
#include "echo/echo.h"
#include "echo/respond.h"
#include "mcp/jsonrpc.h"
#include "wire/uri.h"

/* A header that may stand there once: twice, and two readers may see two of them. */
struct single {
	const char *value;
	size_t count;
};

static struct single single(const struct mp_http_request *request, const char *name)
{
	return (struct single){
		mp_header_get(request->headers, request->header_count, name),
		mp_header_count(request->headers, request->header_count, name),
	};
}

/* True for scheme://host[:port] of this machine; spec: RFC 6454 6.2 */
static bool is_loopback_origin(const char *origin)
{
	struct mp_uri uri;

	return mp_uri_parse(origin, &uri, NULL) == MCPASS_OK && mp_uri_is_loopback(&uri)
	    && uri.origin.len == strlen(origin);
}

/* spec: MCP 2026-07-28 streamable HTTP, "Security & Endpoint" 1 */
static bool is_origin_allowed(const struct mp_echo_config *config,
    const struct mp_http_request *request)
{
	struct single origin = single(request, "Origin");

	if (origin.count == 0)          /* no browser */
		return true;
	if (origin.count > 1)
		return false;
	for (size_t i = 0; i < config->origin_count; i++)
		if (strcmp(config->origins[i], origin.value) == 0)
			return true;
	return is_loopback_origin(origin.value);
}

/* True for a media range that application/json lies in; a missing Accept wants anything.
 * Weights are not read: a listed type is an accepted one.  spec: RFC 9110 12.5.1 */
static bool is_json_accepted(const struct mp_http_request *request)
{
	static const char *const ranges[] = { "application/json", "application/*", "*/*" };
	bool seen = false, accepted = false;

	for (size_t i = 0; i < request->header_count; i++) {
		const char *at = request->headers[i].value;

		if (!mp_eq_nocase(request->headers[i].name, "Accept"))
			continue;
		seen = true;
		while (!accepted && *at != '\0') {
			size_t len = strcspn(at, ",");
			char item[128];

			if (len < sizeof(item)) {
				memcpy(item, at, len);
				item[len] = '\0';
				for (size_t j = 0; j < MP_COUNT(ranges); j++)
					accepted = accepted || mp_media_type_is(item, ranges[j]);
			}
			at += len + (at[len] == ',' ? 1 : 0);
		}
	}
	return accepted || !seen;
}

static enum mcpass_rc refuse(struct mp_http_response *response, int status,
    const char *message, struct mcpass_error *err)
{
	return mp_respond_error(response, status, MP_RPC_INVALID_REQUEST, message, err);
}

/* spec: RFC 9110 15.5.6; MCP 2026-07-28 streamable HTTP: GET and DELETE are gone, and the
 * old era's are optional */
static enum mcpass_rc refuse_method(struct mp_http_response *response,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = refuse(response, 405, "Only POST is served here", err);

	if (!rc)
		rc = mp_headers_add(&response->headers, "Allow", "POST", err);
	if (rc)
		mp_http_response_free(response);
	return rc;
}

/* spec: RFC 9110 15.5.16 */
static enum mcpass_rc refuse_type(struct mp_http_response *response, struct mcpass_error *err)
{
	enum mcpass_rc rc = refuse(response, 415, "Content-Type must be application/json", err);

	if (!rc)
		rc = mp_headers_add(&response->headers, "Accept", "application/json", err);
	if (rc)
		mp_http_response_free(response);
	return rc;
}

enum mcpass_rc mp_echo_screen(const struct mp_echo_config *config,
    const struct mp_http_request *request, struct mp_http_response *response,
    struct mcpass_error *err)
{
	if (!is_origin_allowed(config, request))
		return refuse(response, 403, "This Origin is not allowed", err);
	return MCPASS_OK;
}

enum mcpass_rc mp_echo_screen_message(const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err)
{
	struct single type = single(request, "Content-Type");

	if (strcmp(request->method, "POST") != 0)
		return refuse_method(response, err);
	if (type.count != 1 || !mp_media_type_is(type.value, "application/json"))
		return refuse_type(response, err);
	if (!is_json_accepted(request))
		return refuse(response, 406,
		    "The answer is application/json, which Accept rules out", err);
	return MCPASS_OK;
}
