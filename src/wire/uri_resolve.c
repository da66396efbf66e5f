/* A reference against a base.  spec: RFC 3986 5.2 */
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"
#include "wire/uri.h"
#include "wire/uri_split.h"

/* Drops the last segment of a path that begins at start in url. */
static void drop_segment(struct mp_buf *url, size_t start)
{
	while (url->len > start && url->data[--url->len] != '/')
		;
}

void mp_uri_add_path(struct mp_buf *url, struct mp_span path)
{
	const char *at = path.data, *end = path.data + path.len;
	size_t start = url->len;

	while (at < end && *at == '/') {
		const char *next = memchr(at + 1, '/', (size_t)(end - at - 1));
		struct mp_span segment = { at + 1, (size_t)((next != NULL ? next : end) - at - 1) };
		bool up = mp_span_is(segment, "..");

		if (up)
			drop_segment(url, start);
		if (!up && !mp_span_is(segment, "."))
			mp_buf_add(url, at, segment.len + 1);
		else if (next == NULL)
			mp_buf_addc(url, '/');
		at = next != NULL ? next : end;
	}
	mp_buf_add(url, at, (size_t)(end - at));    /* rootless: mp_uri_parse() refuses it */
}

/* Appends the reference's path where the base's file name was; spec: RFC 3986 5.2.3 */
static void add_merged(struct mp_buf *url, struct mp_span base, struct mp_span path)
{
	struct mp_buf merged = MP_BUF(2 * MP_MAX_URI);

	while (base.len > 0 && base.data[base.len - 1] != '/')
		base.len--;
	mp_buf_add(&merged, base.len > 0 ? base.data : "/", base.len > 0 ? base.len : 1);
	mp_buf_add(&merged, path.data, path.len);
	if (merged.failed)
		url->failed = merged.failed;
	else
		mp_uri_add_path(url, (struct mp_span){ merged.data, merged.len });
	mp_buf_free(&merged);
}

static void add_part(struct mp_buf *url, const char *mark, struct mp_span part)
{
	if (part.data == NULL)
		return;
	mp_buf_adds(url, mark);
	mp_buf_add(url, part.data, part.len);
}

/* spec: RFC 3986 5.2.2 and, for the order of the parts, 5.3 */
static void compose(struct mp_buf *url, const struct mp_uri *base, struct mp_uri_parts ref)
{
	if (ref.scheme.data != NULL || ref.authority.data != NULL) {
		struct mp_span scheme = ref.scheme.data != NULL ? ref.scheme : base->scheme;

		mp_buf_add(url, scheme.data, scheme.len);
		mp_buf_addc(url, ':');
		add_part(url, "//", ref.authority);
		mp_uri_add_path(url, ref.path);
	} else {
		mp_buf_add(url, base->origin.data, base->origin.len);
		if (ref.path.len == 0)
			mp_buf_add(url, base->path.data, base->path.len);
		else if (ref.path.data[0] == '/')
			mp_uri_add_path(url, ref.path);
		else
			add_merged(url, base->path, ref.path);
		if (ref.path.len == 0 && ref.query.data == NULL)
			ref.query = base->query;
	}
	add_part(url, "?", ref.query);
	add_part(url, "#", ref.fragment);
}

enum mcpass_rc mp_uri_resolve(const struct mp_uri *base, const char *reference,
    char **ret_url, struct mcpass_error *err)
{
	struct mp_uri parsed;
	struct mp_buf url = MP_BUF(MP_MAX_URI);
	enum mcpass_rc rc;
	char *text = NULL;

	if (strnlen(reference, MP_MAX_URI + 1) > MP_MAX_URI)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "the URL is longer than %zu bytes",
		    MP_MAX_URI);
	compose(&url, base, mp_uri_split(reference));
	rc = mp_buf_take(&url, "the URL", &text, err);
	if (!rc)
		rc = mp_uri_parse(text, &parsed, err);
	if (rc)
		free(text);
	else
		*ret_url = text;
	return rc;
}
