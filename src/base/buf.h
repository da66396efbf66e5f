/* buf.h - a growing byte buffer that is capped at birth.
 *
 * Adding never fails in the caller's face: the first failure sticks, later calls do
 * nothing, and mp_buf_check() reports it once.  data always ends in a NUL that len
 * does not count (NULL while nothing was added). */
#pragma once
#include <stdarg.h>
#include "base/text.h"

struct mp_buf {
	char *data;
	size_t len, room, max;     /* bytes; max as given at birth */
	enum mcpass_rc failed;     /* MCPASS_OK, _E_NOMEM or _E_LIMIT */
};

#define MP_BUF(most) { .max = (most) }
void mp_buf_init(struct mp_buf *buf, size_t max);
void mp_buf_add(struct mp_buf *buf, const void *bytes, size_t len);
void mp_buf_adds(struct mp_buf *buf, const char *text);
void mp_buf_addc(struct mp_buf *buf, char c);
/* The byte as "%2F".  spec: RFC 3986 2.1 */
void mp_buf_add_escape(struct mp_buf *buf, char byte);
void mp_buf_addf(struct mp_buf *buf, const char *fmt, ...) MP_PRINTF(2, 3);

/* Makes room for len more bytes at once, where they are known to come; no room is no failure. */
void mp_buf_reserve(struct mp_buf *buf, size_t len);

/* Reports the failure that stuck, if any; what names the content ("the form"). */
enum mcpass_rc mp_buf_check(const struct mp_buf *buf, const char *what,
    struct mcpass_error *err);

/* The text so far, "" when nothing was added; borrowed until the next add. */
const char *mp_buf_text(const struct mp_buf *buf);

/* Moves the text out, owned by the caller (free); never NULL on MCPASS_OK.
 * The buffer is empty afterwards, whatever the result. */
enum mcpass_rc mp_buf_take(struct mp_buf *buf, const char *what, char **ret_text,
    struct mcpass_error *err);

/* Adds the text to the list.  The buffer is empty afterwards, whatever the result. */
enum mcpass_rc mp_buf_move(struct mp_buf *buf, const char *what, struct mp_strings *list,
    struct mcpass_error *err);

void mp_buf_clear(struct mp_buf *buf);   /* forgets the bytes, keeps the room */
void mp_buf_free(struct mp_buf *buf);    /* wipes, then frees; { 0 } is fine */
