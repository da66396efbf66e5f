/* bytes.h - many bytes a step, for texts of many megabytes. */
#pragma once
#include <stddef.h>

/* How many bytes at the front are neither '"' nor '\\' nor a control character: those that
 * stand for themselves in a JSON string; spec: RFC 8259 7 */
size_t mp_bytes_plain(const char *bytes, size_t len);
/* How many at the front are no control characters: neither below the space nor DEL. */
size_t mp_bytes_visible(const char *bytes, size_t len);
/* How many at the front are characters of a token68, up to its padding; spec: RFC 9110 11.2 */
size_t mp_bytes_token68(const char *bytes, size_t len);
/* Where text stands among the bytes, or NULL. */
const char *mp_bytes_find(const char *bytes, size_t len, const char *text);
/* How many bytes at the front are ASCII. */
size_t mp_bytes_ascii(const char *bytes, size_t len);
