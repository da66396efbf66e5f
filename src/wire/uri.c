#include "wire/uri.h"
#include <string.h>
#include "base/limits.h"
#include "wire/host.h"
#include "wire/uri_split.h"

/* spec: RFC 3986 3.3 (pchar), and the '/' between segments */
static bool is_path_byte(char c)
{
	return mp_is_letter(c) || mp_is_digit(c) || strchr("-._~!$&'()*+,;=:@/", c) != NULL;
}

/* An escape of two hexadecimal digits, and not of NUL: behind it, C code would read a
 * shorter path than others do.  part is followed by more text or a NUL. */
static bool is_escape(const char *part)
{
	return part[0] == '%' && mp_hex_byte(part + 1) > 0;
}

/* spec: RFC 3986 3.3, 3.4, 3.5: path, query and fragment; more is what else a part holds */
static enum mcpass_rc check_part(struct mp_span part, const char *what, const char *more,
    struct mcpass_error *err)
{
	for (size_t i = 0; i < part.len; i++) {
		char c = part.data[i];

		if (is_path_byte(c) || strchr(more, c) != NULL || is_escape(part.data + i))
			continue;
		if (c == '%')
			return mp_fail(err, MCPASS_E_USAGE, "RFC 3986 2.1",
			    "a bad %%-escape in the %s of the URL", what);
		if (c == ' ')
			return mp_fail(err, MCPASS_E_USAGE, "RFC 3986 2.1",
			    "a space in the %s of the URL, where it is written %%20", what);
		if ((unsigned char)c >= 0x80)
			return mp_fail(err, MCPASS_E_USAGE, "RFC 3986 2.1",
			    "a letter outside ASCII in the %s of the URL, where its bytes are written %%%02X...",
			    what, (unsigned char)c);
		return mp_fail(err, MCPASS_E_USAGE, "RFC 3986 2",
		    "a byte 0x%02x in the %s of the URL", (unsigned char)c, what);
	}
	return MCPASS_OK;
}

static enum mcpass_rc check_scheme(struct mp_uri_parts parts, struct mp_uri *uri,
    struct mcpass_error *err)
{
	uri->scheme = parts.scheme;
	uri->is_https = mp_span_is_nocase(parts.scheme, "https");   /* spec: RFC 3986 3.1 */
	if ((!uri->is_https && !mp_span_is_nocase(parts.scheme, "http"))
	    || parts.authority.data == NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9110 4.2",
		    "the URL does not begin with http:// or https://");
	return MCPASS_OK;
}

/* spec: RFC 3986 3.2.3; a colon without a number is a mistake */
static enum mcpass_rc read_port(struct mp_span digits, struct mp_uri *uri,
    struct mcpass_error *err)
{
	unsigned port = 0;
	bool good = digits.len >= 1 && digits.len <= 5;

	for (size_t i = 0; good && i < digits.len; i++) {
		good = mp_is_digit(digits.data[i]);
		port = port * 10 + (unsigned)(digits.data[i] - '0');
	}
	if (!good || port == 0 || port > 65535)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 3986 3.2.3",
		    "the port of the URL is %.*s, and not a number from 1 to 65535",
		    (int)(digits.len < 32 ? digits.len : 32), digits.data);
	uri->port = port;
	uri->has_port = true;
	return MCPASS_OK;
}

static bool has_other_letters(struct mp_span host)
{
	for (size_t i = 0; i < host.len; i++)
		if ((unsigned char)host.data[i] >= 0x80)
			return true;
	return false;
}

/* Splits "host:port" or "[literal]:port". */
static enum mcpass_rc read_authority(struct mp_span authority, struct mp_uri *uri,
    struct mcpass_error *err)
{
	const char *end = authority.data + authority.len, *stop;

	/* A name before '@' shows a person another host than the one that is asked. */
	if (memchr(authority.data, '@', authority.len) != NULL)
		return mp_fail(err, MCPASS_E_USAGE, "RFC 9110 4.2.4",
		    "user information in the URL");
	uri->is_ipv6 = authority.len > 0 && authority.data[0] == '[';
	stop = memchr(authority.data, uri->is_ipv6 ? ']' : ':', authority.len);
	if (stop == NULL)
		stop = end;
	uri->host = (struct mp_span){ authority.data, (size_t)(stop - authority.data) };
	if (uri->is_ipv6 && stop < end) {
		uri->host = (struct mp_span){ authority.data + 1, uri->host.len - 1 };
		stop++;                                         /* the ']' */
	} else if (uri->is_ipv6) {
		uri->host.len = 0;                              /* no ']': no host */
	}
	if (has_other_letters(uri->host))
		return mp_fail(err, MCPASS_E_USAGE, "RFC 5890 2.3.2.1",
		    "the host of the URL has letters outside ASCII: it has to be as DNS has it, xn--...");
	if (!mp_host_is_valid(uri->host, uri->is_ipv6))
		return mp_fail(err, MCPASS_E_USAGE, "RFC 3986 3.2.2",
		    "the URL names no host, or not in a way that is safe to resolve");
	uri->port = uri->is_https ? 443 : 80;                   /* spec: RFC 9110 4.2 */
	if (stop == end)
		return MCPASS_OK;
	if (*stop != ':')
		return mp_fail(err, MCPASS_E_USAGE, "RFC 3986 3.2.2",
		    "text after the ']' of the host");
	return read_port((struct mp_span){ stop + 1, (size_t)(end - stop - 1) }, uri, err);
}

enum mcpass_rc mp_uri_parse(const char *text, struct mp_uri *ret_uri,
    struct mcpass_error *err)
{
	struct mp_uri uri = { 0 };
	struct mp_uri_parts parts;
	enum mcpass_rc rc;

	if (strnlen(text, MP_MAX_URI + 1) > MP_MAX_URI)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the URL is longer than %zu bytes",
		    MP_MAX_URI);
	parts = mp_uri_split(text);
	uri.origin = (struct mp_span){ text, (size_t)(parts.path.data - text) };
	uri.path = parts.path;
	uri.query = parts.query;
	uri.fragment = parts.fragment;
	rc = check_scheme(parts, &uri, err);
	if (!rc)
		rc = read_authority(parts.authority, &uri, err);
	if (!rc)
		rc = check_part(uri.path, "path", "", err);
	if (!rc)
		rc = check_part(uri.query, "query", "?", err);
	if (!rc)
		rc = check_part(uri.fragment, "fragment", "?", err);
	if (!rc)
		*ret_uri = uri;
	return rc;
}

bool mp_uri_is_loopback(const struct mp_uri *uri)
{
	return mp_host_is_loopback(uri->host, uri->is_ipv6);
}

bool mp_uri_is_private(const struct mp_uri *uri)
{
	return mp_host_is_private(uri->host, uri->is_ipv6);
}

static bool equal_nocase(struct mp_span a, struct mp_span b)
{
	for (size_t i = 0; i < a.len && a.len == b.len; i++)
		if (mp_lower(a.data[i]) != mp_lower(b.data[i]))
			return false;
	return a.len == b.len;
}

/* spec: RFC 9110 4.3.1; RFC 6454 5: scheme, host without case, port */
bool mp_uri_same_origin(const struct mp_uri *a, const struct mp_uri *b)
{
	return a->is_https == b->is_https && a->port == b->port && a->is_ipv6 == b->is_ipv6
	    && equal_nocase(a->host, b->host);
}
