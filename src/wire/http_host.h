/* http_host.h - the Host of a request: whether it is one, and whether it is ours.
 * spec: RFC 9110 7.2; MCP 2026-07-28 streamable HTTP, "Security & Endpoint" (DNS rebinding) */
#ifndef MP_WIRE_HTTP_HOST_H
#define MP_WIRE_HTTP_HOST_H
#include "base/text.h"
#include "mcpass/error.h"

struct mp_http_host {
	struct mp_span name;            /* an IPv6 address without its brackets */
	bool is_ipv6;
};
/* Reads host[:port].  False: it is none; an empty one, one with a user, a space, a comma. */
bool mp_http_host_parse(const char *value, struct mp_http_host *ret_host);

/* Which names a server goes by. */
struct mp_http_names {
	const char *const *urls;        /* its public URLs; the hosts of these are its own */
	size_t url_count;
	/* It listens on this machine only.  Then names of loopback are its own, too, and nothing
	 * else; otherwise so is every address, and a name without a dot, which no page of the web
	 * can have: a proxy or a probe inside the network uses them. */
	bool is_loopback;
};
/* A page whose name was rebound to our address sends its own name.  value NULL: no Host. */
bool mp_http_host_is_ours(const struct mp_http_names *names, const char *value);

#endif
