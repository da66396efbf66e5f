/* utf8.h - is this UTF-8?  spec: RFC 3629 4 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* True when the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing
 * beyond U+10FFFF, no cut sequence.  A NUL is UTF-8: a caller that makes C strings of the
 * bytes refuses it himself.  bytes may be NULL when len is 0. */
bool mp_utf8_valid(const char *bytes, size_t len);
/* How many bytes at the front are: all of them, or up to the one where it ends. */
size_t mp_utf8_prefix(const char *bytes, size_t len);
