/* turns.h - an issuer whose memory is a database: its turns are taken in a thread of their own, one
 * after the other, so that the server goes on while the database is waited for.
 *
 * What a turn needs of the server's loop, a fetch or an errand, it gets by ending undone and coming
 * again, as everywhere (issuer.h, check_password).  A turn that the database undid for the sake of another
 * instance's is run again at once. */
#pragma once
#include "issuer/issuer.h"

struct mp_turns_options {
	struct mp_issuer_store *store;
	/* As of struct mp_issuer_config; called on the loop. */
	enum mcpass_rc (*fetch)(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
	    struct mp_buf *body, struct mcpass_error *err);
	void *fetch_ctx;
	enum mcpass_rc (*send)(void *ctx, const struct mp_errand *errand, bool is_first,
	    struct mcpass_error *err);      /* or NULL */
	void *send_ctx;
	mcpass_trace_fn *trace;         /* on the loop, right before an answer; or NULL */
	void *trace_ctx;
	void (*done)(void *ctx);        /* from any thread: requests that wait are to be asked again */
	void *ctx;
};
struct mp_turns;
enum mcpass_rc mp_turns_new(const struct mp_turns_options *options, struct mp_turns **ret_turns,
    struct mcpass_error *err);
/* Ends the thread: what it does is waited for, what waits is never done.  NULL is fine. */
void mp_turns_free(struct mp_turns *turns);

/* For the configuration of the issuer: in the place of what it would have called itself. */
enum mcpass_rc mp_turns_fetch(void *ctx, const char *url, struct mp_issuer_answer *ret_answer,
    struct mp_buf *body, struct mcpass_error *err);
enum mcpass_rc mp_turns_send(void *ctx, const struct mp_errand *errand, bool is_first,
    struct mcpass_error *err);
void mp_turns_note(void *ctx, const struct mcpass_note *note);
/* The issuer, made with that configuration; borrowed, before the first request. */
void mp_turns_begin(struct mp_turns *turns, struct mp_issuer *issuer);

/* Answers a request as mp_issuer_handle() does, on the loop: MP_HTTP_LATER until its turn is over. */
enum mcpass_rc mp_turns_handle(struct mp_turns *turns, const struct mp_http_request *request,
    struct mp_http_response *response, struct mcpass_error *err);
/* As mp_issuer_arrived(), in the thread, and options.done() afterwards; body is copied. */
enum mcpass_rc mp_turns_arrived(struct mp_turns *turns, const char *key, int status,
    const struct mp_buf *body, struct mcpass_error *err);
/* Whether the database did what the last turn asked of it. */
bool mp_turns_store_answers(struct mp_turns *turns);
