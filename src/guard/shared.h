/* shared.h - what guards tell each other, of one process or of many, in memory of the host's.
 *
 * Three parts: DPoP proofs that were shown; signatures that were found good; what issuers
 * answered, each by a hash of what was asked.  A guard without such memory has the first part
 * for itself, in memory of its own, and does without the others.
 * Nothing in it is found by a pointer, so it may lie at another address in each process.  When a
 * process dies while it writes, all of it is dropped; from then on a proof passes only if it
 * was made afterwards, since what was shown before is not known any more. */
#pragma once
#include "guard/replay.h"
#include "mcpass/guard.h"
#include "wire/jose/crypto.h"

struct mp_shared_state;
struct mp_signed;
struct mp_answer_place;
struct mp_shared {                      /* { 0 }: nothing is shared */
	struct mcpass_shared_memory host;       /* memory NULL: none of the host's */
	struct mp_shared_state *state;
	struct mp_replay replay;
	struct mp_signed *signatures;
	struct mp_answer_place *places;         /* where answers are, in the ring: */
	uint8_t *ring;
	uint32_t signature_sets, place_sets;    /* powers of two */
	size_t ring_size;                       /* bytes */
	void *own;                      /* owned: the memory of a guard that shares with none */
};
/* host: the memory to share, or NULL: proofs alone, remembered by this guard, if wants_proofs.
 * MCPASS_E_USAGE: too little memory, or what lies there is something else.  Close it in any
 * case. */
enum mcpass_rc mp_shared_open(struct mp_shared *shared, const struct mcpass_shared_memory *host,
    bool wants_proofs, struct mcpass_error *err);
void mp_shared_close(struct mp_shared *shared);

/* As of mp_replay_add(). */
enum mcpass_rc mp_shared_use_proof(struct mp_shared *shared, const char *thumbprint,
    const char *jti, int64_t until, int64_t now, struct mcpass_error *err);

/* Whether a signature was found good, by a hash of the token and of the keys, and that it was:
 * worth knowing until then. */
bool mp_shared_is_signed(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN], int64_t now);
void mp_shared_add_signed(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN],
    int64_t until, int64_t now);

struct mp_shared_answer {               /* release with mp_buf_free(&body) */
	int64_t at;                     /* when it came; Unix time, seconds */
	int status;                     /* 0: none came, and body says why */
	struct mp_buf body;
};
/* What was answered to the question of that hash after the second since, if that is known. */
enum mcpass_rc mp_shared_find_answer(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN],
    int64_t since, int64_t now, struct mp_shared_answer *ret_answer, bool *ret_found,
    struct mcpass_error *err);
/* An answer that takes more than a quarter of the room is not kept. */
void mp_shared_add_answer(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN], int status,
    const char *body, size_t len, int64_t at);
