/* advice.h - what an odd value of a member that only advises can have meant.  (json.c) */
#pragma once
#include "wire/json/json.h"

/* A string without a control character: one ends a header line or drives a terminal; names,
 * tokens and URLs have none. */
bool mp_json_is_clean(const json_t *json);

/* How many items a list of that type may have; SIZE_MAX for what is no list. */
size_t mp_json_most(enum mp_field_type type);

/* A value of the field's type that says what value can have meant, a new reference; NULL
 * when there is none.  MCPASS_E_NOMEM */
enum mcpass_rc mp_json_mend(enum mp_field_type type, const json_t *value, json_t **ret_meant,
    struct mcpass_error *err);
