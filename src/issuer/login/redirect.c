/* Which addresses a client may be answered at.
 * spec: OAuth 2.1 2.3.1, 4.1.3; RFC 8252 7; OpenID Connect Registration 2 */
#include <string.h>
#include "base/limits.h"
#include "issuer/clients/client.h"

/* MCP hosts that took a scheme without a dot before they knew, and are answered nowhere else. */
static bool is_host_scheme(struct mp_span scheme)
{
	static const char *const hosts[] = { "cursor", "vscode", "vscode-insiders" };

	for (size_t i = 0; i < MP_COUNT(hosts); i++)
		if (mp_span_is(scheme, hosts[i]))
			return true;
	return false;
}

/* The length of a scheme like "com.example.app", 0 when uri has no such.  Any other scheme
 * without a dot has no owner: javascript, data, file.  spec: RFC 8252 7.1 */
static size_t private_scheme(const char *uri)
{
	size_t len = strcspn(uri, ":");
	bool has_dot = is_host_scheme((struct mp_span){ uri, len });

	if (uri[len] != ':' || !mp_is_letter(uri[0]))
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (!mp_is_letter(uri[i]) && !mp_is_digit(uri[i]) && strchr("+-.", uri[i]) == NULL)
			return 0;
		has_dot = has_dot || uri[i] == '.';
	}
	return has_dot ? len : 0;
}

/* Visible ASCII, nothing that ends an attribute, a header or a URI.  spec: RFC 3986 2 */
static bool is_clean(const char *uri)
{
	for (; *uri != '\0'; uri++)
		if (*uri <= 0x20 || *uri >= 0x7f || strchr("\"<>\\^`{|}#", *uri) != NULL)
			return false;
	return true;
}

enum mp_redirect_kind mp_redirect_kind(const char *uri)
{
	struct mp_uri parts;

	if (strlen(uri) > MP_MAX_REDIRECT_URI || !is_clean(uri))
		return MP_REDIRECT_REFUSED;
	if (private_scheme(uri) > 0)
		return MP_REDIRECT_PRIVATE_USE;
	if (mp_uri_parse(uri, &parts, NULL) != MCPASS_OK)
		return MP_REDIRECT_REFUSED;
	if (mp_uri_is_loopback(&parts))
		return MP_REDIRECT_LOOPBACK;
	/* spec: OAuth 2.1 1.5: the code must not cross a network in the clear */
	return parts.is_https ? MP_REDIRECT_WEB : MP_REDIRECT_REFUSED;
}

/* A loopback port is ours by each name of the machine. */
static bool is_same_server(const struct mp_uri *a, const struct mp_uri *b)
{
	return mp_uri_same_origin(a, b)
	    || (mp_uri_is_loopback(a) && mp_uri_is_loopback(b) && a->port == b->port);
}

/* The next byte of a path as servers and browsers may take it, '\0' at the end: decoded, and of
 * slashes in a row the first. */
static char next_byte(struct mp_span path, size_t *at)
{
	const char *here = path.data + *at;
	char c;

	if (*at >= path.len)
		return '\0';
	c = *here == '%' ? (char)mp_hex_byte(here + 1) : *here;
	*at += *here == '%' ? 3 : 1;
	while (c == '/' && *at < path.len && path.data[*at] == '/')
		(*at)++;
	return c;
}

/* A browser takes "." and ".." out of a path, escaped or not: where it leads is not seen here. */
static bool has_dots(struct mp_span path)
{
	size_t at = 0;
	char last = '\0', c;

	while ((c = next_byte(path, &at)) != '\0') {
		if (last == '/' && (c == '.' || c == '%'))
			return true;
		last = c;
	}
	return false;
}

/* "/a" and "/a/b" are below "/a", "/ab" is not. */
static bool is_below(struct mp_span path, struct mp_span ours)
{
	size_t at = 0, our_at = 0;
	char c;

	while ((c = next_byte(ours, &our_at)) != '\0')
		if (next_byte(path, &at) != c)
			return false;
	c = next_byte(path, &at);
	return c == '\0' || c == '/';
}

bool mp_redirect_is_own(const struct mp_issuer *issuer, const char *uri)
{
	struct mp_uri ours, theirs;

	return mp_uri_parse(issuer->url, &ours, NULL) == MCPASS_OK
	    && mp_uri_parse(uri, &theirs, NULL) == MCPASS_OK && is_same_server(&ours, &theirs)
	    && (has_dots(theirs.path) || is_below(theirs.path, ours.path));
}

static bool same(struct mp_span a, struct mp_span b)
{
	if ((a.data == NULL) != (b.data == NULL) || a.len != b.len)
		return false;
	return a.data == NULL || memcmp(a.data, b.data, a.len) == 0;
}

bool mp_redirect_matches(const char *registered, const char *asked)
{
	struct mp_uri a, b;

	if (strcmp(registered, asked) == 0)
		return true;
	if (mp_redirect_kind(registered) != MP_REDIRECT_LOOPBACK
	    || mp_redirect_kind(asked) != MP_REDIRECT_LOOPBACK)
		return false;
	if (mp_uri_parse(registered, &a, NULL) != MCPASS_OK
	    || mp_uri_parse(asked, &b, NULL) != MCPASS_OK)
		return false;
	/* A native client takes the port that the system gives it.  spec: RFC 8252 7.3 */
	return !a.is_https && same(a.scheme, b.scheme) && same(a.host, b.host)
	    && same(a.path, b.path) && same(a.query, b.query);
}

bool mp_redirect_is_among(const struct mp_strings *registered, const char *asked)
{
	for (size_t i = 0; i < registered->count; i++)
		if (mp_redirect_matches(registered->items[i], asked))
			return true;
	return false;
}

/* No host that passed mp_uri_parse() has a ';' or ',', which would be a policy's syntax. */
void mp_redirect_add_source(struct mp_buf *policy, const char *uri)
{
	size_t scheme = private_scheme(uri);
	struct mp_uri parts;

	if (scheme > 0) {
		mp_buf_add(policy, uri, scheme + 1);
		return;
	}
	if (mp_uri_parse(uri, &parts, NULL) != MCPASS_OK)
		return;
	/* CSP has no words for an IPv6 literal.  spec: CSP Level 3 2.3.1, host-source */
	if (parts.is_ipv6)
		mp_buf_addf(policy, "%.*s:", (int)parts.scheme.len, parts.scheme.data);
	else
		mp_buf_add(policy, parts.origin.data, parts.origin.len);
}

void mp_redirect_add_place(struct mp_buf *text, const char *uri)
{
	size_t scheme = private_scheme(uri);
	struct mp_uri parts;

	if (scheme > 0) {
		mp_buf_add(text, uri, scheme);
		return;
	}
	if (mp_uri_parse(uri, &parts, NULL) != MCPASS_OK)
		return;
	mp_buf_addf(text, parts.is_ipv6 ? "[%.*s]" : "%.*s", (int)parts.host.len,
	    parts.host.data);
	if (parts.has_port)
		mp_buf_addf(text, ":%u", parts.port);
}
