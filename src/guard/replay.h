/* replay.h - which proofs were shown before.
 * spec: RFC 9449 11.1
 *
 * The table holds MP_MAX_PROOFS; when it is full, the oldest goes, whether it has run out
 * or not.  To refuse new proofs instead would let one client shut out all others.  What goes
 * early was pushed out by that many requests with good tokens and good proofs, and can be
 * shown again only by somebody who has the token and the proof from inside TLS: for ten
 * minutes at the most, since then the proof is too old, and so is its nonce where nonces
 * are asked for, even if it was made ahead of time. */
#ifndef MP_GUARD_REPLAY_H
#define MP_GUARD_REPLAY_H
#include <stdint.h>
#include "base/text.h"

struct mp_seen;
struct mp_replay {                      /* { 0 }: not in use */
	struct mp_seen *ring;           /* MP_MAX_PROOFS, written round and round */
	uint64_t *latest;               /* for each bucket, the serial in the ring; 0: none */
	uint64_t count;                 /* serials given so far; the first is 1 */
};

enum mcpass_rc mp_replay_init(struct mp_replay *replay, struct mcpass_error *err);
void mp_replay_free(struct mp_replay *replay);

/* Remembers a proof by its key and its jti for as long as it could be shown again.
 * MCPASS_E_POLICY: it was shown before. */
enum mcpass_rc mp_replay_add(struct mp_replay *replay, const char *thumbprint,
    const char *jti, int64_t now, struct mcpass_error *err);

#endif
