#include "wire/http/host_field.h"
#include <string.h>
#include "base/limits.h"
#include "wire/host.h"
#include "wire/uri.h"

/* spec: RFC 3986 3.2.3; the port may be empty */
static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned port = 0;

	if (text[digits] != '\0' || digits > 5)
		return false;
	for (size_t i = 0; i < digits; i++)
		port = port * 10 + (unsigned)(text[i] - '0');
	return port <= 65535;
}

bool mp_http_host_parse(const char *value, struct mp_http_host *ret_host)
{
	struct mp_http_host host = { .is_ipv6 = value[0] == '[' };
	const char *end;

	if (host.is_ipv6)
		value++;
	host.name = (struct mp_span){ value, strcspn(value, host.is_ipv6 ? "]" : ":") };
	end = value + host.name.len;
	if (host.is_ipv6 && *end++ != ']')
		return false;
	if (*end != '\0' && (*end != ':' || !is_port(end + 1)))
		return false;
	if (!mp_host_is_valid(host.name, host.is_ipv6))
		return false;
	*ret_host = host;
	return true;
}

static bool is_host_of(const struct mp_http_host *host, const char *url)
{
	struct mp_uri uri;
	char name[256];                 /* no DNS name is longer; spec: RFC 1035 2.3.4 */

	if (url == NULL || mp_uri_parse(url, &uri, NULL) != MCPASS_OK
	    || uri.host.len >= sizeof(name) || uri.is_ipv6 != host->is_ipv6)
		return false;
	memcpy(name, uri.host.data, uri.host.len);
	name[uri.host.len] = '\0';
	return mp_span_is_nocase(host->name, name);
}

static bool is_allowed(const struct mp_http_host *host, const struct mp_http_hosts *hosts)
{
	for (size_t i = 0; i < hosts->name_count; i++)
		if (mp_span_is_nocase(host->name, hosts->names[i]))
			return true;
	return false;
}

bool mp_http_host_is_ours(const struct mp_http_hosts *hosts, const char *url, const char *value)
{
	struct mp_http_host host;

	if (hosts->kind == MP_HTTP_HOSTS_ANY)
		return true;
	if (value == NULL || !mp_http_host_parse(value, &host))
		return false;
	if (mp_host_is_loopback(host.name, host.is_ipv6) || is_host_of(&host, url)
	    || is_allowed(&host, hosts))
		return true;
	return hosts->kind == MP_HTTP_HOSTS_OWN
	    && (mp_host_reach_of(host.name, host.is_ipv6) != MP_REACH_UNKNOWN
	    || memchr(host.name.data, '.', host.name.len) == NULL);
}

/* spec: MCP 2026-07-28 streamable HTTP, "Security & Endpoint" 1 */
enum mcpass_rc mp_http_host_screen(const struct mp_http_hosts *hosts, const char *url,
    const struct mp_http_request *request, struct mp_http_response *response, bool *ret_refused,
    struct mcpass_error *err)
{
	size_t count = mp_header_count(request->headers, request->header_count, "Host");
	const char *host = mp_header_get(request->headers, request->header_count, "Host");

	*ret_refused = hosts->kind != MP_HTTP_HOSTS_ANY
	    && (count != 1 || !mp_http_host_is_ours(hosts, url, host));
	if (!*ret_refused)
		return MCPASS_OK;
	response->status = 403;
	mp_buf_init(&response->body, MP_MAX_URI);
	mp_buf_adds(&response->body, "{\"error\":\"host_not_served\",\"error_description\":"
	    "\"This Host is not served here.\"}");
	return mp_headers_add(&response->headers, "Content-Type", "application/json", err);
}
