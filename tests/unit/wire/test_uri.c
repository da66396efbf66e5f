/* URIs, read strictly. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "harness/check.h"
#include "wire/uri.h"

static const struct {
	const char *label, *text, *host, *path, *query, *fragment, *origin;
	unsigned port;
	bool is_https, is_ipv6;
} good_rows[] = {
	{ "no path", "https://as.example", "as.example", "", NULL, NULL, "https://as.example",
	    443, true, false },
	{ "everything", "http://h:8080/a/b?c=d#e", "h", "/a/b", "c=d", "e", "http://h:8080",
	    8080, false, false },
	{ "empty is not absent", "https://h/?#", "h", "/", "", "", "https://h", 443, true, false },
	{ "query without a path", "https://h?q", "h", "", "q", NULL, "https://h", 443, true,
	    false },
	{ "fragment with a question mark", "https://h#a?b", "h", "", NULL, "a?b", "https://h",
	    443, true, false },
	{ "scheme without case, nothing normalised", "HTTPS://Ex.Example/%7eA", "Ex.Example",
	    "/%7eA", NULL, NULL, "HTTPS://Ex.Example", 443, true, false },
	{ "IPv6", "http://[::1]:99/x", "::1", "/x", NULL, NULL, "http://[::1]:99", 99, false,
	    true },
	{ "IPv6 without a port", "https://[2001:DB8::1]", "2001:DB8::1", "", NULL, NULL,
	    "https://[2001:DB8::1]", 443, true, true },
	{ "IPv6 with an IPv4 tail", "https://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1", "/", NULL,
	    NULL, "https://[::ffff:10.0.0.1]", 443, true, true },
	{ "trailing dot", "https://h.example./", "h.example.", "/", NULL, NULL,
	    "https://h.example.", 443, true, false },
	{ "underscore, as containers have", "http://my_as:80/", "my_as", "/", NULL, NULL,
	    "http://my_as:80", 80, false, false },
	{ "punycode", "https://xn--bcher-kva.example", "xn--bcher-kva.example", "", NULL, NULL,
	    "https://xn--bcher-kva.example", 443, true, false },
	{ "the whole of pchar", "https://h/-._~!$&'()*+,;=:@%2F//", "h",
	    "/-._~!$&'()*+,;=:@%2F//", NULL, NULL, "https://h", 443, true, false },
	{ "slash and question mark in a query", "https://h/?a=/b?c", "h", "/", "a=/b?c", NULL,
	    "https://h", 443, true, false },
	{ "an at sign behind the authority", "https://h/@u", "h", "/@u", NULL, NULL,
	    "https://h", 443, true, false },
	{ "largest port", "http://h:65535", "h", "", NULL, NULL, "http://h:65535", 65535, false,
	    false },
	{ "digits before the last label", "https://1.2.3.4.example", "1.2.3.4.example", "",
	    NULL, NULL, "https://1.2.3.4.example", 443, true, false },
	{ "hexadecimal look, yet a name", "https://0xfg", "0xfg", "", NULL, NULL,
	    "https://0xfg", 443, true, false },
};

static const struct {
	const char *label, *text;
} bad_rows[] = {
	{ "empty", "" },
	{ "relative", "/a/b" },
	{ "network path", "//h/a" },
	{ "only a scheme", "https:" },
	{ "one slash", "https:/h" },
	{ "no slashes", "https:h" },
	{ "backslashes for slashes", "https:\\\\h" },
	{ "another scheme", "ftp://h/" },
	{ "javascript", "javascript:alert(1)//http://h" },
	{ "data", "data:text/html,x" },
	{ "file", "file:///etc/passwd" },
	{ "scheme with a tail", "httpsx://h" },
	{ "scheme cut", "htt://h" },
	{ "space before", " https://h" },
	{ "no host", "https://" },
	{ "no host, but a path", "https:///a" },
	{ "no host, but a port", "https://:80/" },
	{ "no host, but a query", "https://?a" },
	{ "user", "https://u@h/" },
	{ "user and password", "https://u:p@h/" },
	{ "empty user", "https://@h/" },
	{ "a host as user", "https://good.example@evil.example/" },
	{ "backslash before an at sign", "https://good.example\\@evil.example/" },
	{ "no port after the colon", "https://h:/" },
	{ "port 0", "https://h:0/" },
	{ "port too large", "https://h:65536/" },
	{ "port with six digits", "https://h:000080/" },
	{ "port of letters", "https://h:8a/" },
	{ "port with a sign", "https://h:+80/" },
	{ "port with a sign inside", "https://h:1-0/" },
	{ "two ports", "https://h:80:80/" },
	{ "space in the host", "https://a b/" },
	{ "escape in the host", "https://127%2e0.0.1/" },
	{ "escape in the host, a name", "https://local%68ost/" },
	{ "sub-delimiter in the host", "https://a$b/" },
	{ "non-ASCII in the host", "https://b\xc3\xbc""cher.example/" },
	{ "ideographic full stop in the host", "https://127\xe3\x80\x82""0.0.1/" },
	{ "empty label", "https://a..b/" },
	{ "leading dot", "https://.a/" },
	{ "only a dot", "https://./" },
	{ "two trailing dots", "https://a../" },
	{ "number too large for an address", "https://256.256.256.256/" },
	{ "first part too large", "https://256.1/" },
	{ "third part too large", "https://1.2.256.4/" },
	{ "last of four too large", "https://1.2.3.256/" },
	{ "last of two too large", "https://1.16777216/" },
	{ "five parts", "https://1.2.3.4.5/" },
	{ "not octal", "https://08.1/" },
	{ "not octal, trailing dot", "https://08.1./" },
	{ "a name that ends in a number", "https://a.1/" },
	{ "a name that ends in a hexadecimal number", "https://a.0x1/" },
	{ "hexadecimal prefix alone", "https://0x/" },
	{ "more than 32 bits", "https://4294967296/" },
	{ "IPv6 without brackets", "https://::1/" },
	{ "IPv6 not closed", "https://[::1/" },
	{ "IPv6 empty", "https://[]/" },
	{ "IPv6 with a zone", "https://[fe80::1%25eth0]/" },
	{ "IPv6 twice abridged", "https://[1::2::3]/" },
	{ "IPv6 with nine groups", "https://[1:2:3:4:5:6:7:8:9]/" },
	{ "IPv6 with an octal tail", "https://[::ffff:010.0.0.1]/" },
	{ "text after the bracket", "https://[::1]a/" },
	{ "text and digits after the bracket", "https://[::1]a80/" },
	{ "text before the bracket", "https://a[::1]/" },
	{ "IPv4 in brackets", "https://[127.0.0.1]/" },
	{ "a future literal", "https://[v1.a]/" },
	{ "space in the path", "https://h/a b" },
	{ "line end in the path", "https://h/a\r\nX: y" },
	{ "tab in the path", "https://h/a\tb" },
	{ "DEL in the path", "https://h/\x7f" },
	{ "backslash in the path", "https://h/a\\b" },
	{ "quote in the path", "https://h/\"" },
	{ "less than", "https://h/<" },
	{ "greater than", "https://h/>" },
	{ "circumflex", "https://h/^" },
	{ "backtick", "https://h/`id`" },
	{ "brace", "https://h/{a" },
	{ "closing brace", "https://h/a}" },
	{ "bar", "https://h/|" },
	{ "bracket in the path", "https://h/[a]" },
	{ "bracket in the query", "https://h/?a[]=1" },
	{ "non-ASCII in the path", "https://h/\xc3\xbc" },
	{ "control in the query", "https://h/?\x01" },
	{ "quote in the query", "https://h/?\"" },
	{ "space in the fragment", "https://h/#a b" },
	{ "second fragment", "https://h/#a#b" },
	{ "escape cut", "https://h/%" },
	{ "escape cut after one digit", "https://h/%2" },
	{ "escape cut by the query", "https://h/%2?a" },
	{ "escape of no digits", "https://h/%zz" },
	{ "escape, second digit wrong", "https://h/%2g" },
	{ "escaped NUL in the path", "https://h/a%00b" },
	{ "escaped NUL in the query", "https://h/?a%00b" },
	{ "bad escape in the fragment", "https://h/#%x1" },
};

static void check_span(const char *label, struct mp_span got, const char *want)
{
	char *copy = got.data != NULL ? mp_dup_span(got) : NULL;

	CHECK_STR(label, copy, want);
	free(copy);
}

static void test_parse(void)
{
	for (size_t i = 0; i < COUNT(good_rows); i++) {
		const char *label = good_rows[i].label;
		struct mcpass_error err = { 0 };
		struct mp_uri uri = { 0 };

		CHECK_EQ(label, mp_uri_parse(good_rows[i].text, &uri, &err), MCPASS_OK);
		check_span(label, uri.host, good_rows[i].host);
		check_span(label, uri.path, good_rows[i].path);
		check_span(label, uri.query, good_rows[i].query);
		check_span(label, uri.fragment, good_rows[i].fragment);
		check_span(label, uri.origin, good_rows[i].origin);
		CHECK_EQ(label, uri.port, good_rows[i].port);
		CHECK_EQ(label, uri.is_https, good_rows[i].is_https);
		CHECK_EQ(label, uri.is_ipv6, good_rows[i].is_ipv6);
	}
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		struct mcpass_error err = { 0 };
		struct mp_uri uri = { .port = 7 };

		CHECK_EQ(bad_rows[i].label, mp_uri_parse(bad_rows[i].text, &uri, &err),
		    MCPASS_E_USAGE);
		CHECK(bad_rows[i].label, uri.port == 7 && err.detail[0] != '\0'
		    && err.spec != NULL);
	}
}

/* The host would be refused for its '@' anyway: the person is told why. */
static void test_user_info(void)
{
	struct mcpass_error err = { 0 };
	struct mp_uri uri;

	CHECK_EQ("user", mp_uri_parse("https://u:p@h/", &uri, &err), MCPASS_E_USAGE);
	CHECK_STR("its clause", err.spec, "RFC 9110 4.2.4");
	CHECK("and no password", strstr(err.detail, "u:p") == NULL);
}

