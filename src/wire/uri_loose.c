/* What several URIs have in common that lax readers take for one. */
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"
#include "base/text.h"
#include "wire/uri.h"
#include "wire/uri_split.h"

/* Escapes decoded, blanks and controls left out, small letters, slashes that all lean one way;
 * without the fragment.  The caller's (free), or NULL. */
static char *flatten(const char *text)
{
	size_t len = strcspn(text, "#"), n = 0;
	char *flat = malloc(len + 1);

	for (size_t i = 0; flat != NULL && i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		int high = c == '%' && len - i > 2 ? mp_hex_digit(text[i + 1]) : -1;
		int low = high >= 0 ? mp_hex_digit(text[i + 2]) : -1;

		if (low >= 0) {
			c = (unsigned char)(high * 16 + low);
			i += 2;
		}
		if (c > ' ' && c != 0x7f)
			flat[n++] = c == '\\' ? '/' : (char)c;
	}
	if (flat != NULL) {
		flat[n] = '\0';
		mp_lower_case(flat);
	}
	return flat;
}

/* The port that goes without saying, and the host of a file that is this one. */
static struct mp_span plain_host(struct mp_span scheme, struct mp_span host)
{
	static const struct { const char *scheme, *end; } rows[] = {
		{ "http", ":80" }, { "http", ":" }, { "https", ":443" }, { "https", ":" },
		{ "file", "localhost" },
	};

	for (size_t i = 0; i < MP_COUNT(rows); i++) {
		size_t end = strlen(rows[i].end);

		if (mp_span_is(scheme, rows[i].scheme) && host.len >= end
		    && memcmp(host.data + host.len - end, rows[i].end, end) == 0)
			return (struct mp_span){ host.data, host.len - end };
	}
	return host;
}

/* Each segment behind a '/'; "" and "." go, ".." takes the one before it, never the host. */
static void add_segments(struct mp_buf *buf, struct mp_span path)
{
	size_t start = buf->len, len;

	for (size_t at = 0; at < path.len; at += len + 1) {
		const char *slash = memchr(path.data + at, '/', path.len - at);
		struct mp_span part = { path.data + at, slash != NULL
			? (size_t)(slash - path.data) - at : path.len - at };

		len = part.len;
		if (mp_span_is(part, "..")) {
			while (buf->len > start && buf->data[--buf->len] != '/')
				continue;
		} else if (len > 0 && !mp_span_is(part, ".")) {
			mp_buf_addc(buf, '/');
			mp_buf_add(buf, part.data, len);
		}
	}
}

static void add_loose(struct mp_buf *buf, const char *flat)
{
	struct mp_uri_parts parts = mp_uri_split(flat);
	bool is_web = mp_span_is(parts.scheme, "http") || mp_span_is(parts.scheme, "https");
	struct mp_span path = parts.path, host = parts.authority;

	if (parts.scheme.data == NULL) {
		mp_buf_adds(buf, flat);
		return;
	}
	if (is_web && host.len == 0) {        /* "http:a", "http:///a" */
		size_t slashes = strspn(path.data, "/");

		host = (struct mp_span){ path.data + slashes, strcspn(path.data + slashes, "/?") };
		path = (struct mp_span){ host.data + host.len, path.len - slashes - host.len };
	}
	host = plain_host(parts.scheme, host);
	mp_buf_add(buf, parts.scheme.data, parts.scheme.len);
	mp_buf_addc(buf, ':');
	mp_buf_add(buf, host.data, host.len);
	add_segments(buf, path);
	mp_buf_addc(buf, '?');
	mp_buf_add(buf, parts.query.data, parts.query.len);
}

enum mcpass_rc mp_uri_loose(const char *text, char **ret_text, struct mcpass_error *err)
{
	char *flat = flatten(text);
	struct mp_buf buf;

	if (flat == NULL)
		return mp_nomem(err);
	mp_buf_init(&buf, strlen(flat) + sizeof(":/?"));
	add_loose(&buf, flat);
	free(flat);
	return mp_buf_take(&buf, "a URI", ret_text, err);
}
