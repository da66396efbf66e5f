/* Which URLs may be contacted at all. */
#include <string.h>
#include "harness/check.h"
#include "oauth/target.h"

#define FAR "https://mcp.example/mcp"
#define NEAR "http://127.0.0.1:8080/mcp"
#define INSIDE "https://10.0.0.5/mcp"

static const struct {
	const char *label, *url, *server;
	bool loopback_http;
	enum mcpass_rc want;
	const char *spec;
} rows[] = {
	{ "https anywhere", "https://as.example/token", FAR, false, MCPASS_OK, NULL },
	{ "https with a port and a query", "https://as.example:8443/t?p=1", FAR, false, MCPASS_OK, NULL },
	{ "https from a loopback server", "https://as.example/token", NEAR, true, MCPASS_OK, NULL },
	{ "https inside, server inside", "https://10.0.0.6/token", INSIDE, false, MCPASS_OK, NULL },
	{ "https inside, server on loopback", "https://10.0.0.6/t", NEAR, false, MCPASS_E_POLICY,
	    "RFC 9728 7.7" },
	{ "https on loopback, both", "https://127.0.0.1:8443/t", NEAR, false, MCPASS_OK, NULL },
	{ "https inside, server outside", "https://10.0.0.6/token", FAR, false, MCPASS_E_POLICY,
	    "RFC 9728 7.7" },
	{ "cloud metadata", "https://169.254.169.254/latest", FAR, true, MCPASS_E_POLICY,
	    "RFC 9728 7.7" },
	{ "loopback by https, server outside", "https://127.0.0.1/t", FAR, true, MCPASS_E_POLICY,
	    "RFC 9728 7.7" },
	{ "localhost by https, server outside", "https://localhost/t", FAR, true, MCPASS_E_POLICY,
	    "RFC 9728 7.7" },
	{ "IPv6 loopback, server outside", "https://[::1]/t", FAR, true, MCPASS_E_POLICY,
	    "RFC 9728 7.7" },
	{ "mapped IPv4, server outside", "https://[::ffff:10.0.0.1]/t", FAR, true,
	    MCPASS_E_POLICY, "RFC 9728 7.7" },
	{ "http to a far host", "http://as.example/token", FAR, true, MCPASS_E_POLICY,
	    "OAuth 2.1 1.5" },
	{ "http to a far host from loopback", "http://as.example/token", NEAR, true,
	    MCPASS_E_POLICY, "OAuth 2.1 1.5" },
	{ "http inside is not loopback", "http://10.0.0.6/token", INSIDE, true, MCPASS_E_POLICY,
	    "OAuth 2.1 1.5" },
	{ "http on loopback, both, allowed", "http://localhost:9000/t", NEAR, true, MCPASS_OK, NULL },
	{ "http on loopback, both, IPv6", "http://[::1]:9000/t", NEAR, true, MCPASS_OK, NULL },
	{ "http on loopback, not allowed", "http://127.0.0.1:9000/t", NEAR, false,
	    MCPASS_E_POLICY, "MCP 2026-07-28 communication security" },
	{ "http on loopback, server outside", "http://127.0.0.1:9000/t", FAR, true,
	    MCPASS_E_POLICY, "MCP 2026-07-28 communication security" },
	{ "http on loopback, server inside", "http://127.0.0.1:9000/t", INSIDE, true,
	    MCPASS_E_POLICY, "MCP 2026-07-28 communication security" },
	{ "a fragment", "https://as.example/t#x", FAR, false, MCPASS_E_PROTOCOL, "RFC 6749 3.1" },
	{ "an empty fragment", "https://as.example/t#", FAR, false, MCPASS_E_PROTOCOL,
	    "RFC 6749 3.1" },
	{ "a file", "file:///etc/passwd", FAR, false, MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "a script", "javascript:alert(1)", FAR, false, MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "a command", "$(touch x)", FAR, false, MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "an option", "--version", FAR, false, MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "a command in a URL", "https://as.example/`id`", FAR, false, MCPASS_E_PROTOCOL,
	    "RFC 8414 2" },
	{ "user information", "https://as.example@evil.example/", FAR, false, MCPASS_E_PROTOCOL,
	    "RFC 8414 2" },
	{ "relative", "/token", FAR, false, MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "empty", "", FAR, false, MCPASS_E_PROTOCOL, "RFC 8414 2" },
	{ "the server's own URL is bad", "https://as.example/t", "mcp", false, MCPASS_E_USAGE,
	    NULL },
};

