/* What a browser asks for at the redirect URI: read as strictly as our servers read. */
#include <string.h>
#include "io/browser/listener_parts.h"

/* A page of another name that resolves to this address (DNS rebinding) does not get through, and
 * no browser sends a whole URL to what is no proxy.  spec: RFC 9112 3.2 */
static bool is_for_us(const struct mp_http_reader *reader, const char *authority)
{
	return reader->authority == NULL && mp_eq_nocase(reader->host, authority);
}

static int judge(const struct mp_http_reader *reader, const char *authority, const char *ours)
{
	if (!is_for_us(reader, authority))
		return 400;
	if (strcmp(reader->method, "GET") != 0)
		return 405;
	if (strcmp(reader->path, ours) != 0)
		return 404;
	/* Neither a code nor an error: no redirect. */
	return reader->query == NULL || reader->query[0] == '\0' ? 400 : 200;
}

/* Of the reader's refusals, those that the page tells apart. */
static int refusal_of(const struct mp_http_reader *reader)
{
	return reader->status == 414 || reader->status == 431 || reader->status == 503
	    ? reader->status : 400;
}

bool mp_listener_request_read(struct mp_http_reader *reader, const char *bytes, size_t len,
    const char *authority, const char *path, struct mp_redirect *ret_redirect)
{
	struct mp_redirect redirect = { 0 };
	size_t used;

	switch (mp_http_reader_feed(reader, bytes, len, &used)) {
	case MP_HTTP_READ_MORE:
		return false;
	case MP_HTTP_READ_REFUSED:
		redirect.status = refusal_of(reader);
		break;
	default:
		redirect.status = judge(reader, authority, path);
	}
	if (redirect.status == 200)
		redirect.query = reader->query;
	*ret_redirect = redirect;
	return true;
}
