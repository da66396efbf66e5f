/* One byte after the other, but for the data.  What the grammar does not have is refused: a
 * proxy in front that reads it otherwise would see other requests than we do. */
#include "base/text.h"
#include "wire/http/chunks.h"
#include "base/limits.h"
#include "wire/http/http.h"

enum state {
	SIZE_BEGINS = 0, SIZE, SIZE_SPACE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF,
	TRAILER_BEGINS, TRAILER_NAME, TRAILER_VALUE, TRAILER_LF, LAST_LF, ENDED
};
/* Digits of a number of 64 bits. */
#define MAX_DIGITS 16

static void refuse(struct mp_http_chunks *chunks, int status, const char *problem)
{
	chunks->status = status;
	chunks->problem = problem;
}

static void expect(struct mp_http_chunks *chunks, char c, char wanted, enum state next)
{
	if (c == wanted)
		chunks->state = (int)next;
	else
		refuse(chunks, 400, "a chunk does not end as it says, or a line without CR LF");
}

/* What may follow the digits.  spec: RFC 9112 7.1.1: whitespace only before an extension */
static void end_size(struct mp_http_chunks *chunks, char c)
{
	if (c == ';')
		chunks->state = EXTENSION;
	else if (c == '\r' && chunks->state == SIZE)
		chunks->state = SIZE_LF;
	else if (c == ' ' || c == '\t')
		chunks->state = SIZE_SPACE;
	else
		refuse(chunks, 400, "a chunk size is no hexadecimal number");
}

static void read_size(struct mp_http_chunks *chunks, char c)
{
	int digit = mp_hex_digit(c);

	if (digit >= 0 && ++chunks->digits > MAX_DIGITS) {
		refuse(chunks, 413, "a chunk is too large");
	} else if (digit >= 0) {
		chunks->left = chunks->left << 4 | (unsigned)digit;
		chunks->state = SIZE;
	} else if (chunks->state == SIZE) {
		end_size(chunks, c);
	} else {
		refuse(chunks, 400, "a chunk has no size");
	}
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* To the end of the line: a chunk extension, which means nothing to us, or the value of a
 * trailer, which comes too late to be believed. */
static void skip_text(struct mp_http_chunks *chunks, char c, enum state next)
{
	if (c == '\r')
		chunks->state = (int)next;
	else if (is_control(c))
		refuse(chunks, 400, "a control character in a chunk's line");
}

/* A reader that knows quotes would look for the line's end behind them.
 * spec: RFC 9112 7.1.1; RFC 9110 5.6.4 */
static void read_extension(struct mp_http_chunks *chunks, char c)
{
	if (c == '\r' && chunks->in_quotes) {
		refuse(chunks, 400, "a quote in a chunk extension has no end");
		return;
	}
	if (c == '"' && !chunks->is_escaped)
		chunks->in_quotes = !chunks->in_quotes;
	chunks->is_escaped = chunks->in_quotes && c == '\\' && !chunks->is_escaped;
	skip_text(chunks, c, SIZE_LF);
}

static void end_size_line(struct mp_http_chunks *chunks, char c, const struct mp_buf *body)
{
	expect(chunks, c, '\n', chunks->left > 0 ? DATA : TRAILER_BEGINS);
	if (chunks->left > body->max - body->len)
		refuse(chunks, 413, "the body is too large");
	chunks->digits = 0;
}

static bool is_token_char(char c)
{
	const char text[2] = { c, '\0' };

	return mp_http_token_len(text) == 1;
}

static void read_trailer(struct mp_http_chunks *chunks, char c)
{
	if (c == '\r' && chunks->state == TRAILER_BEGINS)
		chunks->state = LAST_LF;
	else if (c == ':' && chunks->state == TRAILER_NAME)
		chunks->state = TRAILER_VALUE;
	else if (is_token_char(c))
		chunks->state = TRAILER_NAME;
	else
		refuse(chunks, 400, "a trailer is no header line");
}

static void take_byte(struct mp_http_chunks *chunks, char c, const struct mp_buf *body)
{
	switch ((enum state)chunks->state) {
	case SIZE_BEGINS:
	case SIZE:
		read_size(chunks, c);
		break;
	case SIZE_SPACE:
		end_size(chunks, c);
		break;
	case EXTENSION:
		read_extension(chunks, c);
		break;
	case SIZE_LF:
		end_size_line(chunks, c, body);
		break;
	case DATA_CR:
		expect(chunks, c, '\r', DATA_LF);
		break;
	case DATA_LF:
		expect(chunks, c, '\n', SIZE_BEGINS);
		break;
	case TRAILER_BEGINS:
	case TRAILER_NAME:
		read_trailer(chunks, c);
		break;
	case TRAILER_VALUE:
		skip_text(chunks, c, TRAILER_LF);
		break;
	case TRAILER_LF:
		expect(chunks, c, '\n', TRAILER_BEGINS);
		break;
	case LAST_LF:
		expect(chunks, c, '\n', ENDED);
		break;
	case DATA:
	case ENDED:
		break;
	}
}

/* What is neither data nor needed to frame it is bounded, too. */
static void count_overhead(struct mp_http_chunks *chunks)
{
	bool is_trailer = chunks->state >= TRAILER_BEGINS && chunks->state < LAST_LF;

	if (!is_trailer && chunks->state != EXTENSION && chunks->state != SIZE_SPACE)
		return;
	if (++chunks->overhead <= MP_MAX_CHUNK_OVERHEAD)
		return;
	if (is_trailer)
		refuse(chunks, 431, "the trailers are too long");
	else
		refuse(chunks, 400, "the chunk extensions are too long");
}

static size_t take_data(struct mp_http_chunks *chunks, const char *bytes, size_t len,
    struct mp_buf *body)
{
	size_t n = chunks->left < len ? (size_t)chunks->left : len;

	mp_buf_add(body, bytes, n);
	chunks->left -= n;
	if (chunks->left == 0)
		chunks->state = DATA_CR;
	return n;
}

enum mp_http_chunks_result mp_http_chunks_feed(struct mp_http_chunks *chunks,
    const char *bytes, size_t len, struct mp_buf *body, size_t *ret_used)
{
	size_t used = 0;

	while (used < len && chunks->status == 0 && chunks->state != ENDED) {
		if (chunks->state == DATA) {
			used += take_data(chunks, bytes + used, len - used, body);
		} else {
			take_byte(chunks, bytes[used++], body);
			count_overhead(chunks);
		}
	}
	*ret_used = used;
	if (chunks->status != 0)
		return MP_HTTP_CHUNKS_REFUSED;
	return chunks->state == ENDED ? MP_HTTP_CHUNKS_END : MP_HTTP_CHUNKS_MORE;
}
