#include "base/buf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/secret.h"

void mp_buf_init(struct mp_buf *buf, size_t max)
{
	*buf = (struct mp_buf){ .max = max };
}

/* Not realloc(): the old block may hold a token and has to be wiped. */
static bool resize(struct mp_buf *buf, size_t room)
{
	char *grown = malloc(room);

	if (grown == NULL)
		return false;
	if (buf->data != NULL) {
		memcpy(grown, buf->data, buf->len + 1);
		mp_wipe(buf->data, buf->room);
		free(buf->data);
	} else {
		grown[0] = '\0';
	}
	buf->data = grown;
	buf->room = room;
	return true;
}

/* Makes room for len more bytes and the NUL. */
static bool make_room(struct mp_buf *buf, size_t len)
{
	size_t room;

	if (buf->failed)
		return false;
	if (len > buf->max - buf->len) {
		buf->failed = MCPASS_E_LIMIT;
		return false;
	}
	if (buf->len + len < buf->room)
		return true;
	room = buf->room < 64 ? 64 : buf->room * 2;
	if (room < buf->len + len + 1)
		room = buf->len + len + 1;
	if (!resize(buf, room))
		buf->failed = MCPASS_E_NOMEM;
	return buf->failed == MCPASS_OK;
}

void mp_buf_reserve(struct mp_buf *buf, size_t len)
{
	if (!buf->failed && len <= buf->max - buf->len && buf->len + len >= buf->room)
		(void)resize(buf, buf->len + len + 1);
}

void mp_buf_add(struct mp_buf *buf, const void *bytes, size_t len)
{
	if (!make_room(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void mp_buf_adds(struct mp_buf *buf, const char *text)
{
	mp_buf_add(buf, text, strlen(text));
}

void mp_buf_addc(struct mp_buf *buf, char c)
{
	if (!make_room(buf, 1))
		return;
	buf->data[buf->len++] = c;
	buf->data[buf->len] = '\0';
}

void mp_buf_add_escape(struct mp_buf *buf, char byte)
{
	static const char hex[] = "0123456789ABCDEF";
	char escape[3] = { '%', hex[(unsigned char)byte >> 4], hex[byte & 15] };

	mp_buf_add(buf, escape, sizeof(escape));
}

void mp_buf_addf(struct mp_buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !make_room(buf, (size_t)len))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

enum mcpass_rc mp_buf_check(const struct mp_buf *buf, const char *what,
    struct mcpass_error *err)
{
	if (buf->failed == MCPASS_E_LIMIT)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "%s is larger than %zu bytes", what, buf->max);
	if (buf->failed)
		return mp_nomem(err);
	return MCPASS_OK;
}

const char *mp_buf_text(const struct mp_buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}

enum mcpass_rc mp_buf_take(struct mp_buf *buf, const char *what, char **ret_text,
    struct mcpass_error *err)
{
	enum mcpass_rc rc;

	mp_buf_add(buf, "", 0);          /* so that even an empty text is a string */
	rc = mp_buf_check(buf, what, err);
	if (rc) {
		mp_buf_free(buf);
		return rc;
	}
	*ret_text = buf->data;
	mp_buf_init(buf, buf->max);
	return MCPASS_OK;
}

enum mcpass_rc mp_buf_move(struct mp_buf *buf, const char *what, struct mp_strings *list,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(buf, what, err);

	if (!rc)
		rc = mp_strings_add(list, (struct mp_span){ mp_buf_text(buf), buf->len }, err);
	mp_buf_free(buf);
	return rc;
}

void mp_buf_clear(struct mp_buf *buf)
{
	buf->len = 0;
	buf->failed = MCPASS_OK;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void mp_buf_free(struct mp_buf *buf)
{
	if (buf->data != NULL)
		mp_wipe(buf->data, buf->room);
	free(buf->data);
	mp_buf_init(buf, buf->max);
}
