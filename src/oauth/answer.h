/* answer.h - the body of what an authorization server answers to a request for a token or a code:
 * JSON, or a form, as GitHub and others answered before there was RFC 6749 5.1. */
#pragma once
#include "wire/json/json.h"

/* data may be NULL.  A form counts where it has a token, a device code or an error; its values are
 * strings.  *ret_body is the caller's (json_decref).  MCPASS_E_PROTOCOL with what is wrong as
 * JSON, naming what it should be; MCPASS_E_LIMIT (over max bytes); MCPASS_E_NOMEM. */
enum mcpass_rc mp_answer_read(const char *data, size_t len, size_t max, const char *what,
    json_t **ret_body, struct mcpass_error *err);
