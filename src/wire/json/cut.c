#include "wire/json/cut.h"
#include <string.h>
#include "wire/bytes.h"

/* Of "\uXXXX". */
#define ESCAPE_LEN 6

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The bytes of an escape that are here. */
static size_t step_escape(struct mp_cut *cut, struct mp_span bytes)
{
	size_t at = 0;

	while (at < bytes.len && cut->escape > 0 && (unsigned char)bytes.data[at] >= ' ') {
		cut->escape--;
		if (cut->escape == ESCAPE_LEN - 2 && bytes.data[at] != 'u')
			cut->escape = 0;        /* "\n" and its like: two bytes */
		at++;
	}
	return at;
}

/* One run of plain bytes, or an escape; 0: the string ends here. */
static size_t step_inside(struct mp_cut *cut, struct mp_span bytes)
{
	if (cut->escape > 0)
		return step_escape(cut, bytes);
	if (*bytes.data != '\\')
		return mp_bytes_plain(bytes.data, bytes.len);
	cut->escape = ESCAPE_LEN - 1;
	return 1;
}

/* The front has all that it takes, and what comes begins a character. */
static bool is_full(const struct mp_cut *cut, char next)
{
	return cut->len >= cut->front && cut->escape == 0 && !is_continuation(next);
}

static size_t step_front(struct mp_cut *cut, struct mp_span bytes)
{
	size_t at = 0, n = 1;

	while (at < bytes.len && n > 0 && !is_full(cut, bytes.data[at])) {
		size_t most = cut->len < cut->front ? cut->front - cut->len : 1;
		struct mp_span next = { bytes.data + at, bytes.len - at < most ? bytes.len - at : most };

		n = step_inside(cut, next);
		at += n;
		cut->len += n;
	}
	return at;
}

static size_t step_rest(struct mp_cut *cut, struct mp_span bytes)
{
	size_t at = 0, n = 1;

	for (; at < bytes.len && n > 0; at += n)
		n = step_inside(cut, (struct mp_span){ bytes.data + at, bytes.len - at });
	return at;
}

size_t mp_cut_step(struct mp_cut *cut, struct mp_span bytes, enum mp_cut_kind *ret_kind)
{
	const char *quote;
	size_t n = 0;

	if (cut->is_inside) {
		cut->is_rest = cut->is_rest || is_full(cut, *bytes.data);
		*ret_kind = cut->is_rest ? MP_CUT_REST : MP_CUT_FRONT;
		n = cut->is_rest ? step_rest(cut, bytes) : step_front(cut, bytes);
		if (n > 0)
			return n;
	}
	/* A string ends by its quote, or, which is no JSON, by a control character. */
	*ret_kind = MP_CUT_OUTSIDE;
	if (cut->is_inside) {
		*cut = (struct mp_cut){ .front = cut->front };
		return 1;
	}
	quote = memchr(bytes.data, '"', bytes.len);
	if (quote == NULL)
		return bytes.len;
	cut->is_inside = true;
	return (size_t)(quote - bytes.data) + 1;
}

/* Whether the other half of a pair of surrogates is at text, as far as that is here. */
static bool may_be_low(const char *text, size_t len)
{
	static const char *const low[] = { "\\", "u", "dD", "cdefCDEF" };

	for (size_t i = 0; i < len && i < MP_COUNT(low); i++)
		if (text[i] == '\0' || strchr(low[i], text[i]) == NULL)
			return false;
	return true;
}

/* How long the escape at text is, a pair of surrogates being one; more than len: it is not all here. */
static size_t escape_length(const char *text, size_t len)
{
	bool is_high;

	if (len < 2 || text[1] != 'u')
		return 2;
	is_high = len <= 3 || ((text[2] == 'd' || text[2] == 'D') && strchr("89abAB", text[3]) != NULL);
	if (!is_high || (len > ESCAPE_LEN && !may_be_low(text + ESCAPE_LEN, len - ESCAPE_LEN)))
		return ESCAPE_LEN;      /* one alone is a character that is none */
	return 2 * (size_t)ESCAPE_LEN;
}

/* Without the character at the end that is not all here; what is none is left as it is. */
static size_t whole_characters(const char *bytes, size_t len)
{
	size_t back = 0, wants;
	unsigned char lead;

	while (back < 3 && back < len && is_continuation(bytes[len - 1 - back]))
		back++;
	if (back == len)
		return len;
	lead = (unsigned char)bytes[len - 1 - back];
	wants = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
	return wants > back + 1 ? len - 1 - back : len;
}

size_t mp_cut_whole(const char *bytes, size_t len)
{
	size_t at = 0, escape;

	while (at < len) {
		const char *next = memchr(bytes + at, '\\', len - at);

		if (next == NULL)
			break;
		at = (size_t)(next - bytes);
		escape = escape_length(next, len - at);
		if (escape > len - at)
			return at;
		at += escape;
	}
	return at < len ? at + whole_characters(bytes + at, len - at) : len;
}
