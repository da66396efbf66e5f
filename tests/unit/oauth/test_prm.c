/* Protected resource metadata: where it is, what it says, for whom. */
#include <stdlib.h>
#include <string.h>
#include "harness/check.h"
#include "oauth/prm.h"

#define RS "https://rs.example"
#define WK RS "/.well-known/oauth-protected-resource"

static const struct {
	const char *label, *challenge, *server;
	const char *want[5];
	enum mcpass_rc rc;
} place_rows[] = {
	{ "a path", NULL, RS "/mcp", { WK "/mcp", WK }, MCPASS_OK },
	{ "no path", NULL, RS, { WK }, MCPASS_OK },
	{ "a slash is no path", NULL, RS "/", { WK }, MCPASS_OK },
	{ "a slash at the end", NULL, RS "/mcp/", { WK "/mcp/", WK "/mcp", WK }, MCPASS_OK },
	{ "a query", NULL, RS "/mcp?t=1", { WK "/mcp?t=1", WK }, MCPASS_OK },
	{ "only a query", NULL, RS "/?t=1", { WK "?t=1", WK }, MCPASS_OK },
	{ "a port", NULL, RS ":8443/mcp", { RS ":8443/.well-known/oauth-protected-resource/mcp",
	    RS ":8443/.well-known/oauth-protected-resource" }, MCPASS_OK },
	{ "the challenge first", RS "/meta", RS "/mcp", { RS "/meta", WK "/mcp", WK }, MCPASS_OK },
	{ "no URL twice", WK "/mcp", RS "/mcp", { WK "/mcp", WK }, MCPASS_OK },
	{ "not twice, whatever the order", WK, RS "/mcp", { WK, WK "/mcp" }, MCPASS_OK },
	{ "no URL", NULL, "rs.example", { NULL }, MCPASS_E_USAGE },
};

static void test_places(void)
{
	for (size_t i = 0; i < COUNT(place_rows); i++) {
		struct mp_strings urls = { 0 };
		size_t count = 0;

		CHECK_EQ(place_rows[i].label, mp_prm_places(place_rows[i].challenge,
		    place_rows[i].server, &urls, NULL), place_rows[i].rc);
		while (place_rows[i].want[count] != NULL)
			count++;
		CHECK_EQ(place_rows[i].label, urls.count, count);
		for (size_t j = 0; j < count && j < urls.count; j++)
			CHECK_STR(place_rows[i].label, urls.items[j], place_rows[i].want[j]);
		mp_strings_free(&urls);
	}
}

static const struct {
	const char *label, *text;
	enum mcpass_rc want;
	const char *spec;
} parse_rows[] = {
	{ "the least", "{\"resource\":\"" RS "\"}", MCPASS_OK, NULL },
	{ "unknown members", "{\"resource\":\"" RS "\",\"x\":[1]}", MCPASS_OK, NULL },
	{ "null is absent", "{\"resource\":\"" RS "\",\"scopes_supported\":null}", MCPASS_OK, NULL },
	{ "a list that is none, of advice", "{\"resource\":\"" RS "\",\"scopes_supported\":{}}",
	    MCPASS_OK, NULL },
	{ "a name in Latin-1", "{\"resource\":\"" RS "\",\"resource_name\":\"J\xe9r\"}", MCPASS_OK, NULL },
	{ "a mark at the beginning", "\xef\xbb\xbf{\"resource\":\"" RS "\"}", MCPASS_OK, NULL },
	{ "an empty page for people", "{\"resource\":\"" RS "\",\"resource_documentation\":\"\"}",
	    MCPASS_OK, NULL },
	{ "an empty resource", "{\"resource\":\"\"}", MCPASS_E_PROTOCOL, "RFC 9728 2" },
	{ "a name that is none", "{\"resource\":\"" RS "\",\"resource_name\":1}", MCPASS_OK, NULL },
	{ "no resource", "{}", MCPASS_E_PROTOCOL, "RFC 9728 2" },
	{ "resource null", "{\"resource\":null}", MCPASS_E_PROTOCOL, "RFC 9728 2" },
	{ "resource is no URL", "{\"resource\":\"rs\"}", MCPASS_E_PROTOCOL, "RFC 9728 2" },
	{ "resource is a list", "{\"resource\":[\"" RS "\"]}", MCPASS_E_PROTOCOL, "RFC 9728 2" },
	{ "resource with a fragment", "{\"resource\":\"" RS "#a\"}", MCPASS_E_PROTOCOL,
	    "RFC 9728 1.2" },
	{ "the servers are no list", "{\"resource\":\"" RS "\",\"authorization_servers\":7}",
	    MCPASS_OK, NULL },
	{ "algorithms that are no list",
	    "{\"resource\":\"" RS "\",\"dpop_signing_alg_values_supported\":\"ES256\"}", MCPASS_OK,
	    NULL },
	{ "DPoP is no boolean",
	    "{\"resource\":\"" RS "\",\"dpop_bound_access_tokens_required\":\"true\"}",
	    MCPASS_E_PROTOCOL, "RFC 9728 2" },
	{ "a member twice", "{\"resource\":\"" RS "\",\"resource\":\"" RS "\"}",
	    MCPASS_E_PROTOCOL, "RFC 7493 2.3" },
};