static void test_check(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc = mp_target_check(rows[i].url, rows[i].server,
		    rows[i].loopback_http, "the token endpoint", &err);

		CHECK_EQ(rows[i].label, rc, rows[i].want);
		if (rows[i].spec == NULL)
			continue;
		CHECK_STR(rows[i].label, err.spec, rows[i].spec);
		CHECK_HAS(rows[i].label, err.detail, "the token endpoint");
		CHECK(rows[i].label, rc != MCPASS_E_POLICY || err.hint[0] != '\0');
	}
}

static void test_too_long(void)
{
	char url[9000] = "https://as.example/";

	memset(url + strlen(url), 'a', sizeof(url) - strlen(url) - 1);
	url[sizeof(url) - 1] = '\0';
	CHECK_EQ("over the cap", mp_target_check(url, FAR, false, "it", NULL), MCPASS_E_LIMIT);
}

/* What a name leads to: a column for each place of the server. */
static const struct {
	const char *label;
	enum mp_reach target;
	bool unknown, public, private, loopback, link_local;
} reach_rows[] = {
	{ "a public address", MP_REACH_PUBLIC, true, true, true, true, true },
	{ "a private address", MP_REACH_PRIVATE, false, false, true, false, true },
	{ "this machine", MP_REACH_LOOPBACK, false, false, false, true, false },
	{ "the link, a cloud's metadata", MP_REACH_LINK_LOCAL, false, false, false, false, false },
	{ "no host's address", MP_REACH_NOWHERE, false, false, false, false, false },
	{ "an address that nobody read", MP_REACH_UNKNOWN, false, false, false, false, false },
};

static void test_reach(void)
{
	for (size_t i = 0; i < COUNT(reach_rows); i++) {
		const char *label = reach_rows[i].label;
		enum mp_reach target = reach_rows[i].target;

		CHECK_EQ(label, mp_target_may_reach(MP_REACH_UNKNOWN, target), reach_rows[i].unknown);
		CHECK_EQ(label, mp_target_may_be_named(target), target == MP_REACH_PUBLIC
		    || target == MP_REACH_PRIVATE || target == MP_REACH_LOOPBACK);
		CHECK_EQ(label, mp_target_may_reach(MP_REACH_PUBLIC, target), reach_rows[i].public);
		CHECK_EQ(label, mp_target_may_reach(MP_REACH_PRIVATE, target), reach_rows[i].private);
		CHECK_EQ(label, mp_target_may_reach(MP_REACH_LOOPBACK, target), reach_rows[i].loopback);
		CHECK_EQ(label, mp_target_may_reach(MP_REACH_LINK_LOCAL, target),
		    reach_rows[i].link_local);
	}
}

static void test_allowed_http(void)
{
	static const char *const hosts[] = { "keycloak", "fd00::1" };
	static const struct { const char *url; bool allowed; } allow_rows[] = {
		{ "http://keycloak/realms/x", true }, { "http://keycloak:8080/", true },
		{ "HTTP://KeyCloak/", true }, { "http://[fd00::1]:80/", true },
		{ "https://keycloak/", false },         /* judged as ever */
		{ "http://keycloak.evil/", false }, { "http://evil.keycloak/", false },
		{ "http://keycloak@evil/", false }, { "http://evil/keycloak", false },
		{ "http://keycloak/#x", false }, { "ftp://keycloak/", false }, { "keycloak", false },
	};

	for (size_t i = 0; i < COUNT(allow_rows); i++)
		CHECK_EQ(allow_rows[i].url, mp_target_is_allowed_http(allow_rows[i].url, hosts, COUNT(hosts)),
		    allow_rows[i].allowed);
	CHECK("nothing is allowed by itself", !mp_target_is_allowed_http("http://keycloak/", NULL, 0));
}

int main(void)
{
	test_reach();
	test_allowed_http();
	test_check();
	test_too_long();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
