/* Where a request of ours may be connected to: the rule for programs that send it themselves. */
#include <string.h>
#include "flow/client.h"
#include "oauth/target.h"

/* An address as inet_ntop() writes it: a colon is in IPv6 only. */
static enum mcpass_rc read_address(const char *text, enum mp_reach *ret_reach,
    struct mcpass_error *err)
{
	const struct mp_span span = { text, text != NULL ? strlen(text) : 0 };
	bool is_ipv6 = text != NULL && strchr(text, ':') != NULL;

	*ret_reach = MP_REACH_UNKNOWN;
	if (text != NULL && (is_ipv6 || text[strspn(text, "0123456789.")] == '\0')
	    && mp_host_is_valid(span, is_ipv6))
		*ret_reach = mp_host_reach_of(span, is_ipv6);
	if (*ret_reach != MP_REACH_UNKNOWN)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_USAGE, NULL, "%s is no IP address", text != NULL ? text : "NULL");
}

/* The configuration names some hosts itself. */
static bool is_named(const struct mcpass_client *client, const struct mp_uri *uri)
{
	const char *const named[] = { client->given_issuer, client->idp_token_endpoint };
	struct mp_uri other;

	for (size_t i = 0; i < MP_COUNT(named); i++)
		if (named[i] != NULL && mp_uri_parse(named[i], &other, NULL) == MCPASS_OK
		    && mp_uri_same_origin(uri, &other))
			return true;
	return false;
}

enum mcpass_rc mcpass_client_check_address(const struct mcpass_client *client,
    const char *url, const char *address, const char *server, struct mcpass_error *err)
{
	struct mp_target_connection connection = { 0 };
	struct mp_uri uri, ours;
	enum mcpass_rc rc;

	mp_clear(err);
	rc = mp_uri_parse(url, &uri, err);
	if (!rc)
		rc = mp_uri_parse(client->server_url, &ours, err);
	if (!rc)
		rc = read_address(address, &connection.target, err);
	if (!rc && server != NULL)
		rc = read_address(server, &connection.server, err);
	if (rc)
		return rc;
	if (server == NULL)
		connection.server = mp_host_reach_of(ours.host, ours.is_ipv6);
	connection.is_plain = !uri.is_https;
	connection.is_server = mp_uri_same_origin(&uri, &ours);
	connection.is_named = is_named(client, &uri);
	if (mp_target_may_connect(&connection))
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, "MCP security considerations (SSRF)",
	    "%.*s: the name leads %s", (int)uri.host.len, uri.host.data,
	    mp_target_place(connection.target));
}
