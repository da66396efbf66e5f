/* advice.h - after a call failed: what would have been right. */
#pragma once
#include "cli/show/listing.h"

/* There is no such tool; the nearest of list. */
void mp_advice_name(struct mp_buf *buf, const struct mp_term *term, const json_t *list,
    const char *name);
/* Each argument that is missing, unknown or of the wrong type, with what the tool says of
 * it; nothing when all of them fit. */
void mp_advice_arguments(struct mp_buf *buf, const struct mp_term *term, const json_t *tool,
    const json_t *given);
/* True when value is what schema says, as far as type, enum, minimum and maximum go. */
bool mp_advice_fits(const json_t *schema, const json_t *value);
