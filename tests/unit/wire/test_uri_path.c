/* URIs: compared, put under a well-known path, resolved. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/uri.h"

static const struct {
	const char *label, *a, *b;
	bool same_origin, parent;
} pair_rows[] = {
	{ "the same", "https://h/mcp", "https://h/mcp", true, true },
	{ "the default port", "https://h:443/mcp", "https://h/mcp", true, true },
	{ "the other default port", "http://h/mcp", "http://h:80/mcp", true, true },
	{ "host without case", "https://H.Example/mcp", "HTTPS://h.example/mcp", true, true },
	{ "another scheme", "http://h/mcp", "https://h/mcp", false, false },
	{ "another scheme, one port", "http://h:443/", "https://h/", false, false },
	{ "another port", "https://h:8443/mcp", "https://h/mcp", false, false },
	{ "another host", "https://h/mcp", "https://i/mcp", false, false },
	{ "a host that begins so", "https://h", "https://h.evil.example/", false, false },
	{ "a host under it", "https://example", "https://a.example", false, false },
	{ "a trailing dot is another host", "https://h/", "https://h./", false, false },
	{ "only letters fold", "https://[::a]/", "https://[::A]/", true, true },
	{ "the origin", "https://h", "https://h/mcp", true, true },
	{ "the origin with a slash", "https://h/", "https://h/mcp", true, true },
	{ "empty path and slash", "https://h/", "https://h", true, true },
	{ "slash and empty path", "https://h", "https://h/", true, true },
	{ "a segment below", "https://h/mcp", "https://h/mcp/v1", true, true },
	{ "a slash below", "https://h/mcp", "https://h/mcp/", true, true },
	{ "below a slash", "https://h/mcp/", "https://h/mcp/v1", true, true },
	{ "not above itself without the slash", "https://h/mcp/", "https://h/mcp", true, false },
	{ "no boundary", "https://h/mcp", "https://h/mcpx", true, false },
	{ "an escaped boundary", "https://h/mcp", "https://h/mcp%2fx", true, false },
	{ "another segment", "https://h/a", "https://h/b", true, false },
	{ "above it", "https://h/mcp/v1", "https://h/mcp", true, false },
	{ "path with case", "https://h/MCP", "https://h/mcp", true, false },
	{ "query of the child", "https://h/mcp", "https://h/mcp?a", true, true },
	{ "query of the child below", "https://h/mcp", "https://h/mcp/x?a#b", true, true },
	{ "query of the parent", "https://h/mcp?a", "https://h/mcp", true, false },
	{ "empty query of the parent", "https://h/mcp?", "https://h/mcp", true, false },
	{ "query of the parent, child below", "https://h/mcp?a", "https://h/mcp/x?a", true, false },
	{ "the same query", "https://h/mcp?a", "https://h/mcp?a", true, true },
	{ "another query", "https://h/mcp?a", "https://h/mcp?b", true, false },
	{ "fragment of the parent", "https://h/mcp#", "https://h/mcp", true, false },
	{ "the same fragment", "https://h/mcp#a", "https://h/mcp#a", true, true },
	{ "climbs out", "https://h/mcp", "https://h/mcp/../admin", true, false },
	{ "climbs out at the end", "https://h/mcp", "https://h/mcp/..", true, false },
	{ "climbs out of the origin's path", "https://h", "https://h/a/../b", true, false },
	{ "climbs out, escaped", "https://h/mcp", "https://h/mcp/%2e%2E/admin", true, false },
	{ "climbs out, half escaped", "https://h/mcp", "https://h/mcp/.%2e/admin", true, false },
	{ "climbs out over an escaped slash", "https://h/mcp", "https://h/mcp/x%2f..%2Fadmin",
	    true, false },
	{ "climbs out over an escaped backslash", "https://h/mcp", "https://h/mcp/..%5cadmin",
	    true, false },
	{ "a single dot", "https://h/mcp", "https://h/mcp/./x", true, false },
	{ "a single dot at the end", "https://h/mcp", "https://h/mcp/.", true, false },
	{ "a single dot, escaped", "https://h/mcp", "https://h/mcp/%2E/x", true, false },
	{ "dots in the parent", "https://h/a/..", "https://h/a/../b", true, false },
	{ "dots in both, equal", "https://h/a/../b", "https://h/a/../b", true, false },
	{ "dots in a query are none", "https://h/mcp", "https://h/mcp?a=/../b", true, true },
	{ "three dots are a name", "https://h/mcp", "https://h/mcp/.../x", true, true },
	{ "a name with dots", "https://h/mcp", "https://h/mcp/..x/y..", true, true },
	{ "a hidden name", "https://h/mcp", "https://h/mcp/.well-known", true, true },
};

static void test_pairs(void)
{
	for (size_t i = 0; i < COUNT(pair_rows); i++) {
		const char *label = pair_rows[i].label;
		struct mp_uri a = { 0 }, b = { 0 };

		CHECK_EQ(label, mp_uri_parse(pair_rows[i].a, &a, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_uri_parse(pair_rows[i].b, &b, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_uri_same_origin(&a, &b), pair_rows[i].same_origin);
		CHECK_EQ(label, mp_uri_same_origin(&b, &a), pair_rows[i].same_origin);
		CHECK_EQ(label, mp_uri_is_parent(&a, &b), pair_rows[i].parent);
	}
}

static const struct {
	const char *label, *uri, *inserted, *root, *appended;
} well_known_rows[] = {
	{ "no path", "https://h", "https://h/.well-known/x", "https://h/.well-known/x",
	    "https://h/.well-known/x" },
	{ "a slash", "https://h/", "https://h/.well-known/x", "https://h/.well-known/x",
	    "https://h/.well-known/x" },
	{ "a path", "https://h:8443/mcp", "https://h:8443/.well-known/x/mcp",
	    "https://h:8443/.well-known/x", "https://h:8443/mcp/.well-known/x" },
	{ "a terminating slash", "https://h/a/b/", "https://h/.well-known/x/a/b",
	    "https://h/.well-known/x", "https://h/a/b/.well-known/x" },
	{ "only one of them", "https://h/a//", "https://h/.well-known/x/a/",
	    "https://h/.well-known/x", "https://h/a//.well-known/x" },
	{ "a query", "https://h/mcp?t=1#f", "https://h/.well-known/x/mcp?t=1",
	    "https://h/.well-known/x", "https://h/mcp/.well-known/x" },
	{ "a query without a path", "https://h?t=1", "https://h/.well-known/x?t=1",
	    "https://h/.well-known/x", "https://h/.well-known/x" },
	{ "a slash and a query", "https://h/?t=1", "https://h/.well-known/x?t=1",
	    "https://h/.well-known/x", "https://h/.well-known/x" },
	{ "IPv6", "http://[::1]:1/a", "http://[::1]:1/.well-known/x/a",
	    "http://[::1]:1/.well-known/x", "http://[::1]:1/a/.well-known/x" },
};

static void test_well_known(void)
{
	for (size_t i = 0; i < COUNT(well_known_rows); i++) {
		const char *wants[] = { [MP_WELL_KNOWN_INSERTED] = well_known_rows[i].inserted,
			[MP_WELL_KNOWN_ROOT] = well_known_rows[i].root,
			[MP_WELL_KNOWN_APPENDED] = well_known_rows[i].appended };
		const char *label = well_known_rows[i].label;
		struct mp_uri uri = { 0 };

		CHECK_EQ(label, mp_uri_parse(well_known_rows[i].uri, &uri, NULL), MCPASS_OK);
		for (size_t form = 0; form < COUNT(wants); form++) {
			char *url = NULL;

			CHECK_EQ(label, mp_uri_well_known(&uri, "x", (enum mp_well_known)form,
			    &url, NULL), MCPASS_OK);
			CHECK_STR(label, url, wants[form]);
			free(url);
		}
	}
}

#define BASE "http://a/b/c/d;p?q"

/* RFC 3986 5.4, as far as the result is http: want NULL is MCPASS_E_USAGE. */
static const struct {
	const char *base, *reference, *want;
} resolve_rows[] = {
	{ BASE, "g:h", NULL },
	{ BASE, "g", "http://a/b/c/g" },
	{ BASE, "./g", "http://a/b/c/g" },
	{ BASE, "g/", "http://a/b/c/g/" },
	{ BASE, "/g", "http://a/g" },
	{ BASE, "//g", "http://g" },
	{ BASE, "?y", "http://a/b/c/d;p?y" },
	{ BASE, "g?y", "http://a/b/c/g?y" },
	{ BASE, "#s", "http://a/b/c/d;p?q#s" },
	{ BASE, "g#s", "http://a/b/c/g#s" },
	{ BASE, "g?y#s", "http://a/b/c/g?y#s" },
	{ BASE, ";x", "http://a/b/c/;x" },
	{ BASE, "g;x", "http://a/b/c/g;x" },
	{ BASE, "g;x?y#s", "http://a/b/c/g;x?y#s" },
	{ BASE, "", "http://a/b/c/d;p?q" },
	{ BASE, ".", "http://a/b/c/" },
	{ BASE, "./", "http://a/b/c/" },
	{ BASE, "..", "http://a/b/" },
	{ BASE, "../", "http://a/b/" },
	{ BASE, "../g", "http://a/b/g" },
	{ BASE, "../..", "http://a/" },
	{ BASE, "../../", "http://a/" },
	{ BASE, "../../g", "http://a/g" },
	{ BASE, "../../../g", "http://a/g" },           /* 5.4.2, abnormal, from here */
	{ BASE, "../../../../g", "http://a/g" },
	{ BASE, "/./g", "http://a/g" },
	{ BASE, "/../g", "http://a/g" },
	{ BASE, "g.", "http://a/b/c/g." },
	{ BASE, ".g", "http://a/b/c/.g" },
	{ BASE, "g..", "http://a/b/c/g.." },
	{ BASE, "..g", "http://a/b/c/..g" },
	{ BASE, "./../g", "http://a/b/g" },
	{ BASE, "./g/.", "http://a/b/c/g/" },
	{ BASE, "g/./h", "http://a/b/c/g/h" },
	{ BASE, "g/../h", "http://a/b/c/h" },
	{ BASE, "g;x=1/./y", "http://a/b/c/g;x=1/y" },
	{ BASE, "g;x=1/../y", "http://a/b/c/y" },
	{ BASE, "g?y/./x", "http://a/b/c/g?y/./x" },
	{ BASE, "g?y/../x", "http://a/b/c/g?y/../x" },
	{ BASE, "g#s/./x", "http://a/b/c/g#s/./x" },
	{ BASE, "g#s/../x", "http://a/b/c/g#s/../x" },
	{ BASE, "http:g", NULL },                       /* for strict parsers */
	{ BASE, "https://x/../y/./z", "https://x/y/z" }, /* ours, from here */
	{ BASE, "HTTPS://x", "HTTPS://x" },
	{ BASE, "//x:8/../y?z", "http://x:8/y?z" },
	{ BASE, "?", "http://a/b/c/d;p?" },
	{ BASE, "g//h/../i", "http://a/b/c/g//i" },
	{ BASE, "g//../i", "http://a/b/c/g/i" },
	{ BASE, "%2e%2e/g", "http://a/b/c/%2e%2e/g" },
	{ BASE, "1a:b", "http://a/b/c/1a:b" },
	{ "https://h:1", "g", "https://h:1/g" },
	{ "https://h", "", "https://h" },
	{ "https://h?q", "#f", "https://h?q#f" },
	{ "https://h", "..", "https://h/" },
	{ "https://h/mcp#f", "/mcp/", "https://h/mcp/" },
	{ BASE, "///x", NULL },
	{ BASE, "//", NULL },
	{ BASE, "//u@x/", NULL },
	{ BASE, "\\\\evil.example", NULL },
	{ BASE, "/\\evil.example", NULL },
	{ BASE, " /g", NULL },
	{ BASE, "/g\r\nSet-Cookie: a", NULL },
	{ BASE, "javascript:alert(1)", NULL },
	{ BASE, "javascript://a/%0aalert(1)", NULL },
	{ BASE, "http:/x", NULL },
	{ BASE, "/%0", NULL },
};

