/* text.h - small help with C strings. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"
#include "base/printable.h"

#define MP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes that are borrowed from another buffer; data need not end in NUL. */
struct mp_span {
	const char *data;
	size_t len;
};

/* A list that owns its strings.  { 0 } is the empty list. */
struct mp_strings {
	char **items;
	size_t count;
};

bool mp_span_is(struct mp_span span, const char *text);
bool mp_span_is_nocase(struct mp_span span, const char *text);   /* ASCII only */

/* ASCII comparisons that no locale changes. */
bool mp_eq(const char *a, const char *b);          /* NULL equals NULL only */
bool mp_eq_nocase(const char *a, const char *b);

bool mp_ends_with(const char *text, const char *end);

/* Of ASCII, in every locale. */
static inline bool mp_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool mp_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char mp_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The value of a hexadecimal digit, of two of them; -1: it is none.  What ends at a NUL may be
 * shorter. */
int mp_hex_digit(char c);
int mp_hex_byte(const char *digits);
/* FNV-1a: for tables and checksums, never against an attacker. */
uint64_t mp_hash(const void *bytes, size_t len);

/* Turns ASCII letters to lower case, in place. */
void mp_lower_case(char *text);
/* Replaces *slot by a copy of text (NULL: by nothing); the old one is freed. */
enum mcpass_rc mp_set(char **slot, const char *text, struct mcpass_error *err);
enum mcpass_rc mp_set_span(char **slot, struct mp_span text, struct mcpass_error *err);

/* A copy of a span, owned by the caller (free), or NULL when out of memory. */
char *mp_dup_span(struct mp_span span);

/* Adds a copy.  MCPASS_E_LIMIT: the list has MP_MAX_ITEMS, or most, already. */
enum mcpass_rc mp_strings_add(struct mp_strings *list, struct mp_span item,
    struct mcpass_error *err);
enum mcpass_rc mp_strings_add_upto(struct mp_strings *list, struct mp_span item, size_t most,
    struct mcpass_error *err);
enum mcpass_rc mp_strings_add_text(struct mp_strings *list, const char *item,
    struct mcpass_error *err);
bool mp_strings_has(const struct mp_strings *list, const char *item);
void mp_strings_free(struct mp_strings *list);     /* and makes it empty */
