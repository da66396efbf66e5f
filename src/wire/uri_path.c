/* What is under what, and where its metadata lies. */
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"
#include "wire/uri.h"

/* The byte at *at, decoded; the text passed mp_uri_parse(), so every escape is whole. */
static char next_byte(struct mp_span path, size_t *at)
{
	const char *here = path.data + *at;

	*at += *here == '%' ? 3 : 1;
	return *here == '%' ? (char)mp_hex_byte(here + 1) : *here;
}

/* A server that decodes before it resolves climbs out of the path at "%2e%2e" and at
 * "..%2f" as well, and some take a backslash for a slash. */
static bool has_dot_segment(struct mp_span path)
{
	size_t at = 0, dots = 0, others = 0;

	while (at < path.len) {
		char c = next_byte(path, &at);

		if (c == '/' || c == '\\') {
			if (others == 0 && (dots == 1 || dots == 2))
				return true;
			dots = others = 0;
		} else if (c == '.') {
			dots++;
		} else {
			others++;
		}
	}
	return others == 0 && (dots == 1 || dots == 2);
}

static bool spans_equal(struct mp_span a, struct mp_span b)
{
	if (a.data == NULL || b.data == NULL)
		return a.data == b.data;        /* absent is not empty */
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* "" and "/" are the same path; spec: RFC 9110 4.2.3 */
static struct mp_span path_of(const struct mp_uri *uri)
{
	return uri->path.len > 0 ? uri->path : (struct mp_span){ "/", 1 };
}

bool mp_uri_is_parent(const struct mp_uri *parent, const struct mp_uri *child)
{
	struct mp_span above = path_of(parent), below = path_of(child);

	/* The parent's path begins the child's, so this sees its dot segments as well. */
	if (!mp_uri_same_origin(parent, child) || has_dot_segment(below))
		return false;
	if (spans_equal(above, below) && spans_equal(parent->query, child->query)
	    && spans_equal(parent->fragment, child->fragment))
		return true;
	if (parent->query.data != NULL || parent->fragment.data != NULL)
		return false;
	if (above.len > below.len || memcmp(above.data, below.data, above.len) != 0)
		return false;
	/* "/mcp" is above "/mcp/x", not above "/mcpx". */
	return above.len == below.len || above.data[above.len - 1] == '/'
	    || below.data[above.len] == '/';
}

enum mcpass_rc mp_uri_well_known(const struct mp_uri *uri, const char *name,
    enum mp_well_known form, char **ret_url, struct mcpass_error *err)
{
	struct mp_span path = uri->path;
	struct mp_buf url = MP_BUF(MP_MAX_URI);

	/* spec: RFC 8414 3.1; OIDC Discovery 4: a terminating '/' is removed */
	if (path.len > 0 && path.data[path.len - 1] == '/')
		path.len--;
	mp_buf_add(&url, uri->origin.data, uri->origin.len);
	if (form == MP_WELL_KNOWN_APPENDED)
		mp_buf_add(&url, path.data, path.len);
	mp_buf_adds(&url, "/.well-known/");
	mp_buf_adds(&url, name);
	if (form == MP_WELL_KNOWN_INSERTED) {
		mp_buf_add(&url, path.data, path.len);
		/* spec: RFC 9728 3.1: before "the path and/or query components" */
		if (uri->query.data != NULL) {
			mp_buf_addc(&url, '?');
			mp_buf_add(&url, uri->query.data, uri->query.len);
		}
	}
	return mp_buf_take(&url, "the well-known URL", ret_url, err);
}
