/* address.h - what follows from the address that a server listens on. */
#pragma once
#include "base/text.h"
#include "wire/http/host_field.h"

/* True for 127.x.y.z and ::1, and for NULL: the default. */
bool mp_address_is_loopback(const char *bind_address);
/* Which Hosts a server there answers to: a page in a browser can reach one on loopback by
 * rebinding its own name.  url: its public one, or NULL.  names (borrowed): what the operator
 * allows besides.  MCPASS_E_USAGE: one of them is no name. */
enum mcpass_rc mp_address_hosts(const char *bind_address, const char *url,
    const char *const *names, size_t count, struct mp_http_hosts *ret_hosts,
    struct mcpass_error *err);
/* How many connections one address may hold there (struct mp_httpd_options): where TLS is a
 * proxy's, everything comes from its address. */
size_t mp_address_connections(const char *url);
/* http://ADDRESS:PORT and path; the caller's (free). */
enum mcpass_rc mp_address_url(const char *bind_address, unsigned port, const char *path,
    char **ret_url, struct mcpass_error *err);
