#include "oauth/target.h"

static enum mcpass_rc check_http(const char *url, const struct mp_uri *uri,
    const struct mp_uri *server, bool loopback_http, const char *what,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	/* spec: OAuth 2.1 1.5 (http only where the bytes do not leave the machine) */
	if (!mp_uri_is_loopback(uri)) {
		rc = mp_fail(err, MCPASS_E_POLICY, "OAuth 2.1 1.5", "%s is plain http: %s", what, url);
		mp_hint(err, "Everyone on the network path could read the tokens: it has to be served by https.");
		return rc;
	}
	/* spec: MCP 2026-07-28 communication security (a far server must not choose what
	 * this machine asks of itself) */
	if (!loopback_http || !mp_uri_is_loopback(server)) {
		rc = mp_fail(err, MCPASS_E_POLICY, "MCP 2026-07-28 communication security",
		    "%s is plain http on this machine: %s", what, url);
		mp_hint(err, "Plain http is taken on loopback only, for development: the MCP server"
		    " has to be there too, and it has to be allowed.");
		return rc;
	}
	return MCPASS_OK;
}

enum mcpass_rc mp_target_check(const char *url, const char *server_url, bool loopback_http,
    const char *what, struct mcpass_error *err)
{
	struct mcpass_error cause = { 0 };
	struct mp_uri uri, server;
	enum mcpass_rc rc = mp_uri_parse(server_url, &server, err);

	if (rc)
		return rc;
	/* spec: RFC 8414 2, RFC 9728 2 (endpoints are URLs); no file:, no command */
	rc = mp_uri_parse(url, &uri, &cause);
	if (rc == MCPASS_E_USAGE)
		rc = MCPASS_E_PROTOCOL;         /* a server wrote it, so its fault */
	if (rc)
		return mp_fail(err, rc, "RFC 8414 2", "%s: %s", what, cause.detail);
	/* spec: RFC 6749 3.1, 3.2 (an endpoint has no fragment) */
	if (uri.fragment.data != NULL)
		return mp_fail(err, MCPASS_E_PROTOCOL, "RFC 6749 3.1", "%s has a fragment: %s",
		    what, url);
	if (!uri.is_https)
		return check_http(url, &uri, &server, loopback_http, what, err);
	/* spec: RFC 9728 7.7 (no request to the inside on an outsider's word; and a server on
	 * this machine has no more to do with the network around it than an outsider) */
	if (mp_uri_is_private(&uri) && (!mp_uri_is_private(&server)
	    || (mp_uri_is_loopback(&server) && !mp_uri_is_loopback(&uri)))) {
		rc = mp_fail(err, MCPASS_E_POLICY, "RFC 9728 7.7",
		    "%s is an address inside a private network: %s", what, url);
		mp_hint(err, "The MCP server is not in that network, and such a server must not choose"
		    " what is contacted there.");
		return rc;
	}
	return MCPASS_OK;
}

bool mp_target_is_allowed_http(const char *url, const char *const *hosts, size_t count)
{
	struct mp_uri uri;

	if (mp_uri_parse(url, &uri, NULL) != MCPASS_OK || uri.is_https || uri.fragment.data != NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		if (mp_span_is_nocase(uri.host, hosts[i]))       /* spec: RFC 4343 2 */
			return true;
	return false;
}

/* spec: MCP security considerations (SSRF); RFC 9728 7.7 */
bool mp_target_may_reach(enum mp_reach server, enum mp_reach target)
{
	switch (target) {
	case MP_REACH_PUBLIC:
		return true;
	case MP_REACH_LOOPBACK:
		return server == MP_REACH_LOOPBACK;
	case MP_REACH_PRIVATE:
		return server == MP_REACH_PRIVATE || server == MP_REACH_LINK_LOCAL;
	case MP_REACH_LINK_LOCAL:
	case MP_REACH_NOWHERE:
	case MP_REACH_UNKNOWN:
		break;
	}
	return false;
}

bool mp_target_may_be_named(enum mp_reach target)
{
	return target == MP_REACH_PUBLIC || target == MP_REACH_PRIVATE || target == MP_REACH_LOOPBACK;
}

bool mp_target_may_connect(const struct mp_target_connection *connection)
{
	/* spec: OAuth 2.1 1.5 (plain http is for this machine and for private networks) */
	if (connection->is_plain && connection->target == MP_REACH_PUBLIC)
		return false;
	if (connection->is_asked)
		return true;
	if (connection->is_server && (connection->server == MP_REACH_UNKNOWN
	        || connection->server == connection->target))
		return true;
	return mp_target_may_reach(connection->server, connection->target)
	    || (connection->is_named && mp_target_may_be_named(connection->target));
}

const char *mp_target_place(enum mp_reach target)
{
	static const char *const places[] = {
		[MP_REACH_UNKNOWN] = "to nowhere that is known",
		[MP_REACH_PUBLIC] = "outside, which plain http is not for",
		[MP_REACH_PRIVATE] = "into a private network", [MP_REACH_LOOPBACK] = "to this machine",
		[MP_REACH_LINK_LOCAL] = "to an address of the link or of the cloud's own services",
		[MP_REACH_NOWHERE] = "to an address that is no host's",
	};

	return places[target];
}
