/* again.h - an issuer whose memory is a file: a turn that another process's writing was in the way
 * of is undone, and taken again by a timer, while the server goes on with others. */
#pragma once
#include "issuer/issuer.h"
#include "serve/http/httpd.h"

struct mp_again;
/* All borrowed.  From here on the store waits for no other process. */
enum mcpass_rc mp_again_new(const struct mp_issuer_store *store, struct mp_issuer *issuer,
    struct mp_httpd *httpd, struct mp_again **ret_again, struct mcpass_error *err);
/* Before the server is freed, when it is stopped.  NULL is fine. */
void mp_again_free(struct mp_again *again);

/* Answers a request as mp_issuer_handle() does: MP_HTTP_LATER while the store is busy, for
 * MP_STORE_PATIENCE_MS at most. */
enum mcpass_rc mp_again_handle(struct mp_again *again, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);
/* As mp_issuer_arrived(); what a busy store cannot keep yet is copied, and kept later. */
enum mcpass_rc mp_again_arrived(struct mp_again *again, const char *key, int status,
    const struct mp_buf *body, struct mcpass_error *err);
