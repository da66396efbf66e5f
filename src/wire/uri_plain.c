/* A URL that is harmless as text, too. */
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"
#include "wire/uri.h"

#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
/* '%' begins an escape, which mp_uri_parse() has checked. */
#define IN_PATH UNRESERVED "%/:@"
#define IN_QUERY UNRESERVED "%/:@?&=+"

/* What begins with mark, or without one ('\0'); nothing of a part that is absent. */
static void add_part(struct mp_buf *buf, char mark, struct mp_span part, const char *plain)
{
	if (part.data == NULL)
		return;
	if (mark != '\0')
		mp_buf_addc(buf, mark);
	for (size_t i = 0; i < part.len; i++)
		if (strchr(plain, part.data[i]) != NULL)
			mp_buf_addc(buf, part.data[i]);
		else
			mp_buf_add_escape(buf, part.data[i]);
}

/* The host needs nothing: mp_uri_parse() takes names and addresses only. */
enum mcpass_rc mp_uri_plain(const char *url, char **ret_url, struct mcpass_error *err)
{
	struct mp_uri uri;
	struct mp_buf buf = MP_BUF(3 * MP_MAX_URI);
	enum mcpass_rc rc = mp_uri_parse(url, &uri, err);

	if (rc)
		return rc;
	mp_buf_add(&buf, uri.origin.data, uri.origin.len);
	add_part(&buf, '\0', uri.path, IN_PATH);
	add_part(&buf, '?', uri.query, IN_QUERY);
	add_part(&buf, '#', uri.fragment, IN_QUERY);
	return mp_buf_take(&buf, "the URL", ret_url, err);
}
