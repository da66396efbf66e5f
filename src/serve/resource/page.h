/* page.h - a page for developers: what this server is, what it asks for, how to reach it.
 * The metadata names it (resource_documentation; spec: RFC 9728 2). */
#pragma once
#include "serve/resource/plan.h"

/* Where the page is: as configured, else /docs beside the endpoint at url.  *ret_path is NULL
 * when that is on another origin, and so not ours to serve.  Both are the caller's (free). */
enum mcpass_rc mp_serve_page_place(const struct mp_serve_config *config, const char *url,
    char **ret_page_url, char **ret_path, struct mcpass_error *err);
/* The page, HTML, for the server at url; the caller's (free). */
enum mcpass_rc mp_serve_page_make(const struct mp_serve_plan *plan, const char *url,
    char **ret_html, struct mcpass_error *err);
