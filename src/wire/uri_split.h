/* uri_split.h - a URI reference taken apart, not yet judged.  spec: RFC 3986 appendix B */
#pragma once
#include "base/buf.h"

/* Views into the text; data is NULL for an absent part, which is not an empty one.
 * path is never absent. */
struct mp_uri_parts {
	struct mp_span scheme, authority, path, query, fragment;
};

struct mp_uri_parts mp_uri_split(const char *text);

/* Appends a path that begins with '/' without its "." and ".." segments; spec: RFC 3986
 * 5.2.4 */
void mp_uri_add_path(struct mp_buf *url, struct mp_span path);
