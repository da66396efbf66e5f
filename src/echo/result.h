/* result.h - the parts that results are put together from. */
#ifndef MP_ECHO_RESULT_H
#define MP_ECHO_RESULT_H
#include "echo/call.h"

/* Sets a member to a new reference, which is taken over in any case; false when value or
 * object is NULL or memory is out. */
bool mp_result_put(json_t *object, const char *name, json_t *value);
/* A content block that is a text: new, or NULL. */
json_t *mp_result_text(const char *text);
/* The result of a list method; takes over the items, of which one may be NULL: then
 * memory is out. */
enum mcpass_rc mp_result_list(struct mp_call *call, const char *member, json_t **items,
    size_t count, json_t **ret_result, struct mcpass_error *err);

#endif
