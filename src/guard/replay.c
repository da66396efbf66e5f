#include "guard/replay.h"
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"
#include "wire/jose/crypto.h"

#define DIGEST 16               /* of 32 bytes: enough to tell one client's own proofs apart */
#define SHARE 8                 /* a key may hold that part of an empty table */
/* Places that each new proof looks at for what has run out: at a steady rate an eighth of the
 * table waits to be found. */
#define SWEEP 8

struct mp_seen {
	uint8_t digest[DIGEST];
	int64_t until;          /* Unix time, seconds: the last at which it would pass */
	uint32_t next;          /* in its bucket, or among the free */
	uint32_t holder;        /* 0: this place is free */
};
struct mp_holder {
	uint8_t digest[DIGEST]; /* of the key's thumbprint */
	uint32_t held;          /* proofs */
	uint32_t next;          /* in its bucket, or among the free */
};

size_t mp_replay_bytes(uint32_t size)
{
	return sizeof(struct mp_replay_state) + ((size_t)size + 1) * (sizeof(struct mp_seen)
	    + sizeof(struct mp_holder)) + (size_t)2 * size * sizeof(uint32_t);
}

/* The parts with the strictest alignment come first. */
struct mp_replay mp_replay_at(void *memory, uint32_t size)
{
	struct mp_replay replay = { .size = size, .state = memory };

	replay.seen = (struct mp_seen *)(replay.state + 1);
	replay.holders = (struct mp_holder *)(replay.seen + size + 1);
	replay.seen_buckets = (uint32_t *)(replay.holders + size + 1);
	replay.holder_buckets = replay.seen_buckets + size;
	return replay;
}

static enum mcpass_rc digest_of(const char *thumbprint, const char *jti,
    uint8_t ret_digest[MP_SHA256_LEN], struct mcpass_error *err)
{
	struct mp_buf text = MP_BUF((size_t)4 * MP_MAX_JTI);
	enum mcpass_rc rc;

	mp_buf_addf(&text, "%s %s", thumbprint, jti);
	rc = mp_buf_check(&text, "a proof's jti", err);
	if (!rc)
		rc = mp_sha256(text.data, text.len, ret_digest, err);
	mp_buf_free(&text);
	return rc;
}

static uint32_t *bucket(const struct mp_replay *replay, uint32_t *buckets, const uint8_t *digest)
{
	uint32_t number;

	memcpy(&number, digest, sizeof(number));
	return &buckets[number & (replay->size - 1)];
}

/* 0: no such proof is remembered. */
static uint32_t find_seen(const struct mp_replay *replay, const uint8_t *digest)
{
	uint32_t at = *bucket(replay, replay->seen_buckets, digest);

	while (at != 0 && memcmp(replay->seen[at].digest, digest, DIGEST) != 0)
		at = replay->seen[at].next;
	return at;
}

static uint32_t find_holder(const struct mp_replay *replay, const uint8_t *digest)
{
	uint32_t at = *bucket(replay, replay->holder_buckets, digest);

	while (at != 0 && memcmp(replay->holders[at].digest, digest, DIGEST) != 0)
		at = replay->holders[at].next;
	return at;
}

static void release_holder(struct mp_replay *replay, uint32_t at)
{
	struct mp_holder *holder = &replay->holders[at];
	uint32_t *link = bucket(replay, replay->holder_buckets, holder->digest);

	while (*link != at)
		link = &replay->holders[*link].next;
	*link = holder->next;
	holder->next = replay->state->free_holder;
	replay->state->free_holder = at;
}

static void release_seen(struct mp_replay *replay, uint32_t at)
{
	struct mp_seen *seen = &replay->seen[at];
	uint32_t *link = bucket(replay, replay->seen_buckets, seen->digest);

	while (*link != at)
		link = &replay->seen[*link].next;
	*link = seen->next;
	if (--replay->holders[seen->holder].held == 0)
		release_holder(replay, seen->holder);
	seen->holder = 0;
	seen->next = replay->state->free_seen;
	replay->state->free_seen = at;
	replay->state->used--;
}

static bool is_over(const struct mp_seen *seen, int64_t now)
{
	return seen->holder != 0 && seen->until < now;
}

/* Gives back some of what has run out. */
static void sweep(struct mp_replay *replay, int64_t now)
{
	for (int i = 0; i < SWEEP && replay->state->fresh_seen > 0; i++) {
		replay->state->hand = replay->state->hand % replay->state->fresh_seen + 1;
		if (is_over(&replay->seen[replay->state->hand], now))
			release_seen(replay, replay->state->hand);
	}
}

/* There are as many places for holders as for proofs, so there is one. */
static uint32_t new_holder(struct mp_replay *replay, const uint8_t *digest)
{
	struct mp_replay_state *state = replay->state;
	uint32_t at = state->free_holder != 0 ? state->free_holder : ++state->fresh_holder;
	uint32_t *first = bucket(replay, replay->holder_buckets, digest);
	struct mp_holder *holder = &replay->holders[at];

	if (at == replay->state->free_holder)
		replay->state->free_holder = holder->next;
	memcpy(holder->digest, digest, DIGEST);
	holder->held = 0;
	holder->next = *first;
	*first = at;
	return at;
}

static void remember(struct mp_replay *replay, const uint8_t *digest, uint32_t holder,
    int64_t until)
{
	struct mp_replay_state *state = replay->state;
	uint32_t at = state->free_seen != 0 ? state->free_seen : ++state->fresh_seen;
	uint32_t *first = bucket(replay, replay->seen_buckets, digest);
	struct mp_seen *seen = &replay->seen[at];

	if (at == replay->state->free_seen)
		replay->state->free_seen = seen->next;
	memcpy(seen->digest, digest, DIGEST);
	seen->until = until;
	seen->holder = holder;
	seen->next = *first;
	*first = at;
	replay->holders[holder].held++;
	replay->state->used++;
}

/* How many proofs one key may hold now. */
static uint64_t quota(const struct mp_replay *replay)
{
	uint64_t unused = replay->size - replay->state->used;

	return unused * unused / replay->size / SHARE;
}

enum mcpass_rc mp_replay_add(struct mp_replay *replay, const char *thumbprint,
    const char *jti, int64_t until, int64_t now, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN], key[MP_SHA256_LEN];
	uint32_t holder, at, held;
	enum mcpass_rc rc = digest_of(thumbprint, jti, digest, err);

	if (!rc)
		rc = mp_sha256(thumbprint, strlen(thumbprint), key, err);
	if (rc)
		return rc;
	at = find_seen(replay, digest);
	if (at != 0 && replay->seen[at].until >= now)
		return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 11.1", "the DPoP proof was used before");
	if (at != 0)
		release_seen(replay, at);
	sweep(replay, now);
	holder = find_holder(replay, key);
	held = holder != 0 ? replay->holders[holder].held : 0;
	if (held >= quota(replay))
		return mp_fail(err, MCPASS_E_LIMIT, "RFC 9449 11.1",
		    "this key has shown too many DPoP proofs of late to remember one more");
	remember(replay, digest, holder != 0 ? holder : new_holder(replay, key), until);
	return MCPASS_OK;
}