static void test_has_port(void)
{
	struct mp_uri uri;

	CHECK_EQ("a port", mp_uri_parse("https://h:443", &uri, NULL), MCPASS_OK);
	CHECK("is written", uri.has_port);
	CHECK_EQ("no port", mp_uri_parse("https://h", &uri, NULL), MCPASS_OK);
	CHECK("is not", !uri.has_port);
}

static void test_length(void)
{
	char text[MP_MAX_URI + 2] = "https://h/";
	char name[300] = "https://";
	struct mp_uri uri;

	memset(text + 10, 'a', sizeof(text) - 11);
	text[MP_MAX_URI] = '\0';
	CHECK_EQ("as long as can be", mp_uri_parse(text, &uri, NULL), MCPASS_OK);
	text[MP_MAX_URI] = 'a';
	CHECK_EQ("one byte more", mp_uri_parse(text, &uri, NULL), MCPASS_E_LIMIT);
	memset(name + 8, 'a', 64);
	CHECK_EQ("a label of 64", mp_uri_parse(name, &uri, NULL), MCPASS_E_USAGE);
	name[8 + 63] = '\0';
	CHECK_EQ("a label of 63", mp_uri_parse(name, &uri, NULL), MCPASS_OK);
	for (size_t i = 0; i < 254; i++)
		name[8 + i] = i % 2 == 0 ? 'a' : '.';
	CHECK_EQ("a name of 253 and its dot", mp_uri_parse(name, &uri, NULL), MCPASS_OK);
	name[8 + 254] = 'a';
	CHECK_EQ("a name of 255", mp_uri_parse(name, &uri, NULL), MCPASS_E_USAGE);
	memset(name + 8, '0', 290);
	name[9] = 'x';
	CHECK_EQ("an address of endless zeros", mp_uri_parse(name, &uri, NULL), MCPASS_E_USAGE);
}

