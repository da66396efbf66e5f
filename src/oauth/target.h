/* target.h - which URLs of a metadata document may be contacted at all.
 * spec: MCP 2026-07-28 security considerations (communication security, SSRF);
 *       OAuth 2.1 1.5; RFC 9728 7.7 */
#pragma once
#include "wire/host.h"
#include "wire/uri.h"

/* Judges url, which a server named, on the way to the MCP server at server_url.
 * what names it in the error ("the token endpoint").
 *
 * https: allowed, but to a private IP literal only when the MCP server is itself at a
 * private one; a server on loopback may name only loopback among them.  http: allowed to a loopback host only, and only when loopback_http and
 * the MCP server is itself on loopback.
 * MCPASS_E_PROTOCOL  no http(s) URI at all, or it has a fragment
 * MCPASS_E_POLICY    one we refuse to contact */
enum mcpass_rc mp_target_check(const char *url, const char *server_url, bool loopback_http,
    const char *what, struct mcpass_error *err);

/* Whether url is plain http to one of these hosts, which a person allows; then
 * mp_target_check() need not. */
bool mp_target_is_allowed_http(const char *url, const char *const *hosts, size_t count);

/* Judges the address that a name of such a URL leads to, when it is connected to: a name is
 * of unknown owners, and may lead anywhere (DNS rebinding).  server is where the MCP server is,
 * UNKNOWN before it was connected to.
 *
 * Public addresses always; loopback for a server on loopback; private ones for a server
 * inside; link-local ones, metadata services of clouds and what is no host for none.  An
 * unknown server is taken for a public one. */
bool mp_target_may_reach(enum mp_reach server, enum mp_reach target);

/* The same for a host that a person named: all but the last kinds. */
bool mp_target_may_be_named(enum mp_reach target);

/* A connection that is about to be made. */
struct mp_target_connection {
	bool is_plain;                  /* no TLS */
	bool is_asked;                  /* on a person's word; else on that of the MCP server: */
	bool is_server;                 /* to itself, */
	bool is_named;                  /* to another host that a person named */
	enum mp_reach server, target;
};
bool mp_target_may_connect(const struct mp_target_connection *connection);
/* What is wrong with that, "outside, which plain http is not for"; static. */
const char *mp_target_place(enum mp_reach target);
