/* host_field.h - the Host of a request: whether it is one, and whether it is ours.
 * spec: RFC 9110 7.2; MCP 2026-07-28 streamable HTTP, "Security & Endpoint" (DNS rebinding) */
#pragma once
#include "wire/http/http.h"

struct mp_http_host {
	struct mp_span name;            /* an IPv6 address without its brackets */
	bool is_ipv6;
};
/* Reads host[:port].  False: it is none; an empty one, one with a user, a space, a comma. */
bool mp_http_host_parse(const char *value, struct mp_http_host *ret_host);

/* Which Hosts a server answers to.  All is borrowed. */
struct mp_http_hosts {
	enum {
		MP_HTTP_HOSTS_ANY = 0,  /* not looked at here */
		/* It is of this machine only: names of loopback. */
		MP_HTTP_HOSTS_LOOPBACK,
		/* The host of its public URL; loopback, and every address, and a name without a dot,
		 * which no page of the web can have: a proxy or a probe inside the network uses these. */
		MP_HTTP_HOSTS_OWN
	} kind;
	const char *const *names;       /* and these, which the operator allows besides */
	size_t name_count;
};
/* A page whose name was rebound to our address sends its own name.  value NULL: no Host. */
bool mp_http_host_is_ours(const struct mp_http_hosts *hosts, const char *url, const char *value);
/* Refuses a request (403) whose Host is not ours; *ret_refused. */
enum mcpass_rc mp_http_host_screen(const struct mp_http_hosts *hosts, const char *url,
    const struct mp_http_request *request, struct mp_http_response *response, bool *ret_refused,
    struct mcpass_error *err);
