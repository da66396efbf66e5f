/* par.h - pushed authorization requests.  spec: RFC 9126 2 */
#pragma once
#include "base/text.h"

/* Judges the answer: *ret_request_uri is the caller's (free).
 * MCPASS_E_DENIED with the code for a refusal, MCPASS_E_IO for 429 and 5xx,
 * MCPASS_E_PROTOCOL without a request_uri. */
enum mcpass_rc mp_par_answer(int status, const char *data, size_t len, char **ret_request_uri,
    struct mcpass_error *err);
/* The URL to open: endpoint with client_id and request_uri alone (RFC 9126 4); the
 * caller's (free). */
enum mcpass_rc mp_par_url(const char *endpoint, const char *client_id, const char *request_uri,
    char **ret_url, struct mcpass_error *err);
