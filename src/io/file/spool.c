#include "io/file/spool.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/limits.h"
#include "base/secret.h"
#include "io/entropy.h"
#include "wire/bytes.h"
#include "wire/json/cut.h"
#include "wire/json/peek.h"

/* So much is looked at, and written, at a time; a secret does not reach farther than OVERLAP. */
#define WINDOW ((size_t)256 * 1024)
#define OVERLAP (2 * MP_MAX_TOKEN)
/* "mcpass-" and 32 digits; "-AT-LEN-FRONT", 16, 16 and 8 digits. */
#define NONCE_LEN (7 + 32)
#define MARK_LEN (NONCE_LEN + 17 + 17 + 9)

struct mp_spool {
	char *beside;
	int fd;                         /* -1: not made yet */
	int64_t size;
	void (*mask)(void *ctx, char *text);
	void *mask_ctx;
	char nonce[NONCE_LEN + 1];
	/* The text that comes. */
	unsigned owner;
	struct mp_cut cut;
	struct mp_buf window;           /* '"' and the inside of the string that is not written yet */
	int64_t began_at;
	size_t front;                   /* bytes of it that stay in the text, as the text is read */
	bool is_long;                   /* it goes to the file */
};

enum mcpass_rc mp_spool_new(const char *beside, struct mp_spool **ret_spool,
    struct mcpass_error *err)
{
	struct mp_spool *spool = calloc(1, sizeof(*spool));
	uint8_t nonce[16];
	enum mcpass_rc rc;

	if (spool == NULL)
		return mp_nomem(err);
	spool->fd = -1;
	mp_buf_init(&spool->window, WINDOW + OVERLAP);
	rc = mp_set(&spool->beside, beside, err);
	if (!rc && mp_entropy(NULL, nonce, sizeof(nonce)) != 0)
		rc = mp_fail(err, MCPASS_E_IO, NULL, "no random numbers");
	if (rc) {
		mp_spool_free(spool);
		return rc;
	}
	(void)snprintf(spool->nonce, sizeof(spool->nonce), "mcpass-");
	for (size_t i = 0; i < sizeof(nonce); i++)
		(void)snprintf(spool->nonce + 7 + 2 * i, 3, "%02x", nonce[i]);
	*ret_spool = spool;
	return MCPASS_OK;
}

void mp_spool_free(struct mp_spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->fd >= 0)
		(void)close(spool->fd);
	mp_buf_free(&spool->window);
	free(spool->beside);
	free(spool);
}

void mp_spool_mask(struct mp_spool *spool, void (*mask)(void *ctx, char *text), void *ctx)
{
	spool->mask = mask;
	spool->mask_ctx = ctx;
}

/* --- the file --- */

static enum mcpass_rc cannot(const struct mp_spool *spool, const char *doing, int error,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_fail(err, MCPASS_E_IO, NULL, "%s a file beside %s: %s", doing,
	    spool->beside, strerror(error));

	mp_hint(err, "A long answer needs room there, up to twice its size.");
	return rc;
}

static enum mcpass_rc open_file(struct mp_spool *spool, struct mcpass_error *err)
{
	struct mp_buf name;
	enum mcpass_rc rc;