static const struct {
	const char *label, *servers;    /* its JSON */
	size_t count;                   /* of those that can be read, of which the first is AS */
	bool is_odd;
} server_rows[] = {
	{ "as it should be", "[\"https://as.example\"]", 1, false },
	{ "an object before it", "[{\"issuer\":\"x\"},\"https://as.example\"]", 1, true },
	{ "a number behind it", "[\"https://as.example\",7,\"https://b.example\"]", 2, true },
	{ "null in it", "[null,\"https://as.example\"]", 1, true },
	{ "a control character in another", "[\"https://b.example\\n\",\"https://as.example\"]", 1, true },
	{ "no list", "\"https://as.example\"", 1, true },
	{ "none that can be read", "[7,null]", 0, true },
	{ "none", "[]", 0, false },
};

static void test_servers(void)
{
	for (size_t i = 0; i < COUNT(server_rows); i++) {
		char text[256];
		struct mp_prm prm = { 0 };

		snprintf(text, sizeof(text), "{\"resource\":\"" RS "\",\"authorization_servers\":%s}",
		    server_rows[i].servers);
		CHECK_EQ(server_rows[i].label, mp_prm_parse(text, strlen(text), &prm, NULL), MCPASS_OK);
		CHECK_EQ(server_rows[i].label, prm.authorization_servers.count, server_rows[i].count);
		if (prm.authorization_servers.count > 0)
			CHECK_STR(server_rows[i].label, prm.authorization_servers.items[0], "https://as.example");
		CHECK_EQ(server_rows[i].label, prm.odd.count, server_rows[i].is_odd ? 1 : 0);
		mp_prm_free(&prm);
	}
}

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(parse_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_prm prm = { 0 };

		CHECK_EQ(parse_rows[i].label, mp_prm_parse(parse_rows[i].text,
		    strlen(parse_rows[i].text), &prm, &err), parse_rows[i].want);
		CHECK_STR(parse_rows[i].label, err.spec, parse_rows[i].spec);
		CHECK_STR(parse_rows[i].label, prm.resource, parse_rows[i].want ? NULL : RS);
		CHECK_EQ(parse_rows[i].label, prm.scopes_supported.count, 0);
		CHECK_STR(parse_rows[i].label, err.doing,
		    parse_rows[i].want ? "reading the resource metadata" : NULL);
		mp_prm_free(&prm);
	}
}

static const char whole[] = "{\"resource\":\"" RS "/mcp\",\"resource_name\":\"Echo\","
    "\"authorization_servers\":[\"https://as.example\",\"https://b.example\"],"
    "\"scopes_supported\":[\"a\",\"b\"],\"bearer_methods_supported\":[\"header\"],"
    "\"dpop_signing_alg_values_supported\":[\"ES256\",\"EdDSA\"],"
    "\"dpop_bound_access_tokens_required\":true}";

static void test_write(void)
{
	struct mp_prm prm = { 0 };
	char *text = NULL;

	CHECK_EQ("read", mp_prm_parse(whole, strlen(whole), &prm, NULL), MCPASS_OK);
	CHECK_STR("the name", prm.resource_name, "Echo");
	CHECK_EQ("two servers", prm.authorization_servers.count, 2);
	CHECK("algorithms", mp_strings_has(&prm.dpop_signing_alg_values_supported, "EdDSA"));
	CHECK("a flag", prm.dpop_bound_access_tokens_required);
	CHECK_EQ("written", mp_prm_write(&prm, &text, NULL), MCPASS_OK);
	CHECK_STR("the same again", text, whole);
	free(text);
	mp_prm_free(&prm);
	CHECK("empty", prm.resource == NULL && prm.authorization_servers.count == 0);
}

