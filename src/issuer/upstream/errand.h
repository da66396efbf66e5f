/* errand.h - a request to an identity provider that must not be sent twice: the exchange of a
 * code, or of a refresh token that is another one afterwards.
 *
 * A turn that waits is undone and comes again (later.c), so it sends nothing itself: it leaves an
 * errand.  When the turn has ended the errand is noted in the store, in a transaction of its own,
 * and sent by whichever instance noted it first.  What comes back is put into the store at once,
 * whether its turn still waits or not; the turn that comes again takes it out.  So it survives
 * a client that hangs up, and this process.
 *
 * A refresh token serves several purposes, one after another: errands of one key are never under way
 * together, and each turn can look at what came of the last one. */
#pragma once
#include "issuer/core.h"

struct mp_errand_name {                 /* as in struct mp_errand; borrowed */
	const char *key, *purpose;
	bool is_after;
};
struct mp_errand_answer {
	char *purpose;                  /* of the errand, or NULL */
	int status;                     /* HTTP status; 0: there was no answer */
	struct mp_buf body;             /* or why there is none */
};
void mp_errand_answer_free(struct mp_errand_answer *answer);

/* What an errand is known by: its purpose and the secret that it is about.  *ret_key is the
 * caller's (free). */
enum mcpass_rc mp_errand_key(const char *purpose, const struct mp_secret *secret, char **ret_key,
    struct mcpass_error *err);
/* Takes the answer for that purpose out of the store; *ret_found is false while there is none. */
enum mcpass_rc mp_errand_take(const struct mp_turn *turn, const struct mp_errand_name *name,
    struct mp_errand_answer *ret_answer, bool *ret_found, struct mcpass_error *err);
/* Looks at the last answer to one of that key that had a purpose, whichever. */
enum mcpass_rc mp_errand_peek(const struct mp_turn *turn, const char *key,
    struct mp_errand_answer *ret_answer, bool *ret_found, struct mcpass_error *err);
/* Has it sent after this turn, which comes again: always a failure, as of mp_later().  Takes
 * what headers and body have (moved); the rest is copied. */
enum mcpass_rc mp_errand_leave(const struct mp_turn *turn, const struct mp_errand_name *name,
    const char *url, struct mp_headers *headers, struct mp_buf *body, struct mcpass_error *err);

/* A GET with an access token, or a POST of JSON (NULL: a GET), once.  ret_answer has a status that is
 * not passing, else it is MCPASS_E_IO. */
enum mcpass_rc mp_errand_ask(const struct mp_turn *turn, const struct mp_secret *access_token,
    const char *url, const char *json, struct mp_errand_answer *ret_answer,
    struct mcpass_error *err);

/* After the turn: notes it, and has it sent. */
enum mcpass_rc mp_errand_send(const struct mp_issuer *issuer, const struct mp_errand *errand,
    int64_t now, struct mcpass_error *err);
void mp_errand_free(struct mp_errand *errand);