	if (spool->fd >= 0)
		return MCPASS_OK;
	mp_buf_init(&name, strlen(spool->beside) + 64);
	mp_buf_addf(&name, "%s.%.16s.part", spool->beside, spool->nonce + 7);
	rc = mp_buf_check(&name, "a name", err);
	if (!rc) {
		spool->fd = open(mp_buf_text(&name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (spool->fd < 0)
			rc = cannot(spool, "making", errno, err);
		else
			(void)unlink(mp_buf_text(&name));
	}
	mp_buf_free(&name);
	return rc;
}

static enum mcpass_rc write_file(struct mp_spool *spool, struct mp_span bytes,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = open_file(spool, err);

	if (!rc && bytes.len > (uint64_t)(MP_MAX_SPOOL - spool->size))
		rc = mp_fail(err, MCPASS_E_LIMIT, NULL, "the answer is larger than %lld bytes",
		    (long long)MP_MAX_SPOOL);
	while (!rc && bytes.len > 0) {
		ssize_t n = pwrite(spool->fd, bytes.data, bytes.len, (off_t)spool->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot(spool, "writing", errno, err);
		spool->size += n;
		bytes = (struct mp_span){ bytes.data + n, bytes.len - (size_t)n };
	}
	return rc;
}

/* --- what comes --- */

/* The front of the window, which is put into quotes to be looked at. */
static enum mcpass_rc write_front(struct mp_spool *spool, size_t len, struct mcpass_error *err)
{
	char *data = spool->window.data, next = data[1 + len];
	struct mp_buf room = { 0 };
	struct mp_span text;
	enum mcpass_rc rc;

	data[1 + len] = '"';
	rc = mp_json_utf8((struct mp_span){ data, len + 2 }, &room, &text, err);
	if (!rc)
		rc = mp_json_peek(text, "a string of the answer", NULL, 0, NULL, err);
	if (!rc)
		rc = write_file(spool, (struct mp_span){ text.data + 1, text.len - 2 }, err);
	data[1 + len] = next;
	mp_buf_free(&room);
	return rc;
}

/* Writes what can be written; all: the string ends here. */
static enum mcpass_rc flush(struct mp_spool *spool, bool all, struct mcpass_error *err)
{
	size_t len = spool->window.len - 1, front;
	enum mcpass_rc rc;

	if (spool->mask != NULL)
		spool->mask(spool->mask_ctx, spool->window.data + 1);
	front = all ? len : mp_cut_whole(spool->window.data + 1, len - OVERLAP);
	rc = write_front(spool, front, err);
	memmove(spool->window.data + 1, spool->window.data + 1 + front, len - front + 1);
	spool->window.len -= front;
	return rc;
}

/* All of its front is in the window. */
static enum mcpass_rc begin_long(struct mp_spool *spool, struct mcpass_error *err)
{
	struct mp_span front = { spool->window.data, spool->window.len };
	struct mp_buf room = { 0 };
	enum mcpass_rc rc = mp_json_utf8(front, &room, &front, err);

	spool->is_long = true;
	spool->began_at = spool->size;
	spool->front = front.len - 1;
	mp_buf_free(&room);
	return rc;
}

static enum mcpass_rc add(struct mp_spool *spool, struct mp_span bytes, bool is_long,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (is_long && !spool->is_long)
		rc = begin_long(spool, err);
	if (spool->window.len == 0)
		mp_buf_addc(&spool->window, '"');
	while (!rc && bytes.len > 0) {
		size_t room = WINDOW - spool->window.len, n = bytes.len < room ? bytes.len : room;

		mp_buf_add(&spool->window, bytes.data, n);
		rc = mp_buf_check(&spool->window, "a string of the answer", err);
		bytes = (struct mp_span){ bytes.data + n, bytes.len - n };
		if (!rc && spool->window.len == WINDOW)
			rc = flush(spool, false, err);
	}
	return rc;
}

/* The string is over: what stands for it, if it was a long one. */
static enum mcpass_rc end_string(struct mp_spool *spool, mp_spool_keep_fn *keep, void *ctx,
    struct mcpass_error *err)
{
	char mark[MARK_LEN + 1];
	enum mcpass_rc rc = MCPASS_OK;

	if (spool->is_long)
		rc = flush(spool, true, err);
	if (!rc && spool->is_long) {
		(void)snprintf(mark, sizeof(mark), "%s-%016" PRIx64 "-%016" PRIx64 "-%08zx", spool->nonce,
		    (uint64_t)spool->began_at, (uint64_t)(spool->size - spool->began_at), spool->front);
		rc = keep(ctx, mark, MARK_LEN, err);
	}
	spool->is_long = false;
	mp_buf_clear(&spool->window);
	return rc;
}

void mp_spool_begin(struct mp_spool *spool, unsigned owner)
{
	spool->owner = owner;
	spool->cut = (struct mp_cut){ .front = MP_SPOOL_FRONT };
	spool->is_long = false;
	mp_buf_clear(&spool->window);
}

enum mcpass_rc mp_spool_feed(struct mp_spool *spool, unsigned owner, struct mp_span bytes,
    mp_spool_keep_fn *keep, void *ctx, struct mcpass_error *err)
{
	enum mcpass_rc rc = MCPASS_OK;

	if (owner != spool->owner)
		return keep(ctx, bytes.data, bytes.len, err);
	while (!rc && bytes.len > 0) {
		enum mp_cut_kind kind;
		size_t n = mp_cut_step(&spool->cut, bytes, &kind);

		if (kind == MP_CUT_OUTSIDE)
			rc = end_string(spool, keep, ctx, err);
		else
			rc = add(spool, (struct mp_span){ bytes.data, n }, kind == MP_CUT_REST, err);
		if (!rc && kind != MP_CUT_REST)
			rc = keep(ctx, bytes.data, n, err);
		bytes = (struct mp_span){ bytes.data + n, bytes.len - n };
	}
	return rc;
}

/* --- what was kept --- */

static bool read_hex(const char *text, size_t len, uint64_t *ret_number)
{
	char copy[17], *end = NULL;

	memcpy(copy, text, len);
	copy[len] = '\0';
	*ret_number = strtoull(copy, &end, 16);
	return *end == '\0';
}

static bool read_mark(const struct mp_spool *spool, const char *mark, struct mp_spooled *ret_spooled,
    size_t *ret_front)
{
	uint64_t at, len, front;

	if (memcmp(mark, spool->nonce, NONCE_LEN) != 0 || !read_hex(mark + NONCE_LEN + 1, 16, &at)
	    || !read_hex(mark + NONCE_LEN + 18, 16, &len) || !read_hex(mark + NONCE_LEN + 35, 8, &front)
	    || at > (uint64_t)spool->size || len > (uint64_t)spool->size - at)
		return false;
	*ret_spooled = (struct mp_spooled){ (int64_t)at, len };
	*ret_front = (size_t)front;
	return true;
}

bool mp_spool_find(const struct mp_spool *spool, struct mp_span string,
    struct mp_spooled *ret_spooled)
{
	size_t front;

	return spool != NULL && string.len >= MARK_LEN + 2
	    && read_mark(spool, string.data + string.len - 1 - MARK_LEN, ret_spooled, &front);
}

enum mcpass_rc mp_spool_read(const struct mp_spool *spool, struct mp_spooled *spooled, char *bytes,
    size_t room, size_t *ret_len, struct mcpass_error *err)
{
	size_t want = spooled->len < room ? (size_t)spooled->len : room;
	ssize_t n = 0;

	do
		n = want > 0 ? pread(spool->fd, bytes, want, (off_t)spooled->at) : 0;
	while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && want > 0))
		return cannot(spool, "reading", n < 0 ? errno : EIO, err);
	spooled->at += n;
	spooled->len -= (uint64_t)n;
	*ret_len = (size_t)n;
	return MCPASS_OK;
}

size_t mp_spool_count(const struct mp_spool *spool, struct mp_span text)
{
	const char *at = text.data, *end = text.data + text.len;
	size_t count = 0;

	if (spool == NULL)
		return 0;
	for (; (at = mp_bytes_find(at, (size_t)(end - at), spool->nonce)) != NULL; at += NONCE_LEN)
		count++;
	return count;
}

static enum mcpass_rc put_spooled(const struct mp_spool *spool, struct mp_spooled spooled,
    mp_spool_keep_fn *put, void *ctx, struct mcpass_error *err)
{
	char bytes[16 * 1024];
	enum mcpass_rc rc;
	size_t n = 0;

	do {
		rc = mp_spool_read(spool, &spooled, bytes, sizeof(bytes), &n, err);
		if (!rc && n > 0)
			rc = put(ctx, bytes, n, err);
	} while (!rc && n > 0);
	mp_wipe(bytes, sizeof(bytes));
	return rc;
}

enum mcpass_rc mp_spool_splice(const struct mp_spool *spool, struct mp_span text,
    mp_spool_keep_fn *put, void *ctx, struct mcpass_error *err)
{
	const char *at = text.data, *end = text.data + text.len, *mark = at;
	enum mcpass_rc rc = MCPASS_OK;
	struct mp_spooled spooled;
	size_t front;

	while (!rc && (mark = mp_bytes_find(mark, (size_t)(end - mark), spool->nonce)) != NULL) {
		if (end - mark < MARK_LEN || !read_mark(spool, mark, &spooled, &front)
		    || front > (size_t)(mark - at))
			return mp_fail(err, MCPASS_E_PROTOCOL, NULL, "a string of the answer was cut short");
		rc = put(ctx, at, (size_t)(mark - at) - front, err);
		if (!rc)
			rc = put_spooled(spool, spooled, put, ctx, err);
		at = mark = mark + MARK_LEN;
	}
	return rc ? rc : put(ctx, at, (size_t)(end - at), err);
}

static enum mcpass_rc put_buf(void *ctx, const char *bytes, size_t len, struct mcpass_error *err)
{
	struct mp_buf *buf = ctx;

	mp_buf_add(buf, bytes, len);
	return mp_buf_check(buf, "the answer", err);
}

enum mcpass_rc mp_spool_restore(const struct mp_spool *spool, char **text,
    struct mcpass_error *err)
{
	struct mp_span whole = { *text, *text != NULL ? strlen(*text) : 0 };
	struct mp_buf buf = MP_BUF(MP_MAX_ANSWER);
	char *restored = NULL;
	enum mcpass_rc rc;

	if (mp_spool_count(spool, whole) == 0)
		return MCPASS_OK;
	rc = mp_spool_splice(spool, whole, put_buf, &buf, err);
	if (!rc)
		rc = mp_buf_take(&buf, "the answer", &restored, err);
	mp_buf_free(&buf);
	if (rc)
		return rc;
	mp_free_wiped(*text);
	*text = restored;
	return MCPASS_OK;
}
