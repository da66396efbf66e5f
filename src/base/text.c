#include "base/text.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool mp_span_is(struct mp_span span, const char *text)
{
	return strlen(text) == span.len && (span.len == 0 || memcmp(span.data, text, span.len) == 0);
}

bool mp_span_is_nocase(struct mp_span span, const char *text)
{
	if (strlen(text) != span.len)
		return false;
	for (size_t i = 0; i < span.len; i++)
		if (lower(span.data[i]) != lower(text[i]))
			return false;
	return true;
}

bool mp_eq(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool mp_eq_nocase(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return mp_span_is_nocase((struct mp_span){ a, strlen(a) }, b);
}

/* The length of the UTF-8 sequence at p, 0 when it is none that may be printed. */
static size_t printable_len(const unsigned char *p)
{
	static const struct { unsigned char mask, lead; size_t len; uint32_t least; } forms[] = {
		{ 0xe0, 0xc0, 2, 0x80 }, { 0xf0, 0xe0, 3, 0x800 }, { 0xf8, 0xf0, 4, 0x10000 },
	};

	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f ? 1 : 0;
	for (size_t f = 0; f < MP_COUNT(forms); f++) {
		uint32_t code = p[0] & (unsigned char)~forms[f].mask;

		if ((p[0] & forms[f].mask) != forms[f].lead)
			continue;
		for (size_t i = 1; i < forms[f].len; i++) {
			if ((p[i] & 0xc0) != 0x80)      /* stops at the NUL too */
				return 0;
			code = code << 6 | (p[i] & 0x3f);
		}
		if (code < forms[f].least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return 0;
		if (code < 0xa0)                        /* C1 controls drive terminals */
			return 0;
		/* Embeddings, overrides and isolates reorder what a person reads. */
		if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e)
		    || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff)
			return 0;
		return forms[f].len;
	}
	return 0;
}

void mp_one_line(char *text)
{
	unsigned char *p = (unsigned char *)text;

	while (*p != '\0') {
		size_t len = printable_len(p);

		if (len == 0) {
			*p = '?';
			len = 1;
		}
		p += len;
	}
}

char *mp_dup_span(struct mp_span span)
{
	char *copy = malloc(span.len + 1);

	if (copy == NULL)
		return NULL;
	if (span.len > 0)
		memcpy(copy, span.data, span.len);
	copy[span.len] = '\0';
	return copy;
}

enum mcpass_rc mp_set_span(char **slot, struct mp_span text, struct mcpass_error *err)
{
	char *copy = mp_dup_span(text);

	if (copy == NULL)
		return mp_nomem(err);
	free(*slot);
	*slot = copy;
	return MCPASS_OK;
}

enum mcpass_rc mp_set(char **slot, const char *text, struct mcpass_error *err)
{
	if (text != NULL)
		return mp_set_span(slot, (struct mp_span){ text, strlen(text) }, err);
	free(*slot);
	*slot = NULL;
	return MCPASS_OK;
}

enum mcpass_rc mp_strings_add(struct mp_strings *list, struct mp_span item,
    struct mcpass_error *err)
{
	char **grown, *copy;

	if (list->count >= MP_MAX_ITEMS)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "a list has more than %d items", MP_MAX_ITEMS);
	copy = mp_dup_span(item);
	if (copy == NULL)
		return mp_nomem(err);
	grown = realloc(list->items, (list->count + 1) * sizeof(*grown));
	if (grown == NULL) {
		free(copy);
		return mp_nomem(err);
	}
	list->items = grown;
	list->items[list->count++] = copy;
	return MCPASS_OK;
}

bool mp_strings_has(const struct mp_strings *list, const char *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

void mp_strings_free(struct mp_strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct mp_strings){ 0 };
}
