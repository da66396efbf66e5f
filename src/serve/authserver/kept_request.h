/* kept_request.h - a request that outlives its connection, for a thread that answers it. */
#pragma once
#include "wire/http/http.h"

struct mp_kept_request {
	struct mp_http_request request; /* in the texts below */
	struct mp_strings texts;
	struct mcpass_header *headers;
};
/* Into zeros; release with mp_kept_request_free(), on failure too. */
enum mcpass_rc mp_kept_request_copy(struct mp_kept_request *kept,
    const struct mp_http_request *request, struct mcpass_error *err);
void mp_kept_request_free(struct mp_kept_request *kept);        /* wipes */