static void test_resolve(void)
{
	for (size_t i = 0; i < COUNT(resolve_rows); i++) {
		const char *label = resolve_rows[i].reference, *want = resolve_rows[i].want;
		struct mcpass_error err = { 0 };
		struct mp_uri base = { 0 };
		char *url = NULL;

		CHECK_EQ(label, mp_uri_parse(resolve_rows[i].base, &base, NULL), MCPASS_OK);
		CHECK_EQ(label, mp_uri_resolve(&base, label, &url, &err),
		    want != NULL ? MCPASS_OK : MCPASS_E_USAGE);
		CHECK_STR(label, url, want);
		free(url);
	}
}

static void test_caps(void)
{
	char text[MP_MAX_URI + 2];
	struct mp_uri base = { 0 };
	char *url = NULL;

	memset(text, 'a', sizeof(text));
	text[MP_MAX_URI] = '\0';
	CHECK_EQ("base", mp_uri_parse("https://h/", &base, NULL), MCPASS_OK);
	CHECK_EQ("the result is too long", mp_uri_resolve(&base, text, &url, NULL), MCPASS_E_LIMIT);
	text[MP_MAX_URI - 10] = '\0';
	CHECK_EQ("as long as can be", mp_uri_resolve(&base, text, &url, NULL), MCPASS_OK);
	CHECK_EQ("all of it", strlen(url), MP_MAX_URI);
	CHECK_EQ("a long base", mp_uri_parse(url, &base, NULL), MCPASS_OK);
	free(url);
	url = NULL;
	text[MP_MAX_URI - 10] = 'a';
	text[MP_MAX_URI] = 'a';
	text[MP_MAX_URI + 1] = '\0';
	CHECK_EQ("the reference is too long", mp_uri_resolve(&base, text, &url, NULL),
	    MCPASS_E_LIMIT);
	CHECK("untouched", url == NULL);
}

