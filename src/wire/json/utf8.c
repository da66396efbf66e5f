#include "wire/json/utf8.h"
#include "wire/bytes.h"

/* A row of the grammar: lead bytes, the range of the byte after them (which is what
 * shuts out overlong forms and surrogates), and how many bytes follow in all. */
static const struct form {
	unsigned char lead_min, lead_max, next_min, next_max;
	size_t follow;
} forms[] = {                              /* spec: RFC 3629 4 */
	{ 0xc2, 0xdf, 0x80, 0xbf, 1 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 2 },
	{ 0xe1, 0xec, 0x80, 0xbf, 2 },
	{ 0xed, 0xed, 0x80, 0x9f, 2 },
	{ 0xee, 0xef, 0x80, 0xbf, 2 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 3 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 3 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

static const struct form *find_form(unsigned char lead)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (lead >= forms[i].lead_min && lead <= forms[i].lead_max)
			return &forms[i];
	return NULL;
}

/* The length of the character at p of left bytes, 0 when it is none. */
static size_t char_len(const unsigned char *p, size_t left)
{
	const struct form *form;

	if (p[0] < 0x80)
		return 1;
	form = find_form(p[0]);
	if (form == NULL || form->follow >= left)
		return 0;
	if (p[1] < form->next_min || p[1] > form->next_max)
		return 0;
	for (size_t i = 2; i <= form->follow; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return form->follow + 1;
}

size_t mp_utf8_prefix(const char *bytes, size_t len)
{
	size_t at = 0, step = 1;

	while (step > 0 && at < len) {
		at += mp_bytes_ascii(bytes + at, len - at);
		step = at < len ? char_len((const unsigned char *)bytes + at, len - at) : 0;
		at += step;
	}
	return at;
}

bool mp_utf8_valid(const char *bytes, size_t len)
{
	return mp_utf8_prefix(bytes, len) == len;
}
