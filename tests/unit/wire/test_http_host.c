/* The Host of a request: whether it is one, and whether it is ours. */
#include <string.h>
#include "harness/check.h"
#include "wire/http/host_field.h"

static const struct {
	const char *label, *value, *name;       /* name NULL: it is none */
} rows[] = {
	{ "a name", "as.example", "as.example" }, { "a port", "as.example:8443", "as.example" },
	{ "an empty port", "as.example:", "as.example" }, { "an address", "127.0.0.1:1", "127.0.0.1" },
	{ "IPv6", "[::1]", "::1" }, { "IPv6 and a port", "[2001:db8::1]:80", "2001:db8::1" },
	{ "nothing", "", NULL }, { "a port only", ":80", NULL }, { "a space", "a b", NULL },
	{ "a comma", "a,b", NULL }, { "a path", "a/b", NULL }, { "a user", "u@a", NULL },
	{ "a port of letters", "a:b", NULL }, { "a port that is too large", "a:65536", NULL },
	{ "two ports", "a:1:2", NULL }, { "a sign", "a:+1", NULL }, { "no bracket", "[::1", NULL },
	{ "behind a bracket", "[::1]a", NULL }, { "bare IPv6", "::1", NULL }, { "a zone", "[::1%25lo]", NULL },
	{ "an escape", "a%2eb", NULL }, { "empty labels", "a..b", NULL }, { "a query", "a?b", NULL },
	{ "a backslash", "a\\b", NULL }, { "a scheme", "http://a", NULL },
};

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mp_http_host host = { 0 };
		bool ok = mp_http_host_parse(rows[i].value, &host);

		CHECK_EQ(rows[i].label, ok, rows[i].name != NULL);
		if (ok)
			CHECK(rows[i].label, mp_span_is(host.name, rows[i].name));
	}
}

/* loopback: of this machine only; own: with a public URL, https://as.example. */
static const struct {
	const char *label, *value;
	bool loopback, own;
} ours_rows[] = {
	{ "our own name", "as.example", true, true },
	{ "in capitals, with a port", "AS.Example:8443", true, true },
	{ "localhost", "localhost:8930", true, true },
	{ "an address of loopback", "127.0.0.1", true, true },
	{ "IPv6 loopback", "[::1]:8930", true, true },
	{ "a page's own name", "evil.example", false, false },
	{ "a name below ours", "evil.as.example", false, false },
	{ "a name that begins as ours", "as.example.evil.example", false, false },
	{ "a name that begins as loopback", "127.0.0.1.evil.example", false, false },
	{ "a name that begins as localhost", "localhost.evil.example", false, false },
	{ "a name below localhost", "evil.localhost", false, true },
	{ "an address", "10.1.2.3:8930", false, true },
	{ "0.0.0.0", "0.0.0.0", false, true },
	{ "loopback in another notation", "2130706433", false, true },
	{ "a name without a dot", "mcpass", false, true },
	{ "no host", "a b", false, false },
	{ "a user", "localhost@evil.example", false, false },
	{ "a path", "localhost/x", false, false },
	{ "nothing", "", false, false },
	{ "none", NULL, false, false },
};

static const char *const allowed[] = { "mcp.internal", "10.internal" };
static const struct mp_http_hosts any = { MP_HTTP_HOSTS_ANY, NULL, 0 },
    loopback = { MP_HTTP_HOSTS_LOOPBACK, NULL, 0 }, own = { MP_HTTP_HOSTS_OWN, NULL, 0 },
    besides = { MP_HTTP_HOSTS_LOOPBACK, allowed, COUNT(allowed) };

static void test_allowed(void)
{
	CHECK("of the operator", mp_http_host_is_ours(&besides, NULL, "MCP.internal:8931"));
	CHECK("the second", mp_http_host_is_ours(&besides, NULL, "10.internal"));
	CHECK("below it", !mp_http_host_is_ours(&besides, NULL, "evil.mcp.internal"));
	CHECK("it begins so", !mp_http_host_is_ours(&besides, NULL, "mcp.internal.evil.example"));
	CHECK("no other", !mp_http_host_is_ours(&besides, NULL, "other.internal"));
}

static void test_ours(void)
{
	for (size_t i = 0; i < COUNT(ours_rows); i++) {
		const char *label = ours_rows[i].label, *value = ours_rows[i].value;
		const char *url = "https://as.example/x";

		CHECK_EQ(label, mp_http_host_is_ours(&loopback, url, value), ours_rows[i].loopback);
		CHECK_EQ(label, mp_http_host_is_ours(&own, url, value), ours_rows[i].own);
		CHECK(label, mp_http_host_is_ours(&any, url, value));
	}
}

static void test_screen(void)
{
	static const struct mcpass_header two[] = { { "Host", "localhost" }, { "host", "localhost" } };

	for (size_t count = 0; count <= 2; count++) {
		const struct mp_http_request request = { .headers = two, .header_count = count };
		struct mp_http_response response = { 0 };
		bool refused = false;

		CHECK_EQ("looked at", mp_http_host_screen(&own, NULL, &request, &response,
		    &refused, NULL), MCPASS_OK);
		CHECK_EQ("exactly one", refused, count != 1);
		CHECK_EQ("403", response.status, count != 1 ? 403 : 0);
		mp_http_response_free(&response);
		CHECK_EQ("not looked at", mp_http_host_screen(&any, NULL, &request, &response,
		    &refused, NULL), MCPASS_OK);
		CHECK("let in", !refused);
	}
}

int main(void)
{
	test_parse();
	test_ours();
	test_allowed();
	test_screen();
	return check_done();
}
