#include <string.h>
#include "io/browser/listener_parts.h"

/* The next line of a head, without its line end; spec: RFC 9112 2.2 */
static struct mp_span take_line(struct mp_span *rest)
{
	struct mp_span line = *rest;
	const char *end = memchr(rest->data, '\n', rest->len);

	if (end != NULL)
		line.len = (size_t)(end - rest->data);
	rest->data += line.len + (end != NULL ? 1 : 0);
	rest->len -= line.len + (end != NULL ? 1 : 0);
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

static struct mp_span take_until(struct mp_span *rest, char stop)
{
	struct mp_span part = *rest;
	const char *end = rest->len > 0 ? memchr(rest->data, stop, rest->len) : NULL;

	if (end != NULL)
		part.len = (size_t)(end - rest->data);
	rest->data += part.len + (end != NULL ? 1 : 0);
	rest->len -= part.len + (end != NULL ? 1 : 0);
	return part;
}

static struct mp_span trim(struct mp_span text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = (struct mp_span){ text.data + 1, text.len - 1 };
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* Exactly one Host, and it is ours: a page of another name that resolves to this address
 * (DNS rebinding) does not get through.  spec: RFC 9112 3.2 */
static bool is_for_us(struct mp_span headers, const char *authority)
{
	int hosts = 0, ours = 0;

	while (headers.len > 0) {
		struct mp_span value = take_line(&headers);
		struct mp_span name = take_until(&value, ':');

		if (!mp_span_is_nocase(name, "Host"))
			continue;
		hosts++;
		ours += mp_span_is_nocase(trim(value), authority) ? 1 : 0;
	}
	return hosts == 1 && ours == 1;
}

/* What a URL is made of; a browser escapes everything else.  spec: RFC 3986 2 */
static bool is_plain(struct mp_span target)
{
	for (size_t i = 0; i < target.len; i++)
		if (target.data[i] <= 0x20 || target.data[i] >= 0x7f)
			return false;
	return target.len > 0 && target.data[0] == '/';
}

static int judge(struct mp_span line, struct mp_span headers, const char *authority,
    const char *ours, struct mp_span *ret_query)
{
	struct mp_span method = take_until(&line, ' ');
	struct mp_span target = take_until(&line, ' ');
	struct mp_span path;

	if (!mp_span_is(line, "HTTP/1.1") && !mp_span_is(line, "HTTP/1.0"))
		return 400;
	if (!is_plain(target) || !is_for_us(headers, authority))
		return 400;
	if (!mp_span_is(method, "GET"))
		return 405;
	path = take_until(&target, '?');
	if (!mp_span_is(path, ours))
		return 404;
	if (target.len == 0)            /* neither a code nor an error: no redirect */
		return 400;
	*ret_query = target;
	return 200;
}

bool mp_redirect_read(const struct mp_buf *head, const char *authority, const char *path,
    struct mp_redirect *ret_redirect)
{
	struct mp_span rest = { mp_buf_text(head), head->len };
	struct mp_redirect redirect = { 0 };

	/* A NUL would hide the rest from strstr(), and belongs into no head. */
	if (head->len > 0 && memchr(head->data, '\0', head->len) != NULL)
		redirect.status = 400;
	else if (strstr(rest.data, "\r\n\r\n") != NULL || strstr(rest.data, "\n\n") != NULL)
		redirect.status = judge(take_line(&rest), rest, authority, path, &redirect.query);
	else if (head->failed)
		redirect.status = 431;
	if (redirect.status != 0)
		*ret_redirect = redirect;
	return redirect.status != 0;
}
