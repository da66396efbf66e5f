/* humanize.h - numbers as a person says them. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Room for any of these texts. */
#define MP_WORDS_ROOM 32
/* "in 4 min", "in 2 h", "expired 3 d ago". */
void mp_humanize_until(char text[MP_WORDS_ROOM], int64_t when, int64_t now);
/* "812 bytes", "12.3 kB", "4.0 MB". */
void mp_humanize_size(char text[MP_WORDS_ROOM], uint64_t bytes);
