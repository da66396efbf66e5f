/* cors.h - which pages of other origins may send a request and read its answer.
 *
 * Who is on the list is the operator's word; nothing here lets cookies be sent along.
 * spec: Fetch 3.2 (CORS protocol); RFC 9700 2.6 */
#pragma once
#include "wire/http/http.h"

struct mp_cors {
	const char *const *origins;     /* as browsers send them: "https://app.example" */
	size_t count;                   /* 0: no page */
};
/* MCPASS_E_USAGE for what no browser sends as the origin of a page: a path, "*", "null". */
enum mcpass_rc mp_cors_check(const struct mp_cors *cors, struct mcpass_error *err);

/* Adds what lets the page that asked read the answer; nothing for any other. */
enum mcpass_rc mp_cors_allow(const struct mp_cors *cors, const struct mp_http_request *request,
    struct mp_headers *headers, struct mcpass_error *err);
/* Answers a page that asks for leave (OPTIONS) to use methods ("POST"); *ret_done is false
 * for any other request, and for a page that is not on the list. */
enum mcpass_rc mp_cors_preflight(const struct mp_cors *cors,
    const struct mp_http_request *request, const char *methods,
    struct mp_http_response *response, bool *ret_done, struct mcpass_error *err);

/* The same for a public document: any page may read it. */
enum mcpass_rc mp_cors_allow_all(struct mp_headers *headers, struct mcpass_error *err);
enum mcpass_rc mp_cors_preflight_all(struct mp_http_response *response,
    struct mcpass_error *err);
