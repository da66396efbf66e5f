#include "guard/replay.h"
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/limits.h"
#include "wire/crypto.h"

#define DIGEST 16               /* of 32 bytes: enough to tell one client's own proofs apart */

struct mp_seen {
	uint8_t digest[DIGEST];
	int64_t until;          /* Unix time, seconds: the last at which it would pass */
	uint64_t before;        /* the serial of the one before it in its bucket, or 0 */
};

enum mcpass_rc mp_replay_init(struct mp_replay *replay, struct mcpass_error *err)
{
	*replay = (struct mp_replay){
		.ring = calloc(MP_MAX_PROOFS, sizeof(*replay->ring)),
		.latest = calloc(MP_MAX_PROOFS, sizeof(*replay->latest)),
	};
	if (replay->ring != NULL && replay->latest != NULL)
		return MCPASS_OK;
	mp_replay_free(replay);
	return mp_nomem(err);
}

void mp_replay_free(struct mp_replay *replay)
{
	free(replay->ring);
	free(replay->latest);
	*replay = (struct mp_replay){ 0 };
}

static enum mcpass_rc digest_of(const char *thumbprint, const char *jti,
    uint8_t ret_digest[MP_SHA256_LEN], struct mcpass_error *err)
{
	struct mp_buf text;
	enum mcpass_rc rc;

	mp_buf_init(&text, (size_t)4 * MP_MAX_JTI);
	mp_buf_addf(&text, "%s %s", thumbprint, jti);
	rc = mp_buf_check(&text, "a proof's jti", err);
	if (!rc)
		rc = mp_sha256(text.data, text.len, ret_digest, err);
	mp_buf_free(&text);
	return rc;
}

static struct mp_seen *at(const struct mp_replay *replay, uint64_t serial)
{
	return &replay->ring[serial % MP_MAX_PROOFS];
}

/* False for the end of a chain: none, or one whose place in the ring another has taken. */
static bool is_there(const struct mp_replay *replay, uint64_t serial)
{
	return serial != 0 && replay->count - serial < MP_MAX_PROOFS;
}

enum mcpass_rc mp_replay_add(struct mp_replay *replay, const char *thumbprint,
    const char *jti, int64_t now, struct mcpass_error *err)
{
	uint8_t digest[MP_SHA256_LEN];
	uint64_t *latest, serial;
	struct mp_seen *seen;
	enum mcpass_rc rc;

	rc = digest_of(thumbprint, jti, digest, err);
	if (rc)
		return rc;
	latest = &replay->latest[(digest[0] | (unsigned)digest[1] << 8) % MP_MAX_PROOFS];
	for (serial = *latest; is_there(replay, serial); serial = seen->before) {
		seen = at(replay, serial);
		if (seen->until >= now && memcmp(seen->digest, digest, DIGEST) == 0)
			return mp_fail(err, MCPASS_E_POLICY, "RFC 9449 11.1",
			    "the DPoP proof was used before");
	}
	seen = at(replay, ++replay->count);
	memcpy(seen->digest, digest, DIGEST);
	/* One that was made by a clock that is ahead passes for that much longer. */
	seen->until = now + INT64_C(2) * MP_DPOP_WINDOW;
	seen->before = *latest;
	*latest = replay->count;
	return MCPASS_OK;
}
