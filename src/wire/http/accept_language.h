/* accept_language.h - which of the languages that we have a reader wants to be answered in.
 * spec: RFC 9110 12.5.4; RFC 4647 3.3.1, 3.4 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* "de", "pt-BR", "zh-Hant-TW": subtags of up to eight letters and digits; the first has
 * letters only. */
bool mp_language_is_tag(const char *text);

/* The index of the tag that the header wants most, or count: it wants none of them, or is
 * NULL.  What is not well-formed in it is skipped; what follows the first
 * MP_MAX_LANGUAGE_RANGES is not looked at.  A range takes the tag that equals it, else one that
 * it begins with ("de-CH" takes "de"), else one that begins with it ("pt" takes "pt-BR"). */
size_t mp_accept_language_pick(const char *header, const char *const *tags, size_t count);
