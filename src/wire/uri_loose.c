/* What several URIs have in common that lax readers take for one. */
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "wire/uri.h"
#include "wire/uri_split.h"

/* Letters that a URL parser takes for ASCII in a host (IDNA: wide forms, ideographic stops), or for
 * nothing at all.  spec: URL Standard, "domain to ASCII"; UTS 46 4 */
static size_t fold_letter(const char *text, char *ret_letter)
{
	static const struct { const char *text, letter; } rows[] = {
		{ "\xe3\x80\x82", '.' }, { "\xef\xbd\xa1", '.' }, { "\xc5\xbf", 's' },
		{ "\xe2\x84\xaa", 'k' }, { "\xc2\xad", '\0' }, { "\xe2\x80\x8b", '\0' },
		{ "\xe2\x80\x8c", '\0' }, { "\xe2\x80\x8d", '\0' }, { "\xe2\x81\xa0", '\0' },
		{ "\xef\xbb\xbf", '\0' },
	};
	unsigned char first = (unsigned char)text[0], second = (unsigned char)text[1];
	unsigned wide;

	for (size_t i = 0; i < MP_COUNT(rows); i++)
		if (strncmp(text, rows[i].text, strlen(rows[i].text)) == 0) {
			*ret_letter = rows[i].letter;
			return strlen(rows[i].text);
		}
	if (first != 0xef || (second != 0xbc && second != 0xbd) || text[2] == '\0')
		return 0;
	wide = (unsigned)(second & 3) << 6 | ((unsigned char)text[2] & 0x3f);    /* U+FF00 and on */
	*ret_letter = (char)(wide + 0x20);
	return wide > 0 && wide < 0x5f ? 3 : 0;
}

static void fold_letters(char *text)
{
	const char *end = text + strlen(text);
	char *to = text, letter = '\0';

	while (text < end) {
		size_t len = (unsigned char)*text < 0x80 ? 0 : fold_letter(text, &letter);

		if (len == 0)
			*to++ = *text++;
		else if (letter != '\0')
			*to++ = letter == '\\' ? '/' : letter;
		text += len;
	}
	*to = '\0';
}

/* Escapes decoded, blanks and controls left out, small letters, slashes that all lean one way;
 * without the fragment.  The caller's (free), or NULL. */
static char *flatten(const char *text)
{
	size_t len = strcspn(text, "#"), n = 0;
	char *flat = calloc(len + 1, 1);

	for (size_t i = 0; flat != NULL && i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		int byte = c == '%' && len - i > 2 ? mp_hex_byte(text + i + 1) : -1;

		if (byte >= 0) {
			c = (unsigned char)byte;
			i += 2;
		}
		if (c > ' ' && c != 0x7f)
			flat[n++] = c == '\\' ? '/' : (char)c;
	}
	if (flat != NULL) {
		fold_letters(flat);
		mp_lower_case(flat);
	}
	return flat;
}

/* Whose hosts URL parsers read as names of the net, and the port that goes without saying. */
static const char *web_port(struct mp_span scheme)
{
	static const struct { const char *scheme, *port; } rows[] = {
		{ "http", "80" }, { "https", "443" }, { "ws", "80" }, { "wss", "443" }, { "ftp", "21" },
	};

	for (size_t i = 0; i < MP_COUNT(rows); i++)
		if (mp_span_is(scheme, rows[i].scheme))
			return rows[i].port;
	return NULL;
}

/* Without who asks, the dot at the end, and the zeros before a port, or the port that goes without
 * saying. */
static void add_host(struct mp_buf *buf, struct mp_span host, const char *usual_port)
{
	struct mp_span port;
	size_t at;

	for (at = host.len; at > 0 && host.data[at - 1] != '@'; at--)
		continue;
	host = (struct mp_span){ host.data + at, host.len - at };
	for (at = host.len; at > 0 && host.data[at - 1] >= '0' && host.data[at - 1] <= '9'; at--)
		continue;
	if (at == 0 || host.data[at - 1] != ':')
		at = host.len + 1;              /* no port: as if an empty one stood behind it */
	port = at > host.len ? (struct mp_span){ "", 0 }
	    : (struct mp_span){ host.data + at, host.len - at };
	host.len = at - 1;
	while (port.len > 1 && port.data[0] == '0')
		port = (struct mp_span){ port.data + 1, port.len - 1 };
	if (host.len > 0 && host.data[host.len - 1] == '.')
		host.len--;
	mp_buf_add(buf, host.data, host.len);
	if (port.len > 0 && !mp_span_is(port, usual_port)) {
		mp_buf_addc(buf, ':');
		mp_buf_add(buf, port.data, port.len);
	}
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

/* A file's host is this one, and it has no query: readers of files look at neither. */
static void add_loose(struct mp_buf *buf, const char *flat)
{
	struct mp_uri_parts parts = mp_uri_split(flat);
	bool is_file = mp_span_is(parts.scheme, "file");
	const char *usual_port = web_port(parts.scheme);
	struct mp_span path = parts.path, host = parts.authority;

	if (parts.scheme.data == NULL) {
		mp_buf_adds(buf, flat);
		return;
	}
	if (usual_port != NULL && host.len == 0) {      /* "http:a", "http:///a" */
		size_t slashes = strspn(path.data, "/");

		host = (struct mp_span){ path.data + slashes, strcspn(path.data + slashes, "/?") };
		path = (struct mp_span){ host.data + host.len, path.len - slashes - host.len };
	}
	mp_buf_add(buf, parts.scheme.data, parts.scheme.len);
	mp_buf_addc(buf, ':');
	if (usual_port != NULL)
		add_host(buf, host, usual_port);
	else if (!is_file)
		mp_buf_add(buf, host.data, host.len);
	add_segments(buf, path);
	mp_buf_addc(buf, '?');
	if (!is_file)
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
