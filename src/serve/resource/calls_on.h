/* calls_on.h - calls of other servers for the tool call_on: transfers on the loop of the server,
 * which goes on meanwhile. */
#pragma once
#include "io/loop.h"
#include "serve/resource/plan.h"

struct mp_calls_on;
/* plan and loop are borrowed; done is called from the loop when a call has ended. */
enum mcpass_rc mp_calls_on_new(const struct mp_serve_plan *plan, struct mp_loop *loop,
    void (*done)(void *ctx), void *ctx, struct mp_calls_on **ret_calls, struct mcpass_error *err);
/* Gives up what is under way.  NULL is fine. */
void mp_calls_on_free(struct mp_calls_on *calls);

/* As of struct mp_protected; ctx is a struct mp_calls_on.  From the loop. */
enum mcpass_rc mp_calls_on_begin(void *ctx, uint64_t request, const struct mp_secret *token,
    int64_t now, struct mp_buf *text, bool *ret_later, struct mcpass_error *err);
enum mcpass_rc mp_calls_on_again(void *ctx, uint64_t request, bool *ret_known,
    struct mp_buf *text, bool *ret_later, struct mcpass_error *err);
