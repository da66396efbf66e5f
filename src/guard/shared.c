#include "guard/shared.h"
#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

#define MAGIC UINT64_C(0x6d63706173730001)      /* "mcpass", and the layout's number */
#define WAYS 4                  /* places that a hash may have: the table is never searched */

struct mp_shared_state {
	uint64_t magic, len;
	uint64_t is_busy;       /* a process is writing, or died of it */
	int64_t lost_at;        /* Unix time, seconds: when all was dropped for that; 0: never */
	uint64_t head;          /* where the next answer goes: bytes that were ever written */
};
struct mp_signed {
	uint8_t hash[24];       /* of 32 bytes */
	int64_t until;
};
struct mp_answer_place {
	uint8_t hash[16];       /* enough to find it; the record has all of it */
	uint64_t at;            /* in the ring, counted as head is, and 1 more: 0 is none */
};
struct record {                 /* an answer in the ring; its body follows */
	uint8_t hash[MP_SHA256_LEN];
	int64_t at;
	int32_t status;
	uint32_t len;
};

static size_t rounded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* The largest power of two of items of that size in len bytes. */
static uint32_t fitting(size_t len, size_t item)
{
	uint32_t count = 1;

	while (count < UINT32_MAX / 4 && (size_t)count * 2 * item <= len)
		count *= 2;
	return count;
}

/* A half for proofs, an eighth for signatures, the rest for answers. */
static void lay_out(struct mp_shared *shared, uint8_t *memory, size_t len)
{
	size_t at = rounded(sizeof(struct mp_shared_state));
	uint32_t proofs = fitting(len / 2, mp_replay_bytes(1024) / 1024 + 1);

	shared->state = (struct mp_shared_state *)memory;
	shared->replay = mp_replay_at(memory + at, proofs);
	at += rounded(mp_replay_bytes(proofs));
	shared->signature_sets = fitting(len / 8, WAYS * sizeof(struct mp_signed));
	shared->signatures = (struct mp_signed *)(memory + at);
	at += (size_t)shared->signature_sets * WAYS * sizeof(struct mp_signed);
	shared->place_sets = fitting(len / 64, WAYS * sizeof(struct mp_answer_place));
	shared->places = (struct mp_answer_place *)(memory + at);
	at += (size_t)shared->place_sets * WAYS * sizeof(struct mp_answer_place);
	shared->ring = memory + at;
	shared->ring_size = (len - at) & ~(size_t)7;
}

/* --- one at a time --- */

static void enter(struct mp_shared *shared, int64_t now)
{
	struct mp_shared_state *state = shared->state;

	if (shared->host.lock != NULL)
		shared->host.lock(shared->host.ctx);
	if (state->is_busy) {           /* half of a change: nothing here can be relied on */
		uint8_t *parts = (uint8_t *)(state + 1);

		memset(parts, 0, (size_t)(shared->ring - parts));
		state->head = 0;
		state->lost_at = now;
	}
	state->is_busy = 1;
}

static void leave(struct mp_shared *shared)
{
	shared->state->is_busy = 0;
	if (shared->host.unlock != NULL)
		shared->host.unlock(shared->host.ctx);
}

static enum mcpass_rc join(struct mp_shared *shared, struct mcpass_error *err)
{
	const struct mcpass_shared_memory *host = &shared->host;
	struct mp_shared_state *state;
	enum mcpass_rc rc = MCPASS_OK;

	if (host->len < MCPASS_SHARED_MIN || (uintptr_t)host->memory % 8 != 0
	    || (host->lock == NULL) != (host->unlock == NULL))
		return mp_fail(err, MCPASS_E_USAGE, NULL,
		    "shared memory has %zu bytes or more, is aligned, and is locked and unlocked, or neither",
		    MCPASS_SHARED_MIN);
	lay_out(shared, host->memory, host->len);
	state = shared->state;
	if (host->lock != NULL)
		host->lock(host->ctx);
	if (state->magic == 0)
		*state = (struct mp_shared_state){ .magic = MAGIC, .len = host->len };
	else if (state->magic != MAGIC || state->len != host->len)
		rc = mp_fail(err, MCPASS_E_USAGE, NULL, "the shared memory holds something else");
	if (host->unlock != NULL)
		host->unlock(host->ctx);
	return rc;
}

enum mcpass_rc mp_shared_open(struct mp_shared *shared, const struct mcpass_shared_memory *host,
    bool wants_proofs, struct mcpass_error *err)
{
	size_t head = rounded(sizeof(struct mp_shared_state));
	enum mcpass_rc rc;

	*shared = (struct mp_shared){ 0 };
	if (host != NULL) {
		shared->host = *host;
		rc = join(shared, err);
		if (rc)
			*shared = (struct mp_shared){ 0 };
		return rc;
	}
	if (!wants_proofs)
		return MCPASS_OK;
	shared->own = calloc(1, head + mp_replay_bytes(MP_MAX_PROOFS));
	if (shared->own == NULL)
		return mp_nomem(err);
	shared->state = shared->own;
	shared->replay = mp_replay_at((uint8_t *)shared->own + head, MP_MAX_PROOFS);
	return MCPASS_OK;
}

void mp_shared_close(struct mp_shared *shared)
{
	free(shared->own);
	*shared = (struct mp_shared){ 0 };
}

/* --- proofs --- */

/* spec: RFC 9449 11.1: what was shown before all was dropped may be shown again, so nothing that
 * is as old passes.  (until is as long after it was made as the window is, or less.) */
static enum mcpass_rc check_loss(const struct mp_shared *shared, int64_t until,
    struct mcpass_error *err)
{
	if (shared->state->lost_at == 0 || until - MP_DPOP_WINDOW > shared->state->lost_at)
		return MCPASS_OK;
	return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 11.1", "the DPoP proof may have been used before:"
	    " what was used until %lld is not known any more", (long long)shared->state->lost_at);
}

