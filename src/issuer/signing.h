/* signing.h - the keys that tokens are signed with, one after another.
 *
 * The next key is published before it signs, so that who keeps the key set knows it by then; the
 * one before it is published until the last token of it has ended.  All instances read the same
 * record, so they agree on which key signs at a time. */
#pragma once
#include "wire/jose/jwk.h"

/* Keys at a time: each is gone an hour after the next one signs. */
#define MP_MAX_SIGNING_KEYS 8

struct mp_signing_key {
	struct mp_key *key;
	enum mp_alg alg;
	int64_t from, until;            /* Unix time: signs from then; published until, 0: open */
};
struct mp_signing_keys {
	struct mp_signing_key items[MP_MAX_SIGNING_KEYS];       /* in the order of from */
	size_t count;
};
/* A private JWK, or a record of several.  Into zeros; release with mp_signing_free(), on failure
 * too.  MCPASS_E_PROTOCOL: it is neither. */
enum mcpass_rc mp_signing_read(const char *text, struct mp_signing_keys *keys,
    struct mcpass_error *err);
void mp_signing_free(struct mp_signing_keys *keys);

/* The one that signs now: never NULL where there is any. */
const struct mp_signing_key *mp_signing_current(const struct mp_signing_keys *keys, int64_t now);
/* Those that are published now; borrowed. */
size_t mp_signing_published(const struct mp_signing_keys *keys, int64_t now,
    struct mp_key *ret_keys[MP_MAX_SIGNING_KEYS]);

/* The record with one more key, a private JWK, which signs from now + lead on.  text: the
 * record, or the JWK that was the only one; *ret_text is the caller's (mp_free_wiped).
 * MCPASS_E_USAGE: the next key waits already, or there are too many. */
enum mcpass_rc mp_signing_rotate(const char *text, const char *jwk, int64_t now, int64_t lead,
    char **ret_text, struct mcpass_error *err);
/* The record with this key alone, which signs from now on: the others leaked, and what they signed
 * is to be believed no longer.  *ret_text as above. */
enum mcpass_rc mp_signing_replace(const char *jwk, int64_t now, char **ret_text,
    struct mcpass_error *err);
/* What an operator sees: [{"kid","alg","state","from","until"}], state "next", "signing",
 * "published" or "ended". */
enum mcpass_rc mp_signing_list(const struct mp_signing_keys *keys, int64_t now, json_t **ret_list,
    struct mcpass_error *err);