static void test_well_known_cap(void)
{
	char text[MP_MAX_URI + 1] = "https://h/";
	struct mp_uri uri = { 0 };
	char *url = NULL;

	memset(text + 10, 'a', sizeof(text) - 11);
	CHECK_EQ("a long one", mp_uri_parse(text, &uri, NULL), MCPASS_OK);
	CHECK_EQ("longer still", mp_uri_well_known(&uri, "x", MP_WELL_KNOWN_INSERTED, &url,
	    NULL), MCPASS_E_LIMIT);
	CHECK("untouched", url == NULL);
}

static enum mcpass_rc build(bool resolve, char **ret_url, struct mcpass_error *err)
{
	struct mp_uri base = { 0 };

	(void)mp_uri_parse(BASE, &base, NULL);
	if (resolve)
		return mp_uri_resolve(&base, "../x/y", ret_url, err);
	return mp_uri_well_known(&base, "x", MP_WELL_KNOWN_INSERTED, ret_url, err);
}

static void test_no_memory(void)
{
	for (int resolve = 0; resolve < 2; resolve++) {
		OOM_EACH {
			struct mcpass_error err = { 0 };
			char *url = NULL;
			enum mcpass_rc rc;

			rc = build(resolve, &url, &err);
			CHECK_OOM("no memory", rc, MCPASS_OK);
			CHECK("untouched", rc == MCPASS_OK || url == NULL);
			free(url);
		}
	}
}