static const struct {
	const char *label, *resource, *server;
	enum mcpass_rc want;
} resource_rows[] = {
	{ "equal", RS "/mcp", RS "/mcp", MCPASS_OK },
	{ "a parent", RS, RS "/mcp", MCPASS_OK },
	{ "a parent path", RS "/a", RS "/a/mcp", MCPASS_OK },
	{ "a slash more", RS "/mcp/", RS "/mcp", MCPASS_OK },
	{ "a slash less", RS "/mcp", RS "/mcp/", MCPASS_OK },
	{ "a slash on the parent", RS "/a/", RS "/a/mcp", MCPASS_OK },
	{ "a slash on the root", RS "/", RS, MCPASS_OK },
	{ "a query on the server", RS "/mcp", RS "/mcp?t=1", MCPASS_OK },
	{ "a slash before the same query", RS "/mcp/?t=1", RS "/mcp/?t=1", MCPASS_OK },
	{ "the same query", RS "/mcp?t=1", RS "/mcp?t=1", MCPASS_OK },
	{ "a host in capitals", "https://RS.example/mcp", RS "/mcp", MCPASS_OK },
	{ "the default port", RS ":443/mcp", RS "/mcp", MCPASS_OK },
	{ "another host", "https://evil.example/mcp", RS "/mcp", MCPASS_E_POLICY },
	{ "a host below", "https://a.rs.example/mcp", RS "/mcp", MCPASS_E_POLICY },
	{ "another port", RS ":8443/mcp", RS "/mcp", MCPASS_E_POLICY },
	{ "another scheme", "http://rs.example/mcp", RS "/mcp", MCPASS_E_POLICY },
	{ "a child", RS "/mcp/x", RS "/mcp", MCPASS_E_POLICY },
	{ "a sibling", RS "/other", RS "/mcp", MCPASS_E_POLICY },
	{ "half a segment", RS "/mc", RS "/mcp", MCPASS_E_POLICY },
	{ "case in the path", RS "/MCP", RS "/mcp", MCPASS_E_POLICY },
	{ "only one slash is forgiven", RS "/mcp//", RS "/mcp", MCPASS_E_POLICY },
	{ "another query", RS "/mcp?t=2", RS "/mcp?t=1", MCPASS_E_POLICY },
	{ "a query on the parent", RS "/?t=1", RS "/mcp", MCPASS_E_POLICY },
	{ "the server's URL is bad", RS, "rs.example", MCPASS_E_USAGE },
};

static void test_resource(void)
{
	for (size_t i = 0; i < COUNT(resource_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_prm prm = { 0 };

		CHECK_EQ("set", mp_set(&prm.resource, resource_rows[i].resource, NULL), MCPASS_OK);
		CHECK_EQ(resource_rows[i].label, mp_prm_check_resource(&prm, resource_rows[i].server,
		    &err), resource_rows[i].want);
		if (resource_rows[i].want == MCPASS_E_POLICY) {
			CHECK_STR(resource_rows[i].label, err.spec, "RFC 9728 3.3");
			CHECK_HAS(resource_rows[i].label, err.detail, resource_rows[i].resource);
			CHECK_HAS(resource_rows[i].label, err.hint, "configured");
		}
		mp_prm_free(&prm);
	}
}

static enum mcpass_rc run_all(struct mcpass_error *err)
{
	struct mp_strings urls = { 0 };
	struct mp_prm prm = { 0 };
	char *text = NULL;
	enum mcpass_rc rc;

	rc = mp_prm_places(RS "/meta", RS "/mcp", &urls, err);
	CHECK("all or nothing", urls.count == (rc ? 0 : 3));
	if (!rc)
		rc = mp_prm_parse(whole, strlen(whole), &prm, err);
	CHECK("untouched", !rc || prm.resource == NULL);
	if (!rc)
		rc = mp_prm_write(&prm, &text, err);
	CHECK("untouched", !rc || text == NULL);
	mp_strings_free(&urls);
	mp_prm_free(&prm);
	free(text);
	return rc;
}

static void test_no_memory(void)
{
	OOM_EACH {
		struct mcpass_error err = { 0 };
		enum mcpass_rc rc;

		rc = run_all(&err);
		CHECK_OOM("no memory", rc, MCPASS_OK);
		CHECK_EQ("reported", err.rc, rc);
	}
}

int main(void)
{
	test_places();
	test_parse();
	test_servers();
	test_write();
	test_resource();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
