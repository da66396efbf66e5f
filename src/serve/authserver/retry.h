/* retry.h - requests that met a busy store: while another process writes to the issuer's file, the
 * turn is undone, and a timer tries it again; the server goes on with others. */
#pragma once
#include "issuer/issuer.h"
#include "serve/http/httpd.h"

struct mp_retry;
/* All borrowed.  From here on the store waits for no other process. */
enum mcpass_rc mp_retry_new(const struct mp_issuer_store *store, struct mp_issuer *issuer,
    struct mp_httpd *httpd, struct mp_retry **ret_retry, struct mcpass_error *err);
/* Before the server is freed, when it is stopped.  NULL is fine. */
void mp_retry_free(struct mp_retry *retry);

/* Answers a request as mp_issuer_handle() does: MP_HTTP_LATER while the store is busy, for
 * MP_STORE_PATIENCE_MS at most. */
enum mcpass_rc mp_retry_handle(struct mp_retry *retry, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);
/* As mp_issuer_arrived(); what a busy store cannot keep yet is copied, and kept later. */
enum mcpass_rc mp_retry_arrived(struct mp_retry *retry, const char *key, int status,
    const struct mp_buf *body, struct mcpass_error *err);
