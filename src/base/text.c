#include "base/text.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

bool mp_span_is(struct mp_span span, const char *text)
{
	return strlen(text) == span.len && (span.len == 0 || memcmp(span.data, text, span.len) == 0);
}

bool mp_span_is_nocase(struct mp_span span, const char *text)
{
	if (strlen(text) != span.len)
		return false;
	for (size_t i = 0; i < span.len; i++)
		if (mp_lower(span.data[i]) != mp_lower(text[i]))
			return false;
	return true;
}

uint64_t mp_hash(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * 0x100000001b3u;
	return hash;
}

bool mp_ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

int mp_hex_digit(char c)
{
	if (mp_is_digit(c))
		return c - '0';
	c = mp_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int mp_hex_byte(const char *digits)
{
	int high = mp_hex_digit(digits[0]), low = high >= 0 ? mp_hex_digit(digits[1]) : -1;

	return low >= 0 ? high * 16 + low : -1;
}

void mp_lower_case(char *text)
{
	for (; *text != '\0'; text++)
		*text = mp_lower(*text);
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
	for (; *a != '\0' && (*a == *b || mp_lower(*a) == mp_lower(*b)); a++)
		b++;
	return *a == '\0' && *b == '\0';
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
	return mp_strings_add_upto(list, item, MP_MAX_ITEMS, err);
}

enum mcpass_rc mp_strings_add_upto(struct mp_strings *list, struct mp_span item, size_t most,
    struct mcpass_error *err)
{
	char **grown, *copy;

	if (list->count >= most)
		return mp_fail(err, MCPASS_E_LIMIT, NULL, "a list has more than %zu items", most);
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

enum mcpass_rc mp_strings_add_text(struct mp_strings *list, const char *item,
    struct mcpass_error *err)
{
	return mp_strings_add(list, (struct mp_span){ item, strlen(item) }, err);
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