enum mcpass_rc mp_shared_use_proof(struct mp_shared *shared, const char *thumbprint,
    const char *jti, int64_t until, int64_t now, struct mcpass_error *err)
{
	enum mcpass_rc rc;

	enter(shared, now);
	rc = check_loss(shared, until, err);
	if (!rc)
		rc = mp_replay_add(&shared->replay, thumbprint, jti, until, now, err);
	leave(shared);
	return rc;
}

/* --- signatures --- */

static uint32_t number_of(const uint8_t *hash)
{
	uint32_t number;

	memcpy(&number, hash, sizeof(number));
	return number;
}

static struct mp_signed *signatures_of(const struct mp_shared *shared, const uint8_t *hash)
{
	return &shared->signatures[(size_t)(number_of(hash) & (shared->signature_sets - 1)) * WAYS];
}

bool mp_shared_is_signed(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN], int64_t now)
{
	bool found = false;

	if (shared->signatures == NULL)
		return false;
	enter(shared, now);
	for (int i = 0; i < WAYS && !found; i++) {
		const struct mp_signed *place = &signatures_of(shared, hash)[i];

		found = place->until >= now && memcmp(place->hash, hash, sizeof(place->hash)) == 0;
	}
	leave(shared);
	return found;
}

/* The one that is over first gives way. */
void mp_shared_add_signed(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN],
    int64_t until, int64_t now)
{
	struct mp_signed *set, *place;

	if (shared->signatures == NULL || until < now)
		return;
	enter(shared, now);
	set = place = signatures_of(shared, hash);
	for (int i = 1; i < WAYS; i++)
		if (set[i].until < place->until)
			place = &set[i];
	for (int i = 0; i < WAYS; i++)
		if (memcmp(set[i].hash, hash, sizeof(set[i].hash)) == 0)
			place = &set[i];
	memcpy(place->hash, hash, sizeof(place->hash));
	place->until = until;
	leave(shared);
}

/* --- answers --- */

static struct mp_answer_place *places_of(const struct mp_shared *shared, const uint8_t *hash)
{
	return &shared->places[(size_t)(number_of(hash) & (shared->place_sets - 1)) * WAYS];
}

/* The record that lies there still; NULL: newer ones have been written over it. */
static const struct record *record_at(const struct mp_shared *shared, uint64_t place)
{
	if (place == 0 || place - 1 + shared->ring_size < shared->state->head)
		return NULL;
	return (const struct record *)(shared->ring + (place - 1) % shared->ring_size);
}

static struct mp_answer_place *find_place(const struct mp_shared *shared, const uint8_t *hash)
{
	struct mp_answer_place *set = places_of(shared, hash);

	for (int i = 0; i < WAYS; i++)
		if (set[i].at != 0 && memcmp(set[i].hash, hash, sizeof(set[i].hash)) == 0)
			return &set[i];
	return NULL;
}

enum mcpass_rc mp_shared_find_answer(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN],
    int64_t since, int64_t now, struct mp_shared_answer *ret_answer, bool *ret_found,
    struct mcpass_error *err)
{
	const struct mp_answer_place *place;
	const struct record *record = NULL;
	struct mp_shared_answer answer = { 0 };
	enum mcpass_rc rc = MCPASS_OK;

	*ret_found = false;
	if (shared->places == NULL)
		return MCPASS_OK;
	enter(shared, now);
	place = find_place(shared, hash);
	if (place != NULL)
		record = record_at(shared, place->at);
	if (record != NULL && memcmp(record->hash, hash, sizeof(record->hash)) == 0
	    && record->at > since && record->at <= now) {
		answer.at = record->at;
		answer.status = record->status;
		mp_buf_init(&answer.body, (size_t)record->len + 1);
		mp_buf_add(&answer.body, (const char *)(record + 1), record->len);
		rc = mp_buf_check(&answer.body, "an answer", err);
		*ret_found = !rc;
	}
	leave(shared);
	if (*ret_found)
		*ret_answer = answer;
	else
		mp_buf_free(&answer.body);
	return rc;
}

/* Where the next record of so many bytes goes: never over the end of the ring. */
static uint64_t next_place(const struct mp_shared *shared, size_t len)
{
	uint64_t at = shared->state->head;
	size_t left = shared->ring_size - at % shared->ring_size;

	return left < len ? at + left : at;
}

void mp_shared_add_answer(struct mp_shared *shared, const uint8_t hash[MP_SHA256_LEN], int status,
    const char *body, size_t len, int64_t at)
{
	struct record *record;
	struct mp_answer_place *place, *set;
	size_t whole;

	if (shared->places == NULL || len > shared->ring_size / 4)
		return;
	whole = rounded(sizeof(*record) + len);
	enter(shared, at);
	set = places_of(shared, hash);
	place = find_place(shared, hash);
	for (int i = 0; place == NULL && i < WAYS; i++)
		if (set[i].at == 0)
			place = &set[i];
	if (place == NULL) {            /* the oldest gives way */
		place = set;
		for (int i = 1; i < WAYS; i++)
			if (set[i].at < place->at)
				place = &set[i];
	}
	place->at = next_place(shared, whole) + 1;
	memcpy(place->hash, hash, sizeof(place->hash));
	shared->state->head = place->at - 1 + whole;
	record = (struct record *)(shared->ring + (place->at - 1) % shared->ring_size);
	memcpy(record->hash, hash, sizeof(record->hash));
	record->at = at;
	record->status = status;
	record->len = (uint32_t)len;
	memcpy(record + 1, body, len);
	leave(shared);
}
