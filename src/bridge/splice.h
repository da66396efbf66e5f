/* splice.h - changes to a few members of an object, whose other bytes stay as they are. */
#pragma once
#include "base/buf.h"

struct mp_change {
	const char *name;
	const char *json;               /* the value from now on; NULL: the member is taken out */
};
/* How many at once. */
#define MP_MAX_CHANGES 8
/* object is well-formed JSON; data NULL: {}.  *ret_text is the caller's (free). */
enum mcpass_rc mp_splice(struct mp_span object, const struct mp_change *changes, size_t count,
    char **ret_text, struct mcpass_error *err);
/* The same to the member _meta of object, which is taken out when nothing is left in it. */
enum mcpass_rc mp_splice_meta(struct mp_span object, const struct mp_change *changes, size_t count,
    char **ret_text, struct mcpass_error *err);
/* Adds text as a JSON string. */
void mp_splice_string(struct mp_buf *buf, const char *text);
/* A copy of the text that a JSON string stands for; *ret_text NULL when json is none. */
enum mcpass_rc mp_splice_text(struct mp_span json, char **ret_text, struct mcpass_error *err);
