#include "wire/bytes.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t load(const char *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Not 0 when a byte of the word is less than least, which is at most 128. */
static uint64_t has_less(uint64_t word, unsigned char least)
{
	return (word - EACH(least)) & ~word & EACH(0x80);
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* Where the first byte is of which has_less() speaks.  Only the lowest of its bits is sure:
 * a borrow goes on to those above. */
static size_t first_of(uint64_t found, const char *bytes)
{
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	(void)bytes;
	return (size_t)__builtin_ctzll(found) / 8;
#else
	size_t at = 0;

	(void)found;
	while (is_plain(bytes[at]))
		at++;
	return at;
#endif
}

#ifdef __SSE2__
/* Sixteen bytes a step where the processor has them: how many at the front are no odd ones, in
 * whole steps; the step that has one is left to the others. */
static inline size_t whole_steps(const char *bytes, size_t len, __m128i (*find_odd)(__m128i step))
{
	size_t at = 0;

	for (; len - at >= sizeof(__m128i); at += sizeof(__m128i)) {
		__m128i step = _mm_loadu_si128((const __m128i *)(const void *)(bytes + at));

		if (_mm_movemask_epi8(find_odd(step)) != 0)
			break;
	}
	return at;
}

static inline __m128i find_control(__m128i step)
{
	return _mm_cmpeq_epi8(_mm_min_epu8(step, _mm_set1_epi8(0x1f)), step);
}

static inline __m128i find_unplain(__m128i step)
{
	return _mm_or_si128(find_control(step), _mm_or_si128(_mm_cmpeq_epi8(step, _mm_set1_epi8('"')),
	    _mm_cmpeq_epi8(step, _mm_set1_epi8('\\'))));
}

static inline __m128i find_unseen(__m128i step)
{
	return _mm_or_si128(find_control(step), _mm_cmpeq_epi8(step, _mm_set1_epi8(0x7f)));
}

static inline __m128i find_no_token68(__m128i step)
{
	__m128i letter = _mm_or_si128(step, _mm_set1_epi8(0x20));
	__m128i good = _mm_and_si128(_mm_cmpgt_epi8(letter, _mm_set1_epi8('a' - 1)),
	    _mm_cmplt_epi8(letter, _mm_set1_epi8('z' + 1)));

	good = _mm_or_si128(good, _mm_and_si128(_mm_cmpgt_epi8(step, _mm_set1_epi8('-' - 1)),
	    _mm_cmplt_epi8(step, _mm_set1_epi8('9' + 1))));
	good = _mm_or_si128(good, _mm_cmpeq_epi8(step, _mm_set1_epi8('_')));
	good = _mm_or_si128(good, _mm_or_si128(_mm_cmpeq_epi8(step, _mm_set1_epi8('~')),
	    _mm_cmpeq_epi8(step, _mm_set1_epi8('+'))));
	return _mm_cmpeq_epi8(good, _mm_setzero_si128());
}
#else
#define whole_steps(bytes, len, find_odd) 0
#endif

size_t mp_bytes_plain(const char *bytes, size_t len)
{
	size_t at = whole_steps(bytes, len, find_unplain);

	for (; len - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
		uint64_t word = load(bytes + at);
		uint64_t found = has_less(word, 0x20) | has_less(word ^ EACH('"'), 1)
		    | has_less(word ^ EACH('\\'), 1);

		if (found != 0)
			return at + first_of(found, bytes + at);
	}
	while (at < len && is_plain(bytes[at]))
		at++;
	return at;
}

static bool is_visible(unsigned char c)
{
	return c >= 0x20 && c != 0x7f;
}

size_t mp_bytes_visible(const char *bytes, size_t len)
{
	size_t at = whole_steps(bytes, len, find_unseen);

	while (at < len && is_visible((unsigned char)bytes[at]))
		at++;
	return at;
}

static bool is_token68(unsigned char c)
{
	static const uint64_t chars[2] = {
		UINT64_C(0x03ffe80000000000),   /* +-./ and digits */
		UINT64_C(0x47fffffe87fffffe),   /* letters, _~ */
	};

	return c < 128 && (chars[c / 64] >> (c % 64) & 1) != 0;
}

size_t mp_bytes_token68(const char *bytes, size_t len)
{
	size_t at = whole_steps(bytes, len, find_no_token68);

	while (at < len && is_token68((unsigned char)bytes[at]))
		at++;
	return at;
}

const char *mp_bytes_find(const char *bytes, size_t len, const char *text)
{
	size_t wanted = strlen(text);

	while (len >= wanted && wanted > 0) {
		const char *first = memchr(bytes, text[0], len - wanted + 1);

		if (first == NULL || memcmp(first, text, wanted) == 0)
			return first;
		len -= (size_t)(first + 1 - bytes);
		bytes = first + 1;
	}
	return NULL;
}

size_t mp_bytes_ascii(const char *bytes, size_t len)
{
	size_t at = 0;

	while (len - at >= sizeof(uint64_t) && (load(bytes + at) & EACH(0x80)) == 0)
		at += sizeof(uint64_t);
	while (at < len && (unsigned char)bytes[at] < 0x80)
		at++;
	return at;
}
