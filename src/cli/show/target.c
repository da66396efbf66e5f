#include "cli/show/target.h"
#include <string.h>
#include "base/limits.h"
#include "ui/out.h"
#include "wire/json/cut.h"
#include "wire/json/raw.h"

enum mcpass_rc mp_target_open(struct mp_target *target, const char *path,
    struct mcpass_error *err)
{
	mp_buf_init(&target->buf, MP_MAX_ANSWER);
	if (strcmp(path, "-") == 0)
		return MCPASS_OK;
	return mp_doing(err, mp_whole_file_new(path, &target->file, err), MP_SAVE_DOING);
}

enum mcpass_rc mp_target_put(void *ctx, const char *bytes, size_t len, struct mcpass_error *err)
{
	struct mp_target *target = ctx;

	if (target->file != NULL)
		return mp_doing(err, mp_whole_file_add(target->file, bytes, len, err), MP_SAVE_DOING);
	mp_buf_add(&target->buf, bytes, len);
	return mp_buf_check(&target->buf, "the answer", err);
}

enum mcpass_rc mp_target_put_buf(struct mp_target *target, const struct mp_buf *buf,
    struct mcpass_error *err)
{
	enum mcpass_rc rc = mp_buf_check(buf, "the answer", err);

	return rc || buf->len == 0 ? rc : mp_target_put(target, buf->data, buf->len, err);
}

bool mp_target_ends_line(const struct mp_target *target)
{
	const struct mp_buf *buf = &target->buf;

	if (target->file != NULL)
		return mp_whole_file_size(target->file) == 0 || mp_whole_file_last(target->file) == '\n';
	return buf->len == 0 || buf->data[buf->len - 1] == '\n';
}

enum mcpass_rc mp_target_end(struct mp_target *target, struct mcpass_error *err)
{
	if (target->file == NULL)
		return mp_out(&target->buf, err);
	return mp_doing(err, mp_whole_file_end(target->file, err), MP_SAVE_DOING);
}

void mp_target_free(struct mp_target *target)
{
	mp_whole_file_free(target->file);
	mp_buf_free(&target->buf);
}

/* --- a string of the answer, piece by piece --- */

#define PIECE ((size_t)64 * 1024)
struct source {
	const struct mp_spool *spool;   /* NULL: what is left is in text */
	struct mp_spooled spooled;
	struct mp_span text;
};

static struct source open_source(const struct mp_spool *spool, struct mp_span string)
{
	struct source source = { .text = { string.data + 1, string.len - 2 } };

	if (mp_spool_find(spool, string, &source.spooled))
		source.spool = spool;
	return source;
}

static enum mcpass_rc next_piece(struct source *source, char *room, size_t size, size_t *ret_len,
    struct mcpass_error *err)
{
	size_t len = source->text.len < size ? source->text.len : size;

	if (source->spool != NULL)
		return mp_spool_read(source->spool, &source->spooled, room, size, ret_len, err);
	memcpy(room, source->text.data, len);
	source->text = (struct mp_span){ source->text.data + len, source->text.len - len };
	*ret_len = len;
	return MCPASS_OK;
}

enum mcpass_rc mp_target_put_bytes(struct mp_target *target, const struct mp_parts *parts,
    struct mp_span string, struct mcpass_error *err)
{
	struct source source = open_source(parts->spool, string);
	struct mp_part_decoder decoder = { .put = mp_target_put, .ctx = target };
	char piece[PIECE];
	size_t len = 0;
	enum mcpass_rc rc;

	do {
		rc = next_piece(&source, piece, sizeof(piece), &len, err);
		if (!rc)
			rc = mp_part_decoder_add(&decoder, (struct mp_span){ piece, len }, err);
	} while (!rc && len > 0);
	return rc ? rc : mp_part_decoder_end(&decoder, err);
}

/* What the first len characters of a JSON string stand for; string has its first quote, and room for
 * the other one. */
static enum mcpass_rc put_front(struct mp_target *target, char *string, size_t len,
    struct mcpass_error *err)
{
	char next = string[1 + len];
	struct mp_buf text = MP_BUF(3 * PIECE);
	enum mcpass_rc rc;

	string[1 + len] = '"';
	(void)mp_raw_text(&text, (struct mp_span){ string, len + 2 });
	string[1 + len] = next;
	rc = mp_target_put_buf(target, &text, err);
	mp_buf_free(&text);
	return rc;
}

enum mcpass_rc mp_target_put_text(struct mp_target *target, const struct mp_parts *parts,
    struct mp_span string, struct mcpass_error *err)
{
	struct source source = open_source(parts->spool, string);
	char piece[1 + PIECE + 1] = "\"";
	size_t held = 0, len = 0, whole;
	enum mcpass_rc rc;

	do {
		rc = next_piece(&source, piece + 1 + held, PIECE - held, &len, err);
		held += len;
		whole = len > 0 ? mp_cut_whole(piece + 1, held) : held;
		if (!rc)
			rc = put_front(target, piece, whole, err);
		held -= whole;
		memmove(piece + 1, piece + 1 + whole, held);
	} while (!rc && len > 0);
	return rc;
}
