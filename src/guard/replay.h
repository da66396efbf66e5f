/* replay.h - which proofs were shown before.
 * spec: RFC 9449 11.1
 *
 * A proof that could pass again is never forgotten: when there is no room, the new one is
 * refused.  So that one client cannot shut out the others, what a key may hold shrinks with
 * what is free: an eighth of an empty table, a thirty-second part of a half-full one.  A
 * hundred keys that take all they can leave a fourteenth of it free, a thousand a hundredth.
 * The table is memory that is touched only as far as it is used. */
#pragma once
#include <stdint.h>
#include "base/text.h"

struct mp_seen;
struct mp_holder;
struct mp_replay_state {                /* at the beginning of the memory; zeros: empty */
	uint32_t free_seen, free_holder;        /* the first of those that were given back */
	uint32_t fresh_seen, fresh_holder;      /* how many were ever used */
	uint32_t used;                  /* places that are taken */
	uint32_t hand;                  /* where the search for those that have run out goes on */
};
struct mp_replay {                      /* where the parts are in this process; { 0 }: not in use */
	uint32_t size;                  /* proofs; a power of two */
	struct mp_replay_state *state;
	struct mp_seen *seen;           /* their places, from 1 on; 0 is none, here and below */
	struct mp_holder *holders;      /* the keys that hold some, likewise */
	uint32_t *seen_buckets, *holder_buckets;
};

/* The bytes of a table for size proofs: a power of two, 64 or more. */
size_t mp_replay_bytes(uint32_t size);
/* memory: so many bytes, zeros or such a table; aligned for an int64_t, borrowed. */
struct mp_replay mp_replay_at(void *memory, uint32_t size);

/* Remembers a proof by its key and its jti until the second until, the last at which it could
 * pass.
 * MCPASS_E_POLICY  it was shown before
 * MCPASS_E_LIMIT   this key, or all of them, have shown too many of late */
enum mcpass_rc mp_replay_add(struct mp_replay *replay, const char *thumbprint,
    const char *jti, int64_t until, int64_t now, struct mcpass_error *err);
