#include "wire/uri_split.h"
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The length of the scheme that a ':' ends, or 0; spec: RFC 3986 3.1 */
static size_t scheme_len(const char *text)
{
	size_t len = strspn(text, LETTERS "0123456789+-.");

	return strspn(text, LETTERS) > 0 && text[len] == ':' ? len : 0;
}

/* Takes what lies before any of the stop bytes from the front of *rest. */
static struct mp_span take_until(const char **rest, const char *stops)
{
	struct mp_span part = { *rest, strcspn(*rest, stops) };

	*rest += part.len;
	return part;
}

struct mp_uri_parts mp_uri_split(const char *text)
{
	struct mp_uri_parts parts = { 0 };
	size_t scheme = scheme_len(text);

	if (scheme > 0) {
		parts.scheme = (struct mp_span){ text, scheme };
		text += scheme + 1;
	}
	if (strncmp(text, "//", 2) == 0) {
		text += 2;
		parts.authority = take_until(&text, "/?#");
	}
	parts.path = take_until(&text, "?#");
	if (*text == '?') {
		text++;
		parts.query = take_until(&text, "#");
	}
	if (*text == '#')
		parts.fragment = (struct mp_span){ text + 1, strlen(text + 1) };
	return parts;
}
