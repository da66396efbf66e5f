/* mask.h - one secret in a text, whichever way it was encoded on its way there. */
#pragma once
#include <stdbool.h>

/* Overwrites secret with '*' wherever it stands in text: as it is, with spaces or line ends
 * inside, percent- or form-encoded (as often as it likes), escaped for JSON, JavaScript, HTML or
 * mail, or inside of base64, base64url or hexadecimal digits of anything, as in Basic, and of
 * those inside of each other; also the part of it that the end of text cuts off.  True when it
 * was there.  A text of more than 64 KiB is no error's: there it is looked for as it is. */
bool mp_mask_secret(char *text, const char *secret);
