/* rounds.h - a request that is a conversation: the server may ask back before it answers, and
 * says how far it is meanwhile. */
#pragma once
#include "cli/connect/elicit.h"
#include "cli/show/listing.h"
#include "cli/connect/progress.h"

struct mp_rounds {
	struct mp_elicit elicit;
	struct mp_progress progress;
	struct mp_asker inner;          /* where requests go */
	struct mp_loop *loop;           /* borrowed: goes on while a person is asked; or NULL */
	const char *server;             /* borrowed */
	bool is_asking;                 /* a person: what the server tells is kept for later */
	struct mp_strings kept;
	bool asked_back;                /* the server had a question, whatever became of it */
};
/* An asker's ask; ctx is a struct mp_rounds.  As long as the answer is input_required, it
 * answers and asks again; spec: MCP 2026-07-28 mrtr.
 * Besides what inner and mp_elicit_answer() return:
 * MCPASS_E_PROTOCOL  it asks for something that was not offered, or for nothing
 * MCPASS_E_LIMIT     more than MP_MAX_INPUT_ROUNDS rounds */
enum mcpass_rc mp_rounds_ask(void *ctx, const char *method, const char *params,
    char **ret_json, bool *ret_is_error, struct mcpass_error *err);

/* The members of struct mp_link_ui, for the handshake era, in which the server sends
 * requests of its own. */
void mp_rounds_free(struct mp_rounds *talk);
void mp_rounds_waiting(struct mp_rounds *talk, int seconds);
void mp_rounds_message(struct mp_rounds *talk, const char *json);
enum mcpass_rc mp_rounds_asked(struct mp_rounds *talk, const char *method, const json_t *params,
    char **ret_result, struct mcpass_error *err);
