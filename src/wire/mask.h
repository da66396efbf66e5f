/* mask.h - one secret in a text, whichever way it was encoded on its way there. */
#ifndef MP_WIRE_MASK_H
#define MP_WIRE_MASK_H
#include <stdbool.h>

/* Overwrites secret with '*' wherever it stands in text: as it is, percent- or form-encoded
 * (hex in any case, once or twice), escaped for JSON or HTML, or inside of base64 or base64url
 * of anything, as in Basic; also the part of it that the end of text cuts off.  True when it
 * was there.  A text of more than 64 KiB is no error's: there it is looked for as it is. */
bool mp_mask_secret(char *text, const char *secret);

#endif
