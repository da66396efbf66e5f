/* respond.h - JSON into an HTTP response. */
#pragma once
#include "wire/http/http.h"

/* Fills an empty response with JSON text; NULL: no body.  On failure it is empty again. */
enum mcpass_rc mp_respond_json(struct mp_http_response *response, int status,
    const char *json, struct mcpass_error *err);
/* A JSON-RPC error without an id, for what is refused before the body is read. */
enum mcpass_rc mp_respond_error(struct mp_http_response *response, int status, int code,
    const char *message, struct mcpass_error *err);