#define H "https://h.example"
static const struct {
	const char *label, *url, *want;         /* want NULL: refused */
} plain_rows[] = {
	{ "nothing to do", H "/a-b._~/%2f?x=1&y=2+3#f", H "/a-b._~/%2f?x=1&y=2+3#f" },
	{ "no path", H, H },
	{ "an empty query stays", H "?", H "?" },
	{ "an IPv6 address", "http://[::1]:80/a", "http://[::1]:80/a" },
	{ "a substitution", H "/$(iex)", H "/%24%28iex%29" },
	{ "one in the query", H "/?a=$(iex)&b=c", H "/?a=%24%28iex%29&b=c" },
	{ "one in the fragment", H "/#$(iex)", H "/#%24%28iex%29" },
	{ "a variable", H "/$HOME", H "/%24HOME" },
	{ "quotes", H "/'a'?'b'", H "/%27a%27?%27b%27" },
	{ "the ends of a command", H "/a;b?c;d", H "/a%3Bb?c%3Bd" },
	{ "a conjunction in the path", H "/a&&b", H "/a%26%26b" },
	{ "patterns", H "/*?*", H "/%2A?%2A" },
	{ "history", H "/!!?!!", H "/%21%21?%21%21" },
	{ "separators of cmd.exe", H "/a,b=c?d,e=f", H "/a%2Cb%3Dc?d%2Ce=f" },
	{ "a variable of cmd.exe", H "/%PATH%", NULL },
	{ "what is escaped stays", H "/%24%28iex%29", H "/%24%28iex%29" },
	{ "a backtick", H "/`id`", NULL },
	{ "a quotation mark", H "/\"", NULL },
	{ "a caret", H "/^", NULL },
	{ "a bar", H "/|id", NULL },
	{ "braces", H "/${x}", NULL },
	{ "a redirection", H "/>x", NULL },
	{ "a substitution for a host", "https://$(id).example/", NULL },
	{ "a command behind the host", "https://h.example;id/", NULL },
	{ "a conjunction behind the port", "https://h.example:1&id/", NULL },
	{ "one for a user", "https://$(id)@h.example/", NULL },
	{ "another scheme", "javascript:alert(1)", NULL },
};

static void test_plain(void)
{
	for (size_t i = 0; i < COUNT(plain_rows); i++) {
		char *url = NULL;

		CHECK_EQ(plain_rows[i].label, mp_uri_plain(plain_rows[i].url, &url, NULL),
		    plain_rows[i].want != NULL ? MCPASS_OK : MCPASS_E_USAGE);
		CHECK_STR(plain_rows[i].label, url, plain_rows[i].want);
		free(url);
	}
}

int main(void)
{
	test_parse();
	test_user_info();
	test_has_port();
	test_length();
	test_plain();
	CHECK_EQ("nothing leaked", mp_test_live_blocks(), 0);
	return check_done();
}
