/* reason.h - the sentence in which a server says why it refuses, wherever it puts it. */
#pragma once
#include "wire/json/json.h"

/* The first text under a name that servers use for it (detail, message, error_description,
 * ...), in nested objects and lists too; borrowed, NULL when there is none.
 * spec: RFC 9457 3.1; RFC 6749 5.2; JSON-RPC 2.0 5.1 */
const char *mp_reason_find(const json_t *json);
/* The same of a refusal's body: JSON, or plain text; of a page nothing is taken.
 * *ret_reason is the caller's (free), one printable line, NULL when there is none. */
enum mcpass_rc mp_reason_read(const char *content_type, struct mp_span body,
    char **ret_reason, struct mcpass_error *err);
