/* Two ways to write one URL.  spec: RFC 3986 6.2.2, 6.2.3; RFC 9110 4.2.3 */
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "wire/uri.h"
#include "wire/uri_split.h"

bool mp_uri_is_unreserved(char c)
{
	return mp_is_letter(c) || mp_is_digit(c) || (c != '\0' && strchr("-._~", c) != NULL);
}

/* spec: RFC 3986 6.2.2.1 (escapes in upper case), 6.2.2.2 (none for what needs none).  The
 * path passed mp_uri_parse(), so every escape is whole. */
static void add_unescaped(struct mp_buf *buf, struct mp_span path)
{
	for (size_t i = 0; i < path.len; i++) {
		int byte;

		if (path.data[i] != '%') {
			mp_buf_addc(buf, path.data[i]);
			continue;
		}
		byte = mp_hex_byte(path.data + i + 1);
		i += 2;
		if (mp_uri_is_unreserved((char)byte))
			mp_buf_addc(buf, (char)byte);
		else
			mp_buf_add_escape(buf, (char)byte);
	}
}

/* Case of scheme and host, and the default port, do not matter. */
static void add_origin(struct mp_buf *buf, const struct mp_uri *uri)
{
	mp_buf_adds(buf, uri->is_https ? "https://" : "http://");
	if (uri->is_ipv6)
		mp_buf_addc(buf, '[');
	for (size_t i = 0; i < uri->host.len; i++)
		mp_buf_addc(buf, mp_lower(uri->host.data[i]));
	if (uri->is_ipv6)
		mp_buf_addc(buf, ']');
	mp_buf_addf(buf, ":%u", uri->port);
}

/* Escapes first: "%2e%2e" is a segment that climbs, too. */
static enum mcpass_rc add_normal(struct mp_buf *url, const struct mp_uri *uri,
    struct mcpass_error *err)
{
	struct mp_buf path = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;

	add_unescaped(&path, uri->path);
	rc = mp_buf_check(&path, "a path", err);
	add_origin(url, uri);
	if (path.len == 0)
		mp_buf_addc(url, '/');
	else
		mp_uri_add_path(url, (struct mp_span){ path.data, path.len });
	mp_buf_free(&path);
	return rc ? rc : mp_buf_check(url, "a URL", err);
}

enum mcpass_rc mp_uri_same_target(const struct mp_uri *a, const struct mp_uri *b, bool *ret_same,
    struct mcpass_error *err)
{
	struct mp_buf one = MP_BUF((size_t)2 * MP_MAX_URI);
	struct mp_buf other = MP_BUF((size_t)2 * MP_MAX_URI);
	enum mcpass_rc rc = add_normal(&one, a, err);

	if (!rc)
		rc = add_normal(&other, b, err);
	if (!rc)
		*ret_same = one.len == other.len && memcmp(one.data, other.data, one.len) == 0;
	mp_buf_free(&one);
	mp_buf_free(&other);
	return rc;
}
