/* proxy.h - which proxy a request goes through.  It is chosen here, as libcurl would from
 * the environment, so that it is known which connections are to the proxy and which are to
 * the host itself, whose address is then judged (reach.c). */
#pragma once
#include "wire/uri.h"

/* The proxy's URL, or "" for none: given (NULL: none was), else that of the environment; none
 * for loopback and the hosts of no_proxy.  Borrowed from given or from the environment. */
const char *mp_http_proxy_for(const char *given, const struct mp_uri *uri);

/* Whether a list as of the variable no_proxy has the host: names, also of what lies under
 * them, addresses, networks (10.0.0.0/8), or "*". */
bool mp_http_no_proxy_has(const char *list, struct mp_span host);
