/* documents.h - JSON documents for an issuer, fetched while it serves: metadata documents
 * of clients, key sets.  What is there is kept for a few seconds, for the requests that wait. */
#pragma once
#include "io/http/http.h"
#include "issuer/issuer.h"

struct mp_documents;
/* done is called from the loop, which is the server's, when something has come.  Connects only
 * where the server at server_url may be sent (io/http/http.h, mp_http_confine()). */
enum mcpass_rc mp_documents_new(const struct mp_http_options *options, struct mp_loop *loop,
    const char *server_url, void (*done)(void *ctx), void *ctx, struct mp_documents **ret_documents,
    struct mcpass_error *err);
/* An operator named this URL: it may lead into a private network. */
enum mcpass_rc mp_documents_vouch(struct mp_documents *documents, const char *url,
    struct mcpass_error *err);
void mp_documents_free(struct mp_documents *documents);         /* NULL is fine */

/* As of struct mp_issuer_config.fetch; ctx is a struct mp_documents. */
enum mcpass_rc mp_documents_get(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err);