static const struct {
	const char *label, *text, *loose;
} loose_rows[] = {
	{ "a file", "file:///a/b", "file:/a/b?" },
	{ "of this host", "file://localhost/a", "file:/a?" },
	{ "of another, as readers of files see it", "file://H/a", "file:/a?" },
	{ "with a query", "file:///a?b", "file:/a?" },
	{ "by a name for who asks", "file://u@/a", "file:/a?" },
	{ "a name of its own before the host", "https://u:p@h/a", "https:h/a?" },
	{ "an empty one", "https://@h/a", "https:h/a?" },
	{ "two of them", "https://u@v@h/a", "https:h/a?" },
	{ "zeros before a port", "https://h:0443/a", "https:h/a?" },
	{ "zeros before another port", "https://h:08/a", "https:h:8/a?" },
	{ "a dot at the end of the host", "https://h.:443/a", "https:h/a?" },
	{ "an address", "http://[::1]:80/a", "http:[::1]/a?" },
	{ "an address without a port", "http://[::1]/a", "http:[::1]/a?" },
	{ "a default port of ws", "ws:h:80/a", "ws:h/a?" },
	{ "wide letters", "https://\xef\xbd\x88\xef\xbc\x8e\xef\xbd\x85/a", "https:h.e/a?" },
	{ "wide slashes", "https://h\xef\xbc\x8f\xef\xbc\xbc" "a", "https:h/a?" },
	{ "an ideographic stop", "https://h\xe3\x80\x82" "e\xef\xbd\xa1" "f/a", "https:h.e.f/a?" },
	{ "what cannot be seen", "https://h\xc2\xad\xe2\x80\x8b.e/a", "https:h.e/a?" },
	{ "the same, escaped", "https://h%C2%AD%e2%80%8b.e/a", "https:h.e/a?" },
	{ "a long s", "https://h/\xc5\xbf" "ecret", "https:h/secret?" },
	{ "half a letter", "https://h/\xef\xbc", "https:h/\xef\xbc?" },
	{ "other letters", "x://h/\xc3\xa9", "x:h/\xc3\xa9?" },
	{ "dots", "x://h/a/./b/../c", "x:h/a/c?" },
	{ "dots above the host", "x://h/../../c", "x:h/c?" },
	{ "escaped dots and slashes", "x://h/a%2f%2E./c", "x:h/c?" },
	{ "blanks and controls", " x:\t//h/a b%0a%20c\r\n", "x:h/abc?" },
	{ "backslashes", "https:\\\\h\\a", "https:h/a?" },
	{ "slashes", "http:////h//a/", "http:h/a?" },
	{ "no slashes", "http:h/a", "http:h/a?" },
	{ "default ports", "HTTP://H:80/a", "http:h/a?" },
	{ "an empty port", "https://h:/a", "https:h/a?" },
	{ "another port", "https://h:80/a", "https:h:80/a?" },
	{ "a port of another scheme", "x://h:80/a", "x:h:80/a?" },
	{ "a query stays as it is", "x://h/a?b/../c", "x:h/a?b/../c" },
	{ "a fragment does not count", "x://h/a#b", "x:h/a?" },
	{ "nor does an escaped one", "x://h/a%23b", "x:h/a?" },
	{ "a name", "urn:ISBN:80", "urn:/isbn:80?" },
	{ "half an escape", "x:a%2", "x:/a%2?" },
	{ "no escape", "x:%zz", "x:/%zz?" },
	{ "no URI", "../Notes", "../notes" },
	{ "nothing", "", "" },
};

static void test_loose(void)
{
	for (size_t i = 0; i < COUNT(loose_rows); i++)
		OOM_EACH {
			char *loose = NULL;
			enum mcpass_rc rc = mp_uri_loose(loose_rows[i].text, &loose, NULL);

			CHECK_OOM(loose_rows[i].label, rc, MCPASS_OK);
			if (!rc)
				CHECK_STR(loose_rows[i].label, loose, loose_rows[i].loose);
			free(loose);
		}
}

int main(void)
{
	test_pairs();
	test_well_known();
	test_resolve();
	test_caps();
	test_loose();
	test_well_known_cap();
	test_no_memory();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
