#include "base/printable.h"
#include <string.h>
#include "base/text.h"

struct range { uint32_t first, last; };

/* spec: Unicode 16 Default_Ignorable_Code_Point, Bidi_Control, Zl, Zp, Cc */
static const struct range unseen[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f },         /* controls: C0, DEL, C1 */
	{ 0xad, 0xad }, { 0x34f, 0x34f },       /* soft hyphen, grapheme joiner */
	{ 0x61c, 0x61c },                       /* Arabic letter mark */
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },     /* fillers, selectors */
	{ 0x200b, 0x200f },                     /* zero width, directional marks */
	{ 0x2028, 0x202e },                     /* line ends, embeddings, overrides */
	{ 0x2060, 0x206f },                     /* word joiner, isolates */
	{ 0x3164, 0x3164 },                     /* Hangul filler */
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff },                   /* tags, more variation selectors */
};
/* Shown, and yet nothing to see: white space, the blank Braille pattern, the null notehead. */
static const struct range blank[] = {
	{ 0x20, 0x20 }, { 0xa0, 0xa0 }, { 0x1680, 0x1680 }, { 0x2000, 0x200a }, { 0x202f, 0x202f },
	{ 0x205f, 0x205f }, { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x1d159, 0x1d159 },
};
/* Symbols that are drawn plain or in colours. */
static const struct range symbols[] = {
	{ 0xa9, 0xa9 }, { 0xae, 0xae }, { 0x203c, 0x2bff }, { 0x1f000, 0x1faff },
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/* spec: RFC 3629 4; a sequence that is cut ends at the NUL of its text */
static struct mp_char decode(const unsigned char *p)
{
	static const struct { unsigned char mask, lead; size_t len; uint32_t least; } forms[] = {
		{ 0xe0, 0xc0, 2, 0x80 }, { 0xf0, 0xe0, 3, 0x800 }, { 0xf8, 0xf0, 4, 0x10000 },
	};
	const struct mp_char bad = { .code = 0xfffd, .len = 1 };

	if (p[0] < 0x80)
		return (struct mp_char){ .code = p[0], .len = p[0] != '\0' };
	for (size_t f = 0; f < MP_COUNT(forms); f++) {
		uint32_t code = p[0] & (unsigned char)~forms[f].mask;

		if ((p[0] & forms[f].mask) != forms[f].lead)
			continue;
		for (size_t i = 1; i < forms[f].len; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return bad;
			code = code << 6 | (p[i] & 0x3f);
		}
		if (code < forms[f].least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return bad;
		return (struct mp_char){ .code = code, .len = forms[f].len };
	}
	return bad;
}

struct mp_char mp_char_first(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	struct mp_char found, next;

	if (p[0] >= 0x20 && p[0] < 0x7f)
		return (struct mp_char){ .code = p[0], .len = 1, .is_shown = true };
	found = decode(p);
	found.is_shown = !is_in(unseen, MP_COUNT(unseen), found.code)
	    && (found.code != 0xfffd || found.len > 1);
	if (!found.is_shown || !is_in(symbols, MP_COUNT(symbols), found.code))
		return found;
	next = decode(p + found.len);
	if (next.code == 0xfe0e || next.code == 0xfe0f)
		found.len += next.len;
	return found;
}

bool mp_is_blank(const char *text)
{
	struct mp_char c = mp_char_first(text);

	for (; c.len > 0; c = mp_char_first(text)) {
		if (c.is_shown && !is_in(blank, MP_COUNT(blank), c.code))
			return false;
		text += c.len;
	}
	return true;
}

void mp_one_line(char *text)
{
	for (;;) {
		struct mp_char c = mp_char_first(text);

		if (c.len == 0)
			return;
		if (!c.is_shown)
			memset(text, '?', c.len);
		text += c.len;
	}
}
